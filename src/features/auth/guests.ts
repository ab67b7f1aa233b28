import { hash, randomBytes } from 'node:crypto';
import type { UserInput } from '../users/service.ts';
import { InvalidCredentialsError } from './errors.ts';
import { insertIdentity, readIdentity } from './identity-store.ts';
import { makeUser, type NewcomerParts } from './newcomers.ts';
import { openSession, type SignedIn } from './sessions.ts';

/** How a guest comes. */
export interface GuestInput {
  /** What an earlier answer gave; null makes a new guest. */
  readonly deviceToken: string | null;
  /** Of a new guest. */
  readonly user: Pick<UserInput, 'displayName' | 'timezone' | 'locale'>;
  readonly device: string | null;
}

/** A guest who is in. */
export interface GuestSignedIn extends SignedIn {
  /** Signs the same guest in again; null where it was given. Shown once: only a hash is kept. */
  readonly deviceToken: string | null;
}

const FORM = /^ld_[A-Za-z0-9_-]{43}$/;

/**
 * Signs a guest in. The server makes the device token: 32 random bytes are nobody's guess, what a client chooses may be.
 * @throws InvalidCredentialsError for a device token that nobody has, UserBlockedError, InvalidUserError
 */
export async function signInAsGuest(parts: NewcomerParts, input: GuestInput): Promise<GuestSignedIn> {
  const { database, clock } = parts;
  const { deviceToken, user, device } = input;
  if (deviceToken !== null) {
    const userId = FORM.test(deviceToken) ? await readIdentity(database, 'DEVICE', subjectOf(deviceToken)) : null;
    if (userId === null) throw new InvalidCredentialsError();
    const opened = await database.transaction((transaction) => openSession(parts, transaction, { userId, device }));
    opened.committed();
    return { ...opened.signedIn, deviceToken: null };
  }
  const made = `ld_${randomBytes(32).toString('base64url')}`;
  const signedIn = await makeUser(parts, { user, device }, async (transaction, userId) => {
    const at = new Date(clock.now());
    await insertIdentity(transaction, { kind: 'DEVICE', subject: subjectOf(made), userId, at });
  });
  return { ...signedIn, deviceToken: made };
}

function subjectOf(deviceToken: string): string {
  return hash('sha256', deviceToken, 'hex');
}
