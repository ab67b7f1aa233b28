import type { Redis } from 'ioredis';
import type { RedisCommands } from '../platform/redis-connection.ts';

/**
 * Tells which run of the Redis server keeps a key, asked once a connection. A server that comes back from its disk, or a replica that
 * takes over, comes with what it held some time ago, and says nothing: only its run is another one. The answer rejects as any command does.
 */
export function createServerRun(redis: RedisCommands): (key: string) => Promise<string> {
  let known = new WeakMap<Redis, Promise<string>>();
  redis.onDown(() => {
    known = new WeakMap();
  });
  return async (key) => {
    const server = redis.serverOf(key);
    const found = known.get(server);
    if (found) return found;
    const asked = server.info('server').then(runOf);
    const runs = known.set(server, asked);
    asked.catch(() => {
      if (runs.get(server) === asked) runs.delete(server);
    });
    return asked;
  };
}

function runOf(info: string): string {
  const run = /^run_id:(\S+)/m.exec(info)?.[1];
  if (run === undefined) throw new Error('INFO of Redis names no run_id');
  return run;
}
