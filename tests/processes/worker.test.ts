import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../../src/platform/sql.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { listen, post, unique } from '../support/laurel.ts';
import {
  endProcesses,
  type Folder,
  logged,
  makeFolder,
  runLaurel,
  startProcess,
  startWorker,
  type WorkerProcess,
} from '../support/processes.ts';

const SLOW = { timeout: 180_000 };

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
