import type { Catalog } from '../../src/engine/catalog.ts';
import { compileCatalog } from '../../src/engine/compile.ts';
import { type DecisionResult, grant, revoke } from '../../src/engine/decide.ts';
import { fold } from '../../src/engine/fold.ts';
import { answerFromMemory, applyChange } from '../../src/engine/merge.ts';
import { type Gift, type RewardResult, reward } from '../../src/engine/reward.ts';
import type { Fault } from '../../src/engine/source.ts';
import {
  type EventOutcome,
  emptyState,
  type FoldEvent,
  type FoldResult,
  type Json,
  type LedgerLine,
  type UserState,
} from '../../src/engine/state.ts';
import { parseCatalog } from '../../src/features/catalog/parse.ts';

/** 2026-01-01T00:00:00Z. */
export const START = Date.UTC(2026, 0, 1);
export const SECOND = 1000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** The faults of a catalog text; empty when it is fine. */
export function faultsOf(text: string, options: { strict?: boolean } = {}): readonly Fault[] {
  const parsed = parseCatalog({ main: 'game.yaml', files: { 'game.yaml': text } });
  if (!parsed.ok) return parsed.faults;
  const compiled = compileCatalog(parsed.source, options);
  return compiled.ok ? [] : compiled.faults;
}

/** Compiles a catalog text; a fault fails the test. */
export function catalogOf(text: string): Catalog {
  const parsed = parseCatalog({ main: 'game.yaml', files: { 'game.yaml': `laurel: 1\n${text}` } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const compiled = compileCatalog(parsed.source);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.catalog;
}

let made = 0;

/** An event; ids rise in the order they are made. */
export function event(
  type: string,
  occurredAt: number,
  details: FoldEvent['details'] = null,
  more: Partial<FoldEvent> = {},
): FoldEvent {
  made += 1;
  const id = `e${String(made).padStart(8, '0')}`;
  return { id, type, details, occurredAt, attributes: null, timezone: null, priced: null, ...more };
}

/** Freezes a value and all that it holds, maps excepted: writing to it then throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    for (const item of value.values()) deepFreeze(item);
    const refuse = (): never => {
      throw new Error('the engine wrote to a map it was given');
    };
    Object.assign(value, { set: refuse, delete: refuse, clear: refuse });
    return value;
  }
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}

/** One user whose everything is in memory. */
export class MemoryUser {
  readonly catalog: Catalog;
  readonly log: FoldEvent[] = [];
  readonly outcomes: EventOutcome[] = [];
  readonly ledger: LedgerLine[] = [];
  /** Rounds of reading the last call took. */
  rounds = 0;
  state: UserState;
  /** What was read and written so far, of a user whose state is remembered from batch to batch. */
  #known: UserState | null = null;
  readonly #remembers: boolean;

  constructor(catalog: Catalog, test = false, remembers = false) {
    this.catalog = catalog;
    this.#remembers = remembers;
    this.state = emptyState({ userId: 'u', test, score: 0, achievementPoints: 0, xp: 0, lastActivityAt: null });
  }

  /** Folds events as one batch; what was read before is forgotten, unless the user's state is remembered. */
  record(
    events: readonly FoldEvent[],
    now = Math.max(...events.map((one) => one.occurredAt)),
  ): readonly EventOutcome[] {
    const result = this.#settle((state) => fold(this.catalog, state, events, now));
    if (result.kind !== 'done') return [];
    for (const outcome of result.outcomes) {
      this.outcomes.push(outcome);
      if (outcome.kind !== 'recorded') continue;
      this.log.push({ ...outcome.event, priced: { points: outcome.points, xp: outcome.xp } });
    }
    return result.outcomes;
  }

  grant(achievement: string, now: number, tier?: number): DecisionResult {
    const input = { achievement, timezone: null, ...(tier === undefined ? {} : { tier }) };
    return this.#settle((state) => grant(this.catalog, state, input, now));
  }

  revoke(achievement: string, now: number): DecisionResult {
    return this.#settle((state) => revoke(this.catalog, state, { achievement, timezone: null }, now));
  }

  reward(gifts: readonly Gift[], now: number): RewardResult {
    return this.#settle((state) => reward(this.catalog, state, { gifts, timezone: null }, now));
  }

  #settle<T extends FoldResult | DecisionResult | RewardResult>(run: (state: UserState) => T): T {
    this.rounds = 0;
    let state = this.#known ?? unread(this.state);
    for (;;) {
      const result = run(state);
      if (result.kind === 'needs') {
        this.rounds += 1;
        if (this.rounds > 8) throw new Error(`too many rounds: ${JSON.stringify(result.needs)}`);
        state = answered(state, this.state, result.needs, this.log);
        continue;
      }
      if (result.kind === 'done') {
        this.state = applyChange(this.state, result.change);
        this.ledger.push(...result.change.ledger);
        this.#known = this.#remembers ? applyChange(state, result.change) : null;
      }
      return result;
    }
  }

  /** Keys held now, in order. */
  held(): string[] {
    return [...this.state.unlocks]
      .filter(([, rows]) => rows.some((row) => row.revokedAt === null))
      .map(([key]) => key)
      .sort();
  }

  /** The value of a metric's cell. */
  value(metric: string, by = '', period = ''): number | null {
    return this.state.cells.get(`${metric}\u0000${by}\u0000${period}`)?.value ?? null;
  }
}

function unread(state: UserState): UserState {
  const { userId, test, score, achievementPoints, xp, lastActivityAt } = state;
  return emptyState({ userId, test, score, achievementPoints, xp, lastActivityAt });
}

/** Reads only what was asked for, so that a need the engine forgot to state shows. */
function answered(
  known: UserState,
  all: UserState,
  needs: Parameters<typeof answerFromMemory>[1],
  log: readonly FoldEvent[],
): UserState {
  const full = answerFromMemory(all, needs, log);
  const pick = <T>(
    from: ReadonlyMap<string, T>,
    before: ReadonlyMap<string, T>,
    keys: readonly string[],
  ): Map<string, T> => {
    const map = new Map(before);
    for (const key of keys) {
      const value = from.get(key);
      if (value !== undefined) map.set(key, value);
    }
    return map;
  };
  const wholeKeys = needs.whole.map(({ metric, period }) => `${metric}\u0000${period}`);
  const cellKeys = needs.cells.map(({ metric, by, period }) => `${metric}\u0000${by}\u0000${period}`);
  for (const { metric, period } of needs.whole) {
    for (const by of full.whole.get(`${metric}\u0000${period}`) ?? [])
      cellKeys.push(`${metric}\u0000${by}\u0000${period}`);
  }
  const members = needs.members.map(
    ({ metric, by, period, member }) => `${metric}\u0000${by}\u0000${period}\u0000${member}`,
  );
  return {
    ...known,
    cells: pick(full.cells, known.cells, cellKeys),
    whole: pick(full.whole, known.whole, wholeKeys),
    members: pick(full.members, known.members, members),
    unlocks: pick(full.unlocks, known.unlocks, needs.achievements),
    streakDays: pick(full.streakDays, known.streakDays, needs.streaks),
    totals: pick(full.totals, known.totals, needs.totals),
    history: pick(full.history, known.history, [...full.history.keys()]),
  };
}

/** What a user's state says, in a form that compares. */
export function summary(user: MemoryUser): Json {
  const cells = [...user.state.cells]
    .filter(([, cell]) => cell !== null)
    .map(([key, cell]): [string, Json] => [key, [cell?.value ?? null, cell?.achievedAt ?? null]])
    .sort(([one], [two]) => (one < two ? -1 : 1));
  const { score, xp, achievementPoints } = user.state;
  const days = [...user.state.streakDays].map(([key, list]): [string, Json] => [key, [...list]]).sort();
  const members = [...user.state.members]
    .filter(([, at]) => at !== null)
    .map(([key, at]): [string, Json] => [key, at])
    .sort();
  return { cells, score, xp, achievementPoints, days, members, held: user.held() };
}
