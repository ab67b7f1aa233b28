import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';

/** Who signs in with a name, and the hash of the password; null where there is none. */
export interface LoginRow {
  readonly userId: string;
  readonly hash: string | null;
}

/** The user with this e-mail address or username, whatever the case; of two the one with the address. Null where absent. */
export async function readLogin(on: Queryable, login: string): Promise<LoginRow | null> {
  const rows = await on.query<LoginRow>(sql`/* auth.read_login */
    select u.id as "userId", p.hash from users u left join passwords p on p.user_id = u.id
    where lower(u.email) = lower(${login}) or lower(u.username) = lower(${login})
    order by coalesce(lower(u.email) = lower(${login}), false) desc limit 1`);
  return rows[0] ?? null;
}

/** The hash of a user's password; null where it has none. */
export async function readPassword(on: Queryable, userId: string): Promise<string | null> {
  const rows = await on.query<{ hash: string }>(sql`/* auth.read_password */
    select hash from passwords where user_id = ${userId}::uuid`);
  return rows[0]?.hash ?? null;
}

/** Gives a user a password. Answers false when it has one. */
export async function insertPassword(on: Queryable, userId: string, hash: string, at: Date): Promise<boolean> {
  const rows = await on.query(sql`/* auth.insert_password */
    insert into passwords (user_id, hash, changed_at) values (${userId}::uuid, ${hash}, ${at}::timestamptz)
    on conflict do nothing returning user_id`);
  return rows.length > 0;
}

/** Changes a password that is still the old one. Answers false when it is not. */
export async function updatePassword(
  on: Queryable,
  userId: string,
  { from, to, at }: { readonly from: string; readonly to: string; readonly at: Date },
): Promise<boolean> {
  const rows = await on.query(sql`/* auth.update_password */
    update passwords set hash = ${to}, changed_at = ${at}::timestamptz
    where user_id = ${userId}::uuid and hash = ${from} returning user_id`);
  return rows.length > 0;
}
