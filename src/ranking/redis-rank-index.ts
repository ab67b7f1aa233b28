import { randomUUID } from 'node:crypto';
import type { RedisCommands, RedisLog } from '../platform/redis-connection.ts';
import type { RankIndex } from './rank-index.ts';
import { createRedisRankReader } from './redis-rank-reader.ts';
import { createRedisRankWriter } from './redis-rank-writer.ts';
import { createServerRun } from './redis-server-run.ts';

/** What an index in Redis is made of. */
export interface RedisRankOptions {
  readonly redis: RedisCommands;
  /** The UUID of the installation: its keys begin with it. */
  readonly installationId: string;
  readonly logger: RedisLog;
  /** A load of which no page came for so long may be taken over, in milliseconds; 30 s unless told. */
  readonly leaseMs?: number;
  /** How long the span of a period stays after its last change, in milliseconds; 40 days unless told. */
  readonly periodTtlMs?: number;
  /** Names a load; no two may have the same. */
  readonly newToken?: () => string;
}

/**
 * The index in Redis, for any number of processes. Each read and each step of changes is one atomic script, so a span that went
 * (FLUSHALL, eviction, a server back from an older snapshot) is not loaded, never empty or half there. While Redis is away, or does
 * not answer within the command timeout, reads are null, and `apply`, `load` and `drop` reject; nothing is queued. Loading a span that
 * answers already resolves to true and reads no page; a loader that died holds a span for `leaseMs`. The caller closes the connection.
 * @throws RangeError (rejects) for a value, version or moment that is not a whole number a double holds exactly
 */
export function createRedisRankIndex(options: RedisRankOptions): RankIndex {
  const { redis, installationId, logger } = options;
  const serverRun = createServerRun(redis);
  return {
    ...createRedisRankReader({ redis, installationId, logger, serverRun }),
    ...createRedisRankWriter({
      redis,
      installationId,
      serverRun,
      leaseMs: options.leaseMs ?? 30_000,
      periodTtlMs: options.periodTtlMs ?? 40 * 86_400_000,
      newToken: options.newToken ?? randomUUID,
    }),
  };
}
