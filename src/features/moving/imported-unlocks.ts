import type { Achievement, Catalog } from '../../engine/catalog.ts';
import { periodKeyAt } from '../../engine/periods.ts';

/** An unlock that was earned elsewhere: a row to write, with the points the live catalog gives for it. */
export interface ImportedUnlock {
  readonly achievement: string;
  readonly tier: number;
  readonly period: string;
  readonly unlockedAt: number;
  readonly points: number;
}

/** An unlock as a line names it. */
interface NamedUnlock {
  readonly achievement: string;
  readonly at: string;
  readonly tier?: number | undefined;
}

/** The rows of the unlocks a line names: a tier brings those below it. Faults by path. */
export function importedUnlocks(
  catalog: Catalog,
  named: readonly NamedUnlock[],
  { now, zone }: { readonly now: number; readonly zone: string | null },
): { unlocks: ImportedUnlock[]; faults: { path: string; message: string }[] } {
  const unlocks = new Map<string, ImportedUnlock>();
  const faults: { path: string; message: string }[] = [];
  for (const [index, { achievement: key, at, tier }] of named.entries()) {
    const path = `unlocked.${index}`;
    const achievement = catalog.achievements.get(key);
    const unlockedAt = Date.parse(at);
    const tiers = achievement === undefined ? null : tiersOf(achievement, tier);
    if (achievement === undefined) faults.push({ path, message: `there is no achievement ${key}` });
    else if (tiers === null) faults.push({ path, message: `${key} has no such tier` });
    if (unlockedAt > now) faults.push({ path, message: 'lies ahead' });
    if (achievement === undefined || tiers === null) continue;
    const period =
      achievement.repeat === null ? '' : periodKeyAt(achievement.repeat, unlockedAt, zone, catalog.seasons);
    for (const row of tiers) {
      const unlock = { achievement: key, period, unlockedAt, ...row };
      const id = `${key}\0${row.tier}\0${period}`;
      if ((unlocks.get(id)?.unlockedAt ?? Number.POSITIVE_INFINITY) > unlockedAt) unlocks.set(id, unlock);
    }
  }
  return { unlocks: [...unlocks.values()], faults };
}

/** The tiers an unlock brings, with their points; null when there is no such tier. Without `tier` an achievement with tiers brings the first. */
function tiersOf({ tiers, points }: Achievement, tier: number | undefined): { tier: number; points: number }[] | null {
  if (tiers.length === 0) return tier === undefined || tier === 0 ? [{ tier: 0, points }] : null;
  const highest = tier ?? 1;
  if (!Number.isInteger(highest) || highest < 1 || highest > tiers.length) return null;
  return tiers.slice(0, highest).map((own) => ({ tier: own.tier, points: own.points }));
}
