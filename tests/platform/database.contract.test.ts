import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/platform/database.ts';
import { sqlState } from '../../src/platform/database-errors.ts';
import { createIds } from '../../src/platform/ids.ts';
import { sql } from '../../src/platform/sql.ts';
import { backends, emptyTables, openTestDatabase, type TestDatabase } from '../support/databases.ts';

const now = new Date('2026-11-21T06:34:00.123Z');

function user(username: string) {
  return { id: createIds().next(), username, displayName: username, createdAt: now, updatedAt: now, catalogVersion: 1 };
}

const countNotes = sql`/* test.count_notes */ select count(*) as count from notes`;

describe.each(backends())('the %s database', (backend) => {
  let opened: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    opened = await openTestDatabase(backend);
    db = opened.db;
    await db.script('create table notes (note text primary key)');
  });
  afterEach(async () => {
    expect(db.busy()).toBe(0);
    await emptyTables(db);
  });
  afterAll(() => opened.dispose());

  test('commits what a transaction resolves to', async () => {
    const answer = await db.transaction(async (transaction) => {
      await transaction.query(sql`insert into notes values (${'kept'})`);
      return 'done';
    });
    expect(answer).toBe('done');
    expect(await db.query(sql`select note from notes`)).toEqual([{ note: 'kept' }]);
  });

  test('rolls back and rethrows what a transaction throws', async () => {
    const refusal = new Error('no');
    const attempt = db.transaction(async (transaction) => {
      await transaction.query(sql`insert into notes values ('lost')`);
      throw refusal;
    });
    await expect(attempt).rejects.toBe(refusal);
    expect(await db.query(countNotes)).toEqual([{ count: 0 }]);
  });

  test('rolls back a transaction whose statement fails, with the error of the server', async () => {
    const attempt = db.transaction(async (transaction) => {
      await transaction.query(sql`insert into notes values ('twice')`);
      await transaction.query(sql`insert into notes values ('twice')`);
    });
    await expect(attempt).rejects.toMatchObject({ code: '23505', constraint: 'notes_pkey', table: 'notes' });
    expect(await db.query(countNotes)).toEqual([{ count: 0 }]);
  });

  test('does not pass a swallowed failure off as a commit', async () => {
    const attempt = db.transaction(async (transaction) => {
      await transaction.query(sql`insert into notes values ('lost')`);
      await transaction.query(sql`select 1 / 0`).catch(() => undefined);
      return 'fine';
    });
    await expect(attempt).rejects.toMatchObject({ name: 'TransactionAbortedError', code: '25P02' });
    expect(await db.query(countNotes)).toEqual([{ count: 0 }]);
  });

  test('runs transactions at READ COMMITTED', async () => {
    const level = await db.transaction((transaction) => transaction.query(sql`show transaction_isolation`));
    expect(level).toEqual([{ transaction_isolation: 'read committed' }]);
  });

  test('shows nothing of an open transaction to a statement outside', async () => {
    const order: string[] = [];
    let outside: Promise<{ count: number }[]> | undefined;
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const inside = db.transaction(async (transaction) => {
      await transaction.query(sql`insert into notes values ('pending')`);
      start();
      await asked;
      if (backend === 'postgres') expect(await outside).toEqual([{ count: 0 }]);
      await transaction.query(sql`insert into notes values ('pending too')`);
      order.push('committing');
    });
    await started;
    outside = db.query<{ count: number }>(countNotes).finally(() => order.push('answered'));
    ask();
    await inside;
    const count = await outside;
    // One connection: the statement waited for the end. Several: it was answered from before.
    expect({ count, order }).toEqual(
      backend === 'embedded'
        ? { count: [{ count: 2 }], order: ['committing', 'answered'] }
        : { count: [{ count: 0 }], order: ['answered', 'committing'] },
    );
  });

  test('refuses the database and Prisma inside an open transaction instead of waiting for ever', async () => {
    const calls: (() => Promise<unknown>)[] = [
      () => db.query(countNotes),
      () => db.script('select 1'),
      () => db.transaction(async () => undefined),
      () => db.prisma.user.count(),
      () => db.prisma.$transaction([db.prisma.user.count()]),
    ];
    for (const call of calls) {
      const attempt = db.transaction(async () => {
        await call();
      });
      await expect(attempt).rejects.toThrow('called from inside an open transaction');
    }
    expect(await db.prisma.user.count()).toBe(0);
  });

  test('refuses a statement that comes after the transaction', async () => {
    const late = await db.transaction(async (transaction) => () => transaction.query(countNotes));
    await expect(late()).rejects.toThrow('The transaction is over');
  });

  test('serves statements sent together, inside a transaction and outside', async () => {
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    const ask = (queryable: Pick<Database, 'query'>) =>
      Promise.all(numbers.map((number) => queryable.query(sql`/* test.together */ select ${number}::int as number`)));
    const expected = numbers.map((number) => [{ number }]);
    // Inside first: there all of them wait for one connection, which does not have the statement prepared yet.
    expect(await db.transaction(ask)).toEqual(expected);
    expect(await ask(db)).toEqual(expected);
  });

  test('prepares a named statement once a connection, and never two texts under one name', async () => {
    await db.transaction(async (transaction) => {
      for (const value of [1, 2, 3]) await transaction.query(sql`/* test.prepared */ select ${value}::int as v`);
      await transaction.query(sql`/* test.prepared */ select ${1}::int as another`);
      await transaction.query(sql`select ${1}::int as unnamed`);
      const prepared = await transaction.query<{ name: string; statement: string }>(sql`
        select name, statement from pg_prepared_statements where statement like '%test.prepared%as%' order by statement
      `);
      expect(prepared.map(({ statement }) => statement)).toEqual([
        '/* test.prepared */ select $1::int as another',
        '/* test.prepared */ select $1::int as v',
      ]);
      for (const { name } of prepared) expect(name).toMatch(/^test\.prepared:[\w-]{12}$/);
    });
  });

  test('recovers a prepared statement whose table was altered', async () => {
    const all = sql`/* test.all_of_changing */ select * from changing`;
    await db.script('create table changing (a int)');
    expect(await db.query(all)).toEqual([]);
    await db.script('alter table changing add b int; insert into changing values (1, 2)');
    await db.query(all).catch((error: unknown) => expect(sqlState(error)).toBe('0A000'));
    expect(await db.query(all)).toEqual([{ a: 1, b: 2 }]);
    await db.script('drop table changing');
  });

  test('keeps a named statement that failed, and one that could not be parsed, usable', async () => {
    const divide = (by: number) => sql`/* test.divide */ select 6 / ${by}::int as sixth`;
    const missing = sql`/* test.missing */ select * from not_there_yet`;
    await expect(db.query(divide(0))).rejects.toMatchObject({ code: '22012' });
    expect(await db.query(divide(2))).toEqual([{ sixth: 3 }]);
    await expect(db.query(missing)).rejects.toMatchObject({ code: '42P01' });
    await db.script('create table not_there_yet (a int)');
    expect(await db.query(missing)).toEqual([]);
    await db.script('drop table not_there_yet');
  });

  test('runs a script of several statements, and tells where one fails', async () => {
    await db.script(`insert into notes values ('one;'); -- ; no end
      insert into notes select $$two;$$`);
    expect(await db.query(countNotes)).toEqual([{ count: 2 }]);
    await expect(db.script('select 1; selct 2')).rejects.toMatchObject({ code: '42601', position: '11' });
    expect(await db.query(countNotes)).toEqual([{ count: 2 }]);
  });

  test('runs a script inside a transaction, and takes it back with it', async () => {
    const attempt = db.transaction(async (transaction) => {
      await transaction.script(`insert into notes values ('a'); create table made_inside (a int);`);
      throw new Error('no');
    });
    await expect(attempt).rejects.toThrow('no');
    expect(await db.query(sql`select to_regclass('made_inside') as made, count(*) as count from notes`)).toEqual([
      { made: null, count: 0 },
    ]);
  });

  test('counts what is checked out', async () => {
    expect(db.busy()).toBe(0);
    await db.transaction(async () => expect(db.busy()).toBe(1));
    await expect(db.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(db.busy()).toBe(0);
  });

  test('gives Prisma and named SQL the same values', async () => {
    const ada = { ...user('Ada'), score: 9007199254740991n, attributes: { a: [1] }, lastActivityAt: now };
    await db.prisma.user.create({ data: ada });
    const [row] = await db.query(
      sql`select score, created_at, attributes, last_activity_at from users where id = ${ada.id}::uuid`,
    );
    expect(row).toEqual({
      score: Number.MAX_SAFE_INTEGER,
      created_at: now,
      attributes: { a: [1] },
      last_activity_at: now,
    });
    expect(await db.prisma.user.findUniqueOrThrow({ where: { id: ada.id } })).toMatchObject(ada);
  });

  test('lets Prisma tell a duplicate', async () => {
    const ada = user('Ada');
    await db.prisma.user.create({ data: ada });
    await expect(db.prisma.user.create({ data: ada })).rejects.toMatchObject({ code: 'P2002' });
    expect(await db.prisma.user.count()).toBe(1);
  });

  test('lets Prisma commit and roll back its own transactions', async () => {
    await db.prisma.$transaction([
      db.prisma.user.create({ data: user('Ada') }),
      db.prisma.user.create({ data: user('Bob') }),
    ]);
    const attempt = db.prisma.$transaction(async (transaction) => {
      await transaction.user.create({ data: user('Cleo') });
      throw new Error('no');
    });
    await expect(attempt).rejects.toThrow('no');
    expect(await db.query(sql`select username from users order by username`)).toEqual([
      { username: 'Ada' },
      { username: 'Bob' },
    ]);
  });

  test('waits for what runs before it closes', async () => {
    await using other = await openTestDatabase(backend);
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const running = other.db.transaction(async (transaction) => {
      start();
      await transaction.query(sql`select 1`);
      return transaction.query(sql`select 2 as two`);
    });
    await started;
    const closed = other.db.close();
    expect(await running).toEqual([{ two: 2 }]);
    await closed;
    await expect(other.db.query(sql`select 1`)).rejects.toThrow();
  });
});
