import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { deleteOld } from './store.ts';

const DAY_MS = 86_400_000;
/** Rows of one call: far below 50 ms on the embedded database; what is left is for the next. */
const SLICE = 1_000;

/** Deletes suspicions that were decided more than so many days ago (none of these with null) or whose user is gone. Answers how many. */
export async function pruneSuspicions(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  days: number | null,
): Promise<number> {
  return deleteOld(database, days === null ? null : new Date(clock.now() - days * DAY_MS), SLICE);
}
