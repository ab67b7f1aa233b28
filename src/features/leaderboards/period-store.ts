import type { Board, Per } from '../../engine/catalog.ts';
import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { PeriodStatus } from './periods.ts';

/** Which period of which board. */
export interface PeriodRef {
  readonly board: string;
  readonly period: string;
}

/** What is ranked in a period, how, and what the places give: as the catalog said it last while the period was open. */
export type PeriodDefinition = Pick<Board, 'metric' | 'order' | 'ties' | 'rewards'> & {
  readonly per: Per;
  /** The catalog version that said it. */
  readonly version: number;
};

/** A period to make. */
export interface NewPeriod extends PeriodRef {
  readonly startsAt: number;
  readonly endsAt: number;
  readonly finalAt: number;
  readonly definition: PeriodDefinition;
  readonly decimals: number;
  readonly rewarded: boolean;
}

/** The periods that a board has in windows of one unit. */
export interface KnownPeriods {
  readonly board: string;
  readonly unit: Per['unit'];
  /** Where the last of them ends. */
  readonly endsAt: Date;
  /** The newest catalog version that was seen to have the board so. */
  readonly version: number;
  /** Of seasons their keys; of the others none. */
  readonly seasons: readonly string[];
}

/** What is known of the periods of all boards, one row a board and unit. */
export async function readKnown(on: Queryable): Promise<KnownPeriods[]> {
  return on.query<KnownPeriods>(sql`/* leaderboards.read_known */
    select board, definition->'per'->>'unit' as unit, max(ends_at) as "endsAt",
      max((definition->>'version')::int) as version,
      coalesce(array_agg(period) filter (where definition->'per'->>'unit' = 'season'), '{}') as seasons
    from leaderboard_periods
    group by 1, 2`);
}

/** The rows of new periods, as columns to unnest. */
function columnsOf(periods: readonly NewPeriod[]) {
  const instants = (pick: (period: NewPeriod) => number): Date[] => periods.map((period) => new Date(pick(period)));
  return sql`unnest(${periods.map(({ board }) => board)}::text[], ${periods.map(({ period }) => period)}::text[],
      ${instants(({ startsAt }) => startsAt)}::timestamptz[], ${instants(({ endsAt }) => endsAt)}::timestamptz[],
      ${instants(({ finalAt }) => finalAt)}::timestamptz[],
      ${periods.map(({ definition }) => JSON.stringify(definition))}::text[],
      ${periods.map(({ decimals }) => decimals)}::smallint[], ${periods.map(({ rewarded }) => rewarded)}::boolean[])
      as n (board, period, starts_at, ends_at, final_at, definition, decimals, rewarded)`;
}

/** Makes periods that are over; those that are there stay as they are. */
export async function insertPast(on: Queryable, periods: readonly NewPeriod[]): Promise<void> {
  if (periods.length === 0) return;
  await on.query(sql`/* leaderboards.insert_past */
    insert into leaderboard_periods (board, period, starts_at, ends_at, final_at, definition, decimals, rewarded)
    select board, period, starts_at, ends_at, final_at, definition::jsonb, decimals, rewarded
    from ${columnsOf(periods)}
    on conflict do nothing`);
}

/** Makes the periods that are on, and has those that are open say what the catalog says now. */
export async function upsertCurrent(on: Queryable, periods: readonly NewPeriod[]): Promise<void> {
  if (periods.length === 0) return;
  await on.query(sql`/* leaderboards.upsert_current */
    insert into leaderboard_periods as p (board, period, starts_at, ends_at, final_at, definition, decimals, rewarded)
    select board, period, starts_at, ends_at, final_at, definition::jsonb, decimals, rewarded
    from ${columnsOf(periods)}
    on conflict (board, period) do update
    set starts_at = excluded.starts_at, ends_at = excluded.ends_at, final_at = excluded.final_at,
      definition = excluded.definition, decimals = excluded.decimals
    where p.status = 'OPEN' and (p.starts_at, p.ends_at, p.final_at, p.definition, p.decimals)
      is distinct from (excluded.starts_at, excluded.ends_at, excluded.final_at, excluded.definition, excluded.decimals)`);
}

/** Ends the periods whose time is over: from now on they are as they are. */
export async function endPeriods(on: Queryable, now: Date): Promise<void> {
  await on.query(sql`/* leaderboards.end_periods */
    update leaderboard_periods set status = 'CLOSING'
    where status = 'OPEN' and rewards_paid_at is null and ends_at <= ${now}::timestamptz`);
}

