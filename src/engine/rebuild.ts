import { isOff, setOffList } from './built-in.ts';
import { applyUnlock, gain, runCascade, startCascade } from './cascade.ts';
import type { Catalog } from './catalog.ts';
import { Draft, inOrder } from './draft.ts';
import { fold } from './fold.ts';
import { answerFromMemory, applyChange } from './merge.ts';
import { emptyState, type FoldEvent, type Needs, type Unlock, type UserChange, type UserState } from './state.ts';
import { DAY_MS } from './zones.ts';

/** A user's log without its events: the decisions that were taken. */
export interface RebuildInput {
  readonly userId: string;
  readonly test: boolean;
  /** Every unlock row, revoked ones too. They are facts: the fold neither takes them away nor decides them anew. */
  readonly facts: readonly Unlock[];
}

/** What the log comes to. */
export interface Rebuilt {
  /** Everything about the user that the log tells; what is missing from its maps is absent. */
  readonly state: UserState;
  /** XP of the events alone. */
  readonly eventXp: number;
  /** Unlocks that the rules give over the log and that no row has: dated when they were earned. */
  readonly decided: readonly Unlock[];
}

/** The most events that are folded before their changes are laid into the state. */
const CHUNK = 1_000;
/** The longest window a metric may have: what lies further back is never looked at again when events come in order. */
const TAIL_MS = 31 * DAY_MS;
const MOST_ROUNDS = 20;

/**
 * Folds a user's log from its beginning: events in (occurredAt, id) order, priced, fed in parts of any size; each decision that was
 * taken comes at its own moment, after the event that took it, with the points and XP it gave then. Holds the state and the events
 * of the last 31 days, never the whole log.
 */
export class Rebuild {
  readonly #catalog: Catalog;
  readonly #now: number;
  readonly #known: ReadonlySet<string>;
  readonly #coming: Unlock[];
  readonly #decided: Unlock[] = [];
  /** Achievements that stand as decided by hand. */
  readonly #off: readonly string[];
  #state: UserState;
  #eventXp = 0;
  /** Rolling windows alone look back at events. */
  readonly #looksBack: boolean;
  #tail: readonly FoldEvent[] = [];

