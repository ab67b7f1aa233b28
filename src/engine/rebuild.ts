import { applyUnlock, runCascade, startCascade } from './cascade.ts';
import type { Catalog } from './catalog.ts';
import { Draft, inOrder, type Takes } from './draft.ts';
import { fold } from './fold.ts';
import { absorb, answerInto, startingState } from './merge.ts';
import { isBlocked, isOff, setNotes } from './notes.ts';
import { applyGift, type PaidReward } from './reward.ts';
import type { FoldEvent, Needs, OwnState, Unlock, UserChange, UserState } from './state.ts';
import { DAY_MS } from './zones.ts';

/** A user's log without its events: the decisions that were taken. */
export interface RebuildInput {
  readonly userId: string;
  readonly test: boolean;
  /** Every unlock row, revoked ones too. They are facts: the fold neither takes them away nor decides them anew. */
  readonly facts: readonly Unlock[];
  /** Rewards of boards that were paid. They are facts too. */
  readonly rewards?: readonly PaidReward[];
  /**
   * Achievements that are judged anew, as if their rules had never decided: what they had decided is given only where the rules give
   * it now, at the price it had, and what was taken away is no block. Grants stay facts.
   */
  readonly anew?: ReadonlySet<string>;
}

/** What the log comes to. */
export interface Rebuilt {
  /** Everything about the user that the log tells; what is missing from its maps is absent. */
  readonly state: UserState;
  /** XP of the events alone. */
  readonly eventXp: number;
  /** Unlocks that the rules give over the log and that no row has: dated when they were earned. */
  readonly decided: readonly Unlock[];
  /** Of what is judged anew, the unlocks held by rule that the rules do not give over the log. */
  readonly unearned: readonly Unlock[];
}

/** The most events that are folded before their changes are laid into the state. */
const CHUNK = 1_000;
/** The longest window a metric may have: what lies further back is never looked at again when events come in order. */
const TAIL_MS = 31 * DAY_MS;
const MOST_ROUNDS = 20;
const NONE: ReadonlySet<string> = new Set();

/**
 * Folds a user's log from its beginning: events in (occurredAt, id) order, priced, fed in parts of any size; each decision that was
 * taken comes at its own moment, with the points and XP it gave then. Holds the state and the events of the last 31 days, never the
 * whole log.
 */
export class Rebuild {
  readonly #catalog: Catalog;
  readonly #now: number;
  readonly #anew: ReadonlySet<string>;
  /** By rowKey. */
  readonly #facts: ReadonlyMap<string, Unlock>;
  readonly #coming: Unlock[];
  readonly #rewards: PaidReward[];
  /** Unlocks to be judged anew that no rule has given so far, by rowKey. */
  readonly #unearned: Map<string, Unlock>;
  readonly #decided: Unlock[] = [];
  /** Achievements whose rules held, and that an event to come must decide. */
  readonly #due = new Set<string>();
  /** The same, of the step at hand. */
  #heldBack: string[] = [];
  #isAtEvent = true;
  /** Achievements that stand as decided by hand. */
  readonly #off: readonly string[];
  /** Achievements with a row that was granted: a revoke may have kept their rule from deciding the rest when it held. */
  readonly #handed: ReadonlySet<string>;
  readonly #state: OwnState;
  #eventXp = 0;
  /** The user's zone, as the newest event so far knows it; before any, as the first does. */
  #zone: string | null = null;
  /** Rolling windows alone look back at events. */
  readonly #looksBack: boolean;
  #tail: readonly FoldEvent[] = [];

