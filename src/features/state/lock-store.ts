import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { UserRow } from './user-row.ts';

const columns = sql`u.id, u.test, u.timezone, u.locale, u.attributes, u.score, u.achievement_points as "achievementPoints", u.xp,
      u.last_activity_at as "lastActivityAt", u.last_seq as "lastSeq", u.catalog_version as "catalogVersion",
      u.row_version as "rowVersion", u.archived_to as "archivedTo", u.blocked_until as "blockedUntil",
      not u.test and u.show_on_leaderboards and not u.hidden_on_leaderboards as "onLeaderboards",
      u.quarantined_at is not null as quarantined`;

/**
 * Locks the users in id order and answers their rows as they are under the lock: a row that was waited for is read again
 * (PostgreSQL, "Read Committed Isolation Level"). Everything else of a user is read by a later statement, for this one's snapshot
 * is from before the wait.
 */
export async function lockUsers(on: Queryable, userIds: readonly string[]): Promise<UserRow[]> {
  return on.query<UserRow>(sql`/* state.lock_users */
    select ${columns} from users u where u.id = any(${userIds}::uuid[]) order by u.id for update`);
}

/** A locked user with the name it may have been locked by. */
export interface NamedRow extends UserRow {
  readonly externalId: string | null;
}

/** As lockUsers, for users named by id or by externalId. Who is absent is left out. */
export async function lockNamed(
  on: Queryable,
  names: { readonly ids: readonly string[]; readonly externalIds: readonly string[] },
): Promise<NamedRow[]> {
  return on.query<NamedRow>(sql`/* state.lock_named */
    select ${columns}, u.external_id as "externalId" from users u
    where u.id = any(array(
      select unnest(${names.ids}::uuid[])
      union
      select n.id from unnest(${names.externalIds}::text[]) as e (external_id) join users n using (external_id)
    ))
    order by u.id for update`);
}

/**
 * Has the statements of a transaction reach their rows through indexes. Their plans are kept: one that was made while a table was
 * nearly empty would read all of it for every batch until the next ANALYZE.
 */
export async function useIndexes(on: Queryable): Promise<void> {
  await on.query(sql`/* state.use_indexes */
    select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`);
}
