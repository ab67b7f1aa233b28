import { Redis } from 'ioredis';
import type { Database } from '../../src/platform/database.ts';
import { readInstallation } from '../../src/platform/installation.ts';
import { redisUrl } from './redis.ts';

/** Deletes every key of an installation: what FLUSHALL does to it. */
export async function forgetRanks(database: Database): Promise<void> {
  const { id } = await readInstallation(database);
  const redis = new Redis(redisUrl);
  try {
    for await (const keys of redis.scanStream({ match: `laurel:${id}:*`, count: 1_000 }))
      if (keys.length > 0) await redis.del(...(keys as string[]));
  } finally {
    redis.disconnect();
  }
}