  constructor(catalog: Catalog, { userId, test, facts: all, rewards = [], anew = NONE }: RebuildInput, now: number) {
    const isAnew = ({ achievement }: Unlock): boolean => anew.has(achievement);
    const facts = all.filter((row) => !isAnew(row) || (row.source === 'grant' && !isTaken(row)));
    this.#catalog = catalog;
    this.#now = now;
    this.#anew = anew;
    this.#looksBack = [...catalog.metrics.values()].some(({ withinMs }) => withinMs !== null);
    this.#facts = new Map(facts.map((fact) => [rowKey(fact), fact]));
    this.#coming = facts
      .filter((fact) => !isTaken(fact))
      .toSorted((a, b) => a.unlockedAt - b.unlockedAt || a.tier - b.tier);
    this.#rewards = rewards.toSorted((one, other) => one.at - other.at);
    const judged = all.filter((row) => isAnew(row) && row.source === 'rule' && !isTaken(row));
    this.#unearned = new Map(judged.map((row) => [rowKey(row), row]));
    const byAchievement = [...Map.groupBy(facts, ({ achievement }) => achievement)];
    this.#off = byAchievement.flatMap(([key, rows]) => (isOff(rows) ? [key] : []));
    this.#handed = new Set(facts.flatMap(({ achievement, source }) => (source === 'grant' ? [achievement] : [])));
    // Rows that were taken from their rule close it from the beginning.
    this.#state = startingState({ userId, test });
    for (const [key, rows] of byAchievement) if (isBlocked(rows)) this.#state.unlocks.set(key, rows.filter(isTaken));
  }

