import type { Streak } from './catalog.ts';
import { mondayOf } from './periods.ts';
import { dayStart, localDay } from './zones.ts';

/** A streak as it stands now. */
export interface StreakView {
  readonly current: number;
  readonly longest: number;
  /** The last active unit: days since 1970-01-01 (a week is its Monday); null without any. */
  readonly lastActiveDay: number | null;
  /** When it ends unless the user is active again; null when it is not alive. */
  readonly endsAt: number | null;
  readonly freezesLeft: number;
}

interface Walk {
  readonly run: number;
  readonly longest: number;
  readonly freezes: number;
}

/** The unit an instant falls in, in the zone the user had when the event was recorded. */
export function streakUnit(streak: Streak, instant: number, zone: string | null): number {
  const day = localDay(instant, zone);
  return streak.per === 'week' ? mondayOf(day) : day;
}

function stepOf(streak: Streak): number {
  return streak.per === 'week' ? 7 : 1;
}

/**
 * Walks the active units, ascending. Each missed unit uses a freeze while there is one and adds nothing to the length; the first
 * one without a freeze ends the run. Every `earnEvery` active units of a run earn a freeze, up to `max`.
 */
function walk(streak: Streak, days: readonly number[]): Walk {
  const { start, earnEvery, max } = streak.freezes;
  const step = stepOf(streak);
  let run = 0;
  let longest = 0;
  let freezes = start;
  let last: number | null = null;
  for (const day of days) {
    const missed: number = last === null ? 0 : Math.round((day - last) / step) - 1;
    run = missed > freezes ? 1 : run + 1;
    freezes = Math.max(0, freezes - missed);
    if (earnEvery !== null && run % earnEvery === 0) freezes = Math.min(max, freezes + 1);
    longest = Math.max(longest, run);
    last = day;
  }
  return { run, longest, freezes };
}

/** The longest run of a set of active units. */
export function longestRun(streak: Streak, days: readonly number[]): number {
  return walk(streak, days).longest;
}

/** The streak now, in the user's zone of now. It is alive while its last active unit is today's or yesterday's, freezes included. */
export function streakView(streak: Streak, days: readonly number[], now: number, zone: string | null): StreakView {
  const { run, longest, freezes } = walk(streak, days);
  const last = days.at(-1);
  if (last === undefined)
    return { current: 0, longest: 0, lastActiveDay: null, endsAt: null, freezesLeft: streak.freezes.start };
  const step = stepOf(streak);
  const missed = Math.max(0, Math.round((streakUnit(streak, now, zone) - last) / step) - 1);
  const isAlive = missed <= freezes;
  return {
    current: isAlive ? run : 0,
    longest,
    lastActiveDay: last,
    endsAt: isAlive ? dayStart(last + step * (freezes + 2), zone) : null,
    freezesLeft: Math.max(0, freezes - missed),
  };
}

/** The days with more, ascending as both are; the same list when they are all there already. */
export function withDays(days: readonly number[], more: readonly number[]): readonly number[] {
  const [first] = more;
  const last = days.at(-1);
  if (first === undefined) return days;
  if (last === undefined || first > last) return [...days, ...more];
  const added = newDays(days, more);
  return added.length === 0 ? days : [...days, ...added].sort((one, two) => one - two);
}

/** Of the days in `more` those that are not among `days`; ascending, as both are. */
export function newDays(days: readonly number[], more: readonly number[]): readonly number[] {
  return days.length === 0 ? more : more.filter((day) => !has(days, day));
}

function has(days: readonly number[], day: number): boolean {
  const last = days.at(-1);
  if (last === undefined || day > last) return false;
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((days[middle] ?? 0) < day) low = middle + 1;
    else high = middle;
  }
  return days[low] === day;
}
