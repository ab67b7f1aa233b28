/**
 * What the engine reads and writes: plain data, no database words. Instants are milliseconds since the epoch, values are integers
 * scaled by the metric's decimals, days are whole days since 1970-01-01.
 */

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An event to fold. Validated before: its type is declared and its details fit the schema. */
export interface FoldEvent {
  readonly id: string;
  readonly type: string;
  readonly details: { readonly [key: string]: Json } | null;
  readonly occurredAt: number;
  /** The user's attributes when it was recorded, where the catalog declares some. */
  readonly attributes: { readonly [key: string]: Json } | null;
  /** The user's IANA zone when it was recorded; null is UTC. */
  readonly timezone: string | null;
  /** Set on an event of the log: points and XP are priced once, a fold never prices again. Null: the fold prices it. */
  readonly priced: { readonly points: number; readonly xp: number } | null;
}

/** Names one accumulator of a user. `by` and `period` are '' where they do not apply. */
export interface CellRef {
  readonly metric: string;
  readonly by: string;
  readonly period: string;
}

/** One accumulator's content. */
export interface Cell {
  readonly value: number | null;
  /** occurredAt of the newest event that contributed (min, max: the first that reached the value). */
  readonly achievedAt: number | null;
  /** What the engine keeps beside the value. */
  readonly state: Json;
}

/** A cell with nothing in it: the same as no cell. A change that holds one says that the cell is gone. */
export const ABSENT: Cell = { value: null, achievedAt: null, state: null };

/** Whether a cell holds nothing. */
export function isAbsent({ value, achievedAt, state }: Cell): boolean {
  return value === null && achievedAt === null && state === null;
}

/** A stored unlock of one (achievement, tier, period). */
export interface Unlock {
  readonly achievement: string;
  /** 0 for an achievement without tiers. */
  readonly tier: number;
  /** '' unless the achievement repeats. */
  readonly period: string;
  readonly unlockedAt: number;
  readonly eventId: string | null;
  readonly points: number;
  readonly xp: number;
  readonly source: 'rule' | 'grant';
  /** Not null: taken away, and blocked until it is granted. */
  readonly revokedAt: number | null;
}

