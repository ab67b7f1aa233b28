import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pruneOutbox } from '../../../src/features/domain-events/prune.ts';
import { type RelayedRow, relayRound } from '../../../src/features/domain-events/relay.ts';
import { createDomainEventService, requeueEvents } from '../../../src/features/domain-events/service.ts';
import type { Database } from '../../../src/platform/database.ts';
import { createLogger } from '../../../src/platform/logger.ts';
import { sql } from '../../../src/platform/sql.ts';
import { createMemoryBus } from '../../../src/realtime/memory-bus.ts';
import { createIdleSweeper } from '../../../src/realtime/sweeper.ts';
import { backends, openTestDatabase, type TestDatabase } from '../../support/databases.ts';

const logger = createLogger({ level: 'silent' });
const DAY_MS = 86_400_000;

describe.each(backends())('the relay on the %s database', (backend) => {
  let opened: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    opened = await openTestDatabase(backend, { poolSize: 12 });
    database = opened.db;
  });
  afterEach(() => database.script('delete from outbox; update outbox_feed set position = 0, pruned_to = 0'));
  afterAll(() => opened.dispose());

  const bus = createMemoryBus({ logger });
  const service = () =>
    createDomainEventService({ database, epoch: randomUUID(), bus, sweeper: createIdleSweeper(), logger });
  const nothing = (): Promise<void> => Promise.resolve();
  const round = (enqueue: (on: unknown, rows: readonly RelayedRow[]) => Promise<void> = nothing) =>
    relayRound({ database, bus, enqueue });
  const store = (kind: string, at = new Date()) =>
    database.query<{ id: string }>(sql`insert into outbox (id, kind, user_id, payload, created_at)
      values (gen_random_uuid(), ${kind}, null, '{}', ${at}::timestamptz) returning id`);
  const kept = () => database.query(sql`select kind, position from outbox where state = 1 order by position`);

  it("gives each row one place, readers miss none, and a user's stay in order, while slow transactions commit in any order", {
    timeout: 60_000,
  }, async () => {
    // Of one connection no two transactions overlap: fewer say as much.
    const batches = backend === 'embedded' ? 5 : 25;
    const users: string[] = Array.from({ length: 6 }, () => randomUUID());
    await database.query(sql`insert into users (id, username, display_name, created_at, updated_at, catalog_version)
        select id, id::text, '', now(), now(), 1 from unnest(${users}::uuid[]) as n (id)`);
    const written = new Map(users.map((id) => [id, 0]));
    const write = async (userId: string, fails: boolean): Promise<void> => {
      const n = written.get(userId) ?? 0;
      await database.transaction(async (transaction) => {
        await transaction.query(sql`select from users where id = ${userId}::uuid for update`);
        // Ids and times as of processes whose clocks differ: no order can be read from them.
        await transaction.query(sql`insert into outbox (id, kind, user_id, payload, created_at)
            select gen_random_uuid(), 'TOLD', ${userId}::uuid, jsonb_build_object('n', ${n}::int + i), now() - random() * interval '1 h'
            from generate_series(0, 2) as s (i)`);
        await transaction.query(sql`select pg_sleep(${Math.random() * 0.02}::float8)`);
        if (fails) throw new Error('rolled back');
        written.set(userId, n + 3);
      });
    };
    const writers = users.map(async (userId) => {
      for (let batch = 0; batch < batches; batch += 1) await write(userId, batch % 5 === 4).catch(() => undefined);
    });
    let isWriting = true;
    const done = Promise.all(writers).then(() => {
      isWriting = false;
    });
    const relays = Array.from({ length: 3 }, async () => {
      while (isWriting || (await round()).rows.length > 0) await round();
    });
    const seen: { id: string; userId: string | null; n: unknown }[] = [];
    const read = async (after: string | null): Promise<string> => {
      const { rows, newest } = await feed.page({ limit: 7, backwards: false, after, before: null }, null);
      const page = rows.slice(0, 7);
      seen.push(...page.map(({ id, userId, payload }) => ({ id, userId, n: payload['n'] })));
      return rows.length > 7 ? feed.cursorOf(page.at(-1)?.position ?? 0) : newest;
    };
    const feed = service();
    let cursor: string | null = null;
    while (isWriting) cursor = await read(cursor);
    await Promise.all([done, ...relays]);
    for (let before = -1; before < seen.length; ) {
      before = seen.length;
      cursor = await read(cursor);
    }
    const committed = await database.query<{ id: string }>(sql`select id from outbox`);
    expect(committed).toHaveLength(6 * batches * 0.8 * 3);
    expect(seen.map(({ id }) => id).toSorted()).toEqual(committed.map(({ id }) => id).toSorted());
    for (const userId of users) {
      const own = seen.filter((row) => row.userId === userId).map(({ n }) => n);
      expect(own).toEqual(Array.from({ length: batches * 0.8 * 3 }, (_, n) => n));
    }
  });

  it('leaves rows waiting whose jobs could not be added, and takes them once', async () => {
    await store('TOLD');
    await store('TOUCHED');
    await expect(round(() => Promise.reject(new Error('no queue')))).rejects.toThrow('no queue');
    expect(await kept()).toEqual([]);
    const given: string[][] = [];
    const enqueue = async (_on: unknown, rows: readonly RelayedRow[]): Promise<void> => {
      given.push(rows.map(({ kind }) => kind));
    };
    expect(await round(enqueue)).toMatchObject({
      rows: [
        { kind: 'TOLD', position: 1 },
        { kind: 'TOUCHED', position: 2 },
      ],
      hasMore: false,
    });
    expect(await round(enqueue)).toEqual({ rows: [], hasMore: false });
    expect(given).toEqual([['TOLD']]);
  });

  it('takes 250 rows a round and says that there are more', async () => {
    await database.query(sql`insert into outbox (id, kind, payload, created_at)
      select gen_random_uuid(), 'TOLD', '{}', now() from generate_series(1, 251)`);
    expect([await round(), await round()].map(({ rows, hasMore }) => [rows.length, hasMore])).toEqual([
      [250, true],
      [1, false],
    ]);
  });

  it('tells an event once more where it is asked to: the same id at the end of the feed', async () => {
    const [first] = await store('TOLD');
    await store('LATER');
    await round();
    expect(await requeueEvents(database, { ids: [first?.id ?? ''] })).toBe(1);
    expect(await requeueEvents(database, { since: new Date(Date.now() + DAY_MS) })).toBe(0);
    await round();
    expect(await kept()).toEqual([
      { kind: 'LATER', position: 2 },
      { kind: 'TOLD', position: 3 },
    ]);
  });

  it('deletes relayed rows once they are old, says how far, and never what waits', async () => {
    const now = Date.now();
    const clock = { now: () => now };
    const old = new Date(now - 7 * DAY_MS - 1_000);
    await database.query(sql`insert into outbox (id, kind, payload, created_at)
      select gen_random_uuid(), kind, '{}', at
      from generate_series(1, 1200), unnest(${['TOLD', 'TOUCHED']}::text[], ${[old, new Date(now - 61_000)]}::timestamptz[]) as n (kind, at)`);
    while ((await round()).hasMore);
    const [newest] = await database.query<{ position: number }>(
      sql`select max(position) as position from outbox where kind = 'TOLD'`,
    );
    await store('TOUCHED', new Date(now - 59_000));
    await store('TOLD', new Date(now - 6 * DAY_MS));
    await round();
    await store('TOLD', old);
    expect(await pruneOutbox({ database, clock })).toEqual({ touched: 1_200, events: 1_200 });
    expect(await kept()).toEqual([
      { kind: 'TOUCHED', position: 2_401 },
      { kind: 'TOLD', position: 2_402 },
    ]);
    expect(await database.query(sql`select pruned_to as position from outbox_feed`)).toEqual([newest]);
    expect(await database.query(sql`select count(*) as count from outbox where state = 0`)).toEqual([{ count: 1 }]);
    expect(await pruneOutbox({ database, clock })).toEqual({ touched: 0, events: 0 });
  });

  it('goes on where somebody emptied the table that holds its place', async () => {
    await store('TOLD');
    await round();
    await database.query(sql`delete from outbox_feed`);
    await store('LATER');
    await round();
    await round();
    expect(await kept()).toEqual([
      { kind: 'TOLD', position: 1 },
      { kind: 'LATER', position: 2 },
    ]);
  });
});
