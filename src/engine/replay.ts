import { accumulate, type Update } from './accumulate.ts';
import type { Achievement, Catalog, Metric } from './catalog.ts';
import { gatesOpen, judge } from './criteria.ts';
import { leavesOf } from './criterion.ts';
import { Draft, inOrder, lifetimeRef } from './draft.ts';
import { completeState } from './merge.ts';
import type { Moment } from './moment.ts';
import { activeUnits, OPENING } from './opening.ts';
import { periodKeyAt } from './periods.ts';
import { cellKey, type FoldEvent, type HistoryRef, type Unlock } from './state.ts';
import { type Step, stepsReached } from './steps.ts';
import { newDays, withDays } from './streaks.ts';

/** All time a database can name: 1970 to 9999. */
const ALWAYS = { from: 0, to: 253_402_300_800_000 };
const BUILT_IN = new Set(['score', 'xp', 'totalPoints', 'achievements']);

/** Where a step of a rule was first reached: the event, and the period of a repeatable one. */
export interface Held {
  readonly moment: Moment;
  readonly period: string;
  readonly step: Step;
}

/** What a rule looks at besides events. */
interface Sight {
  readonly metrics: readonly Metric[];
  readonly streaks: readonly string[];
  readonly totals: boolean;
  readonly achievements: boolean;
}

/**
 * Judges a rule at every event of the user from one on (null: from the first), each with what had happened until then. For rules
 * that look at time: a late event may complete them at an event that comes after it. Answers the first event of each period at which
 * each step is reached; null when the log must be read first.
 */
export function replay(draft: Draft, achievement: Achievement, from: FoldEvent | null): readonly Held[] | null {
  const sight = sightOf(draft.catalog, achievement);
  const types = sight.totals ? null : typesOf(draft.catalog, sight);
  const ref: HistoryRef = { types, ...ALWAYS };
  const log = draft.history(ref);
  const unlocks = unlocksOf(draft, achievement, sight);
  if (log === undefined || unlocks === null) return null;
  const past = new Draft(draft.catalog, completeState(draft.state, log), draft.now);
  const found = new Map<string, Held>();
  const { repeat, tiers } = achievement;
  for (const event of log.toSorted(inOrder)) {
    take(past, sight, event);
    if (from !== null && inOrder(event, from) < 0) continue;
    lookBack(past, sight, unlocks, event);
    const moment = { at: event.occurredAt, zone: event.timezone };
    const period = periodOf(draft.catalog, achievement, moment);
    if (period === null) continue;
    if (gatesOpen(past, achievement, moment) !== true || judge(past, achievement.when, moment) !== true) continue;
    for (const step of stepsReached(past, achievement, moment)) {
      const key = `${step.tier} ${period}`;
      if (!found.has(key)) found.set(key, { moment, period, step });
    }
    if (repeat === null && found.size >= Math.max(1, tiers.length)) break;
  }
  return [...found.values()];
}

/** The period a repeatable achievement is judged in; '' for the others, null outside every season. */
export function periodOf(catalog: Catalog, { repeat }: Achievement, { at, zone }: Moment): string | null {
  if (repeat === null) return '';
  const key = periodKeyAt(repeat, at, zone, catalog.seasons);
  return key === '' ? null : key;
}

/** Whether an event of a type can move what a rule looks at. Points, XP and unlocks come with events of any type. */
export function isTouchedBy(catalog: Catalog, achievement: Achievement, type: string): boolean {
  const sight = sightOf(catalog, achievement);
  return sight.totals || sight.achievements || typesOf(catalog, sight).includes(type);
}

function sightOf(catalog: Catalog, achievement: Achievement): Sight {
  const leaves = leavesOf(achievement.when).map(({ leaf }) => leaf);
  const names = new Set(leaves.flatMap((leaf) => (leaf.kind === 'metric' ? [leaf.metric] : [])));
  return {
    metrics: [...names].filter((name) => !BUILT_IN.has(name)).flatMap((name) => catalog.metrics.get(name) ?? []),
    streaks: leaves.flatMap((leaf) => (leaf.kind === 'streak' ? [leaf.streak] : [])),
    totals: leaves.some((leaf) => leaf.kind === 'level') || [...names].some((name) => BUILT_IN.has(name)),
    achievements:
      achievement.requires.length > 0 ||
      leaves.some((leaf) => leaf.kind === 'achievement' || leaf.kind === 'achievements'),
  };
}

function typesOf(catalog: Catalog, sight: Sight): string[] {
  const types = sight.metrics.flatMap((metric) => [...metric.of, ...metric.brokenBy]);
  for (const key of sight.streaks) types.push(...(catalog.streaks.get(key)?.of ?? []));
  return [...new Set([...types, OPENING])].sort();
}

/** The rows a rule looks at: of the achievements it names, or of all when their points, XP or number matter. */
function unlocksOf(draft: Draft, achievement: Achievement, sight: Sight): Unlock[] | null {
  const named = leavesOf(achievement.when).flatMap(({ leaf }) => {
    if (leaf.kind === 'achievements') return leaf.eligible;
    return leaf.kind === 'achievement' ? [leaf.achievement] : [];
  });
  const keys = sight.totals ? draft.catalog.achievements.keys() : new Set([...named, ...achievement.requires]);
  const rows: Unlock[] = [];
  let isComplete = true;
  for (const key of keys) {
    const known = draft.unlocks(key);
    if (known === undefined) isComplete = false;
    else rows.push(...known.filter((row) => row.revokedAt === null));
  }
  return isComplete ? rows : null;
}

/** Feeds the past one more event. */
function take(past: Draft, sight: Sight, event: FoldEvent): void {
  const updates: Update[] = [];
  for (const metric of sight.metrics) {
    if (metric.of.includes(event.type) || metric.brokenBy.includes(event.type) || event.type === OPENING)
      accumulate(past, metric, event, updates);
  }
  for (const { key, ref, before, after, member } of updates) {
    past.setCell(key, ref, after, before === null);
    if (member !== null) past.setMember({ ...ref, member: member.name }, member.firstAt);
  }
  for (const key of sight.streaks) {
    const streak = past.catalog.streaks.get(key);
    if (streak === undefined) continue;
    const days = past.streakDays(key) ?? [];
    const units = activeUnits(streak, event);
    const after = withDays(days, units);
    if (after !== days) past.addStreakDays(key, newDays(days, units), after);
  }
  past.score += event.priced?.points ?? 0;
  past.eventXp += event.priced?.xp ?? 0;
}

/** Sets what is not an event as it was: achievements held by then, their points and XP, their number. */
function lookBack(past: Draft, sight: Sight, unlocks: readonly Unlock[], event: FoldEvent): void {
  if (!sight.totals && !sight.achievements) return;
  const held = unlocks.filter((row) => row.unlockedAt <= event.occurredAt);
  past.setPast(Map.groupBy(held, (row) => row.achievement));
  past.achievementPoints = held.reduce((sum, row) => sum + row.points, 0);
  past.xp = past.eventXp + held.reduce((sum, row) => sum + row.xp, 0);
  const ref = lifetimeRef('achievements');
  const value = new Set(held.map((row) => row.achievement)).size;
  past.setCell(cellKey(ref), ref, { value, achievedAt: null, state: null }, false);
}
