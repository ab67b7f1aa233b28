import { asLaurelError, LaurelError } from './errors.ts';
import type { RecordedEvent } from './event.ts';
import { createFeed, type Feed, type FeedItem } from './feed.ts';
import { createRequests, type TypedDocument } from './http.ts';
import { createFollower, createToaster, type Toaster, type ToastGroup, type ToastOptions } from './listeners.ts';
import { LaurelLeaderboardDocument, type LaurelLeaderboardSubscription, type UserRef } from './operations.ts';
import { type LaurelOptions, type Parts, readOptions, userKey } from './options.ts';
import { createEventQueue } from './queue.ts';
import { createSocket, type Socket } from './socket.ts';
import { type Kept, keepSubscribed } from './subscription.ts';

export { cacheKeys } from './cache-keys.ts';
export { LaurelError, type Refusal } from './errors.ts';
export type { EventAnswer, EventOutcome, QueuedEvent, RecordedEvent } from './event.ts';
export type { FeedItem, Notification } from './feed.ts';
export type { TypedDocument } from './http.ts';
export type { Toast, ToastGroup, ToastOptions } from './listeners.ts';
export type { UserRef } from './operations.ts';
export {
  type LaurelFetch,
  type LaurelOptions,
  type LaurelSchedule,
  type LaurelStorage,
  memoryStorage,
} from './options.ts';

/** A board as it stands. */
export type LeaderboardUpdate = LaurelLeaderboardSubscription['leaderboardUpdated'];

/** Which part of a board is followed. */
export interface LeaderboardOptions {
  /** Which ranking of a keyed board. */
  readonly by?: string;
  /** How many of the best, at most 100; 10 by default. */
  readonly first?: number;
  /** Also this user and five on either side. */
  readonly around?: UserRef;
  /** Also these, at most 100, such as friends. */
  readonly users?: readonly UserRef[];
}

/** Laurel, for one player of a game. */
export interface LaurelClient {
  /**
   * Follows the player's messages: unlocks, levels, ranks, rewards. It goes on where the last run stopped (without a stored place: from
   * now on), through lost connections and restarts. Nothing is missed: where messages are no longer kept the handler is told `reset`. A
   * message counts as handled when the handler has returned, or its promise has resolved; one that was not handled when the game ended comes
   * again. A handler that fails is told to `onError` and counts as handled. Handlers that are added in the same turn see the same messages.
   * Answers what stops it.
   */
  follow(handler: (item: FeedItem) => void | Promise<void>): () => void;
  /** Unlocks in groups, so that twenty at once are not twenty pop-ups. Stands on the same stream as `follow`. Answers what stops it. */
  toasts(handler: (group: ToastGroup) => void, options?: ToastOptions): () => void;
  /** A board as it is now, then whenever it moved, also after a lost connection. Answers what stops it. */
  leaderboard(key: string, options: LeaderboardOptions, handler: (update: LeaderboardUpdate) => void): () => void;
  /**
   * Something happened. Resolves once the event is stored, online or not; `done` of the answer resolves with what became of it. It is sent in
   * order, as often as it takes, and counts once.
   * @throws LaurelError CLOSED; TypeError for details that JSON cannot hold; what the storage throws when it cannot keep the event (then it is not queued)
   */
  record(type: string, details?: unknown): Promise<RecordedEvent>;
  /**
   * Sends any operation.
   * @throws LaurelError with the code of the first GraphQL error; NETWORK, BAD_RESPONSE, AUTHORIZATION
   */
  query<R, V>(document: TypedDocument<R, V> | string, variables: V): Promise<R>;
  /** The device is online again, the player signed in: tries at once instead of waiting out a failure. */
  retryNow(): void;
  /** Ends everything; no timer and no socket is left. What is queued stays in the storage. */
  close(): Promise<void>;
}

/**
 * Makes a client. It connects when something is followed, and sends what an earlier run left in the queue at once.
 * @throws TypeError when the user is not named by exactly one field, or the limit of the queue is not a positive integer
 */
export function createLaurel(options: LaurelOptions): LaurelClient {
  const parts = readOptions(options);
  const prefix = `laurel:${parts.url}:${userKey(parts.user)}`;
  const requests = createRequests(parts);
  const queue = createEventQueue(parts, requests, `${prefix}:queue`);
  const socket = createSocket(parts, () => queue.connected());
  const feed: Feed = createFeed(parts, socket, requests, parts.user, `${prefix}:cursor`);
  const toasters = new Set<Toaster>();
  const boards = new Set<Kept>();
  let closing: Promise<void> | null = null;
  const mustBeOpen = (): void => {
    if (closing !== null) throw new LaurelError('CLOSED', 'The client is closed');
  };
  const close = async (): Promise<void> => {
    for (const board of boards) board.stop();
    const queueClosed = queue.close();
    const feedClosed = feed.close();
    for (const toaster of toasters) toaster.drop();
    requests.close();
    await Promise.all([queueClosed, feedClosed, socket.close()]);
  };
  return {
    follow(handler) {
      mustBeOpen();
      return feed.add(createFollower(parts, handler));
    },
    toasts(handler, toastOptions = {}) {
      mustBeOpen();
      const toaster = createToaster(parts, handler, toastOptions);
      toasters.add(toaster);
      const remove = feed.add(toaster);
      return () => {
        remove();
        toasters.delete(toaster);
        toaster.show();
      };
    },
    leaderboard(key, board, handler) {
      mustBeOpen();
      const kept = followBoard(parts, socket, key, board, handler);
      boards.add(kept);
      return () => {
        boards.delete(kept);
        kept.stop();
      };
    },
    record: (type, details) => queue.record(type, details),
    query: (document, variables) => requests.send(document, variables),
    retryNow() {
      queue.retryNow();
      feed.hurry();
      for (const board of boards) board.hurry();
      socket.hurry();
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function followBoard(
  parts: Parts,
  socket: Socket,
  key: string,
  { by, first = 10, around, users }: LeaderboardOptions,
  handler: (update: LeaderboardUpdate) => void,
): Kept {
  const variables = { key, by, first, around, users: users === undefined ? null : [...users] };
  return keepSubscribed(parts, socket, {
    document: LaurelLeaderboardDocument,
    variables: () => variables,
    next: ({ leaderboardUpdated }) => {
      try {
        handler(leaderboardUpdated);
      } catch (thrown) {
        parts.tell(asLaurelError(thrown, 'HANDLER'));
      }
    },
  });
}
