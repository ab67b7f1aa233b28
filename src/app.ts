import type { GraphQLSchema } from 'graphql';
import type { Config } from './config.ts';
import { createAchievementLoaders } from './features/achievements/loaders.ts';
import { createAchievementService } from './features/achievements/service.ts';
import { createAuditService } from './features/audit/service.ts';
import { openAccess } from './features/auth/access.ts';
import { createGamePlayers } from './features/auth/game-players.ts';
import { createGameTokens } from './features/auth/game-tokens.ts';
import { createIdentityService } from './features/auth/identity-service.ts';
import { createKeyQuota } from './features/auth/key-quota.ts';
import { openKeyRows } from './features/auth/key-rows.ts';
import { createPasswords } from './features/auth/passwords.ts';
import type { Principal } from './features/auth/principal.ts';
import { createRates, UNLIMITED } from './features/auth/rates.ts';
import { createRefreshTokens } from './features/auth/refresh-token.ts';
import { createServerKeys } from './features/auth/server-keys.ts';
import { type AuthService, createAuthService } from './features/auth/service.ts';
import { createSignInThrottle } from './features/auth/throttle.ts';
import { readCatalogFiles } from './features/catalog/read-files.ts';
import { type CatalogService, openCatalog } from './features/catalog/service.ts';
import { createDecisionService } from './features/decisions/service.ts';
import { createDomainEventService, newestPosition } from './features/domain-events/service.ts';
import { createEventLoaders } from './features/ingest/loaders.ts';
import { createIngestService, type IngestService } from './features/ingest/service.ts';
import { createBoardHub } from './features/leaderboards/board-hub.ts';
import { closePeriods } from './features/leaderboards/closing.ts';
import { createLeaderboardLoaders } from './features/leaderboards/loaders.ts';
import { openRanks } from './features/leaderboards/open-ranks.ts';
import { createLeaderboardService, type LeaderboardService } from './features/leaderboards/service.ts';
import { createNotificationLoaders } from './features/notifications/loaders.ts';
import { createNotificationService, newestPlaces } from './features/notifications/service.ts';
import { createPeopleService } from './features/people/service.ts';
import { createPrivacyService } from './features/privacy/service.ts';
import type { RebuildParts } from './features/rebuild/service.ts';
import { createStateLoader } from './features/state/service.ts';
import { createStatsLoaders } from './features/stats/loaders.ts';
import { createSuspicionService } from './features/suspicions/service.ts';
import { createUserLoaders, createUserReader, type UserReader } from './features/users/loaders.ts';
import { createUserService } from './features/users/service.ts';
import { createVersionService, type VersionService } from './features/versions/service.ts';
import { type Context, createContext, type Loaders, type Services } from './graphql/context.ts';
import { buildSchema } from './graphql/schema.ts';
import type { Caller } from './http/caller.ts';
import { createGraphQLHandler } from './http/handler.ts';
import type { Readiness } from './http/health.ts';
import { readManifest } from './http/persisted-operations.ts';
import { createHttpServer, type HttpServer } from './http/server.ts';
import { type Jobs, startJobs } from './jobs/jobs.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import type { Database } from './platform/database.ts';
import { createIds, type Ids } from './platform/ids.ts';
import { readInstallation } from './platform/installation.ts';
import type { Logger } from './platform/logger.ts';
import { type RandomNames, systemRandomNames } from './platform/random.ts';
import { openRedisAt, type RedisLinks } from './platform/redis.ts';
import { sql } from './platform/sql.ts';
import { VERSION } from './platform/version.ts';
import type { RankIndex } from './ranking/rank-index.ts';
import type { Bus } from './realtime/bus.ts';
import { createBus } from './realtime/create-bus.ts';
import { createIdleSweeper, createSweeper, type Sweeper, type SweeperOptions } from './realtime/sweeper.ts';

/** What the root is given; the database is open and migrated, and stays the giver's to close. */
export interface AppParts {
  readonly config: Config;
  readonly database: Database;
  readonly logger: Logger;
  readonly jwtSecret: Uint8Array;
  /** With LAUREL_AUTH=key: the key that was printed. */
  readonly startKey: string | null;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly names?: RandomNames;
  /** False: no operation takes the lean path. For the tests that compare it with Yoga. */
  readonly lean?: boolean;
  /** Longest an operation takes, milliseconds; 5,000 by default. */
  readonly operationMs?: number;
}