/** A period as its row has it. */
export interface StoredPeriod extends PeriodRef {
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly finalAt: Date;
  readonly status: PeriodStatus;
  readonly definition: PeriodDefinition;
  readonly decimals: number;
  readonly rewarded: boolean;
}

const columns = sql`board, period, starts_at as "startsAt", ends_at as "endsAt", final_at as "finalAt", status, definition, decimals,
      rewarded`;

/** Periods that late events move no more and that are not final yet, oldest first, at most so many. */
export async function readDue(on: Queryable, now: Date, limit: number): Promise<StoredPeriod[]> {
  return on.query<StoredPeriod>(sql`/* leaderboards.read_due */
    select ${columns} from leaderboard_periods
    where status = 'CLOSING' and rewards_paid_at is null and final_at <= ${now}::timestamptz
    order by final_at, starts_at, board
    limit ${limit}::int`);
}

/** Final periods with rewards that are still to be paid, oldest first, at most so many. */
export async function readUnpaid(on: Queryable, limit: number): Promise<StoredPeriod[]> {
  return on.query<StoredPeriod>(sql`/* leaderboards.read_unpaid */
    select ${columns} from leaderboard_periods
    where status = 'FINAL' and rewards_paid_at is null
    order by final_at, starts_at, board
    limit ${limit}::int`);
}

/** The newest periods of a board, newest first. */
export async function readPeriods(on: Queryable, board: string, last: number): Promise<StoredPeriod[]> {
  return on.query<StoredPeriod>(sql`/* leaderboards.read_periods */
    select ${columns} from leaderboard_periods
    where board = ${board}::text
    order by starts_at desc, period desc
    limit ${last}::int`);
}

/** Periods by name; those without a row are left out. */
export async function readPeriodsBy(on: Queryable, refs: readonly PeriodRef[]): Promise<StoredPeriod[]> {
  return on.query<StoredPeriod>(sql`/* leaderboards.read_periods_by */
    select ${columns}
    from unnest(${refs.map(({ board }) => board)}::text[], ${refs.map(({ period }) => period)}::text[]) as n (board, period)
    join leaderboard_periods p using (board, period)`);
}

/** Makes a run the one that closes a period; whoever did before stops. False: it is final already. */
export async function claimPeriod(on: Queryable, { board, period }: PeriodRef, closer: string): Promise<boolean> {
  const rows = await on.query(sql`/* leaderboards.claim */
    update leaderboard_periods set closer = ${closer}::uuid
    where (board, period) = (${board}::text, ${period}::text) and status = 'CLOSING'
    returning 1 as claimed`);
  return rows.length > 0;
}

/** Locks the row of a period until the transaction ends; answers whether it is still this run that closes it. */
export async function holdPeriod(
  transaction: Transaction,
  { board, period }: PeriodRef,
  closer: string,
): Promise<boolean> {
  const [row] = await transaction.query<{ isOwn: boolean }>(sql`/* leaderboards.hold */
    select status = 'CLOSING' and closer is not distinct from ${closer}::uuid as "isOwn" from leaderboard_periods
    where (board, period) = (${board}::text, ${period}::text)
    for update`);
  return row?.isOwn ?? false;
}

/** Makes a period final: its standings are what is written of it. Under the lock of `holdPeriod`. */
export async function finishPeriod(
  transaction: Transaction,
  { board, period }: PeriodRef,
  { at, decimals, hasRewards }: { readonly at: Date; readonly decimals: number; readonly hasRewards: boolean },
): Promise<void> {
  await transaction.query(sql`/* leaderboards.finish */
    update leaderboard_periods set status = 'FINAL', closer = null, closed_at = ${at}::timestamptz,
      decimals = ${decimals}::smallint, rewards_paid_at = case when ${hasRewards}::boolean then null else ${at}::timestamptz end
    where (board, period) = (${board}::text, ${period}::text)`);
}

/** Says that the rewards of a period are paid, unless one is not. False: one is not. */
export async function markPaid(on: Queryable, { board, period }: PeriodRef, at: Date): Promise<boolean> {
  const rows = await on.query(sql`/* leaderboards.mark_paid */
    update leaderboard_periods set rewards_paid_at = ${at}::timestamptz
    where (board, period) = (${board}::text, ${period}::text) and status = 'FINAL' and not exists (
      select from leaderboard_standings s
      where s.board = ${board}::text and s.period = ${period}::text and s.reward is not null and s.rewarded_at is null)
    returning 1 as paid`);
  return rows.length > 0;
}