  /** The next events, in order. */
  take(events: readonly FoldEvent[]): void {
    for (let from = 0; from < events.length; ) {
      const first = events[from];
      if (this.#state.lastActivityAt === null) this.#zone = first?.timezone ?? null;
      while (first !== undefined && this.#nextAt() < first.occurredAt) this.#settleNext();
      const to = this.#segmentEnd(events, from);
      const segment = events.slice(from, to);
      this.#isAtEvent = true;
      this.#lay((state, takes) => {
        const result = fold(this.#catalog, state, segment, this.#now, takes);
        return result.kind === 'needs' ? result : { kind: 'done', change: result.change };
      });
      for (const { priced } of segment) this.#eventXp += priced?.xp ?? 0;
      if (this.#looksBack) this.#tail = tailOf(this.#tail, segment);
      const last = segment.at(-1);
      this.#zone = last?.timezone ?? null;
      while (this.#coming[0] !== undefined && last !== undefined && isBy(this.#coming[0], last)) this.#settleNext();
      from = to;
    }
  }

  /** The end of the log. */
  finish(): Rebuilt {
    while (this.#coming.length + this.#rewards.length > 0) this.#settleNext();
    const due = [...this.#due];
    if (this.#off.length + due.length > 0) this.#step((draft) => setNotes(draft, { off: this.#off, due }));
    const unearned = [...this.#unearned.values()];
    return { state: this.#state, eventXp: this.#eventXp, decided: this.#decided, unearned };
  }

  /** A segment ends with the event of the next decision, or before the first event after it, or when it is long enough. */
  #segmentEnd(events: readonly FoldEvent[], from: number): number {
    const [next] = this.#coming;
    const most = Math.min(events.length, from + CHUNK);
    const nextAt = this.#nextAt();
    if (nextAt === Number.POSITIVE_INFINITY) return most;
    for (let index = from; index < most; index += 1) {
      const event = events[index];
      if (event === undefined || event.occurredAt > nextAt) return index;
      if (next !== undefined && isBy(next, event)) return index + 1;
    }
    return most;
  }

  /** When the next decision or reward comes. */
  #nextAt(): number {
    const [fact, reward] = [this.#coming[0], this.#rewards[0]];
    return Math.min(fact?.unlockedAt ?? Number.POSITIVE_INFINITY, reward?.at ?? Number.POSITIVE_INFINITY);
  }

  /** Lays the next decision, or reward, into the state at its moment, with what follows from it. */
  #settleNext(): void {
    const [reward] = this.#rewards;
    if (reward !== undefined && reward.at === this.#nextAt()) {
      this.#rewards.shift();
      this.#settleReward(reward);
      return;
    }
    const fact = this.#coming.shift();
    if (fact === undefined) return;
    this.#step((draft) => {
      const cascade = startCascade(draft, { at: fact.unlockedAt, zone: this.#zone }, fact.eventId, null);
      applyUnlock(cascade, fact, 'achievement');
      runCascade(cascade);
    }, fact.eventId !== null);
  }

  #settleReward(reward: PaidReward): void {
    this.#step((draft) => {
      const cascade = startCascade(draft, { at: reward.at, zone: this.#zone }, null, null);
      applyGift(cascade, { ...reward, period: '' });
      runCascade(cascade);
    }, false);
  }

  /** Lays what is done to a draft into the state; `isAtEvent`: at the moment of an event, not of a grant. */
  #step(work: (draft: Draft) => void, isAtEvent = true): void {
    this.#isAtEvent = isAtEvent;
    this.#lay((state, takes) => {
      const draft = new Draft(this.#catalog, state, this.#now, takes);
      work(draft);
      if (draft.needs.any) return { kind: 'needs', needs: draft.needs.build() };
      return { kind: 'done', change: draft.change() };
    });
  }

  /** Runs a step of the engine on what is in memory and lays its change into the state. */
  #lay(
    step: (state: UserState, takes: Takes) => { kind: 'needs'; needs: Needs } | { kind: 'done'; change: UserChange },
  ): void {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      this.#heldBack = [];
      const result = step(this.#state, (row) => this.#takes(row));
      if (result.kind === 'needs') {
        answerInto(this.#state, result.needs, this.#tail);
        continue;
      }
      absorb(this.#state, result.change);
      for (const unlock of result.change.unlocks) this.#compare(unlock);
      for (const key of this.#heldBack) this.#due.add(key);
      return;
    }
    throw new Error(`a rebuild still lacks state after ${MOST_ROUNDS} rounds`);
  }

  /**
   * Whether what a rule gives now is taken. A decision that was taken comes at its own moment; `retroactive: none`, and what a revoke
   * left open, is for an event to come.
   */
  #takes(row: Unlock): boolean {
    const { achievement } = row;
    const fact = this.#facts.get(rowKey(row));
    if (fact !== undefined && !isTaken(fact)) return false;
    if (this.#anew.has(achievement)) return true;
    const isNone = this.#catalog.achievements.get(achievement)?.retroactive === 'none';
    if (fact === undefined && !isNone && !this.#handed.has(achievement)) return true;
    // What holds at a grant alone, and need not hold for good, has held at no event.
    if (this.#isAtEvent || this.#catalog.index.lasting.has(achievement)) this.#heldBack.push(achievement);
    return false;
  }

  /** A rule decided: what was judged anew keeps the price it had, anything that is no fact is new. */
  #compare(unlock: Unlock): void {
    const key = rowKey(unlock);
    if (this.#facts.has(key)) return;
    const before = this.#unearned.get(key);
    this.#unearned.delete(key);
    if (before === undefined) {
      this.#decided.push(unlock);
      return;
    }
    this.#state.achievementPoints += before.points - unlock.points;
    this.#state.xp += before.xp - unlock.xp;
  }
}

/** Folds a whole log at once. */
export function rebuild(catalog: Catalog, input: RebuildInput, log: readonly FoldEvent[], now: number): Rebuilt {
  const folding = new Rebuild(catalog, input, now);
  folding.take(log.toSorted(inOrder));
  return folding.finish();
}

function rowKey({ achievement, tier, period }: Unlock): string {
  return `${achievement}\u0000${tier}\u0000${period}`;
}

function isTaken({ revokedAt }: Unlock): boolean {
  return revokedAt !== null;
}

/** The decision is this event's: it comes right after it, among events of the same instant. */
function isBy(fact: Unlock, event: FoldEvent): boolean {
  return event.id === fact.eventId && event.occurredAt === fact.unlockedAt;
}

function tailOf(before: readonly FoldEvent[], added: readonly FoldEvent[]): readonly FoldEvent[] {
  const newest = added.at(-1)?.occurredAt ?? Number.NEGATIVE_INFINITY;
  return [...before, ...added].filter((event) => event.occurredAt > newest - TAIL_MS);
}
