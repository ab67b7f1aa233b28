import type { Config } from '../config.ts';
import { openAccess } from '../features/auth/access.ts';
import { openKeyRows } from '../features/auth/key-rows.ts';
import { developmentSecret } from '../features/auth/secret-file.ts';
import { createServerKeys } from '../features/auth/server-keys.ts';
import { type AuthService, createAuthService } from '../features/auth/service.ts';
import { readCatalogFiles } from '../features/catalog/read-files.ts';
import { type CatalogService, openCatalog } from '../features/catalog/service.ts';
import { createIngestService, type IngestService } from '../features/ingest/service.ts';
import type { RebuildParts } from '../features/rebuild/service.ts';
import { createVersionService, type VersionService } from '../features/versions/service.ts';
import type { Clock } from '../platform/clock.ts';
import { type DirectoryLock, lockDirectory } from '../platform/data-directory.ts';
import type { Database } from '../platform/database.ts';
import { openEmbedded } from '../platform/embedded-database.ts';
import { createIds } from '../platform/ids.ts';
import { createLogger, type Logger } from '../platform/logger.ts';
import { migrateUp } from '../platform/migrate.ts';
import { checkStart, migrationStatus } from '../platform/migration-status.ts';
import { openPostgres } from '../platform/postgres-database.ts';
import { systemRandomNames } from '../platform/random.ts';
import type { RankIndex } from '../ranking/rank-index.ts';
import { createMemoryBus } from '../realtime/memory-bus.ts';
import { createIdleSweeper } from '../realtime/sweeper.ts';

/** What a command works on: in its own process, or inside the server that owns the data. */
export interface Workbench {
  readonly config: Config;
  readonly database: Database;
  readonly clock: Clock;
  readonly auth: AuthService;
  /** The live catalog and what works on it; loaded when it is asked for first. */
  readonly live: () => Promise<LiveBench>;
  /** True inside a running server: what would pull the ground from under it is refused. */
  readonly serving: boolean;
}

/** The live catalog with its use cases. */
export interface LiveBench {
  readonly catalog: CatalogService;
  readonly versions: VersionService;
  readonly rebuild: RebuildParts;
  readonly ingest: IngestService;
  /** The index of ranks of the server in which the command runs; null in a process of its own. */
  readonly ranks: RankIndex | null;
}

/** Connections of one process to PostgreSQL. */
const POOL_SIZE = 10;

/** An open database with what keeps it ours. */
export interface OpenedDatabase {
  readonly database: Database;
  /** Null for a PostgreSQL server. */
  readonly lock: DirectoryLock | null;
  close(): Promise<void>;
}

/**
 * Opens the database that the configuration names.
 * @throws DirectoryInUseError when another process owns the embedded data
 */
export async function openDatabase(config: Config, clock: Clock): Promise<OpenedDatabase> {
  if (config.databaseUrl !== null) {
    const database = await openPostgres({ url: config.databaseUrl, poolSize: POOL_SIZE });
    return { database, lock: null, close: () => database.close() };
  }
  const lock = await lockDirectory(config.dataDirectory, clock);
  try {
    const database = await openEmbedded({ directory: lock });
    return {
      database,
      lock,
      close: async () => {
        await database.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Brings the schema up where the configuration says so, then checks that this code may start on it.
 * @throws SchemaTooNewError, SchemaTooOldError, MigrationFailedError
 */
export async function prepareSchema(config: Config, database: Database, clock: Clock, logger: Logger): Promise<void> {
  if (config.migrate === 'auto') {
    const applied = await migrateUp(database, clock);
    if (applied.length > 0) logger.info({ operation: 'migrate.up', applied }, 'migrations applied');
  }
  for (const warning of checkStart(await migrationStatus(database)))
    logger.warn({ operation: 'migrate.check' }, warning);
}

/** The secret that signs access tokens. */
export async function jwtSecretOf(config: Config): Promise<Uint8Array> {
  return config.jwtSecret === null
    ? developmentSecret(config.dataDirectory)
    : new TextEncoder().encode(config.jwtSecret);
}

/** The live catalog for a command in its own process. Servers learn of a flip by their own look at the database. */
export async function liveFor(config: Config, database: Database, clock: Clock, logger: Logger): Promise<LiveBench> {
  const catalog = await openCatalog({
    database,
    clock,
    logger,
    environment: config.environment,
    readFiles: () => readCatalogFiles(config.catalogPath),
    follow: false,
  });
  const rebuild = { database, catalog, clock, ids: createIds(clock), bus: createMemoryBus({ logger }) };
  const versions = createVersionService({ ...rebuild, logger });
  const ingest = createIngestService({ ...rebuild, names: systemRandomNames, logger, ranks: null, access: null });
  return { catalog, rebuild, versions, ingest, ranks: null };
}

/** Credentials for a command in its own process. */
export async function authFor(config: Config, database: Database, clock: Clock): Promise<AuthService> {
  const logger = createLogger({ level: 'silent' });
  const bus = createMemoryBus({ logger });
  const keyRows = await openKeyRows({ database, bus, clock, logger });
  const { environment } = config;
  return createAuthService({
    access: await openAccess({ database, bus, clock, logger, sweeping: createIdleSweeper }),
    clock,
    keys: createServerKeys({ database, clock, ids: createIds(clock), environment, rows: keyRows }),
    keyRows,
    mode: config.auth,
    gamePlayers: null,
    jwtSecret: await jwtSecretOf(config),
    startKey: null,
  });
}
