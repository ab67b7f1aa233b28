import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { openQueue } from '../../src/jobs/queue.ts';
import { sinkQueue } from '../../src/jobs/queues.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { sql } from '../../src/platform/sql.ts';
import { backends, openTestDatabase } from '../support/databases.ts';
import { endProcesses, logged, makeFolder, startWorker, type WorkerProcess } from '../support/processes.ts';
import { isFull, rounds, SLOW, tell, until } from './rounds.ts';

/** What the operations promise. */
const TAKEN_OVER_MS = 60_000;
/** Databases whose workers are killed side by side: most of a round is waiting. */
const SIDE_BY_SIDE = isFull ? 5 : 1;

/** Kills a worker in the middle of a job so many times, another being alive; answers how long each job waited for that one. */
async function killWorkers(count: number): Promise<number[]> {
  await using opened = await openTestDatabase('postgres');
  const folder = await makeFolder();
  const start = (name: string): Promise<WorkerProcess> =>
    startWorker({
      DATABASE_URL: `${opened.url}?application_name=${name}`,
      LAUREL_DATA: folder.path,
      LAUREL_JOBS: 'off',
      LAUREL_SINKS: 'log',
    });
  const alive = new Map(await Promise.all(['a', 'b'].map(async (name) => [name, await start(name)] as const)));
  const ever = [...alive.values()];
  const told = (id: string): number => ever.flatMap(logged).filter((one) => one === id).length;
  const blocker = new pg.Client({ connectionString: opened.url ?? '' });
  await blocker.connect();
  const queue = await openQueue({ database: opened.db, logger: createLogger({ level: 'silent' }), works: false });
  const holders = async (): Promise<string[]> => {
    const rows = await opened.db.query<{ name: string }>(sql`select application_name as name from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%read_by_ids%'`);
    return rows.map(({ name }) => name);
  };
  const waited: number[] = [];
  for (let round = 0; round < count; round += 1) {
    const [row] = await opened.db.query<{ id: string }>(sql`insert into outbox (id, kind, user_id, payload, created_at)
      values (gen_random_uuid(), 'TOLD', ${randomUUID()}::uuid, '{}', now()) returning id`);
    const id = row?.id ?? '';
    await until('the event is told', () => told(id) === 1, TAKEN_OVER_MS);
    // Whoever takes the job stays within it: what it reads is locked.
    await blocker.query('begin; lock table outbox in access exclusive mode');
    await opened.db.transaction((transaction) =>
      queue.add(transaction, sinkQueue('log'), [{ key: id, data: { ids: [id] } }]),
    );
    await until('a worker is in the middle of the job', async () => (await holders()).length === 1);
    const [holder = ''] = await holders();
    expect(await alive.get(holder)?.end('SIGKILL')).toBe('SIGKILL');
    await blocker.query('commit');
    waited.push(await until('the job is done by the other', () => told(id) === 2, TAKEN_OVER_MS));
    alive.delete(holder);
    const name = `again${round}`;
    const next = await start(name);
    alive.set(name, next);
    ever.push(next);
  }
  await queue.stop(1_000);
  await blocker.end();
  expect(await Promise.all([...alive.values()].map((worker) => worker.end('SIGTERM')))).toEqual([0, 0]);
  await folder.remove();
  return waited;
}

describe.runIf(backends().includes('postgres'))('a worker killed in the middle of a job', () => {
  afterAll(endProcesses);

  it('is followed by another within a minute: the job is done, with the same id', SLOW, async () => {
    const each = Math.ceil(rounds(1, 50) / SIDE_BY_SIDE);
    const waited = (await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => killWorkers(each)))).flat();
    expect(waited).toHaveLength(each * SIDE_BY_SIDE);
    const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
    const longest = Math.max(...waited);
    tell(`R2 worker killed: ${waited.length} kills, every job done, taken over after at most ${seconds(longest)} s`);
  });
});