/** A running Laurel. */
export interface App {
  readonly services: Services;
  readonly auth: AuthService;
  readonly schema: GraphQLSchema;
  /** The live catalog and what works on it, for the command line. */
  readonly live: {
    readonly catalog: CatalogService;
    readonly versions: VersionService;
    readonly rebuild: RebuildParts;
    readonly ingest: IngestService;
    /** The index that answers here. */
    readonly ranks: RankIndex;
  };
  readonly http: HttpServer;
  /** The jobs that run inside; null with LAUREL_JOBS=off. */
  readonly jobs: Jobs | null;
  /** What is held at this moment; all zero when nobody is connected. For the leak check of the tests. */
  held(): {
    readonly sockets: number;
    readonly listeners: number;
    readonly streams: number;
    readonly watched: number;
    readonly connections: number;
  };
  /** Drains and lets go of everything but the database; a second call waits for the first. */
  close(): Promise<void>;
}

/**
 * Builds a Laurel from its parts; it does not listen yet.
 * @throws CatalogFaultsError when the catalog that should be live does not compile
 */
export async function createApp(parts: AppParts): Promise<App> {
  const { config, database, logger, clock = systemClock, ids = createIds(clock), names = systemRandomNames } = parts;
  const installation = await readInstallation(database);
  const catalog = await openCatalog({
    database,
    clock,
    logger,
    environment: config.environment,
    readFiles: () => readCatalogFiles(config.catalogPath),
    follow: !config.production,
  });
  const redis = config.redis === null ? null : openRedisAt(config.redis, { logger });
  const otherProcesses = database.kind === 'postgres';
  const bus = createBus({ redis, installationId: installation.id, otherProcesses, logger });
  const sweeper = createSweeping(bus, database, logger, (userIds) => newestPlaces(database, userIds));
  const feedSweeper = createSweeping(bus, database, logger, () => newestPosition(database));
  const { keeper: ranks, index: rankIndex } = openRanks({
    database,
    catalog,
    bus,
    clock,
    ids,
    logger,
    redis,
    installationId: installation.id,
    minds: config.jobs === 'on',
  });
  const boardHub = createBoardHub(bus);
  const leaderboards = createLeaderboardService({ database, catalog, clock, ids, ranks });
  const users = createUserService({ database, catalog, clock, ids, names, ranks });
  const { jwtSecret, startKey } = parts;
  const access = await openAccess({
    database,
    bus,
    clock,
    logger,
    sweeping: (newestOf) => createSweeping(bus, database, logger, newestOf, ACCESS_SWEEP_MS),
  });
  const keyRows = await openKeyRows({ database, bus, clock, logger });
  const keys = createServerKeys({ database, clock, ids, environment: config.environment, rows: keyRows });
  const accounts = {
    database,
    catalog,
    clock,
    ids,
    names,
    access,
    jwtSecret,
    refreshTokens: createRefreshTokens(jwtSecret),
    passwords: createPasswords(),
    throttle: createSignInThrottle({ clock, redis: redis?.commands ?? null, installationId: installation.id }),
    telegramBotToken: config.telegramBotToken,
  };
  const services: Services = {
    achievements: createAchievementService({ database, catalog, clock }),
    audit: createAuditService(database),
    catalog,
    decisions: createDecisionService({
      database,
      catalog,
      bus,
      clock,
      ids,
      ranks,
      resetsAnyone: !config.production,
    }),
    domainEvents: createDomainEventService({ database, epoch: installation.epoch, bus, sweeper: feedSweeper, logger }),
    identity: createIdentityService(accounts),
    ingest: createIngestService({ database, catalog, bus, clock, ids, names, logger, ranks }),
    keyQuota: createKeyQuota({ clock, redis: redis?.commands ?? null, installationId: installation.id }),
    keys,
    leaderboards,
    boardHub,
    notifications: createNotificationService({ database, epoch: installation.epoch, bus, sweeper, clock, logger }),
    people: createPeopleService(accounts),
    privacy: createPrivacyService({ database, clock, ids, ranks, access }),
    rates: createRates({
      clock,
      limits: config.auth === 'on' ? config.rates : UNLIMITED,
      redis: redis?.commands ?? null,
      installationId: installation.id,
    }),
    suspicions: createSuspicionService({ database, clock, ids, ranks }),
    users,
    versions: createVersionService({ database, catalog, clock, ids, bus, logger }),
    bus,
    clock,
  };
  const auth = createAuthService({
    clock,
    keys,
    keyRows,
    access,
    gamePlayers:
      config.gameTokens === null
        ? null
        : createGamePlayers({
            database,
            catalog,
            clock,
            ids,
            names,
            logger,
            tokens: createGameTokens(config.gameTokens),
          }),
    mode: config.auth,
    jwtSecret,
    startKey,
  });
  const schema = buildSchema();
  const userReader = createUserReader(database);
  const contextFor = async ({ authorization, address, locales, requestId }: Caller): Promise<Context> =>
    createContext({
      principal: await auth.authenticate(authorization),
      address,
      locales,
      requestId,
      services,
      makeLoaders: () => makeLoaders({ database, catalog, clock, leaderboards, userReader }),
    });
  const watches = { watchAccess: access.watch, watchKey: keyRows.watch };
  const handler = createGraphQLHandler({
    schema,
    logger,
    development: !config.production,
    contextFor,
    rates: services.rates,
    manifest: await readManifest(config.persistedOperations, config.persistedOnly),
    lean: parts.lean ?? true,
    mostMs: parts.operationMs,
    watches,
  });
  let draining = false;
  const http = createHttpServer({
    handler,
    origins: { loopbackOnly: config.auth === 'off', allowed: config.allowedOrigins },
    clock,
    logger,
    version: VERSION,
    development: !config.production,
    authenticate: (authorization): Promise<Principal> => auth.authenticate(authorization),
    ...watches,
    rates: services.rates,
    trustedHops: config.trustedHops,
    readiness: () => readinessOf(database, redis, draining),
  });
  await services.versions.start();
  await ranks.start();
  const { sinks, retainDays } = config;
  const close = (stopping: AbortSignal) => closePeriods({ database, catalog, clock, ids, bus, logger }, stopping);
  const jobParts = {
    database,
    bus,
    clock,
    logger,
    sinks,
    retainDays,
    closePeriods: close,
    ranks,
    afterMs: 500,
  };
  const jobs = config.jobs === 'on' ? await startJobs(jobParts) : null;
  const ownListeners = bus.size();
  let closing: Promise<void> | null = null;
  return {
    services,
    auth,
    live: {
      catalog,
      versions: services.versions,
      ingest: services.ingest,
      ranks: rankIndex,
      rebuild: { database, catalog, clock, ids, bus },
    },
    schema,
    http,
    jobs,
    held: () => ({
      sockets: http.sockets(),
      listeners: Math.max(0, bus.size() - ownListeners),
      streams: services.notifications.streams() + services.domainEvents.streams() + boardHub.size(),
      watched: sweeper.size() + feedSweeper.size() + access.size() + keyRows.size(),
      connections: database.busy(),
    }),
    close() {
      closing ??= (async () => {
        draining = true;
        await Promise.all([http.close(), jobs?.stop()]);
        await services.versions.close();
        boardHub.close();
        await ranks.close();
        sweeper.close();
        feedSweeper.close();
        access.close();
        await keyRows.close();
        await bus.close();
      })();
      return closing;
    },
  };
}

