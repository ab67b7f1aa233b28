import type { Command } from 'commander';
import { closePeriods } from '../features/leaderboards/closing.ts';
import { openRanks } from '../features/leaderboards/open-ranks.ts';
import { startJobs } from '../jobs/jobs.ts';
import { createIds } from '../platform/ids.ts';
import { readInstallation } from '../platform/installation.ts';
import { createLogger } from '../platform/logger.ts';
import { openRedisAt } from '../platform/redis.ts';
import { createBus } from '../realtime/create-bus.ts';
import { addCommand } from './operations.ts';
import type { ProgramParts } from './program-parts.ts';
import type { Workbench } from './workbench.ts';

/** Adds `laurel worker`: the jobs in a process of their own. */
export function addWorkerCommand(program: Command, { output, withWorkbench, version, signal }: ProgramParts): void {
  addCommand(
    program,
    output,
    'worker',
    'relay domain events and run the jobs, beside servers with LAUREL_JOBS=off; any number of them share the work',
  ).action(() =>
    withWorkbench(async (bench) => {
      if (bench.database.kind === 'embedded')
        throw new Error('The embedded database belongs to one process: the server runs its jobs itself.');
      await work(bench, signal, () => output.stdout(`Laurel ${version} works\n`));
    }),
  );
}

async function work(
  { config, database, clock, live }: Workbench,
  signal: AbortSignal,
  ready: () => void,
): Promise<void> {
  const logger = createLogger({ level: config.logLevel });
  const redis = config.redis === null ? null : openRedisAt(config.redis, { logger });
  const { id: installationId } = await readInstallation(database);
  const bus = createBus({ redis, installationId, otherProcesses: true, logger });
  const { sinks, retainDays } = config;
  const ids = createIds(clock);
  const { catalog } = await live();
  const close = (stopping: AbortSignal) => closePeriods({ database, catalog, clock, ids, bus, logger }, stopping);
  const parts = { database, bus, clock, logger };
  const { keeper: ranks } = openRanks({ ...parts, catalog, ids, redis, installationId, minds: true });
  if (redis !== null) await ranks.start();
  const jobs = await startJobs({ ...parts, sinks, retainDays, closePeriods: close, ranks });
  try {
    await Promise.race([jobs.ready, aborted(signal)]);
    ready();
    const name = config.redis === null ? 'none' : config.redis.cluster ? 'Redis Cluster' : 'Redis';
    logger.info({ operation: 'worker', sinks: config.sinks, bus: name }, 'Laurel works');
    await aborted(signal);
    logger.info({ operation: 'worker' }, 'stopping');
  } finally {
    await jobs.stop();
    await ranks.close();
    await bus.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
