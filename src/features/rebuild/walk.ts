import type { Queryable } from '../../platform/database.ts';
import { stepsOf } from '../../platform/steps.ts';
import { countWalk, readWalk, type WalkedUser } from './log-store.ts';

/** How far a walk over all users is. */
export interface WalkProgress {
  readonly done: number;
  readonly total: number;
}

/** Users of one step, and events: a step is one short transaction. */
const MOST_USERS = 100;
const MOST_EVENTS = 5_000;

/** Walks over users in id order, in steps that are small in users and, but for a single user with more, in events. */
export async function* walk(
  database: Queryable,
  below: number | null,
): AsyncGenerator<{ users: WalkedUser[]; progress: WalkProgress }> {
  const total = await countWalk(database, below);
  let done = 0;
  for (let after: string | null = null; ; ) {
    const page: WalkedUser[] = await readWalk(database, { after, below, limit: MOST_USERS });
    if (page.length === 0) return;
    for (const users of steps(page)) {
      done += users.length;
      yield { users, progress: { done, total } };
    }
    after = page.at(-1)?.id ?? null;
  }
}

/** Cuts users into such steps. */
export function steps(users: readonly WalkedUser[]): Generator<WalkedUser[]> {
  return stepsOf(users, MOST_EVENTS);
}
