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

/**
 * How many users hold each achievement, and how many users there are, test users left out; who holds a renamed one by a former key
 * counts for the key of today. Reads all unlocks: asked for once a minute at most.
 */
export async function countHolders(
  on: Queryable,
  renamed: ReadonlyMap<string, string>,
): Promise<{ holders: Map<string, number>; users: number }> {
  const rows = await on.query<{ achievement: string | null; count: number }>(sql`/* achievements.count_holders */
    select coalesce(n.key, a.achievement) as achievement, count(distinct a.user_id) as count
    from user_achievements a join users u on u.id = a.user_id and not u.test
    left join unnest(${[...renamed.keys()]}::text[], ${[...renamed.values()]}::text[]) as n (former, key)
      on n.former = a.achievement
    where a.revoked_at is null group by 1
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
