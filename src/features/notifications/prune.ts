import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { deleteOld } from './store.ts';

const DAY_MS = 86_400_000;
/** Users of one statement: some milliseconds on the embedded database. */
const USERS = 200;

/**
 * Deletes messages older than so many days, user by user, seen or not; none with null. Whoever comes back with a cursor from before them
 * is told so (CURSOR_EXPIRED). Answers how many.
 * @throws when it was told to stop before it was done: what is left is for the next time
 */
export async function pruneNotifications(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  days: number | null,
  stopping: AbortSignal,
): Promise<number> {
  if (days === null) return 0;
  const before = new Date(clock.now() - days * DAY_MS);
  let deleted = 0;
  for (let after: string | null = null; ; ) {
    stopping.throwIfAborted();
    const step = await deleteOld(database, { after, limit: USERS, before });
    deleted += step.deleted;
    if (step.last === null) return deleted;
    after = step.last;
    await turn();
  }
}
