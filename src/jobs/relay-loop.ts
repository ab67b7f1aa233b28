import type { RelayRound } from '../features/domain-events/relay.ts';
import type { WakeUpRepair } from '../features/domain-events/wake-ups.ts';
import type { Log } from '../realtime/log.ts';
import { textOf } from '../realtime/log.ts';
import { type Schedule, systemSchedule } from '../realtime/schedule.ts';

/** The relay of one process, running. */
export interface RelayLoop {
  /** Something waits: look soon. */
  wake(): void;
  /** Ends it after the round under way. */
  stop(): Promise<void>;
}

/** How a loop is made; times in milliseconds. */
export interface RelayLoopOptions {
  readonly round: () => Promise<RelayRound>;
  readonly repair: WakeUpRepair;
  /** Domain events were relayed, with their jobs. */
  readonly relayed: () => void;
  readonly logger: Log;
  /** Between looks when nobody wakes it. Default 1,000. */
  readonly pollMs?: number;
  /** The least between two rounds that do not follow each other for want of room: ingest has the connection in between. Default 200. */
  readonly gapMs?: number;
  readonly schedule?: Schedule;
}

/** Starts a loop. A round that fails is logged, once until one succeeds, and comes again after `pollMs`. */
export function startRelayLoop(options: RelayLoopOptions): RelayLoop {
  const { round, repair, relayed, logger, pollMs = 1_000, gapMs = 200, schedule = systemSchedule } = options;
  let cancel: (() => void) | null = null;
  let running: Promise<void> | null = null;
  let isStopped = false;
  let isWoken = false;
  let isFailing = false;

  const look = async (): Promise<void> => {
    for (let hasMore = true; hasMore && !isStopped; ) {
      const done = await round();
      hasMore = done.hasMore;
      if (done.rows.length > 0) relayed();
      repair.watch(done.rows);
    }
    await repair.repair();
    isFailing = false;
  };
  const plan = (ms: number): void => {
    cancel?.();
    cancel = schedule(() => {
      cancel = null;
      isWoken = false;
      running = look()
        .catch((error: unknown) => {
          if (!isFailing) logger.warn({ operation: 'relay', reason: textOf(error) }, 'relaying the outbox failed');
          isFailing = true;
        })
        .finally(() => {
          running = null;
          if (!isStopped) plan(isWoken && !isFailing ? gapMs : pollMs);
        });
    }, ms);
  };
  plan(gapMs);

  return {
    wake() {
      if (isWoken || isStopped || isFailing) return;
      isWoken = true;
      if (running === null) plan(gapMs);
    },
    async stop() {
      isStopped = true;
      cancel?.();
      await running;
    },
  };
}
