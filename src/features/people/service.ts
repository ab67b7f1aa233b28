import { encodeId } from '../../graphql/global-id.ts';
import { type Author, writeAudit } from '../audit/service.ts';
import type { AccountParts } from '../auth/accounts.ts';
import type { Role } from '../auth/principal.ts';
import type { SignedIn } from '../auth/sessions.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { resolveUserId } from '../users/service.ts';
import { readUserRef, type UserRefInput } from '../users/user-ref.ts';
import { LastAdminError } from './errors.ts';
import { type ClaimInput, claimAdmin, type Invite, inviteFirstAdmin } from './invites.ts';
import { lockWithAdmins, type RoleRow, readPeople, updateRole } from './store.ts';

/** Use cases of those who run the game. */
export interface PeopleService {
  /** Everybody who has a role, by role and age. */
  list(): Promise<RoleRow[]>;
  /**
   * Sets the role of a user, null takes it away; good at once, also for tokens that are out. Answers the user's id.
   * Throws UserNotFoundError, LastAdminError.
   */
  setRole(request: RoleRequest): Promise<string>;
  /** What makes the first admin; null where there is one. */
  inviteFirst(): Promise<Invite | null>;
  /** Makes an account that is an admin. Throws InvalidCredentialsError, InvalidUserError, UsernameTakenError. */
  claim(input: ClaimInput): Promise<SignedIn>;
}

/** Who becomes what. */
export interface RoleRequest {
  readonly user: UserRefInput;
  readonly role: Role | null;
  readonly author: Author;
}

/** Makes the use cases. */
export function createPeopleService(parts: AccountParts): PeopleService {
  const { database, access } = parts;
  return {
    list: () => readPeople(database),
    async setRole(request) {
      const userId = await writeRole(parts, request);
      void access.changed(userId);
      return userId;
    },
    inviteFirst: () => inviteFirstAdmin(parts),
    claim: (input) => claimAdmin(parts, input),
  };
}

function writeRole(parts: AccountParts, { user, role, author }: RoleRequest): Promise<string> {
  return parts.database.transaction(async (transaction) => {
    const userId = await resolveUserId(transaction, user);
    const rows = await lockWithAdmins(transaction, userId);
    const found = rows.find(({ id }) => id === userId);
    if (found === undefined) throw new UserNotFoundError(readUserRef(user));
    if (found.role === role) return userId;
    if (found.role === 'ADMIN' && rows.length === 1) throw new LastAdminError();
    await updateRole(transaction, { userId, role, at: new Date(parts.clock.now()) });
    const changed = { before: { role: found.role }, after: { role } };
    await writeAudit(parts, transaction, author, { action: 'ROLE_SET', subject: encodeId('User', userId), ...changed });
    return userId;
  });
}