/** Running totals of one event type of one user. */
export interface TypeTotal {
  readonly count: number;
  readonly points: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Events of the log of one user: these types (null: all), from <= occurredAt < to, in (occurredAt, id) order. */
export interface HistoryRef {
  readonly types: readonly string[] | null;
  readonly from: number;
  readonly to: number;
  /** Only so many, the newest of them. */
  readonly newest?: number;
}

/** A member of the set behind a `distinct` accumulator. */
export interface MemberRef extends CellRef {
  readonly member: string;
}

/** The part of a user's state that was read so far. A key that is missing from a map was not read; null was read and is absent. */
export interface UserState {
  readonly userId: string;
  readonly test: boolean;
  readonly score: number;
  readonly achievementPoints: number;
  readonly xp: number;
  readonly lastActivityAt: number | null;
  /** By cellKey. */
  readonly cells: ReadonlyMap<string, Cell | null>;
  /** By wholeKey(metric, period): every `by` key the metric has in that period. Their cells are in `cells`. */
  readonly whole: ReadonlyMap<string, readonly string[]>;
  /** By memberKey: earliest occurredAt of the member. */
  readonly members: ReadonlyMap<string, number | null>;
  /** By achievement key: all its rows, revoked ones too. */
  readonly unlocks: ReadonlyMap<string, readonly Unlock[]>;
  /** By streak key: active units (days since 1970-01-01; a week is its Monday), ascending. */
  readonly streakDays: ReadonlyMap<string, readonly number[]>;
  /** By event type. */
  readonly totals: ReadonlyMap<string, TypeTotal | null>;
  /** By historyKey. */
  readonly history: ReadonlyMap<string, readonly FoldEvent[]>;
}

/** A state whose maps are the holder's own to add to. */
export type OwnState = {
  -readonly [Key in keyof UserState]: UserState[Key] extends ReadonlyMap<infer K, infer V> ? Map<K, V> : UserState[Key];
};

/** What the engine must see before it can go on. The store reads all of it with one statement a kind and calls again. */
export interface Needs {
  readonly cells: readonly CellRef[];
  readonly whole: readonly { readonly metric: string; readonly period: string }[];
  readonly members: readonly MemberRef[];
  readonly achievements: readonly string[];
  readonly streaks: readonly string[];
  readonly totals: readonly string[];
  readonly history: readonly HistoryRef[];
}

/** Why an event was not taken. It has no effect at all. */
export type Refusal =
  | { readonly kind: 'valueOutOfRange'; readonly metric: string }
  | { readonly kind: 'limit'; readonly retryAfterMs: number }
  | { readonly kind: 'price'; readonly message: string };

/** A counted rule that moved without unlocking (or on its way to the next tier). Values are unscaled, as a player reads them. */
export interface Progressed {
  readonly achievement: string;
  readonly previous: number;
  readonly current: number;
  readonly target: number;
  /** A mark of `progress.notifyAt` was passed. */
  readonly milestone: boolean;
}

/** What one event did. */
export type EventOutcome =
  | {
      readonly kind: 'recorded';
      readonly event: FoldEvent;
      readonly points: number;
      readonly xp: number;
      readonly unlocked: readonly Unlock[];
      readonly progressed: readonly Progressed[];
      readonly levelUp: { readonly from: number; readonly to: number } | null;
      /** Streaks whose current or longest run changed. */
      readonly streaks: readonly string[];
      /** It is one more than the velocity of its type allows; it counts all the same. Never so of an event of the log. */
      readonly tooFast: boolean;
    }
  | { readonly kind: 'refused'; readonly event: FoldEvent; readonly refusal: Refusal };

/** Points and XP that are not those of an event. The store gives it an id. */
export interface LedgerLine {
  readonly source: 'achievement' | 'level' | 'grant' | 'revoke' | 'reward';
  readonly achievement: string | null;
  readonly tier: number | null;
  readonly period: string | null;
  readonly eventId: string | null;
  readonly points: number;
  readonly xp: number;
}

/**
 * Everything to write for one user: absolute values, under that user's lock. Only what changed. A cell without value, instant and
 * state (`isAbsent`) is to be deleted.
 */
export interface UserChange {
  readonly score: number;
  readonly achievementPoints: number;
  readonly xp: number;
  readonly lastActivityAt: number | null;
  readonly cells: readonly (CellRef & Cell)[];
  readonly members: readonly (MemberRef & { readonly firstAt: number })[];
  readonly totals: readonly (TypeTotal & { readonly type: string })[];
  readonly streakDays: readonly { readonly streak: string; readonly day: number }[];
  readonly unlocks: readonly Unlock[];
  readonly ledger: readonly LedgerLine[];
}

/** Either more must be read, or this is the answer. */
export type FoldResult =
  | { readonly kind: 'needs'; readonly needs: Needs }
  | { readonly kind: 'done'; readonly change: UserChange; readonly outcomes: readonly EventOutcome[] };

/** Separates the parts of a composed key; cannot stand in a catalog key, and is refused in `by` values by the fold. */
const SEPARATOR = '\u0000';

/** Key of UserState.cells. */
export function cellKey(ref: CellRef): string {
  return ref.metric + SEPARATOR + ref.by + SEPARATOR + ref.period;
}

/** Key of UserState.whole. */
export function wholeKey(metric: string, period: string): string {
  return metric + SEPARATOR + period;
}

/** Key of UserState.members. */
export function memberKey(ref: MemberRef): string {
  return cellKey(ref) + SEPARATOR + ref.member;
}

/** Key of UserState.history. */
export function historyKey(ref: HistoryRef): string {
  const types = ref.types === null ? '*' : ref.types.join(SEPARATOR);
  return [types, ref.from, ref.to, ...(ref.newest === undefined ? [] : [ref.newest])].join(SEPARATOR);
}

/** The state of a user of whom nothing was read but the row itself. */
export function emptyState(
  user: Pick<UserState, 'userId' | 'test' | 'score' | 'achievementPoints' | 'xp' | 'lastActivityAt'>,
): OwnState {
  return {
    ...user,
    cells: new Map(),
    whole: new Map(),
    members: new Map(),
    unlocks: new Map(),
    streakDays: new Map(),
    totals: new Map(),
    history: new Map(),
  };
}
