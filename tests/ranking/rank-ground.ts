import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { rank } from '../../src/engine/ranking.ts';
import { openRedis, type RedisPair } from '../../src/platform/redis.ts';
import type { RedisConnection, RedisFigures } from '../../src/platform/redis-connection.ts';
import type {
  LoadedEntry,
  RankChange,
  RankedBoard,
  RankedEntry,
  RankIndex,
  Ranking,
} from '../../src/ranking/rank-index.ts';
import { createRedisRankIndex, type RedisRankOptions } from '../../src/ranking/redis-rank-index.ts';
import { createQuietLog, type QuietLog } from '../realtime/quiet-log.ts';
import { quickFigures, urlOf } from '../realtime/redis-ground.ts';
import { eventually } from '../support/eventually.ts';
import { freshInstallation, redisAddress, redisUrl } from '../support/redis.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

/** One process behind a line of its own. */
export interface RankProcess {
  readonly index: RankIndex;
  readonly redis: RedisPair;
  readonly proxy: TcpProxy;
  readonly log: QuietLog;
}

/** How a process is started. */
export interface RankProcessOptions extends Pick<RedisRankOptions, 'leaseMs' | 'periodTtlMs'> {
  readonly refused?: boolean;
  readonly figures?: Partial<RedisFigures>;
  /** Puts something between the index and its connection. */
  readonly wrap?: (connection: RedisConnection) => RedisConnection;
}

/** Redis, and what the indices of one installation keep there. */
export interface RankGround {
  readonly installationId: string;
  /** A plain connection beside the lines. */
  readonly admin: Redis;
  start(options?: RankProcessOptions): Promise<RankProcess>;
  /** The keys of this installation, sorted. */
  keys(): Promise<string[]>;
  /** What FLUSHALL would do to this installation: every key goes at one moment. */
  flush(): Promise<void>;
  /** Ends every process, removes the keys and fails if anything is left. */
  close(): Promise<void>;
}

/** Opens one. */
export function openRankGround(): RankGround {
  const installationId = freshInstallation();
  const admin = new Redis(redisUrl);
  const processes: RankProcess[] = [];
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => {
    unhandled.push(reason);
  };
  process.on('unhandledRejection', onUnhandled);
  const pattern = `laurel:${installationId}:*`;
  const keys = async () => (await admin.keys(pattern)).sort();
  const flush = async () => {
    await admin.eval("for _, key in ipairs(redis.call('keys', ARGV[1])) do redis.call('del', key) end", 0, pattern);
  };
  return {
    installationId,
    admin,
    keys,
    flush,
    start: async ({
      refused = false,
      figures,
      wrap = (connection: RedisConnection) => connection,
      ...options
    } = {}) => {
      const proxy = await openTcpProxy(redisAddress(), { refused });
      const log = createQuietLog();
      const redis = openRedis(urlOf(proxy), {
        logger: log,
        figures: { ...quickFigures, deadlineMs: 2_000, commandTimeoutMs: 2_000, ...figures },
      });
      const index = createRedisRankIndex({ redis: wrap(redis.commands), installationId, logger: log, ...options });
      const started = { index, redis, proxy, log };
      processes.push(started);
      if (!refused) await eventually('the process is connected', () => redis.healthy);
      return started;
    },
    close: async () => {
      await Promise.all(processes.map(({ redis }) => redis.close()));
      await eventually('the lines are empty', () => processes.every(({ proxy }) => proxy.connections === 0));
      await Promise.all(processes.map(({ proxy }) => proxy.close()));
      await flush();
      await admin.quit();
      process.off('unhandledRejection', onUnhandled);
      expect(unhandled).toEqual([]);
    },
  };
}

/** Calls `before` ahead of each command, by its number from 0, and `after` when it was answered. */
export function watched(
  connection: RedisConnection,
  { before, after }: { before?: (command: number) => Promise<void>; after?: (command: number) => Promise<void> },
): RedisConnection {
  let commands = 0;
  const client = new Proxy(connection.client, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (!['eval', 'evalsha', 'hget', 'hgetall'].includes(String(name))) return value.bind(target) as unknown;
      return async (...args: unknown[]): Promise<unknown> => {
        const command = commands;
        commands += 1;
        await before?.(command);
        try {
          return await (value.apply(target, args) as Promise<unknown>);
        } finally {
          await after?.(command);
        }
      };
    },
  });
  return {
    client,
    serverOf: connection.serverOf,
    get up() {
      return connection.up;
    },
    onUp: connection.onUp,
    onDown: connection.onDown,
    close: connection.close,
  };
}

/** A board; points, the highest first and the earliest of equals, unless told otherwise. */
export function boardOf(given: Partial<RankedBoard> = {}): RankedBoard {
  return { key: 'points', metric: 'score', order: 'desc', ties: 'earliest', ...given };
}

/** A ranking of a week; of a board without keys unless told. */
export function rankingOf(given: Partial<RankedBoard> = {}, by = '', period = '2026-W47'): Ranking {
  return { board: boardOf(given), period, by };
}

/** Rows of `count` users, with many equals; `random` decides. */
export function rowsOf(count: number, random: () => number, by = ''): LoadedEntry[] {
  return Array.from({ length: count }, (_, at) => ({
    by,
    userId: `user-${String(at).padStart(6, '0')}`,
    value: Math.floor(random() * Math.max(2, count / 5)),
    achievedAt: 1_763_000_000_000 + Math.floor(random() * 4) * 1_000,
    version: 1 + Math.floor(random() * 5),
  }));
}

/** Rows in pages of `size`. */
export async function* pagesOf(rows: readonly LoadedEntry[], size = 100): AsyncGenerator<LoadedEntry[]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}

/** A change to a ranking; null removes. */
export function changeOf(
  ranking: Ranking,
  userId: string,
  version: number,
  standing: readonly [value: number, achievedAt: number] | null,
): RankChange {
  const [value = 0, achievedAt = 0] = standing ?? [];
  return { ranking, userId, version, standing: standing && { value, achievedAt } };
}

/** What the engine makes of rows: the entries of one ranking, in order. */
export function entriesOf(ranking: Ranking, rows: readonly LoadedEntry[]): RankedEntry[] {
  const standings = rows
    .filter(({ by }) => by === ranking.by)
    .map(({ userId, value, achievedAt }) => ({ userId, value, achievedAt }));
  return rank(ranking.board, standings).map((ranked, position) => ({ ...ranked, position }));
}

/** Everything an index says of a ranking, checked against itself; null where it is not loaded. */
export async function bookOf(index: RankIndex, ranking: Ranking): Promise<RankedEntry[] | null> {
  const [entries, count] = [await index.page(ranking, 0, 1_000_000), await index.count(ranking)];
  if (entries === null || count === null) return null;
  const places = await index.places(
    ranking,
    entries.map(({ userId }) => userId),
  );
  if (places === null) return null;
  expect({ count, places }).toEqual({ count: entries.length, places: entries });
  return entries;
}
