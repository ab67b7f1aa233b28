import type { Command } from 'commander';
import { audit, rebuildAll } from '../features/rebuild/service.ts';
import { auditBoards } from './audit-boards.ts';
import { EXIT, type ProgramParts } from './program-parts.ts';
import { progressTo } from './progress.ts';

/** Adds `laurel rebuild` and `laurel audit`: the log is the truth. `exit` sets the exit status. */
export function addLogCommands(program: Command, parts: ProgramParts, exit: (code: number) => void): void {
  const { output, withWorkbench } = parts;
  const add = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .exitOverride()
      .configureOutput({ writeOut: output.stdout, writeErr: output.stderr });

  add('rebuild', 'fold the log from its beginning and write what it comes to, while the server runs').action(() =>
    withWorkbench(async (bench) => {
      const tell = progressTo(parts, 'users folded');
      let repaired = 0;
      for await (const step of rebuildAll((await bench.live()).rebuild)) {
        tell(step.progress);
        repaired = step.repaired;
      }
      output.stdout(repaired === 0 ? 'The state is what the log comes to.\n' : `Repaired ${repaired} users.\n`);
    }),
  );

  add(
    'audit',
    'compare the state with the fold of the log, and ranks with the state; prints every difference, writes nothing',
  )
    .option('--json', 'a line of JSON a user')
    .action(({ json = false }: { json?: boolean }) =>
      withWorkbench(async (bench) => {
        const tell = progressTo(parts, 'users folded');
        let wrong = 0;
        for await (const { progress, found } of audit((await bench.live()).rebuild)) {
          for (const user of found) {
            wrong += 1;
            output.stdout(json ? `${JSON.stringify(user)}\n` : auditText(user));
          }
          tell(progress);
        }
        output.stdout(wrong === 0 ? 'The state is what the log comes to.\n' : `${wrong} users differ.\n`);
        const misplaced = await auditBoards(bench, (text) => output.stdout(text), json);
        exit(wrong === 0 && misplaced === 0 ? EXIT.fine : EXIT.faults);
      }),
    );
}

type Audited =
  Awaited<ReturnType<typeof audit>> extends AsyncGenerator<{ found: readonly (infer User)[] }> ? User : never;

function auditText({ userId, differences, decided }: Audited): string {
  const lines = differences.map(
    ({ what, live, folded }) => `  ${what}: ${JSON.stringify(live)}, the log says ${JSON.stringify(folded)}`,
  );
  const missing = decided.map(
    ({ achievement, tier }) => `  ${achievement}${tier === 0 ? '' : ` tier ${tier}`}: earned and not unlocked`,
  );
  return [`user ${userId}`, ...lines, ...missing, ''].join('\n');
}
