import type { Queryable } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { Role } from './principal.ts';

/** Whether a user may come in at this moment. */
export interface UserAccess {
  readonly userId: string;
  readonly blockedUntil: Date | null;
  readonly role: Role | null;
  /** Boards show it to nobody but itself. */
  readonly quarantined: boolean;
  /** Its live sessions. */
  readonly sessionIds: readonly string[];
}

/** How these users stand, in one statement. Who is absent is left out. */
export async function readAccess(on: Queryable, userIds: readonly string[]): Promise<UserAccess[]> {
  return on.query<UserAccess>(sql`/* auth.read_access */
    select u.id as "userId", u.blocked_until as "blockedUntil", u.role, u.quarantined_at is not null as quarantined,
      array(select s.id from sessions s where s.user_id = u.id) as "sessionIds"
    from users u where u.id = any(${userIds}::uuid[])`);
}
