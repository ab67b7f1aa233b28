import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** Of these server processes, those that are gone. */
export async function goneWriters(on: Queryable, writers: readonly number[]): Promise<number[]> {
  const rows = await on.query<{ writer: number }>(sql`/* domain_events.gone_writers */
    select w.writer from unnest(${writers}::int[]) as w (writer)
    where not exists (select from pg_catalog.pg_stat_activity a where a.pid = w.writer)`);
  return rows.map(({ writer }) => writer);
}

/** A user whom a batch touched, with what there is to tell. */
export interface TouchedUser {
  readonly userId: string;
  /** When the batch was written, as it says itself. */
  readonly at: Date;
  /** The newest stored message; 0 without any. */
  readonly lastSeq: number;
  /** The level before and after the batch, where it rose. */
  readonly from: number | null;
  readonly to: number | null;
}

/** The users that these rows of the outbox list. */
export async function readTouched(on: Queryable, ids: readonly string[]): Promise<TouchedUser[]> {
  return on.query<TouchedUser>(sql`/* domain_events.read_touched */
    select u.id as "userId", o.created_at as at, u.last_seq as "lastSeq", l.from, l.to
    from outbox o
    cross join lateral jsonb_array_elements_text(o.payload->'users') as t (user_id)
    join users u on u.id = t.user_id::uuid
    left join lateral (
      select min((n.data->>'from')::int) as from, max((n.data->>'to')::int) as to from notifications n
      where n.user_id = u.id and n.kind = 'LEVEL_UP' and n.created_at = o.created_at
    ) l on true
    where o.id = any(${ids}::uuid[])
    order by o.place, u.id`);
}

/** An event that a batch recorded. */
export interface TouchedEvent {
  readonly userId: string;
  readonly id: string;
  readonly type: string;
}

/** The events that the batches of these users recorded. Ids hold the time of receipt, so only the newest of a user are looked at. */
export async function readTouchedEvents(
  on: Queryable,
  touched: readonly { readonly userId: string; readonly at: Date }[],
  received: readonly string[],
): Promise<TouchedEvent[]> {
  return on.query<TouchedEvent>(sql`/* domain_events.read_touched_events */
    select e.user_id as "userId", e.id, e.type
    from unnest(${touched.map(({ userId }) => userId)}::uuid[], ${touched.map(({ at }) => at)}::timestamptz[],
      ${received}::uuid[]) as t (user_id, at, since)
    cross join lateral (
      select user_id, id, type from events where user_id = t.user_id and id >= t.since and recorded_at = t.at
      union all
      select a.user_id, e.id, e.type
      from event_archives a cross join lateral unnest(a.ids, a.types, a.recorded_at) as e (id, type, recorded_at)
      where a.user_id = t.user_id and a.last_id >= t.since and e.recorded_at = t.at
    ) e
    order by e.id`);
}
