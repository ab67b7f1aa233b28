import { createAchievementLoaders } from '../features/achievements/loaders.ts';
import type { CatalogService } from '../features/catalog/service.ts';
import { createEventLoaders } from '../features/ingest/loaders.ts';
import { createLeaderboardLoaders } from '../features/leaderboards/loaders.ts';
import type { LeaderboardService } from '../features/leaderboards/service.ts';
import { createNotificationLoaders } from '../features/notifications/loaders.ts';
import { createStateLoader } from '../features/state/service.ts';
import { createStatsLoaders } from '../features/stats/loaders.ts';
import { createUserLoaders, type UserReader } from '../features/users/loaders.ts';
import type { Loaders } from '../graphql/context.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';

/** Makes the loaders of one operation. */
export function makeLoaders({
  database,
  catalog,
  clock,
  leaderboards,
  userReader,
}: {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly clock: Clock;
  readonly leaderboards: LeaderboardService;
  readonly userReader: UserReader;
}): Loaders {
  const users = createUserLoaders(database, userReader);
  const states = createStateLoader(database);
  return {
    users,
    achievements: createAchievementLoaders({ database, live: catalog.live(), clock, users, states }),
    events: createEventLoaders(database),
    leaderboards: createLeaderboardLoaders(leaderboards),
    notifications: createNotificationLoaders(database),
    states,
    stats: createStatsLoaders(database, clock),
  };
}
