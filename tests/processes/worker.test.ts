import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openQueue } from '../../src/jobs/queue.ts';
import { sinkQueue } from '../../src/jobs/queues.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { sql } from '../../src/platform/sql.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { listen, post, unique } from '../support/laurel.ts';
import {
  endProcesses,
  type Folder,
  makeFolder,
  runLaurel,
  startProcess,
  startWorker,
  type WorkerProcess,
} from '../support/processes.ts';

const SLOW = { timeout: 180_000 };
/** What the operations promise. */
const TAKEN_OVER_MS = 60_000;

/** Ids of the domain events that a process has logged, in order. */
function logged({ output }: Pick<WorkerProcess, 'output'>): string[] {
  return [...output().matchAll(/"operation":"domain-event","id":"([^"]+)"/g)].map((match) => match[1] ?? '');
}

describe.runIf(backends().includes('postgres'))('workers beside the server', () => {
  let opened: TestDatabase;
  let folder: Folder;
  beforeEach(async () => {
    [opened, folder] = await Promise.all([openTestDatabase('postgres'), makeFolder()]);
  });
  afterEach(async () => {
    await endProcesses();
    await opened.dispose();
    await folder.remove();
  });

  const environment = (name: string): Record<string, string> => ({
    DATABASE_URL: `${opened.url}?application_name=${name}`,
    LAUREL_DATA: folder.path,
    LAUREL_JOBS: 'off',
    LAUREL_SINKS: 'log',
  });
  const store = (count: number) =>
    opened.db.query<{ id: string }>(sql`insert into outbox (id, kind, user_id, payload, created_at)
      select gen_random_uuid(), 'TOLD', ${randomUUID()}::uuid, '{}', now() from generate_series(1, ${count}::int) returning id`);
  const shared = (workers: readonly WorkerProcess[]) => workers.flatMap((worker) => logged(worker));

  it('relay what the server stored, tell each event once between them, and drain on SIGTERM', SLOW, async () => {
    const server = await startProcess(environment('server'));
    const workers = await Promise.all(['one', 'two'].map((name) => startWorker(environment(name))));
    const feed = await listen(server.url, 'subscription { domainEventPublished { type data } }');
    const player = unique();
    // The subscription is taken once it has told of one of them.
    for (let n = 0; feed.items.length === 0; n += 1) {
      await post(server.url, 'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename } }', {
        input: { user: { externalId: `${player}-${n}` }, type: 'login' },
      });
    }
    await feed.stop();
    const stored = async () =>
      (await opened.db.query<{ id: string }>(sql`select id from outbox where kind <> 'TOUCHED'`))
        .map(({ id }) => id)
        .toSorted();
    await store(50);
    await expect.poll(() => shared(workers).toSorted(), { timeout: 20_000 }).toEqual(await stored());
    expect(await Promise.all(workers.map((worker) => worker.end('SIGTERM')))).toEqual([0, 0]);
    expect(shared(workers).toSorted()).toEqual(await stored());
    expect(await server.end()).toBe(0);
    expect(logged(server)).toEqual([]);
  });

  it('take over the job of one that was killed in the middle of it, within a minute', SLOW, async () => {
    const names = ['one', 'two'];
    const workers = await Promise.all(names.map((name) => startWorker(environment(name))));
    const rows = await store(1);
    await expect.poll(() => shared(workers), { timeout: 10_000 }).toEqual(rows.map(({ id }) => id));
    const blocker = new pg.Client({ connectionString: opened.url ?? '' });
    await blocker.connect();
    const queue = await openQueue({ database: opened.db, logger: createLogger({ level: 'silent' }), works: false });
    // Whoever takes the job stays within it: what it reads is locked.
    await blocker.query('begin; lock table outbox in access exclusive mode');
    await opened.db.transaction((transaction) =>
      queue.add(transaction, sinkQueue('log'), [{ key: 'k', data: { ids: rows.map(({ id }) => id) } }]),
    );
    const held = (): Promise<{ name: string }[]> =>
      opened.db.query(sql`select application_name as name from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%read_by_ids%'`);
    await expect.poll(held, { timeout: 20_000 }).toHaveLength(1);
    const holder = (await held())[0]?.name ?? '';
    const victim = workers[names.indexOf(holder)] as WorkerProcess;
    expect(await victim.end('SIGKILL')).toBe('SIGKILL');
    const killedAt = performance.now();
    await blocker.query('commit');
    const told = shared(workers).length;
    await expect.poll(() => shared(workers).length, { timeout: TAKEN_OVER_MS, interval: 100 }).toBe(told + 1);
    expect(performance.now() - killedAt).toBeLessThan(TAKEN_OVER_MS);
    expect(new Set(shared(workers))).toEqual(new Set(rows.map(({ id }) => id)));
    await queue.stop(1_000);
    await blocker.end();
    expect(await workers.find((worker) => worker !== victim)?.end('SIGTERM')).toBe(0);
  });
});

it('the embedded server runs the jobs itself, shows them, and refuses a worker beside it', SLOW, async () => {
  const folder = await makeFolder();
  const settings = { LAUREL_DATA: folder.path, LAUREL_SINKS: 'log' };
  const server = await startProcess(settings);
  await post(
    server.url,
    'mutation { recordEvent(input: { user: { externalId: "ann" }, type: "login" }) { __typename } }',
  );
  await expect.poll(() => logged(server).length, { timeout: 20_000 }).toBe(1);
  expect(JSON.parse((await runLaurel(['outbox', '--json'], settings)).stdout)).toMatchObject({ waiting: 0, kept: 1 });
  expect((await runLaurel(['jobs'], settings)).stdout).toContain('Dead jobs: 0\n');
  expect(await runLaurel(['jobs', 'retry', '--all'], settings)).toMatchObject({ ending: 0, stdout: 'Sent back: 0\n' });
  expect(await runLaurel(['worker'], settings)).toEqual({
    ending: 1,
    stdout: '',
    stderr: 'The embedded database belongs to one process: the server runs its jobs itself.\n',
  });
  expect(await server.end()).toBe(0);
  await folder.remove();
});
