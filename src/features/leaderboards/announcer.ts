import type { Bus } from '../../realtime/bus.ts';
import { type Schedule, systemSchedule } from '../../realtime/schedule.ts';

/** Tells who follows boards that rankings moved. */
export interface Announcer {
  /** A ranking moved. */
  moved(board: string, by: string): void;
  /** Stops for good. */
  close(): void;
}

/** The least between two announcements of one ranking, milliseconds. */
const GAP_MS = 250;

/** The key of the topic `leaderboard`. Keys of boards hold no slash. */
export function boardTopicKey(board: string, by: string): string {
  return `${board}/${by}`;
}

/** Announces a move at once, and those that follow within a quarter of a second together at its end. */
export function createAnnouncer(bus: Bus, schedule: Schedule = systemSchedule): Announcer {
  /** Rankings announced a moment ago; true: they moved again. */
  let recent = new Map<string, boolean>();
  let cancel: (() => void) | null = null;
  let isClosed = false;
  const announce = (key: string): void => bus.publish('leaderboard', key, {});
  const round = (): void => {
    cancel = null;
    const again = [...recent].filter(([, moved]) => moved).map(([key]) => key);
    recent = new Map(again.map((key) => [key, false]));
    for (const key of again) announce(key);
    if (recent.size > 0) cancel = schedule(round, GAP_MS);
  };
  return {
    moved(board, by) {
      if (isClosed) return;
      const key = boardTopicKey(board, by);
      if (recent.has(key)) {
        recent.set(key, true);
        return;
      }
      recent.set(key, false);
      cancel ??= schedule(round, GAP_MS);
      announce(key);
    },
    close() {
      isClosed = true;
      cancel?.();
      recent.clear();
    },
  };
}
