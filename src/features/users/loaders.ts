import DataLoader from 'dataloader';
import type { PrismaClient, User } from '../../generated/prisma/client.ts';
import type { Database } from '../../platform/database.ts';
import { resolveRefs } from './store.ts';
import { refKey, type UserRef } from './user-ref.ts';

/** Batching reads of users. */
export interface UserLoaders {
  /** Null where absent. */
  readonly byId: DataLoader<string, User | null>;
  /** Null where absent. */
  readonly byRef: DataLoader<UserRef, User | null, string>;
}

/** Makes the loaders of one operation. */
export function createUserLoaders(database: Database): UserLoaders {
  const byId = new DataLoader<string, User | null>((ids) => usersById(database.prisma, ids));
  const byRef = new DataLoader<UserRef, User | null, string>(
    async (refs) => {
      const ids = await resolveRefs(database, refs);
      return Promise.all(
        refs.map((ref) => {
          const id = ids.get(refKey(ref));
          return id === undefined ? null : byId.load(id);
        }),
      );
    },
    { cacheKeyFn: refKey },
  );
  return { byId, byRef };
}

async function usersById(prisma: PrismaClient, ids: readonly string[]): Promise<(User | null)[]> {
  const users = await prisma.user.findMany({ where: { id: { in: [...ids] } } });
  const found = new Map(users.map((user) => [user.id, user]));
  return ids.map((id) => found.get(id) ?? null);
}
