import type { UserInput } from '../users/service.ts';
import type { AccountParts } from './accounts.ts';
import { AccountTakenError, InvalidCredentialsError, SignInMethodOffError } from './errors.ts';
import { deleteDevices, insertIdentity, readIdentity } from './identity-store.ts';
import { makeUser } from './newcomers.ts';
import { lockUser } from './session-store.ts';
import { openSession, type SignedIn } from './sessions.ts';
import { type TelegramUser, verifyInitData } from './telegram.ts';

/** What signing in with Telegram stands on. */
export type TelegramParts = AccountParts & { readonly telegramBotToken: string | null };

/**
 * Signs in whom Telegram vouches for; the first time makes the user.
 * @throws InvalidCredentialsError for init data that does not verify, UserBlockedError, SignInMethodOffError
 */
export async function signInWithTelegram(
  parts: TelegramParts,
  { initData, device }: { readonly initData: string; readonly device: string | null },
): Promise<SignedIn> {
  const account = vouchedFor(parts, initData);
  const known = await readIdentity(parts.database, 'TELEGRAM', account.id);
  if (known !== null) return enter(parts, known, device);
  try {
    return await makeUser(parts, { user: newUserOf(account), device }, async (transaction, userId) => {
      const identity = { kind: 'TELEGRAM', subject: account.id, userId, at: new Date(parts.clock.now()) } as const;
      if (!(await insertIdentity(transaction, identity))) throw new AccountTakenError();
    });
  } catch (error) {
    if (!(error instanceof AccountTakenError)) throw error;
    // It came twice at once; the other call made the user.
    const made = await readIdentity(parts.database, 'TELEGRAM', account.id);
    if (made === null) throw error;
    return enter(parts, made, device);
  }
}

/**
 * Lets a user sign in with Telegram from now on; its device tokens end. Nothing happens where it does already.
 * @throws InvalidCredentialsError, AccountTakenError when somebody else does, SignInMethodOffError
 */
export async function linkTelegram(parts: TelegramParts, userId: string, initData: string): Promise<void> {
  const { id: subject } = vouchedFor(parts, initData);
  await parts.database.transaction(async (transaction) => {
    await lockUser(transaction, userId);
    const at = new Date(parts.clock.now());
    const isNew = await insertIdentity(transaction, { kind: 'TELEGRAM', subject, userId, at });
    if (!isNew && (await readIdentity(transaction, 'TELEGRAM', subject)) !== userId) throw new AccountTakenError();
    await deleteDevices(transaction, userId);
  });
}

function vouchedFor({ telegramBotToken, clock }: TelegramParts, initData: string): TelegramUser {
  if (telegramBotToken === null) throw new SignInMethodOffError();
  const account = verifyInitData(telegramBotToken, initData, clock.now());
  if (account === null) throw new InvalidCredentialsError();
  return account;
}

async function enter(parts: TelegramParts, userId: string, device: string | null): Promise<SignedIn> {
  const opened = await parts.database.transaction((transaction) => openSession(parts, transaction, { userId, device }));
  opened.committed();
  return opened.signedIn;
}

/** What Telegram says of a person is taken as far as a user may have it. */
function newUserOf({ firstName, languageCode }: TelegramUser): UserInput {
  const displayName = firstName
    .toWellFormed()
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, 100)
    .toWellFormed();
  const locale = languageCode !== null && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(languageCode) ? languageCode : null;
  return { displayName: displayName === '' ? null : displayName, locale };
}
