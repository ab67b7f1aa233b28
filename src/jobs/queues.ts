import type { Queue } from 'pg-boss';

/** The schema of pg-boss's tables; prisma/migrations makes it. */
export const JOBS_SCHEMA = 'jobs';

/** Where the domain events of a sink wait for it. */
export type SinkName = 'log';

/** The queue of a sink. */
export function sinkQueue(sink: SinkName): string {
  return `sink.${sink}`;
}

/** Deletes what the outbox no longer needs, and sessions that have expired, each minute. */
export const PRUNE_QUEUE = 'outbox.prune';

/** Moves old events into the archive and deletes old messages, each night. */
export const ARCHIVE_QUEUE = 'events.archive';

/** Ends the periods of leaderboards and pays their rewards, each minute. */
export const BOARDS_QUEUE = 'leaderboards.close';

/** Jobs that failed for good, until somebody sends them back (`laurel jobs retry`). */
export const DEAD_QUEUE = 'dead';

const DAY = 86_400;

/**
 * How each queue works; times in seconds. A worker shows each 5 s that it lives; one that was silent for 10 s has lost its jobs, which is
 * noticed within 15 s more and counts as a failure. A failed job comes again after min(300, 5 * 2^n) s or up to twice that, three
 * times; then it is dead.
 */
const RETRIED = {
  retryLimit: 3,
  retryDelay: 5,
  retryBackoff: true,
  retryDelayMax: 300,
  heartbeatSeconds: 10,
  expireInSeconds: 300,
  // What is done is of no more use. A dead job leaves its queue then too, and the next of its key may go on.
  deleteAfterSeconds: 60,
  retentionSeconds: 14 * DAY,
} satisfies Omit<Queue, 'name'>;

/** All queues; those that others name come first. Sinks take the jobs of one key one after the other, in order. */
export const QUEUES: readonly Queue[] = [
  { name: DEAD_QUEUE, retentionSeconds: 90 * DAY, deleteAfterSeconds: 60 },
  { name: sinkQueue('log'), policy: 'key_strict_fifo', deadLetter: DEAD_QUEUE, ...RETRIED },
  { name: PRUNE_QUEUE, policy: 'exclusive', ...RETRIED, retentionSeconds: 600 },
  // A period of a million users takes minutes; one that was interrupted starts over.
  { name: BOARDS_QUEUE, policy: 'exclusive', ...RETRIED, expireInSeconds: DAY - 3_600, retentionSeconds: 600 },
  // One that was interrupted goes on where it was; it may take hours where the setting is new to a long log.
  { name: ARCHIVE_QUEUE, policy: 'exclusive', ...RETRIED, expireInSeconds: DAY - 3_600, retentionSeconds: DAY },
];
