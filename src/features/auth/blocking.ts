import { FOR_GOOD } from '../users/block.ts';
import { InvalidUserError, UserNotFoundError } from '../users/errors.ts';
import { resolveUserId } from '../users/service.ts';
import { readUserRef, type UserRefInput } from '../users/user-ref.ts';
import { writeBlock } from './blocking-store.ts';
import { lockUser } from './session-store.ts';
import type { SessionParts } from './sessions.ts';

/** What a moderator decides. */
export interface BlockRequest {
  readonly user: UserRefInput;
  /** Null: for good. */
  readonly until: Date | null;
  readonly reason: string | null;
  readonly actor: string;
}

/**
 * Blocks a user: it is refused at once, with its sockets closed, and its events are refused. Its sessions are kept for the time after.
 * Answers its id.
 * @throws UserNotFoundError, InvalidUserError for an end that has passed
 */
export async function blockUser(parts: SessionParts, { user, until, reason, actor }: BlockRequest): Promise<string> {
  if (until !== null && until.getTime() <= parts.clock.now()) {
    throw new InvalidUserError([{ path: 'until', message: 'has passed' }]);
  }
  const payload = { until: until?.toISOString() ?? null, reason, actor };
  return decide(parts, user, { until: until ?? FOR_GOOD, reason, kind: 'USER_BLOCKED', payload });
}

/**
 * Ends the block of a user at once; nothing happens to one who is not blocked. Answers its id.
 * @throws UserNotFoundError
 */
export async function unblockUser(
  parts: SessionParts,
  { user, actor }: Pick<BlockRequest, 'user' | 'actor'>,
): Promise<string> {
  return decide(parts, user, { until: null, reason: null, kind: 'USER_UNBLOCKED', payload: { actor } });
}

interface Decision {
  readonly until: Date | null;
  readonly reason: string | null;
  readonly kind: string;
  readonly payload: object;
}

async function decide(
  { database, clock, ids, access }: SessionParts,
  user: UserRefInput,
  { until, reason, kind, payload }: Decision,
): Promise<string> {
  const userId = await database.transaction(async (transaction) => {
    const id = await resolveUserId(transaction, user);
    if ((await lockUser(transaction, id)) === null) throw new UserNotFoundError(readUserRef(user));
    const announced = { id: ids.next(), kind, payload };
    await writeBlock(transaction, { userId: id, until, reason, at: new Date(clock.now()), announced });
    return id;
  });
  access.changed(userId);
  return userId;
}
