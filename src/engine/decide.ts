import { applyRevoke, applyUnlock, type Cascade, runCascade, startCascade } from './cascade.ts';
import type { Achievement, Catalog } from './catalog.ts';
import { judge } from './criteria.ts';
import { leavesOf } from './criterion.ts';
import { Draft, lifetimeCell } from './draft.ts';
import { noteDecisions } from './due.ts';
import { levelAt } from './levels.ts';
import type { Moment } from './moment.ts';
import { periodKeyAt } from './periods.ts';
import { askReachable } from './reach.ts';
import type { Needs, Unlock, UserChange, UserState } from './state.ts';
import { stepsReached } from './steps.ts';

/** A grant or a revoke by hand. Without `tier` a grant gives the first tier, a revoke takes all. */
export interface DecisionInput {
  readonly achievement: string;
  readonly tier?: number;
  /** Keys it had before: a revoke takes what stayed under one of them too. */
  readonly formerly?: readonly string[];
  /** The user's zone now. */
  readonly timezone: string | null;
}

/** What a grant or a revoke did, or what must be read first, or why there is nothing to do. */
export type DecisionResult =
  | { readonly kind: 'needs'; readonly needs: Needs }
  | {
      readonly kind: 'refused';
      readonly reason: 'unknownAchievement' | 'unknownTier' | 'alreadyHeld' | 'notHeld' | 'outOfBalance';
    }
  | { readonly kind: 'refused'; readonly reason: 'valueOutOfRange'; readonly metric: string }
  | {
      readonly kind: 'done';
      readonly change: UserChange;
      readonly unlocked: readonly Unlock[];
      readonly revoked: readonly Unlock[];
      readonly level: { readonly from: number; readonly to: number };
    };

/**
 * Gives an achievement by hand, with its points and XP, and what follows from them. Lifts the block a revoke has put. A tier
 * brings the ones below it that are missing. Refused when the points or XP of the user would pass 2^53 - 1.
 */
export function grant(catalog: Catalog, state: UserState, input: DecisionInput, now: number): DecisionResult {
  const achievement = catalog.achievements.get(input.achievement);
  if (achievement === undefined) return { kind: 'refused', reason: 'unknownAchievement' };
  const tiers = grantedTiers(achievement, input.tier);
  if (tiers === null) return { kind: 'refused', reason: 'unknownTier' };
  const draft = new Draft(catalog, state, now);
  const moment: Moment = { at: now, zone: input.timezone };
  const rows = draft.unlocks(achievement.key);
  askReachable(draft, achievement, moment);
  if (rows === undefined || draft.needs.any) return { kind: 'needs', needs: draft.needs.build() };
  const { repeat } = achievement;
  const period = repeat === null ? '' : periodKeyAt(repeat, now, input.timezone, catalog.seasons);
  const isHeld = (tier: number): boolean =>
    rows.some((row) => row.tier === tier && row.period === period && row.revokedAt === null);
  const missing = tiers.filter(({ tier }) => !isHeld(tier));
  if (missing.length === 0) return { kind: 'refused', reason: 'alreadyHeld' };
  const cascade = startCascade(draft, moment, null, null);
  const before = levelAt(catalog.levels, draft.xp);
  for (const row of rows)
    if (row.revokedAt !== null && row.source === 'rule') draft.setUnlock({ ...row, source: 'grant' });
  for (const { tier, points, xp } of missing) {
    const row = {
      achievement: achievement.key,
      tier,
      period,
      unlockedAt: now,
      eventId: null,
      points,
      xp,
      revokedAt: null,
    };
    applyUnlock(cascade, { ...row, source: 'grant' }, 'grant');
  }
  runCascade(cascade);
  if (draft.overflow !== null) return { kind: 'refused', reason: 'valueOutOfRange', metric: draft.overflow };
  noteDecisions(draft, [...new Set([achievement.key, ...cascade.unlocked.map((row) => row.achievement)])], moment);
  return finish(draft, cascade.unlocked, [], before);
}

function finish(draft: Draft, unlocked: readonly Unlock[], revoked: readonly Unlock[], before: number): DecisionResult {
  if (draft.needs.any) return { kind: 'needs', needs: draft.needs.build() };
  const level = { from: before, to: levelAt(draft.catalog.levels, draft.xp) };
  return { kind: 'done', change: draft.change(), unlocked, revoked, level };
}

