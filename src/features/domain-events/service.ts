import { ApiError, cursorExpired } from '../../graphql/errors.ts';
import type { PageRequest } from '../../graphql/pages.ts';
import type { Database, Queryable } from '../../platform/database.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Bus } from '../../realtime/bus.ts';
import { onEnd } from '../../realtime/iterate.ts';
import { openStoredStream, type StoredItem, type StoredRow } from '../../realtime/stored-stream.ts';
import type { Sweeper } from '../../realtime/sweeper.ts';
import { decodeFeedCursor, encodeFeedCursor } from './cursor.ts';
import type { DomainEventRow } from './event-row.ts';
import { type FeedState, readFeed, readRange } from './store.ts';

export { type OutboxRow, readOutbox, readOutboxDepth, requeueEvents } from './outbox-store.ts';

/** A domain event as a stream hands it out; `seq` is its position. */
export type DomainEventItem = DomainEventRow & StoredRow;

/** Use cases of the feed of domain events: the outbox in the order in which the relay took it, each event once. */
export interface DomainEventService {
  /** The opaque cursor of a place in the feed. */
  cursorOf(position: number): string;
  /**
   * Rows of a page (one more than it holds, in the order of the feed) and the cursor of where the feed stood when they were read.
   * Throws BAD_USER_INPUT for a malformed cursor, CURSOR_EXPIRED for one from which rows are gone.
   */
  page(request: PageRequest, types: readonly string[] | null): Promise<{ rows: DomainEventRow[]; newest: string }>;
  /** Everything after the cursor, then what comes, in order, each once; without a cursor what comes. Throws as `page` does. */
  open(
    after: string | null,
    types: readonly string[] | null,
  ): Promise<AsyncIterableIterator<StoredItem<DomainEventItem>, undefined>>;
  /** Streams that are open; for the leak check of the tests. */
  streams(): number;
}

/** What the feed stands on. */
export interface DomainEventParts {
  readonly database: Database;
  /** The epoch of this log. */
  readonly epoch: string;
  readonly bus: Bus;
  readonly sweeper: Sweeper;
  readonly logger: Logger;
}

/** Makes the use cases of the feed. */
export function createDomainEventService(parts: DomainEventParts): DomainEventService {
  const { database, epoch, bus, sweeper, logger } = parts;
  let streams = 0;

  const cursorOf = (position: number): string => encodeFeedCursor({ epoch, position });
  const positionOf = (cursor: string | null): number | null => {
    if (cursor === null) return null;
    const decoded = decodeFeedCursor(cursor);
    if (decoded.epoch !== epoch) throw cursorExpired(null);
    return decoded.position;
  };
  /** All that comes after the place is there; a place beyond the end is of another log. */
  const checkKept = (after: number | null, { position, prunedTo }: FeedState): void => {
    if (after !== null && (after > position || after < prunedTo)) throw cursorExpired(cursorOf(prunedTo));
  };

  return {
    cursorOf,
    streams: () => streams,
    async page({ after, before, limit, backwards }, types) {
      const from = positionOf(after);
      const range = { after: from, before: positionOf(before), kinds: types, limit: limit + 1, backwards };
      const { rows, feed } = await readRange(database, range);
      checkKept(from, feed);
      return { rows, newest: cursorOf(feed.position) };
    },
    async open(after, types) {
      const from = positionOf(after);
      if (from !== null) checkKept(from, await readFeed(database));
      const stream = await openStoredStream({
        bus,
        sweeper,
        topic: 'domainEvent',
        key: FEED_KEY,
        after: from,
        newest: async () => (await readFeed(database)).position,
        read: async (seq, limit): Promise<DomainEventItem[]> => {
          const range = { after: seq, before: null, kinds: types, limit, backwards: false };
          const { rows, feed } = await readRange(database, range);
          checkKept(seq, feed);
          return rows.map((row) => ({ ...row, seq: row.position }));
        },
        isFatal: (error) => error instanceof ApiError,
        seqOf: ({ seq }) => seq,
        logger,
      });
      streams += 1;
      return onEnd(stream, () => {
        streams -= 1;
      });
    },
  };
}

const FEED_KEY = 'all';

/** The newest position for a sweeper of the feed: one look for all who follow it in this process. */
export async function newestPosition(on: Queryable): Promise<Map<string, number>> {
  return new Map([[FEED_KEY, (await readFeed(on)).position]]);
}
