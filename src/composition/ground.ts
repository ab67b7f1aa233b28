import type { Config } from '../config.ts';
import { type Access, openAccess } from '../features/auth/access.ts';
import { type KeyRows, openKeyRows } from '../features/auth/key-rows.ts';
import { readCatalogFiles } from '../features/catalog/read-files.ts';
import { type CatalogService, openCatalog } from '../features/catalog/service.ts';
import { newestPosition } from '../features/domain-events/service.ts';
import { type BoardHub, createBoardHub } from '../features/leaderboards/board-hub.ts';
import type { RankKeeper } from '../features/leaderboards/keeper.ts';
import { openRanks } from '../features/leaderboards/open-ranks.ts';
import { newestPlaces } from '../features/notifications/service.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Ids } from '../platform/ids.ts';
import { type Installation, readInstallation } from '../platform/installation.ts';
import type { Logger } from '../platform/logger.ts';
import type { RandomNames } from '../platform/random.ts';
import { openRedisAt, type RedisLinks } from '../platform/redis.ts';
import type { RankIndex } from '../ranking/rank-index.ts';
import type { Bus } from '../realtime/bus.ts';
import { createBus } from '../realtime/create-bus.ts';
import { createIdleSweeper, createSweeper, type Sweeper, type SweeperOptions } from '../realtime/sweeper.ts';

/** What is given from outside: the setting, an open database, and what tests replace. */
export interface Given {
  readonly config: Config;
  readonly database: Database;
  readonly logger: Logger;
  readonly jwtSecret: Uint8Array;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly names: RandomNames;
}

/** What the services stand on: opened once, held until `close`. */
export interface Ground extends Given {
  readonly installation: Installation;
  readonly catalog: CatalogService;
  readonly redis: RedisLinks | null;
  readonly bus: Bus;
  /** Looks for stored messages, and for domain events, whose wake-up was lost. */
  readonly sweeper: Sweeper;
  readonly feedSweeper: Sweeper;
  readonly ranks: RankKeeper;
  /** The index of ranks that answers here. */
  readonly rankIndex: RankIndex;
  readonly boardHub: BoardHub;
  readonly access: Access;
  readonly keyRows: KeyRows;
  /** Whose rows are watched at this moment; for the leak check of the tests. */
  watched(): number;
  /** Lets go of all but the database. */
  close(): Promise<void>;
}

/**
 * Opens what the services stand on.
 * @throws CatalogFaultsError when the catalog that should be live does not compile
 */
export async function openGround(given: Given): Promise<Ground> {
  const { config, database, logger, clock, ids } = given;
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
  const shared = { installationId: installation.id, logger, redis };
  const bus = createBus({ ...shared, otherProcesses: database.kind === 'postgres' });
  const sweeping = sweepingOver({ bus, database, logger });
  const sweeper = sweeping((userIds) => newestPlaces(database, userIds));
  const feedSweeper = sweeping(() => newestPosition(database));
  const { keeper: ranks, index: rankIndex } = openRanks({
    ...shared,
    database,
    catalog,
    bus,
    clock,
    ids,
    minds: config.jobs === 'on',
  });
  const boardHub = createBoardHub(bus);
  const access = await openAccess({
    database,
    bus,
    clock,
    logger,
    sweeping: (newestOf) => sweeping(newestOf, ACCESS_SWEEP_MS),
  });
  const keyRows = await openKeyRows({ database, bus, clock, logger });
  return {
    ...given,
    installation,
    catalog,
    redis,
    bus,
    sweeper,
    feedSweeper,
    ranks,
    rankIndex,
    boardHub,
    access,
    keyRows,
    watched: () => sweeper.size() + feedSweeper.size() + access.size() + keyRows.size(),
    async close() {
      boardHub.close();
      await ranks.close();
      for (const one of [sweeper, feedSweeper, access]) one.close();
      await keyRows.close();
      await bus.close();
    },
  };
}

const SWEEP_MS = 5_000;
/** A socket is closed within 5 s of the end of its session, also where the message was lost. */
const ACCESS_SWEEP_MS = 3_000;

/** Makes looks at the database for those who follow its rows, where a wake-up may be lost. */
function sweepingOver({
  bus,
  database,
  logger,
}: Pick<Ground, 'bus' | 'database' | 'logger'>): (newestOf: SweeperOptions['newestOf'], sweepMs?: number) => Sweeper {
  if (database.kind === 'embedded' && bus.healthy) return createIdleSweeper;
  return (newestOf, sweepMs = SWEEP_MS) => createSweeper({ bus, newestOf, logger, sweepMs });
}
