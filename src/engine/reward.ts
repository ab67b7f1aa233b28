import { feedBuiltIn } from './built-in.ts';
import { type Cascade, gain, runCascade, startCascade } from './cascade.ts';
import type { BoardReward, Catalog } from './catalog.ts';
import { Draft } from './draft.ts';
import { noteDecisions } from './due.ts';
import { levelAt } from './levels.ts';
import type { Moment } from './moment.ts';
import type { Needs, Unlock, UserChange, UserState } from './state.ts';

/**
 * Which reward of a board a rank gets among so many entries, as its place in the list; null: none. The first one that fits, and no
 * other: the list reads from the best places down. `percent: 10` are the ranks up to a tenth of the entries, rounded up.
 */
export function rewardOf(rewards: readonly BoardReward[], rank: number, entries: number): number | null {
  const found = rewards.findIndex(({ ranks, percent }) =>
    ranks === null ? rank <= shareOf(percent ?? 0, entries) : rank >= ranks.from && rank <= ranks.to,
  );
  return found === -1 ? null : found;
}

/** A share of the entries, rounded up. What is a whole number but for its binary form is that number: 7 % of 100 are 7. */
function shareOf(percent: number, entries: number): number {
  const share = (percent * entries) / 100;
  const whole = Math.round(share);
  return Math.abs(share - whole) < 1e-9 * Math.max(1, entries) ? whole : Math.ceil(share);
}

/** Points and XP that a user gets for a place. */
export interface Gift {
  readonly points: number;
  readonly xp: number;
  /** The period of the board, for the ledger. */
  readonly period: string;
}

/** What rewards did, or what must be read first, or why they cannot be given. */
export type RewardResult =
  | { readonly kind: 'needs'; readonly needs: Needs }
  | { readonly kind: 'refused'; readonly metric: string }
  | {
      readonly kind: 'done';
      /** Its ledger has a line for each gift, in order, among those of what followed. */
      readonly change: UserChange;
      readonly unlocked: readonly Unlock[];
      readonly level: { readonly from: number; readonly to: number };
    };

/**
 * Gives rewards of boards: points beside the score, XP, and what follows from them. Nothing takes them back, so they feed totals, XP and
 * levels as an event does that happens now. Refused, all of them, when the points or XP of the user would pass 2^53 - 1.
 */
export function reward(
  catalog: Catalog,
  state: UserState,
  { gifts, timezone }: { readonly gifts: readonly Gift[]; readonly timezone: string | null },
  now: number,
): RewardResult {
  const draft = new Draft(catalog, state, now);
  const moment: Moment = { at: now, zone: timezone };
  const cascade = startCascade(draft, moment, null, null);
  const before = levelAt(catalog.levels, draft.xp);
  for (const gift of gifts) applyGift(cascade, gift);
  runCascade(cascade);
  if (draft.overflow !== null) return { kind: 'refused', metric: draft.overflow };
  const keys = new Set(cascade.unlocked.map(({ achievement }) => achievement));
  if (keys.size > 0) noteDecisions(draft, [...keys], moment);
  if (draft.needs.any) return { kind: 'needs', needs: draft.needs.build() };
  const level = { from: before, to: levelAt(catalog.levels, draft.xp) };
  return { kind: 'done', change: draft.change(), unlocked: cascade.unlocked, level };
}

/** A reward that was paid. */
export interface PaidReward {
  readonly at: number;
  readonly points: number;
  readonly xp: number;
}

/** Lays a gift into the draft, and notices the rules that may follow from it; where a sum would pass 2^53 - 1 it notes the overflow. */
export function applyGift(cascade: Cascade, { points, xp, period }: Gift): void {
  const { draft, moment } = cascade;
  if (!gain(cascade, { points, xp })) return;
  feedBuiltIn(draft, 'totalPoints', points, moment, 'all');
  feedBuiltIn(draft, 'xp', xp, moment, 'all');
  draft.ledger.push({ source: 'reward', achievement: null, tier: null, period, eventId: null, points, xp });
}
