import type { Queryable, Transaction } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { Role } from '../auth/principal.ts';

/** A user with its role. */
export interface RoleRow {
  readonly id: string;
  readonly role: Role | null;
}

/** Locks a user together with all admins, in the order of their ids, so that two cannot take each other's role at once. */
export async function lockWithAdmins(transaction: Transaction, userId: string): Promise<RoleRow[]> {
  return transaction.query<RoleRow>(sql`/* people.lock_with_admins */
    select id, role from users where id = ${userId}::uuid or role = 'ADMIN' order by id for update`);
}

/** Sets the role of a locked user. */
export async function updateRole(
  transaction: Transaction,
  { userId, role, at }: { readonly userId: string; readonly role: Role | null; readonly at: Date },
): Promise<void> {
  await transaction.query(sql`/* people.update_role */
    update users set role = ${role}::text, updated_at = ${at}::timestamptz where id = ${userId}::uuid`);
}

/** The role of a user; null for a player and where absent. */
export async function readRole(on: Queryable, userId: string): Promise<Role | null> {
  const rows = await on.query<RoleRow>(sql`/* people.role */ select id, role from users where id = ${userId}::uuid`);
  return rows[0]?.role ?? null;
}

/** Everybody who has a role, by role and age. */
export async function readPeople(on: Queryable): Promise<RoleRow[]> {
  return on.query<RoleRow>(sql`/* people.list */
    select id, role from users where role is not null order by role, id`);
}

/** Whether there is an admin. */
export async function hasAdmin(on: Queryable): Promise<boolean> {
  const rows = await on.query(sql`/* people.has_admin */ select id from users where role = 'ADMIN' limit 1`);
  return rows.length > 0;
}

/** Adds an invitation, and deletes those that have expired. */
export async function insertInvite(
  transaction: Transaction,
  { id, secretHash, at, expiresAt }: { id: string; secretHash: Uint8Array; at: Date; expiresAt: Date },
): Promise<void> {
  await transaction.query(sql`/* people.delete_expired_invites */
    delete from admin_invites where expires_at <= ${at}::timestamptz`);
  await transaction.query(sql`/* people.insert_invite */
    insert into admin_invites (id, secret_hash, created_at, expires_at)
    values (${id}::uuid, ${secretHash}::bytea, ${at}::timestamptz, ${expiresAt}::timestamptz)`);
}

/** Whether the invitation with this hash is good. */
export async function hasInvite(on: Queryable, secretHash: Uint8Array, now: Date): Promise<boolean> {
  const rows = await on.query(sql`/* people.has_invite */
    select id from admin_invites where secret_hash = ${secretHash}::bytea and expires_at > ${now}::timestamptz`);
  return rows.length > 0;
}

/** Takes the invitation, and all others with it. Answers whether it was good: of many at once exactly one is told so. */
export async function takeInvite(transaction: Transaction, secretHash: Uint8Array, now: Date): Promise<boolean> {
  const rows = await transaction.query(sql`/* people.take_invite */
    delete from admin_invites where secret_hash = ${secretHash}::bytea and expires_at > ${now}::timestamptz returning id`);
  if (rows.length === 0) return false;
  await transaction.query(sql`/* people.delete_invites */ delete from admin_invites`);
  return true;
}
