import { fold } from '../../engine/fold.ts';
import { absorb } from '../../engine/merge.ts';
import type { OwnState, UserChange, UserState } from '../../engine/state.ts';
import type { Transaction } from '../../platform/database.ts';
import { tellQuarantines } from '../leaderboards/quarantine.ts';
import type { WrittenUser } from '../leaderboards/rank-changes.ts';
import { holdCatalog } from '../state/live-transaction.ts';
import { resolveNeeds } from '../state/resolve-needs.ts';
import { LostRaceError, lockUsers, useIndexes, type Writes, writeState } from '../state/service.ts';
import { TOUCHED } from '../state/touched.ts';
import type { UserRow } from '../state/user-row.ts';
import { raiseSuspicions } from '../suspicions/service.ts';
import { isBlocked } from '../users/block.ts';
import { UserBlockedError } from '../users/errors.ts';
import { type Assigned, assignUsers } from './assign-users.ts';
import { assemble, type FoldDone, type Folded, foldEventOf, repeatOutcome, sortOut, type UserBatch } from './batch.ts';
import type { RecordOutcome } from './outcome.ts';
import type { IngestMemory, IngestParts, PlacedEvent } from './parts.ts';
import { type RecordedRow, readArchived, readEvents, readRecorded } from './store.ts';

/** What a transaction has written when it is told to commit. */
export interface Written {
  /** Answers by place, true once it has committed. */
  readonly outcomes: ReadonlyMap<number, RecordOutcome>;
  /** The events it inserts. */
  readonly events: readonly { readonly userId: string; readonly id: string }[];
  /** Its row of touched users; null: it touches nobody. */
  readonly touchedId: string | null;
}

/** How a batch is tried. */
export interface Trying {
  /** Time of the transaction, milliseconds since the epoch; not before the receipt of any event. */
  readonly now: number;
  /** Users whom these events name first. */
  readonly newcomers: readonly string[];
  /** Events that were recorded before are looked for first. */
  readonly looksFirst: boolean;
  /** Called before the COMMIT, whose answer may be lost. */
  readonly onWritten: (written: Written) => void;
}

/**
 * Records a batch in one transaction, with a number of statements that does not depend on its size: lock, read what is not
 * remembered, fold, write. Answers by place; a repeat whose first was refused is not answered and wants another transaction.
 * @throws BehindError, NewcomersError, RepeatsError, CatalogMovedError, CommitUnknownError, LostRaceError, and whatever the database
 * refuses
 */
export async function recordTransaction(
  parts: IngestParts & IngestMemory,
  events: readonly PlacedEvent[],
  trying: Trying,
): Promise<Map<number, RecordOutcome>> {
  const taken: Taken[] = [];
  let touchedId: string | null = null;
  const onWritten = (written: Written): void => {
    ({ touchedId } = written);
    trying.onWritten(written);
  };
  const outcomes = await parts.database
    .transaction((transaction) => record(parts, transaction, events, { ...trying, onWritten }, taken))
    .catch((error: unknown) => {
      // What was read is as true as before.
      for (const { user, state } of taken) parts.states.keep(state, user.rowVersion);
      throw error;
    });
  for (const { state, change, version } of taken) {
    if (change !== null) absorb(state, change);
    parts.states.keep(state, version);
  }
  parts.ranks?.committed(taken.flatMap(writtenOf), touchedId);
  const gone = taken.flatMap(({ user, isQuarantined }) => (isQuarantined ? [user.id] : []));
  const { ranks, access } = parts;
  if (ranks !== null && access !== null) await tellQuarantines({ ranks, access }, gone, true);
  return outcomes;
}

/** A user's state that was read whole as far as it was asked for, and what is written of it. */
interface Taken {
  readonly user: UserRow;
  readonly state: OwnState;
  /** Null: nothing. */
  change: UserChange | null;
  /** Of the row, after that. */
  version: number;
  /** What is doubted of it puts the user in quarantine. */
  isQuarantined: boolean;
}

