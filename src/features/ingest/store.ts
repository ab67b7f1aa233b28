import type { Queryable } from '../../platform/database.ts';
import { oneByOne, sql } from '../../platform/sql.ts';
import { archivedAtPlace, archivedForShow } from '../archive/archived-events.ts';
import type { EventRow } from './event-row.ts';

/** An event that was recorded with a key. */
export interface RecordedRow extends EventRow {
  readonly keyHash: string;
  readonly payloadHash: Uint8Array;
}

/** An idempotency key of a user. */
interface KeyRef {
  readonly userId: string;
  readonly keyHash: string;
}

/** Events that were recorded before with these keys and are not in the archive. */
export async function readRecorded(on: Queryable, keys: readonly KeyRef[]): Promise<RecordedRow[]> {
  if (keys.length === 0) return [];
  return on.query<RecordedRow>(sql`/* ingest.read_recorded */
    select e.user_id as "userId", e.id, e.type, e.details, e.points, e.xp, e.occurred_at as "occurredAt",
      e.recorded_at as "recordedAt", e.idempotency_key as "idempotencyKey", e.key_hash as "keyHash",
      e.payload_hash as "payloadHash"
    from unnest(${keys.map(({ userId }) => userId)}::uuid[], ${keys.map(({ keyHash }) => keyHash)}::uuid[])
      as n (user_id, key_hash)
    cross join lateral (select * from events where (user_id, key_hash) = (n.user_id, n.key_hash) ${oneByOne}) e`);
}

/** Events of the archive that were recorded with these keys. */
export async function readArchived(on: Queryable, keys: readonly KeyRef[]): Promise<RecordedRow[]> {
  if (keys.length === 0) return [];
  return on.query<RecordedRow>(sql`/* ingest.read_archived */
    select ${archivedAtPlace}, p.key_hash as "keyHash", a.payload_hashes[p.place] as "payloadHash"
    from unnest(${keys.map(({ userId }) => userId)}::uuid[], ${keys.map(({ keyHash }) => keyHash)}::uuid[])
      as n (user_id, key_hash)
    cross join lateral (select * from archived_keys where (user_id, key_hash) = (n.user_id, n.key_hash) ${oneByOne}) p
    cross join lateral (select * from event_archives where (user_id, year, part) = (p.user_id, p.year, p.part) ${oneByOne}) a`);
}

/** Events by (user, id), those of the archive too; for replays, `event` and `evidence`. */
export async function readEvents(
  on: Queryable,
  refs: readonly { readonly userId: string; readonly id: string }[],
): Promise<EventRow[]> {
  return on.query<EventRow>(sql`/* ingest.read_events */
    with n as (
      select * from unnest(${refs.map(({ userId }) => userId)}::uuid[], ${refs.map(({ id }) => id)}::uuid[]) as n (user_id, id))
    select e.user_id as "userId", e.id, e.type, e.details, e.points, e.xp, e.occurred_at as "occurredAt",
      e.recorded_at as "recordedAt", e.idempotency_key as "idempotencyKey"
    from n join events e using (user_id, id)
    union all
    select ${archivedAtPlace}
    from n join event_archives a on a.user_id = n.user_id and n.id between a.first_id and a.last_id
    cross join lateral (select array_position(a.ids, n.id) as place) p
    where p.place is not null`);
}

/** A place in a user's list of events. */
export interface EventPlace {
  readonly occurredAt: Date;
  readonly id: string;
}

/** Which part of the lists is read. */
export interface EventPage {
  readonly type: string | null;
  readonly after: EventPlace | null;
  readonly before: EventPlace | null;
  readonly limit: number;
  /** From the far end. */
  readonly backwards: boolean;
}

/**
 * A page of the events of many users, newest first by (occurredAt, id); read from the far end when `backwards`. Of the archive no
 * year is read that lies beyond a page which `events` fill, and of the others one after the other, as many as the page takes.
 */
export async function readEventPages(
  on: Queryable,
  userIds: readonly string[],
  { type, after, before, limit, backwards }: EventPage,
): Promise<EventRow[]> {
  const order = backwards ? sql`e.occurred_at, e.id` : sql`e.occurred_at desc, e.id desc`;
  const byYear = backwards ? sql`a.year, e.occurred_at, e.id` : sql`a.year desc, e.occurred_at desc, e.id desc`;
  // Where a full page of `events` ends.
  const far = backwards ? sql`max(occurred_at)` : sql`min(occurred_at)`;
  const isWithin = backwards ? sql`a.first_at <= coalesce` : sql`a.last_at >= coalesce`;
  const beyond = backwards ? sql`'infinity'::timestamptz` : sql`'-infinity'::timestamptz`;
  const [afterId, afterAt] = [after?.id ?? null, after?.occurredAt ?? null];
  const [beforeId, beforeAt] = [before?.id ?? null, before?.occurredAt ?? null];
  const isAsked = sql`(${type}::text is null or e.type = ${type})
          and (${afterId}::uuid is null or (e.occurred_at, e.id) < (${afterAt}::timestamptz, ${afterId}::uuid))
          and (${beforeId}::uuid is null or (e.occurred_at, e.id) > (${beforeAt}::timestamptz, ${beforeId}::uuid))`;
  const columns = sql`e.id, e.type, e.details, e.points, e.xp, e.occurred_at, e.recorded_at, e.idempotency_key`;
  return on.query<EventRow>(sql`/* ingest.read_event_pages */
    select n.user_id as "userId", e.id, e.type, e.details, e.points, e.xp, e.occurred_at as "occurredAt",
      e.recorded_at as "recordedAt", e.idempotency_key as "idempotencyKey"
    from unnest(${userIds}::uuid[]) as n (user_id)
    cross join lateral (
      with kept as materialized (
        select ${columns} from events e where e.user_id = n.user_id and ${isAsked} order by ${order} limit ${limit})
      select e.* from (
        select * from kept
        union all
        (select ${columns} from event_archives a cross join lateral ${archivedForShow}
        where a.user_id = n.user_id
          and ${isWithin}((select case when count(*) = ${limit}::int then ${far} end from kept), ${beyond})
          and (${afterAt}::timestamptz is null or a.first_at <= ${afterAt}::timestamptz)
          and (${beforeAt}::timestamptz is null or a.last_at >= ${beforeAt}::timestamptz)
          and ${isAsked}
        order by ${byYear}
        limit ${limit})
      ) e
      order by ${order}
      limit ${limit}
    ) e
    order by n.user_id, e.occurred_at desc, e.id desc`);
}
