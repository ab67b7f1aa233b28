import type { Achievement } from './catalog.ts';
import { metricValue, streakLength } from './criteria.ts';
import type { Draft } from './draft.ts';
import type { Moment } from './moment.ts';
import { MAX_VALUE, scaleValue } from './numbers.ts';
import type { Unlock } from './state.ts';

/** What one row of an achievement gives; `tier` is 0 where it has no tiers. */
export interface Step {
  readonly tier: number;
  readonly points: number;
  readonly xp: number;
}

/** The steps of an achievement that are reached at a moment at which its rule holds, ascending. */
export function stepsReached(draft: Draft, achievement: Achievement, moment: Moment): readonly Step[] {
  const { tiers, when } = achievement;
  if (tiers.length === 0) return [{ tier: 0, points: achievement.points, xp: achievement.xp }];
  const value = leafValue(draft, achievement, moment);
  if (value === null) return [];
  const decimals = when.kind === 'metric' ? (draft.catalog.metrics.get(when.metric)?.decimals ?? 0) : 0;
  return tiers.filter(({ at }) => value >= (scaleValue(at, decimals) ?? MAX_VALUE));
}

function leafValue(draft: Draft, { when }: Achievement, moment: Moment): number | null {
  if (when.kind === 'streak') return streakLength(draft, when.streak);
  const metric = when.kind === 'metric' ? draft.catalog.metrics.get(when.metric) : undefined;
  if (metric === undefined || when.kind !== 'metric') return null;
  return metricValue(draft, metric, when.key, moment) ?? null;
}

/** Whether a step is held among these rows. */
export function isHeld(rows: readonly Unlock[], tier: number, period: string): boolean {
  return rows.some((row) => row.tier === tier && row.period === period && row.revokedAt === null);
}
