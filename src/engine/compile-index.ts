import type { Achievement, CatalogIndex, Goal, Mark, Metric, Per, Streak, Touched, Watch } from './catalog.ts';
import { watchKey } from './catalog-index.ts';
import { type Bounds, bestDecides, type Leaf, leavesOf } from './criterion.ts';
import { scaleValue } from './numbers.ts';
import { OPENING } from './opening.ts';
import { cellKey } from './state.ts';

interface Draft {
  readonly up: Mark[];
  readonly down: Mark[];
  readonly always: Set<Achievement>;
  readonly late: Set<Achievement>;
  readonly fallen: Set<Achievement>;
  readonly goals: Goal[];
  readonly milestones: Goal[];
}

/** Builds the index event type -> metrics -> achievements, so that an event costs what it touches. */
export function buildIndex(
  metrics: ReadonlyMap<string, Metric>,
  streaks: ReadonlyMap<string, Streak>,
  achievements: ReadonlyMap<string, Achievement>,
  eventTypes: Iterable<string>,
): CatalogIndex {
  const watches = new Map<string, Draft>();
  const dependents = new Map<string, Achievement[]>();
  const counters: Achievement[] = [];
  const lasting = new Set<string>();
  for (const achievement of achievements.values()) {
    if (achievement.status === 'locked') continue;
    addRule(watches, achievement, metrics);
    if (isLasting(achievement, metrics)) lasting.add(achievement.key);
    addGoals(watches, achievement, metrics);
    for (const key of dependenciesOf(achievement)) {
      const list = dependents.get(key) ?? [];
      list.push(achievement);
      dependents.set(key, list);
    }
    if (leavesOf(achievement.when).some(({ leaf }) => leaf.kind === 'achievements')) counters.push(achievement);
  }
  const keyed = new Set(
    [...watches.keys()].filter((name) => name.includes('\u0000')).map((name) => name.split('\u0000')[0] ?? ''),
  );
  return {
    byEventType: touchedBy(metrics, streaks, eventTypes),
    watches: finish(watches),
    keyed,
    lifetimeKeys: new Map([...metrics.keys()].map((metric) => [metric, cellKey({ metric, by: '', period: '' })])),
    dependents,
    counters,
    lasting,
  };
}

function touchedBy(
  metrics: ReadonlyMap<string, Metric>,
  streaks: ReadonlyMap<string, Streak>,
  eventTypes: Iterable<string>,
): ReadonlyMap<string, Touched> {
  const found = new Map<string, { metrics: Metric[]; streaks: Streak[] }>();
  for (const type of eventTypes) found.set(type, { metrics: [], streaks: [] });
  // An opening may bring something to anything.
  found.set(OPENING, { metrics: [...metrics.values()], streaks: [...streaks.values()] });
  for (const metric of metrics.values()) {
    for (const type of new Set([...metric.of, ...metric.brokenBy])) found.get(type)?.metrics.push(metric);
  }
  for (const streak of streaks.values()) for (const type of streak.of) found.get(type)?.streaks.push(streak);
  return found;
}

/** Achievements a rule looks at, by its leaves and its `requires`. */
export function dependenciesOf(achievement: Achievement): ReadonlySet<string> {
  const keys = new Set(achievement.requires);
  for (const { leaf } of leavesOf(achievement.when)) if (leaf.kind === 'achievement') keys.add(leaf.achievement);
  return keys;
}

/**
 * A rule all of whose leaves can only turn true by rising to (falling to) a mark is judged at these marks alone. A rule that a
 * clock can open, that repeats, or that looks at something that moves both ways is judged at every touch.
 */
