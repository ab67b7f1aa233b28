import DataLoader from 'dataloader';
import { emptyState, type OwnState, type UserState } from '../../engine/state.ts';
import type { User } from '../../generated/prisma/client.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import { insertOutbox } from './gains-store.ts';
import { readSlices, type SliceRequest } from './store.ts';
import type { UserRow } from './user-row.ts';
import { writeAll } from './write-store.ts';
import type { NewOutboxRow, Writes } from './writes.ts';

export { lockNamed, lockUsers, type NamedRow, useIndexes } from './lock-store.ts';
export type { SliceRequest } from './store.ts';
export {
  LostRaceError,
  type NewEvent,
  type NewLedgerLine,
  type NewNotification,
  type NewOutboxRow,
  type Writes,
  type WrittenUser,
} from './writes.ts';

/** Writes what the engine answered for locked users: at most one statement a table. Throws LostRaceError. */
export async function writeState(transaction: Transaction, writes: Writes): Promise<void> {
  await writeAll(transaction, writes);
}

/** Tells others what happened, with the transaction in which it did. */
export async function writeOutbox(transaction: Transaction, outbox: readonly NewOutboxRow[], at: Date): Promise<void> {
  await insertOutbox(transaction, { outbox, at });
}

/** Batches the reads of one operation; the same request twice is read twice, so ask once. */
export type StateLoader = DataLoader<SliceRequest, UserState>;

/** Makes the loader of one operation. */
export function createStateLoader(database: Database): StateLoader {
  return new DataLoader<SliceRequest, UserState>((requests) => readSlices(database, requests), { cache: false });
}

/** The state of a user of whom nothing was read but the row, as Prisma reads it or as it was locked. */
export function blankStateOf(user: User | UserRow): OwnState {
  return emptyState({
    userId: user.id,
    test: user.test,
    score: Number(user.score),
    achievementPoints: Number(user.achievementPoints),
    xp: Number(user.xp),
    lastActivityAt: user.lastActivityAt?.getTime() ?? null,
  });
}
