import { randomBytes } from 'node:crypto';
import { encodeId } from '../../graphql/global-id.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import { type Author, START, writeAudit } from '../audit/service.ts';
import { type AccountParts, type SignUpInput, signUp } from '../auth/accounts.ts';
import { InvalidCredentialsError } from '../auth/errors.ts';
import { hashSecret } from '../auth/keys.ts';
import type { SignedIn } from '../auth/sessions.ts';
import { hasAdmin, hasInvite, insertInvite, takeInvite, updateRole } from './store.ts';

/** What inviting stands on. */
export interface InviteParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** What lets somebody in as an admin: once, until a moment. */
export interface Invite {
  /** Shown once: only a hash is kept. */
  readonly token: string;
  readonly expiresAt: Date;
}

/** How long an invitation is good: 1 h. */
export const INVITE_MS = 3_600_000;

/** Makes an invitation for claimAdmin. */
export async function inviteAdmin(parts: InviteParts, author: Author): Promise<Invite> {
  const token = `la_${randomBytes(32).toString('base64url')}`;
  const at = new Date(parts.clock.now());
  const expiresAt = new Date(at.getTime() + INVITE_MS);
  const id = parts.ids.next();
  await parts.database.transaction(async (transaction) => {
    await insertInvite(transaction, { id, secretHash: hashSecret(token), at, expiresAt });
    const subject = encodeId('AdminInvite', id);
    await writeAudit(parts, transaction, author, { action: 'ADMIN_INVITED', subject, after: { expiresAt } });
  });
  return { token, expiresAt };
}

/** Makes an invitation where there is no admin yet; null where there is one. */
export async function inviteFirstAdmin(parts: InviteParts): Promise<Invite | null> {
  return (await hasAdmin(parts.database)) ? null : inviteAdmin(parts, START);
}

/** Who becomes an admin. */
export interface ClaimInput extends SignUpInput {
  readonly token: string;
  readonly requestId: string;
}

/**
 * Makes an account with the role ADMIN and signs it in. The invitation ends, and all others with it.
 * @throws InvalidCredentialsError for a token that is not good, InvalidUserError, UsernameTakenError: then it goes on
 */
export async function claimAdmin(parts: AccountParts, { token, requestId, ...account }: ClaimInput): Promise<SignedIn> {
  const secretHash = hashSecret(token);
  // Hashing a password is dear: nobody is given it for a guess.
  if (!(await hasInvite(parts.database, secretHash, new Date(parts.clock.now())))) throw new InvalidCredentialsError();
  return signUp(parts, account, async (transaction, userId) => {
    const at = new Date(parts.clock.now());
    if (!(await takeInvite(transaction, secretHash, at))) throw new InvalidCredentialsError();
    await updateRole(transaction, { userId, role: 'ADMIN', at });
    const author = { actor: `admin ${userId}`, requestId, isAdmin: true };
    await writeAudit(parts, transaction, author, { action: 'ADMIN_CLAIMED', subject: encodeId('User', userId) });
  });
}
