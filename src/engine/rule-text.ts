import type { Achievement, Catalog, Metric } from './catalog.ts';
import type { Bounds, Criterion } from './criterion.ts';
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
    case 'metric':
      return `${metricText(catalog.metrics.get(rule.metric), rule.metric, rule.key)} ${boundsText(catalog, rule.metric, rule.bounds)}${rule.keys === null ? '' : ` in ${rule.keys} keys`}`;
    case 'streak':
      return `streak ${rule.streak} ${comparison(rule.bounds, 0)}`;
    case 'level':
      return `level ${comparison(rule.bounds, 0)}`;
    case 'achievement':
      return `achievement ${rule.achievement}${rule.tier > 1 ? ` at tier ${rule.tier}` : ''}`;
    case 'achievements':
      return `${rule.count} ${rule.rarity ?? ''} achievements`.replace('  ', ' ');
    case 'manual':
      return 'given by hand';
  }
}

function grouped(catalog: Catalog, rule: Criterion): string {
  const text = ruleText(catalog, rule);
  return rule.kind === 'all' || rule.kind === 'any' || rule.kind === 'atLeast' ? `(${text})` : text;
}

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
  const field = metric.value === null ? '' : ` ${metric.value.root}.${metric.value.name}`;
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
