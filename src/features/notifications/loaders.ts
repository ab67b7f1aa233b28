import DataLoader from 'dataloader';
import { createPageLoader } from '../../platform/batch-pages.ts';
import type { Database } from '../../platform/database.ts';
import { countUnseen, type NotificationRow, readBySeq, readPages } from './store.ts';

/** A page of a user's messages. */
export interface NotificationPageArguments {
  readonly unseenOnly: boolean;
  readonly after: number | null;
  readonly before: number | null;
  readonly limit: number;
  readonly backwards: boolean;
}

/** Batching reads of stored messages. */
export interface NotificationLoaders {
  /** Null where absent. */
  readonly bySeq: DataLoader<{ readonly userId: string; readonly seq: number }, NotificationRow | null, string>;
  /** Newest first. */
  readonly pages: ReturnType<typeof createPageLoader<NotificationPageArguments, NotificationRow>>;
  readonly unseen: DataLoader<string, number>;
}

/** Makes the loaders of one operation. */
export function createNotificationLoaders(database: Database): NotificationLoaders {
  const keyOf = ({ userId, seq }: { readonly userId: string; readonly seq: number }): string => `${userId}/${seq}`;
  return {
    bySeq: new DataLoader<{ readonly userId: string; readonly seq: number }, NotificationRow | null, string>(
      async (refs) => {
        const rows = new Map((await readBySeq(database, refs)).map((row) => [keyOf(row), row]));
        return refs.map((ref) => rows.get(keyOf(ref)) ?? null);
      },
      { cacheKeyFn: keyOf },
    ),
    pages: createPageLoader((userIds, args: NotificationPageArguments) => readPages(database, userIds, args)),
    unseen: new DataLoader<string, number>(async (userIds) => {
      const counts = await countUnseen(database, userIds);
      return userIds.map((userId) => counts.get(userId) ?? 0);
    }),
  };
}
