import { feedBuiltIn } from './built-in.ts';
import type { Achievement, Watch } from './catalog.ts';
import { firstAbove } from './catalog-index.ts';
import { gatesOpen, judge, metricValue, streakLength } from './criteria.ts';
import type { Draft } from './draft.ts';
import { levelAt } from './levels.ts';
import type { Moment } from './moment.ts';
import { MAX_VALUE, scaleValue } from './numbers.ts';
import { periodKeyAt } from './periods.ts';
import { askReachable } from './reach.ts';
import { replay } from './replay.ts';
import type { FoldEvent, LedgerLine, Unlock } from './state.ts';

/** One round of unlocking: the rules to judge, at a moment, and what came of it. */
export interface Cascade {
  readonly draft: Draft;
  readonly moment: Moment;
  readonly eventId: string | null;
  /** Rules to judge, by ordinal. */
  readonly waiting: Map<number, Achievement>;
  /** The event, when newer ones were there before it. */
  readonly late: FoldEvent | null;
  /** Rules a late event has judged over again. */
  readonly again: Map<number, Achievement>;
  readonly unlocked: Unlock[];
}

/** Starts a cascade at a moment. */
export function startCascade(draft: Draft, moment: Moment, eventId: string | null, late: FoldEvent | null): Cascade {
  return { draft, moment, eventId, waiting: draft.waiting, late, again: draft.again, unlocked: [] };
}

/** Puts the rules that a moved value may have turned true on the list. `before` is null where there was no value. */
export function notice(cascade: Cascade, name: string, before: number | null, after: number | null): void {
  const watch = cascade.draft.catalog.index.watches.get(name);
  if (watch === undefined) return;
  noticeWatch(cascade.waiting, watch, before, after);
  if (cascade.late !== null) for (const achievement of watch.late) cascade.again.set(achievement.ordinal, achievement);
}

function noticeWatch(
  waiting: Map<number, Achievement>,
  watch: Watch,
  before: number | null,
  after: number | null,
): void {
  for (const achievement of watch.always) waiting.set(achievement.ordinal, achievement);
  if (after === null || after === before) return;
  const { up, down } = watch;
  if (up.length > 0 && (before === null || after > before)) {
    for (let index = before === null ? 0 : firstAbove(up, before); index < up.length; index++) {
      const mark = up[index];
      if (mark === undefined || mark.at > after) break;
      waiting.set(mark.achievement.ordinal, mark.achievement);
    }
  }
  if (down.length > 0 && (before === null || after < before)) {
    for (let index = firstAbove(down, after - 1); index < down.length; index++) {
      const mark = down[index];
      if (mark === undefined || (before !== null && mark.at >= before)) break;
      waiting.set(mark.achievement.ordinal, mark.achievement);
    }
  }
}

/** Judges what waits, in catalog order, then again until nothing changes. Each unlock happens at most once, so it ends. */
export function runCascade(cascade: Cascade): void {
  let last = -1;
  for (const [ordinal, achievement] of cascade.again) {
    cascade.waiting.delete(ordinal);
    judgeAgain(cascade, achievement);
  }
  cascade.again.clear();
  while (cascade.waiting.size > 0) {
    const next = nextWaiting(cascade.waiting, last);
    if (next === null) {
      last = -1;
      continue;
    }
    cascade.waiting.delete(next.ordinal);
    last = next.ordinal;
    judgeAchievement(cascade, next);
  }
}

/** The first waiting rule after an ordinal; null when the pass is over. */
function nextWaiting(waiting: ReadonlyMap<number, Achievement>, after: number): Achievement | null {
  let found: Achievement | null = null;
  for (const [ordinal, achievement] of waiting) {
    if (ordinal > after && (found === null || ordinal < found.ordinal)) found = achievement;
  }
  return found;
}

function judgeAchievement(cascade: Cascade, achievement: Achievement): void {
  const { draft, moment } = cascade;
  if (gatesOpen(draft, achievement, moment) === false) return;
  const known = draft.peekUnlocks(achievement.key);
  const period = periodOf(cascade, achievement);
  if (period === null || (known !== undefined && isClosed(achievement, known, period))) return;
  const gates = gatesOpen(draft, achievement, moment);
  const verdict = judge(draft, achievement.when, moment);
  if (verdict === false || gates === false) return;
  if (known === undefined || verdict === null || gates === null) {
    askReachable(draft, achievement, moment);
    return;
  }
  if (achievement.tiers.length === 0) unlock(cascade, achievement, 0, period, achievement.points, achievement.xp);
  else unlockTiers(cascade, achievement, known);
}

/** Judges a rule that looks at time at every event from the late one on. */
function judgeAgain(cascade: Cascade, achievement: Achievement): void {
  const { draft, late } = cascade;
  const known = draft.unlocks(achievement.key);
  if (late === null || known === undefined) return;
  const isOnce = achievement.repeat === null;
  if (isOnce && isClosed(achievement, known, '')) return;
  const held = replay(draft, achievement, late);
  if (held === null) return;
  for (const { moment, period } of held) {
    if (isClosed(achievement, draft.peekUnlocks(achievement.key) ?? [], period)) continue;
    const at: Cascade = { ...cascade, moment };
    if (achievement.tiers.length === 0) unlock(at, achievement, 0, period, achievement.points, achievement.xp);
    else unlockTiers(at, achievement, known);
  }
}

