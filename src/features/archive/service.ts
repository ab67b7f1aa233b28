import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { Database } from '../../platform/database.ts';
import { isRetryable } from '../../platform/database-errors.ts';
import { stepsOf } from '../../platform/steps.ts';
import { lockUsers } from '../state/service.ts';
import { countUsers, type Moved, moveEvents, type OldEvents, placeAfter, readOld, readPartitions } from './store.ts';

/** How an archiving is done. */
export interface ArchiveOptions {
  /** Events that happened before this are archived. */
  readonly before: Date;
  /** Only counts; writes nothing. */
  readonly dryRun: boolean;
  /** Rests after each step as long as the step took: for a process that has other things to do. */
  readonly gently: boolean;
}

/** How far an archiving is. */
export interface ArchiveProgress {
  /** Users looked at. */
  readonly progress: { readonly done: number; readonly total: number };
  /** Events moved so far, or that would be. */
  readonly events: number;
  /** Of so many users. */
  readonly users: number;
}

/** Users of one look. */
const LOOK = 50;
/** Events of one transaction: some 15 ms on the embedded database. */
const STEP = 250;

/**
 * Moves old events into the archive while the server runs: small transactions, each under the locks of its users, as ingest takes
 * them. The log stays what it is; it only stands elsewhere. Interrupted at any moment it has lost and doubled nothing; the next one
 * goes on with what is still in `events`.
 */
export async function* archiveEvents(
  database: Database,
  { before, dryRun, gently }: ArchiveOptions,
): AsyncGenerator<ArchiveProgress> {
  const total = await countUsers(database);
  const sums = { events: 0, users: 0 };
  let done = 0;
  for (let after: string | null = null; ; ) {
    const page: OldEvents[] = await readOld(database, { before, after, users: LOOK, most: dryRun ? null : STEP + 1 });
    after = page.at(-1)?.userId ?? null;
    if (after === null) break;
    for (const step of stepsOf(page, STEP)) {
      let startedAt = performance.now();
      for await (const moved of dryRun ? [countOf(step)] : moveStep(database, step, before)) {
        sums.events += moved.events;
        sums.users += moved.users;
        yield { progress: { done, total: Math.max(done, total) }, ...sums };
        await rest(startedAt, gently);
        startedAt = performance.now();
      }
      done += step.length;
    }
    yield { progress: { done, total: Math.max(done, total) }, ...sums };
    await turn();
  }
  if (database.kind === 'embedded' && !dryRun && sums.events > 0) await makeRoom(database, gently);
}

/** The embedded database answers without leaving the turn: here whoever else waits gets theirs. */
async function rest(since: number, gently: boolean): Promise<void> {
  await (gently ? pause(performance.now() - since) : turn());
}

/** Frees the room of what was moved: a server does that by itself (autovacuum), the embedded database does not. */
async function makeRoom(database: Database, gently: boolean): Promise<void> {
  for (const partition of await readPartitions(database)) {
    const startedAt = performance.now();
    await database.script(`vacuum ${partition}`);
    await rest(startedAt, gently);
  }
}

/**
 * The instant before which events are archived when they are kept for so many days: the start of a month (UTC). A month moves once,
 * when all of it is old enough; every night a day of it would write the rows of the archive thirty times as often.
 */
export function retentionBoundary(now: number, days: number): Date {
  const oldest = new Date(now - days * DAY_MS);
  return new Date(Date.UTC(oldest.getUTCFullYear(), oldest.getUTCMonth(), 1));
}

const DAY_MS = 86_400_000;

function countOf(step: readonly OldEvents[]): Moved {
  const old = step.filter(({ events }) => events > 0);
  return { events: old.reduce((sum, { events }) => sum + events, 0), users: old.length };
}

/** Moves the events of a step; those of a user with more than one transaction takes in several, oldest first. */
async function* moveStep(database: Database, step: readonly OldEvents[], before: Date): AsyncGenerator<Moved> {
  const userIds = step.flatMap(({ userId, events }) => (events > 0 ? [userId] : []));
  const [userId] = userIds;
  if (userId === undefined) return;
  if (countOf(step).events <= STEP) {
    yield await moveLocked(database, { userIds, before, upTo: null });
    return;
  }
  for (let users = 1; ; users = 0) {
    const upTo = await placeAfter(database, { userId, before, count: STEP });
    const { events } = await moveLocked(database, { userIds, before, upTo });
    yield { events, users };
    if (upTo === null) return;
  }
}

/** Tries of one transaction that the database sends back. */
const MOST_TRIES = 5;

async function moveLocked(database: Database, what: Parameters<typeof moveEvents>[1]): Promise<Moved> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.transaction(async (transaction) => {
        await lockUsers(transaction, what.userIds);
        return moveEvents(transaction, what);
      });
    } catch (error) {
      if (attempt === MOST_TRIES || !isRetryable(error)) throw error;
    }
  }
}
