import type { Board, Catalog, Season } from '../../engine/catalog.ts';
import { periodAt, periodOfKey } from '../../engine/periods.ts';

/** A stretch of time for which a board ranks. A board without `per` has one, `all`, without bounds. */
export interface BoardPeriod {
  /** As in metric_values and in an index: '' for a board without periods. */
  readonly period: string;
  /** As the API calls it. */
  readonly key: string;
  readonly startsAt: number | null;
  readonly endsAt: number | null;
}

/** What the API calls the one period of a board without periods. */
const ALL = 'all';
const LIFETIME: BoardPeriod = { period: '', key: ALL, startsAt: null, endsAt: null };

/**
 * The period that holds `now`; between seasons the last one that was, before the first the first one. Null for a board of seasons
 * where the catalog has none.
 */
export function currentPeriod({ per }: Board, { seasons }: Pick<Catalog, 'seasons'>, now: number): BoardPeriod | null {
  if (per === null) return LIFETIME;
  const own = periodAt(per, now, null, seasons) ?? nearestSeason(seasons, now);
  return own === null ? null : boardPeriodOf(own);
}

function nearestSeason(seasons: ReadonlyMap<string, Season>, now: number): Season | null {
  const all = [...seasons.values()];
  const past = all.filter(({ endsAt }) => endsAt <= now).toSorted((one, two) => two.endsAt - one.endsAt);
  const coming = all.filter(({ startsAt }) => startsAt > now).toSorted((one, two) => one.startsAt - two.startsAt);
  return past[0] ?? coming[0] ?? null;
}

/** The period before one; null where there is none. */
export function previousPeriod(
  { per }: Board,
  { seasons }: Pick<Catalog, 'seasons'>,
  { startsAt }: BoardPeriod,
): BoardPeriod | null {
  if (per === null || startsAt === null) return null;
  if (per.unit !== 'season') return boardPeriodOf(periodAt(per, startsAt - 1, null, seasons));
  const before = [...seasons.values()].filter((season) => season.endsAt <= startsAt);
  return boardPeriodOf(before.toSorted((one, two) => two.endsAt - one.endsAt)[0] ?? null);
}

/** The period of a name: `current` (also null), `previous`, `all`, or a key. Null when it names none of this board. */
export function namedPeriod(
  board: Board,
  catalog: Pick<Catalog, 'seasons'>,
  name: string | null,
  now: number,
): BoardPeriod | null {
  const current = currentPeriod(board, catalog, now);
  if (name === null || name === 'current') return current;
  if (name === 'previous') return current === null ? null : previousPeriod(board, catalog, current);
  if (board.per === null) return name === ALL ? LIFETIME : null;
  return boardPeriodOf(periodOfKey(board.per, name, null, catalog.seasons));
}

function boardPeriodOf(
  period: { readonly key: string; readonly startsAt: number; readonly endsAt: number } | null,
): BoardPeriod | null {
  if (period === null) return null;
  return { period: period.key, key: period.key, startsAt: period.startsAt, endsAt: period.endsAt };
}
