import type { Achievement, Metric, Streak } from './catalog.ts';

/** What an event of one type feeds. */
export interface Touched {
  readonly metrics: readonly Metric[];
  readonly streaks: readonly Streak[];
}

/** A threshold of a rule on a watched value. */
export interface Mark {
  readonly at: number;
  readonly achievement: Achievement;
}

/** The rules that look at one value. Marks ascend; a rule stands in them or in `always`, never in both. */
export interface Watch {
  /** Rules that can only turn true when the value rises to their mark. */
  readonly up: readonly Mark[];
  /** Rules that can only turn true when the value falls to their mark. */
  readonly down: readonly Mark[];
  /** Rules judged whenever the value is touched. */
  readonly always: readonly Achievement[];
  /** Rules whose progress is this value; each target of a tiered one. */
  readonly goals: readonly Goal[];
  /** Marks of `progress.notifyAt`, ascending. */
  readonly milestones: readonly Goal[];
}

/** A goal on the way to an unlock. `at` is the value watched for: the target itself, or the share of it that is announced. */
export interface Goal extends Mark {
  readonly target: number;
}

/** Event type -> metrics -> achievements, so that an event costs what it touches. */
export interface CatalogIndex {
  readonly byEventType: ReadonlyMap<string, Touched>;
  /** By watchKey. */
  readonly watches: ReadonlyMap<string, Watch>;
  /** Achievement key -> achievements whose criterion or gates look at it. */
  readonly dependents: ReadonlyMap<string, readonly Achievement[]>;
  /** Achievements that count others. */
  readonly counters: readonly Achievement[];
}

/** Names a watched value: a metric (of a key, of any key, `*`: of each key), or `@level`, `@streak:key`. */
export function watchKey(name: string, key: string | null): string {
  return key === null ? name : `${name}\u0000${key}`;
}

/** The index of the first mark beyond a value. Binary search. */
export function firstAbove(marks: readonly Mark[], value: number): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((marks[middle]?.at ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
