import type { Clock } from '../platform/clock.ts';

/** Open sockets that one user may have at one process. */
export const MOST_SOCKETS = 20;
/** Longest message, bytes; a batch of events or a catalog may be as long as a body. */
export const MOST_MESSAGE_BYTES = 64 * 1_024;
/** Operations that one socket may have under way at a time. */
export const MOST_OPERATIONS = 50;
/** Messages a second that one socket of a player or of nobody may send, and as many again at once. */
export const MOST_MESSAGES = 100;

/** Counts the messages of one socket. */
export interface MessageRate {
  /** False: it is one too many. */
  take(): boolean;
}

/** A bucket that holds twice the messages of a second and is filled at their rate. */
export function createMessageRate(clock: Pick<Clock, 'now'>): MessageRate {
  let tokens = 2 * MOST_MESSAGES;
  let filledAt = clock.now();
  return {
    take() {
      const now = clock.now();
      // A clock that goes back fills nothing.
      tokens = Math.min(2 * MOST_MESSAGES, tokens + (Math.max(0, now - filledAt) / 1_000) * MOST_MESSAGES);
      filledAt = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

/** Counts the open sockets of each user. */
export interface SocketCount {
  /** Takes one more in and answers what lets go of it, to be called once; null: it is one too many. */
  enter(userId: string): (() => void) | null;
}

/** A count of this process alone: where a balancer spreads a user over several, each has its own. */
export function createSocketCount(): SocketCount {
  const counts = new Map<string, number>();
  return {
    enter(userId) {
      const count = counts.get(userId) ?? 0;
      if (count >= MOST_SOCKETS) return null;
      counts.set(userId, count + 1);
      return () => {
        const left = (counts.get(userId) ?? 0) - 1;
        if (left > 0) counts.set(userId, left);
        else counts.delete(userId);
      };
    },
  };
}
