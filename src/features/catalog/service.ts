import { createHash } from 'node:crypto';
import type { Catalog } from '../../engine/catalog.ts';
import { compileCatalog } from '../../engine/compile.ts';
import { formatFault } from '../../engine/format-fault.ts';
import { inKeysAfter, type Rename, renamesOf, type VersionRenames } from '../../engine/renames.ts';
import { revocableChanges } from '../../engine/rule-changes.ts';
import type { Fault } from '../../engine/source.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Queryable, Transaction } from '../../platform/database.ts';
import { createIds } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { type AuditAction, type AuditParts, type Author, START, writeAudit } from '../audit/service.ts';
import { type CatalogFiles, parseCatalog } from './parse.ts';
import {
  type CatalogRow,
  insertLive,
  lockExclusive,
  lockShared,
  readLive,
  readLiveVersion,
  readRenames,
  readRevoking,
  readVersion,
} from './store.ts';

/** A catalog that is (or was) live, compiled. */
export interface LiveCatalog {
  readonly version: number;
  readonly checksum: string;
  readonly appliedAt: Date;
  readonly appliedBy: string;
  readonly note: string | null;
  /** Achievements that holders lose where they would not earn them by this version's rule. */
  readonly revokes: readonly string[];
  readonly catalog: Catalog;
  /** What every version up to this one renames, in order; of an older one that was read for itself, nothing. */
  readonly renames: readonly VersionRenames[];
}

/** Use cases of the catalog. */
export interface CatalogService {
  /** Where this installation says it runs: development, production, ... */
  readonly environment: string;
  /** The version this process holds. */
  live(): LiveCatalog;
  /** Takes the shared lock that a flip waits for, for the rest of the transaction. */
  share(transaction: Transaction): Promise<void>;
  /** The version that is live in the database. After `share`, in a statement of its own. */
  liveVersion(transaction: Transaction): Promise<number>;
  /** Loads what is live now. */
  reload(): Promise<LiveCatalog>;
  /** The source of the live version, or of an older one; null where there is none. */
  sourceOf(version: number | null): Promise<CatalogFiles | null>;
  /** The versions after one and up to another that take achievements from holders who would not earn them, in order. */
  revoking(on: Queryable, after: number, upTo: number): Promise<readonly LiveCatalog[]>;
  /**
   * Makes a catalog the next version and live, whatever ingest does meanwhile. The same source again changes nothing.
   * Throws CatalogFaultsError, and VersionMovedError when another version is live than the caller expects.
   */
  flip(input: FlipInput): Promise<LiveCatalog>;
}

/** A catalog to make live. */
export interface FlipInput {
  readonly files: CatalogFiles;
  /** Null: whatever is live. */
  readonly expectedVersion: number | null;
  readonly author: Author;
  /** How it is written down. */
  readonly action: AuditAction & `CATALOG_${string}`;
  readonly note: string | null;
  /** Achievements with another rule and `onChange: revoke` are taken from holders who would not earn them now. */
  readonly allowRevoke: boolean;
}

/** Another version is live than was expected. */
export class VersionMovedError extends Error {
  readonly liveVersion: number;

  constructor(liveVersion: number) {
    super(`Version ${liveVersion} is live: plan again.`);
    this.name = 'VersionMovedError';
    this.liveVersion = liveVersion;
  }
}

/** What the use cases stand on. */
export interface CatalogParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly environment: string;
  /** Reads the files of LAUREL_CATALOG. */
  readonly readFiles: () => Promise<CatalogFiles>;
  /** A changed file becomes the next version at start (development). */
  readonly follow: boolean;
}

/** A catalog does not compile; the message lists every fault with file, line and column. */
export class CatalogFaultsError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[], files: CatalogFiles) {
    const listed = faults.map((fault) => formatFault(fault, files.files[fault.file]));
    super(`The catalog has ${faults.length} fault(s):\n\n${listed.join('\n\n')}`);
    this.name = 'CatalogFaultsError';
    this.faults = faults;
  }
}

/**
 * Compiles a catalog that is in memory.
 * @throws CatalogFaultsError listing every fault
 */
export function compileFiles(files: CatalogFiles): Catalog {
  const parsed = parseCatalog(files);
  if (!parsed.ok) throw new CatalogFaultsError(parsed.faults, files);
  const compiled = compileCatalog(parsed.source);
  if (!compiled.ok) throw new CatalogFaultsError(compiled.faults, files);
  return compiled.catalog;
}

/**
 * Loads the live catalog; a database without one gets the files' as version 1, and with `follow` a changed file becomes the next.
 * @throws CatalogFaultsError when what should be live does not compile
 */
