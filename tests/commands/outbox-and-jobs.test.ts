import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/commands/program.ts';
import { authFor, type Workbench } from '../../src/commands/workbench.ts';
import { readConfig } from '../../src/config.ts';
import { relayRound } from '../../src/features/domain-events/relay.ts';
import { type JobQueue, openQueue } from '../../src/jobs/queue.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { sql } from '../../src/platform/sql.ts';
import { createMemoryBus } from '../../src/realtime/memory-bus.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';

const USER = '0190a0a0-a0a0-7000-8000-000000000001';
const logger = createLogger({ level: 'silent' });

describe.each(backends())('the commands of operators on %s', (backend) => {
  let opened: TestDatabase;
  let bench: Workbench;
  let queue: JobQueue;

  beforeAll(async () => {
    opened = await openTestDatabase(backend);
    const config = readConfig({ LAUREL_JWT_SECRET: 'abcdefghijklmnopqrstuvwxyz0123456789' });
    const database = opened.db;
    const auth = await authFor(config, database, systemClock);
    const live = () => Promise.reject(new Error('no catalog here'));
    bench = { config, database, clock: systemClock, auth, live, serving: false };
    // Makes the queues, and works on none of them.
    queue = await openQueue({ database, logger, works: true });
  });
  afterAll(async () => {
    await queue.stop(1_000);
    await opened.dispose();
  });

  async function run(...argv: string[]) {
    let stdout = '';
    let stderr = '';
    const status = await runProgram(argv, {
      withWorkbench: (work) => work(bench),
      serve: null,
      cwd: process.cwd(),
      output: {
        stdout: (text: string) => {
          stdout += text;
        },
        stderr: (text: string) => {
          stderr += text;
        },
      },
      version: '1.2.3',
      remote: { url: undefined, key: undefined },
      signal: new AbortController().signal,
    });
    return { status, stdout, stderr };
  }
  const relay = () =>
    relayRound({ database: opened.db, bus: createMemoryBus({ logger }), enqueue: () => Promise.resolve() });

  it('show the outbox, and tell an event once more', async () => {
    expect((await run('outbox')).stdout).toBe('waiting      0\noldest       -\nin the feed  0\nposition     0\n');
    const [row] = await opened.db.query<{ id: string }>(sql`insert into outbox (id, kind, user_id, payload, created_at)
      values (gen_random_uuid(), 'LEVEL_UP', ${USER}::uuid, '{"from":1,"to":2}', now() - interval '5 min') returning id`);
    const id = row?.id ?? '';
    expect((await run('outbox')).stdout).toMatch(/^waiting {6}1\noldest {7}5 min\n/);
    const waiting = {
      id,
      kind: 'LEVEL_UP',
      userId: USER,
      createdAt: expect.any(String),
      position: null,
      payload: { from: 1, to: 2 },
    };
    expect(JSON.parse((await run('outbox', 'list', '--json')).stdout)).toEqual(waiting);
    await relay();
    expect((await run('outbox', 'list')).stdout).toBe('Nothing waits.\n');
    expect((await run('outbox', 'list', '--relayed')).stdout).toMatch(
      new RegExp(`\n${id}  LEVEL_UP  ${USER}  \\S+  1\n$`),
    );
    expect(JSON.parse((await run('outbox', '--json')).stdout)).toEqual({
      waiting: 0,
      oldestSeconds: null,
      kept: 1,
      position: 1,
      prunedTo: 0,
    });
    expect((await run('outbox', 'requeue', `domainEvent_${id}`)).stdout).toBe('Will be told once more: 1\n');
    await relay();
    expect((await run('outbox', 'requeue', '--since', '2020-01-01T00:00:00Z')).stdout).toBe(
      'Will be told once more: 1\n',
    );
    await relay();
    expect(JSON.parse((await run('outbox', 'list', '--relayed', '--json')).stdout)).toEqual({
      ...waiting,
      position: 3,
    });
  });

  it('show the queues and the dead jobs, and send those back', async () => {
    expect((await run('jobs')).stdout).toBe(
      'queue               waiting  active  oldest\n------------------  -------  ------  ------\nevents.archive      0        0       -\nleaderboards.close  0        0       -\noutbox.prune        0        0       -\nsink.log            0        0       -\nDead jobs: 0\n',
    );
    expect((await run('jobs', 'dead')).stdout).toBe('No job is dead.\n');
    const ids = await opened.db.query<{ id: string }>(sql`
      insert into jobs.job (name, data, source_name, singleton_key, policy, output)
      select 'dead', '{"ids":[]}', 'sink.log', 'k' || i, 'standard', '{"message":"refused"}' from generate_series(1, 3) as s (i)
      returning id`);
    expect((await run('jobs', 'dead', '--limit', '1', '--json')).stdout.trim().split('\n')).toHaveLength(1);
    expect((await run('jobs', 'dead')).stdout).toContain('  refused\n');
    expect((await run('jobs', 'retry', ids[0]?.id ?? '')).stdout).toBe('Sent back: 1\n');
    expect((await run('jobs', 'retry', '--all')).stdout).toBe('Sent back: 2\n');
    const { queues, dead } = JSON.parse((await run('jobs', '--json')).stdout);
    expect(queues[3]).toEqual({ queue: 'sink.log', waiting: 3, active: 0, oldestSeconds: expect.any(Number) });
    expect(dead).toBe(0);
  });

  it.each([
    [['outbox', 'requeue'], 1, 'Name either ids or --since.'],
    [['outbox', 'requeue', 'x'], 1, "'x' is no id of a domain event."],
    [['outbox', 'requeue', '--since', 'soon'], 2, 'a time is wanted'],
    [['outbox', 'list', '--limit', '0'], 2, 'a whole number from 1 to 1000 is wanted'],
    [['jobs', 'retry'], 1, 'Name either ids or --all.'],
    [['jobs', 'retry', USER, '--all'], 1, 'Name either ids or --all.'],
    [['jobs', 'retry', 'x'], 1, "'x' is no id of a job."],
  ])('refuse wrong usage: %j', async (argv, status, text) => {
    const ended = await run(...argv);
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(text);
  });
});

it('a worker beside the embedded database is refused: it belongs to one process', async () => {
  const opened = await openTestDatabase('embedded');
  let stderr = '';
  const status = await runProgram(['worker'], {
    withWorkbench: (work) => work({ database: opened.db } as Workbench),
    serve: null,
    cwd: process.cwd(),
    output: {
      stdout: () => {},
      stderr: (text: string) => {
        stderr += text;
      },
    },
    version: '1.2.3',
    remote: { url: undefined, key: undefined },
    signal: new AbortController().signal,
  });
  expect([status, stderr]).toEqual([
    1,
    'The embedded database belongs to one process: the server runs its jobs itself.\n',
  ]);
  await opened.dispose();
});
