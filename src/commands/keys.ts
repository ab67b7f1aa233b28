import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Trust } from '../engine/catalog.ts';
import { COMMAND_LINE } from '../features/audit/service.ts';
import { SCOPES, TRUSTS } from '../features/auth/principal.ts';
import type { KeyRow } from '../features/auth/server-keys.ts';
import { isUuid } from '../platform/ids.ts';
import { addCommand, positive, printTable } from './operations.ts';
import type { ProgramParts } from './program-parts.ts';

/** Adds `laurel keys`: credentials of game servers. */
export function addKeysCommands(program: Command, { output, withWorkbench }: ProgramParts): void {
  const print = (text: string): void => output.stdout(`${text}\n`);
  const keys = addCommand(program, output, 'keys', 'credentials of game servers');

  addCommand(keys, output, 'create', 'make a key and print it: it is shown this once')
    .requiredOption('--name <name>', 'what it is for')
    .option('--scopes <list>', `comma-separated, of ${SCOPES.join(', ')}`, 'events:write,users:write,events:read')
    .option('--days <n>', 'how long it lives; for ever by default', positive)
    .option('--events-per-minute <n>', 'most events it may report; as many as it likes by default', positive)
    .addOption(
      new Option('--trust <level>', 'how far the events it reports are trusted').choices(TRUSTS).default('normal'),
    )
    .action((wanted: { name: string; scopes: string; days?: number; eventsPerMinute?: number; trust: Trust }) =>
      withWorkbench(async ({ auth }) => {
        const { name, days = null, eventsPerMinute = null, trust } = wanted;
        const scopes = wanted.scopes.split(',').flatMap((scope) => scope.trim() || []);
        print(await auth.createKey({ name, scopes, days, eventsPerMinute, trust }));
      }),
    );

  addCommand(keys, output, 'list', 'all keys, newest first; never a secret')
    .option('--json', 'a line of JSON a key')
    .action(({ json = false }: { json?: boolean }) =>
      withWorkbench(async ({ auth, clock }) => {
        const rows = await auth.keys.list();
        if (json) for (const row of rows) print(JSON.stringify(withoutSecrets(row)));
        else {
          const lines = rows.map((row) => [
            row.id,
            row.name,
            row.scopes.join(' '),
            row.trust,
            stateOf(row, clock.now()),
          ]);
          const used = rows.map(({ lastUsedAt }) => lastUsedAt?.toISOString() ?? 'never');
          const table = lines.map((line, place) => [...line, used[place] ?? '']);
          printTable(output, ['id', 'name', 'scopes', 'trust', 'state', 'used'], table, 'There is no key.');
        }
      }),
    );

  addCommand(keys, output, 'rotate', 'give a key another secret and print it: it is shown this once')
    .argument('<id>', 'its id', keyId)
    .option('--overlap <seconds>', 'how long the old secret is good as well; 0 by default', positive, 0)
    .action((id: string, { overlap }: { overlap: number }) =>
      withWorkbench(async ({ auth }) => print((await auth.keys.rotate(id, overlap, COMMAND_LINE)).key)),
    );

  addCommand(keys, output, 'revoke', 'end a key: a server refuses it at once or, where it runs elsewhere, within 2 s')
    .argument('<id>', 'its id', keyId)
    .action((id: string) =>
      withWorkbench(async ({ auth }) => print(`Revoked: ${(await auth.keys.revoke(id, COMMAND_LINE)).name}`)),
    );
}

function keyId(text: string): string {
  const id = text.replace(/^serverKey_/, '');
  if (!isUuid(id)) throw new InvalidArgumentError('an id as `keys list` shows it is wanted');
  return id.toLowerCase();
}

function withoutSecrets({ secretHash: _now, previousHash: _before, ...shown }: KeyRow): object {
  return shown;
}

function stateOf({ revokedAt, expiresAt }: KeyRow, now: number): string {
  if (revokedAt !== null) return `revoked ${revokedAt.toISOString()}`;
  if (expiresAt === null) return 'good';
  return `${expiresAt.getTime() <= now ? 'expired' : 'good until'} ${expiresAt.toISOString()}`;
}
