import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** A way to sign in other than a password. */
export type IdentityKind = 'DEVICE' | 'TELEGRAM';

/** Who signs in so; null where nobody does. */
export async function readIdentity(on: Queryable, kind: IdentityKind, subject: string): Promise<string | null> {
  const rows = await on.query<{ userId: string }>(sql`/* auth.read_identity */
    select user_id as "userId" from identities where kind = ${kind} and subject = ${subject}`);
  return rows[0]?.userId ?? null;
}

/** Adds a way to sign in. Answers false when somebody has it already. */
export async function insertIdentity(
  on: Queryable,
  { kind, subject, userId, at }: Readonly<Record<'subject' | 'userId', string>> & { kind: IdentityKind; at: Date },
): Promise<boolean> {
  const rows = await on.query(sql`/* auth.insert_identity */
    insert into identities (kind, subject, user_id, created_at)
    values (${kind}, ${subject}, ${userId}::uuid, ${at}::timestamptz)
    on conflict do nothing returning subject`);
  return rows.length > 0;
}

/** Takes the device tokens of a user away. */
export async function deleteDevices(on: Queryable, userId: string): Promise<void> {
  await on.query(sql`/* auth.delete_devices */
    delete from identities where user_id = ${userId}::uuid and kind = 'DEVICE'`);
}
