import type { Catalog, EventType } from './catalog.ts';
import type { ScenarioTest } from './scenario-model.ts';
import type { Place } from './source.ts';
import type { FoldEvent, Json, UserState } from './state.ts';

/** Says what is wrong with the details of an event, or null. The engine itself does not validate JSON Schema. */
export type DetailsValidator = (type: EventType, details: { readonly [key: string]: Json }) => string | null;

/** An expectation that was not met. */
export interface ScenarioDifference {
  readonly place: Place;
  /** What was looked at: `score`, `metrics.laps`. */
  readonly what: string;
  readonly expected: Json;
  readonly actual: Json;
}

/** A player of a scenario. */
export interface Player {
  readonly name: string;
  readonly timezone: string | null;
  readonly attributes: { readonly [key: string]: Json } | null;
  state: UserState;
  readonly log: FoldEvent[];
  readonly refused: string[];
  /** Types of the events past their velocity, in order. */
  readonly doubted: string[];
}

/** The world of a scenario. */
export interface World {
  readonly catalog: Catalog;
  readonly test: ScenarioTest;
  readonly validate: DetailsValidator;
  readonly players: Map<string, Player>;
  clock: number;
  events: number;
}
