import { countUnlock, uncountUnlock } from './built-in.ts';
import type { Achievement, Watch } from './catalog.ts';
import { firstAbove } from './catalog-index.ts';
import { gatesOpen, judge } from './criteria.ts';
import type { Draft } from './draft.ts';
import { levelAt } from './levels.ts';
import type { Moment } from './moment.ts';
import { isBlocked } from './notes.ts';
import { MAX_VALUE } from './numbers.ts';
import { askReachable } from './reach.ts';
import { periodOf, replay } from './replay.ts';
import type { FoldEvent, LedgerLine, Unlock } from './state.ts';
import { isHeld, type Step, stepsReached } from './steps.ts';

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
  for (const [ordinal, achievement] of cascade.again) {
    cascade.waiting.delete(ordinal);
    judgePast(cascade, achievement, cascade.late);
  }
  cascade.again.clear();
  let last = -1;
  while (cascade.waiting.size > 0 && cascade.draft.overflow === null) {
    const next = nextWaiting(cascade.waiting, last);
    if (next === null) {
      last = -1;
      continue;
    }
    cascade.waiting.delete(next.ordinal);
    last = next.ordinal;
    judgeNow(cascade, next);
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

/** Judges a rule at the moment of the cascade. */
export function judgeNow(cascade: Cascade, achievement: Achievement): void {
  const { draft, moment } = cascade;
  const gates = gatesOpen(draft, achievement, moment);
  if (gates === false) return;
  const known = draft.peekUnlocks(achievement.key);
  const period = periodOf(draft.catalog, achievement, moment);
  if (period === null || (known !== undefined && isClosed(achievement, known, period))) return;
  const verdict = judge(draft, achievement.when, moment);
  if (verdict === false) return;
  if (known === undefined || verdict === null || gates === null) {
    askReachable(draft, achievement, moment);
    return;
  }
  for (const step of stepsReached(draft, achievement, moment)) {
    if (!isHeld(known, step.tier, period)) unlock(cascade, achievement, step, period);
  }
}

/** Judges a rule that looks at time at every event from one on; null: from the first. */
export function judgePast(cascade: Cascade, achievement: Achievement, from: FoldEvent | null): void {
  const { draft } = cascade;
  const known = draft.unlocks(achievement.key);
  if (known === undefined || (achievement.repeat === null && isClosed(achievement, known, ''))) return;
  const held = replay(draft, achievement, from);
  if (held === null || isBlocked(known)) return;
  for (const { moment, period, step } of held) {
    if (!isHeld(known, step.tier, period)) unlock({ ...cascade, moment }, achievement, step, period);
  }
}

/** Whether there is nothing left to unlock: held, or taken away and blocked. A revoked grant blocks nothing. */
export function isClosed(achievement: Achievement, rows: readonly Unlock[], period: string): boolean {
  if (isBlocked(rows)) return true;
  const held = rows.filter((row) => row.revokedAt === null && row.period === period);
  return achievement.tiers.length === 0 ? held.length > 0 : held.length >= achievement.tiers.length;
}

function unlock(cascade: Cascade, achievement: Achievement, step: Step, period: string): void {
  const { draft, moment, eventId } = cascade;
  const { tier, points, xp } = step;
  const row: Unlock = {
    achievement: achievement.key,
    tier,
    period,
    unlockedAt: moment.at,
    eventId,
    points,
    xp,
    source: 'rule',
    revokedAt: null,
  };
  if (draft.overflow === null && draft.takes?.(row) !== false) applyUnlock(cascade, row, 'achievement');
}

/**
 * Writes an unlock with its ledger entry, points, XP and counters, and notices the rules that may follow from it. Where a sum would
 * pass 2^53 - 1 it notes the overflow in the draft, which is then not to be kept.
 */
export function applyUnlock(cascade: Cascade, row: Unlock, source: LedgerLine['source']): void {
  const { draft, moment } = cascade;
  const { achievement, tier, period, eventId, points, xp } = row;
  if (!fits(draft, row)) return;
  const before = standing(draft);
  draft.setUnlock(row);
  draft.ledger.push({ source, achievement, tier, period, eventId, points, xp });
  cascade.unlocked.push(row);
  draft.achievementPoints += points;
  draft.xp += xp;
  countUnlock(draft, row, moment.zone);
  noticeStanding(cascade, before);
  for (const dependent of draft.catalog.index.dependents.get(achievement) ?? []) {
    cascade.waiting.set(dependent.ordinal, dependent);
  }
  if (standing(draft).achievements === before.achievements) return;
  for (const counter of draft.catalog.index.counters) cascade.waiting.set(counter.ordinal, counter);
}

/**
 * Takes a held row away: its points and XP are compensated, and nothing of it is left in any window. False, with nothing done, when a
 * sum would fall below 0: the books of the user are wrong then, and a rebuild mends them.
 */
export function applyRevoke(cascade: Cascade, gone: Unlock): boolean {
  const { draft, moment } = cascade;
  const { achievement, tier, period, points, xp } = gone;
  if (draft.achievementPoints < points || draft.xp < xp) return false;
  draft.setUnlock(gone);
  draft.ledger.push({ source: 'revoke', achievement, tier, period, eventId: null, points: -points, xp: -xp });
  draft.achievementPoints -= points;
  draft.xp -= xp;
  uncountUnlock(draft, gone, moment.zone);
  return true;
}

/**
 * Adds points beside the score, and XP, and notices the rules that may follow from them. False, with nothing done but the overflow
 * noted in the draft, when a sum would pass 2^53 - 1.
 */
export function gain(cascade: Cascade, { points, xp }: { readonly points: number; readonly xp: number }): boolean {
  const { draft } = cascade;
  if (!fits(draft, { points, xp })) return false;
  const before = standing(draft);
  draft.achievementPoints += points;
  draft.xp += xp;
  noticeStanding(cascade, before);
  return true;
}

function fits(draft: Draft, { points, xp }: { readonly points: number; readonly xp: number }): boolean {
  if (draft.score + draft.achievementPoints + points > MAX_VALUE) draft.overflow = 'totalPoints';
  else if (draft.xp + xp > MAX_VALUE) draft.overflow = 'xp';
  return draft.overflow === null;
}

/** What unlocks move besides themselves. */
interface Standing {
  readonly points: number;
  readonly xp: number;
  readonly achievements: number;
}

function standing(draft: Draft): Standing {
  const achievements = draft.peekCell(draft.keyOf('achievements', '', ''))?.value ?? 0;
  return { points: draft.score + draft.achievementPoints, xp: draft.xp, achievements };
}

function noticeStanding(cascade: Cascade, before: Standing): void {
  const { levels } = cascade.draft.catalog;
  const after = standing(cascade.draft);
  if (after.points !== before.points) notice(cascade, 'totalPoints', before.points, after.points);
  if (after.achievements !== before.achievements)
    notice(cascade, 'achievements', before.achievements, after.achievements);
  if (after.xp === before.xp) return;
  notice(cascade, 'xp', before.xp, after.xp);
  const level = { before: levelAt(levels, before.xp), after: levelAt(levels, after.xp) };
  if (level.before !== level.after) notice(cascade, '@level', level.before, level.after);
}
