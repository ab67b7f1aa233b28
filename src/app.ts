import type { GraphQLSchema } from 'graphql';
import { type Given, type Ground, openGround } from './composition/ground.ts';
import { makeLoaders } from './composition/loaders.ts';
import { readinessOf } from './composition/readiness.ts';
import { createAuthentication, createServices } from './composition/services.ts';
import type { Principal } from './features/auth/principal.ts';
import type { AuthService } from './features/auth/service.ts';
import type { CatalogService } from './features/catalog/service.ts';
import type { IngestService } from './features/ingest/service.ts';
import { closePeriods } from './features/leaderboards/closing.ts';
import type { RebuildParts } from './features/rebuild/service.ts';
import { createUserReader } from './features/users/loaders.ts';
import type { VersionService } from './features/versions/service.ts';
import { type Context, createContext, type Services } from './graphql/context.ts';
import { buildSchema } from './graphql/schema.ts';
import type { Caller } from './http/caller.ts';
import { createGraphQLHandler } from './http/handler.ts';
import { readManifest } from './http/persisted-operations.ts';
import { createHttpServer, type HttpServer } from './http/server.ts';
import { type Jobs, startJobs } from './jobs/jobs.ts';
import { systemClock } from './platform/clock.ts';
import { createIds } from './platform/ids.ts';
import { systemRandomNames } from './platform/random.ts';
import { VERSION } from './platform/version.ts';
import type { RankIndex } from './ranking/rank-index.ts';

type Replaceable = 'clock' | 'ids' | 'names';

/** What the root is given; the database is open and migrated, and stays the giver's to close. */
export interface AppParts extends Omit<Given, Replaceable>, Partial<Pick<Given, Replaceable>> {
  /** With LAUREL_AUTH=key: the key that was printed. */
  readonly startKey: string | null;
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
  const { clock = systemClock, ids = createIds(clock), names = systemRandomNames } = parts;
  const ground = await openGround({ ...parts, clock, ids, names });
  const { database, bus, catalog, ranks, boardHub } = ground;
  const services = createServices(ground);
  const auth = createAuthentication(ground, services, parts.startKey);
  const schema = buildSchema();
  let draining = false;
  const http = await openHttp(parts, ground, { services, auth, schema, isDraining: () => draining });
  await services.versions.start();
  await ranks.start();
  const jobs = parts.config.jobs === 'on' ? await startInside(ground) : null;
  const ownListeners = bus.size();
  let closing: Promise<void> | null = null;
  return {
    services,
    auth,
    live: {
      catalog,
      versions: services.versions,
      ingest: services.ingest,
      ranks: ground.rankIndex,
      rebuild: { database, catalog, clock, ids, bus },
    },
    schema,
    http,
    jobs,
    held: () => ({
      sockets: http.sockets(),
      listeners: Math.max(0, bus.size() - ownListeners),
      streams: services.notifications.streams() + services.domainEvents.streams() + boardHub.size(),
      watched: ground.watched(),
      connections: database.busy(),
    }),
    close() {
      closing ??= (async () => {
        draining = true;
        await Promise.all([http.close(), jobs?.stop()]);
        await services.versions.close();
        await ground.close();
      })();
      return closing;
    },
  };
}

/** What answers over HTTP. */
interface Answering extends Pick<App, 'services' | 'auth' | 'schema'> {
  readonly isDraining: () => boolean;
}

async function openHttp(
  { lean = true, operationMs }: AppParts,
  ground: Ground,
  { services, auth, schema, isDraining }: Answering,
): Promise<HttpServer> {
  const { config, database, catalog, clock, logger, redis } = ground;
  const { leaderboards, rates } = services;
  const development = !config.production;
  const watches = { watchAccess: ground.access.watch, watchKey: ground.keyRows.watch };
  const userReader = createUserReader(database);
  const contextFor = async ({ authorization, ...caller }: Caller): Promise<Context> =>
    createContext({
      ...caller,
      principal: await auth.authenticate(authorization),
      services,
      makeLoaders: () => makeLoaders({ database, catalog, clock, leaderboards, userReader }),
    });
  const manifest = await readManifest(config.persistedOperations, config.persistedOnly);
  const shared = { logger, development, rates, manifest, watches };
  const handler = createGraphQLHandler({ ...shared, schema, contextFor, lean, mostMs: operationMs });
  return createHttpServer({
    ...shared,
    ...watches,
    handler,
    origins: { loopbackOnly: config.auth === 'off', allowed: config.allowedOrigins },
    clock,
    version: VERSION,
    authenticate: (authorization): Promise<Principal> => auth.authenticate(authorization),
    trustedHops: config.trustedHops,
    readiness: () => readinessOf(database, redis, isDraining()),
  });
}

/** The server listens first: loading the library of the queue takes half a second. */
const JOBS_AFTER_MS = 500;

function startInside(ground: Ground): Promise<Jobs> {
  const { sinks, retainDays } = ground.config;
  const close = (stopping: AbortSignal) => closePeriods(ground, stopping);
  return startJobs({ ...ground, sinks, retainDays, closePeriods: close, afterMs: JOBS_AFTER_MS });
}
