import type { Achievement, Metric } from './catalog.ts';
import { type AchievementsLeaf, bestDecides, type Criterion, type Leaf, type MetricLeaf, within } from './criterion.ts';
import { type Draft, lifetimeCell } from './draft.ts';
import { levelAt } from './levels.ts';
import type { Moment } from './moment.ts';
import { periodKeyAt } from './periods.ts';
import type { Cell } from './state.ts';
import { longestRun } from './streaks.ts';
import { windowValue } from './windows.ts';

/** True, false, or null: something must be read first. */
export type Verdict = boolean | null;

/** Judges a rule at a moment. Looks at every branch, so that all that is missing is asked for at once. */
export function judge(draft: Draft, rule: Criterion, moment: Moment): Verdict {
  switch (rule.kind) {
    case 'all':
      return atLeastTrue(draft, rule.of, rule.of.length, moment);
    case 'any':
      return atLeastTrue(draft, rule.of, 1, moment);
    case 'atLeast':
      return atLeastTrue(draft, rule.of, rule.count, moment);
    case 'not': {
      const inner = judge(draft, rule.of, moment);
      return inner === null ? null : !inner;
    }
    default:
      return judgeLeaf(draft, rule, moment);
  }
}

function atLeastTrue(draft: Draft, rules: readonly Criterion[], count: number, moment: Moment): Verdict {
  let held = 0;
  let unknown = 0;
  for (const rule of rules) {
    const verdict = judge(draft, rule, moment);
    if (verdict === true) held += 1;
    else if (verdict === null) unknown += 1;
  }
  if (held >= count) return true;
  return held + unknown < count ? false : null;
}

function judgeLeaf(draft: Draft, leaf: Leaf, moment: Moment): Verdict {
  switch (leaf.kind) {
    case 'metric':
      return judgeMetric(draft, leaf, moment);
    case 'streak': {
      const longest = streakLength(draft, leaf.streak);
      return longest === null ? null : within(leaf.bounds, longest);
    }
    case 'level':
      return within(leaf.bounds, levelAt(draft.catalog.levels, draft.xp));
    case 'achievement': {
      const rows = draft.unlocks(leaf.achievement);
      return rows === undefined ? null : rows.some((row) => row.revokedAt === null && row.tier >= leaf.tier);
    }
    case 'achievements':
      return judgeAchievements(draft, leaf);
    case 'manual':
      return false;
  }
}

/** The longest run of a streak; null when its days must be read. */
export function streakLength(draft: Draft, key: string): number | null {
  const streak = draft.catalog.streaks.get(key);
  const days = draft.streakDays(key);
  if (streak === undefined) return 0;
  return days === undefined ? null : longestRun(streak, days);
}

function judgeMetric(draft: Draft, leaf: MetricLeaf, moment: Moment): Verdict {
  const metric = draft.catalog.metrics.get(leaf.metric);
  if (metric === undefined) return false;
  if (metric.by !== null && leaf.key === null && (leaf.keys !== null || !bestDecides(metric.kind, leaf.bounds))) {
    const values = keyValues(draft, metric, moment);
    if (values === null) return null;
    return values.filter((value) => within(leaf.bounds, value)).length >= (leaf.keys ?? 1);
  }
  const value = metricValue(draft, metric, leaf.key, moment);
  return value === undefined ? null : within(leaf.bounds, value);
}

