import type { Bus } from './bus.ts';
import { type Log, textOf } from './log.ts';
import { type Schedule, systemSchedule } from './schedule.ts';

/** A stream as the sweeper sees it. */
export interface Swept {
  /** Everything up to this `seq` was looked at. */
  readonly checkedTo: number;
  /** The database says that rows up to `newest` are stored: look at them. */
  wake(newest: number): void;
}

/** One look at the database for all open streams of a process, in place of one look for each. */
export interface Sweeper {
  /** Takes a stream in, under the key its rows belong to (a user id). Returns the function that lets it go. */
  watch(key: string, stream: Swept): () => void;
  /** Streams watched at this moment; for the leak check of the tests. */
  size(): number;
  /** Stops for good. */
  close(): void;
}

/** How a sweeper is made; times in milliseconds. */
export interface SweeperOptions {
  /** Its health decides the pace. */
  readonly bus: Pick<Bus, 'healthy' | 'onRecovered'>;
  /** One statement: the newest stored `seq` of each key; a key without rows may be left out. Not from a replica that lags. */
  readonly newestOf: (keys: string[]) => Promise<ReadonlyMap<string, number>>;
  readonly logger: Log;
  /** While the bus is healthy; null: never then. Default 5,000: a broker's acknowledgement of a publish is no delivery. */
  readonly sweepMs?: number | null;
  /** While the bus is not healthy; also how soon that is noticed. Default 500. */
  readonly pollMs?: number;
  readonly schedule?: Schedule;
}

/** A sweeper that never looks: for one process with the in-process bus, where every wake-up arrives. */
export function createIdleSweeper(): Sweeper {
  return { watch: () => () => {}, size: () => 0, close: () => {} };
}

/**
 * Wakes the streams that are behind: every `sweepMs`, every `pollMs` while the bus is not healthy, and at once when it recovered,
 * with one statement for the distinct keys, however many streams. Looks never overlap; one that fails is logged (once until one
 * succeeds) and comes again after `pollMs`. Without streams there is no timer.
 */
export function createSweeper(options: SweeperOptions): Sweeper {
  const { bus, newestOf, logger, sweepMs = 5_000, pollMs = 500, schedule = systemSchedule } = options;
  const streams = new Map<string, Set<Swept>>();
  let size = 0;
  let sinceMs = 0;
  let isOwed = false;
  let isLooking = false;
  let isFailing = false;
  let isClosed = false;
  let cancel: (() => void) | null = null;

  const start = () => {
    cancel ??= schedule(tick, pollMs);
  };
  const stop = () => {
    cancel?.();
    cancel = null;
    sinceMs = 0;
    isOwed = false;
  };
  const tick = () => {
    cancel = null;
    start();
    sinceMs += pollMs;
    if (!bus.healthy || (sweepMs !== null && sinceMs >= sweepMs)) isOwed = true;
    if (isOwed) void look();
  };
  const look = async () => {
    // What was asked for during a look may have come too late for it; it stays owed and the next tick sees to it.
    if (isLooking) return;
    isLooking = true;
    isOwed = false;
    sinceMs = 0;
    try {
      const newest = await newestOf([...streams.keys()]);
      for (const [key, seq] of newest) {
        for (const stream of [...(streams.get(key) ?? [])]) if (stream.checkedTo < seq) stream.wake(seq);
      }
      isFailing = false;
    } catch (error) {
      if (!isFailing && !isClosed) logger.warn({ keys: streams.size, reason: textOf(error) }, 'sweep failed');
      isFailing = true;
      isOwed = true;
    } finally {
      isLooking = false;
    }
  };
  const offRecovered = bus.onRecovered(() => {
    if (size === 0) return;
    isOwed = true;
    void look();
  });

  return {
    watch: (key, stream) => {
      if (isClosed) return () => {};
      const ofKey = streams.get(key) ?? new Set();
      streams.set(key, ofKey.add(stream));
      size += 1;
      start();
      return () => {
        if (!ofKey.delete(stream)) return;
        size -= 1;
        if (ofKey.size === 0 && streams.get(key) === ofKey) streams.delete(key);
        if (size === 0) stop();
      };
    },
    size: () => size,
    close: () => {
      isClosed = true;
      offRecovered();
      streams.clear();
      size = 0;
      stop();
    },
  };
}
