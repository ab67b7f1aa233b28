import type { Standing } from '../../engine/ranking.ts';
import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { PeriodRef } from './period-store.ts';

/** Which final ranking: a period, and which key of a keyed board ('' for a board without keys). */
export interface StandingsRef extends PeriodRef {
  readonly by: string;
}

/** A final place. */
export interface FinalStanding {
  readonly by: string;
  /** From 1, without gaps and without equals; the rank has them where the board's ties are shared. */
  readonly position: number;
  readonly rank: number;
  readonly userId: string;
  readonly value: number;
  readonly achievedAt: Date;
}

const columns = sql`by_key as by, position, rank, user_id as "userId", value, achieved_at as "achievedAt"`;

/** Only of periods that are final: what a closing has written so far is nobody's place. */
const isFinal = sql`exists (
        select from leaderboard_periods p where p.board = s.board and p.period = s.period and p.status = 'FINAL')`;

/** Places after a position, in order; empty where the period is not final. */
export async function standingsPage(
  on: Queryable,
  { board, period, by }: StandingsRef,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<FinalStanding[]> {
  return on.query<FinalStanding>(sql`/* leaderboards.standings_page */
    select ${columns} from leaderboard_standings s
    where board = ${board}::text and period = ${period}::text and by_key = ${by}::text and ${isFinal}
      and position > ${after}::int
    order by position
    limit ${limit}::int`);
}

/**
 * How many stood before a place, in the order in which the period was closed. Nobody needs to have stood there: a cursor may be from
 * before the end.
 */
export async function standingsBefore(
  on: Queryable,
  { board, period, by }: StandingsRef,
  place: Standing,
): Promise<number> {
  const { value, userId } = place;
  const at = new Date(place.achievedAt);
  const [row] = await on.query<{ count: number }>(sql`/* leaderboards.standings_before */
    select count(*) as count
    from leaderboard_periods p join leaderboard_standings s using (board, period)
    where board = ${board}::text and period = ${period}::text and by_key = ${by}::text and p.status = 'FINAL'
      and case
        when value <> ${value}::bigint then (value > ${value}::bigint) = (p.definition->>'order' = 'desc')
        when achieved_at <> ${at}::timestamptz then (achieved_at > ${at}::timestamptz) = (p.definition->>'ties' = 'latest')
        else user_id < ${userId}::uuid
      end`);
  return row?.count ?? 0;
}

/** Where users stood, in the order asked; null for who has no place. */
export async function standingsOf(
  on: Queryable,
  { board, period, by }: StandingsRef,
  userIds: readonly string[],
): Promise<(FinalStanding | null)[]> {
  const rows = await on.query<FinalStanding>(sql`/* leaderboards.standings_of */
    select ${columns} from leaderboard_standings s
    where user_id = any(${userIds}::uuid[]) and board = ${board}::text and period = ${period}::text and by_key = ${by}::text
      and ${isFinal}`);
  const byUser = new Map(rows.map((row) => [row.userId, row]));
  return userIds.map((userId) => byUser.get(userId) ?? null);
}

/** How many places a final ranking has: the last position, for they have no gaps. */
export async function countStandings(on: Queryable, { board, period, by }: StandingsRef): Promise<number> {
  const [row] = await on.query<{ position: number }>(sql`/* leaderboards.count_standings */
    select position from leaderboard_standings s
    where board = ${board}::text and period = ${period}::text and by_key = ${by}::text and ${isFinal}
    order by position desc
    limit 1`);
  return row?.position ?? 0;
}

/** The keys under which a final period has places, sorted; reaches each by the index, whatever stands under it. */
export async function keysOfStandings(on: Queryable, { board, period }: PeriodRef): Promise<string[]> {
  const rows = await on.query<{ by: string }>(sql`/* leaderboards.keys_of_standings */
    with recursive keys as (
      (select by_key from leaderboard_standings s
      where board = ${board}::text and period = ${period}::text and ${isFinal}
      order by by_key limit 1)
      union all
      select (
        select s.by_key from leaderboard_standings s
        where s.board = ${board}::text and s.period = ${period}::text and s.by_key > k.by_key
        order by s.by_key limit 1)
      from keys k where k.by_key is not null)
    select by_key as by from keys where by_key is not null order by by_key`);
  return rows.map(({ by }) => by);
}
