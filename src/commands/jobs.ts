import type { Command } from 'commander';
import { countDead, readDead, readDepths } from '../jobs/queue-store.ts';
import { isUuid } from '../platform/ids.ts';
import { createLogger } from '../platform/logger.ts';
import { addCommand, ageText, printTable, rowLimit } from './operations.ts';
import type { ProgramParts } from './program-parts.ts';
import type { Workbench } from './workbench.ts';

/** Adds `laurel jobs`: the queues of background work, and the jobs that failed for good. */
export function addJobsCommands(program: Command, { output, withWorkbench }: ProgramParts): void {
  const jobs = addCommand(
    program,
    output,
    'jobs',
    'background work: how much waits in each queue, how old, how much is dead',
  );
  // An option after a subcommand is the subcommand's.
  jobs
    .enablePositionalOptions()
    .option('--json', 'for machines')
    .action(({ json = false }: { json?: boolean }) =>
      withWorkbench(async ({ database }) => {
        const queues = await readDepths(database);
        const dead = await countDead(database);
        if (json) {
          output.stdout(`${JSON.stringify({ queues, dead })}\n`);
          return;
        }
        const rows = queues.map(({ queue, waiting, active, oldestSeconds }) => [
          queue,
          String(waiting),
          String(active),
          ageText(oldestSeconds),
        ]);
        printTable(output, ['queue', 'waiting', 'active', 'oldest'], rows, 'No process has run jobs here yet.');
        output.stdout(`Dead jobs: ${dead}\n`);
      }),
    );

  addCommand(jobs, output, 'dead', 'jobs that failed for good, newest first')
    .option('--limit <n>', 'how many', rowLimit, 20)
    .option('--json', 'a line of JSON a job')
    .action(({ limit, json }: { limit: number; json?: boolean }) =>
      withWorkbench(async ({ database }) => {
        const dead = await readDead(database, limit);
        if (json) for (const job of dead) output.stdout(`${JSON.stringify(job)}\n`);
        else {
          const rows = dead.map(({ id, queue, diedAt, reason }) => [id, queue, diedAt.toISOString(), reason ?? '']);
          printTable(output, ['id', 'queue', 'died', 'reason'], rows, 'No job is dead.');
        }
      }),
    );

  addCommand(jobs, output, 'retry', 'send dead jobs back to their queues, with all their tries')
    .argument('[ids...]', 'their ids')
    .option('--all', 'all of them')
    .action((ids: string[], { all = false }: { all?: boolean }) =>
      withWorkbench(async (bench) => {
        const wrong = ids.find((id) => !isUuid(id));
        if (wrong !== undefined) throw new Error(`'${wrong}' is no id of a job.`);
        if (all === ids.length > 0) throw new Error('Name either ids or --all.');
        output.stdout(`Sent back: ${await revive(bench, all ? null : ids)}\n`);
      }),
    );
}

async function revive({ database }: Workbench, ids: readonly string[] | null): Promise<number> {
  // Loaded only here: no other command needs the queue's library.
  const { openQueue } = await import('../jobs/queue.ts');
  const queue = await openQueue({ database, logger: createLogger({ level: 'silent' }), works: false });
  try {
    if (ids === null) return await queue.revive(null);
    let count = 0;
    for (const id of ids) count += await queue.revive(id);
    return count;
  } finally {
    await queue.stop(1_000);
  }
}
