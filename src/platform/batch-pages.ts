import DataLoader from 'dataloader';

/**
 * A loader of pages: keys with the same arguments are read with one statement for all their users. `read` answers the rows of all
 * users; they are handed out by `userId`, in the order in which they came.
 */
export function createPageLoader<Arguments extends object, Row extends { readonly userId: string }>(
  read: (userIds: readonly string[], args: Arguments) => Promise<readonly Row[]>,
): DataLoader<{ readonly userId: string; readonly args: Arguments }, readonly Row[], string> {
  return new DataLoader(
    async (keys) => {
      const groups = [...Map.groupBy(keys, ({ args }) => JSON.stringify(args)).values()];
      const found = new Map<object, readonly Row[]>();
      await Promise.all(
        groups.map(async (group) => {
          const [first] = group;
          if (first === undefined) return;
          const rows = await read([...new Set(group.map(({ userId }) => userId))], first.args);
          const byUser = Map.groupBy(rows, ({ userId }) => userId);
          for (const key of group) found.set(key, byUser.get(key.userId) ?? []);
        }),
      );
      return keys.map((key) => found.get(key) ?? []);
    },
    { cacheKeyFn: ({ userId, args }) => `${userId}/${JSON.stringify(args)}` },
  );
}