export async function openCatalog(parts: CatalogParts): Promise<CatalogService> {
  const row = await readLive(parts.database);
  const ids = createIds(parts.clock);
  const adopted = row !== null && !parts.follow ? row : await adopt({ ...parts, ids }, row);
  let live = toLive(adopted, await readRenames(parts.database));
  /** Versions never change, so what was compiled once stays. */
  const compiled = new Map<number, LiveCatalog>();
  const reload = async (): Promise<LiveCatalog> => {
    if ((await readLiveVersion(parts.database)) === live.version) return live;
    const now = await readLive(parts.database);
    if (now === null) throw new Error('the database has no live catalog');
    const renames = await readRenames(parts.database);
    // Versions only grow: a slower look never takes a newer one back.
    if (now.version > live.version) live = toLive(now, renames);
    return live;
  };
  return {
    environment: parts.environment,
    live: () => live,
    share: lockShared,
    async liveVersion(transaction) {
      const version = await readLiveVersion(transaction);
      if (version === null) throw new Error('the database has no live catalog');
      return version;
    },
    reload,
    async sourceOf(version) {
      const row = version === null ? await readLive(parts.database) : await readVersion(parts.database, version);
      return row?.source ?? null;
    },
    async revoking(on, after, upTo) {
      return (await readRevoking(on, after, upTo)).map((row) => {
        const known = row.version === live.version ? live : (compiled.get(row.version) ?? toLive(row, []));
        compiled.set(row.version, known);
        return known;
      });
    },
    async flip(input) {
      await flip({ ...parts, ids }, input, live);
      return reload();
    },
  };
}

async function flip(
  parts: CatalogParts & AuditParts,
  { files, expectedVersion, author, action, note, allowRevoke }: FlipInput,
  held: LiveCatalog,
): Promise<void> {
  const next = compileFiles(files);
  const checksum = checksumOf(files);
  await parts.database.transaction(async (transaction) => {
    await lockExclusive(transaction);
    const current = await readLive(transaction);
    const version = current?.version ?? 0;
    if (expectedVersion !== null && expectedVersion !== version) throw new VersionMovedError(version);
    if (current?.checksum === checksum) return;
    const { known, renames } = await renaming(transaction, current, next, held);
    const revokes = allowRevoke && known !== null ? revocableChanges(known, next) : [];
    await makeLive(
      parts,
      transaction,
      { checksum, source: files, note, revokes, renames },
      { version, author, action },
    );
  });
}

/** Makes the next version live after `version` (0: none) and writes down who decided it. Under lockExclusive. */
async function makeLive(
  parts: AuditParts,
  transaction: Transaction,
  next: Omit<CatalogRow, 'version' | 'appliedAt' | 'appliedBy'>,
  { version, author, action }: Pick<FlipInput, 'author' | 'action'> & { readonly version: number },
): Promise<CatalogRow> {
  const row = { ...next, version: version + 1, appliedAt: new Date(parts.clock.now()), appliedBy: author.actor };
  await insertLive(transaction, row);
  const { checksum, note, revokes } = row;
  const after = { version: row.version, checksum, note, revokes };
  const before = version === 0 ? {} : { before: { version } };
  await writeAudit(parts, transaction, author, { action, subject: `catalog_${row.version}`, ...before, after });
  return row;
}

/** What a catalog renames after the live one, and the live one in its keys; null where there is none that compiles. `held` saves compiling it. */
async function renaming(
  transaction: Transaction,
  current: CatalogRow | null,
  next: Catalog,
  held: LiveCatalog | null,
): Promise<{ known: Catalog | null; renames: Rename[] }> {
  const isHeld = current !== null && current.version === held?.version;
  const before = isHeld ? held.catalog : current === null ? null : compiledOrNull(current.source);
  const renames = renamesOf(before, next, await readRenames(transaction));
  return { known: before === null ? null : inKeysAfter(before, renames), renames };
}

/** Compiles a catalog that was live once; null where it does not compile any more, for an older Laurel took it. */
export function compiledOrNull(files: CatalogFiles): Catalog | null {
  try {
    return compileFiles(files);
  } catch (error) {
    if (error instanceof CatalogFaultsError) return null;
    throw error;
  }
}

/** Makes the files' catalog live when it differs from what is; two processes that start together agree by the lock. */
async function adopt(parts: CatalogParts & AuditParts, before: CatalogRow | null): Promise<CatalogRow> {
  const { database, logger, readFiles } = parts;
  const files = await readFiles();
  const checksum = checksumOf(files);
  if (before?.checksum === checksum) return before;
  const next = compileFiles(files);
  const row = await database.transaction(async (transaction) => {
    await lockExclusive(transaction);
    const current = await readLive(transaction);
    const version = current?.version ?? 0;
    if (current !== null && (current.checksum === checksum || version !== (before?.version ?? 0))) return current;
    const { renames } = await renaming(transaction, current, next, null);
    const made = { checksum, source: files, note: null, revokes: [], renames };
    return makeLive(parts, transaction, made, { version, author: START, action: 'CATALOG_APPLIED' });
  });
  logger.info({ operation: 'catalog.adopt', version: row.version, file: files.main }, 'catalog is live');
  return row;
}

function toLive({ source, ...row }: CatalogRow, renames: readonly VersionRenames[]): LiveCatalog {
  return { ...row, catalog: compileFiles(source), renames: renames.filter(({ version }) => version <= row.version) };
}

/** SHA-256 over every file's name and text, in name order. */
function checksumOf({ main, files }: CatalogFiles): string {
  const hash = createHash('sha256').update(JSON.stringify(main));
  for (const name of Object.keys(files).sort()) hash.update(JSON.stringify([name, files[name]]));
  return hash.digest('hex');
}