function addRule(watches: Map<string, Draft>, achievement: Achievement, metrics: ReadonlyMap<string, Metric>): void {
  const leaves = leavesOf(achievement.when);
  const byClock = achievement.startsAt !== null || achievement.endsAt !== null || achievement.repeat !== null;
  const mixesSeason = achievement.season !== null && leaves.some(({ leaf }) => !isSeasonal(leaf, metrics));
  const mixesWindow = leaves.length > 1 && leaves.some(({ leaf }) => metricOf(leaf, metrics)?.withinMs != null);
  const onlyRise = leaves.every(({ leaf, negated }) => !negated && directionOf(leaf, metrics) !== null);
  const isSimple = !byClock && !mixesSeason && !mixesWindow && onlyRise;
  const isUnmarked = leaves.some(({ leaf }) => passesUnseen(leaf, metricOf(leaf, metrics)));
  const isTimeless = onlyRise && !mixesSeason && !isUnmarked && ignoresTime(achievement, metrics);
  for (const { leaf } of leaves) {
    const name = watchName(leaf, metrics);
    if (name === null) continue;
    const draft = open(watches, name);
    if (!isTimeless) draft.late.add(achievement);
    else if (metricOf(leaf, metrics)?.kind === 'sum') draft.fallen.add(achievement);
    const direction = directionOf(leaf, metrics);
    const bounds = boundsOf(leaf);
    if (!isSimple || direction === null || bounds === null) draft.always.add(achievement);
    else if (direction === 'down') draft.down.push({ at: bounds.high, achievement });
    else for (const at of marksOf(achievement, leaf, bounds, metrics)) draft.up.push({ at, achievement });
  }
}

/** Whether a rule, once it holds, goes on holding: no clock, no window, no season, no `not`, nothing that can fall again. */
function isLasting(achievement: Achievement, metrics: ReadonlyMap<string, Metric>): boolean {
  const { startsAt, endsAt, season, repeat } = achievement;
  if (startsAt !== null || endsAt !== null || season !== null || repeat !== null) return false;
  return leavesOf(achievement.when).every(({ leaf, negated }) => {
    const metric = metricOf(leaf, metrics);
    const mayFall =
      metric?.kind === 'sum' || metric?.kind === 'latest' || metric?.per != null || metric?.withinMs != null;
    return !negated && !mayFall && directionOf(leaf, metrics) !== null && !isUndone(leaf, metric);
  });
}

function metricOf(leaf: Leaf, metrics: ReadonlyMap<string, Metric>): Metric | undefined {
  return leaf.kind === 'metric' ? metrics.get(leaf.metric) : undefined;
}

/** A best time that must not be too good: the first event gives it, a better one takes it. */
function isUndone(leaf: Leaf, metric: Metric | undefined): boolean {
  return metric?.kind === 'min' && boundsOf(leaf)?.low !== Number.NEGATIVE_INFINITY;
}

/** Whether a late event may turn a leaf true at its own moment without moving what is held now. */
function passesUnseen(leaf: Leaf, metric: Metric | undefined): boolean {
  return metric?.kind === 'latest' || isUndone(leaf, metric);
}

/**
 * Whether the order of events cannot matter to a rising rule: it has no clock, no rolling window, and its leaves all look at
 * all time, or all at the same window (which may be the one it repeats in).
 */
function ignoresTime(achievement: Achievement, metrics: ReadonlyMap<string, Metric>): boolean {
  if (achievement.startsAt !== null || achievement.endsAt !== null) return false;
  const leaves = leavesOf(achievement.when);
  if (leaves.some(({ leaf }) => metricOf(leaf, metrics)?.withinMs != null)) return false;
  const pers = new Set(leaves.map(({ leaf }) => perName(metricOf(leaf, metrics)?.per ?? null)));
  return pers.size <= 1 && (achievement.repeat === null || pers.has(perName(achievement.repeat)));
}

function perName(per: Per | null): string {
  return per === null ? '' : `${per.unit} ${per.timezone}`;
}

function isSeasonal(leaf: Leaf, metrics: ReadonlyMap<string, Metric>): boolean {
  return leaf.kind === 'metric' && (metrics.get(leaf.metric)?.season ?? null) !== null;
}

