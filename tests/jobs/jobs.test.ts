import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Jobs, startJobs } from '../../src/jobs/jobs.ts';
import { openQueue } from '../../src/jobs/queue.ts';
import { readDepths } from '../../src/jobs/queue-store.ts';
import { ARCHIVE_QUEUE, BOARDS_QUEUE } from '../../src/jobs/queues.ts';
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
  let closings = 0;
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
  const start = async (sinks: readonly 'log'[], days: number | null = null): Promise<Jobs> => {
    const bus = createMemoryBus({ logger });
    const closePeriods = async () => {
      closings += 1;
    };
    const ranks = { refresh: async () => undefined };
    const retainDays = { events: days, notifications: days, audit: null };
    jobs = await startJobs({ database, bus, clock: systemClock, logger, sinks, retainDays, closePeriods, ranks });
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
      { queue: 'events.archive' },
      { queue: 'leaderboards.close' },
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

  it.each([
    [400, { kept: 1, archived: 2, messages: [3] }],
    [null, { kept: 3, archived: 0, messages: [1, 2, 3] }],
  ])(
    'archive by LAUREL_RETAIN_EVENTS, and delete messages by LAUREL_RETAIN_NOTIFICATIONS: %j days',
    async (days, places) => {
      await database.query(sql`insert into users (id, username, display_name, created_at, updated_at, catalog_version)
      values (${USER}::uuid, 'archived', 'Archived', now(), now(), 1)`);
      await database.query(sql`insert into events (user_id, id, type, points, xp, occurred_at, recorded_at, catalog_version)
      select ${USER}::uuid, gen_random_uuid(), 'login', 5, 5, now() - make_interval(days => age), now(), 1
      from unnest(array[900, 500, 100]) as a (age)`);
      await database.query(sql`insert into notifications (user_id, seq, kind, data, created_at)
      select ${USER}::uuid, seq, 'LEVEL_UP', '{}', now() - make_interval(days => age)
      from unnest(array[900, 500, 100]) with ordinality as a (age, seq)`);
      await (await start([])).ready;
      await jobs?.stop();
      const queue = await openQueue({ database, logger, works: false });
      await database.transaction((transaction) => queue.add(transaction, ARCHIVE_QUEUE, [{ key: 'now', data: {} }]));
      await queue.stop(1_000);
      await (await start([], days)).ready;
      await expect
        .poll(() => database.query(sql`select state from jobs.job where name = ${ARCHIVE_QUEUE}`), { timeout: 10_000 })
        .toEqual([{ state: 'completed' }]);
      expect(
        await database.query(sql`select (select count(*)::int from events) as kept,
        (select coalesce(sum(count), 0)::int from event_archives) as archived,
        (select array_agg(seq::int order by seq) from notifications) as messages`),
      ).toEqual([places]);
      const said = lines.filter(({ operation }) => operation === 'events.archive');
      expect(said).toMatchObject(days === null ? [] : [{ events: 2, users: 1 }]);
      await database.script(
        'delete from users; delete from events; delete from event_archives; delete from notifications',
      );
    },
  );

  it('close the periods of boards, each minute', async () => {
    await (await start([])).ready;
    expect(await database.query(sql`select cron from jobs.schedule where name = ${BOARDS_QUEUE}`)).toEqual([
      { cron: '* * * * *' },
    ]);
    const before = closings;
    const queue = await openQueue({ database, logger, works: false });
    await database.transaction((transaction) => queue.add(transaction, BOARDS_QUEUE, [{ key: 'now', data: {} }]));
    await queue.stop(1_000);
    await expect.poll(() => closings, { timeout: 15_000 }).toBeGreaterThan(before);
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
