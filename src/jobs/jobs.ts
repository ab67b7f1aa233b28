import { setTimeout as pause } from 'node:timers/promises';
import { archiveEvents, retentionBoundary } from '../features/archive/service.ts';
import { pruneAudit } from '../features/audit/service.ts';
import { pruneSessions } from '../features/auth/prune.ts';
import { deliveriesOf, readDeliveries } from '../features/domain-events/deliver.ts';
import { pruneOutbox } from '../features/domain-events/prune.ts';
import { type RelayedRow, relayRound } from '../features/domain-events/relay.ts';
import { createWakeUpRepair } from '../features/domain-events/wake-ups.ts';
import type { RankKeeper } from '../features/leaderboards/keeper.ts';
import { pruneNotifications } from '../features/notifications/prune.ts';
import { pruneSuspicions } from '../features/suspicions/prune.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Transaction } from '../platform/database.ts';
import type { Logger } from '../platform/logger.ts';
import type { Bus } from '../realtime/bus.ts';
import { logDomainEvents } from './log-sink.ts';
import type { Job, JobQueue } from './queue.ts';
import { ARCHIVE_QUEUE, BOARDS_QUEUE, PRUNE_QUEUE, type SinkName, sinkQueue } from './queues.ts';
import { type RelayLoop, startRelayLoop } from './relay-loop.ts';

/** What runs beside the API: the relay of the outbox, the sinks, the schedules. */
export interface Jobs {
  /** Resolves once all of it runs. */
  readonly ready: Promise<void>;
  /** Takes no more, and waits for what is under way. A second call waits for the first. */
  stop(): Promise<void>;
}

/** What the jobs stand on. */
export interface JobsParts {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where domain events go beside the feed. */
  readonly sinks: readonly SinkName[];
  /** After how many days months of the log are archived, and messages, rows of the audit log and suspicions that were decided deleted; null: never. */
  readonly retainDays: Readonly<Record<'events' | 'notifications' | 'audit', number | null>>;
  /** Closes periods of leaderboards and pays their rewards; throws when it was told to stop before it was done. */
  readonly closePeriods: (stopping: AbortSignal) => Promise<unknown>;
  /** Told of users whose ranks a process that died may not have brought where others read them. */
  readonly ranks: Pick<RankKeeper, 'refresh'>;
  /** Opens the queue so many milliseconds later, for a server that wants to listen first: its library takes half a second to load. */
  readonly afterMs?: number;
}

/** A job under way when the process stops gets so long; then it is given back. */
const DRAIN_MS = 8_000;
/** When old events are archived and old messages deleted, by cron, UTC. */
const ARCHIVE_AT = '17 3 * * *';
/** Between tries to open the queue while the database is away. */
const REOPEN_MS = 5_000;

/**
 * Starts the jobs of this process; any number of processes share them. Returns at once, listening on the bus; the queue opens behind
 * it, again and again while the database is away.
 */
export async function startJobs(parts: JobsParts): Promise<Jobs> {
  const { database, bus } = parts;
  const stopping = new AbortController();
  let loop: RelayLoop | null = null;
  let queue: JobQueue | null = null;
  // In the one process that there is with the embedded database; across processes it would cost more than a look each second.
  const wakes = database.kind === 'embedded';
  const off = wakes ? await bus.subscribe('event', 'all', () => loop?.wake()) : () => {};
  const open = async (): Promise<void> => {
    const opened = await openUntil(parts, stopping.signal);
    if (opened === null) return;
    queue = opened.queue;
    if (!stopping.signal.aborted) loop = relayThrough(parts, queue, opened.lookForDeliveries);
  };
  const ready = open();
  ready.catch((error: unknown) => parts.logger.error({ err: error, operation: 'jobs' }, 'the jobs do not run'));
  let stopped: Promise<void> | null = null;
  return {
    ready,
    stop() {
      stopped ??= (async () => {
        stopping.abort();
        off();
        await ready.catch(() => undefined);
        await loop?.stop();
        await queue?.stop(DRAIN_MS);
      })();
      return stopped;
    },
  };
}

/** The queue with its handlers. */
interface OpenedQueue {
  readonly queue: JobQueue;
  /** Has the sinks look at once. */
  readonly lookForDeliveries: () => void;
}

