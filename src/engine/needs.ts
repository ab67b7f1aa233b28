import {
  type CellRef,
  cellKey,
  type HistoryRef,
  historyKey,
  type MemberRef,
  memberKey,
  type Needs,
  wholeKey,
} from './state.ts';

/** Collects what must be read, each thing once. */
export class NeedsBuilder {
  readonly #cells = new Map<string, CellRef>();
  readonly #whole = new Map<string, { readonly metric: string; readonly period: string }>();
  readonly #members = new Map<string, MemberRef>();
  readonly #achievements = new Set<string>();
  readonly #streaks = new Set<string>();
  readonly #totals = new Set<string>();
  readonly #history = new Map<string, HistoryRef>();
  #asked = 0;

  /** Whether anything was asked for. */
  get any(): boolean {
    return this.#asked > 0;
  }

  /** How many times anything was asked for: tells whether a step lacked something. */
  get asked(): number {
    return this.#asked;
  }

  cell(ref: CellRef): void {
    this.#asked += 1;
    const { metric, by, period } = ref;
    this.#cells.set(cellKey(ref), { metric, by, period });
  }

  whole(metric: string, period: string): void {
    this.#asked += 1;
    this.#whole.set(wholeKey(metric, period), { metric, period });
  }

  member(ref: MemberRef): void {
    this.#asked += 1;
    this.#members.set(memberKey(ref), ref);
  }

  achievement(key: string): void {
    this.#asked += 1;
    this.#achievements.add(key);
  }

  streak(key: string): void {
    this.#asked += 1;
    this.#streaks.add(key);
  }

  total(type: string): void {
    this.#asked += 1;
    this.#totals.add(type);
  }

  history(ref: HistoryRef): void {
    this.#asked += 1;
    this.#history.set(historyKey(ref), ref);
  }

  /** Everything asked for so far. */
  build(): Needs {
    return {
      cells: [...this.#cells.values()],
      whole: [...this.#whole.values()],
      members: [...this.#members.values()],
      achievements: [...this.#achievements],
      streaks: [...this.#streaks],
      totals: [...this.#totals],
      history: [...this.#history.values()],
    };
  }
}
