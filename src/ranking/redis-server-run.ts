import type { RedisConnection } from '../platform/redis.ts';

/**
 * Tells which run of the Redis server the connection leads to, asked once a connection. A server that comes back from its disk comes
 * with what it held some time ago, and says nothing: only its run is another one. The answer rejects as any command does.
 */
export function createServerRun(redis: RedisConnection): () => Promise<string> {
  let known: Promise<string> | null = null;
  redis.onDown(() => {
    known = null;
  });
  return () => {
    if (known) return known;
    const asked = redis.client.info('server').then(runOf);
    known = asked;
    asked.catch(() => {
      if (known === asked) known = null;
    });
    return asked;
  };
}

function runOf(info: string): string {
  const run = /^run_id:(\S+)/m.exec(info)?.[1];
  if (run === undefined) throw new Error('INFO of Redis names no run_id');
  return run;
}
