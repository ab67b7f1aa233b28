import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import { goneRowsOf, selectGoneEvents } from '../state/gone-rows.ts';

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
      ${goneRowsOf(userId)},
      zeroed as (
        update users set score = 0, achievement_points = 0, xp = 0, last_activity_at = null,
          row_version = row_version + 1, updated_at = ${at}::timestamptz, catalog_version = ${catalogVersion}::int, archived_to = null
        where id = ${userId}::uuid)
    ${selectGoneEvents}`);
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
