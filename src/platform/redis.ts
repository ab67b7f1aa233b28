import { openRedisCluster, type RedisCluster } from './redis-cluster.ts';
import {
  defaultRedisFigures,
  openConnection,
  type RedisConnection,
  type RedisSurroundings,
} from './redis-connection.ts';

/** The two connections of a process: one for commands, one that only listens. */
export interface RedisPair {
  readonly commands: RedisConnection;
  readonly subscriber: RedisConnection;
  /** Both are up. */
  readonly healthy: boolean;
  /** Closes both. Closing twice does nothing. */
  close(): Promise<void>;
}

/** Opens both connections without waiting for them: Redis may come later. Never throws for an absent Redis. */
export function openRedis(url: string, surroundings: RedisSurroundings): RedisPair {
  const commandTimeout = surroundings.figures?.commandTimeoutMs ?? defaultRedisFigures.commandTimeoutMs;
  // Commands in flight fail when the connection breaks (0 retries) instead of hanging until Redis is back.
  const commands = openConnection(url, 'commands', { maxRetriesPerRequest: 0, commandTimeout }, surroundings);
  const subscriber = openConnection(url, 'subscriber', { maxRetriesPerRequest: null }, surroundings);
  return {
    commands,
    subscriber,
    get healthy() {
      return commands.up && subscriber.up;
    },
    close: async () => {
      await Promise.all([commands.close(), subscriber.close()]);
    },
  };
}

/** Where Redis is: one server, or some nodes of a cluster. */
export interface RedisAddress {
  readonly urls: readonly [string, ...string[]];
  readonly cluster: boolean;
}

/** What a process holds of Redis. */
export type RedisLinks = RedisPair | RedisCluster;

/** Opens what leads to an address, as `openRedis` or `openRedisCluster`. */
export function openRedisAt({ urls, cluster }: RedisAddress, surroundings: RedisSurroundings): RedisLinks {
  return cluster ? openRedisCluster(urls, surroundings) : openRedis(urls[0], surroundings);
}
