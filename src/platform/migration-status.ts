import type { Queryable } from './database.ts';
import { MigrationHistoryError, SchemaTooNewError, SchemaTooOldError } from './migration-errors.ts';
import { loadMigrations, type MigrationFile } from './migration-files.ts';
import { type Drift, describeSchema, findDrift, readSchemaObjects } from './schema-objects.ts';
import { sql } from './sql.ts';

/** A row of `_prisma_migrations` that counts: applied and not taken back. */
export interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
  /** False for one that another tool started and never finished. */
  readonly finished: boolean;
}

/** How the database stands to the migrations of this code. */
export interface MigrationStatus {
  /** How many migrations this code knows. */
  readonly known: number;
  /** How many the database has. */
  readonly schema: number;
  /** The oldest code, by the number of migrations it knows, that works with this database; null before the first migration. */
  readonly worksFrom: number | null;
  /** Known and not applied. */
  readonly pending: readonly string[];
  /** Applied and not known. */
  readonly unknown: readonly string[];
  /** Applied with other contents than the file has now. */
  readonly changed: readonly string[];
  /** Objects of our migrations that are missing or altered. */
  readonly drift: readonly Drift[];
}

/** Reads how the database stands; changes nothing and takes no lock. */
export async function migrationStatus(db: Queryable, migrations?: readonly MigrationFile[]): Promise<MigrationStatus> {
  const known = migrations ?? (await loadMigrations());
  const tables = await presentTables(db);
  const applied = tables.migrations ? await readApplied(db) : [];
  const installation = tables.installation ? await readInstallation(db) : undefined;
  const names = new Set(known.map(({ name }) => name));
  return {
    known: known.length,
    schema: applied.length,
    worksFrom: installation?.worksFrom ?? null,
    pending: known.filter(({ name }) => !applied.some((row) => row.name === name)).map(({ name }) => name),
    unknown: applied.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    changed: changedIn(applied, known),
    drift: tables.objects ? findDrift(await readSchemaObjects(db), await describeSchema(db)) : [],
  };
}

/**
 * The rule of starting: code starts when the database's `works_from` is not beyond it and nothing it needs is missing.
 * Answers sentences to warn with: a newer schema, edited migrations, drift.
 * @throws {SchemaTooNewError} {SchemaTooOldError}
 */
export function checkStart(status: MigrationStatus): string[] {
  if (status.worksFrom !== null && status.worksFrom > status.known)
    throw new SchemaTooNewError(status.known, status.worksFrom);
  if (status.pending.length > 0) throw new SchemaTooOldError(status.pending);
  const newer =
    status.unknown.length > 0 ? [`The database is newer than this version by: ${status.unknown.join(', ')}.`] : [];
  const changed = status.changed.map((name) => `Migration ${name} was edited after it was applied.`);
  const drift = status.drift.map(
    ({ kind, name, found }) => `${kind} ${name} was ${found === null ? 'dropped' : 'altered'}.`,
  );
  return [...newer, ...changed, ...drift];
}

/** What counts as applied, oldest first. */
export async function readApplied(db: Queryable): Promise<AppliedMigration[]> {
  return db.query<AppliedMigration>(sql`/* platform.read_migrations */
    select migration_name as name, checksum, finished_at is not null as finished
    from _prisma_migrations where rolled_back_at is null order by migration_name collate "C"
  `);
}

/**
 * The applied migrations must be the first of the known ones, or the known ones the first of the applied.
 * @throws {MigrationHistoryError}
 */
export function checkHistory(applied: readonly AppliedMigration[], known: readonly MigrationFile[]): void {
  const unfinished = applied.find(({ finished }) => !finished);
  if (unfinished !== undefined)
    throw new MigrationHistoryError(`Migration ${unfinished.name} was begun and never finished.`);
  for (const [index, { name }] of applied.entries()) {
    const expected = known[index];
    if (expected !== undefined && expected.name !== name) {
      throw new MigrationHistoryError(`The database has ${name} where this version has ${expected.name}.`);
    }
  }
}

/** Nothing is built on, or taken back from, a migration that was edited since. @throws {MigrationHistoryError} */
export function checkUnedited(applied: readonly AppliedMigration[], known: readonly MigrationFile[]): void {
  const [changed] = changedIn(applied, known);
  if (changed !== undefined) throw new MigrationHistoryError(`Migration ${changed} was edited after it was applied.`);
}

function changedIn(applied: readonly AppliedMigration[], known: readonly MigrationFile[]): string[] {
  const checksums = new Map(known.map(({ name, checksum }) => [name, checksum]));
  return applied.filter(({ name, checksum }) => (checksums.get(name) ?? checksum) !== checksum).map(({ name }) => name);
}

async function presentTables(db: Queryable): Promise<{ migrations: boolean; installation: boolean; objects: boolean }> {
  const [row] = await db.query<{
    migrations: boolean;
    installation: boolean;
    objects: boolean;
  }>(sql`/* platform.tables */
    select to_regclass('_prisma_migrations') is not null as migrations, to_regclass('installation') is not null as installation,
      to_regclass('schema_objects') is not null as objects
  `);
  return row ?? { migrations: false, installation: false, objects: false };
}

async function readInstallation(db: Queryable): Promise<{ worksFrom: number } | undefined> {
  const [row] = await db.query<{ worksFrom: number }>(sql`/* platform.read_installation */
    select works_from as "worksFrom" from installation
  `);
  return row;
}
