import type { UserChange } from '../../engine/state.ts';
import type { Ids } from '../../platform/ids.ts';
import type { NewOutboxRow } from './writes.ts';

/** The kind of rows that list the users a batch has touched; not an event to tell others. */
export const TOUCHED = 'TOUCHED';

/** What the keepers of ranks need to know of a batch beside the rows themselves. */
export interface TouchedPayload {
  readonly users: readonly string[];
  /** The process that wrote it, where that tells its own keeper of ranks itself. */
  readonly origin?: string;
  /** Values that are gone: place of the user in `users`, metric, key, period. */
  readonly gone?: readonly (readonly [number, string, string, string])[];
  /** Anything of these users may be gone. */
  readonly whole?: true;
  /** The user is erased; a version newer than every one that it had. */
  readonly erased?: number;
}

/** What is written of a user. */
interface Written {
  readonly userId: string;
  readonly change: Pick<UserChange, 'cells'>;
}

/** The row of a batch whose values are these. */
export function touchedRow(ids: Ids, users: readonly Written[], origin: string | null): NewOutboxRow {
  const gone = users.flatMap(({ change }, place) =>
    change.cells.flatMap(({ metric, by, period, value }) =>
      value === null ? [[place, metric, by, period] as const] : [],
    ),
  );
  const payload: TouchedPayload = {
    users: users.map(({ userId }) => userId),
    ...(origin !== null && { origin }),
    ...(gone.length > 0 && { gone }),
  };
  return { id: ids.next(), kind: TOUCHED, userId: null, payload };
}

/** A user who is erased, with a version newer than every one that it had. */
export interface ErasedUser {
  readonly userId: string;
  readonly version: number;
}

/** The row of a user who is erased. */
export function erasedTouchedRow(ids: Ids, { userId, version }: ErasedUser): NewOutboxRow {
  const payload: TouchedPayload = { users: [userId], whole: true, erased: version };
  return { id: ids.next(), kind: TOUCHED, userId: null, payload };
}

/** The row of a user of whom anything may have changed: a reset, or whether boards show it. */
export function wholeTouchedRow(ids: Ids, userId: string): NewOutboxRow {
  const payload: TouchedPayload = { users: [userId], whole: true };
  return { id: ids.next(), kind: TOUCHED, userId: null, payload };
}
