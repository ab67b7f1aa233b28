import type { Board } from '../engine/catalog.ts';
import type { Ranked, Standing } from '../engine/ranking.ts';

/** What an index has to know of a board. `metric` is part of its identity: a board that ranks something else is another one. */
export type RankedBoard = Pick<Board, 'key' | 'metric' | 'order' | 'ties'>;

/** A board in one of its periods, with all its keys: what is loaded, and let go, as one. `period` is '' for a board without periods. */
export interface Span {
  readonly board: RankedBoard;
  readonly period: string;
}

/** One ranking: a span, and which key of a keyed board; `by` is '' for a board without keys. */
export interface Ranking extends Span {
  readonly by: string;
}

/** An entry of a ranking. `position` counts from 0, without gaps and without equals; `rank` from 1, as the ties of the board say. */
export interface RankedEntry extends Ranked {
  readonly position: number;
}

/** What a user brings to a ranking from now on. */
export interface RankChange {
  readonly ranking: Ranking;
  readonly userId: string;
  /** The user's row version after the write that brought this: a change that is not newer than what is known does nothing. */
  readonly version: number;
  /** The scaled value, and when it was reached (milliseconds since the epoch); null: the user has no entry any more. */
  readonly standing: Pick<Standing, 'value' | 'achievedAt'> | null;
}

/** What a span is loaded with. */
export interface LoadedEntry extends Standing {
  readonly by: string;
  /** The user's row version when this was read. */
  readonly version: number;
}

/**
 * Knows who stands where. Values are integers up to 2^53 - 1 either way, kept exactly; the order is that of engine/ranking.ts, the same
 * in every implementation. Implementations: memory-rank-index.ts (one process), redis-rank-index.ts (many). One contract suite runs
 * over both, with `rank()` as the reference.
 *
 * A span answers only while it is loaded: reads of another one are null, and its changes are dropped, for whoever loads it reads them
 * from the rows. While it is being loaded changes are taken in (what is newer wins, whatever came first) and reads are null.
 */
export interface RankIndex {
  /**
   * Takes in what was committed; in any order, any number of times. Resolves once reads see it.
   * @throws when it cannot: the caller tries again, or has the spans loaded anew
   */
  apply(changes: readonly RankChange[]): Promise<void>;
  /** How many entries a ranking has. */
  count(ranking: Ranking): Promise<number | null>;
  /** Entries in order from a position on; fewer where it ends. */
  page(ranking: Ranking, from: number, limit: number): Promise<RankedEntry[] | null>;
  /** Where users stand, in the order asked; null for who has no entry. */
  places(ranking: Ranking, userIds: readonly string[]): Promise<(RankedEntry | null)[] | null>;
  /** How many entries stand before a place. Nobody needs to stand there: pages go on from where somebody stood. */
  before(ranking: Ranking, place: Standing): Promise<number | null>;
  /** The keys under which a span has entries, sorted; of a board without keys ''. */
  keys(span: Span): Promise<string[] | null>;
  /** Whether a span answers. */
  isLoaded(span: Span): Promise<boolean>;
  /**
   * Loads a span from pages of rows, each user's rows read at one moment. Resolves to true once it answers, and to false when
   * another one loads it, or it was dropped meanwhile. Rejects with what `pages` throws; the span is then not loaded.
   */
  load(span: Span, pages: AsyncIterable<readonly LoadedEntry[]>): Promise<boolean>;
  /** Forgets a span. */
  drop(span: Span): Promise<void>;
}

/** What one may ask of an index. */
export type RankReader = Pick<RankIndex, 'count' | 'page' | 'places' | 'before' | 'keys'>;

/** Names a span within an index: everything that makes its order. */
export function spanKey({ board, period }: Span): string {
  return [board.key, board.metric, board.order, board.ties, period].join('/');
}
