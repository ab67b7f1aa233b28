import type { Board, Catalog } from '../../engine/catalog.ts';
import { periodOfKey } from '../../engine/periods.ts';
import type { RankChange, RankedBoard } from '../../ranking/rank-index.ts';

/** A value of a user that was written, as the engine names it; value null: nothing is left of it. */
export interface WrittenCell {
  readonly metric: string;
  readonly by: string;
  readonly period: string;
  readonly value: number | null;
  readonly achievedAt: number | null;
}

/** What a committed transaction wrote of a user. */
export interface WrittenUser {
  readonly userId: string;
  /** The user's row version after it. */
  readonly version: number;
  /** Whether boards show the user to everybody. */
  readonly shown: boolean;
  /** Whether boards show the user to itself alone, for it is in quarantine. */
  readonly seenByItself: boolean;
  readonly cells: readonly WrittenCell[];
}

/** Finds the boards that rank a value. Made once a catalog version. */
export class BoardFinder {
  readonly #catalog: Catalog;
  readonly #byMetric: ReadonlyMap<string, readonly Board[]>;
  /** Boards of a metric and period: periods come in runs. */
  readonly #known = new Map<string, readonly RankedBoard[]>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#byMetric = Map.groupBy(catalog.leaderboards.values(), ({ metric }) => metric);
  }

  /** The boards that rank the values of a metric in a period. */
  boardsOf(metric: string, period: string): readonly RankedBoard[] {
    const boards = this.#byMetric.get(metric);
    if (boards === undefined) return NONE;
    const key = `${metric}/${period}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = boards.filter(({ per }) =>
      per === null ? period === '' : periodOfKey(per, period, null, this.#catalog.seasons) !== null,
    );
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(key, found);
    return found;
  }

  /** What written values change on boards, if they show the users. */
  changesOf(users: readonly WrittenUser[]): RankChange[] {
    const changes: RankChange[] = [];
    for (const { userId, version, cells } of users) {
      for (const { metric, by, period, value, achievedAt } of cells) {
        for (const board of this.boardsOf(metric, period)) {
          const standing = value === null ? null : { value, achievedAt: achievedAt ?? 0 };
          changes.push({ ranking: { board, period, by }, userId, version, standing });
        }
      }
    }
    return changes;
  }
}

const NONE: readonly RankedBoard[] = [];
/** Of the history that an import brings, periods are many. */
const MOST_KNOWN = 1_000;