function grantedTiers(achievement: Achievement, tier: number | undefined) {
  const { tiers, points, xp } = achievement;
  if (tiers.length === 0) return tier === undefined || tier === 0 ? [{ tier: 0, points, xp }] : null;
  const highest = tier ?? 1;
  return highest >= 1 && highest <= tiers.length ? tiers.slice(0, highest) : null;
}

/**
 * Takes an achievement away: its points and XP are compensated, and what depended on it goes when its rule is now false. An
 * unlock by rule is blocked until it is granted; a grant, and what only followed, may be earned again. Refused as out of balance
 * when the user has fewer points or XP than was given: the books are wrong, a rebuild mends them.
 */
export function revoke(catalog: Catalog, state: UserState, input: DecisionInput, now: number): DecisionResult {
  const achievement = catalog.achievements.get(input.achievement);
  const draft = new Draft(catalog, state, now);
  const known = [input.achievement, ...(input.formerly ?? [])].map((key) => draft.unlocks(key));
  lifetimeCell(draft, 'achievements');
  // Of what was the newest to feed a cell, only all that is held can tell who is the newest now.
  for (const key of catalog.achievements.keys()) draft.unlocks(key);
  const followers = [...catalog.achievements.values()].filter(
    (one) => one.key !== input.achievement && dependsOnOthers(one),
  );
  for (const follower of followers) {
    judge(draft, follower.when, { at: now, zone: input.timezone });
  }
  if (draft.needs.any) return { kind: 'needs', needs: draft.needs.build() };
  const rows = known.flatMap((own) => own ?? []);
  const held = rows.filter((row) => row.revokedAt === null && (input.tier === undefined || row.tier >= input.tier));
  if (held.length === 0)
    return { kind: 'refused', reason: achievement === undefined ? 'unknownAchievement' : 'notHeld' };
  const moment: Moment = { at: now, zone: input.timezone };
  const cascade = startCascade(draft, moment, null, null);
  const before = levelAt(catalog.levels, draft.xp);
  const revoked: Unlock[] = [];
  const isTaken =
    held.every((row) => takeAway(cascade, row, revoked)) && takeFollowers(cascade, followers, input.timezone, revoked);
  if (!isTaken) return { kind: 'refused', reason: 'outOfBalance' };
  noteDecisions(draft, [...new Set(revoked.map((row) => row.achievement))], moment);
  return finish(draft, [], revoked, before);
}

/** Whether a rule looks at achievements, levels, points or XP, which a revoke can lower. */
export function dependsOnOthers(achievement: Achievement): boolean {
  const builtIn = new Set(['totalPoints', 'xp', 'achievements']);
  return leavesOf(achievement.when).some(({ leaf }) => {
    if (leaf.kind === 'metric') return builtIn.has(leaf.metric);
    return leaf.kind === 'achievement' || leaf.kind === 'achievements' || leaf.kind === 'level';
  });
}

/** False: the user has fewer points or XP than the row gave. */
function takeAway(cascade: Cascade, row: Unlock, revoked: Unlock[]): boolean {
  const gone: Unlock = { ...row, revokedAt: cascade.draft.now };
  revoked.push(gone);
  return applyRevoke(cascade, gone);
}

/** Takes what no longer holds, judged at the moment it was unlocked, until nothing more falls. False: as takeAway. */
function takeFollowers(
  cascade: Cascade,
  followers: readonly Achievement[],
  zone: string | null,
  revoked: Unlock[],
): boolean {
  const { draft } = cascade;
  for (let changed = true; changed; ) {
    changed = false;
    for (const follower of followers) {
      for (const row of draft.peekUnlocks(follower.key) ?? []) {
        if (row.revokedAt !== null || row.source !== 'rule') continue;
        if (stillHolds(draft, follower, row, zone)) continue;
        // Not blocked: stored as a grant that was taken, it may be earned again.
        if (!takeAway(cascade, { ...row, source: 'grant' }, revoked)) return false;
        changed = true;
      }
    }
  }
  return true;
}

/** Whether a row's rule, up to its tier, holds at the moment it was unlocked; what must be read first counts as holding. */
function stillHolds(draft: Draft, follower: Achievement, row: Unlock, zone: string | null): boolean {
  const moment: Moment = { at: row.unlockedAt, zone };
  const verdict = judge(draft, follower.when, moment);
  if (verdict !== true || follower.tiers.length === 0) return verdict !== false;
  return stepsReached(draft, follower, moment).some(({ tier }) => tier === row.tier);
}
