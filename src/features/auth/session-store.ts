import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** A session as it is kept: never a token. */
export interface SessionRow {
  readonly id: string;
  readonly userId: string;
  readonly refreshHash: Uint8Array;
  readonly previousHash: Uint8Array | null;
  readonly rotatedAt: Date;
  readonly device: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** A user's row as signing in needs it. */
export interface SignInRow {
  readonly blockedUntil: Date | null;
}

const columns = sql`s.id, s.user_id as "userId", s.refresh_hash as "refreshHash", s.previous_hash as "previousHash",
      s.rotated_at as "rotatedAt", s.device, s.created_at as "createdAt", s.expires_at as "expiresAt"`;

/** Locks a user, before its sessions: whoever takes both takes them in this order. Null where absent. */
export async function lockUser(transaction: Transaction, userId: string): Promise<SignInRow | null> {
  const rows = await transaction.query<SignInRow>(sql`/* auth.lock_user */
    select blocked_until as "blockedUntil" from users where id = ${userId}::uuid for update`);
  return rows[0] ?? null;
}

/** Adds a session of a locked user. */
export async function insertSession(transaction: Transaction, session: SessionRow): Promise<void> {
  await transaction.query(sql`/* auth.insert_session */
    insert into sessions (id, user_id, refresh_hash, previous_hash, rotated_at, device, created_at, expires_at)
    values (${session.id}::uuid, ${session.userId}::uuid, ${session.refreshHash}::bytea, ${session.previousHash}::bytea,
      ${session.rotatedAt}::timestamptz, ${session.device}, ${session.createdAt}::timestamptz, ${session.expiresAt}::timestamptz)`);
}

/** Ends the sessions of a locked user beyond the newest `most`, and those that have expired. Answers how many. */
export async function endOldest(transaction: Transaction, userId: string, most: number, now: Date): Promise<number> {
  const rows = await transaction.query(sql`/* auth.end_oldest */
    delete from sessions where user_id = ${userId}::uuid and id <> all(array(
      select id from sessions where user_id = ${userId}::uuid and expires_at > ${now}::timestamptz
      order by created_at desc, id desc limit ${most}::int))
    returning id`);
  return rows.length;
}

/** Locks a session and answers it with its user's block. Null where it has ended. */
export async function lockSession(transaction: Transaction, id: string): Promise<(SessionRow & SignInRow) | null> {
  const rows = await transaction.query<SessionRow & SignInRow>(sql`/* auth.lock_session */
    select ${columns}, u.blocked_until as "blockedUntil"
    from sessions s join users u on u.id = s.user_id where s.id = ${id}::uuid for update of s`);
  return rows[0] ?? null;
}

/** Sets the refresh token of a locked session; the one before it is remembered. */
export async function rotateSession(
  transaction: Transaction,
  { id, refreshHash, at }: { readonly id: string; readonly refreshHash: Uint8Array; readonly at: Date },
): Promise<void> {
  await transaction.query(sql`/* auth.rotate_session */
    update sessions set previous_hash = refresh_hash, refresh_hash = ${refreshHash}::bytea, rotated_at = ${at}::timestamptz
    where id = ${id}::uuid`);
}

/** Ends one session of a user. Answers whether it was there. */
export async function endSession(on: Queryable, userId: string, id: string): Promise<boolean> {
  const rows = await on.query(sql`/* auth.end_session */
    delete from sessions where id = ${id}::uuid and user_id = ${userId}::uuid returning id`);
  return rows.length > 0;
}

/** Ends the sessions of a locked user, but for one. Answers how many. */
export async function endSessions(transaction: Transaction, userId: string, except: string | null): Promise<number> {
  const rows = await transaction.query(sql`/* auth.end_sessions */
    delete from sessions where user_id = ${userId}::uuid and id is distinct from ${except}::uuid returning id`);
  return rows.length;
}

/** The live sessions of a user, newest first. */
export async function readSessions(on: Queryable, userId: string, now: Date): Promise<SessionRow[]> {
  return on.query<SessionRow>(sql`/* auth.read_sessions */
    select ${columns} from sessions s where s.user_id = ${userId}::uuid and s.expires_at > ${now}::timestamptz
    order by s.created_at desc, s.id desc`);
}

/** Deletes sessions that have expired, as many as `most`. Answers how many. */
export async function deleteExpired(on: Queryable, now: Date, most: number): Promise<number> {
  const rows = await on.query(sql`/* auth.delete_expired */
    delete from sessions where id in (
      select id from sessions where expires_at <= ${now}::timestamptz order by expires_at limit ${most}::int for update skip locked)
    returning id`);
  return rows.length;
}
