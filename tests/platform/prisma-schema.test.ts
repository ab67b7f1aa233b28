import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { getDatamodel } from '../../src/generated/pothos.ts';
import { sql } from '../../src/platform/sql.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { type PrismaTable, readPrismaModels } from './fixtures/prisma-models.ts';

// prisma/schema.prisma describes what prisma/migrations make; both are written by hand.

let opened: TestDatabase;
let models: PrismaTable[];

beforeAll(async () => {
  opened = await openTestDatabase(backends().at(-1) ?? 'embedded');
  models = readPrismaModels(await readFile(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8'));
});
afterAll(() => opened.dispose());

test('the Prisma schema has the tables, columns, types, nulls and defaults of the migrations', async () => {
  const rows = await opened.db.query<{
    table: string;
    name: string;
    type: string;
    nullable: boolean;
    hasDefault: boolean;
  }>(sql`
    select c.relname::text as "table", a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type,
      not a.attnotnull as nullable, a.atthasdef as "hasDefault"
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> '_prisma_migrations'
  `);
  const expected = models.flatMap(({ name: table, columns }) => columns.map((column) => ({ table, ...column })));
  expect(sorted(expected)).toEqual(sorted(rows));
});

test('the Prisma schema has the primary keys of the migrations', async () => {
  const rows = await opened.db.query(sql`
    select i.indrelid::regclass::text as name,
      array(select a.attname::text from unnest(i.indkey) with ordinality as k (attnum, place)
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum order by k.place) as key
    from pg_index i join pg_class c on c.oid = i.indrelid
    where i.indisprimary and c.relnamespace = 'public'::regnamespace and not c.relispartition and c.relname <> '_prisma_migrations'
  `);
  expect(sorted(models.map(({ name, key }) => ({ name, key })))).toEqual(sorted(rows));
});

test('every index that the Prisma schema names is one of the migrations', async () => {
  const rows = await opened.db.query<{ name: string; table: string; unique: boolean; columns: string[] }>(sql`
    select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as "table", i.indisunique as unique,
      array(select a.attname::text from unnest(i.indkey) with ordinality as k (attnum, place)
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum order by k.place) as columns
    from pg_index i
  `);
  const described = models.flatMap(({ name: table, indexes }) =>
    [...indexes].map(([name, index]) => ({ name, table, ...index })),
  );
  const made = rows.filter(({ name }) => described.some((index) => index.name === name));
  expect(described.length).toBeGreaterThan(0);
  expect(sorted(described)).toEqual(sorted(made));
});

test('the comparison reads every model and field that Pothos knows', () => {
  const { models: known } = getDatamodel().datamodel;
  const fields = Object.values(known).map(({ fields: all }) => all.filter(({ kind }) => kind === 'scalar').length);
  expect(models.map(({ columns }) => columns.length).sort()).toEqual(fields.sort());
});

function sorted(rows: readonly object[]): string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
}
