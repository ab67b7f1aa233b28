import { LRUCache } from 'lru-cache';
import { ApiError, badUserInput } from '../../graphql/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { RedisCommands } from '../../platform/redis-connection.ts';
import { runScript, script } from '../../platform/redis-script.ts';
import type { Principal } from './principal.ts';

/** Counts the events that keys with a quota report. */
export interface KeyQuota {
  /**
   * Takes `count` events from the minute of a key; everybody else has no quota. Throws RATE_LIMITED, with `retryAfterMs`, when the
   * minute has not so many left: then none are taken. Throws BAD_USER_INPUT for more than a whole minute has.
   */
  take(principal: Principal, count: number): Promise<void>;
}

/** What it stands on. */
export interface KeyQuotaParts {
  readonly clock: Clock;
  /** Null, or away: each process counts by itself. */
  readonly redis: Pick<RedisCommands, 'client' | 'up'> | null;
  readonly installationId: string;
}

const MINUTE_MS = 60_000;
const MOST_REMEMBERED = 10_000;

/** The minute of a key begins with its first event. Answers 0, or how long to wait. */
const TAKE = script(`
local taken = tonumber(redis.call('get', KEYS[1]) or '0')
if taken + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return math.max(1, redis.call('pttl', KEYS[1])) end
redis.call('incrby', KEYS[1], ARGV[1])
if taken == 0 then redis.call('pexpire', KEYS[1], ARGV[3]) end
return 0`);

/** Makes it: in Redis where it is up, in this process else. */
export function createKeyQuota({ clock, redis, installationId }: KeyQuotaParts): KeyQuota {
  const minutes = new LRUCache<string, { taken: number; until: number }>({ max: MOST_REMEMBERED });
  const takeHere = (keyId: string, count: number, limit: number): number => {
    const now = clock.now();
    const known = minutes.get(keyId);
    const minute = known === undefined || known.until <= now ? { taken: 0, until: now + MINUTE_MS } : known;
    if (minute.taken + count > limit) return Math.max(1, minute.until - now);
    minute.taken += count;
    minutes.set(keyId, minute);
    return 0;
  };
  const waitOf = async (keyId: string, count: number, limit: number): Promise<number> => {
    if (redis === null || !redis.up) return takeHere(keyId, count, limit);
    try {
      const key = `laurel:${installationId}:key-events:${keyId}`;
      return (await runScript(redis.client, TAKE, [key], [count, limit, MINUTE_MS])) as number;
    } catch {
      // It went away this moment.
      return takeHere(keyId, count, limit);
    }
  };
  return {
    async take(principal, count) {
      if (principal.kind !== 'key' || principal.eventsPerMinute === null || count === 0) return;
      const limit = principal.eventsPerMinute;
      if (count > limit) throw badUserInput(`This key has ${limit} events a minute: send at most so many at once`);
      const retryAfterMs = await waitOf(principal.keyId, count, limit);
      if (retryAfterMs === 0) return;
      throw new ApiError('RATE_LIMITED', 'This key has no events left this minute', { retryAfterMs, limit });
    },
  };
}
