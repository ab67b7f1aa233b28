import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { deleteExpired } from './session-store.ts';

/** Rows of one call: far below 50 ms on the embedded database; what is left is for the next. */
const SLICE = 1_000;

/** Deletes sessions that have expired, whose users did not come back. Answers how many. */
export async function pruneSessions({ database, clock }: { database: Database; clock: Clock }): Promise<number> {
  return deleteExpired(database, new Date(clock.now()), SLICE);
}
