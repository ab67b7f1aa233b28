import type { Transaction } from '../../platform/database.ts';
import { InvalidUserError } from '../users/errors.ts';
import { changeUser, type UserInput } from '../users/service.ts';
import { InvalidCredentialsError, PasswordAlreadySetError } from './errors.ts';
import { deleteDevices } from './identity-store.ts';
import { makeUser, type NewcomerParts } from './newcomers.ts';
import { insertPassword, readLogin, readPassword, updatePassword } from './password-store.ts';
import { checkPassword, type Passwords } from './passwords.ts';
import { endSessions, lockUser } from './session-store.ts';
import { openSession, type SignedIn } from './sessions.ts';
import type { SignInThrottle } from './throttle.ts';

/** What accounts with passwords stand on. */
export type AccountParts = NewcomerParts & { readonly passwords: Passwords; readonly throttle: SignInThrottle };

/** What a new account consists of. */
export interface SignUpInput {
  readonly user: Pick<UserInput, 'email' | 'displayName' | 'timezone' | 'locale'> & { readonly username: string };
  readonly password: string;
  readonly device: string | null;
}

/**
 * Makes a user with a password and signs it in; what `equip` does is of the same transaction.
 * @throws InvalidUserError, UsernameTakenError, EmailTakenError, and whatever `equip` throws
 */
export async function signUp(
  parts: AccountParts,
  { user, password, device }: SignUpInput,
  equip: (transaction: Transaction, userId: string) => Promise<void> = async () => undefined,
): Promise<SignedIn> {
  checkUsername(user.username);
  checkPassword(password);
  const hash = await parts.passwords.hash(password);
  return makeUser(parts, { user, device }, async (transaction, userId) => {
    await insertPassword(transaction, userId, hash, new Date(parts.clock.now()));
    await equip(transaction, userId);
  });
}

/** Who signs in, and from where. */
export interface SignInInput {
  /** Username or e-mail address. */
  readonly login: string;
  readonly password: string;
  readonly device: string | null;
  readonly address: string;
}

/**
 * Signs in with a username or an e-mail address. Who is unknown, who has no password, and a wrong password cost the same work and are
 * answered alike.
 * @throws InvalidCredentialsError, UserBlockedError once the password was right, RATE_LIMITED after too many failures
 */
export async function signIn(
  parts: AccountParts,
  { login, password, device, address }: SignInInput,
): Promise<SignedIn> {
  const found = await readLogin(parts.database, login);
  const attempt = { account: found?.userId ?? login.toLowerCase(), address };
  await parts.throttle.take(attempt);
  const fits = await parts.passwords.verify(password, found?.hash ?? null);
  if (found === null || !fits) throw new InvalidCredentialsError();
  await parts.throttle.clear(attempt);
  const { userId } = found;
  const opened = await parts.database.transaction((transaction) => openSession(parts, transaction, { userId, device }));
  opened.committed();
  return opened.signedIn;
}

/**
 * Gives a user who has none a password to sign in with, and its names. It stays the same user, with its sessions; its device tokens
 * end, so that nobody goes round the password.
 * @throws InvalidUserError, UsernameTakenError, EmailTakenError, PasswordAlreadySetError
 */
export async function linkPassword(
  parts: AccountParts,
  userId: string,
  { user, password }: Pick<SignUpInput, 'password'> & { readonly user: Pick<UserInput, 'username' | 'email'> },
): Promise<void> {
  if (user.username != null) checkUsername(user.username);
  checkPassword(password);
  const hash = await parts.passwords.hash(password);
  await parts.database.transaction(async (transaction) => {
    const at = new Date(parts.clock.now());
    await lockUser(transaction, userId);
    if (!(await insertPassword(transaction, userId, hash, at))) throw new PasswordAlreadySetError();
    await changeUser(parts, transaction, userId, user);
    await deleteDevices(transaction, userId);
  });
}

/**
 * Changes the password of a user and ends its sessions but `sessionId`.
 * @throws InvalidCredentialsError when the current one is another, InvalidUserError, RATE_LIMITED after too many failures
 */
export async function changePassword(
  parts: AccountParts,
  { userId, sessionId }: { readonly userId: string; readonly sessionId: string | null },
  { current, next, address }: Readonly<Record<'current' | 'next' | 'address', string>>,
): Promise<void> {
  checkPassword(next);
  const attempt = { account: userId, address };
  await parts.throttle.take(attempt);
  const from = await readPassword(parts.database, userId);
  if (!(await parts.passwords.verify(current, from)) || from === null) throw new InvalidCredentialsError();
  await parts.throttle.clear(attempt);
  const to = await parts.passwords.hash(next);
  const ended = await parts.database.transaction(async (transaction) => {
    await lockUser(transaction, userId);
    const isChanged = await updatePassword(transaction, userId, { from, to, at: new Date(parts.clock.now()) });
    if (!isChanged) throw new InvalidCredentialsError();
    return endSessions(transaction, userId, sessionId);
  });
  if (ended > 0) void parts.access.changed(userId);
}

/** A username that reads like an address would take the sign-in of whoever has that address. */
function checkUsername(username: string): void {
  if (username.includes('@')) throw new InvalidUserError([{ path: 'username', message: 'holds an @' }]);
}
