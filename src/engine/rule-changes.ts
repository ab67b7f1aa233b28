import type { Achievement, Catalog, Metric } from './catalog.ts';
import { type Criterion, leavesOf } from './criterion.ts';
import { shape } from './diff.ts';

/**
 * The achievements of both catalogs that the later one lets be earned by another rule: its criterion, gates or tiers differ, or what
 * its leaves look at is counted otherwise (metric, streak, season, level curve). What is only shown, prices and `status` are no rule;
 * nor is it one that `{ achievements: all }` has more to count. Those that are not live in the later one are left out: nobody is
 * judged by their rule.
 */
export function changedRules(before: Catalog, after: Catalog): ReadonlySet<string> {
  const changed = [...after.achievements.values()].filter((achievement) => {
    const known = before.achievements.get(achievement.key);
    return known !== undefined && achievement.status === 'live' && ruleOf(before, known) !== ruleOf(after, achievement);
  });
  return new Set(changed.map(({ key }) => key));
}

/** Of the changed rules those whose holders lose what they would not earn now: `onChange: revoke`. */
export function revocableChanges(before: Catalog, after: Catalog): string[] {
  return [...changedRules(before, after)].filter((key) => after.achievements.get(key)?.onChange === 'revoke');
}

/** All that decides who earns an achievement, in a form that compares. */
function ruleOf(catalog: Catalog, { when, tiers, requires, startsAt, endsAt, season, repeat }: Achievement): string {
  const leaves = leavesOf(when).map(({ leaf }) => leaf);
  const metrics = leaves.flatMap((leaf) => (leaf.kind === 'metric' ? (catalog.metrics.get(leaf.metric) ?? []) : []));
  const streaks = leaves.flatMap((leaf) => (leaf.kind === 'streak' ? (catalog.streaks.get(leaf.streak) ?? []) : []));
  const perSeason = [repeat, ...metrics.map(({ per }) => per)].some((per) => per?.unit === 'season');
  const named = [season, ...metrics.map((metric) => metric.season)];
  const seasons = [...catalog.seasons.values()].filter(({ key }) => perSeason || named.includes(key));
  return shape({
    when: withoutAll(when),
    tiers: tiers.map(({ at }) => at),
    gates: [requires, startsAt, endsAt, season, repeat],
    metrics: metrics.map(countedBy),
    streaks: streaks.map(({ of, per, freezes }) => [of, per, freezes]),
    seasons: seasons.map(({ key, startsAt: from, endsAt: to, timezone }) => [key, from, to, timezone]),
    levels: leaves.some(({ kind }) => kind === 'level') ? catalog.levels.thresholds : null,
  });
}

function countedBy({ kind, of, brokenBy, value, where, by, maxKeys, decimals, per, withinMs, season }: Metric): object {
  return [kind, of, brokenBy, value, where, by, maxKeys, decimals, per, withinMs, season];
}

/** A rule in which `{ achievements: all }` does not say how many that is. Under `not` it cannot stand: its own unlock raises it. */
function withoutAll(rule: Criterion): unknown {
  switch (rule.kind) {
    case 'all':
    case 'any':
    case 'atLeast':
      return { ...rule, of: rule.of.map(withoutAll) };
    case 'achievements':
      return rule.count === rule.eligible.length ? { ...rule, count: 'all' } : rule;
    default:
      return rule;
  }
}
