import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { UserRow } from './user-row.ts';

/** Locks the users in id order. Reads nothing: a later statement does, for this one's snapshot is from before the wait. */
export async function lockUsers(on: Queryable, userIds: readonly string[]): Promise<void> {
  await on.query(sql`/* state.lock_users */
    select id from users where id = any(${userIds}::uuid[]) order by id for update`);
}

/** The users' rows, after lockUsers. */
export async function readUsers(on: Queryable, userIds: readonly string[]): Promise<UserRow[]> {
  return on.query<UserRow>(sql`/* state.read_users */
    select id, test, timezone, attributes, score, achievement_points as "achievementPoints", xp,
      last_activity_at as "lastActivityAt", last_seq as "lastSeq",
      catalog_version as "catalogVersion"
    from users where id = any(${userIds}::uuid[])`);
}
