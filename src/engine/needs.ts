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

/** What was asked for, by key. */
class Asked {
  readonly cells = new Map<string, CellRef>();
  readonly whole = new Map<string, { readonly metric: string; readonly period: string }>();
  readonly members = new Map<string, MemberRef>();
  readonly achievements = new Set<string>();
  readonly streaks = new Set<string>();
  readonly totals = new Set<string>();
  readonly history = new Map<string, HistoryRef>();
}

/** Collects what must be read, each thing once. Most folds ask for nothing, so the collections are made when they do. */
export class NeedsBuilder {
  #collected: Asked | null = null;
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
    const { metric, by, period } = ref;
    this.#ask().cells.set(cellKey(ref), { metric, by, period });
  }

  whole(metric: string, period: string): void {
    this.#ask().whole.set(wholeKey(metric, period), { metric, period });
  }

  member(ref: MemberRef): void {
    this.#ask().members.set(memberKey(ref), ref);
  }

  achievement(key: string): void {
    this.#ask().achievements.add(key);
  }

  streak(key: string): void {
    this.#ask().streaks.add(key);
  }

  total(type: string): void {
    this.#ask().totals.add(type);
  }

  history(ref: HistoryRef): void {
    this.#ask().history.set(historyKey(ref), ref);
  }

  /** Everything asked for so far. */
  build(): Needs {
    const { cells, whole, members, achievements, streaks, totals, history } = this.#collected ?? new Asked();
    return {
      cells: [...cells.values()],
      whole: [...whole.values()],
      members: [...members.values()],
      achievements: [...achievements],
      streaks: [...streaks],
      totals: [...totals],
      history: [...history.values()],
    };
  }

  #ask(): Asked {
    this.#asked += 1;
    this.#collected ??= new Asked();
    return this.#collected;
  }
}
