import { encodeId } from '../../graphql/global-id.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import { type Author, writeAudit } from '../audit/service.ts';
import { lockUsers } from '../state/service.ts';
import { wholeTouchedRow } from '../state/touched.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { resolveUserId } from '../users/service.ts';
import { readUserRef, type UserRefInput } from '../users/user-ref.ts';
import { writeHidden } from './hiding-store.ts';

/** What a moderator decides. */
export interface HideRequest {
  readonly user: UserRefInput;
  readonly hidden: boolean;
  /** Told to other systems with it. */
  readonly reason: string | null;
  readonly author: Author;
}

/** What hiding stands on. */
export interface HidingParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
}

/**
 * Writes whether boards may show a user, and announces it where that is new. Answers the user's id.
 * @throws UserNotFoundError
 */
export async function hideUser(parts: HidingParts, request: HideRequest): Promise<string> {
  const { database, clock, ids } = parts;
  const { hidden, reason, author } = request;
  return database.transaction(async (transaction) => {
    const userId = await resolveUserId(transaction, request.user);
    const [user] = await lockUsers(transaction, [userId]);
    if (user === undefined) throw new UserNotFoundError(readUserRef(request.user));
    const rows = [
      {
        id: ids.next(),
        kind: 'LEADERBOARD_VISIBILITY_CHANGED',
        userId,
        payload: { hidden, reason, actor: author.actor },
      },
      wholeTouchedRow(ids, userId),
    ];
    if (await writeHidden(transaction, { userId, hidden, at: new Date(clock.now()), rows })) {
      const action = hidden ? 'USER_HIDDEN' : 'USER_SHOWN';
      await writeAudit(parts, transaction, author, { action, subject: encodeId('User', userId), after: { reason } });
    }
    return userId;
  });
}
