import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import { archivedForExport } from '../archive/archived-events.ts';
import { goneRowsOf, selectGoneEvents } from '../state/gone-rows.ts';
import { DOUBTED_REASON, SUSPECTED } from '../suspicions/words.ts';

/** Reasons of quarantines that came of a suspicion. */
const DOUBTED = `${DOUBTED_REASON}%`;

/** Deletes a locked user with all that is stored of it; answers how many events there were. Final places of boards stay, by id alone. */
export async function eraseRows(on: Queryable, userId: string): Promise<number> {
  const rows = await on.query<{ events: number }>(sql`/* privacy.erase */
    with
      ${goneRowsOf(userId)},
      gone_sessions as (delete from sessions where user_id = ${userId}::uuid),
      gone_identities as (delete from identities where user_id = ${userId}::uuid),
      gone_passwords as (delete from passwords where user_id = ${userId}::uuid),
      gone_announced as (delete from outbox where user_id = ${userId}::uuid),
      gone_user as (delete from users where id = ${userId}::uuid)
    ${selectGoneEvents}`);
  return rows[0]?.events ?? 0;
}

/**
 * What is stored of a user beside the log, a list of rows by table, as the database writes rows as JSON; no secrets, nor hashes of any.
 * What the user is suspected of is for reviewers: of a quarantine that came of it the reason is left out, and of suspicions all.
 */
export async function readStored(on: Queryable, userId: string): Promise<Readonly<Record<string, readonly object[]>>> {
  const rows = await on.query<{ name: string; rows: readonly object[] }>(sql`/* privacy.read_stored */
    select 'user' as name, coalesce(jsonb_agg(case when quarantine_reason like ${DOUBTED} then to_jsonb(t) - 'quarantine_reason'
      else to_jsonb(t) end), '[]') as rows from users t where id = ${userId}::uuid
    union all
    select 'totals', coalesce(jsonb_agg(to_jsonb(t) order by type), '[]') from event_type_totals t where user_id = ${userId}::uuid
    union all
    select 'metrics', coalesce(jsonb_agg(to_jsonb(t) order by metric, by_key, period), '[]') from metric_values t
    where user_id = ${userId}::uuid
    union all
    select 'members', coalesce(jsonb_agg(to_jsonb(t) order by metric, by_key, period, member), '[]') from metric_members t
    where user_id = ${userId}::uuid
    union all
    select 'days', coalesce(jsonb_agg(to_jsonb(t) order by streak, day), '[]') from streak_days t where user_id = ${userId}::uuid
    union all
    select 'unlocks', coalesce(jsonb_agg(to_jsonb(t) order by unlocked_at, achievement, tier, period), '[]')
    from user_achievements t where user_id = ${userId}::uuid
    union all
    select 'ledger', coalesce(jsonb_agg(to_jsonb(t) order by id), '[]') from ledger t where user_id = ${userId}::uuid
    union all
    select 'notifications', coalesce(jsonb_agg(to_jsonb(t) order by seq), '[]') from notifications t
    where user_id = ${userId}::uuid
    union all
    select 'places', coalesce(jsonb_agg(to_jsonb(t) order by board, period, by_key), '[]') from leaderboard_standings t
    where user_id = ${userId}::uuid
    union all
    select 'sessions', coalesce(jsonb_agg(to_jsonb(t) - 'refresh_hash' - 'previous_hash' order by id), '[]') from sessions t
    where user_id = ${userId}::uuid
    union all
    select 'identities', coalesce(jsonb_agg(case kind when 'DEVICE' then to_jsonb(t) - 'subject' else to_jsonb(t) end
      order by kind, created_at), '[]') from identities t
    where user_id = ${userId}::uuid
    union all
    select 'passwords', coalesce(jsonb_agg(to_jsonb(t) - 'hash'), '[]') from passwords t where user_id = ${userId}::uuid
    union all
    select 'announced', coalesce(jsonb_agg(case when payload->>'reason' like ${DOUBTED}
        then jsonb_set(to_jsonb(t), '{payload}', payload - 'reason') else to_jsonb(t) end - 'writer' order by place), '[]')
    from outbox t where user_id = ${userId}::uuid and kind <> ${SUSPECTED}`);
  return Object.fromEntries(rows.map(({ name, rows: own }) => [name, own]));
}

/** An event of the log as a person reads it. */
export interface OwnEvent {
  readonly id: string;
  readonly type: string;
  readonly details: unknown;
  readonly attributes: unknown;
  readonly timezone: string | null;
  readonly points: number;
  readonly xp: number;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly idempotencyKey: string | null;
}

/** The next events of a user in the order of their ids, those of the archive too. */
export async function readOwnEvents(
  on: Queryable,
  userId: string,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<OwnEvent[]> {
  const columns = sql`e.id, e.type, e.details, e.attributes, e.timezone, e.points, e.xp, e.occurred_at, e.recorded_at, e.idempotency_key`;
  return on.query<OwnEvent>(sql`/* privacy.read_events */
    select id, type, details, attributes, timezone, points, xp, occurred_at as "occurredAt", recorded_at as "recordedAt",
      idempotency_key as "idempotencyKey"
    from (
      (select ${columns} from events e
      where user_id = ${userId}::uuid and (${after}::uuid is null or id > ${after}::uuid) order by id limit ${limit}::int)
      union all
      (select ${columns} from event_archives a cross join lateral ${archivedForExport}
      where a.user_id = ${userId}::uuid and (${after}::uuid is null or (a.last_id > ${after}::uuid and e.id > ${after}::uuid))
      order by e.id
      limit ${limit}::int)
    ) e
    order by id
    limit ${limit}::int`);
}
