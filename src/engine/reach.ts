import { askBuiltIn } from './built-in.ts';
import type { Achievement, Catalog, Mark, Watch } from './catalog.ts';
import { firstAbove } from './catalog-index.ts';
import { gatesOpen, judge } from './criteria.ts';
import { leavesOf } from './criterion.ts';
import { type Draft, lifetimeCell } from './draft.ts';
import { levelAt } from './levels.ts';
import type { Moment } from './moment.ts';
import { periodKeyAt } from './periods.ts';

/** More achievements than this are not asked for at once. */
const MOST = 5_000;

/**
 * Asks for everything that could be needed if this achievement unlocked now: its rows, those of all that can follow from it
 * through achievements, XP, levels and points, and what their rules look at. So one more reading is enough however long the
 * chain is.
 */
export function askReachable(draft: Draft, first: Achievement, moment: Moment): void {
  const gained = gainOf(first);
  draft.pending.xp += gained.xp;
  draft.pending.points += gained.points;
  draft.pending.unlocks += 1;
  askAll(draft, new Set([first]), [moment]);
}

/**
 * Asks once more when a fold lacked something: events that came after an undecided unlock saw less XP and fewer points than they
 * will, so what lies between is asked for as well.
 */
export function askFurther(draft: Draft): void {
  const { pending } = draft;
  if (pending.unlocks === 0) return;
  const reached = new Set<Achievement>();
  const { catalog, state } = draft;
  addWatched(
    catalog,
    reached,
    '@level',
    levelAt(catalog.levels, state.xp),
    levelAt(catalog.levels, draft.xp + pending.xp),
  );
  addWatched(catalog, reached, 'xp', state.xp, draft.xp + pending.xp);
  const before = state.score + state.achievementPoints;
  addWatched(catalog, reached, 'totalPoints', before, draft.score + draft.achievementPoints + pending.points);
  const moments = draft.batch.map((event): Moment => ({ at: event.occurredAt, zone: event.timezone }));
  askAll(draft, reached, moments);
}

function askAll(draft: Draft, reached: Set<Achievement>, moments: readonly Moment[]): void {
  const { catalog } = draft;
  let xp = draft.xp;
  let points = draft.score + draft.achievementPoints;
  lifetimeCell(draft, 'achievements');
  for (const achievement of reached) {
    if (reached.size > MOST) return;
    ask(draft, achievement, moments);
    const gained = gainOf(achievement);
    const before = { xp, points };
    xp += gained.xp;
    points += gained.points;
    for (const dependent of catalog.index.dependents.get(achievement.key) ?? []) reached.add(dependent);
    addWatched(catalog, reached, '@level', levelAt(catalog.levels, before.xp), levelAt(catalog.levels, xp));
    addWatched(catalog, reached, 'xp', before.xp, xp);
    addWatched(catalog, reached, 'totalPoints', before.points, points);
    for (const counter of catalog.index.counters) {
      if (mayCount(draft, counter, reached.size + draft.pending.unlocks)) reached.add(counter);
    }
  }
}

function gainOf(achievement: Achievement): { readonly points: number; readonly xp: number } {
  const { tiers, points, xp } = achievement;
  if (tiers.length === 0) return { points, xp };
  return {
    points: tiers.reduce((sum, tier) => sum + tier.points, 0),
    xp: tiers.reduce((sum, tier) => sum + tier.xp, 0),
  };
}

/** Reads (or asks for) all an achievement's verdict can look at, in every window the moments fall in. */
function ask(draft: Draft, achievement: Achievement, moments: readonly Moment[]): void {
  draft.unlocks(achievement.key);
  const gained = gainOf(achievement);
  for (const moment of apart(draft.catalog, achievement, moments)) {
    gatesOpen(draft, achievement, moment);
    judge(draft, achievement.when, moment);
    askBuiltIn(draft, 'totalPoints', gained.points, moment, 'all');
    askBuiltIn(draft, 'xp', gained.xp, moment, 'all');
    askBuiltIn(draft, 'achievements', 1, moment, 'all');
  }
  for (const { leaf } of leavesOf(achievement.when)) {
    if (leaf.kind === 'achievements' && mayCount(draft, achievement, draft.pending.unlocks)) {
      for (const key of leaf.eligible) draft.unlocks(key);
    }
  }
}

/** One moment of each combination of windows that matters: those of the rule's metrics and of the built-in ones. */
function apart(catalog: Catalog, achievement: Achievement, moments: readonly Moment[]): readonly Moment[] {
  if (moments.length <= 1) return moments;
  const names = leavesOf(achievement.when).flatMap(({ leaf }) => (leaf.kind === 'metric' ? [leaf.metric] : []));
  const pers = [...names, 'totalPoints', 'xp', 'achievements'].flatMap(
    (name) => catalog.metrics.get(name)?.periods ?? [],
  );
  const found = new Map<string, Moment>();
  for (const moment of moments) {
    const keys = pers.map((per) => periodKeyAt(per, moment.at, moment.zone, catalog.seasons));
    found.set(keys.join(' '), moment);
  }
  return [...found.values()];
}

function addWatched(catalog: Catalog, reached: Set<Achievement>, name: string, before: number, after: number): void {
  const watch: Watch | undefined = catalog.index.watches.get(name);
  if (watch === undefined || after <= before) return;
  for (const achievement of watch.always) reached.add(achievement);
  for (let index = firstAbove(watch.up, before); index < watch.up.length; index++) {
    const mark: Mark | undefined = watch.up[index];
    if (mark === undefined || mark.at > after) return;
    reached.add(mark.achievement);
  }
}

/** Whether so many more unlocks could satisfy a rule that counts achievements. */
function mayCount(draft: Draft, counter: Achievement, more: number): boolean {
  const held = draft.peekCell(draft.keyOf('achievements', '', ''))?.value ?? 0;
  return leavesOf(counter.when).some(({ leaf }) => leaf.kind === 'achievements' && held + more >= leaf.count);
}
