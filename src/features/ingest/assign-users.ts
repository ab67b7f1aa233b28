import type { Transaction } from '../../platform/database.ts';
import { hasScope } from '../auth/principal.ts';
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

/** Users whom events name first and who may be made: `assignUsers` wants them told, in a transaction that holds no lock yet. */
export class NewcomersError extends Error {
  readonly externalIds: readonly string[];

  constructor(externalIds: readonly string[]) {
    super(`${externalIds.length} users are to be made first`);
    this.name = 'NewcomersError';
    this.externalIds = externalIds;
  }
}

/**
 * Locks the users whom the events name and groups the events by them. `newcomers` are made before, while nothing is locked: who waits
 * for somebody else's insert must hold no user whom that one may want next. Who is unknown is answered with a refusal, in `outcomes`.
 * @throws NewcomersError naming unknown users who may be made and are no `newcomers`
 */
export async function assignUsers(
  parts: IngestParts,
  transaction: Transaction,
  { live, at, newcomers }: { readonly live: LiveCatalog; readonly at: Date; readonly newcomers: readonly string[] },
  events: readonly PlacedEvent[],
  outcomes: Map<number, RecordOutcome>,
): Promise<Assigned> {
  const mayCreate = live.catalog.users.create === 'onFirstEvent';
  if (mayCreate) await create(parts, transaction, { live, at }, newcomers);
  const refs = new Map(events.map(({ event }) => [refKey(event.user), event.user]));
  const { ids, users } = await lockRefs(transaction, [...refs.values()]);
  const unknown = new Set<string>();
  for (const { principal, event } of mayCreate ? events : []) {
    const { by, value } = event.user;
    if (hasScope(principal, 'events:write') && by === 'externalId' && !ids.has(refKey(event.user))) unknown.add(value);
  }
  const told = new Set(newcomers);
  if ([...unknown].some((value) => !told.has(value))) throw new NewcomersError([...unknown]);
  const byUser = new Map<string, Placed[]>();
  for (const { place, id, isHistory, principal, event } of events) {
    const userId = ids.get(refKey(event.user));
    if (principal.kind === 'player' && userId !== principal.userId && !hasScope(principal, 'events:write')) {
      // A player reports for itself; somebody else and nobody at all are answered alike.
      outcomes.set(place, new EventNotAllowedError(event.type));
    } else if (userId === undefined) {
      // Whom five made names did not find a free one for is not absent: it may be sent again.
      const isMade = event.user.by === 'externalId' && unknown.has(event.user.value);
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
  for (const row of await lockNamed(transaction, named)) {
    users.set(row.id, row);
    ids.set(refKey({ by: 'id', value: row.id }), row.id);
    if (row.externalId !== null) ids.set(refKey({ by: 'externalId', value: row.externalId }), row.id);
  }
  for (const [key, id] of ids) if (!users.has(id)) ids.delete(key);
  return { ids, users };
}

/** Made usernames may collide, and somebody else may create the same user meanwhile: a few tries are plenty. */
const MOST_TRIES = 5;

async function create(
  parts: IngestParts,
  transaction: Transaction,
  { live, at }: { readonly live: LiveCatalog; readonly at: Date },
  newcomers: readonly string[],
): Promise<void> {
  let unknown = newcomers;
  for (let attempt = 1; unknown.length > 0 && attempt <= MOST_TRIES; attempt += 1) {
    const refs = unknown.map((value): UserRef => ({ by: 'externalId', value }));
    const [, known] = await Promise.all([
      createUnknown(transaction, unknown, { ...parts, catalogVersion: live.version, at }),
      resolveUserRefs(transaction, refs),
    ]);
    unknown = refs.filter((ref) => !known.has(refKey(ref))).map(({ value }) => value);
  }
}
