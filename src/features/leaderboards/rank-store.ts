import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { TouchedPayload } from '../state/touched.ts';

/** A user, and what it brings to one span if anything. */
export interface BoardCell {
  readonly userId: string;
  /** The user's row version at this moment. */
  readonly version: number;
  /** Whether boards show the user. */
  readonly shown: boolean;
  /** Null, and all that follows: the user has no value. */
  readonly metric: string | null;
  readonly by: string;
  readonly period: string;
  readonly value: number;
  readonly achievedAt: Date;
}

/** A value that a board ranks. */
export interface RankedCell {
  readonly metric: string;
  readonly period: string;
  /** Whether the metric has keys. One without is read by its whole primary key; a prefix would reach the values of all periods. */
  readonly keyed: boolean;
}

const values = sql`v.metric, v.by_key as by, v.period, v.value, v.achieved_at as "achievedAt"`;
const columns = sql`u.id as "userId", u.version, u.shown, ${values}`;
const shown = sql`not test and show_on_leaderboards and not hidden_on_leaderboards and quarantined_at is null as shown`;

/** The next users in id order with their values of a span; who has none has one row without. */
export async function readCellPage(
  on: Queryable,
  { metric, period, keyed }: RankedCell,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<BoardCell[]> {
  return on.query<BoardCell>(sql`/* leaderboards.read_cell_page */
    select ${columns}
    from (select id, row_version as version, ${shown} from users
      where ${after}::uuid is null or id > ${after}::uuid order by id limit ${limit}::int) u
    left join metric_values v
      on v.user_id = u.id and v.metric = ${metric}::text and v.period = ${period}::text and v.value is not null
        ${keyed ? sql`` : sql`and v.by_key = ''`}
    order by u.id`);
}

/** The values of these users in some spans; who has none has one row without. */
export async function readCellsOf(
  on: Queryable,
  userIds: readonly string[],
  cells: readonly RankedCell[],
): Promise<BoardCell[]> {
  return on.query<BoardCell>(sql`/* leaderboards.read_cells_of */
    select ${columns}
    from (select id, row_version as version, ${shown} from users where id = any(${userIds}::uuid[])) u
    left join (${valuesOf(userIds, cells)}) v on v.user_id = u.id
    order by u.id`);
}

/**
 * The values that a user brings to some spans for its own eyes alone: it is in quarantine, and boards would show it but for that. Empty
 * for everybody else; who has no value has one row without.
 */
export async function readOwnCells(
  on: Queryable,
  userId: string,
  cells: readonly RankedCell[],
): Promise<Omit<BoardCell, 'version' | 'shown'>[]> {
  return on.query(sql`/* leaderboards.read_own_cells */
    select u.id as "userId", ${values}
    from users u left join (${valuesOf([userId], cells)}) v on v.user_id = u.id
    where u.id = ${userId}::uuid and u.quarantined_at is not null
      and not u.test and u.show_on_leaderboards and not u.hidden_on_leaderboards`);
}

/** The rows of the values of these users in some spans. */
function valuesOf(userIds: readonly string[], cells: readonly RankedCell[]) {
  const [keyed, plain] = [true, false].map((isKeyed) => cells.filter((cell) => cell.keyed === isKeyed));
  const metrics = (of: readonly RankedCell[] = []): string[] => of.map(({ metric }) => metric);
  const periods = (of: readonly RankedCell[] = []): string[] => of.map(({ period }) => period);
  return sql`
      select v.* from unnest(${metrics(plain)}::text[], ${periods(plain)}::text[]) as n (metric, period)
      join metric_values v on v.metric = n.metric and v.by_key = '' and v.period = n.period
      where v.user_id = any(${userIds}::uuid[]) and v.value is not null
      union all
      select v.* from unnest(${metrics(keyed)}::text[], ${periods(keyed)}::text[]) as n (metric, period)
      join metric_values v on v.metric = n.metric and v.period = n.period
      where v.user_id = any(${userIds}::uuid[]) and v.value is not null`;
}

/** Users whom a committed batch touched, as its row in the outbox says. */
export interface TouchedRow extends TouchedPayload {
  readonly id: string;
  readonly position: number;
}

/** Where the rows of touched users end. */
export interface FeedEnds {
  /** The newest position that was given. */
  readonly position: number;
  /** Rows up to here may be gone. */
  readonly prunedTo: number;
}

/** Where the rows of touched users end at this moment. */
export async function readFeedEnds(on: Queryable): Promise<FeedEnds> {
  const [row] = await on.query<FeedEnds>(sql`/* leaderboards.feed_ends */
    select position, touched_pruned_to as "prunedTo" from outbox_feed`);
  return row ?? { position: 0, prunedTo: 0 };
}

/** Rows of touched users after a position, in order, and up to where some may be gone, as of one moment. */
export async function readTouchedRows(
  on: Queryable,
  after: number,
  limit: number,
): Promise<{ rows: TouchedRow[]; prunedTo: number }> {
  const found = await on.query<{ id: string | null; position: number; payload: TouchedPayload; prunedTo: number }>(
    sql`/* leaderboards.read_touched */
    select o.id, o.position, o.payload, f.touched_pruned_to as "prunedTo"
    from outbox_feed f
    left join lateral (
      select id, position, payload from outbox
      where kind = 'TOUCHED' and state = 1 and position > ${after}::bigint order by position limit ${limit}::int
    ) o on true
    order by o.position`,
  );
  const rows = found.flatMap(({ id, position, payload }) => (id === null ? [] : [{ ...payload, id, position }]));
  return { rows, prunedTo: found[0]?.prunedTo ?? 0 };
}
