import DataLoader from 'dataloader';
import { emptyState, type UserState } from '../../engine/state.ts';
import type { User } from '../../generated/prisma/client.ts';
import type { Database, Queryable } from '../../platform/database.ts';
import { readSlices, type SliceRequest } from './store.ts';

export type { SliceRequest } from './store.ts';

/** Reads what the engine needs, for many users at once: see store.ts. */
export async function readStates(on: Queryable, requests: readonly SliceRequest[]): Promise<UserState[]> {
  return readSlices(on, requests);
}

/** Batches the reads of one operation; the same request twice is read twice, so ask once. */
export type StateLoader = DataLoader<SliceRequest, UserState>;

/** Makes the loader of one operation. */
export function createStateLoader(database: Database): StateLoader {
  return new DataLoader<SliceRequest, UserState>((requests) => readSlices(database, requests), { cache: false });
}

/** The state of a user of whom nothing was read but the row. */
export function blankStateOf(user: User): UserState {
  return emptyState({
    userId: user.id,
    test: user.test,
    score: Number(user.score),
    achievementPoints: Number(user.achievementPoints),
    xp: Number(user.xp),
    lastActivityAt: user.lastActivityAt?.getTime() ?? null,
  });
}
