import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { Scope } from './principal.ts';

/** A server key as it is kept: never the secret. */
export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly environment: string;
  readonly secretHash: Uint8Array;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** The key with this id; null where absent. */
export async function readKey(on: Queryable, id: string): Promise<KeyRow | null> {
  const rows = await on.query<KeyRow>(sql`/* auth.read_key */
    select id, name, environment, secret_hash as "secretHash", scopes, created_at as "createdAt", expires_at as "expiresAt",
      revoked_at as "revokedAt"
    from api_keys where id = ${id}::uuid`);
  return rows[0] ?? null;
}

/** Adds a key. */
export async function insertKey(on: Queryable, key: Omit<KeyRow, 'revokedAt'>): Promise<void> {
  await on.query(sql`/* auth.insert_key */
    insert into api_keys (id, name, environment, secret_hash, scopes, created_at, expires_at)
    values (${key.id}::uuid, ${key.name}, ${key.environment}, ${key.secretHash}::bytea, ${key.scopes}::text[],
      ${key.createdAt}::timestamptz, ${key.expiresAt}::timestamptz)`);
}
