import { fold } from '../../engine/fold.ts';
import type { Refusal } from '../../graphql/errors.ts';
import type { Transaction } from '../../platform/database.ts';
import type { Principal } from '../auth/principal.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import { holdCatalog } from '../state/live-transaction.ts';
import { resolveNeeds } from '../state/resolve-needs.ts';
import { blankStateOf, lockAndRead, writeState } from '../state/service.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { ensureUsers } from '../users/service.ts';
import { refKey } from '../users/user-ref.ts';
import {
  assemble,
  type FoldDone,
  type Folded,
  foldEventOf,
  type Placed,
  repeatOutcome,
  sortOut,
  type UserBatch,
} from './batch.ts';
import { EventNotAllowedError } from './errors.ts';
import type { RecordOutcome } from './outcome.ts';
import type { IngestParts, PlacedEvent } from './parts.ts';
import { type RecordedRow, readRecorded } from './store.ts';

/**
 * Records a batch in one transaction, with a number of statements that does not depend on its size: lock, read, fold, write.
 * Answers by place; a repeat whose first was refused is not answered and wants another transaction.
 */
export async function recordTransaction(
  parts: IngestParts,
  principal: Principal,
  events: readonly PlacedEvent[],
  receivedAt: number,
): Promise<Map<number, RecordOutcome>> {
  const live = parts.catalog.live();
  return parts.database.transaction(async (transaction) => {
    await holdCatalog(parts.catalog, live, transaction);
    const outcomes = new Map<number, RecordOutcome>();
    const byUser = await assignUsers(parts, transaction, principal, live, events, outcomes);
    if (byUser.size === 0) return outcomes;
    const batches = await readBatches(transaction, byUser, live.version);
    refuseErased(byUser, batches, outcomes);
    for (const { answered } of batches) for (const { place, outcome } of answered) outcomes.set(place, outcome);
    const folding = batches.filter(({ fresh }) => fresh.length > 0);
    const answers = await resolveNeeds<FoldDone>(
      transaction,
      folding.map(({ user, fresh }) => {
        const own = fresh.map((placed) => foldEventOf(live.catalog, user, placed));
        return { state: blankStateOf(user), step: (state) => fold(live.catalog, state, own, receivedAt) };
      }),
    );
    const folded = folding.flatMap((batch, index): Folded[] => {
      const answer = answers[index];
      return answer === undefined ? [] : [{ batch, done: answer.done }];
    });
    const made = assemble(folded, { ids: parts.ids, at: new Date(receivedAt), catalogVersion: live.version });
    await writeState(transaction, made.writes);
    for (const [place, outcome] of made.outcomes) outcomes.set(place, outcome);
    answerRepeats(folding, outcomes);
    return outcomes;
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

/** Groups the events by user id; who is unknown is created where that is allowed, else answered with a refusal. */
async function assignUsers(
  parts: IngestParts,
  transaction: Transaction,
  principal: Principal,
  live: LiveCatalog,
  events: readonly PlacedEvent[],
  outcomes: Map<number, RecordOutcome>,
): Promise<Map<string, Placed[]>> {
  const mayCreate = principal.kind !== 'player' && live.catalog.users.create === 'onFirstEvent';
  const refs = [...new Map(events.map(({ event }) => [refKey(event.user), event.user])).values()];
  const found = await ensureUsers(transaction, refs, {
    create: mayCreate,
    catalogVersion: live.version,
    at: new Date(parts.clock.now()),
    ids: parts.ids,
    names: parts.names,
  });
  const byUser = new Map<string, Placed[]>();
  for (const { place, event } of events) {
    const userId = found.get(refKey(event.user));
    const refusal = refusalFor(principal, event, userId);
    if (refusal !== null || userId === undefined) {
      outcomes.set(place, refusal ?? new UserNotFoundError(event.user));
      continue;
    }
    const own = byUser.get(userId) ?? [];
    own.push({ place, id: parts.ids.next(), checked: event });
    byUser.set(userId, own);
  }
  return byUser;
}

/** A player reports for itself; somebody else and nobody at all are answered alike. */
function refusalFor(principal: Principal, event: PlacedEvent['event'], userId: string | undefined): Refusal | null {
  if (principal.kind === 'player' && userId !== principal.userId) return new EventNotAllowedError(event.type);
  return null;
}

/**
 * Locks the users, then reads them and what was recorded before with the same keys. Who is still of an older catalog version
 * must be brought up first, in transactions of its own.
 * @throws BehindError
 */
async function readBatches(
  transaction: Transaction,
  byUser: ReadonlyMap<string, readonly Placed[]>,
  version: number,
): Promise<UserBatch[]> {
  const userIds = [...byUser.keys()].sort();
  const users = await lockAndRead(transaction, userIds);
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

/** Users who were erased between the look and the lock. */
function refuseErased(
  byUser: ReadonlyMap<string, readonly Placed[]>,
  batches: readonly UserBatch[],
  outcomes: Map<number, RecordOutcome>,
): void {
  const there = new Set(batches.map(({ user }) => user.id));
  for (const [userId, events] of byUser) {
    if (there.has(userId)) continue;
    for (const { place, checked } of events) outcomes.set(place, new UserNotFoundError(checked.user));
  }
}

function answerRepeats(batches: readonly UserBatch[], outcomes: Map<number, RecordOutcome>): void {
  for (const repeat of batches.flatMap(({ repeats }) => repeats)) {
    const first = outcomes.get(repeat.of.place);
    const outcome = first === undefined ? null : repeatOutcome(repeat, first);
    if (outcome !== null) outcomes.set(repeat.event.place, outcome);
  }
}
