import type { Trust } from '../../engine/catalog.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { encodeId } from '../../graphql/global-id.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import { unstorable } from '../../platform/storable.ts';
import { type AuditAction, type Author, writeAudit } from '../audit/service.ts';
import { ServerKeyEndedError, ServerKeyNotFoundError } from './errors.ts';
import type { KeyRows } from './key-rows.ts';
import { makeKey } from './keys.ts';
import { SCOPES, type Scope, TRUSTS } from './principal.ts';
import { insertKey, type KeyRow, lockKey, readKeys, updateRevoked, updateSecret } from './store.ts';

export type { KeyRow } from './store.ts';

/** A key that is wanted. */
export interface KeyInput {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Null: for ever. */
  readonly days: number | null;
  /** Null: as many as it likes. */
  readonly eventsPerMinute?: number | null;
  /** How far the events it reports are trusted; normal by default. */
  readonly trust?: Trust;
}

/** A key with its text, the only time it is seen. */
export interface ShownKey {
  readonly row: KeyRow;
  readonly key: string;
}

/** Use cases of server keys. */
export interface ServerKeys {
  /** All of them, newest first. */
  list(): Promise<KeyRow[]>;
  /** Makes a key. Throws BAD_USER_INPUT. */
  create(input: KeyInput, author: Author): Promise<ShownKey>;
  /**
   * Gives a key another secret; the one until now is good for `overlapSeconds` more. A secret before that one ends.
   * Throws ServerKeyNotFoundError, ServerKeyEndedError, BAD_USER_INPUT.
   */
  rotate(id: string, overlapSeconds: number, author: Author): Promise<ShownKey>;
  /** Ends a key at once, on open sockets too; nothing happens to one that is revoked. Throws ServerKeyNotFoundError. */
  revoke(id: string, author: Author): Promise<KeyRow>;
}

/** What the use cases stand on. */
export interface ServerKeyParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly environment: string;
  /** Told at once what changed. */
  readonly rows: Pick<KeyRows, 'changed'>;
}

/** Longest that an old secret goes on: 7 days. */
export const MOST_OVERLAP_SECONDS = 7 * 86_400;
const DAY_MS = 86_400_000;
const MOST_EVENTS_PER_MINUTE = 100_000_000;

/** Makes the use cases. */
export function createServerKeys(parts: ServerKeyParts): ServerKeys {
  const { database, rows } = parts;
  return {
    list: () => readKeys(database),
    create: (input, author) => create(parts, input, author),
    async rotate(id, overlapSeconds, author) {
      const shown = await rotate(parts, id, overlapSeconds, author);
      rows.changed(id);
      return shown;
    },
    async revoke(id, author) {
      const row = await revoke(parts, id, author);
      rows.changed(id);
      return row;
    },
  };
}

async function create(parts: ServerKeyParts, input: KeyInput, author: Author): Promise<ShownKey> {
  const { name, days, eventsPerMinute = null, trust = 'normal' } = input;
  const scopes = checked(input);
  const { environment } = parts;
  const id = parts.ids.next();
  const { key, secretHash } = makeKey(environment, id);
  const createdAt = new Date(parts.clock.now());
  const expiresAt = days === null ? null : new Date(createdAt.getTime() + days * DAY_MS);
  const made = { id, name, environment, secretHash, scopes, eventsPerMinute, trust, createdAt, expiresAt };
  await parts.database.transaction(async (transaction) => {
    await insertKey(transaction, made);
    const after = { name, scopes, expiresAt, eventsPerMinute, trust };
    await writeDown(parts, transaction, author, { action: 'KEY_CREATED', id, after });
  });
  return { key, row: { ...made, previousHash: null, previousUntil: null, lastUsedAt: null, revokedAt: null } };
}

function checked({ name, scopes, days, eventsPerMinute = null, trust = 'normal' }: KeyInput): Scope[] {
  const known = scopes.filter((scope): scope is Scope => SCOPES.includes(scope as Scope));
  const unknown = scopes.filter((scope) => !SCOPES.includes(scope as Scope));
  if (unknown.length > 0) throw badUserInput(`Unknown scope ${unknown.join(', ')}; there are ${SCOPES.join(', ')}`);
  if (known.length === 0) throw badUserInput(`A key needs at least one scope of ${SCOPES.join(', ')}`);
  if (!TRUSTS.includes(trust)) throw badUserInput(`Unknown trust ${trust}; there are ${TRUSTS.join(', ')}`);
  if (name.length < 1 || name.length > 100) throw badUserInput('The name of a key has 1 to 100 characters');
  if (unstorable(name) !== null) throw badUserInput(`The name of a key ${unstorable(name)}`);
  if (days !== null && !(days > 0 && days <= 3_650)) throw badUserInput('A key lives 1 to 3650 days');
  if (eventsPerMinute !== null && !(eventsPerMinute >= 1 && eventsPerMinute <= MOST_EVENTS_PER_MINUTE))
    throw badUserInput(`A key may have 1 to ${MOST_EVENTS_PER_MINUTE} events a minute`);
  return [...new Set(known)];
}

async function rotate(parts: ServerKeyParts, id: string, overlapSeconds: number, author: Author): Promise<ShownKey> {
  if (!(overlapSeconds >= 0 && overlapSeconds <= MOST_OVERLAP_SECONDS))
    throw badUserInput(`An old secret goes on for 0 to ${MOST_OVERLAP_SECONDS} s`);
  return parts.database.transaction(async (transaction) => {
    const row = await lockKey(transaction, id);
    if (row === null) throw new ServerKeyNotFoundError();
    const now = parts.clock.now();
    if (row.revokedAt !== null || (row.expiresAt !== null && row.expiresAt.getTime() <= now))
      throw new ServerKeyEndedError();
    const { key, secretHash } = makeKey(row.environment, id);
    const previousUntil = new Date(now + overlapSeconds * 1_000);
    await updateSecret(transaction, { id, secretHash, previousUntil });
    await writeDown(parts, transaction, author, { action: 'KEY_ROTATED', id, after: { overlapSeconds } });
    return { key, row: { ...row, secretHash, previousHash: row.secretHash, previousUntil } };
  });
}

function revoke(parts: ServerKeyParts, id: string, author: Author): Promise<KeyRow> {
  return parts.database.transaction(async (transaction) => {
    const row = await lockKey(transaction, id);
    if (row === null) throw new ServerKeyNotFoundError();
    if (row.revokedAt !== null) return row;
    const revokedAt = new Date(parts.clock.now());
    await updateRevoked(transaction, id, revokedAt);
    await writeDown(parts, transaction, author, { action: 'KEY_REVOKED', id, before: { name: row.name } });
    return { ...row, revokedAt };
  });
}

function writeDown(
  parts: ServerKeyParts,
  transaction: Transaction,
  author: Author,
  {
    id,
    ...what
  }: { readonly action: AuditAction; readonly id: string; readonly before?: object; readonly after?: object },
): Promise<void> {
  return writeAudit(parts, transaction, author, { ...what, subject: encodeId('ServerKey', id) });
}
