import type { Json } from '../../engine/state.ts';
import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** A stored message. */
export interface NotificationRow {
  readonly userId: string;
  readonly seq: number;
  readonly kind: string;
  readonly data: { readonly [key: string]: Json };
  readonly createdAt: Date;
  readonly seenAt: Date | null;
}

const COLUMNS = sql`n.user_id as "userId", n.seq, n.kind, n.data, n.created_at as "createdAt", n.seen_at as "seenAt"`;

/** A place in a user's order, and how many messages after it are wanted. */
export interface Place {
  readonly userId: string;
  readonly after: number;
  readonly limit: number;
}

/** What comes after each place, in order. Every kind, so that a gap in `seq` means a missing row. */
export async function readAfter(on: Queryable, places: readonly Place[]): Promise<NotificationRow[][]> {
  const rows = await on.query<NotificationRow & { readonly place: number }>(sql`/* notifications.read_after */
    select p.place::int as place, ${COLUMNS}
    from unnest(${places.map(({ userId }) => userId)}::uuid[], ${places.map(({ after }) => after)}::bigint[],
      ${places.map(({ limit }) => limit)}::int[]) with ordinality as p (user_id, after, most, place)
    cross join lateral (
      select * from notifications where user_id = p.user_id and seq > p.after order by seq limit p.most
    ) n
    order by p.place, n.seq`);
  const pages: NotificationRow[][] = places.map(() => []);
  for (const { place, ...row } of rows) pages[place - 1]?.push(row);
  return pages;
}

/** Messages by (user, seq). */
export async function readBySeq(
  on: Queryable,
  refs: readonly { readonly userId: string; readonly seq: number }[],
): Promise<NotificationRow[]> {
  return on.query<NotificationRow>(sql`/* notifications.read_by_seq */
    select ${COLUMNS}
    from unnest(${refs.map(({ userId }) => userId)}::uuid[], ${refs.map(({ seq }) => seq)}::bigint[]) as r (user_id, seq)
    join notifications n using (user_id, seq)`);
}

/** A page of the messages of many users, newest first; read from the far end when `backwards`. */
export async function readPages(
  on: Queryable,
  userIds: readonly string[],
  page: { unseenOnly: boolean; after: number | null; before: number | null; limit: number; backwards: boolean },
): Promise<NotificationRow[]> {
  const order = page.backwards ? sql`seq` : sql`seq desc`;
  const unseen = page.unseenOnly ? sql`and seen_at is null` : sql``;
  return on.query<NotificationRow>(sql`/* notifications.read_pages */
    select ${COLUMNS}
    from unnest(${userIds}::uuid[]) as u (user_id)
    cross join lateral (
      select * from notifications
      where user_id = u.user_id ${unseen}
        and (${page.after}::bigint is null or seq < ${page.after}::bigint)
        and (${page.before}::bigint is null or seq > ${page.before}::bigint)
      order by ${order}
      limit ${page.limit}::int
    ) n
    order by n.user_id, n.seq desc`);
}

/** How many messages each user has not seen; users without any are left out. */
export async function countUnseen(on: Queryable, userIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await on.query<{ userId: string; count: number }>(sql`/* notifications.count_unseen */
    select user_id as "userId", count(*) as count from notifications
    where user_id = any(${userIds}::uuid[]) and seen_at is null
    group by user_id`);
  return new Map(rows.map(({ userId, count }) => [userId, count]));
}

/** The newest place of each user: one statement for all who listen in this process. */
export async function newestOf(on: Queryable, userIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await on.query<{ id: string; lastSeq: number }>(sql`/* notifications.newest */
    select id, last_seq as "lastSeq" from users where id = any(${userIds}::uuid[])`);
  return new Map(rows.map(({ id, lastSeq }) => [id, lastSeq]));
}

/** The oldest place that is still kept; null when nothing is. */
export async function oldestOf(on: Queryable, userId: string): Promise<number | null> {
  const rows = await on.query<{ seq: number | null }>(sql`/* notifications.oldest */
    select min(seq) as seq from notifications where user_id = ${userId}::uuid`);
  return rows[0]?.seq ?? null;
}

/** Marks messages seen, up to a place or these places alone; what was seen before keeps its time. Answers how many changed. */
export async function markSeen(
  on: Queryable,
  userId: string,
  which: { readonly upTo: number } | { readonly seqs: readonly number[] },
  at: Date,
): Promise<number> {
  const condition = 'upTo' in which ? sql`seq <= ${which.upTo}::bigint` : sql`seq = any(${which.seqs}::bigint[])`;
  const rows = await on.query<{ seq: number }>(sql`/* notifications.mark_seen */
    update notifications set seen_at = ${at}::timestamptz
    where user_id = ${userId}::uuid and seen_at is null and ${condition}
    returning seq`);
  return rows.length;
}

/** Which users' messages are deleted: the next ones in id order. */
export interface OldMessages {
  readonly after: string | null;
  readonly limit: number;
  /** Messages stored before this are deleted. */
  readonly before: Date;
}

/** Deletes what is old of some users; answers how much, and the last of these users, null when there are no more. */
export async function deleteOld(
  on: Queryable,
  { after, limit, before }: OldMessages,
): Promise<{ readonly deleted: number; readonly last: string | null }> {
  const [row] = await on.query<{ deleted: number; last: string | null }>(sql`/* notifications.delete_old */
    with walked as (
      select id from users where ${after}::uuid is null or id > ${after}::uuid order by id limit ${limit}::int),
    gone as (
      delete from notifications n using walked w where n.user_id = w.id and n.created_at < ${before}::timestamptz returning 1)
    select (select count(*) from gone)::int as deleted, (select id from walked order by id desc limit 1) as last`);
  return row ?? { deleted: 0, last: null };
}
