import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/platform/clock.ts';
import type { Database } from '../../src/platform/database.ts';
import { migrateDown, migrateUp } from '../../src/platform/migrate.ts';
import { loadMigrations, type MigrationFile } from '../../src/platform/migration-files.ts';
import { checkStart, migrationStatus } from '../../src/platform/migration-status.ts';
import { openPostgres } from '../../src/platform/postgres-database.ts';
import { describeSchema, readSchemaObjects } from '../../src/platform/schema-objects.ts';
import { sql } from '../../src/platform/sql.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';

const now = new Date('2026-11-21T06:34:00.000Z');
const clock: Clock = { now: () => now.getTime() };
const known = await loadMigrations();
const firstLight = known.slice(0, 1);

/** A made-up migration after those given. */
function nextOf(before: readonly MigrationFile[], up: string, more: Partial<MigrationFile> = {}): MigrationFile[] {
  const number = before.length + 1;
  const name = `99991231235959_made_up_${number}`;
  const checksum = createHash('sha256').update(up).digest('hex');
  return [
    ...before,
    { name, number, path: `/made/${name}/migration.sql`, up, down: null, checksum, worksFrom: number, ...more },
  ];
}

interface InstallationRow {
  readonly id: string;
  readonly epoch: string;
  readonly schema: number;
  readonly works_from: number;
}

function installation(db: Database): Promise<InstallationRow[]> {
  return db.query<InstallationRow>(sql`select id, epoch, schema, works_from from installation`);
}

