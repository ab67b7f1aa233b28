import type { Transaction } from '../../platform/database.ts';
import { UsernameTakenError } from '../users/errors.ts';
import { type AddUserParts, addUser, type UserInput } from '../users/service.ts';
import { openSession, type SessionParts, type SignedIn } from './sessions.ts';

/** What making users who sign in stands on. */
export type NewcomerParts = SessionParts & AddUserParts;

/** Made names are 8 letters of 31; a few tries are plenty. */
const MOST_TRIES = 5;

/**
 * Makes a user, gives it its way to sign in, and signs it in, in one transaction.
 * @throws InvalidUserError, UsernameTakenError, EmailTakenError, and whatever `equip` throws
 */
export async function makeUser(
  parts: NewcomerParts,
  { user, device }: { readonly user: UserInput; readonly device: string | null },
  equip: (transaction: Transaction, userId: string) => Promise<void>,
): Promise<SignedIn> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const opened = await parts.database.transaction(async (transaction) => {
        const userId = await addUser(parts, transaction, user);
        await equip(transaction, userId);
        return openSession(parts, transaction, { userId, device });
      });
      opened.committed();
      return opened.signedIn;
    } catch (error) {
      const ownName = user.username != null;
      if (!(error instanceof UsernameTakenError) || ownName || attempt === MOST_TRIES) throw error;
    }
  }
}
