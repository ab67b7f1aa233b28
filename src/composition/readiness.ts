import type { Readiness } from '../http/health.ts';
import type { Database } from '../platform/database.ts';
import type { RedisLinks } from '../platform/redis.ts';
import { sql } from '../platform/sql.ts';

/** A database that does not answer within this time is down. */
const DATABASE_WITHIN_MS = 1_500;

/** How this process stands, for `/ready`. */
export async function readinessOf(database: Database, redis: RedisLinks | null, draining: boolean): Promise<Readiness> {
  const answered = database.query(sql`/* app.ready */ select 1 as one`).then(
    () => true,
    () => false,
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), DATABASE_WITHIN_MS);
  });
  const up = await Promise.race([answered, late]);
  clearTimeout(timer);
  return {
    ready: up && !draining,
    database: up ? 'up' : 'down',
    redis: redis === null ? 'none' : redis.healthy ? 'up' : 'down',
    draining,
  };
}
