import type { Database, Transaction } from '../../platform/database.ts';
import type { Bus } from '../../realtime/bus.ts';
import { TOUCHED } from '../state/touched.ts';
import { advanceFeed, ensureFeed, hasWaiting, lockFeed, type RelayedRow, takeWaiting } from './store.ts';

export type { RelayedRow } from './store.ts';

/** What a round of the relay works with. */
export interface RelayParts {
  readonly database: Database;
  readonly bus: Bus;
  /** Called in the transaction that relays them, with the domain events in the order of the feed. */
  readonly enqueue: (transaction: Transaction, events: readonly RelayedRow[]) => Promise<void>;
}

/** What a round did. */
export interface RelayRound {
  /** All rows that it took, touched users too. */
  readonly rows: readonly RelayedRow[];
  /** There was more than fits a round. */
  readonly hasMore: boolean;
}

/** Rows of a round: about 20 ms of the one connection of the embedded database (tried: 37 ms for 500), as much again with jobs. */
const ROUND = 250;
const NOTHING: RelayRound = { rows: [], hasMore: false };

/**
 * Moves what waits in the outbox into the feed, once: each row gets the next position and its jobs in one transaction, then those who
 * follow the feed are woken. Any number of processes may call it; one at a time works, the others answer that there was nothing.
 */
export async function relayRound({ database, bus, enqueue }: RelayParts): Promise<RelayRound> {
  if (!(await hasWaiting(database))) return NOTHING;
  const rows = await database.transaction(async (transaction) => {
    const feed = await lockFeed(transaction);
    if (feed === null) return null;
    const taken = await takeWaiting(transaction, feed.position, ROUND);
    const newest = taken.at(-1);
    if (newest === undefined) return [];
    await advanceFeed(transaction, newest.position);
    const events = taken.filter(({ kind }) => kind !== TOUCHED);
    if (events.length > 0) await enqueue(transaction, events);
    return taken;
  });
  if (rows === null) {
    await ensureFeed(database);
    return NOTHING;
  }
  const last = rows.findLast(({ kind }) => kind !== TOUCHED);
  if (last !== undefined) bus.publish('domainEvent', 'all', { seq: last.position });
  return { rows, hasMore: rows.length === ROUND };
}