function writtenOf({ user, change, version, isQuarantined }: Taken): WrittenUser[] {
  if (change === null) return [];
  const { id: userId, onLeaderboards, quarantined } = user;
  const seenByItself = onLeaderboards && (quarantined || isQuarantined);
  return [{ userId, version, shown: onLeaderboards && !seenByItself, seenByItself, cells: change.cells }];
}

async function record(
  parts: IngestParts & IngestMemory,
  transaction: Transaction,
  events: readonly PlacedEvent[],
  { now, newcomers, looksFirst, onWritten }: Trying,
  taken: Taken[],
): Promise<Map<number, RecordOutcome>> {
  const live = parts.catalog.live();
  const at = new Date(now);
  const outcomes = new Map<number, RecordOutcome>();
  const [, , assigned] = await Promise.all([
    useIndexes(transaction),
    holdCatalog(parts.catalog, live, transaction),
    assignUsers(parts, transaction, { live, at, newcomers }, events, outcomes),
  ]);
  if (assigned.users.length === 0) return outcomes;
  const batches = await sortBatches(transaction, assigned, { version: live.version, looksFirst, at });
  for (const { answered } of batches) for (const { place, outcome } of answered) outcomes.set(place, outcome);
  refuseBlocked(batches, at, outcomes);
  const folding = batches.filter(({ user, fresh }) => fresh.length > 0 && !isBlocked(user.blockedUntil, at));
  const tasks = folding.map(({ user, fresh }) => {
    const own = fresh.map((placed) => foldEventOf(live.catalog, user, placed));
    return { user, state: parts.states.take(user), step: (state: UserState) => fold(live.catalog, state, own, now) };
  });
  const answers = await resolveNeeds<FoldDone>(transaction, tasks);
  for (const { user, state } of tasks)
    taken.push({ user, state, change: null, version: user.rowVersion, isQuarantined: false });
  const folded = folding.flatMap((batch, index): Folded[] => {
    const done = answers[index];
    return done === undefined ? [] : [{ batch, done }];
  });
  if (!looksFirst && folded.some(mayRepeat)) throw new RepeatsError();
  const made = assemble(folded, {
    ids: parts.ids,
    at,
    catalogVersion: live.version,
    origin: parts.ranks?.origin ?? null,
  });
  await writeState(transaction, made.writes).catch((error: unknown) => {
    throw !looksFirst && error instanceof LostRaceError ? new RepeatsError() : error;
  });
  const quarantined = await raiseSuspicions(parts, transaction, made.doubts, { catalog: live.catalog, at });
  noteWritten(taken, made.writes, quarantined);
  for (const [place, outcome] of made.outcomes) outcomes.set(place, outcome);
  answerRepeats(batches, outcomes);
  onWritten({
    outcomes,
    events: made.writes.events.map(({ userId, event }) => ({ userId, id: event.id })),
    touchedId: made.writes.outbox.find(({ kind }) => kind === TOUCHED)?.id ?? null,
  });
  return outcomes;
}

function noteWritten(taken: readonly Taken[], { users }: Writes, quarantined: readonly string[]): void {
  const changes = new Map(users.map(({ userId, change }) => [userId, change]));
  for (const one of taken) {
    const { id, rowVersion } = one.user;
    one.change = changes.get(id) ?? null;
    one.isQuarantined = quarantined.includes(id);
    // Each of the two writes its row.
    one.version = rowVersion + (one.change === null ? 0 : 1) + (one.isQuarantined ? 1 : 0);
  }
}

/** Whether the fold refused an event that may have been recorded before: a repeat is answered, whatever stands against it now. */
function mayRepeat({ batch, done }: Folded): boolean {
  return done.outcomes.some(({ kind }, index) => kind === 'refused' && batch.fresh[index]?.checked.keyHash !== null);
}

/**
 * Whether the transaction that wrote this has committed. Takes its users' locks, so that one the server still works on is waited for.
 */
