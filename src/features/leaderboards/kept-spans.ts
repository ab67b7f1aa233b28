import type { Board, Catalog } from '../../engine/catalog.ts';
import type { Span } from '../../ranking/rank-index.ts';
import { type BoardPeriod, currentPeriod, previousPeriod } from './board-periods.ts';

/** Periods of one board that are kept although they are over, at most: those that late events may still repair. */
const MOST_PAST = 40;

/** Spans that an index keeps for the boards of a catalog. */
export interface KeptSpans {
  /** Of what goes on: loaded before anybody asks. */
  readonly current: readonly Span[];
  /** Of what is over and may still change. */
  readonly past: readonly Span[];
}

/** How long a period that became final is still kept: until its standings are written for sure. */
const SPARE_MS = 3_600_000;

/** The spans that are kept at a moment. */
export function keptSpans(catalog: Catalog, now: number): KeptSpans {
  const boards = [...catalog.leaderboards.values()];
  return {
    current: boards.flatMap((board) => {
      const current = currentPeriod(board, catalog, now);
      return current === null ? [] : [{ board, period: current.period }];
    }),
    past: boards.flatMap((board) => pastSpans(board, catalog, now)),
  };
}

function pastSpans(board: Board, catalog: Catalog, now: number): Span[] {
  const spans: Span[] = [];
  let period = currentPeriod(board, catalog, now);
  for (let count = 0; period !== null && count < MOST_PAST; count += 1) {
    period = previousPeriod(board, catalog, period);
    if (period === null || !isKept(board, period, now)) break;
    spans.push({ board, period: period.period });
  }
  return spans;
}

/** Whether a period is kept at a moment: it has begun, and may still change. */
export function isKept(board: Board, { startsAt, endsAt }: BoardPeriod, now: number): boolean {
  if (startsAt === null || endsAt === null) return true;
  return startsAt <= now && endsAt + board.finalAfterMs + SPARE_MS >= now;
}
