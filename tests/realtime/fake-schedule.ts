import type { Schedule } from '../../src/realtime/schedule.ts';
import { settle } from '../support/eventually.ts';

/** A schedule whose time stands still until a test moves it. */
export interface FakeSchedule {
  readonly schedule: Schedule;
  /** Timers that are set. */
  readonly timers: number;
  /** Milliseconds until the next one comes due; Infinity without timers. */
  readonly nextInMs: number;
  /** Moves on by `ms`, running what comes due in order, each followed by what it set off. */
  advance(ms: number): Promise<void>;
}

/** Makes one; its time starts at 0. */
export function createFakeSchedule(): FakeSchedule {
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  let now = 0;
  return {
    schedule: (run, ms) => {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    get timers() {
      return timers.size;
    },
    get nextInMs() {
      return Math.min(...[...timers].map((timer) => timer.at - now));
    },
    advance: async (ms) => {
      const end = now + ms;
      for (;;) {
        const [due] = [...timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at);
        if (!due) break;
        timers.delete(due);
        now = due.at;
        due.run();
        await settle();
      }
      now = end;
    },
  };
}