export async function happened({ database }: IngestParts, { events }: Written): Promise<boolean> {
  const [first] = events;
  if (first === undefined) return true;
  return database.transaction(async (transaction) => {
    await lockUsers(transaction, [...new Set(events.map(({ userId }) => userId))]);
    return (await readEvents(transaction, [first])).length > 0;
  });
}

/** Events of the batch seem to be recorded already: it wants a transaction that looks for them first. */
export class RepeatsError extends Error {
  constructor() {
    super('events seem to be recorded already');
    this.name = 'RepeatsError';
  }
}

/** Users whose state was folded with an older catalog version; nothing was written. */
export class BehindError extends Error {
  readonly userIds: readonly string[];

  constructor(userIds: readonly string[]) {
    super(`${userIds.length} users are of an older catalog version`);
    this.name = 'BehindError';
    this.userIds = userIds;
  }
}

/**
 * Sorts the events of locked users, by what was recorded before with their keys if that is to be read. Who is still of an older
 * catalog version must be brought up first, in transactions of its own.
 * @throws BehindError
 */
async function sortBatches(
  transaction: Transaction,
  { users, byUser }: Assigned,
  { version, looksFirst, at }: { readonly version: number; readonly looksFirst: boolean; readonly at: Date },
): Promise<UserBatch[]> {
  const behind = users.filter(({ catalogVersion }) => catalogVersion < version);
  if (behind.length > 0) throw new BehindError(behind.map(({ id }) => id));
  const recorded = await recordedOf(transaction, { users, byUser }, looksFirst, at);
  return users.map((user) => sortOut(user, byUser.get(user.id) ?? [], recorded.get(user.id) ?? new Map()));
}

/**
 * Events that were recorded with the keys of these, by user and hash of the key. The insert finds a repeat of what is still in
 * `events`; in the archive of those who have one, and of who is blocked and inserts nothing, it is always looked for.
 */
async function recordedOf(
  transaction: Transaction,
  { users, byUser }: Assigned,
  looksFirst: boolean,
  at: Date,
): Promise<Map<string, Map<string, RecordedRow>>> {
  const keys = [...byUser].flatMap(([userId, events]) =>
    events.flatMap(({ checked }) => (checked.keyHash === null ? [] : [{ userId, keyHash: checked.keyHash }])),
  );
  const archived = new Set(users.flatMap(({ id, archivedTo }) => (archivedTo === null ? [] : [id])));
  const blocked = new Set(users.flatMap(({ id, blockedUntil }) => (isBlocked(blockedUntil, at) ? [id] : [])));
  const rows = await Promise.all([
    readRecorded(transaction, looksFirst ? keys : keys.filter(({ userId }) => blocked.has(userId))),
    readArchived(
      transaction,
      keys.filter(({ userId }) => archived.has(userId)),
    ),
  ]);
  const recorded = new Map<string, Map<string, RecordedRow>>();
  for (const row of rows.flat()) {
    const own = recorded.get(row.userId) ?? new Map<string, RecordedRow>();
    recorded.set(row.userId, own.set(row.keyHash, row));
  }
  return recorded;
}

/** Refuses what is new of users who are blocked; what was recorded before is answered as it was. */
function refuseBlocked(batches: readonly UserBatch[], at: Date, outcomes: Map<number, RecordOutcome>): void {
  for (const { user, fresh } of batches) {
    const { blockedUntil } = user;
    if (blockedUntil === null || !isBlocked(blockedUntil, at)) continue;
    for (const { place } of fresh) outcomes.set(place, new UserBlockedError(blockedUntil));
  }
}

function answerRepeats(batches: readonly UserBatch[], outcomes: Map<number, RecordOutcome>): void {
  for (const repeat of batches.flatMap(({ repeats }) => repeats)) {
    const first = outcomes.get(repeat.of.place);
    const outcome = first === undefined ? null : repeatOutcome(repeat, first);
    if (outcome !== null) outcomes.set(repeat.event.place, outcome);
  }
}
