import type { Clock } from '../platform/clock.ts';

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
