import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { DomainEventRow } from './event-row.ts';

/** How far the feed goes. */
export interface FeedState {
  /** The newest position that was given. */
  readonly position: number;
  /** Domain events up to here may be gone. */
  readonly prunedTo: number;
}

/** A row that the relay has taken. */
export interface RelayedRow {
  readonly id: string;
  readonly kind: string;
  readonly userId: string | null;
  readonly createdAt: Date;
  readonly position: number;
  /** The server process that wrote it; null: not known. */
  readonly writer: number | null;
}

/** Whether anything waits; takes no lock. */
export async function hasWaiting(on: Queryable): Promise<boolean> {
  const [row] = await on.query<{ waits: boolean }>(sql`/* domain_events.has_waiting */
    select exists (select from outbox where state = 0) as waits`);
  return row?.waits ?? false;
}

/**
 * Makes this transaction the relay until it ends; null while another is. Later positions are given by later holders only, so
 * positions become visible in their order.
 */
export async function lockFeed(transaction: Transaction): Promise<FeedState | null> {
  const [held] = await transaction.query<FeedState>(sql`/* domain_events.lock_feed */
    select position, pruned_to as "prunedTo" from outbox_feed for update skip locked`);
  return held ?? null;
}

/** Puts the one row of the feed back where somebody emptied the table; what is relayed keeps its place. */
export async function ensureFeed(on: Queryable): Promise<void> {
  await on.query(sql`/* domain_events.ensure_feed */
    insert into outbox_feed (position) select coalesce(max(position), 0) from outbox on conflict do nothing`);
}

/**
 * Takes what waits, oldest place first, and gives it the positions after `position`. Only under the lock of the feed, in a statement
 * after it. One user's rows are written under that user's lock, so whoever sees one of them sees those before it.
 */
export async function takeWaiting(transaction: Transaction, position: number, limit: number): Promise<RelayedRow[]> {
  return transaction.query<RelayedRow>(sql`/* domain_events.take_waiting */
    with waiting as (
      select id, place from outbox where state = 0 order by place limit ${limit}::int for update skip locked
    ), numbered as (
      select id, ${position}::bigint + row_number() over (order by place) as position from waiting
    ), taken as (
      update outbox o set state = 1, position = n.position from numbered n where o.id = n.id
      returning o.id, o.kind, o.user_id, o.created_at, o.position, o.writer
    )
    select id, kind, user_id as "userId", created_at as "createdAt", position, writer from taken order by position`);
}

/** Says how far the feed goes now. Only under its lock. */
export async function advanceFeed(transaction: Transaction, position: number): Promise<void> {
  await transaction.query(sql`/* domain_events.advance_feed */ update outbox_feed set position = ${position}::bigint`);
}

/** How far the feed goes. */
export async function readFeed(on: Queryable): Promise<FeedState> {
  const [row] = await on.query<FeedState>(sql`/* domain_events.read_feed */
    select position, pruned_to as "prunedTo" from outbox_feed`);
  return row ?? { position: 0, prunedTo: 0 };
}

/** Part of the feed: rows between two places, of these kinds (null: all). */
export interface FeedRange {
  readonly after: number | null;
  readonly before: number | null;
  readonly kinds: readonly string[] | null;
  readonly limit: number;
  /** The last ones of the range instead of the first; in order all the same. */
  readonly backwards: boolean;
}

/** Rows of the feed in order, and how far it goes, as of one moment. */
export async function readRange(
  on: Queryable,
  { after, before, kinds, limit, backwards }: FeedRange,
): Promise<{ rows: DomainEventRow[]; feed: FeedState }> {
  const order = backwards ? sql`position desc` : sql`position`;
  const found = await on.query<FoundRow>(sql`/* domain_events.read_range */
    select f.position as "feedPosition", f.pruned_to as "prunedTo", o.id, o.kind, o.user_id as "userId", o.payload,
      o.created_at as "createdAt", o.position
    from outbox_feed f
    left join lateral (
      select * from outbox
      where state = 1 and kind <> 'TOUCHED' and position > ${after ?? 0}::bigint
        and (${before}::bigint is null or position < ${before}::bigint)
        and (${kinds}::text[] is null or kind = any(${kinds}::text[]))
      order by ${order}
      limit ${limit}::int
    ) o on true
    order by o.position`);
  return {
    rows: found.flatMap(({ feedPosition: _, prunedTo: __, ...row }) => (row.id === null ? [] : [row])),
    feed: { position: found[0]?.feedPosition ?? 0, prunedTo: found[0]?.prunedTo ?? 0 },
  };
}

/** A row of the feed beside the state of the feed; the state alone where the range is empty. */
type FoundRow = { readonly feedPosition: number; readonly prunedTo: number } & (DomainEventRow | { readonly id: null });

/** Domain events by their ids; those that are gone are left out. */
export async function readByIds(on: Queryable, ids: readonly string[]): Promise<DomainEventRow[]> {
  return on.query<DomainEventRow>(sql`/* domain_events.read_by_ids */
    select id, kind, user_id as "userId", payload, created_at as "createdAt", position from outbox
    where id = any(${ids}::uuid[]) and position is not null
    order by position`);
}

/** Deletes up to `limit` relayed rows that list touched users, those written before `before`, and says so in the feed; answers how many. */
export async function pruneTouched(on: Queryable, before: Date, limit: number): Promise<number> {
  const [row] = await on.query<{ count: number }>(sql`/* domain_events.prune_touched */
    with gone as (
      delete from outbox where id in (
        select id from (
          select id, created_at from outbox where state = 1 and kind = 'TOUCHED' order by position limit ${limit}::int
        ) oldest
        where created_at < ${before}::timestamptz
      )
      returning position
    ), told as (
      update outbox_feed set touched_pruned_to = greatest(touched_pruned_to, (select max(position) from gone))
      where exists (select from gone)
    )
    select count(*) as count from gone`);
  return row?.count ?? 0;
}

/** Deletes up to `limit` of the oldest domain events, those written before `before`, and says so in the feed; answers how many. */
export async function pruneEvents(on: Queryable, before: Date, limit: number): Promise<number> {
  const [row] = await on.query<{ count: number }>(sql`/* domain_events.prune_events */
    with gone as (
      delete from outbox where id in (
        select id from (
          select id, created_at from outbox where state = 1 and kind <> 'TOUCHED' order by position limit ${limit}::int
        ) oldest
        where created_at < ${before}::timestamptz
      )
      returning position
    ), told as (
      update outbox_feed set pruned_to = greatest(pruned_to, (select max(position) from gone)) where exists (select from gone)
    )
    select count(*) as count from gone`);
  return row?.count ?? 0;
}
