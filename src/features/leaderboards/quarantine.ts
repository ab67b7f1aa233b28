import { badUserInput } from '../../graphql/errors.ts';
import { encodeId } from '../../graphql/global-id.ts';
import { decodeCursor, encodeCursor, type Page, type PageArguments, pageOf, pageRequest } from '../../graphql/pages.ts';
import type { Queryable, Transaction } from '../../platform/database.ts';
import { isUuid } from '../../platform/ids.ts';
import { type Author, type Decision, writeAudits } from '../audit/service.ts';
import type { Access } from '../auth/access.ts';
import { lockUsers } from '../state/service.ts';
import { wholeTouchedRow } from '../state/touched.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { resolveUserId } from '../users/service.ts';
import { readUserRef, type UserRefInput } from '../users/user-ref.ts';
import type { HidingParts } from './hiding.ts';
import type { RankKeeper } from './keeper.ts';
import { type QuarantinePlace, readQuarantined, writeQuarantines } from './quarantine-store.ts';

/** What a reviewer decides. */
export interface QuarantineRequest {
  readonly user: UserRefInput;
  /** Null: the user is released. */
  readonly quarantine: { readonly reason: string | null } | null;
  readonly author: Author;
}

/**
 * Writes whether a user is in quarantine, and announces it where that is new. Answers the user's id.
 * @throws UserNotFoundError
 */
export async function decideQuarantine(
  parts: HidingParts,
  { user: ref, quarantine, author }: QuarantineRequest,
): Promise<string> {
  return parts.database.transaction(async (transaction) => {
    const userId = await resolveUserId(transaction, ref);
    const [user] = await lockUsers(transaction, [userId]);
    if (user === undefined) throw new UserNotFoundError(readUserRef(ref));
    await setQuarantines(parts, transaction, [{ userId, quarantine }], author);
    return userId;
  });
}

/** What is decided of a locked user; null: it is released. */
export interface SetQuarantine {
  readonly userId: string;
  readonly quarantine: { readonly reason: string | null } | null;
}

/**
 * Writes of locked users whether they are in quarantine, announces it and writes it down where that is new, with a number of
 * statements that does not depend on theirs. Answers to whom it was new: their rows have a version more, and are for
 * `tellQuarantines` after the commit.
 */
export async function setQuarantines(
  parts: Pick<HidingParts, 'clock' | 'ids'>,
  transaction: Transaction,
  users: readonly SetQuarantine[],
  author: Author,
): Promise<string[]> {
  const { clock, ids } = parts;
  const kindOf = ({ quarantine }: SetQuarantine) => (quarantine === null ? 'USER_RELEASED' : 'USER_QUARANTINED');
  const writes = users.map((one) => {
    const { userId, quarantine } = one;
    const payload = { ...quarantine, actor: author.actor };
    return { ...one, rows: [{ id: ids.next(), kind: kindOf(one), userId, payload }, wholeTouchedRow(ids, userId)] };
  });
  const written = await writeQuarantines(transaction, writes, new Date(clock.now()));
  const decisions = users.flatMap((one): Decision[] => {
    const { userId, quarantine } = one;
    if (!written.includes(userId)) return [];
    const subject = encodeId('User', userId);
    return [{ action: kindOf(one), subject, ...(quarantine && { after: quarantine }) }];
  });
  await writeAudits(parts, transaction, author, decisions);
  return written;
}

/** What is told of quarantines after their commit. */
export interface QuarantineTold {
  readonly ranks: Pick<RankKeeper, 'refresh'>;
  readonly access: Pick<Access, 'changed'>;
}

/**
 * Has it seen what was committed of quarantines. A user is not to miss itself on boards: this process is told first that it goes, and
 * last that it is back. Other processes hear of it by the bus; where that does not join them (without Redis), or Redis is away, their
 * queries believe what they read up to 1 s before, and what they watch is looked at every 500 ms: so long a user may miss itself there.
 */
export async function tellQuarantines(
  { ranks, access }: QuarantineTold,
  userIds: readonly string[],
  isBegun: boolean,
): Promise<void> {
  if (userIds.length === 0) return;
  const tell = async (): Promise<void> => {
    await Promise.all(userIds.map((userId) => access.changed(userId)));
  };
  // What it shares with others ends here before it shows them less.
  if (isBegun) await tell();
  await ranks.refresh(userIds);
  if (!isBegun) await tell();
}

/** A page of those in quarantine, longest first. @throws BAD_USER_INPUT for a foreign cursor */
export async function quarantinedPage(on: Queryable, args: PageArguments): Promise<Page<QuarantinePlace>> {
  const request = pageRequest(args);
  const rows = await readQuarantined(on, {
    after: request.after === null ? null : readPlace(request.after),
    before: request.before === null ? null : readPlace(request.before),
    limit: request.limit + 1,
    backwards: request.backwards,
  });
  return pageOf(request, rows, ({ since, userId }) => encodeCursor(`${since.getTime()}/${userId}`));
}

/** Farther from the epoch there is no date, milliseconds. */
const MOST_MS = 8.64e15;

function readPlace(cursor: string): QuarantinePlace {
  const [, at, userId] = /^(\d{1,16})\/(.+)$/.exec(decodeCursor(cursor)) ?? [];
  if (userId === undefined || !isUuid(userId) || Number(at) > MOST_MS) {
    throw badUserInput(`'${cursor.slice(0, 60)}' is no cursor of this list`);
  }
  return { userId, since: new Date(Number(at)) };
}
