import DataLoader from 'dataloader';
import type { User } from '../../generated/prisma/client.ts';
import type { Database } from '../../platform/database.ts';
import { readUsers, resolveRefs } from './store.ts';
import { refKey, type UserRef } from './user-ref.ts';

/** Reads users for all operations of a process. */
export type UserReader = Pick<DataLoader<string, User | null>, 'loadMany'>;

/** Makes it: what operations ask for in the same turn, such as the toasts of one transaction, is one statement. It remembers nothing. */
export function createUserReader(database: Database): UserReader {
  return new DataLoader<string, User | null>((ids) => usersById(database, ids), {
    cache: false,
    maxBatchSize: MOST_AT_ONCE,
  });
}

/** Users of one statement. */
const MOST_AT_ONCE = 1_000;

/** Batching reads of users. */
export interface UserLoaders {
  /** Null where absent. */
  readonly byId: DataLoader<string, User | null>;
  /** The id of the user named, without reading more of it; null where absent. */
  readonly idByRef: DataLoader<UserRef, string | null, string>;
  /** Null where absent. */
  readonly byRef: DataLoader<UserRef, User | null, string>;
}

/** Makes the loaders of one operation. */
export function createUserLoaders(database: Database, reader: UserReader): UserLoaders {
  const byId = new DataLoader<string, User | null>((ids) => reader.loadMany(ids));
  const idByRef = new DataLoader<UserRef, string | null, string>(
    async (refs) => {
      const ids = await resolveRefs(database, refs);
      return refs.map((ref) => ids.get(refKey(ref)) ?? null);
    },
    { cacheKeyFn: refKey },
  );
  const byRef = new DataLoader<UserRef, User | null, string>(
    async (refs) => {
      const ids = await idByRef.loadMany(refs);
      return Promise.all(ids.map((id) => (typeof id === 'string' ? byId.load(id) : id)));
    },
    { cacheKeyFn: refKey },
  );
  return { byId, idByRef, byRef };
}

async function usersById(database: Database, ids: readonly string[]): Promise<(User | null)[]> {
  const users = await readUsers(database, [...new Set(ids)]);
  const found = new Map(users.map((user) => [user.id, user]));
  return ids.map((id) => found.get(id) ?? null);
}
