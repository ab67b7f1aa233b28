import type { Rename, VersionRenames } from '../../engine/renames.ts';
import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { CatalogFiles } from './parse.ts';

/** Names the advisory lock between ingest (shared) and a flip (exclusive). Arbitrary, this installation's database only. */
const FLIP_LOCK = 7_150_001;

/** A row of catalog_versions. */
export interface CatalogRow {
  readonly version: number;
  readonly checksum: string;
  readonly source: CatalogFiles;
  readonly appliedAt: Date;
  readonly appliedBy: string;
  readonly note: string | null;
  /** Achievements that holders lose where they would not earn them by this version's rule. */
  readonly revokes: readonly string[];
  /** Achievements whose holders it brings to other keys. */
  readonly renames: readonly Rename[];
}

/** Holds the flip off until the transaction ends. Reads nothing: see liveVersion. */
export async function lockShared(transaction: Transaction): Promise<void> {
  await transaction.query(
    sql`/* catalog.lock_shared */ select pg_advisory_xact_lock_shared(${FLIP_LOCK}::bigint)::text`,
  );
}

/** Waits for all that ingest does now, and holds it off until the transaction ends. */
export async function lockExclusive(transaction: Transaction): Promise<void> {
  await transaction.query(sql`/* catalog.lock_exclusive */ select pg_advisory_xact_lock(${FLIP_LOCK}::bigint)::text`);
}

/** The live version; null in a database without a catalog. */
export async function readLiveVersion(on: Queryable): Promise<number | null> {
  const rows = await on.query<{ liveVersion: number | null }>(sql`/* catalog.live_version */
    select live_version as "liveVersion" from installation`);
  return rows[0]?.liveVersion ?? null;
}

/** The live catalog's row; null in a database without one. */
export async function readLive(on: Queryable): Promise<CatalogRow | null> {
  const rows = await on.query<CatalogRow>(sql`/* catalog.live */
    select v.version, v.checksum, v.source, v.applied_at as "appliedAt", v.applied_by as "appliedBy", v.note, v.revokes, v.renames
    from catalog_versions v join installation i on i.live_version = v.version`);
  return rows[0] ?? null;
}

/** Adds a version and makes it live. Under lockExclusive. */
export async function insertLive(transaction: Transaction, row: CatalogRow): Promise<void> {
  await transaction.query(sql`/* catalog.insert */
    insert into catalog_versions (version, checksum, source, applied_at, applied_by, note, revokes, renames)
    values (${row.version}::int, ${row.checksum}, ${JSON.stringify(row.source)}::jsonb, ${row.appliedAt}::timestamptz,
      ${row.appliedBy}, ${row.note}, ${row.revokes}::text[], ${JSON.stringify(row.renames)}::jsonb)`);
  await transaction.query(sql`/* catalog.set_live */ update installation set live_version = ${row.version}::int`);
}

/** One version of the past. */
export async function readVersion(on: Queryable, version: number): Promise<CatalogRow | null> {
  const rows = await on.query<CatalogRow>(sql`/* catalog.version */
    select version, checksum, source, applied_at as "appliedAt", applied_by as "appliedBy", note, revokes, renames
    from catalog_versions where version = ${version}::int`);
  return rows[0] ?? null;
}

/** The versions after one and up to another that take achievements away, in order. */
export async function readRevoking(on: Queryable, after: number, upTo: number): Promise<CatalogRow[]> {
  return on.query<CatalogRow>(sql`/* catalog.revoking */
    select version, checksum, source, applied_at as "appliedAt", applied_by as "appliedBy", note, revokes, renames
    from catalog_versions where version > ${after}::int and version <= ${upTo}::int and revokes <> '{}'
    order by version`);
}

/** The versions that rename achievements, in order. */
export async function readRenames(on: Queryable): Promise<VersionRenames[]> {
  return on.query<VersionRenames>(sql`/* catalog.renames */
    select version, renames from catalog_versions where renames <> '[]' order by version`);
}
