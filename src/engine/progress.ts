import type { Achievement, Catalog } from './catalog.ts';
import { judge, metricValue, streakLength, type Verdict } from './criteria.ts';
import { type Criterion, type Leaf, leavesOf } from './criterion.ts';
import { Draft } from './draft.ts';
import { levelAt } from './levels.ts';
import type { Moment } from './moment.ts';
import { unscale } from './numbers.ts';
import { periodOf } from './replay.ts';
import { emptyState, type Needs, type UserState } from './state.ts';
import { streakView } from './streaks.ts';

/** How near a user is to an achievement. `current` and `target` are null unless the rule is one counted leaf. */
export interface Progress {
  /** 0..1; 1 when it is held. */
  readonly progress: number;
  readonly current: number | null;
  readonly target: number | null;
  /** The highest tier held; 0 for none, and for an achievement without tiers. */
  readonly tier: number;
  readonly tierCount: number;
  /** Times it was unlocked and not taken away. */
  readonly timesUnlocked: number;
}

/** The user's zone when read; needed where windows or streaks are cut in it. */
export interface Reader {
  readonly timezone: string | null;
}

const NOBODY = emptyState({
  userId: '',
  test: false,
  score: 0,
  achievementPoints: 0,
  xp: 0,
  lastActivityAt: null,
});

/** What must be read to tell the progress of these achievements; one reading is enough. */
export function progressNeeds(catalog: Catalog, keys: readonly string[], reader: Reader, now: number): Needs {
  const draft = new Draft(catalog, NOBODY, now);
  const moment: Moment = { at: now, zone: reader.timezone };
  for (const key of keys) {
    const achievement = catalog.achievements.get(key);
    if (achievement === undefined) continue;
    draft.unlocks(key);
    judge(draft, achievement.when, moment);
    for (const { leaf } of leavesOf(achievement.when)) {
      if (leaf.kind === 'achievements') for (const other of leaf.eligible) draft.unlocks(other);
    }
  }
  return draft.needs.build();
}

/** The progress of one achievement, from a state that holds what `progressNeeds` asked for; what is missing counts as nothing. */
export function progressOf(catalog: Catalog, key: string, state: UserState, reader: Reader, now: number): Progress {
  const achievement = catalog.achievements.get(key);
  const nothing = { progress: 0, current: null, target: null, tier: 0, tierCount: 0, timesUnlocked: 0 };
  if (achievement === undefined) return nothing;
  const draft = new Draft(catalog, state, now);
  const moment: Moment = { at: now, zone: reader.timezone };
  const held = (draft.unlocks(key) ?? []).filter((row) => row.revokedAt === null);
  const tier = held.reduce((highest, row) => Math.max(highest, row.tier), 0);
  const tierCount = achievement.tiers.length;
  const isDone = achievement.repeat === null && (tierCount === 0 ? held.length > 0 : tier >= tierCount);
  // A repeatable one begins anew with its first tier in every period.
  const period = periodOf(catalog, achievement, moment);
  const reached = held.reduce((highest, row) => Math.max(highest, row.period === (period ?? '') ? row.tier : 0), 0);
  const counted = countedLeaf(draft, achievement, reached, moment);
  const share = counted === null ? shareOf(draft, achievement.when, moment) : ratio(counted.current, counted.target);
  return {
    progress: isDone ? 1 : share,
    current: counted?.current ?? null,
    target: counted?.target ?? null,
    tier,
    tierCount,
    timesUnlocked: held.length,
  };
}

/** Current and target of a rule that is one counted leaf; of a tiered one the next tier's. */
function countedLeaf(draft: Draft, achievement: Achievement, tier: number, moment: Moment): Count | null {
  const count = isLeaf(achievement.when) ? countOf(draft, achievement.when, moment) : null;
  if (count === null || achievement.tiers.length === 0) return count;
  const next = achievement.tiers[Math.min(tier, achievement.tiers.length - 1)];
  return next === undefined ? count : { current: count.current, target: next.at };
}

function isLeaf(rule: Criterion): rule is Leaf {
  return rule.kind !== 'all' && rule.kind !== 'any' && rule.kind !== 'atLeast' && rule.kind !== 'not';
}

/** Current and target of a counted leaf, as a player reads them. */
export interface Count {
  readonly current: number;
  readonly target: number;
}

/** Current and target of a leaf that counts up to a target; null for any other. */
export function countOf(draft: Draft, leaf: Leaf, moment: Moment): Count | null {
  if (leaf.kind === 'achievements') {
    const held = leaf.eligible.filter((key) => draft.unlocks(key)?.some((row) => row.revokedAt === null));
    return { current: held.length, target: leaf.count };
  }
  if (leaf.kind === 'manual' || leaf.kind === 'achievement' || leaf.bounds.target === null) return null;
  const { target, low } = leaf.bounds;
  if (leaf.kind === 'level') return { current: levelAt(draft.catalog.levels, draft.xp), target };
  if (leaf.kind === 'streak') return { current: streakCurrent(draft, leaf.streak, low, moment), target };
  const metric = draft.catalog.metrics.get(leaf.metric);
  if (metric === undefined || metric.kind === 'latest' || leaf.keys !== null) return null;
  const value = metricValue(draft, metric, leaf.key, moment) ?? 0;
  return { current: unscale(value, metric.decimals), target };
}

/** The run that still counts towards the target: the current one, unless an earlier one reached it. */
function streakCurrent(draft: Draft, key: string, target: number, moment: Moment): number {
  const longest = streakLength(draft, key) ?? 0;
  const streak = draft.catalog.streaks.get(key);
  if (streak === undefined || longest >= target) return longest;
  return streakView(streak, draft.streakDays(key) ?? [], moment.at, moment.zone).current;
}

/** A leaf min(current / target, 1), `all` the mean, `any` the best, anything else 0 or 1. */
function shareOf(draft: Draft, rule: Criterion, moment: Moment): number {
  if (rule.kind === 'all')
    return rule.of.reduce((sum, child) => sum + shareOf(draft, child, moment), 0) / Math.max(1, rule.of.length);
  if (rule.kind === 'any') return rule.of.reduce((best, child) => Math.max(best, shareOf(draft, child, moment)), 0);
  if (isLeaf(rule)) {
    const count = countOf(draft, rule, moment);
    if (count !== null) return ratio(count.current, count.target);
  }
  const verdict: Verdict = judge(draft, rule, moment);
  return verdict === true ? 1 : 0;
}

function ratio(current: number, target: number): number {
  if (target <= 0) return 1;
  return Math.max(0, Math.min(1, current / target));
}
