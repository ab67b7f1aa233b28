import { levelAt } from './levels.ts';
import { answerFromMemory } from './merge.ts';
import { metricsNeeds, metricsView } from './metrics-view.ts';
import { periodKeyAt } from './periods.ts';
import { progressNeeds, progressOf } from './progress.ts';
import { rank } from './ranking.ts';
import type { Expectation } from './scenario-model.ts';
import type { Player, ScenarioDifference, World } from './scenario-world.ts';
import { cellKey, type Json } from './state.ts';
import { streakView } from './streaks.ts';

/** Compares the world with what the test expects of it. */
export function differencesOf(world: World): ScenarioDifference[] {
  const player = world.players.get(world.test.player);
  if (player === undefined) return [];
  return world.test.expect.flatMap((expectation) => {
    const { what, key, place, value: expected } = expectation;
    const actual = look(world, player, expectation);
    if (isMet(expectation, actual)) return [];
    return [{ place, what: key === null ? what : `${what}.${key}`, expected, actual }];
  });
}

function isMet(expectation: Expectation, actual: Json): boolean {
  const { what, value } = expectation;
  if (what === 'unlocked') return list(value).every((key) => list(actual).includes(key));
  if (what === 'locked') return !list(value).some((key) => list(actual).includes(key));
  if (what === 'onlyUnlocked') return same(list(value).toSorted(), list(actual).toSorted());
  return same(value, actual);
}

function list(value: Json): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function same(one: Json, two: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(two);
}

function look(world: World, player: Player, expectation: Expectation): Json {
  const { state } = player;
  const key = expectation.key ?? '';
  switch (expectation.what) {
    case 'unlocked':
    case 'locked':
    case 'onlyUnlocked':
      return heldBy(player);
    case 'score':
    case 'achievementPoints':
    case 'xp':
      return state[expectation.what];
    case 'totalPoints':
      return state.score + state.achievementPoints;
    case 'level':
      return levelAt(world.catalog.levels, state.xp);
    case 'tiers':
      return progress(world, player, key).tier;
    case 'progress': {
      const view = progress(world, player, key);
      return Array.isArray(expectation.value) ? [view.current, view.target] : view.progress;
    }
    case 'metrics':
      return metric(world, player, key);
    case 'streaks':
    case 'longest':
      return streak(world, player, key, expectation.what);
    case 'boards':
      return board(world, key);
    case 'refused':
    case 'doubted':
      return player[expectation.what];
  }
}

function heldBy(player: Player): string[] {
  return [...player.state.unlocks].flatMap(([key, rows]) => (rows.some((row) => row.revokedAt === null) ? [key] : []));
}

function progress(world: World, player: Player, key: string) {
  const { catalog, clock } = world;
  const needs = progressNeeds(catalog, [key], player, clock);
  return progressOf(catalog, key, answerFromMemory(player.state, needs, player.log), player, clock);
}

function metric(world: World, player: Player, key: string): Json {
  const [name = '', by = null] = splitKey(key);
  const query = { keys: [name], by, period: world.catalog.metrics.get(name)?.per === null ? null : 'current' };
  const { catalog, clock } = world;
  const state = answerFromMemory(player.state, metricsNeeds(catalog, query, player, clock), player.log);
  return metricsView(catalog, query, state, player, clock)[0]?.value ?? null;
}

function streak(world: World, player: Player, key: string, what: 'streaks' | 'longest'): number {
  const known = world.catalog.streaks.get(key);
  if (known === undefined) return 0;
  const view = streakView(known, player.state.streakDays.get(key) ?? [], world.clock, player.timezone);
  return what === 'streaks' ? view.current : view.longest;
}

/** The players of a board in its order; `fastest_lap/north` is the ranking of one key. */
function board(world: World, key: string): string[] {
  const [name = '', by = ''] = splitKey(key);
  const known = world.catalog.leaderboards.get(name);
  if (known === undefined) return [];
  const period = known.per === null ? '' : periodKeyAt(known.per, world.clock, null, world.catalog.seasons);
  const standings = [...world.players.values()].flatMap((player) => {
    const cell = player.state.cells.get(cellKey({ metric: known.metric, by, period })) ?? null;
    return cell?.value == null ? [] : [{ userId: player.name, value: cell.value, achievedAt: cell.achievedAt ?? 0 }];
  });
  return rank(known, standings).map((entry) => entry.userId);
}

function splitKey(key: string): [string] | [string, string] {
  const slash = key.indexOf('/');
  return slash < 0 ? [key] : [key.slice(0, slash), key.slice(slash + 1)];
}
