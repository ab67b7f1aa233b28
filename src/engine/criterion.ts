/**
 * A comparison on a scaled integer value: low <= value <= high, both may be infinite. `target` is the number the designer wrote
 * after `atLeast` or `above` when that is the whole comparison: the goal a progress bar runs to.
 */
export interface Bounds {
  readonly low: number;
  readonly high: number;
  readonly target: number | null;
}

/** A threshold on a metric; `keys`: in that many keys of a `by` metric. */
export interface MetricLeaf {
  readonly kind: 'metric';
  readonly metric: string;
  readonly key: string | null;
  readonly keys: number | null;
  readonly bounds: Bounds;
}

/** A threshold on the longest run of a streak. */
export interface StreakLeaf {
  readonly kind: 'streak';
  readonly streak: string;
  readonly bounds: Bounds;
}

/** At least this level. */
export interface LevelLeaf {
  readonly kind: 'level';
  readonly bounds: Bounds;
}

/** Another achievement, at a tier. */
export interface AchievementLeaf {
  readonly kind: 'achievement';
  readonly achievement: string;
  readonly tier: number;
}

/** So many of these achievements. */
export interface AchievementsLeaf {
  readonly kind: 'achievements';
  readonly rarity: string | null;
  readonly eligible: readonly string[];
  readonly count: number;
}

/** Given by hand only. */
export interface ManualLeaf {
  readonly kind: 'manual';
}

/** A leaf of a rule. */
export type Leaf = MetricLeaf | StreakLeaf | LevelLeaf | AchievementLeaf | AchievementsLeaf | ManualLeaf;

/** A rule: a tree of thresholds. */
export type Criterion =
  | Leaf
  | { readonly kind: 'all'; readonly of: readonly Criterion[] }
  | { readonly kind: 'any'; readonly of: readonly Criterion[] }
  | { readonly kind: 'atLeast'; readonly count: number; readonly of: readonly Criterion[] }
  | { readonly kind: 'not'; readonly of: Criterion };

/** Every leaf of a rule, and whether it stands under an odd number of `not`. */
export function leavesOf(criterion: Criterion, negated = false): { readonly leaf: Leaf; readonly negated: boolean }[] {
  switch (criterion.kind) {
    case 'all':
    case 'any':
    case 'atLeast':
      return criterion.of.flatMap((child) => leavesOf(child, negated));
    case 'not':
      return leavesOf(criterion.of, !negated);
    default:
      return [{ leaf: criterion, negated }];
  }
}

/** Whether a value satisfies a comparison; no value satisfies none. */
export function within(bounds: Bounds, value: number | null): boolean {
  return value !== null && value >= bounds.low && value <= bounds.high;
}

/** Whether the best of all keys of a `by` metric of a kind tells if any key satisfies a comparison. */
export function bestDecides(kind: string, bounds: Bounds): boolean {
  if (kind === 'min') return bounds.low === Number.NEGATIVE_INFINITY;
  return kind !== 'latest' && bounds.high === Number.POSITIVE_INFINITY;
}
