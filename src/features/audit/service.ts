import type { Clock } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import { actorOf, hasScope, type Principal } from '../auth/principal.ts';
import { type AuditPage, type AuditRow, deleteAudit, insertAudit, readAudit } from './store.ts';

export type { AuditPage, AuditRow } from './store.ts';

/** What is written down; more may come. */
export type AuditAction =
  | 'KEY_CREATED'
  | 'KEY_ROTATED'
  | 'KEY_REVOKED'
  | 'ADMIN_INVITED'
  | 'ADMIN_CLAIMED'
  | 'ROLE_SET'
  | 'USER_BLOCKED'
  | 'USER_UNBLOCKED'
  | 'USER_HIDDEN'
  | 'USER_SHOWN'
  | 'USER_QUARANTINED'
  | 'USER_RELEASED'
  | 'SUSPICION_DECIDED'
  | 'ACHIEVEMENT_GRANTED'
  | 'ACHIEVEMENT_REVOKED'
  | 'USER_RESET'
  | 'USER_DELETED'
  | 'CATALOG_APPLIED'
  | 'CATALOG_ROLLED_BACK';

/** Who decides. */
export interface Author {
  /** As `actorOf` names it. */
  readonly actor: string;
  /** Null where no request asked for it. */
  readonly requestId: string | null;
  /** May decide over persons with a role. */
  readonly isAdmin: boolean;
}

/** Whoever has the command line has the machine. */
export const COMMAND_LINE: Author = { actor: 'command line', requestId: null, isAdmin: true };

/** Who decides where nobody does: what the catalog says of doubted events. */
export const LAUREL: Author = { actor: 'laurel', requestId: null, isAdmin: false };

/** Who decides by a request. */
export function authorOf({ principal, requestId }: { principal: Principal; requestId: string }): Author {
  return { actor: actorOf(principal), requestId, isAdmin: hasScope(principal, 'admin') };
}

/** What was decided. */
export interface Decision {
  readonly action: AuditAction;
  /** Global id of what it was done to. */
  readonly subject: string;
  /** What it was and what it became, in brief. Never a secret. */
  readonly before?: object;
  readonly after?: object;
}

/** What writing stands on. */
export interface AuditParts {
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Writes a decision down, in its own transaction: one without the other is not possible. */
export function writeAudit(
  parts: AuditParts,
  transaction: Transaction,
  author: Author,
  decision: Decision,
): Promise<void> {
  return writeAudits(parts, transaction, author, [decision]);
}

/** As `writeAudit`, of several decisions by one statement; by none of no decision. */
export async function writeAudits(
  { clock, ids }: AuditParts,
  transaction: Transaction,
  { actor, requestId }: Author,
  decisions: readonly Decision[],
): Promise<void> {
  if (decisions.length === 0) return;
  const at = new Date(clock.now());
  const rows = decisions.map(({ action, subject, before = null, after = null }) => {
    return { id: ids.next(), at, actor, action, subject, requestId, before, after };
  });
  await insertAudit(transaction, rows);
}

/** Use cases of the log. */
export interface AuditService {
  /** A page, newest first. */
  page(page: AuditPage): Promise<AuditRow[]>;
}

/** Makes the use cases. */
export function createAuditService(database: Database): AuditService {
  return { page: (page) => readAudit(database, page) };
}

const DAY_MS = 86_400_000;
/** Rows of one call: far below 50 ms on the embedded database; what is left is for the next. */
const SLICE = 1_000;

/** Deletes rows older than so many days; none with null. Answers how many. */
export async function pruneAudit(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  days: number | null,
): Promise<number> {
  return days === null ? 0 : deleteAudit(database, new Date(clock.now() - days * DAY_MS), SLICE);
}
