import { randomUUID } from 'node:crypto';
import { Command, CommanderError } from 'commander';
import { resolveUserId } from '../features/users/service.ts';
import { Refusal } from '../graphql/errors.ts';
import { beginEpoch } from '../platform/installation.ts';
import { formatMessage } from '../platform/messages.ts';
import { migrateDown, migrateUp } from '../platform/migrate.ts';
import { migrationStatus } from '../platform/migration-status.ts';
import { addAdminCommands } from './admin.ts';
import { addCatalogCommands } from './catalog/add-commands.ts';
import { addLiveCommands } from './catalog/live.ts';
import { addExplainCommand } from './explain.ts';
import { addImportCommands } from './import-commands.ts';
import { addJobsCommands } from './jobs.ts';
import { addKeysCommands } from './keys.ts';
import { addLogCommands } from './log-commands.ts';
import { positive } from './operations.ts';
import { addOutboxCommands } from './outbox.ts';
import { EXIT, type ProgramParts } from './program-parts.ts';
import { addWorkerCommand } from './worker.ts';

/** Runs one command line and answers its exit status. */
export async function runProgram(argv: readonly string[], parts: ProgramParts): Promise<number> {
  let status: number = EXIT.fine;
  const program = buildProgram(parts, (code) => {
    status = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    parts.output.stderr(`${textOf(error)}\n`);
    return EXIT.faults;
  }
}

/** A refusal has its words apart, for they depend on the language; the command line speaks English. */
function textOf(error: unknown): string {
  if (error instanceof Refusal) return formatMessage(error.texts.en, 'en', error.values);
  return error instanceof Error ? error.message : String(error);
}

function buildProgram(parts: ProgramParts, exit: (code: number) => void): Command {
  const { output, withWorkbench } = parts;
  const print = (text: string): void => output.stdout(`${text}\n`);
  const program = new Command('laurel')
    .description('A self-hosted, real-time achievements engine for games.')
    .version(parts.version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: output.stdout, writeErr: output.stderr })
    .showSuggestionAfterError();
  const add = (parent: Command, name: string, description: string): Command =>
    parent
      .command(name)
      .description(description)
      .exitOverride()
      .configureOutput({ writeOut: output.stdout, writeErr: output.stderr });

  add(program, 'serve', 'serve the API').action(async () => {
    if (parts.serve === null) throw new Error('A server runs here already.');
    await parts.serve();
  });

  const migrate = add(program, 'migrate', 'the schema of the database');
  add(migrate, 'status', 'what is applied, pending, changed; drift').action(() =>
    withWorkbench(async ({ database }) => {
      const found = await migrationStatus(database);
      print(JSON.stringify(found, null, 2));
      const sound = found.pending.length + found.changed.length + found.drift.length + found.unknown.length === 0;
      exit(sound ? EXIT.fine : EXIT.faults);
    }),
  );
  add(migrate, 'up', 'apply what is pending').action(() =>
    withWorkbench(async ({ database, clock }) => {
      const applied = await migrateUp(database, clock);
      print(applied.length === 0 ? 'Nothing to apply.' : `Applied: ${applied.join(', ')}`);
    }),
  );
  add(migrate, 'down', 'take the newest migrations back, with what they hold')
    .option('--steps <n>', 'how many', positive, 1)
    .option('--yes', 'really')
    .action(({ steps, yes }: { steps: number; yes?: boolean }) =>
      withWorkbench(async ({ database, clock, serving }) => {
        if (serving) throw new Error('Stop the server first: it could not go on without its tables.');
        if (!yes) throw new Error('This deletes what the migrations made, with all data in it. Say --yes to do it.');
        print(`Taken back: ${(await migrateDown(database, clock, steps)).join(', ') || 'nothing'}`);
      }),
    );

  add(
    program,
    'restored',
    'after a backup was restored: cursors given out before are refused, so that clients refetch',
  ).action(() =>
    withWorkbench(async ({ database, serving }) => {
      if (serving) throw new Error('Stop the server first: it gives out cursors of the log before.');
      await beginEpoch(database, randomUUID());
      print('Cursors given out before are refused from now on.');
    }),
  );

  addAdminCommands(program, parts);
  addKeysCommands(program, parts);
  add(program, 'token', 'make an access token of a player, 15 min')
    .option('--id <id>', 'the user by id')
    .option('--external-id <id>', "the user by the game's own id")
    .option('--username <name>', 'the user by username')
    .action(({ id, externalId, username }: { id?: string; externalId?: string; username?: string }) =>
      withWorkbench(async ({ auth, database }) =>
        print(await auth.createToken(await resolveUserId(database, { id, externalId, username }))),
      ),
    );

  addExplainCommand(program, parts, exit);
  addLogCommands(program, parts, exit);
  addImportCommands(program, parts, exit);
  addOutboxCommands(program, parts);
  addJobsCommands(program, parts);
  addWorkerCommand(program, parts);
  const catalog = add(program, 'catalog', 'the declaration of the game');
  addCatalogCommands(catalog, parts, exit);
  addLiveCommands(catalog, parts);
  return program;
}
