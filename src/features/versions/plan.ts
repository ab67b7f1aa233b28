import type { Catalog } from '../../engine/catalog.ts';
import { type CatalogDiff, type DefinitionChange, diffCatalogs } from '../../engine/diff.ts';
import type { Unlock } from '../../engine/state.ts';
import type { RebuildParts, WalkProgress } from '../rebuild/service.ts';
import { previewAll } from '../rebuild/service.ts';

/** What a catalog would do to one achievement's holders. */
export interface PlannedAchievement {
  readonly key: string;
  /** Unlocks that applying would give, tiers and periods each. */
  readonly unlocks: number;
  /** Holders who would not earn it by the new rule. They keep it. */
  readonly holdersWhoWouldNot: number;
  readonly points: number;
  readonly xp: number;
}

/** What applying a catalog would change. */
export interface CatalogPlan {
  /** The live version it was compared with. */
  readonly from: number;
  readonly definitions: readonly DefinitionChange[];
  /** Metrics that would be filled from the log. */
  readonly metricsToFill: readonly string[];
  readonly achievements: readonly PlannedAchievement[];
  /** Users whose points or XP would move. */
  readonly users: number;
  readonly points: number;
  readonly xp: number;
}

/** Whether users' state must be brought up, or the versions differ only in what is shown. */
export function needsFill({ metricsToFill, achievementsToJudge, changesLevels, definitions }: CatalogDiff): boolean {
  if (metricsToFill.length + achievementsToJudge.length > 0 || changesLevels) return true;
  // What is no longer declared leaves rows behind, of a rule's own metrics too.
  return definitions.some(({ section, kind }) => COUNTED.has(section) || kind === 'archived');
}

/** Sections whose definitions decide what is kept for a user. */
const COUNTED: ReadonlySet<string> = new Set(['metrics', 'streaks', 'seasons', 'leaderboards']);

/**
 * Works out what a catalog would change, on the real log, without writing. What it counts is what `apply` then gives, but for
 * events that come in between.
 */
export async function planCatalog(
  parts: RebuildParts,
  next: Catalog,
  onProgress: (progress: WalkProgress) => void = () => undefined,
): Promise<CatalogPlan> {
  const live = parts.catalog.live();
  const diff = diffCatalogs(live.catalog, next);
  const counts = new Counts();
  if (needsFill(diff)) {
    const changed = new Set(
      diff.definitions.flatMap(({ section, key, kind, changesRule }) =>
        section === 'achievements' && kind === 'changed' && changesRule ? [key] : [],
      ),
    );
    for await (const { progress, users } of previewAll(parts, next, changed)) {
      for (const { given, lost } of users) counts.add(given, lost);
      onProgress(progress);
    }
  }
  return { from: live.version, definitions: diff.definitions, metricsToFill: diff.metricsToFill, ...counts.sum(next) };
}

class Counts {
  readonly #byKey = new Map<string, { unlocks: number; holdersWhoWouldNot: number; points: number; xp: number }>();
  #users = 0;

  add(given: readonly Unlock[], lost: readonly string[]): void {
    if (given.length > 0) this.#users += 1;
    for (const { achievement, points, xp } of given) {
      const own = this.#of(achievement);
      own.unlocks += 1;
      own.points += points;
      own.xp += xp;
    }
    for (const achievement of lost) this.#of(achievement).holdersWhoWouldNot += 1;
  }

  sum(catalog: Catalog): Pick<CatalogPlan, 'achievements' | 'users' | 'points' | 'xp'> {
    const achievements = [...catalog.achievements.keys()].flatMap((key) => {
      const own = this.#byKey.get(key);
      return own === undefined ? [] : [{ key, ...own }];
    });
    const total = (pick: (one: PlannedAchievement) => number): number =>
      achievements.reduce((sum, one) => sum + pick(one), 0);
    return { achievements, users: this.#users, points: total(({ points }) => points), xp: total(({ xp }) => xp) };
  }

  #of(key: string): { unlocks: number; holdersWhoWouldNot: number; points: number; xp: number } {
    const own = this.#byKey.get(key) ?? { unlocks: 0, holdersWhoWouldNot: 0, points: 0, xp: 0 };
    this.#byKey.set(key, own);
    return own;
  }
}