/** Null when it was told to stop first. */
async function openUntil(parts: JobsParts, stopping: AbortSignal): Promise<OpenedQueue | null> {
  const { database, logger, afterMs = 0 } = parts;
  if (afterMs > 0) await pause(afterMs, undefined, { signal: stopping, ref: false }).catch(() => undefined);
  if (stopping.aborted) return null;
  // Loaded only here: a process without jobs does without it.
  const { openQueue } = await import('./queue.ts');
  while (!stopping.aborted) {
    try {
      const queue = await openQueue({ database, logger, works: true });
      try {
        return { queue, lookForDeliveries: await workOn(parts, queue, stopping) };
      } catch (error) {
        await queue.stop(DRAIN_MS);
        throw error;
      }
    } catch (error) {
      logger.error({ err: error, operation: 'jobs.open' }, 'the job queue did not open; it is tried again');
      await pause(REOPEN_MS, undefined, { signal: stopping, ref: false }).catch(() => undefined);
    }
  }
  return null;
}

/** Has the jobs of all queues done. Answers the function that has the sinks look at once. */
async function workOn(parts: JobsParts, queue: JobQueue, stopping: AbortSignal): Promise<() => void> {
  await queue.work(PRUNE_QUEUE, { batch: 1, everySeconds: 5 }, async () => {
    const { touched, events } = await pruneOutbox(parts);
    const sessions = await pruneSessions(parts);
    const audit = await pruneAudit(parts, parts.retainDays.audit);
    const suspicions = await pruneSuspicions(parts, parts.retainDays.audit);
    const deleted = { touched, events, sessions, audit, suspicions };
    parts.logger.debug({ operation: 'outbox.prune', ...deleted }, 'what is over was deleted');
    return new Map();
  });
  await queue.schedule(PRUNE_QUEUE, '* * * * *');
  await queue.work(ARCHIVE_QUEUE, { batch: 1, everySeconds: 30 }, async () => {
    await archive(parts, stopping);
    const deleted = await pruneNotifications(parts, parts.retainDays.notifications, stopping);
    if (deleted > 0) parts.logger.info({ operation: 'notifications.prune', deleted }, 'old messages were deleted');
    return new Map();
  });
  await queue.schedule(ARCHIVE_QUEUE, ARCHIVE_AT);
  await queue.work(BOARDS_QUEUE, { batch: 1, everySeconds: 5 }, async () => {
    await parts.closePeriods(stopping);
    return new Map();
  });
  await queue.schedule(BOARDS_QUEUE, '* * * * *');
  const looks = await Promise.all(
    parts.sinks.map((sink) =>
      queue.work(sinkQueue(sink), { batch: 100, everySeconds: 1 }, (jobs: readonly Job<{ ids: string[] }>[]) =>
        deliver(parts, jobs),
      ),
    ),
  );
  return () => {
    for (const look of looks) look();
  };
}

/** @throws when it was told to stop before it was done: the job comes again, here or elsewhere */
async function archive({ database, clock, logger, retainDays }: JobsParts, stopping: AbortSignal): Promise<void> {
  if (retainDays.events === null) return;
  const before = retentionBoundary(clock.now(), retainDays.events);
  let sums = { events: 0, users: 0 };
  for await (const { events, users } of archiveEvents(database, { before, dryRun: false, gently: true })) {
    sums = { events, users };
    stopping.throwIfAborted();
  }
  logger.info({ operation: 'events.archive', before, ...sums }, 'old events archived');
}

async function deliver(
  { database, logger }: JobsParts,
  jobs: readonly Job<{ ids: string[] }>[],
): Promise<ReadonlyMap<string, Error>> {
  const lists = jobs.map(({ data }) => data.ids);
  const events = await readDeliveries(database, lists);
  const gone = lists.flat().length - events.length;
  if (gone > 0)
    logger.warn({ operation: 'sink', gone }, 'domain events came too late to their sink: they are kept no more');
  logDomainEvents(logger, events);
  return new Map();
}

function relayThrough(parts: JobsParts, queue: JobQueue, lookForDeliveries: () => void): RelayLoop {
  const { database, bus, sinks, logger } = parts;
  const enqueue = async (transaction: Transaction, events: readonly RelayedRow[]): Promise<void> => {
    if (sinks.length === 0) return;
    const jobs = deliveriesOf(events).map(({ key, ids }) => ({ key, data: { ids } }));
    for (const sink of sinks) await queue.add(transaction, sinkQueue(sink), jobs);
  };
  return startRelayLoop({
    round: () => relayRound({ database, bus, enqueue }),
    repair: createWakeUpRepair(parts),
    relayed: lookForDeliveries,
    logger,
  });
}
