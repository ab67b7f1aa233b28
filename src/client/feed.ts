import { asLaurelError, LaurelError, stopping } from './errors.ts';
import type { Requests } from './http.ts';
import { type LaurelNotificationFragment, LaurelNotificationsDocument, type UserRef } from './operations.ts';
import type { Parts } from './options.ts';
import { fetchPosition } from './position.ts';
import { createProgress, type Progress } from './progress.ts';
import type { Socket } from './socket.ts';
import { type Kept, keepSubscribed, type Mending } from './subscription.ts';
import { createWaiting, type Waiting } from './waiting.ts';

/** A stored message of the player, with its title and body in the client's language. */
export type Notification = LaurelNotificationFragment;

/** What a follower is told. */
export type FeedItem =
  | {
      readonly kind: 'message';
      /** Its place in the player's messages. */
      readonly cursor: string;
      /** It was stored before this connection, while the game was away. */
      readonly replayed: boolean;
      readonly notification: Notification;
    }
  /** The place was no longer kept (too long away, or a restored backup): messages may be missing. Refetch what is shown; new ones follow. */
  | { readonly kind: 'reset' };

/** One who takes items of a feed. */
export interface Listener {
  /** Resolves when the item needs not be told again after a restart; void when that is so already. Must neither throw nor reject. */
  take(item: FeedItem): Promise<void> | undefined;
  /** Resolves when nothing of it is under way. */
  idle(): Promise<void>;
}

/** The messages of one player, for all who follow them in this client. */
export interface Feed {
  /** From the stored place on, for those who are added in the same turn; from now on, for those who come later. Answers what takes it off. */
  add(listener: Listener): () => void;
  /** Asks at once instead of waiting out a failure. */
  hurry(): void;
  close(): Promise<void>;
}

/** Repeats are looked for among so many messages. */
const MOST_SEEN = 1_000;

/** A feed and how far it is. */
interface Course {
  readonly parts: Parts;
  readonly socket: Socket;
  readonly requests: Requests;
  readonly user: UserRef;
  readonly progress: Progress;
  readonly waiting: Waiting;
  readonly listeners: Set<Listener>;
  /** Ids of the messages that were told last. */
  readonly seen: Set<string>;
  kept: Kept | null;
  /** Place of the newest that was received; null before the first answer. */
  cursor: string | null;
  /** The place was fetched and not heard of since, so there is nothing to be gained from fetching it again. */
  isFresh: boolean;
  isClosed: boolean;
  /** Counts up when the last listener leaves, so that what was under way for the ones before comes to nothing. */
  run: number;
}

/**
 * Makes the feed of one player, whose place is kept in the storage under `key`. It starts with the first listener: at the stored place, else
 * at the player's newest message, else (a player whom the server does not know yet) at the very first.
 */
export function createFeed(parts: Parts, socket: Socket, requests: Requests, user: UserRef, key: string): Feed {
  const [progress, waiting] = [createProgress(parts, key), createWaiting(parts)];
  const listeners = new Set<Listener>();
  const start = { kept: null, cursor: null, isFresh: false, isClosed: false, run: 0, seen: new Set<string>() };
  const course: Course = { parts, socket, requests, user, progress, waiting, listeners, ...start };
  return {
    add(listener) {
      listeners.add(listener);
      if (listeners.size === 1) {
        open(course).catch((thrown: unknown) => parts.tell(stopping(asLaurelError(thrown, 'STORAGE'))));
      }
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) leave(course);
      };
    },
    hurry() {
      waiting.wake();
      course.kept?.hurry();
    },
    async close() {
      course.isClosed = true;
      leave(course);
      waiting.close();
      await Promise.all([...listeners].map((listener) => listener.idle()));
      await progress.idle();
    },
  };
}

async function open(course: Course): Promise<void> {
  const { parts, socket, user, progress, run } = course;
  const isAlive = (): boolean => !course.isClosed && course.run === run;
  await progress.idle();
  course.cursor = await progress.read();
  if (course.cursor === null && !(await findPlace(course, true, isAlive))) return;
  if (!isAlive()) return;
  course.kept = keepSubscribed(parts, socket, {
    document: LaurelNotificationsDocument,
    variables: () => ({ user, after: course.cursor ?? '' }),
    next: ({ notificationReceived: { cursor, replayed, notification } }) => {
      course.isFresh = false;
      receive(course, cursor, replayed, notification);
    },
    mend: (error) => mend(course, error, isAlive),
  });
}

function leave(course: Course): void {
  course.run += 1;
  course.kept?.stop();
  course.kept = null;
  course.waiting.wake();
}

function receive(course: Course, cursor: string, replayed: boolean, notification: Notification): void {
  const { seen } = course;
  if (seen.has(notification.id)) return;
  seen.add(notification.id);
  for (const id of seen) if (seen.size > MOST_SEEN) seen.delete(id);
  tell(course, cursor, { kind: 'message', cursor, replayed, notification });
}

function tell(course: Course, cursor: string, item: FeedItem): void {
  course.cursor = cursor;
  course.progress.follow(
    cursor,
    [...course.listeners].flatMap((listener) => listener.take(item) ?? []),
  );
}

async function mend(course: Course, { code }: LaurelError, isAlive: () => boolean): Promise<Mending> {
  if (code !== 'CURSOR_EXPIRED' && code !== 'BAD_USER_INPUT') return 'unknown';
  if (course.isFresh) {
    course.isFresh = false;
    return 'unknown';
  }
  return (await findPlace(course, false, isAlive)) ? 'mended' : 'hopeless';
}

/** Finds a place to go on from. Answers whether there is one. */
async function findPlace(course: Course, isFirst: boolean, isAlive: () => boolean): Promise<boolean> {
  const found = await fetchPosition({ ...course, isAlive });
  if (found === null || !isAlive()) return false;
  const { cursor, notifications } = found.position;
  if (cursor === null || notifications === null) {
    const message = 'The messages of this user are not for this caller';
    course.parts.tell(new LaurelError('FORBIDDEN', message, { stops: true }));
    return false;
  }
  course.isFresh = true;
  if (!isFirst || (found.wasAbsent && notifications.pageInfo.hasNextPage)) tell(course, cursor, { kind: 'reset' });
  for (const message of [...notifications.nodes].reverse()) receive(course, message.cursor, true, message);
  course.cursor = cursor;
  course.progress.follow(cursor, []);
  return true;
}
