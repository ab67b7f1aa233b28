import type { LaurelError } from './errors.ts';
import type { Parts } from './options.ts';

/** Longest wait between two attempts, milliseconds. */
export const LONGEST_WAIT_MS = 30_000;
const FIRST_WAIT_MS = 1_000;

/**
 * Milliseconds to wait after so many failures in a row (the first is 0): somewhere in the upper nine tenths of 1, 2, 4, ... 30 s, so that
 * a thousand clients that fell off together do not come back together.
 */
export function backoffMs(failures: number, random: () => number): number {
  const span = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10));
  return Math.round(span * (0.1 + 0.9 * random()));
}

/** As {@link backoffMs}, and never sooner than the server asks for. */
export function waitMsAfter(error: LaurelError, failures: number, random: () => number): number {
  const waitMs = backoffMs(failures, random);
  return error.retryAfterMs === null ? waitMs : error.retryAfterMs + Math.min(waitMs, error.retryAfterMs);
}

/** Waits that can be cut short. */
export interface Waiting {
  /** Resolves after `ms`, or as soon as somebody wakes it. */
  wait(ms: number): Promise<void>;
  /** Ends the waits of now. */
  wake(): void;
  /** Ends the waits of now, and each later one at once. */
  close(): void;
}

/** Makes one over the client's schedule. It holds a timer only while somebody waits. */
export function createWaiting({ schedule }: Pick<Parts, 'schedule'>): Waiting {
  const waiters = new Set<() => void>();
  let isClosed = false;
  const wake = (): void => {
    for (const end of [...waiters]) end();
  };
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        if (isClosed) return resolve();
        const end = (): void => {
          cancel();
          waiters.delete(end);
          resolve();
        };
        const cancel = schedule(end, ms);
        waiters.add(end);
      }),
    wake,
    close() {
      isClosed = true;
      wake();
    },
  };
}
