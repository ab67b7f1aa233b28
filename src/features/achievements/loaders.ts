import DataLoader from 'dataloader';
import { type Progress, progressNeeds, progressOf } from '../../engine/progress.ts';
import { currentKey, keyAfter } from '../../engine/renames.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { LiveCatalog } from '../catalog/service.ts';
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
  /** All unlocks of a user, by the key that the achievement has now, oldest first. */
  readonly unlocks: DataLoader<string, ReadonlyMap<string, readonly UnlockRow[]>>;
  readonly progress: DataLoader<ProgressKey, Progress, string>;
}

/** Makes the loaders of one operation. */
export function createAchievementLoaders(parts: {
  database: Database;
  live: LiveCatalog;
  clock: Clock;
  users: UserLoaders;
  states: StateLoader;
}): AchievementLoaders {
  return {
    unlocks: new DataLoader<string, ReadonlyMap<string, readonly UnlockRow[]>>(async (userIds) => {
      const byUser = Map.groupBy(await readUnlocks(parts.database, userIds), ({ userId }) => userId);
      const users = parts.live.renames.length === 0 ? [] : await parts.users.byId.loadMany(userIds);
      return userIds.map((userId, index) => {
        const user = users[index];
        const rows = byUser.get(userId) ?? [];
        const own = user == null || user instanceof Error ? rows : inCurrentKeys(parts.live, rows, user.catalogVersion);
        return Map.groupBy(own, ({ achievement }) => achievement);
      });
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

/**
 * Unlocks by the keys of today, also of a user who is not brought up to the newest renames yet. What stays under a former key, because
 * its place was taken, is not shown beside what the user holds under the key of today.
 */
function inCurrentKeys(live: LiveCatalog, rows: readonly UnlockRow[], version: number): UnlockRow[] {
  const now = rows.map((row) => ({ ...row, achievement: keyAfter(row.achievement, live.renames, version) }));
  const held = new Map(now.toReversed().map((row) => [placeOf(row, row.achievement), row]));
  return now.filter((row) => {
    const first = held.get(placeOf(row, currentKey(live, row.achievement)));
    return first === undefined || first === row;
  });
}

function placeOf({ tier, period }: UnlockRow, key: string): string {
  return `${key}\u0000${tier}\u0000${period}`;
}

function keyOf({ userId, achievement }: ProgressKey): string {
  return `${userId}/${achievement}`;
}

async function progressOfUser(
  { live: { catalog }, clock, users, states }: Parameters<typeof createAchievementLoaders>[0],
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
