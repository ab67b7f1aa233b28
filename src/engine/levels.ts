import type { Levels } from './catalog.ts';
import { MAX_VALUE } from './numbers.ts';

/** Where a user stands on the way through the levels. `progress` is 0..1 within the level, 1 at the last. */
export interface LevelProgress {
  readonly level: number;
  readonly xp: number;
  readonly xpIntoLevel: number;
  readonly xpToNextLevel: number | null;
  readonly progress: number;
}

/** The level of so much XP; everybody starts at 1. */
export function levelAt(levels: Levels, xp: number): number {
  let low = 1;
  let high = levels.thresholds.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((levels.thresholds[middle - 1] ?? Number.POSITIVE_INFINITY) <= xp) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Level, XP into it, XP still missing (null at the last level), and the share of the way. */
export function levelProgress(levels: Levels, xp: number): LevelProgress {
  const level = levelAt(levels, xp);
  const from = levels.thresholds[level - 1] ?? 0;
  const next = levels.thresholds[level];
  const xpIntoLevel = Math.max(0, xp - from);
  if (next === undefined) return { level, xp, xpIntoLevel, xpToNextLevel: null, progress: 1 };
  return { level, xp, xpIntoLevel, xpToNextLevel: next - xp, progress: Math.min(1, xpIntoLevel / (next - from)) };
}

/**
 * XP thresholds of a curve: level n to n + 1 costs floor(base * multiplier^(n - 1)), summed. Null when the last level passes
 * 2^53 - 1. (Level 50 of 1000 * 1.5^n is 850,161,998,263.)
 */
export function curveThresholds(base: number, multiplier: number, max: number): number[] | null {
  const thresholds = [0];
  let total = 0;
  for (let level = 1; level < max; level++) {
    const cost = Math.floor(base * multiplier ** (level - 1));
    total += cost;
    if (!Number.isFinite(total) || total > MAX_VALUE) return null;
    thresholds.push(total);
  }
  return thresholds;
}
