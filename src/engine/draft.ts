import type { Achievement, Catalog } from './catalog.ts';
import { NeedsBuilder } from './needs.ts';
import {
  type Cell,
  type CellRef,
  cellKey,
  type FoldEvent,
  type HistoryRef,
  historyKey,
  type LedgerLine,
  type MemberRef,
  memberKey,
  type TypeTotal,
  type Unlock,
  type UserChange,
  type UserState,
  wholeKey,
} from './state.ts';

/** Says whether an unlock that a rule would give now is taken. */
export type Takes = (row: Unlock) => boolean;

/**
 * What a fold has changed so far, laid over the state that was read. The state itself is never touched. A read of something
 * that was not read yet answers undefined and notes the need: the fold then goes on only to find more needs.
 */
export class Draft {
  readonly catalog: Catalog;
  readonly state: UserState;
  readonly now: number;
  readonly needs = new NeedsBuilder();
  score: number;
  achievementPoints: number;
  xp: number;
  lastActivityAt: number | null;
  /** XP of events alone; only a replay of the past keeps it. */
  eventXp = 0;
  readonly ledger: LedgerLine[] = [];
  readonly #cells = new Map<string, { readonly ref: CellRef; cell: Cell }>();
  readonly #totals = new Map<string, TypeTotal>();
  readonly #newDays: { readonly streak: string; readonly day: number }[] = [];
  // Most folds are of one event that touches none of these.
  #members: Map<string, MemberRef & { readonly firstAt: number }> | null = null;
  #streakDays: Map<string, readonly number[]> | null = null;
  #unlocks: Map<string, readonly Unlock[]> | null = null;
  #newUnlocks: Map<string, Unlock> | null = null;
  #keys: Map<string, Map<string, Map<string, string>>> | null = null;
  #newKeys: Map<string, string[]> | null = null;
  /** What unlocks that could not be decided yet may bring: the bound of what may follow from them. */
  readonly pending = { xp: 0, points: 0, unlocks: 0 };
  /** The events at hand. The log may hold them already: they count only once they are accepted. */
  batch: readonly FoldEvent[] = [];
  readonly #accepted: { readonly event: FoldEvent; readonly points: number; readonly xp: number }[] = [];
  /** Whether a rule's unlock is taken; a rebuild lays decisions in at their own moment. Null: all are. */
  readonly takes: Takes | null;
  /** The metric that would pass 2^53 - 1: what was done since the last event is not to be kept. */
  overflow: string | null = null;
  /** The lists of a cascade, empty between events. */
  readonly waiting = new Map<number, Achievement>();
  readonly again = new Map<number, Achievement>();

  constructor(catalog: Catalog, state: UserState, now: number, takes: Takes | null = null) {
    this.takes = takes;
    this.catalog = catalog;
    this.state = state;
    this.now = now;
    this.score = state.score;
    this.achievementPoints = state.achievementPoints;
    this.xp = state.xp;
    this.lastActivityAt = state.lastActivityAt;
  }

