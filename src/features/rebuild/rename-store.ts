import type { Move } from '../../engine/renames.ts';
import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** A place of an achievement: what one row of unlocks is of. */
export interface UnlockPlace {
  readonly userId: string;
  readonly achievement: string;
  readonly tier: number;
  readonly period: string;
}

/** An unlock that goes to another key, with its user. */
export type OwnedMove = Move & { readonly userId: string };

/** Of these achievements the places that the ledger says the users unlocked, whatever became of them. */
export async function readUnlockedPlaces(
  on: Queryable,
  userIds: readonly string[],
  achievements: readonly string[],
): Promise<UnlockPlace[]> {
  if (achievements.length === 0) return [];
  return on.query<UnlockPlace>(sql`/* rebuild.read_unlocked_places */
    select distinct user_id as "userId", achievement, tier, period from ledger
    where user_id = any(${userIds}::uuid[]) and achievement = any(${achievements}::text[])
      and source in ('achievement', 'grant', 'opening')`);
}

/** Brings unlocks of locked users to other keys, whole as they are. Their ledger and their messages tell what was, and stay. */
export async function moveUnlocks(transaction: Transaction, moves: readonly OwnedMove[]): Promise<void> {
  if (moves.length === 0) return;
  await transaction.query(sql`/* rebuild.move_unlocks */
    with moved as (
      update user_achievements a set achievement = n.to_key
      from unnest(${moves.map(({ userId }) => userId)}::uuid[], ${moves.map(({ from }) => from)}::text[],
        ${moves.map(({ to }) => to)}::text[], ${moves.map(({ tier }) => tier)}::int[],
        ${moves.map(({ period }) => period)}::text[]) as n (user_id, from_key, to_key, tier, period)
      where (a.user_id, a.achievement, a.tier, a.period) = (n.user_id, n.from_key, n.tier, n.period)
      returning a.user_id)
    update users set row_version = row_version + 1 where id in (select user_id from moved)`);
}
