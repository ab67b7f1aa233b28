import type { Place } from './source.ts';
import type { Json } from './state.ts';

/** The player a scenario speaks of when it names none. */
export const DEFAULT_PLAYER = 'player';

/** One step of a scenario. */
export type ScenarioStep =
  | {
      readonly kind: 'event';
      readonly place: Place;
      readonly type: string;
      readonly details: { readonly [key: string]: Json } | null;
      readonly at: number | null;
      readonly times: number;
      readonly everyMs: number | null;
      readonly player: string;
    }
  | { readonly kind: 'wait'; readonly place: Place; readonly ms: number }
  | { readonly kind: 'grant' | 'revoke'; readonly place: Place; readonly achievement: string; readonly player: string };

/** One expectation: what is looked at, by its key where it has one, and what it must be. */
export interface Expectation {
  readonly place: Place;
  readonly what: ExpectationKind;
  readonly key: string | null;
  readonly value: Json;
}

/** What a scenario can look at. */
export type ExpectationKind =
  | 'unlocked'
  | 'locked'
  | 'onlyUnlocked'
  | 'score'
  | 'achievementPoints'
  | 'totalPoints'
  | 'xp'
  | 'level'
  | 'tiers'
  | 'metrics'
  | 'progress'
  | 'streaks'
  | 'longest'
  | 'boards'
  | 'refused'
  | 'doubted';

/** A test of a catalog: steps on a virtual clock, and what must be true after them. */
export interface ScenarioTest {
  readonly name: string;
  readonly place: Place;
  readonly timezone: string | null;
  readonly attributes: { readonly [key: string]: Json } | null;
  readonly given: readonly ScenarioStep[];
  readonly player: string;
  readonly expect: readonly Expectation[];
}
