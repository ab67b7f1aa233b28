import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ApiError } from '../../graphql/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { RedisCommands } from '../../platform/redis-connection.ts';
import { runScript, script } from '../../platform/redis-script.ts';

/** Who tries to sign in, and from where. */
export interface Attempt {
  /** Id of the user, or what was typed for one who is unknown. */
  readonly account: string;
  readonly address: string;
}

/** Slows down who guesses passwords. */
export interface SignInThrottle {
  /** Counts an attempt as failed. Throws RATE_LIMITED, with `retryAfterMs`, beyond MOST_FAILURES of an account and address. */
  take(attempt: Attempt): Promise<void>;
  /** It did not fail: what was counted is forgotten. */
  clear(attempt: Attempt): Promise<void>;
}

/** What the throttle stands on. */
export interface ThrottleParts {
  readonly clock: Clock;
  /** Null, or away: each process counts by itself. */
  readonly redis: Pick<RedisCommands, 'client' | 'up'> | null;
  readonly installationId: string;
}

/** Failed sign-ins before the account is locked for the address. */
export const MOST_FAILURES = 5;
/** How long it is locked, and how long failures are remembered: 15 min. */
export const LOCK_MS = 15 * 60_000;
const MOST_REMEMBERED = 100_000;

/** An attempt is counted before it is known to fail, so that many at once are no way round; one that was refused puts nothing off. */
const COUNT = script(`
local count = redis.call('incr', KEYS[1])
if count == 1 or count == tonumber(ARGV[1]) then redis.call('pexpire', KEYS[1], ARGV[2]) end
return { count, redis.call('pttl', KEYS[1]) }`);

interface Counted {
  readonly count: number;
  readonly leftMs: number;
}

/** Makes it: in Redis where it is up, in this process else. */
export function createSignInThrottle({ clock, redis, installationId }: ThrottleParts): SignInThrottle {
  const counts = new LRUCache<string, { count: number; until: number }>({ max: MOST_REMEMBERED });
  const countHere = (key: string): Counted => {
    const now = clock.now();
    const known = counts.get(key);
    const entry = known === undefined || known.until <= now ? { count: 0, until: now + LOCK_MS } : known;
    entry.count += 1;
    if (entry.count === MOST_FAILURES) entry.until = now + LOCK_MS;
    counts.set(key, entry);
    return { count: entry.count, leftMs: entry.until - now };
  };
  const count = async (key: string): Promise<Counted> => {
    if (redis === null || !redis.up) return countHere(key);
    try {
      const answer = await runScript(redis.client, COUNT, [key], [MOST_FAILURES, LOCK_MS]);
      const [counted, leftMs] = answer as [number, number];
      return { count: counted, leftMs };
    } catch {
      // It went away this moment.
      return countHere(key);
    }
  };
  const keyOf = ({ account, address }: Attempt): string =>
    `laurel:${installationId}:sign-in:${hash('sha256', `${account} ${networkOf(address)}`, 'hex')}`;
  return {
    async take(attempt) {
      const { count: counted, leftMs } = await count(keyOf(attempt));
      if (counted <= MOST_FAILURES) return;
      const figures = { retryAfterMs: Math.max(1, leftMs), limit: MOST_FAILURES };
      throw new ApiError('RATE_LIMITED', 'Too many failed sign-ins; try again later', figures);
    },
    async clear(attempt) {
      const key = keyOf(attempt);
      counts.delete(key);
      if (redis?.up) await redis.client.del(key).catch(() => undefined);
    },
  };
}

/** The /64 of an IPv6 address, for one household has it whole; an IPv4 address as it is. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : new Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0');
  const network = [...groups, ...zeros, ...rest].slice(0, 4);
  return `${network.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
