import type { Achievement, Catalog } from '../../engine/catalog.ts';
import { currentKeys, formerKeys } from '../../engine/renames.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { CatalogService } from '../catalog/service.ts';
import { countHolders } from './store.ts';

/** How common an achievement is. */
export interface Holders {
  readonly count: number;
  /** Share of all users, 0 to 100. */
  readonly percent: number;
}

/** Use cases of achievements. */
export interface AchievementService {
  /** Holders of an achievement; at most 60 s old. */
  holdersOf(achievement: string): Promise<Holders>;
}

const FRESH_MS = 60_000;

/** Makes the use cases of achievements. */
export function createAchievementService({
  database,
  catalog,
  clock,
}: {
  database: Database;
  catalog: CatalogService;
  clock: Clock;
}): AchievementService {
  let counted: { at: number; answer: ReturnType<typeof countHolders> } | null = null;
  return {
    async holdersOf(achievement) {
      const now = clock.now();
      if (counted === null || now - counted.at >= FRESH_MS) {
        const answer = countHolders(database, currentKeys(catalog.live()));
        counted = { at: now, answer };
        answer.catch(() => {
          counted = null;
        });
      }
      const { holders, users } = await counted.answer;
      // What was counted before a rename stands under the former key.
      const keys = [achievement, ...formerKeys(catalog.live(), achievement)];
      const count = keys.reduce((sum, key) => sum + (holders.get(key) ?? 0), 0);
      return { count, percent: users === 0 ? 0 : Math.min(100, Math.round((count / users) * 10_000) / 100) };
    },
  };
}

/** Whether somebody who holds it or not may see that it exists. Drafts are for test users; secret ones for their holders. */
export function isListed(
  achievement: Achievement,
  viewer: { readonly unlocked: boolean; readonly test: boolean },
): boolean {
  if (viewer.unlocked) return true;
  return achievement.visibility !== 'secret' && (achievement.status !== 'draft' || viewer.test);
}

/** The achievements that count towards completion for one who holds these. */
export function countedAchievements(catalog: Catalog, held: ReadonlySet<string>, test: boolean): Achievement[] {
  return [...catalog.achievements.values()].filter((achievement) =>
    isListed(achievement, { unlocked: held.has(achievement.key), test }),
  );
}
