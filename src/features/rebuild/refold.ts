import { setImmediate as turn } from 'node:timers/promises';
import type { Catalog } from '../../engine/catalog.ts';
import { Rebuild, type Rebuilt } from '../../engine/rebuild.ts';
import type { PaidReward } from '../../engine/reward.ts';
import type { Unlock } from '../../engine/state.ts';
import type { Queryable } from '../../platform/database.ts';
import { type LogPlace, readFacts, readLogPage, readRewards } from './log-store.ts';

/** Events of one page: the most of the log that is in memory. */
const PAGE = 5_000;
/** Events folded before others in the process get their turn: some 10 ms. */
const TURN = 250;

/** A user to fold, with the decisions that were taken. */
export interface Refolded {
  readonly id: string;
  readonly test: boolean;
  readonly facts: readonly Unlock[];
  /** What was paid for places on boards. */
  readonly rewards: readonly PaidReward[];
  /** Achievements to be judged anew; see RebuildInput. */
  readonly anew?: ReadonlySet<string>;
}

/** The users with the decisions that the tables have of them, and with what boards gave them. */
export async function withFacts<User extends { readonly id: string }>(
  on: Queryable,
  users: readonly User[],
): Promise<(User & { readonly facts: readonly Unlock[]; readonly rewards: readonly PaidReward[] })[]> {
  const userIds = users.map(({ id }) => id);
  const [rows, paid] = await Promise.all([readFacts(on, userIds), readRewards(on, userIds)]);
  const facts = Map.groupBy(rows, ({ userId }) => userId);
  const rewards = Map.groupBy(paid, ({ userId }) => userId);
  return users.map((user) => ({ ...user, facts: facts.get(user.id) ?? [], rewards: rewards.get(user.id) ?? [] }));
}

/**
 * Folds the logs of some users with a catalog, whatever version their state is of. Reads the log in pages, so memory does not grow
 * with it; reads nothing for nobody.
 */
export async function refold(
  on: Queryable,
  catalog: Catalog,
  users: readonly Refolded[],
  now: number,
): Promise<Map<string, Rebuilt>> {
  const userIds = users.map(({ id }) => id);
  const folding = new Map(users.map(({ id, ...user }) => [id, new Rebuild(catalog, { userId: id, ...user }, now)]));
  for (let after: LogPlace | null = null; folding.size > 0; ) {
    const page = await readLogPage(on, userIds, after, PAGE);
    let since = 0;
    for (const [userId, events] of Map.groupBy(page, (event) => event.userId)) {
      folding.get(userId)?.take(events);
      since += events.length;
      if (since < TURN) continue;
      since = 0;
      await turn();
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = { userId: last.userId, occurredAt: last.occurredAt, id: last.id };
  }
  return new Map([...folding].map(([id, own]) => [id, own.finish()]));
}
