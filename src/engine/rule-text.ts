import type { Achievement, Catalog, Metric } from './catalog.ts';
import type { AchievementsLeaf, Bounds, Criterion } from './criterion.ts';
import { unscale } from './numbers.ts';
import type { Where } from './where.ts';

/** A rule in words, as `laurel catalog show` and explanations print it. */
export function ruleText(catalog: Catalog, rule: Criterion): string {
  switch (rule.kind) {
    case 'all':
      return rule.of.map((child) => grouped(catalog, child)).join(' and ');
    case 'any':
      return rule.of.map((child) => grouped(catalog, child)).join(' or ');
    case 'atLeast':
      return `${rule.count} of: ${rule.of.map((child) => grouped(catalog, child)).join(', ')}`;
    case 'not':
      return `not ${grouped(catalog, rule.of)}`;
    case 'metric': {
      const metric = catalog.metrics.get(rule.metric);
      const keys = rule.keys === null ? '' : ` in ${rule.keys} keys`;
      const bounds = boundsText(catalog, rule.metric, rule.bounds);
      return `${metricText(metric, rule.metric, rule.key)} ${bounds}${keys}${windowText(metric)}`;
    }
    case 'streak':
      return `streak ${rule.streak} ${comparison(rule.bounds, 0)}`;
    case 'level':
      return `level ${comparison(rule.bounds, 0)}`;
    case 'achievement':
      return `achievement ${rule.achievement}${rule.tier > 1 ? ` at tier ${rule.tier}` : ''}`;
    case 'achievements':
      return achievementsText(rule);
    case 'manual':
      return 'given by hand';
  }
}

function grouped(catalog: Catalog, rule: Criterion): string {
  const text = ruleText(catalog, rule);
  return rule.kind === 'all' || rule.kind === 'any' || rule.kind === 'atLeast' ? `(${text})` : text;
}

function achievementsText({ count, rarity, eligible }: AchievementsLeaf): string {
  if (rarity !== null) return `${count} ${rarity} achievements`;
  return count === eligible.length ? `all ${count} other achievements` : `${count} achievements`;
}

/** The window in which a value is wanted; nothing for all time. */
function windowText(metric: Metric | undefined): string {
  const { per = null, withinMs = null } = metric ?? {};
  if (withinMs !== null) return ` within ${durationText(withinMs)}`;
  if (per === null) return '';
  const isPlain = per.unit === 'season' || per.timezone === 'UTC';
  return ` in one ${per.unit}${isPlain ? '' : ` (${per.timezone === 'user' ? "the player's zone" : per.timezone})`}`;
}

function durationText(ms: number): string {
  const [size, letter] = UNITS.find(([unit]) => ms % unit === 0) ?? [1000, 's'];
  return `${ms / size}${letter}`;
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
] as const;

function boundsText(catalog: Catalog, metric: string, bounds: Bounds): string {
  return comparison(bounds, catalog.metrics.get(metric)?.decimals ?? 0);
}

function comparison(bounds: Bounds, decimals: number): string {
  const { low, high } = bounds;
  if (low === high) return `= ${unscale(low, decimals)}`;
  const parts: string[] = [];
  if (Number.isFinite(low)) parts.push(`>= ${unscale(low, decimals)}`);
  if (Number.isFinite(high)) parts.push(`<= ${unscale(high, decimals)}`);
  return parts.join(' and ');
}

/** A metric in words: its key, or what an inline one says. */
function metricText(metric: Metric | undefined, key: string, by: string | null): string {
  if (metric === undefined) return key;
  const inSeason = metric.season === null ? '' : ` in season ${metric.season}`;
  const of = by === null ? '' : ` of ${by}`;
  if (!key.startsWith('~')) return `${key.replace(/@.*$/, '')}${of}${inSeason}`;
  const field = metric.value === null ? '' : ` of ${metric.value.root}.${metric.value.name} in`;
  const where = metric.where === null ? '' : ` where ${whereText(metric.where)}`;
  return `${metric.kind}${field} ${metric.of.join(', ')}${where}${of}${inSeason}`;
}

function whereText(where: Where): string {
  return where.kind === 'expression' ? where.expression.text : where.tests.map((test) => test.text).join(', ');
}

/** The highest points an achievement can bring, all tiers together. */
export function pointsOf(achievement: Achievement): number {
  return achievement.tiers.length === 0
    ? achievement.points
    : achievement.tiers.reduce((sum, tier) => sum + tier.points, 0);
}
