import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { UnlockRow } from './unlock-row.ts';

/** All unlocks of the users, oldest first. */
export async function readUnlocks(on: Queryable, userIds: readonly string[]): Promise<UnlockRow[]> {
  return on.query<UnlockRow>(sql`/* achievements.read_unlocks */
    select user_id as "userId", achievement, tier, period, unlocked_at as "unlockedAt", version, event_id as "eventId", points, xp
    from user_achievements
    where user_id = any(${userIds}::uuid[]) and revoked_at is null
    order by user_id, unlocked_at, recorded_at, achievement, tier, period`);
}

/** How many users hold each achievement, and how many users there are, test users left out. Reads all unlocks: asked for once a minute at most. */
export async function countHolders(on: Queryable): Promise<{ holders: Map<string, number>; users: number }> {
  const rows = await on.query<{ achievement: string | null; count: number }>(sql`/* achievements.count_holders */
    select a.achievement, count(distinct a.user_id) as count
    from user_achievements a join users u on u.id = a.user_id and not u.test
    where a.revoked_at is null group by a.achievement
    union all
    select null, count(*) from users where not test`);
  const holders = new Map<string, number>();
  let users = 0;
  for (const { achievement, count } of rows) {
    if (achievement === null) users = count;
    else holders.set(achievement, count);
  }
  return { holders, users };
}
