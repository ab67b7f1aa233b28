import type { Logger } from '../platform/logger.ts';
import type { RedisLinks } from '../platform/redis.ts';
import type { Bus } from './bus.ts';
import { createMemoryBus } from './memory-bus.ts';
import { createRedisBus } from './redis-bus.ts';

/** What decides which bus a process gets. */
export interface BusParts {
  readonly redis: RedisLinks | null;
  readonly installationId: string;
  /** Other processes may work on the same database. */
  readonly otherProcesses: boolean;
  readonly logger: Logger;
}

/** Redis joins processes; without it several processes poll, and the embedded one needs nobody. */
export function createBus({ redis, installationId, otherProcesses, logger }: BusParts): Bus {
  if (redis !== null) return createRedisBus({ redis, installationId, logger });
  return createMemoryBus({ logger, otherProcesses });
}