/** The period a repeatable achievement is judged in; '' for the others, null outside every season. */
function periodOf(cascade: Cascade, achievement: Achievement): string | null {
  if (achievement.repeat === null) return '';
  const { at, zone } = cascade.moment;
  const key = periodKeyAt(achievement.repeat, at, zone, cascade.draft.catalog.seasons);
  return key === '' ? null : key;
}

/** Whether there is nothing left to unlock: held, or taken away and blocked. A revoked grant blocks nothing. */
export function isClosed(achievement: Achievement, rows: readonly Unlock[], period: string): boolean {
  if (rows.some((row) => row.revokedAt !== null && row.source === 'rule')) return true;
  const held = rows.filter((row) => row.revokedAt === null && row.period === period);
  return achievement.tiers.length === 0 ? held.length > 0 : held.length >= achievement.tiers.length;
}

function unlockTiers(cascade: Cascade, achievement: Achievement, rows: readonly Unlock[]): void {
  const value = leafValue(cascade, achievement);
  if (value === null) return;
  const decimals = decimalsOf(cascade.draft, achievement);
  for (const tier of achievement.tiers) {
    const isHeld = rows.some((row) => row.tier === tier.tier && row.revokedAt === null);
    if (!isHeld && value >= (scaleValue(tier.at, decimals) ?? MAX_VALUE)) {
      unlock(cascade, achievement, tier.tier, '', tier.points, tier.xp);
    }
  }
}

function decimalsOf(draft: Draft, achievement: Achievement): number {
  const { when } = achievement;
  return when.kind === 'metric' ? (draft.catalog.metrics.get(when.metric)?.decimals ?? 0) : 0;
}

function leafValue(cascade: Cascade, achievement: Achievement): number | null {
  const { when } = achievement;
  const { draft, moment } = cascade;
  if (when.kind === 'streak') return streakLength(draft, when.streak);
  const metric = when.kind === 'metric' ? draft.catalog.metrics.get(when.metric) : undefined;
  if (metric === undefined || when.kind !== 'metric') return null;
  return metricValue(draft, metric, when.key, moment) ?? null;
}

function unlock(
  cascade: Cascade,
  achievement: Achievement,
  tier: number,
  period: string,
  points: number,
  xp: number,
): void {
  const row: Unlock = {
    achievement: achievement.key,
    tier,
    period,
    unlockedAt: cascade.moment.at,
    eventId: cascade.eventId,
    points,
    xp,
    source: 'rule',
    revokedAt: null,
  };
  applyUnlock(cascade, row, 'achievement');
}

/** Writes an unlock with its ledger entry, points, XP and counters, and notices the rules that may follow from it. */
export function applyUnlock(cascade: Cascade, row: Unlock, source: LedgerLine['source']): void {
  const { draft } = cascade;
  const isFirst = !(draft.peekUnlocks(row.achievement) ?? []).some((known) => known.revokedAt === null);
  draft.setUnlock(row);
  const { achievement, tier, period, eventId, points, xp } = row;
  draft.ledger.push({ source, achievement, tier, period, eventId, points, xp });
  cascade.unlocked.push(row);
  gain(cascade, points, xp, isFirst ? 1 : 0);
  for (const dependent of draft.catalog.index.dependents.get(achievement) ?? []) {
    cascade.waiting.set(dependent.ordinal, dependent);
  }
  if (isFirst) for (const counter of draft.catalog.index.counters) cascade.waiting.set(counter.ordinal, counter);
}

/** Adds points, XP and unlocks that are not an event's (negative for a revoke), within 2^53 - 1. */
export function gain(cascade: Cascade, points: number, xp: number, unlocks: number): void {
  const { draft, moment } = cascade;
  const levelBefore = levelAt(draft.catalog.levels, draft.xp);
  const xpBefore = draft.xp;
  const totalBefore = draft.score + draft.achievementPoints;
  draft.achievementPoints = Math.min(MAX_VALUE, draft.achievementPoints + points);
  draft.xp = Math.max(0, Math.min(MAX_VALUE, draft.xp + xp));
  feedBuiltIn(draft, 'totalPoints', points, moment, false);
  feedBuiltIn(draft, 'xp', xp, moment, false);
  feedBuiltIn(draft, 'achievements', unlocks, moment, false);
  if (points !== 0) notice(cascade, 'totalPoints', totalBefore, draft.score + draft.achievementPoints);
  if (unlocks !== 0) noticeCount(cascade, unlocks);
  if (xp === 0) return;
  notice(cascade, 'xp', xpBefore, draft.xp);
  const level = levelAt(draft.catalog.levels, draft.xp);
  if (level !== levelBefore) notice(cascade, '@level', levelBefore, level);
}

function noticeCount(cascade: Cascade, unlocks: number): void {
  const after = cascade.draft.peekCell(cascade.draft.keyOf('achievements', '', ''))?.value ?? 0;
  notice(cascade, 'achievements', after - unlocks, after);
}
