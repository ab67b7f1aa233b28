import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import type { RedisLinks } from '../../platform/redis.ts';
import { createMemoryRankIndex } from '../../ranking/memory-rank-index.ts';
import type { RankIndex } from '../../ranking/rank-index.ts';
import { createRedisRankIndex } from '../../ranking/redis-rank-index.ts';
import type { Bus } from '../../realtime/bus.ts';
import type { CatalogService } from '../catalog/service.ts';
import { createAnnouncer } from './announcer.ts';
import { createRankKeeper, type RankKeeper } from './keeper.ts';
import { createOvertaking } from './overtaking.ts';

/** What the ranks of a process are made of. */
export interface OpenRanksParts {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Null: this process keeps ranks by itself. */
  readonly redis: RedisLinks | null;
  readonly installationId: string;
  /** Whether it runs jobs. */
  readonly minds: boolean;
}

/** The ranks of a process: in Redis where there is one, with those in memory behind it, else in memory. Not started yet. */
export function openRanks(parts: OpenRanksParts): { readonly keeper: RankKeeper; readonly index: RankIndex } {
  const { bus, ids, logger, redis, installationId } = parts;
  const local = createMemoryRankIndex();
  const shared = redis === null ? null : createRedisRankIndex({ redis: redis.commands, installationId, logger });
  const keeper = createRankKeeper({
    ...parts,
    announcer: createAnnouncer(bus),
    overtaking: createOvertaking(parts),
    local,
    shared,
    origin: ids.next(),
  });
  return { keeper, index: shared ?? local };
}
