import type { FoldEvent, LedgerLine, UserChange } from '../../engine/state.ts';

/** An event to insert: folded, priced. */
export interface NewEvent {
  readonly userId: string;
  readonly event: FoldEvent;
  readonly points: number;
  readonly xp: number;
  readonly idempotencyKey: string | null;
  readonly keyHash: string | null;
  readonly payloadHash: Uint8Array;
}

/** A message to insert. */
export interface NewNotification {
  readonly userId: string;
  readonly seq: number;
  readonly kind: string;
  readonly data: object;
}

/** A domain event to insert. */
export interface NewOutboxRow {
  readonly id: string;
  readonly kind: string;
  readonly userId: string | null;
  readonly payload: object;
}

/** A line of the ledger to insert. What was decided by hand says who did it, and why. */
export interface NewLedgerLine extends Omit<LedgerLine, 'source'> {
  readonly source: LedgerLine['source'] | 'opening';
  readonly userId: string;
  readonly id: string;
  readonly reason?: string | null;
  readonly actor?: string | null;
}

/** A user with what is written of it. */
export interface WrittenUser {
  readonly userId: string;
  readonly change: UserChange;
  readonly lastSeq: number;
  /** The transaction inserts the user's row, with these sums in it. */
  readonly isNew?: true;
}

/** Everything one transaction writes. Values are absolute, the users are locked. */
export interface Writes {
  readonly at: Date;
  readonly catalogVersion: number;
  readonly events: readonly NewEvent[];
  readonly users: readonly WrittenUser[];
  readonly ledger: readonly NewLedgerLine[];
  readonly notifications: readonly NewNotification[];
  readonly outbox: readonly NewOutboxRow[];
}

/** A unique key refused a row that the locks say is new. The transaction is rolled back and tried again. */
export class LostRaceError extends Error {
  constructor(table: string) {
    super(`a row of ${table} was there before its user was locked`);
    this.name = 'LostRaceError';
  }
}

/** The rows of one kind over all users. */
export function rowsOf<Row>(
  { users }: Writes,
  pick: (change: UserChange) => readonly Row[],
): (Row & { readonly userId: string })[] {
  return users.flatMap(({ userId, change }) => pick(change).map((row) => ({ ...row, userId })));
}

/** A moment as a parameter. */
export const instantOrNull = (at: number | null): Date | null => (at === null ? null : new Date(at));