describe.each(backends())('migrations of the %s database', (backend) => {
  let opened: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    opened = await openTestDatabase(backend, { migrated: false });
    db = opened.db;
  });
  afterEach(() => db.script('drop schema if exists public, jobs cascade; create schema public'));
  afterAll(() => opened.dispose());

  test('go up once, and leave one installation and a clean status', async () => {
    expect(await migrationStatus(db)).toEqual({
      known: known.length,
      schema: 0,
      worksFrom: null,
      pending: known.map(({ name }) => name),
      unknown: [],
      changed: [],
      drift: [],
    });
    expect(await migrateUp(db, clock)).toEqual(known.map(({ name }) => name));
    const made = await installation(db);
    const newest = known.at(-1);
    expect(made).toEqual([
      { id: expect.any(String), epoch: expect.any(String), schema: known.length, works_from: newest?.worksFrom },
    ]);
    expect(await migrateUp(db, clock)).toEqual([]);
    expect(await installation(db)).toEqual(made);
    const status = await migrationStatus(db);
    expect(status).toEqual({
      known: known.length,
      schema: known.length,
      worksFrom: newest?.worksFrom,
      pending: [],
      unknown: [],
      changed: [],
      drift: [],
    });
    expect(checkStart(status)).toEqual([]);
  });

  test("keep Prisma's table of what was applied", async () => {
    await migrateUp(db, clock, firstLight);
    expect(await db.query(sql`select * from _prisma_migrations`)).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        checksum: firstLight[0]?.checksum,
        finished_at: now,
        migration_name: firstLight[0]?.name,
        logs: null,
        rolled_back_at: null,
        started_at: now,
        applied_steps_count: 1,
      },
    ]);
  });

  test('go up, down and up again to the same schema', async () => {
    await migrateUp(db, clock);
    const before = await describeSchema(db);
    const recorded = await readSchemaObjects(db);
    expect(recorded.length).toBeGreaterThan(100);
    expect(recorded).toEqual(before.filter(({ name }) => !name.startsWith('_prisma_migrations')));

    expect(await migrateDown(db, clock, known.length + 5)).toEqual(known.map(({ name }) => name).reverse());
    const left = await describeSchema(db);
    expect(left.filter(({ kind }) => kind === 'table').map(({ name }) => name)).toEqual(['_prisma_migrations']);
    expect(await migrationStatus(db)).toMatchObject({
      schema: 0,
      worksFrom: null,
      unknown: [],
      changed: [],
      drift: [],
    });

    expect(await migrateUp(db, clock)).toEqual(known.map(({ name }) => name));
    expect(await describeSchema(db)).toEqual(before);
    expect(await readSchemaObjects(db)).toEqual(recorded);
    const history = await db.query(sql`
      select rolled_back_at is not null as taken_back, count(*) as count from _prisma_migrations group by 1 order by 1
    `);
    expect(history).toEqual([
      { taken_back: false, count: known.length },
      { taken_back: true, count: known.length },
    ]);
  });

  test('take back the newest only, and set the numbers of the installation back', async () => {
    const two = nextOf(known, 'create table extra (a int)', { down: 'drop table extra' });
    await migrateUp(db, clock, two);
    expect(await installation(db)).toMatchObject([{ schema: two.length, works_from: two.length }]);
    const { id } = (await installation(db))[0] ?? { id: '' };
    expect(await migrateDown(db, clock, 1, two)).toEqual([two.at(-1)?.name]);
    expect(await installation(db)).toMatchObject([{ id, schema: known.length, works_from: known.at(-1)?.worksFrom }]);
    expect((await migrationStatus(db, two)).drift).toEqual([]);
    expect((await readSchemaObjects(db)).filter(({ name }) => name.startsWith('extra'))).toEqual([]);
  });

  test('refuse to go back where there is no way back', async () => {
    const two = nextOf(known, 'create table extra (a int)');
    await migrateUp(db, clock, two);
    await expect(migrateDown(db, clock, 1, two)).rejects.toThrow(/_made_up_\d+ has no down\.sql/);
    expect(await migrationStatus(db, two)).toMatchObject({ schema: two.length, pending: [] });
  });

  test('report our objects that were dropped or altered as drift, and nothing of an operator', async () => {
    await migrateUp(db, clock);
    await db.script(`
      create table of_operator (a int primary key);
      create index operator_idx on users (locale);
      alter table users add column operators_own text;
      drop index notifications_unseen_idx;
      alter table users alter column avatar set not null;
      alter table ledger drop column reason;
      alter table installation drop constraint installation_single_check;
      alter table users reset (fillfactor);
      alter table api_keys alter column name set default 'x';
      alter table events detach partition events_p03;
    `);
    const { drift } = await migrationStatus(db);
    expect(drift.map(({ kind, name, found }) => [kind, name, found])).toEqual([
      ['column', 'api_keys.name', "text not null default 'x'::text"],
      ['column', 'ledger.reason', null],
      ['column', 'users.avatar', 'text not null'],
      ['constraint', 'installation.installation_single_check', null],
      ['index', 'notifications.notifications_unseen_idx', null],
      ['table', 'events_p03', 'with (autovacuum_vacuum_scale_factor=0.02)'],
      ['table', 'users', ''],
    ]);
    expect(checkStart(await migrationStatus(db))).toContain(
      'index notifications.notifications_unseen_idx was dropped.',
    );
  });

  test('do not bless drift that was there before a later migration, nor adopt what an operator made', async () => {
    await migrateUp(db, clock);
    await db.script('create index operator_idx on users (locale); drop index users_email_key');
    const two = nextOf(known, 'alter table users alter column avatar set default $$none$$; create table extra (a int)');
    expect(await migrateUp(db, clock, two)).toEqual([two.at(-1)?.name]);
    expect((await migrationStatus(db, two)).drift.map(({ name }) => name)).toEqual(['users.users_email_key']);
    await db.script('drop index operator_idx; drop table extra; alter table users alter column avatar drop default');
    const { drift } = await migrationStatus(db, two);
    expect(drift.map(({ name }) => name)).toEqual(['extra.a', 'users.avatar', 'users.users_email_key', 'extra']);
  });

  test('warn of an edited migration, and do not build on it', async () => {
    await migrateUp(db, clock, firstLight);
    const edited = firstLight.map((migration) => ({ ...migration, checksum: '0'.repeat(64) }));
    const status = await migrationStatus(db, edited);
    expect(status.changed).toEqual([firstLight[0]?.name]);
    expect(checkStart(status)).toEqual([`Migration ${firstLight[0]?.name} was edited after it was applied.`]);
    expect(await migrateUp(db, clock, edited)).toEqual([]);
    const error = { name: 'MigrationHistoryError', message: expect.stringContaining('was edited') };
    await expect(migrateUp(db, clock, nextOf(edited, 'select 1'))).rejects.toMatchObject(error);
    await expect(migrateDown(db, clock, 1, edited)).rejects.toMatchObject(error);
  });

  test('refuse a history that is not that of the code', async () => {
    await migrateUp(db, clock, nextOf(known, 'select 1'));
    const otherwise = nextOf(known, 'select 1').map((migration, index) =>
      index === known.length ? { ...migration, name: '99991231235959_something_else' } : migration,
    );
    await expect(migrateUp(db, clock, otherwise)).rejects.toMatchObject({ name: 'MigrationHistoryError' });
    await expect(migrateDown(db, clock, 1, known)).rejects.toMatchObject({ name: 'MigrationHistoryError' });
  });

  test('refuse to go on after another tool left one unfinished', async () => {
    await migrateUp(db, clock, firstLight);
    await db.script(`update _prisma_migrations set finished_at = null`);
    await expect(migrateUp(db, clock, nextOf(firstLight, 'select 1'))).rejects.toThrow('was begun and never finished');
  });

  test('leave a newer database alone, which an older Laurel may use as long as works_from allows', async () => {
    const newer = nextOf(known, 'create table extra (a int)', { worksFrom: known.length });
    await migrateUp(db, clock, newer);
    const before = await installation(db);
    expect(await migrateUp(db, clock, known)).toEqual([]);
    expect(await installation(db)).toEqual(before);
    expect(before).toMatchObject([{ schema: newer.length, works_from: known.length }]);
    const status = await migrationStatus(db, known);
    expect(status.unknown).toEqual([newer.at(-1)?.name]);
    expect(checkStart(status)).toEqual([`The database is newer than this version by: ${newer.at(-1)?.name}.`]);
  });

  test('stop an older Laurel that the database no longer works with', async () => {
    await migrateUp(db, clock, nextOf(known, 'create table extra (a int)'));
    const status = await migrationStatus(db, known);
    expect(() => checkStart(status)).toThrow(
      `needs a Laurel that knows ${known.length + 1} migrations or more; this one knows ${known.length}`,
    );
  });

  test('stop a Laurel whose database lacks migrations', async () => {
    await migrateUp(db, clock, firstLight);
    const two = nextOf(firstLight, 'select 1');
    const status = await migrationStatus(db, two);
    expect(() => checkStart(status)).toThrow(`lacks 1 migration(s): ${two[1]?.name}`);
  });

  test('roll a failing one back as a whole, naming file, line and what the database said', async () => {
    const two = nextOf(
      known,
      'create table extra (a int);\ninsert into extra values (1);\nalter table nowhere add b int;',
    );
    await expect(migrateUp(db, clock, two)).rejects.toMatchObject({
      name: 'MigrationFailedError',
      message: expect.stringMatching(/^\/made\/\w+\/migration\.sql.*: relation "nowhere" does not exist$/),
    });
    const syntax = nextOf(known, '\n\nselct 1');
    await expect(migrateUp(db, clock, syntax)).rejects.toThrow(/migration\.sql:3: syntax error at or near "selct"$/);
    expect(await migrationStatus(db, known)).toMatchObject({
      schema: known.length,
      pending: [],
      unknown: [],
      drift: [],
    });
    expect(await db.query(sql`select to_regclass('extra') as extra`)).toEqual([{ extra: null }]);
  });
});

describe.runIf(backends().includes('postgres'))('migrations by several processes', () => {
  test('are applied once when five start together', async () => {
    await using opened = await openTestDatabase('postgres', { migrated: false });
    const url = opened.url ?? '';
    const two = nextOf(known, 'create table extra (a int)');
    const starters = await Promise.all(Array.from({ length: 5 }, () => openPostgres({ url, poolSize: 2 })));
    const results = await Promise.all(starters.map((db) => migrateUp(db, clock, two)));
    expect(results.flat().sort()).toEqual(two.map(({ name }) => name));
    expect(await installation(opened.db)).toHaveLength(1);
    expect(await opened.db.query(sql`select count(*) as count from _prisma_migrations`)).toEqual([
      { count: two.length },
    ]);
    expect(await migrationStatus(opened.db, two)).toMatchObject({ schema: two.length, pending: [], drift: [] });
    await Promise.all(starters.map((db) => db.close()));
  });
});