  /** The key of a cell, made once: a string that was looked up before is found faster than one just joined. */
  keyOf(metric: string, by: string, period: string): string {
    if (by === '') {
      const lifetime = period === '' ? this.catalog.index.lifetimeKeys.get(metric) : undefined;
      return lifetime ?? windowKey(metric, period);
    }
    this.#keys ??= new Map();
    const keys = inner(inner(this.#keys, metric), period);
    let key = keys.get(by);
    if (key === undefined) {
      key = cellKey({ metric, by, period });
      keys.set(by, key);
    }
    return key;
  }

  /** A cell; null is absent, undefined must be read first. */
  cell(ref: CellRef, key: string): Cell | null | undefined {
    const changed = this.#cells.get(key);
    if (changed !== undefined) return changed.cell;
    const known = this.state.cells.get(key);
    if (known === undefined) this.needs.cell(ref);
    return known;
  }

  /** A cell without noting a need. */
  peekCell(key: string): Cell | null | undefined {
    const changed = this.#cells.get(key);
    return changed === undefined ? this.state.cells.get(key) : changed.cell;
  }

  setCell(key: string, ref: CellRef, cell: Cell, isNew: boolean): void {
    const changed = this.#cells.get(key);
    if (changed === undefined) this.#cells.set(key, { ref, cell });
    else changed.cell = cell;
    const { metric, by, period } = ref;
    if (!isNew || by === '') return;
    const whole = wholeKey(metric, period);
    this.#newKeys ??= new Map();
    const added = this.#newKeys.get(whole);
    if (added === undefined) this.#newKeys.set(whole, [by]);
    else added.push(by);
  }

  /** Every `by` key of a metric in a period. */
  whole(metric: string, period: string): readonly string[] | undefined {
    const key = wholeKey(metric, period);
    const known = this.state.whole.get(key);
    if (known === undefined) {
      this.needs.whole(metric, period);
      return undefined;
    }
    const added = this.#newKeys?.get(key);
    return added === undefined ? known : [...new Set([...known, ...added])];
  }

  /** When a member was first seen; null is never. */
  member(ref: MemberRef): number | null | undefined {
    const key = memberKey(ref);
    const changed = this.#members?.get(key);
    if (changed !== undefined) return changed.firstAt;
    const known = this.state.members.get(key);
    if (known === undefined) this.needs.member(ref);
    return known;
  }

  setMember(ref: MemberRef, firstAt: number): void {
    this.#members ??= new Map();
    this.#members.set(memberKey(ref), { ...ref, firstAt });
  }

  total(type: string): TypeTotal | null | undefined {
    const known = this.#totals.get(type) ?? this.state.totals.get(type);
    if (known === undefined) this.needs.total(type);
    return known;
  }

  setTotal(type: string, total: TypeTotal): void {
    this.#totals.set(type, total);
  }

  streakDays(streak: string): readonly number[] | undefined {
    const known = this.#streakDays?.get(streak) ?? this.state.streakDays.get(streak);
    if (known === undefined) this.needs.streak(streak);
    return known;
  }

  /** Adds days of which none was there; `all` is what there is then. */
  addStreakDays(streak: string, days: readonly number[], all: readonly number[]): void {
    this.#streakDays ??= new Map();
    this.#streakDays.set(streak, all);
    for (const day of days) this.#newDays.push({ streak, day });
  }

  unlocks(achievement: string): readonly Unlock[] | undefined {
    const known = this.#unlocks?.get(achievement) ?? this.state.unlocks.get(achievement);
    if (known === undefined) this.needs.achievement(achievement);
    return known;
  }

  /** Unlock rows without noting a need. */
  peekUnlocks(achievement: string): readonly Unlock[] | undefined {
    return this.#unlocks?.get(achievement) ?? this.state.unlocks.get(achievement);
  }

  /** Writes one unlock row: a new one, or another content of the same (achievement, tier, period). */
  setUnlock(unlock: Unlock): void {
    const others = (this.peekUnlocks(unlock.achievement) ?? []).filter(
      (row) => row.tier !== unlock.tier || row.period !== unlock.period,
    );
    this.#unlocks ??= new Map();
    this.#unlocks.set(unlock.achievement, [...others, unlock]);
    this.#newUnlocks ??= new Map();
    this.#newUnlocks.set(`${unlock.achievement}\u0000${unlock.tier}\u0000${unlock.period}`, unlock);
  }

  /** Every achievement of which rows were read or written. */
  achievementsSeen(): ReadonlySet<string> {
    return new Set([...this.state.unlocks.keys(), ...(this.#unlocks?.keys() ?? [])]);
  }

  /** Replaces all unlocks by those of a moment of the past. */
  setPast(unlocks: ReadonlyMap<string, readonly Unlock[]>): void {
    this.#unlocks = new Map(unlocks);
  }

  /** Events of the log in a span, with those this fold accepted there, in (occurredAt, id) order. */
  history(ref: HistoryRef): readonly FoldEvent[] | undefined {
    const known = this.state.history.get(historyKey(ref));
    if (known === undefined) {
      this.needs.history(ref);
      return undefined;
    }
    const { types, from, to } = ref;
    const ids = new Set(this.batch.map((event) => event.id));
    const before = known.filter((event) => !ids.has(event.id));
    const own = this.#accepted.flatMap(({ event, points, xp }) => {
      const isIn = event.occurredAt >= from && event.occurredAt < to && (types === null || types.includes(event.type));
      return isIn ? [{ ...event, priced: { points, xp } }] : [];
    });
    return own.length === 0 ? before : [...before, ...own].sort(inOrder);
  }

  /** Keeps an accepted event for what looks back. */
  accept(event: FoldEvent, points: number, xp: number): void {
    this.#accepted.push({ event, points, xp });
  }

  /** Absolute values of all that changed. */
  change(): UserChange {
    return {
      score: this.score,
      achievementPoints: this.achievementPoints,
      xp: this.xp,
      lastActivityAt: this.lastActivityAt,
      cells: Array.from(this.#cells.values(), cellOf),
      members: [...(this.#members?.values() ?? [])],
      totals: Array.from(this.#totals, ([type, total]) => ({ ...total, type })),
      streakDays: this.#newDays,
      unlocks: [...(this.#newUnlocks?.values() ?? [])],
      ledger: this.ledger,
    };
  }
}

function cellOf({ ref, cell }: { readonly ref: CellRef; readonly cell: Cell }): CellRef & Cell {
  const { metric, by, period } = ref;
  return { metric, by, period, value: cell.value, achievedAt: cell.achievedAt, state: cell.state };
}

/** Keys of windows of metrics without `by`, by period and metric: all users share the few of today. */
const windowKeys = new Map<string, Map<string, string>>();
const MOST_WINDOWS = 256;

function windowKey(metric: string, period: string): string {
  if (windowKeys.size > MOST_WINDOWS) windowKeys.clear();
  const keys = inner(windowKeys, period);
  const known = keys.get(metric);
  if (known !== undefined) return known;
  const key = cellKey({ metric, by: '', period });
  keys.set(metric, key);
  return key;
}

/** The map under a key of a map of maps; made when it is not there. */
function inner<T>(outer: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const known = outer.get(key);
  if (known !== undefined) return known;
  const made = new Map<string, T>();
  outer.set(key, made);
  return made;
}

/** The order of a user's events: (occurredAt, id). */
export function inOrder(one: FoldEvent, two: FoldEvent): number {
  if (one.occurredAt !== two.occurredAt) return one.occurredAt - two.occurredAt;
  return one.id < two.id ? -1 : one.id > two.id ? 1 : 0;
}

/** The cell of a metric without `by` or `period`. */
export function lifetimeRef(metric: string): CellRef {
  return { metric, by: '', period: '' };
}

/** Reads the lifetime cell of a metric. */
export function lifetimeCell(draft: Draft, metric: string): Cell | null | undefined {
  const key = draft.keyOf(metric, '', '');
  const known = draft.peekCell(key);
  return known === undefined ? draft.cell(lifetimeRef(metric), key) : known;
}
