import type { Catalog } from '../../engine/catalog.ts';
import type { EventOutcome, FoldEvent, FoldResult } from '../../engine/state.ts';
import type { Ids } from '../../platform/ids.ts';
import { messagesOf } from '../state/messages.ts';
import type { NewEvent, NewNotification, NewOutboxRow, Writes } from '../state/service.ts';
import { touchedRow } from '../state/touched.ts';
import type { UserRow } from '../state/user-row.ts';
import type { Doubt } from '../suspicions/service.ts';
import { Doubts } from './doubts.ts';
import { EventLimitError, IdempotencyConflictError, ValueOutOfRangeError } from './errors.ts';
import type { EventRow } from './event-row.ts';
import type { Recorded, RecordOutcome } from './outcome.ts';
import type { RecordedRow } from './store.ts';
import type { CheckedEvent } from './validate.ts';

/** A checked event with the place of its answer and the id it gets if it is recorded. */
export interface Placed {
  readonly place: number;
  readonly id: string;
  /** It is of a log that moves in: its effects are announced to other systems, and the player is told nothing. */
  readonly isHistory: boolean;
  readonly checked: CheckedEvent;
}

/** What a batch holds of one user. */
export interface UserBatch {
  readonly user: UserRow;
  /** To be folded, in arrival order. */
  readonly fresh: readonly Placed[];
  /** Were recorded before: the answer is there. */
  readonly answered: readonly { readonly place: number; readonly outcome: RecordOutcome }[];
  /** Same key as a fresh event of this batch; answered once that one is. */
  readonly repeats: readonly { readonly event: Placed; readonly of: Placed }[];
}

/** Sorts one user's events into fresh ones, replays and conflicts. `recorded` are this user's events by key hash. */
export function sortOut(
  user: UserRow,
  events: readonly Placed[],
  recorded: ReadonlyMap<string, RecordedRow>,
): UserBatch {
  const fresh: Placed[] = [];
  const answered: { place: number; outcome: RecordOutcome }[] = [];
  const repeats: { event: Placed; of: Placed }[] = [];
  const byKey = new Map<string, Placed>();
  for (const event of events) {
    const { keyHash } = event.checked;
    const before = keyHash === null ? undefined : recorded.get(keyHash);
    const first = keyHash === null ? undefined : byKey.get(keyHash);
    if (before !== undefined) answered.push({ place: event.place, outcome: replay(user, event.checked, before) });
    else if (first !== undefined) repeats.push({ event, of: first });
    else {
      fresh.push(event);
      if (keyHash !== null) byKey.set(keyHash, event);
    }
  }
  return { user, fresh, answered, repeats };
}

/** The answer to an event that was recorded before with its key: the same again, or a conflict. */
export function replay(
  user: UserRow,
  sent: Pick<CheckedEvent, 'idempotencyKey' | 'payloadHash'>,
  before: RecordedRow,
): RecordOutcome {
  if (!Buffer.from(before.payloadHash).equals(Buffer.from(sent.payloadHash))) {
    return new IdempotencyConflictError(sent.idempotencyKey ?? '', before);
  }
  return { kind: 'replayed', userId: user.id, event: before, lastSeq: user.lastSeq };
}

/** The answer to a repeat inside one batch, once the first of its key is answered. Null: the first was refused; try this one. */
export function repeatOutcome({ event, of }: UserBatch['repeats'][number], first: RecordOutcome): RecordOutcome | null {
  const same = Buffer.from(event.checked.payloadHash).equals(Buffer.from(of.checked.payloadHash));
  if (first instanceof Error) return same ? first : null;
  if (first.kind !== 'recorded') return null;
  if (!same) return new IdempotencyConflictError(event.checked.idempotencyKey ?? '', first.event);
  return { kind: 'replayed', userId: first.userId, event: first.event, lastSeq: first.lastSeq };
}

/** The event as the engine takes it; the attributes that the catalog declares are copied in. */
export function foldEventOf(catalog: Catalog, user: UserRow, { id, checked }: Placed): FoldEvent {
  const declared = Object.keys(catalog.users.attributes).filter((name) => Object.hasOwn(user.attributes, name));
  return {
    id,
    type: checked.type,
    details: checked.details,
    occurredAt: checked.occurredAt,
    attributes:
      declared.length === 0 ? null : Object.fromEntries(declared.map((name) => [name, user.attributes[name] ?? null])),
    timezone: user.timezone,
    priced: null,
  };
}

