import { OPENING } from '../../engine/opening.ts';
import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** A user with so many events to archive, counted up to a bound. */
export interface OldEvents {
  readonly userId: string;
  readonly events: number;
}

/** The next users in id order, those too who have nothing to archive. `most` bounds the count of one; null: all are counted. */
export async function readOld(
  on: Queryable,
  { before, after, users, most }: { before: Date; after: string | null; users: number; most: number | null },
): Promise<OldEvents[]> {
  return on.query<OldEvents>(sql`/* archive.read_old */
    select u.id as "userId", o.events
    from (select id from users where ${after}::uuid is null or id > ${after}::uuid order by id limit ${users}::int) u
    cross join lateral (
      select count(*) as events from (
        select from events where user_id = u.id and occurred_at < ${before}::timestamptz and type <> ${OPENING} limit ${most}::int) e
    ) o
    order by u.id`);
}

/** How many users there are. */
export async function countUsers(on: Queryable): Promise<number> {
  const [row] = await on.query<{ count: number }>(sql`/* archive.count_users */ select count(*) as count from users`);
  return row?.count ?? 0;
}

/** The partitions of `events`, as SQL names them. */
export async function readPartitions(on: Queryable): Promise<string[]> {
  const rows = await on.query<{ name: string }>(sql`/* archive.read_partitions */
    select inhrelid::regclass::text as name from pg_catalog.pg_inherits where inhparent = 'events'::regclass order by 1`);
  return rows.map(({ name }) => name);
}

/** A place in a user's log. */
export interface LogPlace {
  readonly occurredAt: Date;
  readonly id: string;
}

/** The event before which a user has exactly `count` events to archive; null when there are not more. */
export async function placeAfter(
  on: Queryable,
  { userId, before, count }: { userId: string; before: Date; count: number },
): Promise<LogPlace | null> {
  const [row] = await on.query<LogPlace>(sql`/* archive.place_after */
    select occurred_at as "occurredAt", id from events
    where user_id = ${userId}::uuid and occurred_at < ${before}::timestamptz and type <> ${OPENING}
    order by occurred_at, id
    offset ${count}::int limit 1`);
  return row ?? null;
}

/** What was moved. */
export interface Moved {
  readonly events: number;
  readonly users: number;
}

/** Events of one row of the archive: some 100 KB, and a millisecond to read. */
const PART_EVENTS = 1_000;

/**
 * Moves events of locked users that happened before `before` (and `upTo`, where it is given) into the archive, in their order, behind
 * what is there of their years. Openings stay. The state is that of the log as before; nothing of it is written.
 */
export async function moveEvents(
  on: Queryable,
  { userIds, before, upTo }: { userIds: readonly string[]; before: Date; upTo: LogPlace | null },
): Promise<Moved> {
  const [row] = await on.query<Moved>(sql`/* archive.move */
    with
      gone as (
        delete from events
        where user_id = any(${userIds}::uuid[]) and occurred_at < ${before}::timestamptz and type <> ${OPENING}
          and (${upTo?.id ?? null}::uuid is null
            or (occurred_at, id) < (${upTo?.occurredAt ?? null}::timestamptz, ${upTo?.id ?? null}::uuid))
        returning *),
      dated as (select g.*, extract(year from occurred_at at time zone 'UTC')::smallint as year from gone g),
      -- Where the next event of a year goes: behind the last one of its last part, or into a new part.
      ends as (
        select distinct on (d.user_id, d.year) d.user_id, d.year,
          case when a.count < ${PART_EVENTS}::int then a.part else coalesce(a.part + 1, 0) end as part,
          case when a.count < ${PART_EVENTS}::int then a.count else 0 end as count
        from (select distinct user_id, year from dated) d left join event_archives a using (user_id, year)
        order by d.user_id, d.year, a.part desc),
      ranked as (
        select d.*, e.part as last_part,
          e.count + row_number() over (partition by user_id, year order by d.occurred_at, d.id) - 1 as rank
        from dated d join ends e using (user_id, year)),
      placed as (
        select r.*, (last_part + rank / ${PART_EVENTS}::int)::smallint as part, (rank % ${PART_EVENTS}::int + 1)::smallint as place
        from ranked r),
      packed as (
        insert into event_archives as a (user_id, year, part, count, first_at, last_at, first_id, last_id, ids, types, details,
          attributes, timezones, points, xp, occurred_at, recorded_at, idempotency_keys, payload_hashes, catalog_versions)
        select user_id, year, part, count(*), min(occurred_at), max(occurred_at), (array_agg(id order by id))[1],
          (array_agg(id order by id desc))[1], array_agg(id order by place), array_agg(type order by place),
          array_agg(details order by place), array_agg(attributes order by place), array_agg(timezone order by place),
          array_agg(points order by place), array_agg(xp order by place), array_agg(occurred_at order by place),
          array_agg(recorded_at order by place), array_agg(idempotency_key order by place),
          array_agg(payload_hash order by place), array_agg(catalog_version order by place)
        from placed group by user_id, year, part
        on conflict (user_id, year, part) do update
        set count = a.count + excluded.count, first_at = least(a.first_at, excluded.first_at),
          last_at = greatest(a.last_at, excluded.last_at), first_id = least(a.first_id, excluded.first_id),
          last_id = greatest(a.last_id, excluded.last_id), ids = a.ids || excluded.ids, types = a.types || excluded.types,
          details = a.details || excluded.details, attributes = a.attributes || excluded.attributes,
          timezones = a.timezones || excluded.timezones, points = a.points || excluded.points, xp = a.xp || excluded.xp,
          occurred_at = a.occurred_at || excluded.occurred_at, recorded_at = a.recorded_at || excluded.recorded_at,
          idempotency_keys = a.idempotency_keys || excluded.idempotency_keys,
          payload_hashes = a.payload_hashes || excluded.payload_hashes,
          catalog_versions = a.catalog_versions || excluded.catalog_versions),
      keyed as (
        insert into archived_keys (user_id, key_hash, year, part, place)
        select user_id, key_hash, year, part, place from placed where key_hash is not null),
      marked as (
        update users set archived_to = greatest(archived_to, ${before}::timestamptz)
        where id in (select user_id from gone))
    select count(*) as events, count(distinct user_id) as users from gone`);
  return row ?? { events: 0, users: 0 };
}
