import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/platform/database.ts';
import { sql } from '../../src/platform/sql.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';

describe.each(backends())('values through the %s database', (backend) => {
  let opened: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    opened = await openTestDatabase(backend, { migrated: false });
    db = opened.db;
  });
  afterAll(() => opened.dispose());

  const id = '01890f3e-7b5c-7cc1-8c3e-2b1f6a7d9e10';

  test('come out in the documented types', async () => {
    const [row] = await db.query(sql`/* test.types_out */
      select 9007199254740991::bigint as big, (-5)::int as whole, 7::smallint as small, 1.5::float8 as float, 'NaN'::float4 as nan,
        12345678901234567890.125::numeric as numeric, true as yes, null::boolean as unknown, 'text' as text, 'v'::varchar(3) as varchar,
        ${id}::uuid as uuid, '2026-02-28'::date as day, '2026-11-21T06:34:00.123+02:00'::timestamptz as time,
        '{"a":[1,null,"x"]}'::jsonb as jsonb, '[]'::json as json, '\\x00ff'::bytea as bytes, count(*) as counted
    `);
    expect(row).toEqual({
      big: Number.MAX_SAFE_INTEGER,
      whole: -5,
      small: 7,
      float: 1.5,
      nan: Number.NaN,
      numeric: '12345678901234567890.125',
      yes: true,
      unknown: null,
      text: 'text',
      varchar: 'v',
      uuid: id,
      day: '2026-02-28',
      time: new Date('2026-11-21T04:34:00.123Z'),
      jsonb: { a: [1, null, 'x'] },
      json: [],
      bytes: new Uint8Array([0, 255]),
      counted: 1,
    });
    expect(Object.getPrototypeOf((row as { bytes: Uint8Array }).bytes)).toBe(Uint8Array.prototype);
  });

  test('go in as every kind of scalar', async () => {
    const time = new Date('0001-01-01T00:00:00.001Z');
    const [row] = await db.query(sql`/* test.types_in */
      select ${1}::int as number, ${2n ** 53n - 1n}::bigint as bigint, ${0.1}::float8 as float, ${true}::boolean as yes,
        ${null}::text as nothing, ${time}::timestamptz as time, ${new Uint8Array([1, 0, 92, 255])}::bytea as bytes,
        ${'a\\"{},NULL\n\u{1F3C6}'}::text as text, ${id}::uuid as uuid, ${JSON.stringify({ q: '"' })}::jsonb as json
    `);
    expect(row).toEqual({
      number: 1,
      bigint: Number.MAX_SAFE_INTEGER,
      float: 0.1,
      yes: true,
      nothing: null,
      time,
      bytes: new Uint8Array([1, 0, 92, 255]),
      text: 'a\\"{},NULL\n\u{1F3C6}',
      uuid: id,
      json: { q: '"' },
    });
  });

  test('go in and come out as arrays of every kind, with nulls', async () => {
    const texts = ['', 'NULL', null, '{}', 'a,b', '"', '\\', ' ', '\u{1F3C6}', '(x)'];
    const times = [new Date('2026-11-21T04:34:00.123Z'), null, new Date('9999-12-31T23:59:59.999Z')];
    const bytes = [new Uint8Array([0, 34, 92]), null, new Uint8Array()];
    const [row] = await db.query(sql`/* test.arrays */
      select ${texts}::text[] as texts, ${[id, null]}::uuid[] as uuids, ${[1, null, -2n]}::bigint[] as bigints, ${[1, null]}::int[] as ints,
        ${[0.5, null]}::float8[] as floats, ${[true, null, false]}::boolean[] as booleans, ${times}::timestamptz[] as times,
        ${bytes}::bytea[] as bytes, ${['2026-01-01', null]}::date[] as days, ${['1.50', null]}::numeric[] as numerics,
        ${['{"a":"b,c"}', null, '"s"', '[1]']}::text[]::jsonb[] as jsons, ${['{"a":1}']}::jsonb[] as direct, ${[]}::text[] as empty,
        ${[[1, 2], [3, null]]}::int[] as nested, array_fill(7, array[2], array[5]) as bounds
    `);
    expect(row).toEqual({
      texts,
      uuids: [id, null],
      bigints: [1, null, -2],
      ints: [1, null],
      floats: [0.5, null],
      booleans: [true, null, false],
      times,
      bytes,
      days: ['2026-01-01', null],
      numerics: ['1.50', null],
      jsons: [{ a: 'b,c' }, null, 's', [1]],
      direct: [{ a: 1 }],
      empty: [],
      nested: [
        [1, 2],
        [3, null],
      ],
      bounds: [7, 7],
    });
  });

  test('cross in arrays of 100,000 elements', async () => {
    const numbers = Array.from({ length: 100_000 }, (_, index) => index);
    const texts = numbers.map((number) => `text "${number}"`);
    const rows = await db.query<{ number: number; text: string }>(sql`/* test.big_arrays */
      select number, text from unnest(${numbers}::bigint[], ${texts}::text[]) as t (number, text)
    `);
    expect(rows).toHaveLength(100_000);
    expect(rows.at(-1)).toEqual({ number: 99_999, text: 'text "99999"' });
    const [row] = await db.query<{ numbers: number[] }>(sql`select ${numbers}::bigint[] as numbers`);
    expect(row?.numbers).toEqual(numbers);
  });

  test('that would be stored as something else are refused before they are sent', async () => {
    const refused = [
      undefined,
      { a: 1 },
      Symbol('x'),
      new Date(Number.NaN),
      new Date('+010000-01-01'),
      [undefined],
      [{}],
    ];
    for (const value of refused) {
      await expect(db.query(sql`select ${value}::text`)).rejects.toThrow(/^A (parameter is|Date parameter)/);
    }
    expect(await db.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  });

  test('beyond what a number or a Date holds are an error, and the connection goes on', async () => {
    for (const value of ['9007199254740992', '-9007199254740992']) {
      const attempt = db.query(sql`/* test.too_big */ select ${value}::bigint`);
      await expect(attempt).rejects.toThrow(`beyond 2^53-1: ${value}`);
    }
    await expect(db.query(sql`select 'infinity'::timestamptz`)).rejects.toThrow('beyond what a Date holds: infinity');
    expect(await db.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  });

  test('of no row are no rows', async () => {
    await db.script('create table if not exists nothing (a int)');
    expect(await db.query(sql`select * from nothing`)).toEqual([]);
    expect(await db.query(sql`insert into nothing values (1)`)).toEqual([]);
    expect(await db.query(sql`delete from nothing returning a`)).toEqual([{ a: 1 }]);
  });
});
