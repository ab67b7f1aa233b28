import { readFile } from 'node:fs/promises';
import { getConstructionPlans } from 'pg-boss';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Job, type JobQueue, openQueue } from '../../src/jobs/queue.ts';
import { countDead, readDead, readDepths } from '../../src/jobs/queue-store.ts';
import { JOBS_SCHEMA, sinkQueue } from '../../src/jobs/queues.ts';
import { splitStatements } from '../../src/jobs/split-statements.ts';
import type { Database } from '../../src/platform/database.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { migrationStatus } from '../../src/platform/migration-status.ts';
import { sql } from '../../src/platform/sql.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';

const SINK = sinkQueue('log');
const logger = createLogger({ level: 'silent' });

it('its tables are those that the library prints, word for word', async () => {
  const file = new URL('../../prisma/migrations/20261121120000_jobs/migration.sql', import.meta.url);
  const migration = splitStatements(await readFile(file, 'utf8')).map(plain);
  const printed = splitStatements(getConstructionPlans(JOBS_SCHEMA)).map(plain);
  const wanted = printed.slice(
    printed.findIndex((statement) => statement.startsWith('create schema')),
    -1,
  );
  expect(wanted.length).toBeGreaterThan(20);
  expect(migration.slice(-wanted.length)).toEqual(wanted);
});

/** Without comments before it and without the width of its spaces. */
function plain(statement: string): string {
  return statement
    .replace(/^(--[^\n]*\n)+/, '')
    .replace(/\s+/g, ' ')
    .toLowerCase();
}

