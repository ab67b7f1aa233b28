import type { Database } from '../../platform/database.ts';
import type { Logger } from '../../platform/logger.ts';
import { textOf } from '../../realtime/log.ts';
import { type Schedule, systemSchedule } from '../../realtime/schedule.ts';
import { readFeedEnds, readTouchedRows, type TouchedRow } from './rank-store.ts';

/** Follows the rows that list touched users. */
export interface TouchedFeed {
  /** Begins where it does not follow yet; whoever reads rows after this misses nothing. */
  begin(): Promise<void>;
  /** Ends after the look under way. */
  close(): Promise<void>;
}

/** How a feed is made; times in milliseconds. */
export interface TouchedFeedOptions {
  readonly database: Database;
  readonly logger: Logger;
  /** Takes rows in; a rejection has them come again. */
  readonly take: (rows: readonly TouchedRow[]) => Promise<void>;
  /** Rows were deleted unread: what was made of earlier ones cannot be trusted. */
  readonly missed: () => Promise<void>;
  /** Begins at the oldest row that is kept, as one does who looks after what others left; else at the newest. */
  readonly fromOldest: boolean;
  /** How often to look. Default 500. */
  readonly pollMs?: number;
  readonly schedule?: Schedule;
}

/** Rows of one look. */
const LIMIT = 200;

/** Makes a feed. Looks never overlap; one that fails is logged, once until one succeeds, and comes again. */
export function createTouchedFeed(options: TouchedFeedOptions): TouchedFeed {
  const { database, logger, take, missed, fromOldest, pollMs = 500, schedule = systemSchedule } = options;
  let position: number | null = null;
  let looking: Promise<void> | null = null;
  let isFailing = false;
  let isClosed = false;
  let cancel: (() => void) | null = null;

  const round = async (from: number): Promise<void> => {
    for (let hasMore = true; hasMore && !isClosed; ) {
      const at = position ?? from;
      const { rows, prunedTo } = await readTouchedRows(database, at, LIMIT);
      if (prunedTo > at) await missed();
      if (rows.length > 0) await take(rows);
      position = rows.at(-1)?.position ?? Math.max(prunedTo, at);
      hasMore = rows.length === LIMIT;
    }
    isFailing = false;
  };
  const look = (): void => {
    if (looking !== null || position === null || isClosed) return;
    looking = round(position)
      .catch((error: unknown) => {
        if (!isFailing) logger.warn({ operation: 'ranks.feed', reason: textOf(error) }, 'ranks do not follow the rows');
        isFailing = true;
      })
      .finally(() => {
        looking = null;
      });
  };
  const tick = (): void => {
    cancel = null;
    look();
    if (!isClosed) cancel = schedule(tick, pollMs);
  };

  return {
    async begin() {
      if (position !== null || isClosed) return;
      const ends = await readFeedEnds(database);
      position ??= fromOldest ? ends.prunedTo : ends.position;
      cancel ??= schedule(tick, pollMs);
    },
    async close() {
      isClosed = true;
      cancel?.();
      await looking;
    },
  };
}
