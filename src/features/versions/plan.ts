import type { Catalog } from '../../engine/catalog.ts';
import { type CatalogDiff, type DefinitionChange, diffCatalogs } from '../../engine/diff.ts';
import { inKeysAfter, type Rename, renamesOf } from '../../engine/renames.ts';
import { changedRules, revocableChanges } from '../../engine/rule-changes.ts';
import type { PreviewedUser, RebuildParts, WalkProgress } from '../rebuild/service.ts';
import { previewAll } from '../rebuild/service.ts';

/** What a catalog would do to one achievement's holders. */
export interface PlannedAchievement {
  readonly key: string;
  /** Unlocks that applying would give, tiers and periods each. */
  readonly unlocks: number;
  /** What those give, all together. */
  readonly points: number;
  readonly xp: number;
  /** Holders by rule who would not earn all they have of it by the new rule. */
  readonly holdersWhoWouldNot: number;
  /** Whether those lose that when revoking is allowed; else they keep it. */
  readonly revocable: boolean;
  /** Holders who would lose it, or some of it, also by what it depends on. 0 unless revoking is allowed. */
  readonly holdersWhoWouldLose: number;
  /** What those would lose, all together. */
  readonly pointsTaken: number;
  readonly xpTaken: number;
}

/** What applying a catalog would change. */
export interface CatalogPlan {
  /** The live version it was compared with. */
  readonly from: number;
  readonly definitions: readonly DefinitionChange[];
  /** Metrics that would be filled from the log. */
  readonly metricsToFill: readonly string[];
  readonly achievements: readonly PlannedAchievement[];
  /** Users who would unlock something, and what that gives. */
  readonly users: number;
  readonly points: number;
  readonly xp: number;
  /** Whether revoking was allowed, users who would then lose something, and how much. */
  readonly allowRevoke: boolean;
  readonly losers: number;
  readonly pointsTaken: number;
  readonly xpTaken: number;
}

/** How a plan is made. */
export interface PlanOptions {
  /** As the apply would be told. Default false. */
  readonly allowRevoke?: boolean;
  readonly onProgress?: (progress: WalkProgress) => void;
}

/** Whether users' state must be brought up, or the versions differ only in what is shown. */
export function needsFill(
  { metricsToFill, achievementsToJudge, changesLevels, changesWindows, definitions }: CatalogDiff,
  renames: readonly Rename[],
): boolean {
  if (metricsToFill.length + achievementsToJudge.length + renames.length > 0) return true;
  if (changesLevels || changesWindows) return true;
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
  { allowRevoke = false, onProgress = () => undefined }: PlanOptions = {},
): Promise<CatalogPlan> {
  const live = parts.catalog.live();
  const renames = renamesOf(live.catalog, next, live.renames);
  const diff = diffCatalogs(live.catalog, next, renames);
  const known = inKeysAfter(live.catalog, renames);
  const revocable = new Set(revocableChanges(known, next));
  const counts = new Counts(revocable);
  if (needsFill(diff, renames)) {
    const kept = new Set([...rewritten(diff, next), ...changedRules(known, next)].filter((key) => !revocable.has(key)));
    const preview = { catalog: next, renames, kept, revocable, allowRevoke };
    for await (const { progress, users } of previewAll(parts, preview)) {
      for (const user of users) counts.add(user);
      onProgress(progress);
    }
  }
  const { definitions, metricsToFill } = diff;
  return { from: live.version, definitions, metricsToFill, allowRevoke, ...counts.sum(next) };
}

/** Achievements whose rule is written otherwise, `{ achievements: all }` that has more to count among them. */
function rewritten({ definitions }: CatalogDiff, next: Catalog): string[] {
  return definitions.flatMap(({ section, key, kind, changesRule }) => {
    const isJudged = section === 'achievements' && next.achievements.get(key)?.status === 'live';
    return isJudged && (kind === 'changed' || kind === 'renamed') && changesRule ? [key] : [];
  });
}

const NOTHING = {
  unlocks: 0,
  points: 0,
  xp: 0,
  holdersWhoWouldNot: 0,
  holdersWhoWouldLose: 0,
  pointsTaken: 0,
  xpTaken: 0,
};
type Count = keyof typeof NOTHING;

class Counts {
  readonly #revocable: ReadonlySet<string>;
  readonly #byKey = new Map<string, Record<Count, number>>();
  #users = 0;
  #losers = 0;

  constructor(revocable: ReadonlySet<string>) {
    this.#revocable = revocable;
  }

  add({ given, unearned, taken }: PreviewedUser): void {
    if (given.length > 0) this.#users += 1;
    if (taken.length > 0) this.#losers += 1;
    for (const { achievement, points, xp } of given) {
      this.#count(achievement, { unlocks: 1, points, xp });
    }
    for (const achievement of unearned) this.#count(achievement, { holdersWhoWouldNot: 1 });
    for (const achievement of new Set(taken.map((row) => row.achievement))) {
      this.#count(achievement, { holdersWhoWouldLose: 1 });
    }
    for (const { achievement, points, xp } of taken) this.#count(achievement, { pointsTaken: points, xpTaken: xp });
  }

  sum(catalog: Catalog): Omit<CatalogPlan, 'from' | 'definitions' | 'metricsToFill' | 'allowRevoke'> {
    const achievements = [...catalog.achievements.keys()].flatMap((key) => {
      const own = this.#byKey.get(key);
      return own === undefined ? [] : [{ key, revocable: this.#revocable.has(key), ...own }];
    });
    const total = (count: Count): number => achievements.reduce((sum, one) => sum + one[count], 0);
    return {
      achievements,
      users: this.#users,
      points: total('points'),
      xp: total('xp'),
      losers: this.#losers,
      pointsTaken: total('pointsTaken'),
      xpTaken: total('xpTaken'),
    };
  }

  #count(key: string, more: Partial<Record<Count, number>>): void {
    const own = this.#byKey.get(key) ?? { ...NOTHING };
    for (const [count, by] of Object.entries(more) as [Count, number][]) own[count] += by;
    this.#byKey.set(key, own);
  }
}
