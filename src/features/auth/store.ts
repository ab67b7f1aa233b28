import type { Trust } from '../../engine/catalog.ts';
import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { Scope } from './principal.ts';

/** A server key as it is kept: never the secret. */
export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly environment: string;
  readonly secretHash: Uint8Array;
  /** Of the secret before the last rotation, good until `previousUntil`. */
  readonly previousHash: Uint8Array | null;
  readonly previousUntil: Date | null;
  readonly scopes: readonly Scope[];
  /** Null: as many as it likes. */
  readonly eventsPerMinute: number | null;
  /** How far the events it reports are trusted. */
  readonly trust: Trust;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  /** To the minute. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

const columns = sql`id, name, environment, secret_hash as "secretHash", previous_hash as "previousHash",
      previous_until as "previousUntil", scopes, events_per_minute as "eventsPerMinute", trust, created_at as "createdAt",
      expires_at as "expiresAt", last_used_at as "lastUsedAt", revoked_at as "revokedAt"`;

/** The key with this id; null where absent. */
export async function readKey(on: Queryable, id: string): Promise<KeyRow | null> {
  const rows = await on.query<KeyRow>(sql`/* auth.read_key */ select ${columns} from api_keys where id = ${id}::uuid`);
  return rows[0] ?? null;
}

/** Locks a key; null where absent. */
export async function lockKey(transaction: Transaction, id: string): Promise<KeyRow | null> {
  const rows = await transaction.query<KeyRow>(sql`/* auth.lock_key */
    select ${columns} from api_keys where id = ${id}::uuid for update`);
  return rows[0] ?? null;
}

/** All keys, newest first. */
export async function readKeys(on: Queryable): Promise<KeyRow[]> {
  return on.query<KeyRow>(sql`/* auth.read_keys */ select ${columns} from api_keys order by id desc`);
}

/** A key that is made. */
export type NewKeyRow = Omit<KeyRow, 'revokedAt' | 'previousHash' | 'previousUntil' | 'lastUsedAt'>;

/** Adds a key. */
export async function insertKey(transaction: Transaction, key: NewKeyRow): Promise<void> {
  await transaction.query(sql`/* auth.insert_key */
    insert into api_keys (id, name, environment, secret_hash, scopes, events_per_minute, trust, created_at, expires_at)
    values (${key.id}::uuid, ${key.name}, ${key.environment}, ${key.secretHash}::bytea, ${key.scopes}::text[],
      ${key.eventsPerMinute}::int, ${key.trust}, ${key.createdAt}::timestamptz, ${key.expiresAt}::timestamptz)`);
}

/** Gives a locked key another secret; the one until now is good until a moment. */
export async function updateSecret(
  transaction: Transaction,
  { id, secretHash, previousUntil }: Pick<KeyRow, 'id' | 'secretHash'> & { readonly previousUntil: Date },
): Promise<void> {
  await transaction.query(sql`/* auth.update_secret */
    update api_keys set previous_hash = secret_hash, previous_until = ${previousUntil}::timestamptz,
      secret_hash = ${secretHash}::bytea
    where id = ${id}::uuid`);
}

/** Ends a locked key. */
export async function updateRevoked(transaction: Transaction, id: string, at: Date): Promise<void> {
  await transaction.query(sql`/* auth.revoke_key */
    update api_keys set revoked_at = ${at}::timestamptz where id = ${id}::uuid`);
}

/** Notes that a key was used, unless another process did so less than a minute before. */
export async function updateUsed(on: Queryable, id: string, at: Date): Promise<void> {
  await on.query(sql`/* auth.key_used */
    update api_keys set last_used_at = ${at}::timestamptz
    where id = ${id}::uuid and (last_used_at is null or last_used_at <= ${at}::timestamptz - interval '1 minute')`);
}
