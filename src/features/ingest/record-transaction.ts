import { fold } from '../../engine/fold.ts';
import type { Transaction } from '../../platform/database.ts';
import { holdCatalog } from '../state/live-transaction.ts';
import { resolveNeeds } from '../state/resolve-needs.ts';
import { blankStateOf, lockUsers, writeState } from '../state/service.ts';
import { type Assigned, assignUsers } from './assign-users.ts';
import { assemble, type FoldDone, type Folded, foldEventOf, repeatOutcome, sortOut, type UserBatch } from './batch.ts';
import type { RecordOutcome } from './outcome.ts';
import type { IngestParts, PlacedEvent } from './parts.ts';
import { type RecordedRow, readEvents, readRecorded } from './store.ts';

/** What a transaction has written when it is told to commit. */
export interface Written {
  /** Answers by place, true once it has committed. */
  readonly outcomes: ReadonlyMap<number, RecordOutcome>;
  /** The events it inserts. */
  readonly events: readonly { readonly userId: string; readonly id: string }[];
}

/**
 * Records a batch in one transaction, with a number of statements that does not depend on its size: lock, read, fold, write.
 * Answers by place; a repeat whose first was refused is not answered and wants another transaction. `onWritten` is called before
 * the COMMIT, whose answer may be lost.
 * @throws BehindError, NewcomersError, CatalogMovedError, CommitUnknownError, LostRaceError, and whatever the database refuses
 */
export async function recordTransaction(
  parts: IngestParts,
  events: readonly PlacedEvent[],
  { now, newcomers }: { readonly now: number; readonly newcomers: readonly string[] },
  onWritten: (written: Written) => void,
): Promise<Map<number, RecordOutcome>> {
  const live = parts.catalog.live();
  const at = new Date(now);
  return parts.database.transaction(async (transaction) => {
    const outcomes = new Map<number, RecordOutcome>();
    const [, assigned] = await Promise.all([
      holdCatalog(parts.catalog, live, transaction),
      assignUsers(parts, transaction, { live, at, newcomers }, events, outcomes),
    ]);
    if (assigned.users.length === 0) return outcomes;
    const batches = await readBatches(transaction, assigned, live.version);
    for (const { answered } of batches) for (const { place, outcome } of answered) outcomes.set(place, outcome);
    const folding = batches.filter(({ fresh }) => fresh.length > 0);
    const answers = await resolveNeeds<FoldDone>(
      transaction,
      folding.map(({ user, fresh }) => {
        const own = fresh.map((placed) => foldEventOf(live.catalog, user, placed));
        return { state: blankStateOf(user), step: (state) => fold(live.catalog, state, own, now) };
      }),
    );
    const folded = folding.flatMap((batch, index): Folded[] => {
      const answer = answers[index];
      return answer === undefined ? [] : [{ batch, done: answer.done }];
    });
    const made = assemble(folded, { ids: parts.ids, at, catalogVersion: live.version });
    await writeState(transaction, made.writes);
    for (const [place, outcome] of made.outcomes) outcomes.set(place, outcome);
    answerRepeats(folding, outcomes);
    onWritten({ outcomes, events: made.writes.events.map(({ userId, event }) => ({ userId, id: event.id })) });
    return outcomes;
  });
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
 * Reads what was recorded before with the keys of locked users. Who is still of an older catalog version must be brought up first,
 * in transactions of its own.
 * @throws BehindError
 */
async function readBatches(
  transaction: Transaction,
  { users, byUser }: Assigned,
  version: number,
): Promise<UserBatch[]> {
  const behind = users.filter(({ catalogVersion }) => catalogVersion < version);
  if (behind.length > 0) throw new BehindError(behind.map(({ id }) => id));
  const keys = [...byUser].flatMap(([userId, events]) =>
    events.flatMap(({ checked }) => (checked.keyHash === null ? [] : [{ userId, keyHash: checked.keyHash }])),
  );
  const recorded = new Map<string, Map<string, RecordedRow>>();
  for (const row of await readRecorded(transaction, keys)) {
    const own = recorded.get(row.userId) ?? new Map<string, RecordedRow>();
    recorded.set(row.userId, own.set(row.keyHash, row));
  }
  return users.map((user) => sortOut(user, byUser.get(user.id) ?? [], recorded.get(user.id) ?? new Map()));
}

function answerRepeats(batches: readonly UserBatch[], outcomes: Map<number, RecordOutcome>): void {
  for (const repeat of batches.flatMap(({ repeats }) => repeats)) {
    const first = outcomes.get(repeat.of.place);
    const outcome = first === undefined ? null : repeatOutcome(repeat, first);
    if (outcome !== null) outcomes.set(repeat.event.place, outcome);
  }
}
