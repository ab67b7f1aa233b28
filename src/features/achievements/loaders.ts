import DataLoader from 'dataloader';
import type { Catalog } from '../../engine/catalog.ts';
import { type Progress, progressNeeds, progressOf } from '../../engine/progress.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { blankStateOf, type StateLoader } from '../state/service.ts';
import type { UserLoaders } from '../users/loaders.ts';
import { readUnlocks } from './store.ts';
import type { UnlockRow } from './unlock-row.ts';

/** Names one user's way to one achievement. */
export interface ProgressKey {
  readonly userId: string;
  readonly achievement: string;
}

/** Batching reads of achievements. */
export interface AchievementLoaders {
  /** All unlocks of a user, by achievement, oldest first. */
  readonly unlocks: DataLoader<string, ReadonlyMap<string, readonly UnlockRow[]>>;
  readonly progress: DataLoader<ProgressKey, Progress, string>;
}

/** Makes the loaders of one operation. */
export function createAchievementLoaders(parts: {
  database: Database;
  catalog: Catalog;
  clock: Clock;
  users: UserLoaders;
  states: StateLoader;
}): AchievementLoaders {
  return {
    unlocks: new DataLoader<string, ReadonlyMap<string, readonly UnlockRow[]>>(async (userIds) => {
      const byUser = Map.groupBy(await readUnlocks(parts.database, userIds), ({ userId }) => userId);
      return userIds.map((userId) => Map.groupBy(byUser.get(userId) ?? [], ({ achievement }) => achievement));
    }),
    progress: new DataLoader<ProgressKey, Progress, string>(
      async (keys) => {
        const byUser = Map.groupBy(keys, ({ userId }) => userId);
        const found = new Map<string, Progress>();
        await Promise.all(
          [...byUser].map(async ([userId, own]) => {
            const achievements = own.map(({ achievement }) => achievement);
            const progress = await progressOfUser(parts, userId, achievements);
            for (const [achievement, value] of progress) found.set(keyOf({ userId, achievement }), value);
          }),
        );
        return keys.map((key) => found.get(keyOf(key)) ?? new Error(`no progress of ${key.achievement}`));
      },
      { cacheKeyFn: keyOf },
    ),
  };
}

function keyOf({ userId, achievement }: ProgressKey): string {
  return `${userId}/${achievement}`;
}

async function progressOfUser(
  { catalog, clock, users, states }: Parameters<typeof createAchievementLoaders>[0],
  userId: string,
  achievements: readonly string[],
): Promise<Map<string, Progress>> {
  const user = await users.byId.load(userId);
  if (user === null) return new Map();
  const now = clock.now();
  const reader = { timezone: user.timezone };
  const needs = progressNeeds(catalog, achievements, reader, now);
  const state = await states.load({ state: blankStateOf(user), needs });
  return new Map(achievements.map((key) => [key, progressOf(catalog, key, state, reader, now)]));
}
