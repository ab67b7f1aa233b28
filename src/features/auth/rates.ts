import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateSettings } from '../../config.ts';
import { ApiError } from '../../graphql/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { RedisCommands } from '../../platform/redis-connection.ts';
import type { Principal } from './principal.ts';
import { networkOf } from './throttle.ts';

/** What is counted: operations, events of a player, sockets that connect, attempts to sign in, refreshed tokens. */
export type RateName = keyof RateSettings;

/** Who is counted: a player as a user, everybody without a credential by the address. Keys and admins are not. */
export interface RatedCaller {
  readonly principal: Principal;
  readonly address: string;
}

/** What a caller has left. */
export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  /** When all of it is there again. */
  readonly resetAt: Date;
}

/**
 * Bounds what players and anonymous callers do in a minute. A minute begins with the first call that is counted in it, so that over its
 * border twice as much may come: the library has fixed windows alone.
 */
export interface Rates {
  /**
   * Counts `times` calls, or none of them: throws RATE_LIMITED, with `retryAfterMs` and `limit`, where that is more than what is left.
   * What was refused puts nothing off.
   */
  take(name: RateName, caller: RatedCaller, times?: number): Promise<void>;
  /** What is left; null for who is not counted. */
  read(name: RateName, caller: RatedCaller): Promise<RateState | null>;
}

/** What the rates stand on. */
export interface RateParts {
  readonly clock: Clock;
  readonly limits: RateSettings;
  /** Null, or away: each process counts by itself. */
  readonly redis: Pick<RedisCommands, 'client' | 'up'> | null;
  readonly installationId: string;
  /** Length of the window, seconds; 60 by default. */
  readonly windowSeconds?: number;
}

/** No limits: with LAUREL_AUTH off or key, callers without a credential are the developer. */
export const UNLIMITED: RateSettings = { api: 0, events: 0, connects: 0, signIn: 0, refresh: 0 };

/** Makes them: in Redis where it is up, in this process else. */
export function createRates(parts: RateParts): Rates {
  const limiters = new Map<RateName, () => RateLimiterMemory | RateLimiterRedis>();
  for (const [name, limit] of Object.entries(parts.limits) as [RateName, number][]) {
    if (limit > 0) limiters.set(name, limiterOf(parts, name, limit));
  }
  return {
    async take(name, caller, times = 1) {
      const limiter = limiters.get(name)?.();
      const key = keyOf(name, caller);
      if (limiter === undefined || key === null || times === 0) return;
      try {
        await limiter.consume(key, times);
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        // A smaller call may still fit.
        if (times > 1) await limiter.reward(key, times);
        const figures = { retryAfterMs: Math.max(1, error.msBeforeNext), limit: limiter.points };
        throw new ApiError(
          'RATE_LIMITED',
          `At most ${limiter.points} ${WORDS[name]} a minute; try again later`,
          figures,
        );
      }
    },
    async read(name, caller) {
      const limiter = limiters.get(name)?.();
      const key = keyOf(name, caller);
      if (limiter === undefined || key === null) return null;
      const counted = await limiter.get(key);
      const remaining = Math.max(0, limiter.points - (counted?.consumedPoints ?? 0));
      const resetAt = new Date(parts.clock.now() + Math.max(0, counted?.msBeforeNext ?? 0));
      return { limit: limiter.points, remaining, resetAt };
    },
  };
}

const WORDS: Readonly<Record<RateName, string>> = {
  api: 'operations',
  events: 'events of one player',
  connects: 'new sockets',
  signIn: 'attempts to sign in',
  refresh: 'refreshed tokens',
};

/** Which counts at this moment; where Redis went away just now, `here` steps in. The library reads the time of day by itself. */
function limiterOf(
  { redis, installationId, windowSeconds = 60 }: RateParts,
  name: RateName,
  points: number,
): () => RateLimiterMemory | RateLimiterRedis {
  const options = { points, duration: windowSeconds, keyPrefix: `laurel:${installationId}:rate:${name}` };
  const here = new RateLimiterMemory(options);
  if (redis === null) return () => here;
  const shared = new RateLimiterRedis({ ...options, storeClient: redis.client, insuranceLimiter: here });
  return () => (redis.up ? shared : here);
}

/** Whose count it is; null for who is not counted. Who signs in is counted by the address, whoever it is so far. */
function keyOf(name: RateName, { principal, address }: RatedCaller): string | null {
  if (principal.kind === 'key' || principal.kind === 'admin') return null;
  const isUser = principal.kind === 'player' && name !== 'signIn' && name !== 'refresh';
  return isUser ? `user:${principal.userId}` : `address:${networkOf(address)}`;
}
