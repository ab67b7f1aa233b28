import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { pruneEvents, pruneTouched } from './store.ts';

/** What was deleted, in rows. */
export interface Pruned {
  readonly touched: number;
  readonly events: number;
}

/** Long enough for every process to have read whom a batch touched. */
const KEEP_TOUCHED_MS = 60_000;
/** How long one can go on in the feed from a cursor. */
const KEEP_EVENTS_MS = 7 * 86_400_000;
/** Rows of one statement: far below 50 ms on the embedded database. */
const SLICE = 1_000;
/** Statements of one call; what is left is for the next. */
const MOST_SLICES = 200;

/** Deletes relayed rows of the outbox that are old enough, in slices. */
export async function pruneOutbox({ database, clock }: { database: Database; clock: Clock }): Promise<Pruned> {
  const now = clock.now();
  return {
    touched: await inSlices(() => pruneTouched(database, new Date(now - KEEP_TOUCHED_MS), SLICE)),
    events: await inSlices(() => pruneEvents(database, new Date(now - KEEP_EVENTS_MS), SLICE)),
  };
}

async function inSlices(slice: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let slices = 0; slices < MOST_SLICES; slices += 1) {
    const count = await slice();
    total += count;
    if (count < SLICE) break;
  }
  return total;
}
