import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

/** A sorted set of the bench's own; disposing deletes it. */
export interface RawBoard extends AsyncDisposable {
  /** The Redis with the key of the set as its hash. */
  readonly url: string;
}

const STEP = 10_000;

/** Loads a sorted set with `player-0`, `player-1`, ... at random scores. */
export async function loadRawBoard(redisUrl: string, users: number): Promise<RawBoard> {
  const redis = new Redis(redisUrl);
  const key = `laurel-bench:${randomUUID()}`;
  for (let from = 0; from < users; from += STEP) {
    const members = Array.from({ length: Math.min(STEP, users - from) }, (_, place) => [
      Math.floor(Math.random() * 1_000_000),
      `player-${from + place}`,
    ]);
    await redis.zadd(key, ...members.flat());
  }
  return {
    url: `${redisUrl}#${key}`,
    async [Symbol.asyncDispose]() {
      await redis.unlink(key);
      redis.disconnect();
    },
  };
}
