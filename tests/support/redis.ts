import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

/** Where the tests look for a Redis of their own. */
export const redisUrl = process.env['LAUREL_TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/**
 * True when Redis answers at `redisUrl`. Throws instead of saying no when LAUREL_TEST_REQUIRE=services: a suite that was meant to
 * run must not skip itself.
 */
export async function hasRedis(): Promise<boolean> {
  const client = new Redis(redisUrl, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.ping();
    return true;
  } catch (error) {
    if (process.env['LAUREL_TEST_REQUIRE'] === 'services') {
      throw new Error(`LAUREL_TEST_REQUIRE=services, and no Redis answers at ${redisUrl}`, { cause: error });
    }
    return false;
  } finally {
    client.disconnect();
  }
}

/** Host and port of `redisUrl`, for a proxy in front of it. */
export function redisAddress(): { host: string; port: number } {
  const { hostname, port } = new URL(redisUrl);
  return { host: hostname, port: Number(port || 6379) };
}

/** An installation id nobody else uses, so that test runs beside each other do not hear each other. */
export function freshInstallation(): string {
  return `test-${randomUUID()}`;
}
