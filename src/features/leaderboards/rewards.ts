import { type RewardResult, reward } from '../../engine/reward.ts';
import type { Transaction } from '../../platform/database.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import { bringUp } from '../rebuild/service.ts';
import { liveTransaction } from '../state/live-transaction.ts';
import { resolveNeeds } from '../state/resolve-needs.ts';
import { blankStateOf, lockUsers, useIndexes, writeState } from '../state/service.ts';
import type { UserRow } from '../state/user-row.ts';
import { markPaid, readUnpaid, type StoredPeriod } from './period-store.ts';
import { claimPlaces, type RewardedPlace, readUnpaidPlaces } from './reward-store.ts';
import { type Done, giftOf, type Owed, rewardWrites, type Settled, settledOf } from './reward-writes.ts';
import { type ClosingParts, restAfter } from './steps.ts';

/** Places of one transaction: 10 ms on the embedded database. */
const PAY = 25;
/** Periods of one run; the next one goes on. */
const MOST_PERIODS = 1_000;

/**
 * Pays the rewards of final periods, each once: a place is marked in the transaction that pays it, under its user's lock. A place gets the
 * first reward of the board that fits it (engine/reward.ts), points and XP as the catalog had them when the period ended; what follows
 * from them (levels, achievements) follows by the live catalog. Who is erased gets nothing. Answers how many were paid.
 */
export async function payRewards(parts: ClosingParts, stopping?: AbortSignal): Promise<number> {
  const { database, clock } = parts;
  let paid = 0;
  for (const period of await readUnpaid(database, MOST_PERIODS)) {
    for (;;) {
      stopping?.throwIfAborted();
      const startedAt = performance.now();
      const places = await readUnpaidPlaces(database, period, PAY);
      if (places.length === 0) break;
      paid += await payPlaces(parts, period, places);
      await restAfter(database, startedAt);
    }
    await markPaid(database, period, new Date(clock.now()));
  }
  return paid;
}

async function payPlaces(parts: ClosingParts, period: StoredPeriod, places: readonly RewardedPlace[]): Promise<number> {
  const given = await liveTransaction(parts, async (transaction, live) => {
    const userIds = [...new Set(places.map(({ userId }) => userId))];
    await useIndexes(transaction);
    const locked = await lockUsers(transaction, userIds);
    const at = parts.clock.now();
    const own = await claimPlaces(transaction, period, places, new Date(at));
    const users = await broughtUp(parts, transaction, live, locked, own);
    return give({ parts, transaction, live, period, at }, users, own);
  });
  for (const { userId, lastSeq, levelUp } of given) {
    parts.bus.publish('notification', userId, { seq: lastSeq });
    parts.bus.publish('progress', userId, { levelUp });
  }
  return given.reduce((sum, { gifts }) => sum + gifts.length, 0);
}

/** The users of these places; those who are still of an older catalog version are brought up first, as an event would do it. */
async function broughtUp(
  parts: ClosingParts,
  transaction: Transaction,
  live: LiveCatalog,
  locked: readonly UserRow[],
  places: readonly RewardedPlace[],
): Promise<UserRow[]> {
  const wanted = new Set(places.map(({ userId }) => userId));
  const users = locked.filter(({ id }) => wanted.has(id));
  const behind = users.filter(({ catalogVersion }) => catalogVersion < live.version);
  if (behind.length === 0) return users;
  await bringUp(transaction, parts, live, behind);
  return lockUsers(
    transaction,
    users.map(({ id }) => id),
  );
}

/** One payment: in which transaction, by which catalog, for which period. */
interface Payment {
  readonly parts: ClosingParts;
  readonly transaction: Transaction;
  readonly live: LiveCatalog;
  readonly period: StoredPeriod;
  readonly at: number;
}

async function give(
  payment: Payment,
  users: readonly UserRow[],
  places: readonly RewardedPlace[],
): Promise<readonly Settled[]> {
  if (users.length === 0) return [];
  const { parts, transaction, live, period, at } = payment;
  const byUser = Map.groupBy(places, ({ userId }) => userId);
  const owed = users.map((user) => ({ user, gifts: (byUser.get(user.id) ?? []).map((one) => giftOf(period, one)) }));
  const settled = (await decide(payment, owed)).map((one) => settledOf(period, one, live.version));
  await writeState(
    transaction,
    rewardWrites(settled, { period, version: live.version, at: new Date(at), ids: parts.ids }),
  );
  return settled;
}

/** The engine decides. Who would pass 2^53 - 1 gets the message and no points: the period must not wait for ever. */
async function decide(payment: Payment, owed: readonly Owed[]): Promise<readonly (Owed & { readonly done: Done })[]> {
  const answers = await ask(payment, owed);
  const refused = owed.filter((_, index) => answers[index]?.kind === 'refused');
  for (const { user } of refused) {
    const told = { operation: 'leaderboards.pay', userId: user.id };
    payment.parts.logger.warn(told, 'a reward would pass 2^53 - 1: it gives no points');
  }
  const bare = refused.map(({ user, gifts }) => ({
    user,
    gifts: gifts.map((gift) => ({ ...gift, points: 0, xp: 0 })),
  }));
  const again = bare.length === 0 ? [] : await ask(payment, bare);
  return [...doneOf(owed, answers), ...doneOf(bare, again)];
}

type Answer = Exclude<RewardResult, { kind: 'needs' }>;

function ask({ transaction, live, at }: Payment, owed: readonly Owed[]): Promise<Answer[]> {
  return resolveNeeds<Answer>(
    transaction,
    owed.map(({ user, gifts }) => ({
      state: blankStateOf(user),
      step: (state) => reward(live.catalog, state, { gifts, timezone: user.timezone }, at),
    })),
  );
}

function doneOf(owed: readonly Owed[], answers: readonly Answer[]): (Owed & { readonly done: Done })[] {
  return owed.flatMap((one, index) => {
    const done = answers[index];
    return done?.kind === 'done' ? [{ ...one, done }] : [];
  });
}
