import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { PeriodRef } from './period-store.ts';

/** Where a page of values ended: at a user, behind one of the user's keys or behind all of them (null). */
export interface ValuePlace {
  readonly userId: string;
  readonly by: string | null;
}

/** A value that a user brings to a board; of a user without one, only the user. */
export interface ValueRow {
  readonly userId: string;
  /** The catalog version the user's state was folded with. */
  readonly version: number;
  readonly by: string | null;
  readonly value: number | null;
  readonly achievedAt: Date | null;
}

/** Which values, and how much of them is one page. */
export interface ValuePage {
  readonly metric: string;
  readonly period: string;
  /** Whether the metric has keys. */
  readonly keyed: boolean;
  readonly after: ValuePlace | null;
  readonly users: number;
  readonly limit: number;
}

/**
 * The next values of a metric in a period, in the order of users and keys, of those whom boards show; who has none comes without, so
 * that the next page knows where to go on. At most `limit` rows of at most `users` users: the time is bounded by both. Empty at the end.
 */
export async function readValues(
  on: Queryable,
  { metric, period, keyed, after, users, limit }: ValuePage,
): Promise<ValueRow[]> {
  const userId = after?.userId ?? null;
  const by = after?.by ?? null;
  // Without keys the whole primary key is known; its prefix would reach the values of all other periods too.
  const keys = keyed
    ? sql`(u.id > ${userId}::uuid or ${by}::text is null or v.by_key > ${by}::text)`
    : sql`v.by_key = ''`;
  return on.query<ValueRow>(sql`/* leaderboards.read_values */
    select u.id as "userId", u.catalog_version as version, v.by_key as by, v.value, v.achieved_at as "achievedAt"
    from (
      select id, catalog_version, not test and show_on_leaderboards and not hidden_on_leaderboards and quarantined_at is null as is_shown from users
      where ${userId}::uuid is null or id > ${userId}::uuid or (id = ${userId}::uuid and ${by}::text is not null)
      order by id
      limit ${users}::int
    ) u
    left join lateral (
      select by_key, value, achieved_at from metric_values v
      where u.is_shown and v.user_id = u.id and v.metric = ${metric}::text and v.period = ${period}::text
        and v.value is not null and v.achieved_at is not null and ${keys}
      order by v.by_key
      limit ${limit}::int
    ) v on true
    order by u.id, v.by_key
    limit ${limit}::int`);
}

/** Of these periods those in which some of the next users have values of a metric, and the last user looked at; null: there is no more. */
export async function readValuedPeriods(
  on: Queryable,
  {
    metric,
    periods,
    after,
    users,
  }: { metric: string; periods: readonly string[]; after: string | null; users: number },
): Promise<{ periods: string[]; last: string | null }> {
  const [row] = await on.query<{ periods: string[]; last: string | null }>(sql`/* leaderboards.read_valued_periods */
    with page as (
      select id from users where ${after}::uuid is null or id > ${after}::uuid order by id limit ${users}::int)
    select (select id from page order by id desc limit 1) as last,
      coalesce((
        select array_agg(distinct v.period) from page p join metric_values v on v.user_id = p.id and v.metric = ${metric}::text
        where v.period = any(${periods}::text[]) and v.value is not null), '{}') as periods`);
  return row ?? { periods: [], last: null };
}

/** A place to write. */
export interface NewStanding {
  readonly by: string;
  readonly position: number;
  readonly rank: number;
  readonly userId: string;
  readonly value: number;
  readonly achievedAt: number;
  readonly reward: number | null;
}

/** Writes places of a period. */
export async function insertStandings(
  transaction: Transaction,
  { board, period }: PeriodRef,
  rows: readonly NewStanding[],
): Promise<void> {
  await transaction.query(sql`/* leaderboards.insert_standings */
    insert into leaderboard_standings (board, period, by_key, position, rank, user_id, value, achieved_at, reward)
    select ${board}::text, ${period}::text, by_key, position, rank, user_id, value, achieved_at, reward
    from unnest(${rows.map(({ by }) => by)}::text[], ${rows.map(({ position }) => position)}::int[],
      ${rows.map(({ rank }) => rank)}::int[], ${rows.map(({ userId }) => userId)}::uuid[],
      ${rows.map(({ value }) => value)}::bigint[], ${rows.map(({ achievedAt }) => new Date(achievedAt))}::timestamptz[],
      ${rows.map(({ reward }) => reward)}::smallint[])
      as n (by_key, position, rank, user_id, value, achieved_at, reward)`);
}

/** Deletes places of a period, at most so many; answers how many. Under the lock of the period nobody moves them meanwhile. */
export async function deleteStandings(
  transaction: Transaction,
  { board, period }: PeriodRef,
  limit: number,
): Promise<number> {
  const rows = await transaction.query(sql`/* leaderboards.delete_standings */
    delete from leaderboard_standings where ctid = any(array(
      select ctid from leaderboard_standings
      where board = ${board}::text and period = ${period}::text
      limit ${limit}::int))
    returning 1 as gone`);
  return rows.length;
}
