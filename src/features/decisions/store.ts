import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** Whose rows are deleted, when, and the catalog version with which the fold starts anew. */
export interface ResetOf {
  readonly userId: string;
  readonly at: Date;
  readonly catalogVersion: number;
}

/** Deletes all that was folded from a locked user's log, and the log; answers how many events there were. */
export async function resetRows(on: Queryable, { userId, at, catalogVersion }: ResetOf): Promise<number> {
  const rows = await on.query<{ events: number }>(sql`/* decisions.reset */
    with
      gone_events as (delete from events where user_id = ${userId}::uuid returning 1),
      gone_archives as (delete from event_archives where user_id = ${userId}::uuid returning count),
      gone_keys as (delete from archived_keys where user_id = ${userId}::uuid),
      gone_totals as (delete from event_type_totals where user_id = ${userId}::uuid),
      gone_values as (delete from metric_values where user_id = ${userId}::uuid),
      gone_members as (delete from metric_members where user_id = ${userId}::uuid),
      gone_days as (delete from streak_days where user_id = ${userId}::uuid),
      gone_unlocks as (delete from user_achievements where user_id = ${userId}::uuid),
      gone_ledger as (delete from ledger where user_id = ${userId}::uuid),
      gone_messages as (delete from notifications where user_id = ${userId}::uuid),
      zeroed as (
        update users set score = 0, achievement_points = 0, xp = 0, last_activity_at = null,
          row_version = row_version + 1, updated_at = ${at}::timestamptz, catalog_version = ${catalogVersion}::int, archived_to = null
        where id = ${userId}::uuid)
    select ((select count(*) from gone_events) + coalesce((select sum(count) from gone_archives), 0))::bigint as events`);
  return rows[0]?.events ?? 0;
}

/** A grant or a revoke by hand, as the ledger keeps it. */
export interface HandDecision {
  readonly kind: 'grant' | 'revoke';
  readonly at: Date;
  /** 0 for an achievement without tiers. */
  readonly tier: number;
  readonly reason: string | null;
  /** Who decided. */
  readonly actor: string | null;
}

/** The newest line of a grant or a revoke of an achievement, by all the keys it had. */
export async function readLatest(
  on: Queryable,
  userId: string,
  achievements: readonly string[],
): Promise<HandDecision | null> {
  const rows = await on.query<HandDecision>(sql`/* decisions.latest */
    select source as kind, recorded_at as at, coalesce(tier, 0) as tier, reason, actor
    from ledger
    where user_id = ${userId}::uuid and achievement = any(${achievements}::text[]) and source in ('grant', 'revoke')
    order by recorded_at desc, id desc
    limit 1`);
  return rows[0] ?? null;
}
