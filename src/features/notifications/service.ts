import DataLoader from 'dataloader';
import { ApiError, badUserInput, cursorExpired } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/global-id.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Queryable } from '../../platform/database.ts';
import { isUuid } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Bus } from '../../realtime/bus.ts';
import { onEnd } from '../../realtime/iterate.ts';
import { openStoredStream, type StoredItem } from '../../realtime/stored-stream.ts';
import type { Sweeper } from '../../realtime/sweeper.ts';
import { decodeNotificationCursor, encodeNotificationCursor } from './cursor.ts';
import { markSeen, type NotificationRow, newestOf, oldestOf, type Place, readAfter } from './store.ts';

/** Use cases of stored messages. */
export interface NotificationService {
  /** The opaque cursor of a place in a user's order. */
  cursorOf(userId: string, seq: number): string;
  /** The place in a cursor of this user. Throws BAD_USER_INPUT, or CURSOR_EXPIRED for one of another log. */
  seqOf(userId: string, cursor: string): number;
  /**
   * Everything stored after the cursor, then what comes, in order, each once. Without a cursor: what comes.
   * Throws BAD_USER_INPUT for a malformed or foreign cursor, CURSOR_EXPIRED for one that is older than what is kept.
   */
  open(userId: string, after: string | null): Promise<AsyncIterableIterator<StoredItem<NotificationRow>, undefined>>;
  /** Streams that are open, each past its place; for the leak check of the tests. */
  streams(): number;
  /** Marks messages seen, up to a cursor or by id; answers how many changed. */
  markSeen(userId: string, upTo: string | null, ids: readonly string[] | null): Promise<number>;
}

/** What the use cases stand on. */
export interface NotificationParts {
  readonly database: Database;
  /** The epoch of this log. */
  readonly epoch: string;
  readonly bus: Bus;
  readonly sweeper: Sweeper;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Streams that one statement reads for. */
const MOST_AT_ONCE = 100;

/** Makes the use cases of stored messages. */
export function createNotificationService(parts: NotificationParts): NotificationService {
  const { database, epoch, bus, sweeper, logger } = parts;

  const seqOf = (userId: string, cursor: string): number => {
    const decoded = decodeNotificationCursor(cursor, userId);
    if (decoded.epoch !== epoch) throw cursorExpired(null);
    return decoded.seq;
  };
  const cursorOf = (userId: string, seq: number): string => encodeNotificationCursor({ epoch, userId, seq });
  const newest = async (userId: string): Promise<number> => (await newestOf(database, [userId])).get(userId) ?? 0;
  const expired = async (userId: string): Promise<Error> => {
    const oldest = await oldestOf(database, userId);
    return cursorExpired(oldest === null ? null : cursorOf(userId, oldest));
  };

  // Streams that are woken in the same turn, as by the events of one transaction, are read for by one statement.
  const pages = new DataLoader<Place, NotificationRow[]>((places) => readAfter(database, places), {
    cache: false,
    maxBatchSize: MOST_AT_ONCE,
  });
  let streams = 0;
  return {
    streams: () => streams,
    cursorOf,
    seqOf,
    async open(userId, after) {
      const from = after === null ? null : seqOf(userId, after);
      if (from !== null) {
        const kept = await isKept(parts, userId, from, await newest(userId));
        if (!kept) throw await expired(userId);
      }
      const stream = await openStoredStream({
        bus,
        sweeper,
        topic: 'notification',
        key: userId,
        after: from,
        newest: () => newest(userId),
        read: async (seq, limit) => {
          const rows = await pages.load({ userId, after: seq, limit });
          const first = rows[0];
          // Rows between were deleted before they could be read.
          if (first !== undefined && first.seq !== seq + 1) throw await expired(userId);
          return rows;
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
    async markSeen(userId, upTo, ids) {
      if ((upTo === null) === (ids === null)) throw badUserInput('Name either upTo or ids');
      const which =
        upTo === null ? { seqs: (ids ?? []).map((id) => seqOfId(id, userId)) } : { upTo: seqOf(userId, upTo) };
      return markSeen(database, userId, which, new Date(parts.clock.now()));
    },
  };
}

/** A cursor is of this log and all that comes after it is there. */
async function isKept(
  { database }: NotificationParts,
  userId: string,
  after: number,
  newest: number,
): Promise<boolean> {
  if (after > newest) return false;
  if (after === newest) return true;
  const oldest = await oldestOf(database, userId);
  return oldest !== null && oldest <= after + 1;
}

/** The own id of a notification is `<user>.<seq>`. */
export function notificationId({ userId, seq }: { readonly userId: string; readonly seq: number }): string {
  return `${userId}.${seq}`;
}

/** Reads the own id of a notification; null when it has no such form. */
export function readNotificationId(id: string): { userId: string; seq: number } | null {
  const [, userId = '', seq = ''] = /^([0-9a-f-]{36})\.([1-9]\d{0,15})$/.exec(id) ?? [];
  return isUuid(userId) && Number.isSafeInteger(Number(seq)) ? { userId, seq: Number(seq) } : null;
}

function seqOfId(globalId: string, userId: string): number {
  const ref = readNotificationId(idOf('Notification', globalId));
  if (ref === null || ref.userId !== userId)
    throw badUserInput(`'${globalId.slice(0, 60)}' is no message of this user`);
  return ref.seq;
}

/** The newest place of each user: one statement for all who listen in this process. */
export async function newestPlaces(on: Queryable, userIds: readonly string[]): Promise<Map<string, number>> {
  return newestOf(on, userIds);
}
