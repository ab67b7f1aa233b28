import type { Catalog } from './catalog.ts';
import { type DecisionResult, grant, revoke } from './decide.ts';
import { fold } from './fold.ts';
import { answerFromMemory, applyChange } from './merge.ts';
import { differencesOf } from './scenario-compare.ts';
import { DEFAULT_PLAYER, type ScenarioStep, type ScenarioTest } from './scenario-model.ts';
import type { DetailsValidator, Player, ScenarioDifference, World } from './scenario-world.ts';
import type { Place } from './source.ts';
import { emptyState, type FoldEvent, type FoldResult, type Refusal, type UserState } from './state.ts';

/** What came of one test. */
export interface ScenarioReport {
  readonly name: string;
  readonly place: Place;
  readonly differences: readonly ScenarioDifference[];
}

/** The virtual clock's beginning: 2026-01-01T00:00:00Z. */
export const SCENARIO_START = Date.UTC(2026, 0, 1);
const SECOND_MS = 1000;
const MOST_ROUNDS = 20;

/** Runs every test of a catalog, in memory, on a virtual clock. */
export function runScenarios(catalog: Catalog, validate: DetailsValidator): ScenarioReport[] {
  return catalog.tests.map((test) => ({
    name: test.name,
    place: test.place,
    differences: runScenario(catalog, test, validate),
  }));
}

/** Runs one test; an empty answer means that it passed. */
export function runScenario(catalog: Catalog, test: ScenarioTest, validate: DetailsValidator): ScenarioDifference[] {
  const world: World = { catalog, test, validate, players: new Map(), clock: SCENARIO_START, events: 0 };
  playerOf(world, DEFAULT_PLAYER);
  playerOf(world, test.player);
  for (const step of test.given) runStep(world, step);
  return differencesOf(world);
}

function playerOf(world: World, name: string): Player {
  const known = world.players.get(name);
  if (known !== undefined) return known;
  const isMain = name === DEFAULT_PLAYER;
  const made: Player = {
    name,
    timezone: isMain ? world.test.timezone : null,
    attributes: isMain ? world.test.attributes : null,
    state: emptyState({ userId: name, test: false, score: 0, achievementPoints: 0, xp: 0, lastActivityAt: null }),
    log: [],
    refused: [],
    doubted: [],
  };
  world.players.set(name, made);
  return made;
}

function runStep(world: World, step: ScenarioStep): void {
  if (step.kind === 'wait') {
    world.clock += step.ms;
    return;
  }
  const player = playerOf(world, step.player);
  if (step.kind !== 'event') {
    const decide = step.kind === 'grant' ? grant : revoke;
    const input = { achievement: step.achievement, timezone: player.timezone };
    settle(player, (state) => decide(world.catalog, state, input, world.clock));
    return;
  }
  let at = step.at;
  for (let time = 0; time < step.times; time++) {
    at = time > 0 && at !== null ? at + (step.everyMs ?? SECOND_MS) : (at ?? world.clock + SECOND_MS);
    world.clock = Math.max(world.clock, at);
    record(world, player, step, at);
  }
}

function record(world: World, player: Player, step: ScenarioStep & { readonly kind: 'event' }, at: number): void {
  const type = world.catalog.eventTypes.get(step.type);
  if (type === undefined) return;
  if (world.validate(type, step.details ?? {}) !== null) {
    player.refused.push('INVALID_EVENT_DETAILS');
    return;
  }
  if (world.clock - at > type.maxLatenessMs) {
    player.refused.push('EVENT_TIME');
    return;
  }
  world.events += 1;
  const event: FoldEvent = {
    id: `event-${String(world.events).padStart(9, '0')}`,
    type: step.type,
    details: step.details,
    occurredAt: at,
    attributes: player.attributes,
    timezone: player.timezone,
    priced: null,
  };
  const result = settle(player, (state) => fold(world.catalog, state, [event], world.clock));
  const outcome = result?.kind === 'done' && 'outcomes' in result ? result.outcomes[0] : undefined;
  if (outcome?.kind === 'refused') player.refused.push(codeOf(outcome.refusal));
  if (outcome?.kind !== 'recorded') return;
  player.log.push({ ...event, priced: { points: outcome.points, xp: outcome.xp } });
  if (outcome.tooFast) player.doubted.push(event.type);
}

/** Calls the engine until it needs nothing more, and keeps what it answered. */
function settle<T extends FoldResult | DecisionResult>(player: Player, run: (state: UserState) => T): T | null {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const result = run(player.state);
    if (result.kind === 'needs') {
      player.state = answerFromMemory(player.state, result.needs, player.log);
      continue;
    }
    if (result.kind === 'done') player.state = applyChange(player.state, result.change);
    return result;
  }
  return null;
}

/** The code the API gives a refusal. */
function codeOf(refusal: Refusal): string {
  if (refusal.kind === 'limit') return 'EVENT_LIMIT';
  return refusal.kind === 'valueOutOfRange' ? 'VALUE_OUT_OF_RANGE' : 'INVALID_EVENT_DETAILS';
}