describe.each(backends())('the job queue on the %s database', (backend) => {
  let opened: TestDatabase;
  let database: Database;
  let queue: JobQueue;
  const done: string[] = [];
  const failing = new Set<string>();

  beforeAll(async () => {
    opened = await openTestDatabase(backend);
    database = opened.db;
  });
  beforeEach(async () => {
    queue = await openQueue({ database, logger, works: true });
    done.length = 0;
    failing.clear();
  });
  afterEach(async () => {
    await queue.stop(1_000);
    await database.query(sql`delete from jobs.job`);
  });
  afterAll(() => opened.dispose());

  const add = (...names: readonly string[]) =>
    database.transaction((transaction) =>
      queue.add(
        transaction,
        SINK,
        names.map((name) => ({ key: name.slice(0, 1), data: { name } })),
      ),
    );
  const work = () =>
    queue.work(SINK, { batch: 10, everySeconds: 0.5 }, async (jobs: readonly Job<{ name: string }>[]) => {
      done.push(...jobs.map(({ data }) => data.name));
      return new Map(jobs.flatMap(({ id, data }) => (failing.has(data.name) ? [[id, new Error('refused')]] : [])));
    });
  const until = (check: () => Promise<unknown> | unknown, wanted: unknown) =>
    expect.poll(check, { timeout: 10_000, interval: 50 }).toEqual(wanted);
  /** Spares the wait for the next try. */
  const hurry = () => database.query(sql`update jobs.job set start_after = now() where state = 'retry'`);
  const states = () =>
    database.query<{ name: string; state: string; tries: number }>(sql`
      select data->>'name' as name, state::text, retry_count as tries from jobs.job where name = ${SINK} order by created_on, id`);

  it('makes nothing in the database but rows, and leaves its schema as migrated', async () => {
    const objects = () =>
      database.query(sql`select n.nspname, c.relname, c.relkind::text, pg_get_indexdef(c.oid) as def
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('jobs', 'public') order by 1, 2`);
    await using fresh = await openTestDatabase(backend);
    const migrated =
      await fresh.db.query(sql`select n.nspname, c.relname, c.relkind::text, pg_get_indexdef(c.oid) as def
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('jobs', 'public') order by 1, 2`);
    await work();
    await add('a1');
    await until(() => done, ['a1']);
    expect(await objects()).toEqual(migrated);
    expect(await migrationStatus(database)).toMatchObject({ pending: [], drift: [] });
  });

  it('adds jobs with the transaction: all or nothing', async () => {
    await expect(
      database.transaction(async (transaction) => {
        await queue.add(transaction, SINK, [{ key: 'a', data: { name: 'a1' } }]);
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    await add('a2');
    await work();
    await until(states, [{ name: 'a2', state: 'completed', tries: 0 }]);
    expect(done).toEqual(['a2']);
  });

  it('keeps the order of a key while one of its jobs is tried again, and holds up nobody else', async () => {
    failing.add('a1');
    await add('a1', 'b1');
    await add('a2', 'b2');
    const look = await work();
    await until(() => done.toSorted(), ['a1', 'b1', 'b2']);
    failing.clear();
    await hurry();
    look();
    await until(() => done.filter((name) => name.startsWith('a')), ['a1', 'a1', 'a2']);
    expect(done.filter((name) => name.startsWith('b'))).toEqual(['b1', 'b2']);
  });

  it('tries a job three times more, each after 5 * 2^n s or up to twice that; then it is dead, until it is sent back', async () => {
    failing.add('a1');
    const look = await work();
    await add('a1');
    for (let tries = 0; tries < 3; tries += 1) {
      await until(states, [{ name: 'a1', state: 'retry', tries }]);
      const [wait] = await database.query<{ seconds: number }>(sql`
        select extract(epoch from start_after - now())::float8 as seconds from jobs.job where state = 'retry'`);
      expect(wait?.seconds).toBeGreaterThan(5 * 2 ** tries - 3);
      expect(wait?.seconds).toBeLessThanOrEqual(10 * 2 ** tries);
      await hurry();
      look();
    }
    await until(() => countDead(database), 1);
    expect(done).toEqual(['a1', 'a1', 'a1', 'a1']);
    const [dead] = await readDead(database, 10);
    expect(dead).toEqual({
      id: expect.any(String),
      queue: SINK,
      key: 'a',
      data: { name: 'a1' },
      reason: 'refused',
      createdAt: expect.any(Date),
      diedAt: expect.any(Date),
    });
    // Its key is held up until the dead one has left the queue, a minute later.
    await database.query(sql`delete from jobs.job where name = ${SINK} and state = 'failed'`);
    failing.clear();
    expect(await queue.revive('0190a0a0-a0a0-7000-8000-000000000000')).toBe(0);
    expect(await queue.revive(dead?.id ?? '')).toBe(1);
    expect(await queue.revive(dead?.id ?? '')).toBe(0);
    look();
    await until(() => done.length, 5);
    expect(await countDead(database)).toBe(0);
  });

  it('sends all dead jobs back at once', async () => {
    await database.query(sql`insert into jobs.job (name, data, source_name, singleton_key, policy)
      select 'dead', jsonb_build_object('name', 'd' || i), ${SINK}, 'd' || i, 'standard' from generate_series(1, 3) as s (i)`);
    expect(await queue.revive(null)).toBe(3);
    expect(await countDead(database)).toBe(0);
    await work();
    await until(() => done.toSorted(), ['d1', 'd2', 'd3']);
  });

  it('says how much waits, how old, and how much is being done', async () => {
    await add('a1', 'b1');
    await database.query(sql`update jobs.job set created_on = now() - interval '90 s' where data->>'name' = 'a1'`);
    const depths = await readDepths(database);
    expect(depths).toEqual([
      { queue: 'events.archive', waiting: 0, active: 0, oldestSeconds: null },
      { queue: 'leaderboards.close', waiting: 0, active: 0, oldestSeconds: null },
      { queue: 'outbox.prune', waiting: 0, active: 0, oldestSeconds: null },
      { queue: SINK, waiting: 2, active: 0, oldestSeconds: expect.closeTo(90, -1) },
    ]);
  });

  it('refuses tables of another version of the library', async () => {
    await database.query(sql`update jobs.version set version = version + 1`);
    await expect(openQueue({ database, logger, works: false })).rejects.toThrow('requires migrations');
    await database.query(sql`update jobs.version set version = version - 1`);
  });
});