  constructor(catalog: Catalog, { userId, test, facts }: RebuildInput, now: number) {
    this.#catalog = catalog;
    this.#now = now;
    this.#looksBack = [...catalog.metrics.values()].some(({ withinMs }) => withinMs !== null);
    this.#known = new Set(facts.map(keyOf));
    this.#coming = facts.toSorted((a, b) => a.unlockedAt - b.unlockedAt);
    this.#off = [...Map.groupBy(facts, ({ achievement }) => achievement)].flatMap(([key, rows]) =>
      isOff(rows) ? [key] : [],
    );
    const blank = emptyState({ userId, test, score: 0, achievementPoints: 0, xp: 0, lastActivityAt: null });
    this.#state = { ...blank, unlocks: blocksOf(catalog, facts) };
  }

  /** The next events, in order. */
  take(events: readonly FoldEvent[]): void {
    for (let from = 0; from < events.length; ) {
      const to = this.#segmentEnd(events, from);
      const segment = events.slice(from, to);
      this.#lay((state) => {
        const result = fold(this.#catalog, state, segment, this.#now);
        return result.kind === 'needs' ? result : { kind: 'done', change: result.change };
      });
      for (const { priced } of segment) this.#eventXp += priced?.xp ?? 0;
      if (this.#looksBack) this.#tail = tailOf(this.#tail, segment);
      const last = segment.at(-1);
      while (last !== undefined && this.#coming[0] !== undefined && isAt(this.#coming[0], last)) this.#settleNext();
      from = to;
    }
  }

  /** The end of the log. */
  finish(): Rebuilt {
    while (this.#coming.length > 0) this.#settleNext();
    if (this.#off.length > 0) this.#step((draft) => setOffList(draft, this.#off));
    return { state: this.#state, eventXp: this.#eventXp, decided: this.#decided };
  }

  /** A segment ends with the event of the next decision, or when it is long enough. */
  #segmentEnd(events: readonly FoldEvent[], from: number): number {
    const [next] = this.#coming;
    const most = Math.min(events.length, from + CHUNK);
    if (next === undefined) return most;
    const found = events.findIndex((event, index) => index >= from && index < most && isAt(next, event));
    return found < 0 ? most : found + 1;
  }

  /** Lays the next decision into the state at its moment, with what follows from it. */
  #settleNext(): void {
    const fact = this.#coming.shift();
    if (fact === undefined) return;
    this.#step((draft) => {
      const cascade = startCascade(draft, { at: fact.unlockedAt, zone: null }, fact.eventId, null);
      if (fact.revokedAt !== null) {
        // Given and taken: it leaves no value, only that it was there.
        gain(cascade, fact.points, fact.xp, 1);
        gain(cascade, -fact.points, -fact.xp, -1);
        return;
      }
      applyUnlock(cascade, fact, 'achievement');
      runCascade(cascade);
    }, keyOf(fact));
  }

  /** Lays what is done to a draft into the state. */
  #step(work: (draft: Draft) => void, settled: string | null = null): void {
    this.#lay((state) => {
      const draft = new Draft(this.#catalog, state, this.#now);
      work(draft);
      if (draft.needs.any) return { kind: 'needs', needs: draft.needs.build() };
      return { kind: 'done', change: draft.change() };
    }, settled);
  }

  /** Runs a step of the engine on what is in memory and lays its change into the state. */
  #lay(
    step: (state: UserState) => { kind: 'needs'; needs: Needs } | { kind: 'done'; change: UserChange },
    settled: string | null = null,
  ): void {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const result = step(this.#state);
      if (result.kind === 'needs') {
        this.#state = answerFromMemory(this.#state, result.needs, this.#tail);
        continue;
      }
      this.#state = applyChange(this.#state, result.change);
      for (const unlock of result.change.unlocks) if (keyOf(unlock) !== settled) this.#compare(unlock);
      return;
    }
    throw new Error(`a rebuild still lacks state after ${MOST_ROUNDS} rounds`);
  }

  /** A rule decided: a decision that was taken keeps what it gave then, anything else is new. */
  #compare(unlock: Unlock): void {
    const key = keyOf(unlock);
    if (!this.#known.has(key)) {
      this.#decided.push(unlock);
      return;
    }
    const at = this.#coming.findIndex((fact) => keyOf(fact) === key);
    const [fact] = at < 0 ? [] : this.#coming.splice(at, 1);
    if (fact === undefined) return;
    const { achievementPoints, xp } = this.#state;
    this.#state = {
      ...this.#state,
      achievementPoints: achievementPoints + fact.points - unlock.points,
      xp: xp + fact.xp - unlock.xp,
    };
  }
}

/** Folds a whole log at once. */
export function rebuild(catalog: Catalog, input: RebuildInput, log: readonly FoldEvent[], now: number): Rebuilt {
  const folding = new Rebuild(catalog, input, now);
  folding.take(log.toSorted(inOrder));
  return folding.finish();
}

/** Rows that keep rules from being decided: taken away, or (grants, and without tiers and repeats all) held back until their moment. */
function blocksOf(catalog: Catalog, facts: readonly Unlock[]): ReadonlyMap<string, readonly Unlock[]> {
  const blocks = new Map<string, readonly Unlock[]>();
  for (const [key, rows] of Map.groupBy(facts, ({ achievement }) => achievement)) {
    const isSimple =
      (catalog.achievements.get(key)?.tiers.length ?? 0) === 0 && rows.every(({ period }) => period === '');
    const held = rows
      .filter((row) => isSimple || row.revokedAt !== null || row.source === 'grant')
      .map(
        (row): Unlock => ({
          ...row,
          source: 'rule',
          revokedAt: row.revokedAt ?? row.unlockedAt,
        }),
      );
    blocks.set(key, held);
  }
  return blocks;
}

function keyOf({ achievement, tier, period }: Unlock): string {
  return `${achievement}\u0000${tier}\u0000${period}`;
}

/** The moment of a decision has come with this event: it is the event that took it, or lies after it. */
function isAt(fact: Unlock, event: FoldEvent): boolean {
  return event.id === fact.eventId || event.occurredAt > fact.unlockedAt;
}

function tailOf(before: readonly FoldEvent[], added: readonly FoldEvent[]): readonly FoldEvent[] {
  const newest = added.at(-1)?.occurredAt ?? Number.NEGATIVE_INFINITY;
  return [...before, ...added].filter((event) => event.occurredAt > newest - TAIL_MS);
}