function boundsOf(leaf: Leaf): Bounds | null {
  return leaf.kind === 'metric' || leaf.kind === 'streak' || leaf.kind === 'level' ? leaf.bounds : null;
}

/** Achievement leaves are watched through `dependents` and `counters`; they only ever turn true. */
function directionOf(leaf: Leaf, metrics: ReadonlyMap<string, Metric>): 'up' | 'down' | 'none' | null {
  const bounds = boundsOf(leaf);
  if (bounds === null) return 'none';
  if (bounds.high === Number.POSITIVE_INFINITY) return 'up';
  // `atMost` waits for a fall only where the value cannot begin below it: a count begins at 0, a best time has no beginning.
  const falls = leaf.kind === 'metric' && metrics.get(leaf.metric)?.kind === 'min';
  return falls && bounds.low === Number.NEGATIVE_INFINITY ? 'down' : null;
}

/** What a leaf looks at; null for the ones that look at achievements. */
function watchName(leaf: Leaf, metrics: ReadonlyMap<string, Metric>): string | null {
  if (leaf.kind === 'metric') {
    const metric = metrics.get(leaf.metric);
    const isAnyKey = metric !== undefined && metric.by !== null && leaf.key === null;
    const readsEach = leaf.keys !== null || (isAnyKey && !bestDecides(metric.kind, leaf.bounds));
    return watchKey(leaf.metric, readsEach ? '*' : leaf.key);
  }
  if (leaf.kind === 'streak') return `@streak:${leaf.streak}`;
  return leaf.kind === 'level' ? '@level' : null;
}

function marksOf(achievement: Achievement, leaf: Leaf, bounds: Bounds, metrics: ReadonlyMap<string, Metric>): number[] {
  if (achievement.tiers.length === 0) return [bounds.low];
  const decimals = leaf.kind === 'metric' ? (metrics.get(leaf.metric)?.decimals ?? 0) : 0;
  return achievement.tiers.map((tier) => scaleValue(tier.at, decimals) ?? Number.MAX_SAFE_INTEGER);
}

/** The goals a progress bar runs to: only rules of one counted leaf have them. */
function addGoals(watches: Map<string, Draft>, achievement: Achievement, metrics: ReadonlyMap<string, Metric>): void {
  const { when } = achievement;
  const isCounted = when.kind === 'metric' || when.kind === 'streak' || when.kind === 'level';
  const name = isCounted ? watchName(when, metrics) : null;
  const isShown = achievement.repeat === null && achievement.status === 'live';
  if (!isCounted || !isShown || name === null || when.bounds.target === null) return;
  if (when.kind === 'metric' && when.keys !== null) return;
  const draft = open(watches, name);
  let from = 0;
  for (const target of marksOf(achievement, when, when.bounds, metrics)) {
    draft.goals.push({ at: target, target, achievement });
    for (const share of achievement.notifyAt) {
      const at = Math.ceil(target * share);
      if (at > from && at < target) draft.milestones.push({ at, target, achievement });
    }
    from = target;
  }
}

function open(watches: Map<string, Draft>, name: string): Draft {
  const known = watches.get(name);
  if (known !== undefined) return known;
  const made: Draft = {
    up: [],
    down: [],
    always: new Set(),
    late: new Set(),
    fallen: new Set(),
    goals: [],
    milestones: [],
  };
  watches.set(name, made);
  return made;
}

function finish(watches: ReadonlyMap<string, Draft>): ReadonlyMap<string, Watch> {
  const ascending = (one: Mark, two: Mark): number =>
    one.at - two.at || one.achievement.ordinal - two.achievement.ordinal;
  const finished = new Map<string, Watch>();
  for (const [name, draft] of watches) {
    finished.set(name, {
      up: draft.up.sort(ascending),
      down: draft.down.sort(ascending),
      always: [...draft.always],
      late: [...draft.late],
      fallen: [...draft.fallen],
      goals: draft.goals.sort(ascending),
      milestones: draft.milestones.sort(ascending),
    });
  }
  return finished;
}
