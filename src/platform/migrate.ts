import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { Database, Queryable, Transaction } from './database.ts';
import { MigrationFailedError, MigrationHistoryError, NoWayBackError } from './migration-errors.ts';
import { loadMigrations, type MigrationFile } from './migration-files.ts';
import { type AppliedMigration, checkHistory, checkUnedited, readApplied } from './migration-status.ts';
import { describeSchema, recordChange } from './schema-objects.ts';
import { sql } from './sql.ts';

/**
 * First half of the advisory locks of the platform, as two 32-bit numbers; a feature takes another. The second half names the
 * purpose.
 */
const PLATFORM_LOCKS = 1_279_350_354;
const MIGRATIONS_LOCK = 1;

/**
 * Brings the database to the newest schema this code knows and answers the names of what it applied. Each migration runs in one
 * transaction with its bookkeeping, under a lock that ends with it: several processes may call this at once.
 * A database with migrations beyond those of the code is left alone.
 * @throws {MigrationHistoryError} when one is missing in the middle, or there is one to apply and an applied one was edited.
 * @throws {MigrationFailedError} naming file, line and what the database said; that migration is rolled back, earlier ones stay.
 */
export async function migrateUp(db: Database, clock: Clock, migrations?: readonly MigrationFile[]): Promise<string[]> {
  const known = migrations ?? (await loadMigrations());
  const applied: string[] = [];
  for (;;) {
    const name = await db.transaction((transaction) => applyNext(transaction, clock, known));
    if (name === null) return applied;
    applied.push(name);
  }
}

/**
 * Takes back the newest `steps` migrations, newest first, by their down.sql, and answers their names. What only those tables held
 * is lost.
 * @throws {NoWayBackError} when one has no down.sql; steps before it stay taken back.
 */
export async function migrateDown(
  db: Database,
  clock: Clock,
  steps: number,
  migrations?: readonly MigrationFile[],
): Promise<string[]> {
  const known = migrations ?? (await loadMigrations());
  const reverted: string[] = [];
  for (let step = 0; step < steps; step += 1) {
    const name = await db.transaction((transaction) => revertLast(transaction, clock, known));
    if (name === null) break;
    reverted.push(name);
  }
  return reverted;
}

async function applyNext(
  transaction: Transaction,
  clock: Clock,
  known: readonly MigrationFile[],
): Promise<string | null> {
  const applied = await begin(transaction);
  checkHistory(applied, known);
  if (applied.length > known.length) return null;
  const next = known[applied.length];
  if (next === undefined) {
    await ensureInstallation(transaction, clock, known);
    return null;
  }
  checkUnedited(applied, known);
  const startedAt = new Date(clock.now());
  const before = await describeSchema(transaction);
  await runFile(transaction, next.path, next.up);
  await transaction.query(sql`/* platform.record_migration */
    insert into _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
    values (${randomUUID()}, ${next.checksum}, ${next.name}, ${startedAt}::timestamptz, ${new Date(clock.now())}::timestamptz, 1)
  `);
  await ensureInstallation(transaction, clock, known.slice(0, next.number));
  await recordChange(transaction, before, await describeSchema(transaction));
  return next.name;
}

async function revertLast(
  transaction: Transaction,
  clock: Clock,
  known: readonly MigrationFile[],
): Promise<string | null> {
  const applied = await begin(transaction);
  checkHistory(applied, known);
  checkUnedited(applied, known);
  const last = known[applied.length - 1];
  if (applied.length === 0) return null;
  if (last === undefined || applied.length > known.length) {
    throw new MigrationHistoryError(
      'The newest migration of the database is unknown here; go back with the version that made it.',
    );
  }
  if (last.down === null) throw new NoWayBackError(last);
  const before = await describeSchema(transaction);
  await runFile(transaction, last.path.replace(/migration\.sql$/, 'down.sql'), last.down);
  await transaction.query(sql`/* platform.record_way_back */
    update _prisma_migrations set rolled_back_at = ${new Date(clock.now())}::timestamptz
    where migration_name = ${last.name} and rolled_back_at is null
  `);
  if (await hasInstallation(transaction)) {
    await ensureInstallation(transaction, clock, known.slice(0, last.number - 1));
    await recordChange(transaction, before, await describeSchema(transaction));
  }
  return last.name;
}

/** Takes the lock first and reads in statements after it, so that it sees what the previous holder did. */
async function begin(transaction: Transaction): Promise<AppliedMigration[]> {
  await transaction.query(sql`/* platform.lock_migrations */
    select pg_advisory_xact_lock(${PLATFORM_LOCKS}::int, ${MIGRATIONS_LOCK}::int)
  `);
  // Prisma's own table, column by column.
  await transaction.script(`
    create table if not exists _prisma_migrations (
      id                  varchar(36)  not null primary key,
      checksum            varchar(64)  not null,
      finished_at         timestamptz,
      migration_name      varchar(255) not null,
      logs                text,
      rolled_back_at      timestamptz,
      started_at          timestamptz  not null default now(),
      applied_steps_count integer      not null default 0
    )`);
  return readApplied(transaction);
}

async function runFile(transaction: Transaction, path: string, text: string): Promise<void> {
  try {
    await transaction.script(text);
  } catch (error) {
    throw new MigrationFailedError(path, text, error);
  }
}

async function hasInstallation(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ present: boolean }>(sql`/* platform.has_installation */
    select to_regclass('installation') is not null as present
  `);
  return row?.present ?? false;
}

/** Creates the one row of the installation, or brings its numbers up to the migrations applied. */
async function ensureInstallation(
  transaction: Transaction,
  clock: Clock,
  applied: readonly MigrationFile[],
): Promise<void> {
  const newest = applied.at(-1);
  if (newest === undefined) return;
  await transaction.query(sql`/* platform.ensure_installation */
    insert into installation (id, epoch, schema, works_from, created_at)
    values (${randomUUID()}::uuid, ${randomUUID()}::uuid, ${newest.number}::int, ${newest.worksFrom}::int,
      ${new Date(clock.now())}::timestamptz)
    on conflict (single) do update set schema = excluded.schema, works_from = excluded.works_from
    where (installation.schema, installation.works_from) <> (excluded.schema, excluded.works_from)
  `);
}
