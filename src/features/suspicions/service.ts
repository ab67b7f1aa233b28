import type { Catalog } from '../../engine/catalog.ts';
import { encodeId } from '../../graphql/global-id.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import { type Author, LAUREL, writeAudit } from '../audit/service.ts';
import {
  type QuarantineTold,
  type SetQuarantine,
  setQuarantines,
  tellQuarantines,
} from '../leaderboards/quarantine.ts';
import { lockUsers, writeOutbox } from '../state/service.ts';
import { SuspicionDecidedError, SuspicionNotFoundError } from './errors.ts';
import {
  type Doubt,
  type RaisedRow,
  readSuspicion,
  readSuspicions,
  type StandingSuspicion,
  type SuspicionPage,
  type SuspicionRow,
  updateDecided,
  upsertSuspicions,
  type Verdict,
} from './store.ts';
import { DOUBTED_REASON, SUSPECTED } from './words.ts';

export type { Cause, Doubt, SuspicionPage, SuspicionRow, Verdict } from './store.ts';

/** How long after a reviewer has cleared a user the same doubt puts nobody in quarantine by itself; it is listed again all the same. */
export const CLEARED_MS = 86_400_000;

/** What raising stands on. */
export interface RaisingParts {
  readonly clock: Clock;
  readonly ids: Ids;
}

/**
 * Writes down what is doubted of locked users, in the transaction that records it: one suspicion a user, cause and type until a
 * reviewer decides. A new one is announced, and puts the user in quarantine where the catalog says so, unless the user was cleared of
 * the same within CLEARED_MS. Does nothing for no doubts, and else a number of statements that does not depend on theirs. Answers who
 * came into quarantine: see `setQuarantines`.
 */
export async function raiseSuspicions(
  parts: RaisingParts,
  transaction: Transaction,
  doubts: readonly Doubt[],
  { catalog, at }: { readonly catalog: Catalog; readonly at: Date },
): Promise<string[]> {
  if (doubts.length === 0) return [];
  const own = doubts.map((doubt) => ({ ...doubt, id: parts.ids.next() }));
  const ids = new Set(own.map(({ id }) => id));
  const raised = await upsertSuspicions(transaction, own, {
    at,
    clearedSince: new Date(at.getTime() - CLEARED_MS),
  });
  const opened = raised.filter(({ id }) => ids.has(id));
  const rows = opened.map(({ id, userId, cause, eventType, firstEventId }) => {
    const payload = { suspicion: encodeId('Suspicion', id), cause, eventType, eventId: firstEventId };
    return { id: parts.ids.next(), kind: SUSPECTED, userId, payload };
  });
  await writeOutbox(transaction, rows, at);
  const quarantines = new Map<string, SetQuarantine>();
  for (const one of raised) {
    if (one.isQuarantined || one.isCleared || quarantines.has(one.userId)) continue;
    if (catalog.eventTypes.get(one.eventType)?.onDoubt !== 'quarantine') continue;
    quarantines.set(one.userId, { userId: one.userId, quarantine: { reason: reasonOf(one) } });
  }
  if (quarantines.size === 0) return [];
  return setQuarantines(parts, transaction, [...quarantines.values()], LAUREL);
}

/** The reason of a quarantine that comes of a suspicion; exports of a user's data leave it out by how it begins. */
function reasonOf({ cause, eventType }: Pick<RaisedRow, 'cause' | 'eventType'>): string {
  return `${DOUBTED_REASON}${cause} of ${eventType}`;
}

/** The reason once a reviewer has confirmed it: nobody who is cleared of another suspicion leaves such a quarantine. */
function confirmedReasonOf(raised: Pick<RaisedRow, 'cause' | 'eventType'>): string {
  return `${reasonOf(raised)}, confirmed`;
}

/** What a reviewer decides. */
export interface VerdictRequest {
  readonly id: string;
  readonly verdict: Verdict;
  /** Kept with it; of a quarantine it is the reason. */
  readonly note: string | null;
  readonly author: Author;
}

/** Use cases of suspicions. */
export interface SuspicionService {
  /** A page, longest waiting first. */
  page(page: SuspicionPage): Promise<SuspicionRow[]>;
  /**
   * Closes a suspicion, written down in the audit log. QUARANTINE puts the user in quarantine; CLEAR ends the quarantine that came of
   * this suspicion, and no other.
   * @throws SuspicionNotFoundError, SuspicionDecidedError
   */
  decide(request: VerdictRequest): Promise<SuspicionRow>;
}

/** What the use cases stand on. */
export interface SuspicionParts extends RaisingParts, QuarantineTold {
  readonly database: Database;
}

/** Makes the use cases. */
export function createSuspicionService(parts: SuspicionParts): SuspicionService {
  return {
    page: (page) => readSuspicions(parts.database, page),
    async decide(request) {
      const { decided, moved } = await parts.database.transaction((transaction) => decide(parts, transaction, request));
      await tellQuarantines(parts, moved, request.verdict === 'QUARANTINE');
      return decided;
    },
  };
}

async function decide(
  parts: SuspicionParts,
  transaction: Transaction,
  { id, verdict, note, author }: VerdictRequest,
): Promise<{ readonly decided: SuspicionRow; readonly moved: readonly string[] }> {
  const found = await readSuspicion(transaction, id);
  if (found === null) throw new SuspicionNotFoundError();
  const { userId } = found;
  await lockUsers(transaction, [userId]);
  const suspicion = await readSuspicion(transaction, id);
  if (suspicion === null) throw new SuspicionNotFoundError();
  const at = new Date(parts.clock.now());
  const decided = await updateDecided(transaction, { id, verdict, note, at, by: author.actor });
  if (decided === null) throw new SuspicionDecidedError();
  const users = quarantineBy(suspicion, { verdict, note });
  const moved = users.length === 0 ? [] : await setQuarantines(parts, transaction, users, author);
  await writeAudit(parts, transaction, author, {
    action: 'SUSPICION_DECIDED',
    subject: encodeId('Suspicion', id),
    after: { user: encodeId('User', userId), cause: decided.cause, eventType: decided.eventType, verdict, note },
  });
  return { decided, moved };
}

/** What a verdict changes of the user's quarantine: at most one entry. */
function quarantineBy(
  suspicion: StandingSuspicion,
  { verdict, note }: Pick<VerdictRequest, 'verdict' | 'note'>,
): SetQuarantine[] {
  const { userId, isQuarantined, quarantineReason } = suspicion;
  if (verdict === 'CLEAR') {
    const isByThis = isQuarantined && quarantineReason === reasonOf(suspicion);
    return isByThis ? [{ userId, quarantine: null }] : [];
  }
  // What somebody has written is not written over by nothing.
  if (isQuarantined && note === null && !(quarantineReason?.startsWith(DOUBTED_REASON) ?? true)) return [];
  return [{ userId, quarantine: { reason: note ?? confirmedReasonOf(suspicion) } }];
}
