import { encodeId } from '../../graphql/global-id.ts';
import { type AuditAction, type Author, writeAudit } from '../audit/service.ts';
import { refuseOverPerson } from '../people/guard.ts';
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
  readonly author: Author;
}

/**
 * Blocks a user: it is refused at once, with its sockets closed, and its events are refused. Its sessions are kept for the time after.
 * Answers its id.
 * @throws UserNotFoundError, InvalidUserError for an end that has passed, FORBIDDEN over persons to who is no admin
 */
export async function blockUser(parts: SessionParts, { user, until, reason, author }: BlockRequest): Promise<string> {
  if (until !== null && until.getTime() <= parts.clock.now()) {
    throw new InvalidUserError([{ path: 'until', message: 'has passed' }]);
  }
  const told = { until: until?.toISOString() ?? null, reason };
  return decide(parts, user, { until: until ?? FOR_GOOD, reason, kind: 'USER_BLOCKED', told, author });
}

/**
 * Ends the block of a user at once; nothing happens to one who is not blocked. Answers its id.
 * @throws UserNotFoundError, FORBIDDEN over persons to who is no admin
 */
export async function unblockUser(
  parts: SessionParts,
  { user, author }: Pick<BlockRequest, 'user' | 'author'>,
): Promise<string> {
  return decide(parts, user, { until: null, reason: null, kind: 'USER_UNBLOCKED', told: {}, author });
}

interface Decision {
  readonly until: Date | null;
  readonly reason: string | null;
  readonly kind: AuditAction & `USER_${string}`;
  /** Of it to other systems, and written down. */
  readonly told: object;
  readonly author: Author;
}

async function decide(
  parts: SessionParts,
  user: UserRefInput,
  { until, reason, kind, told, author }: Decision,
): Promise<string> {
  const { database, clock, ids, access } = parts;
  const userId = await database.transaction(async (transaction) => {
    const id = await resolveUserId(transaction, user);
    const locked = await lockUser(transaction, id);
    if (locked === null) throw new UserNotFoundError(readUserRef(user));
    await refuseOverPerson(transaction, author, id);
    const announced = { id: ids.next(), kind, payload: { ...told, actor: author.actor } };
    const write = { userId: id, until, reason, at: new Date(clock.now()), announced };
    if (await writeBlock(transaction, write)) {
      const decision = {
        action: kind,
        subject: encodeId('User', id),
        before: { until: locked.blockedUntil },
        after: told,
      };
      await writeAudit(parts, transaction, author, decision);
    }
    return id;
  });
  void access.changed(userId);
  return userId;
}