/** A look at the database for those who follow its rows, where a wake-up may be lost. */
function createSweeping(
  bus: Bus,
  database: Database,
  logger: Logger,
  newestOf: SweeperOptions['newestOf'],
  sweepMs = 5_000,
): Sweeper {
  if (database.kind === 'embedded' && bus.healthy) return createIdleSweeper();
  return createSweeper({ bus, newestOf, logger, sweepMs });
}

/** A socket is closed within 5 s of the end of its session, also where the message was lost. */
const ACCESS_SWEEP_MS = 3_000;

function makeLoaders({
  database,
  catalog,
  clock,
  leaderboards,
  userReader,
}: {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly clock: Clock;
  readonly leaderboards: LeaderboardService;
  readonly userReader: UserReader;
}): Loaders {
  const users = createUserLoaders(database, userReader);
  const states = createStateLoader(database);
  return {
    users,
    achievements: createAchievementLoaders({ database, live: catalog.live(), clock, users, states }),
    events: createEventLoaders(database),
    leaderboards: createLeaderboardLoaders(leaderboards),
    notifications: createNotificationLoaders(database),
    states,
    stats: createStatsLoaders(database, clock),
  };
}

/** A database that does not answer within this time is down. */
const DATABASE_WITHIN_MS = 1_500;

async function readinessOf(database: Database, redis: RedisLinks | null, draining: boolean): Promise<Readiness> {
  const answered = database.query(sql`/* app.ready */ select 1 as one`).then(
    () => true,
    () => false,
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), DATABASE_WITHIN_MS);
  });
  const up = await Promise.race([answered, late]);
  clearTimeout(timer);
  return {
    ready: up && !draining,
    database: up ? 'up' : 'down',
    redis: redis === null ? 'none' : redis.healthy ? 'up' : 'down',
    draining,
  };
}
