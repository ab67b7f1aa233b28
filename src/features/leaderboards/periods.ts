import type { Board, Catalog, Per, Season } from '../../engine/catalog.ts';
import { type Period, periodAt } from '../../engine/periods.ts';

/** OPEN: it is on. CLOSING: it is over, late events still move it. FINAL: its standings are written and stay. */
export type PeriodStatus = 'OPEN' | 'CLOSING' | 'FINAL';

/** A board that is ranked anew in each of its periods. */
export type PeriodicBoard = Board & { readonly per: Per };

/** The boards of a catalog that have periods. */
export function periodicBoards({ leaderboards }: Catalog): PeriodicBoard[] {
  return [...leaderboards.values()].filter((board): board is PeriodicBoard => board.per !== null);
}

/** The status of a period at a moment. It is FINAL only once it was closed, however long ago its time came. */
export function statusAt(
  { endsAt, isFinal }: { readonly endsAt: number; readonly isFinal: boolean },
  now: number,
): PeriodStatus {
  if (isFinal) return 'FINAL';
  return now >= endsAt ? 'CLOSING' : 'OPEN';
}

/** The period of a board that holds an instant; null between seasons. */
export function boardPeriodAt(
  { per }: PeriodicBoard,
  instant: number,
  seasons: ReadonlyMap<string, Season>,
): Period | null {
  // The windows of a board are the same for everybody: no user's zone is asked for.
  return periodAt(per, instant, null, seasons);
}

/** Days, weeks or months from the one that begins at (or holds) `from` to the last that is over, oldest first, at most so many. */
export function periodsOver(
  board: PeriodicBoard,
  { from, now, most }: { readonly from: number; readonly now: number; readonly most: number },
): Period[] {
  const periods: Period[] = [];
  for (let at = from; periods.length < most; ) {
    const period = boardPeriodAt(board, at, NO_SEASONS);
    if (period === null || period.endsAt > now) break;
    periods.push(period);
    // A zone that skipped a whole day has one that ends where it begins.
    at = Math.max(period.endsAt, at + 1);
  }
  return periods;
}

/** The newest days, weeks or months that are over, oldest first, at most so many. */
export function periodsBefore(board: PeriodicBoard, now: number, most: number): Period[] {
  const periods: Period[] = [];
  for (let at = boardPeriodAt(board, now, NO_SEASONS)?.startsAt ?? now; periods.length < most; ) {
    const period = boardPeriodAt(board, at - 1, NO_SEASONS);
    if (period === null) break;
    periods.unshift(period);
    at = Math.min(period.startsAt, at - 1);
  }
  return periods;
}

/** The seasons that have begun, oldest first. */
export function seasonsBegun(seasons: ReadonlyMap<string, Season>, now: number): Season[] {
  return [...seasons.values()].filter(({ startsAt }) => startsAt <= now).sort((a, b) => a.startsAt - b.startsAt);
}

const NO_SEASONS: ReadonlyMap<string, Season> = new Map();

/** Whether the live catalog still keeps the values that a board ranks in a period: its metric, in windows of this cut. */
export function keepsValues({ metrics, seasons }: Catalog, metric: string, per: Per, period: string): boolean {
  const isKept = metrics
    .get(metric)
    ?.periods.some(({ unit, timezone }) => unit === per.unit && timezone === per.timezone);
  return isKept === true && (per.unit !== 'season' || seasons.has(period));
}
