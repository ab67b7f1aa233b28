import { encodeId } from '../../graphql/global-id.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import { type Author, writeAudit } from '../audit/service.ts';
import type { Access } from '../auth/access.ts';
import type { RankKeeper } from '../leaderboards/keeper.ts';
import { refuseOverPerson } from '../people/guard.ts';
import { lockUsers, writeOutbox } from '../state/service.ts';
import { erasedTouchedRow } from '../state/touched.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { resolveUserId } from '../users/service.ts';
import { readUserRef, type UserRefInput } from '../users/user-ref.ts';
import { eraseRows, readOwnEvents, readStored } from './store.ts';

/** Who was erased. */
export interface Erased {
  readonly userId: string;
  readonly events: number;
}

/** A page of all that is stored of a user. */
export interface Exported {
  readonly userId: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** The last event, where more follow; null: these were the last. */
  readonly next: string | null;
}

/** Who is to be erased. */
export interface EraseRequest {
  readonly user: UserRefInput;
  readonly author: Author;
  /** The user asks for it itself. */
  readonly isOwn: boolean;
}

/** Whose data, and from where on. */
export interface ExportRequest {
  readonly user: UserRefInput;
  readonly after: string | null;
  /** The user asks for it itself. */
  readonly isOwn: boolean;
}

/** Use cases of a person's own data. */
export interface PrivacyService {
  /**
   * Erases a user and all that is stored of it, at once and for good; who decided that stays written down, by ids alone.
   * Throws UserNotFoundError, FORBIDDEN over another person to who is no admin.
   */
  erase(request: EraseRequest): Promise<Erased>;
  /**
   * All that is stored of a user; events after one of them, the rest with the first page. Who asks for its own is not told of a
   * quarantine. Throws UserNotFoundError.
   */
  export(request: ExportRequest): Promise<Exported>;
}

/** What the use cases stand on. */
export interface PrivacyParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Told at once who is gone. */
  readonly ranks: Pick<RankKeeper, 'erase'>;
  /** Told at once who may not come in any more. */
  readonly access: Pick<Access, 'changed'>;
}

/** Events of one page. */
const PAGE = 5_000;

/** Makes the use cases. */
export function createPrivacyService(parts: PrivacyParts): PrivacyService {
  const { database, clock, ids, ranks, access } = parts;
  return {
    async erase({ user: ref, author, isOwn }) {
      const { version, ...erased } = await database.transaction(async (transaction) => {
        const userId = await resolveUserId(transaction, ref);
        const [user] = await lockUsers(transaction, [userId]);
        if (user === undefined) throw new UserNotFoundError(readUserRef(ref));
        if (!isOwn) await refuseOverPerson(transaction, author, userId);
        const events = await eraseRows(transaction, userId);
        // Newer than all that any index of ranks knows of the user, for there will be nothing after it.
        const gone = { userId, version: user.rowVersion + 1 };
        const announced = { id: ids.next(), kind: 'USER_DELETED', userId, payload: {} };
        await writeOutbox(transaction, [announced, erasedTouchedRow(ids, gone)], new Date(clock.now()));
        const decision = { action: 'USER_DELETED', subject: encodeId('User', userId), after: { events } } as const;
        await writeAudit(parts, transaction, author, decision);
        return { ...gone, events };
      });
      void access.changed(erased.userId);
      await ranks.erase({ userId: erased.userId, version });
      return erased;
    },
    async export({ user: ref, after, isOwn }) {
      const userId = await resolveUserId(database, ref);
      const events = await readOwnEvents(database, userId, { after, limit: PAGE });
      const stored = after === null ? await readStored(database, userId, { withQuarantine: !isOwn }) : {};
      return { userId, data: { ...stored, events }, next: events.length < PAGE ? null : (events.at(-1)?.id ?? null) };
    },
  };
}
