import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { openRedis, type RedisPair } from '../../src/platform/redis.ts';
import type { RedisFigures } from '../../src/platform/redis-connection.ts';
import type { Bus } from '../../src/realtime/bus.ts';
import { createRedisBus } from '../../src/realtime/redis-bus.ts';
import type { Schedule } from '../../src/realtime/schedule.ts';
import { eventually } from '../support/eventually.ts';
import { freshInstallation, redisAddress, redisUrl } from '../support/redis.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { createQuietLog, type QuietLog } from './quiet-log.ts';

/** Figures that make an outage quick. */
export const quickFigures: RedisFigures = {
  heartbeatMs: 60,
  deadlineMs: 150,
  connectTimeoutMs: 300,
  commandTimeoutMs: 150,
  maxRetryMs: 40,
  closeMs: 40,
};

/** One process behind a line of its own. */
export interface Process {
  readonly bus: Bus;
  readonly redis: RedisPair;
  readonly proxy: TcpProxy;
  readonly log: QuietLog;
}

/** Redis, lines that break, and the count of what is left over. */
export interface RedisGround {
  readonly installationId: string;
  /** A plain connection beside the lines. */
  readonly admin: Redis;
  /** Starts a process; waits until it hears and can send, unless Redis is to be refused at the start. */
  start(options?: { refused?: boolean; figures?: Partial<RedisFigures>; schedule?: Schedule }): Promise<Process>;
  /** Channels of this installation that Redis knows. */
  channels(): Promise<string[]>;
  /** Ends every process and fails if anything is left: listeners, timers, sockets, channels, unhandled rejections. */
  close(): Promise<void>;
}

/** Opens one. */
export function openRedisGround(): RedisGround {
  const installationId = freshInstallation();
  const admin = new Redis(redisUrl);
  const processes: Process[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => {
    unhandled.push(reason);
  };
  process.on('unhandledRejection', onUnhandled);
  const counted: Schedule = (run, ms) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
    return () => {
      clearTimeout(timer);
      timers.delete(timer);
    };
  };
  const channels = async () => (await admin.pubsub('CHANNELS', `laurel:${installationId}:*`)) as string[];

  return {
    installationId,
    admin,
    channels,
    start: async ({ refused = false, figures = quickFigures, schedule = counted } = {}) => {
      const proxy = await openTcpProxy(redisAddress(), { refused });
      const log = createQuietLog();
      const redis = openRedis(urlOf(proxy), { logger: log, figures, schedule });
      const bus = createRedisBus({ redis, installationId, logger: log });
      const started = { bus, redis, proxy, log };
      processes.push(started);
      if (!refused) await eventually('the process is connected', () => bus.healthy && redis.healthy);
      return started;
    },
    close: async () => {
      const listeners = processes.map(({ bus }) => bus.size());
      await Promise.all(processes.map(({ bus }) => bus.close()));
      await eventually('redis saw every connection go', async () => (await channels()).length === 0);
      await eventually('the lines are empty', () => processes.every(({ proxy }) => proxy.connections === 0));
      await Promise.all(processes.map(({ proxy }) => proxy.close()));
      await admin.quit();
      process.off('unhandledRejection', onUnhandled);
      const left = { listeners: listeners.filter((count) => count > 0), timers: timers.size, unhandled };
      expect(left).toEqual({ listeners: [], timers: 0, unhandled: [] });
    },
  };
}

/** The URL of the tests' Redis, seen through `proxy`. */
export function urlOf(proxy: TcpProxy): string {
  const url = new URL(redisUrl);
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  return url.href;
}

/** Numbers in [0, 1) that the seed decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seed of this run, printed so that it can be given again as LAUREL_TEST_SEED. */
export function printedSeed(name: string): number {
  const seed = Number(process.env['LAUREL_TEST_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
  process.stdout.write(`${name} seed ${seed}\n`);
  return seed;
}