/** A metric's scaled value as a rule sees it at a moment: null is no value, undefined must be read first. */
export function metricValue(
  draft: Draft,
  metric: Metric,
  by: string | null,
  moment: Moment,
): number | null | undefined {
  if (metric.kind === 'builtIn') return builtInValue(draft, metric.key);
  let period = '';
  if (metric.per !== null) {
    period = periodKeyAt(metric.per, moment.at, moment.zone, draft.catalog.seasons);
    if (period === '') return emptyValue(metric);
  }
  if (metric.withinMs !== null && metric.by !== null && by === null) {
    // The best of all keys that is stored is the best of all time, not of the window that ends now.
    const values = keyValues(draft, metric, moment);
    return values === null ? undefined : Math.max(0, ...values.map((value) => value ?? 0));
  }
  const ref = { metric: metric.key, by: by ?? '', period };
  const cell = draft.cell(ref, draft.keyOf(metric.key, ref.by, period));
  if (cell === undefined) return undefined;
  if (metric.withinMs !== null) return windowValue(draft, metric, ref.by, cell, moment.at);
  return cellValue(metric, cell);
}

/** Without events min, max and latest have no value; the others are 0. */
export function emptyValue(metric: Metric): number | null {
  return metric.kind === 'min' || metric.kind === 'max' || metric.kind === 'latest' ? null : 0;
}

/** The value of a cell that may be absent. */
export function cellValue(metric: Metric, cell: Cell | null): number | null {
  return cell?.value ?? emptyValue(metric);
}

function builtInValue(draft: Draft, key: string): number | undefined {
  if (key === 'score') return draft.score;
  if (key === 'xp') return draft.xp;
  if (key === 'totalPoints') return draft.score + draft.achievementPoints;
  const cell = lifetimeCell(draft, key);
  return cell === undefined ? undefined : (cell?.value ?? 0);
}

/** The values of every key of a metric in the moment's period; null when they must be read. */
export function keyValues(draft: Draft, metric: Metric, moment: Moment): (number | null)[] | null {
  const period = metric.per === null ? '' : periodKeyAt(metric.per, moment.at, moment.zone, draft.catalog.seasons);
  if (metric.per !== null && period === '') return [];
  const keys = draft.whole(metric.key, period);
  if (keys === undefined) return null;
  const values: (number | null)[] = [];
  for (const by of keys) {
    const ref = { metric: metric.key, by, period };
    const cell = draft.cell(ref, draft.keyOf(metric.key, by, period));
    if (cell === undefined) return null;
    const value = metric.withinMs === null ? cellValue(metric, cell) : windowValue(draft, metric, by, cell, moment.at);
    if (value === undefined) return null;
    values.push(value);
  }
  return values;
}

function judgeAchievements(draft: Draft, leaf: AchievementsLeaf): Verdict {
  const total = lifetimeCell(draft, 'achievements');
  if (total === undefined) return null;
  // The number of all unlocks bounds that of the eligible ones: below it no row need be read.
  if ((total?.value ?? 0) < leaf.count) return false;
  return heldOf(draft, leaf, leaf.count);
}

/** How many eligible achievements are held, against a count; null when rows must be read. */
function heldOf(draft: Draft, leaf: AchievementsLeaf, count: number): Verdict {
  let held = 0;
  let unknown = 0;
  for (const key of leaf.eligible) {
    const rows = draft.unlocks(key);
    if (rows === undefined) unknown += 1;
    else if (rows.some((row) => row.revokedAt === null)) held += 1;
  }
  if (held >= count) return true;
  return held + unknown < count ? false : null;
}

/** Whether the gates of an achievement are open at a moment: its status, its time, its season, what it requires. */
export function gatesOpen(draft: Draft, achievement: Achievement, moment: Moment): Verdict {
  const { status, startsAt, endsAt, season, requires } = achievement;
  if (status === 'locked' || (status === 'draft' && !draft.state.test)) return false;
  if (startsAt !== null && moment.at < startsAt) return false;
  if (endsAt !== null && moment.at >= endsAt) return false;
  if (season !== null) {
    const known = draft.catalog.seasons.get(season);
    if (known === undefined || moment.at < known.startsAt || moment.at >= known.endsAt) return false;
  }
  let verdict: Verdict = true;
  for (const key of requires) {
    const rows = draft.unlocks(key);
    if (rows === undefined) verdict = null;
    else if (!rows.some((row) => row.revokedAt === null)) return false;
  }
  return verdict;
}
