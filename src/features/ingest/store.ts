import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { EventRow } from './event-row.ts';

/** An event that was recorded with a key. */
export interface RecordedRow extends EventRow {
  readonly keyHash: string;
  readonly payloadHash: Uint8Array;
}

/** Events that were recorded before with these keys. */
export async function readRecorded(
  on: Queryable,
  keys: readonly { readonly userId: string; readonly keyHash: string }[],
): Promise<RecordedRow[]> {
  if (keys.length === 0) return [];
  return on.query<RecordedRow>(sql`/* ingest.read_recorded */
    select e.user_id as "userId", e.id, e.type, e.details, e.points, e.xp, e.occurred_at as "occurredAt",
      e.recorded_at as "recordedAt", e.idempotency_key as "idempotencyKey", e.key_hash as "keyHash",
      e.payload_hash as "payloadHash"
    from unnest(${keys.map(({ userId }) => userId)}::uuid[], ${keys.map(({ keyHash }) => keyHash)}::uuid[])
      as n (user_id, key_hash)
    join events e using (user_id, key_hash)`);
}

/** Events by (user, id); for replays, `event` and `evidence`. */
export async function readEvents(
  on: Queryable,
  refs: readonly { readonly userId: string; readonly id: string }[],
): Promise<EventRow[]> {
  return on.query<EventRow>(sql`/* ingest.read_events */
    select e.user_id as "userId", e.id, e.type, e.details, e.points, e.xp, e.occurred_at as "occurredAt",
      e.recorded_at as "recordedAt", e.idempotency_key as "idempotencyKey"
    from unnest(${refs.map(({ userId }) => userId)}::uuid[], ${refs.map(({ id }) => id)}::uuid[]) as n (user_id, id)
    join events e using (user_id, id)`);
}

/** A place in a user's list of events. */
export interface EventPlace {
  readonly occurredAt: Date;
  readonly id: string;
}

/** A page of the events of many users, newest first by (occurredAt, id); read from the far end when `backwards`. */
export async function readEventPages(
  on: Queryable,
  userIds: readonly string[],
  page: { type: string | null; after: EventPlace | null; before: EventPlace | null; limit: number; backwards: boolean },
): Promise<EventRow[]> {
  const order = page.backwards ? sql`occurred_at, id` : sql`occurred_at desc, id desc`;
  return on.query<EventRow>(sql`/* ingest.read_event_pages */
    select e.user_id as "userId", e.id, e.type, e.details, e.points, e.xp, e.occurred_at as "occurredAt",
      e.recorded_at as "recordedAt", e.idempotency_key as "idempotencyKey"
    from unnest(${userIds}::uuid[]) as n (user_id)
    cross join lateral (
      select * from events
      where user_id = n.user_id
        and (${page.type}::text is null or type = ${page.type})
        and (${page.after?.id ?? null}::uuid is null
          or (occurred_at, id) < (${page.after?.occurredAt ?? null}::timestamptz, ${page.after?.id ?? null}::uuid))
        and (${page.before?.id ?? null}::uuid is null
          or (occurred_at, id) > (${page.before?.occurredAt ?? null}::timestamptz, ${page.before?.id ?? null}::uuid))
      order by ${order}
      limit ${page.limit}
    ) e
    order by e.user_id, e.occurred_at desc, e.id desc`);
}
