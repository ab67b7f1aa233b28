import type { PaidReward } from '../../engine/reward.ts';
import type { FoldEvent, Unlock } from '../../engine/state.ts';
import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import { archivedForFold } from '../archive/archived-events.ts';

/** A user as a rebuild walks over them. */
export interface WalkedUser {
  readonly id: string;
  readonly test: boolean;
  readonly catalogVersion: number;
  /** How many events the log has of the user. */
  readonly events: number;
}

/** The next users in id order; with `below` only those whose state was folded with an older catalog version. */
export async function readWalk(
  on: Queryable,
  { after, below, limit }: { after: string | null; below: number | null; limit: number },
): Promise<WalkedUser[]> {
  return on.query<WalkedUser>(sql`/* rebuild.read_walk */
    select u.id, u.test, u.catalog_version as "catalogVersion",
      coalesce((select sum(t.count) from event_type_totals t where t.user_id = u.id), 0)::bigint as events
    from users u
    where (${after}::uuid is null or u.id > ${after}::uuid) and (${below}::int is null or u.catalog_version < ${below}::int)
    order by u.id
    limit ${limit}::int`);
}

/** These users, in id order. */
export async function readWalked(on: Queryable, userIds: readonly string[]): Promise<WalkedUser[]> {
  return on.query<WalkedUser>(sql`/* rebuild.read_walked */
    select u.id, u.test, u.catalog_version as "catalogVersion",
      coalesce((select sum(t.count) from event_type_totals t where t.user_id = u.id), 0)::bigint as events
    from users u where u.id = any(${userIds}::uuid[])
    order by u.id`);
}

/** How many users there are to walk over. */
export async function countWalk(on: Queryable, below: number | null): Promise<number> {
  const [row] = await on.query<{ count: number }>(sql`/* rebuild.count_walk */
    select count(*) as count from users where ${below}::int is null or catalog_version < ${below}::int`);
  return row?.count ?? 0;
}

/** An event of the log with its user. */
export type LoggedEvent = FoldEvent & { readonly userId: string };

/** Where a page of a log ended. */
export interface LogPlace {
  readonly userId: string;
  readonly occurredAt: number;
  readonly id: string;
}

/** The next events of these users, those of the archive too, by user and (occurredAt, id). */
export async function readLogPage(
  on: Queryable,
  userIds: readonly string[],
  after: LogPlace | null,
  limit: number,
): Promise<LoggedEvent[]> {
  type Row = Omit<LoggedEvent, 'occurredAt' | 'priced'> & { occurredAt: Date; points: number; xp: number };
  const [userId, id] = [after?.userId ?? null, after?.id ?? null];
  const at = after === null ? null : new Date(after.occurredAt);
  const rows = await on.query<Row>(sql`/* rebuild.read_log_page */
    select user_id as "userId", id, type, details, attributes, timezone, occurred_at as "occurredAt", points, xp
    from (
      (select user_id, id, type, details, attributes, timezone, occurred_at, points, xp
      from events
      where user_id = any(${userIds}::uuid[])
        and (${id}::uuid is null or (user_id, occurred_at, id) > (${userId}::uuid, ${at}::timestamptz, ${id}::uuid))
      order by user_id, occurred_at, id
      limit ${limit}::int)
      union all
      (select a.user_id, e.*
      from event_archives a cross join lateral ${archivedForFold}
      where a.user_id = any(${userIds}::uuid[])
        and (${id}::uuid is null or ((a.user_id, a.last_at) >= (${userId}::uuid, ${at}::timestamptz)
          and (a.user_id, e.occurred_at, e.id) > (${userId}::uuid, ${at}::timestamptz, ${id}::uuid)))
      order by a.user_id, a.year, e.occurred_at, e.id
      limit ${limit}::int)
    ) e
    order by user_id, occurred_at, id
    limit ${limit}::int`);
  return rows.map(({ occurredAt, points, xp, ...event }) => ({
    ...event,
    occurredAt: occurredAt.getTime(),
    priced: { points, xp },
  }));
}

/** Every unlock row of these users, revoked ones too. */
export async function readFacts(
  on: Queryable,
  userIds: readonly string[],
): Promise<(Unlock & { readonly userId: string })[]> {
  type Row = Omit<Unlock, 'unlockedAt' | 'revokedAt'> & { userId: string; unlockedAt: Date; revokedAt: Date | null };
  const rows = await on.query<Row>(sql`/* rebuild.read_facts */
    select user_id as "userId", achievement, tier, period, unlocked_at as "unlockedAt", event_id as "eventId", points, xp, source,
      revoked_at as "revokedAt"
    from user_achievements where user_id = any(${userIds}::uuid[])`);
  return rows.map((row) => ({
    ...row,
    unlockedAt: row.unlockedAt.getTime(),
    revokedAt: row.revokedAt?.getTime() ?? null,
  }));
}

/** Every reward that these users got for their places on boards. */
export async function readRewards(
  on: Queryable,
  userIds: readonly string[],
): Promise<(PaidReward & { readonly userId: string })[]> {
  const rows = await on.query<{ userId: string; at: Date; points: number; xp: number }>(sql`/* rebuild.read_rewards */
    select user_id as "userId", recorded_at as at, points, xp from ledger
    where user_id = any(${userIds}::uuid[]) and source = 'reward'
    order by user_id, id`);
  return rows.map((row) => ({ ...row, at: row.at.getTime() }));
}