/** The fold's answer for one user. */
export type FoldDone = Extract<FoldResult, { kind: 'done' }>;

/** One user's folded batch. */
export interface Folded {
  readonly batch: UserBatch;
  readonly done: FoldDone;
}

/** Turns what the engine answered into the rows to write, the answers to give, and what is doubted of it. */
export function assemble(
  folded: readonly Folded[],
  context: { readonly ids: Ids; readonly at: Date; readonly catalogVersion: number; readonly origin: string | null },
): { writes: Writes; outcomes: Map<number, RecordOutcome>; doubts: readonly Doubt[] } {
  const { ids, at, catalogVersion, origin } = context;
  const outcomes = new Map<number, RecordOutcome>();
  const events: NewEvent[] = [];
  const users: Writes['users'][number][] = [];
  const notifications: NewNotification[] = [];
  const outbox: NewOutboxRow[] = [];
  const ledger: Writes['ledger'][number][] = [];
  const doubts = new Doubts();
  for (const { batch, done } of folded) {
    const userId = batch.user.id;
    let lastSeq = batch.user.lastSeq;
    let recorded = false;
    for (const [index, outcome] of done.outcomes.entries()) {
      const placed = batch.fresh[index];
      if (placed === undefined) continue;
      if (outcome.kind === 'refused') {
        outcomes.set(placed.place, refusalOf(outcome));
        continue;
      }
      recorded = true;
      if (!placed.isHistory) doubts.note(userId, outcome, placed.checked);
      const { idempotencyKey, keyHash, payloadHash } = placed.checked;
      events.push({
        userId,
        event: outcome.event,
        points: outcome.points,
        xp: outcome.xp,
        idempotencyKey,
        keyHash,
        payloadHash,
      });
      const { unlocked, levelUp } = outcome;
      const eventId = outcome.event.id;
      for (const { kind, data } of messagesOf({ unlocked, levelUp, eventId }, catalogVersion)) {
        const payload = placed.isHistory ? { ...data, silent: true } : data;
        outbox.push({ id: ids.next(), kind, userId, payload });
        if (placed.isHistory) continue;
        lastSeq += 1;
        notifications.push({ userId, seq: lastSeq, kind, data });
      }
      const written = { at, version: catalogVersion, locale: batch.user.locale, lastSeq };
      outcomes.set(placed.place, recordedOf(userId, outcome, placed, written));
    }
    if (!recorded) continue;
    users.push({ userId, change: done.change, lastSeq });
    ledger.push(...done.change.ledger.map((line) => ({ ...line, userId, id: ids.next() })));
  }
  if (users.length > 0) outbox.push(touchedRow(ids, users, origin));
  return {
    writes: { at, catalogVersion, events, users, ledger, notifications, outbox },
    outcomes,
    doubts: doubts.all(),
  };
}

type RecordedByEngine = Extract<EventOutcome, { kind: 'recorded' }>;

function recordedOf(
  userId: string,
  outcome: RecordedByEngine,
  placed: Placed,
  { at, ...written }: Pick<Recorded, 'version' | 'locale' | 'lastSeq'> & { readonly at: Date },
): Recorded {
  const { event, points, xp, unlocked, progressed, levelUp, streaks } = outcome;
  const row: EventRow = {
    userId,
    id: event.id,
    type: event.type,
    details: event.details,
    points,
    xp,
    occurredAt: new Date(event.occurredAt),
    recordedAt: at,
    idempotencyKey: placed.checked.idempotencyKey,
  };
  return { kind: 'recorded', userId, event: row, unlocked, progressed, levelUp, streaks, ...written };
}

function refusalOf({ event, refusal }: Extract<EventOutcome, { kind: 'refused' }>): RecordOutcome {
  switch (refusal.kind) {
    case 'limit':
      return new EventLimitError(event.type, refusal.retryAfterMs);
    case 'valueOutOfRange':
      return new ValueOutOfRangeError(refusal.metric);
    case 'price':
      return new ValueOutOfRangeError(refusal.message);
  }
}
