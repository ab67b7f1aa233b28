import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Jobs, startJobs } from '../../src/jobs/jobs.ts';
import { readDepths } from '../../src/jobs/queue-store.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Database } from '../../src/platform/database.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { sql } from '../../src/platform/sql.ts';
import { createMemoryBus } from '../../src/realtime/memory-bus.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';

const USER = '0190a0a0-a0a0-7000-8000-000000000001';

describe.each(backends())('the jobs of a process on the %s database', (backend) => {
  let opened: TestDatabase;
  let database: Database;
  let jobs: Jobs | null;
  let lines: Record<string, unknown>[];
  beforeAll(async () => {
    opened = await openTestDatabase(backend);
    database = opened.db;
  });
  beforeEach(() => {
    lines = [];
    jobs = null;
  });
  afterEach(async () => {
    await jobs?.stop();
    await database.script('delete from jobs.job; delete from outbox; update outbox_feed set position = 0');
  });
  afterAll(() => opened.dispose());

  const logger = createLogger({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const start = async (sinks: readonly 'log'[]): Promise<Jobs> => {
    jobs = await startJobs({ database, bus: createMemoryBus({ logger }), clock: systemClock, logger, sinks });
    return jobs;
  };
  const store = (count: number) =>
    database.query<{ id: string }>(sql`insert into outbox (id, kind, user_id, payload, created_at)
      select gen_random_uuid(), 'LEVEL_UP', ${USER}::uuid, jsonb_build_object('to', i), '2026-11-21T10:00:00Z'
      from generate_series(1, ${count}::int) as s (i) returning id`);
  const told = () => lines.filter(({ operation }) => operation === 'domain-event');
  const relayed = () => database.query(sql`select count(*)::int as count from outbox where state = 1`);

  it('write a line of the log for each domain event, in order, where the sink is set', async () => {
    await (await start(['log'])).ready;
    const rows = await store(3);
    await expect.poll(() => told().length, { timeout: 10_000 }).toBe(3);
    expect(told()).toEqual(
      rows.map(({ id }, index) => ({
        level: 30,
        time: expect.any(String),
        operation: 'domain-event',
        id,
        type: 'LEVEL_UP',
        userId: USER,
        at: '2026-11-21T10:00:00.000Z',
        position: index + 1,
        data: { to: index + 1 },
        msg: 'domain event',
      })),
    );
  });

  it('relay without any sink, and leave no job behind', async () => {
    await (await start([])).ready;
    await store(2);
    await expect.poll(relayed, { timeout: 10_000 }).toEqual([{ count: 2 }]);
    expect(await readDepths(database)).toMatchObject([
      { queue: 'outbox.prune' },
      { queue: 'sink.log', waiting: 0, active: 0 },
    ]);
    expect(lines).toEqual([]);
  });

  it('say so when the events of a delivery are kept no more', async () => {
    await store(1);
    await (await start(['log'])).ready;
    await expect.poll(() => told().length, { timeout: 10_000 }).toBe(1);
    await database.query(sql`delete from outbox`);
    await database.query(
      sql`update jobs.job set state = 'retry', start_after = now(), completed_on = null where name = 'sink.log'`,
    );
    await expect.poll(() => lines.at(-1), { timeout: 10_000 }).toMatchObject({ operation: 'sink', gone: 1 });
    expect(told()).toHaveLength(1);
  });

  it('open the queue once its tables are there, and stop while they wait for them', async () => {
    await database.query(sql`update jobs.version set version = version + 1`);
    const waiting = await start(['log']);
    await expect.poll(() => lines.at(-1), { timeout: 10_000 }).toMatchObject({ operation: 'jobs.open' });
    await waiting.stop();
    await waiting.ready;
    await database.query(sql`update jobs.version set version = version - 1`);
    await (await start([])).ready;
    await store(1);
    await expect.poll(relayed, { timeout: 10_000 }).toEqual([{ count: 1 }]);
  });
});
