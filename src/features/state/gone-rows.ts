import type { Statement } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** What deletes a locked user's log and all that was folded from it: terms of a `with`, before what else is done to the user. */
export function goneRowsOf(userId: string): Statement {
  return sql`gone_events as (delete from events where user_id = ${userId}::uuid returning 1),
      gone_archives as (delete from event_archives where user_id = ${userId}::uuid returning count),
      gone_keys as (delete from archived_keys where user_id = ${userId}::uuid),
      gone_totals as (delete from event_type_totals where user_id = ${userId}::uuid),
      gone_values as (delete from metric_values where user_id = ${userId}::uuid),
      gone_members as (delete from metric_members where user_id = ${userId}::uuid),
      gone_days as (delete from streak_days where user_id = ${userId}::uuid),
      gone_unlocks as (delete from user_achievements where user_id = ${userId}::uuid),
      gone_ledger as (delete from ledger where user_id = ${userId}::uuid),
      gone_messages as (delete from notifications where user_id = ${userId}::uuid),
      gone_suspicions as (delete from suspicions where user_id = ${userId}::uuid)`;
}

/** How many events these terms deleted, those of the archive too; the end of the statement. */
export const selectGoneEvents = sql`select ((select count(*) from gone_events) + coalesce((select sum(count) from gone_archives), 0))::bigint as events`;
