import type { Transaction } from '../../platform/database.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import { lockNamed, type NamedRow } from '../state/service.ts';
import type { UserRow } from '../state/user-row.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { createUnknown, resolveUserRefs } from '../users/service.ts';
import { refKey, type UserRef } from '../users/user-ref.ts';
import type { Placed } from './batch.ts';
import { EventNotAllowedError, TemporarilyUnavailableError } from './errors.ts';
import type { RecordOutcome } from './outcome.ts';
import type { IngestParts, PlacedEvent } from './parts.ts';

/** The users of a batch, locked, each with its events. */
export interface Assigned {
  readonly users: readonly UserRow[];
  readonly byUser: ReadonlyMap<string, readonly Placed[]>;
}

/**
 * Locks the users whom the events name and groups the events by them. Who is unknown is created where that is allowed, else answered
 * with a refusal, in `outcomes`.
 */
export async function assignUsers(
  parts: IngestParts,
  transaction: Transaction,
  { live, at }: { readonly live: LiveCatalog; readonly at: Date },
  events: readonly PlacedEvent[],
  outcomes: Map<number, RecordOutcome>,
): Promise<Assigned> {
  const refs = new Map(events.map(({ event }) => [refKey(event.user), event.user]));
  const { ids, users } = await lockRefs(transaction, [...refs.values()]);
  const unknown = new Map<string, UserRef>();
  if (live.catalog.users.create === 'onFirstEvent') {
    for (const { principal, event } of events) {
      const key = refKey(event.user);
      if (principal.kind !== 'player' && event.user.by === 'externalId' && !ids.has(key)) unknown.set(key, event.user);
    }
    await createAndLock(parts, transaction, { live, at }, [...unknown.values()], ids, users);
  }
  const byUser = new Map<string, Placed[]>();
  for (const { place, id, isHistory, principal, event } of events) {
    const userId = ids.get(refKey(event.user));
    if (principal.kind === 'player' && userId !== principal.userId) {
      // A player reports for itself; somebody else and nobody at all are answered alike.
      outcomes.set(place, new EventNotAllowedError(event.type));
    } else if (userId === undefined) {
      // Whom five made names did not find a free one for is not absent: it may be sent again.
      const isMade = unknown.has(refKey(event.user));
      outcomes.set(place, isMade ? new TemporarilyUnavailableError() : new UserNotFoundError(event.user));
    } else {
      const own = byUser.get(userId) ?? [];
      own.push({ place, id, isHistory, checked: event });
      byUser.set(userId, own);
    }
  }
  return { users: [...users.values()].filter(({ id }) => byUser.has(id)), byUser };
}

/** Locks who is there: ids by refKey, rows by id. */
async function lockRefs(
  transaction: Transaction,
  refs: readonly UserRef[],
): Promise<{ ids: Map<string, string>; users: Map<string, NamedRow> }> {
  const usernames = refs.filter(({ by }) => by === 'username');
  const ids = usernames.length === 0 ? new Map<string, string>() : await resolveUserRefs(transaction, usernames);
  const users = new Map<string, NamedRow>();
  const named = { ids: [...ids.values()], externalIds: [] as string[] };
  for (const { by, value } of refs) {
    if (by === 'id') named.ids.push(value);
    if (by === 'externalId') named.externalIds.push(value);
  }
  keep(await lockNamed(transaction, named), ids, users);
  for (const [key, id] of ids) if (!users.has(id)) ids.delete(key);
  return { ids, users };
}

function keep(rows: readonly NamedRow[], ids: Map<string, string>, users: Map<string, NamedRow>): void {
  for (const row of rows) {
    users.set(row.id, row);
    ids.set(refKey({ by: 'id', value: row.id }), row.id);
    if (row.externalId !== null) ids.set(refKey({ by: 'externalId', value: row.externalId }), row.id);
  }
}

/** Made usernames may collide, and somebody else may create the same user meanwhile: a few tries are plenty. */
const MOST_TRIES = 5;

async function createAndLock(
  parts: IngestParts,
  transaction: Transaction,
  { live, at }: { readonly live: LiveCatalog; readonly at: Date },
  refs: readonly UserRef[],
  ids: Map<string, string>,
  users: Map<string, NamedRow>,
): Promise<void> {
  let unknown = refs.map(({ value }) => value);
  for (let attempt = 1; unknown.length > 0 && attempt <= MOST_TRIES; attempt += 1) {
    const [, rows] = await Promise.all([
      createUnknown(transaction, unknown, { ...parts, catalogVersion: live.version, at }),
      lockNamed(transaction, { ids: [], externalIds: unknown }),
    ]);
    keep(rows, ids, users);
    unknown = unknown.filter((value) => !ids.has(refKey({ by: 'externalId', value })));
  }
}
