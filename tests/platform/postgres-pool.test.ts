import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/platform/database.ts';
import { isConnectionLost, isRetryable, sqlState } from '../../src/platform/database-errors.ts';
import { createIds } from '../../src/platform/ids.ts';
import { openPostgres } from '../../src/platform/postgres-database.ts';
import { sql } from '../../src/platform/sql.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';

const now = new Date('2026-11-21T06:34:00.123Z');

function user(username: string) {
  return { id: createIds().next(), username, displayName: username, createdAt: now, updatedAt: now, catalogVersion: 1 };
}

const countNotes = sql`/* test.count_notes */ select count(*) as count from notes`;

describe.runIf(backends().includes('postgres'))('a pool of connections', () => {
  let opened: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    opened = await openTestDatabase('postgres', { poolSize: 1 });
    db = opened.db;
    await db.script('create table notes (note text primary key)');
  });
  afterAll(() => opened.dispose());

  const backendPid = sql`select pg_backend_pid() as pid`;

  /** Ends connections of this database from another one, as a restart of the server or an operator would. */
  async function terminate(pid: number): Promise<void> {
    await using admin = await openTestDatabase('postgres', { migrated: false });
    await admin.db.query(sql`select pg_terminate_backend(${pid}::int, 5000)`);
  }

  async function pidOf(queryable: Pick<Database, 'query'>): Promise<number> {
    const [row] = await queryable.query<{ pid: number }>(backendPid);
    return row?.pid ?? 0;
  }

  test('keeps a connection whose statement was refused, also one of Prisma', async () => {
    const pid = await pidOf(db);
    await expect(db.query(sql`select 1 / 0`)).rejects.toMatchObject({ code: '22012' });
    const ada = user('Ada');
    await db.prisma.user.create({ data: ada });
    await expect(db.prisma.user.create({ data: ada })).rejects.toMatchObject({ code: 'P2002' });
    await expect(db.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await pidOf(db)).toBe(pid);
  });

  test('survives a connection that is cut while idle', async () => {
    const pid = await pidOf(db);
    await terminate(pid);
    // The news may arrive with the next use; the one after that has a fresh connection.
    await db.query(backendPid).catch((error: unknown) => expect(isConnectionLost(error)).toBe(true));
    expect(await pidOf(db)).not.toBe(pid);
    expect(db.busy()).toBe(0);
  });

  test('survives a connection that is cut inside a transaction', async () => {
    const attempt = db.transaction(async (transaction) => {
      await transaction.query(sql`insert into notes values ('lost')`);
      await terminate(await pidOf(transaction));
      await transaction.query(sql`select 1`);
    });
    const error = await attempt.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isConnectionLost(error)).toBe(true);
    expect(await db.query(countNotes)).toEqual([{ count: 0 }]);
    expect(db.busy()).toBe(0);
  });

  test('reads times right in a database whose zone and date style are its own', async () => {
    await using other = await openTestDatabase('postgres');
    const name = new URL(other.url ?? '').pathname.slice(1);
    await other.db.script(
      `alter database ${name} set timezone = 'Asia/Tokyo'; alter database ${name} set datestyle = 'German'`,
    );
    const fresh = await openPostgres({ url: other.url ?? '', poolSize: 2 });
    const [shown] = await fresh.query(
      sql`select '2026-11-21T06:34:00.123Z'::timestamptz as time, '2026-02-01'::date as day`,
    );
    expect(shown).toEqual({ time: now, day: '2026-02-01' });
    const ada = user('Ada');
    await fresh.prisma.user.create({ data: ada });
    expect(await fresh.prisma.user.findUniqueOrThrow({ where: { id: ada.id } })).toMatchObject({ createdAt: now });
    await fresh.close();
  });

  test('answers an unreachable server with an error that says so, and leaves nothing open', async () => {
    const error = await openPostgres({ url: 'postgres://nobody@127.0.0.1:1/none', poolSize: 1 }).catch(
      (reason: unknown) => reason,
    );
    expect(isConnectionLost(error)).toBe(true);
  });

  test('tells a deadlock as worth another try', async () => {
    await using two = await openTestDatabase('postgres', { poolSize: 2 });
    await two.db.script(`create table pairs (id int primary key, n int); insert into pairs values (1, 0), (2, 0)`);
    const { promise: firstHolds, resolve: firstHeld } = Promise.withResolvers<void>();
    const { promise: secondHolds, resolve: secondHeld } = Promise.withResolvers<void>();
    const cross = (own: number, other: number, held: () => void, others: Promise<void>) =>
      two.db.transaction(async (transaction) => {
        await transaction.query(sql`update pairs set n = n + 1 where id = ${own}::int`);
        held();
        await others;
        await transaction.query(sql`update pairs set n = n + 1 where id = ${other}::int`);
      });
    const results = await Promise.allSettled([
      cross(1, 2, firstHeld, secondHolds),
      cross(2, 1, secondHeld, firstHolds),
    ]);
    const failures = results.filter((result) => result.status === 'rejected');
    expect(failures.map(({ reason }) => [sqlState(reason), isRetryable(reason)])).toEqual([['40P01', true]]);
  });
});
