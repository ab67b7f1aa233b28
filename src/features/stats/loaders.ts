import DataLoader from 'dataloader';
import { createPageLoader } from '../../platform/batch-pages.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { type DayRow, readDays, readTypeTotals, type TypeTotalRow } from './store.ts';

/** Batching reads of statistics. */
export interface StatsLoaders {
  readonly totals: DataLoader<string, readonly TypeTotalRow[]>;
  /** Active days among the `last` ones, newest first. */
  readonly days: ReturnType<typeof createPageLoader<{ readonly last: number }, DayRow>>;
}

/** Makes the loaders of one operation. */
export function createStatsLoaders(database: Database, clock: Clock): StatsLoaders {
  return {
    totals: new DataLoader<string, readonly TypeTotalRow[]>(async (userIds) => {
      const byUser = Map.groupBy(await readTypeTotals(database, userIds), ({ userId }) => userId);
      return userIds.map((userId) => byUser.get(userId) ?? []);
    }),
    days: createPageLoader((userIds, { last }: { readonly last: number }) =>
      readDays(database, userIds, last, new Date(clock.now())),
    ),
  };
}
