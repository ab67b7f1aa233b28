import type { Catalog, Metric, Streak } from './catalog.ts';
import { MAX_VALUE, scaleValue } from './numbers.ts';
import { mondayOf } from './periods.ts';
import { retiredType } from './retired.ts';
import type { FoldEvent, Json } from './state.ts';
import { streakUnit } from './streaks.ts';
import { DAY_MS } from './zones.ts';

/**
 * The type of the entry that opens the log of a user who moved in: what was reached elsewhere, in one event. Its points and XP are
 * those it was stored with; its details say what it brings to metrics and streaks. No catalog can declare the name.
 */
export const OPENING = '@opening';

/** What the fold takes an opening entry for: nothing prices or limits it. */
export const OPENING_TYPE = retiredType(OPENING);

/** A run of active units that was reached elsewhere. */
export interface OpeningStreak {
  readonly current: number;
  readonly longest: number;
  /** The last active local date, `2026-11-21`; of a weekly streak any day of its week. */
  readonly lastActiveOn: string;
}

/** The details of an opening entry. */
export interface Opening {
  /** Lifetime values by metric, as a player reads them; by key for a metric with `by`. */
  readonly metrics: { readonly [metric: string]: number | { readonly [key: string]: number } };
  readonly streaks: { readonly [streak: string]: OpeningStreak };
}

/** Longest run that may be brought: a day for each of a hundred years. */
const MOST_UNITS = 36_500;

/** What an opening brings to one key of a metric ('' without `by`), scaled. */
export interface Brought {
  readonly by: string;
  readonly amount: number;
}

/** What an opening entry brings to a metric. A metric that it does not name, or that an opening cannot bring, gets nothing. */
export function broughtTo(metric: Metric, event: FoldEvent): readonly Brought[] {
  const value = openingOf(event).metrics[metric.key];
  if (value === undefined || metric.withinMs !== null || metric.season !== null) return [];
  const pairs = typeof value === 'number' ? [['', value] as const] : Object.entries(value);
  return pairs.flatMap(([by, own]) => {
    const amount = scaleValue(own, metric.decimals);
    return amount === null || (by === '') !== (metric.by === null) ? [] : [{ by, amount }];
  });
}

/**
 * The active units an opening entry brings to a streak, ascending: the current run up to its last day, and before it, after a gap
 * that no freeze bridges, the longest one where that was longer.
 */
function unitsBrought(streak: Streak, event: FoldEvent): readonly number[] {
  const brought = openingOf(event).streaks[streak.key];
  if (brought === undefined) return [];
  const { current, longest, lastActiveOn } = brought;
  const step = streak.per === 'week' ? 7 : 1;
  const day = dayOf(lastActiveOn) ?? 0;
  const last = streak.per === 'week' ? mondayOf(day) : day;
  const first = last - (current - 1) * step;
  const gap = Math.max(streak.freezes.start, streak.freezes.max) + 2;
  const older = longest > current ? run(first - gap * step, longest, step) : [];
  return [...older, ...run(last, current, step)];
}

/** The active units an event adds to a streak: its own, or those an opening brings. */
export function activeUnits(streak: Streak, event: FoldEvent): readonly number[] {
  if (event.type === OPENING) return unitsBrought(streak, event);
  return streak.of.includes(event.type) ? [streakUnit(streak, event.occurredAt, event.timezone)] : [];
}

/** Units of a run that ends with `last`, ascending. */
function run(last: number, length: number, step: number): number[] {
  return Array.from({ length }, (_, index) => last - (length - 1 - index) * step);
}

function dayOf(date: string): number | null {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date ? null : time / DAY_MS;
}

function openingOf({ details }: FoldEvent): Opening {
  const { metrics, streaks } = (details ?? {}) as Partial<Record<string, Json>>;
  return { metrics: (metrics ?? {}) as Opening['metrics'], streaks: (streaks ?? {}) as unknown as Opening['streaks'] };
}

/** One thing in an opening that the catalog does not fit. */
export interface OpeningFault {
  readonly path: string;
  readonly message: string;
}

/** Everything in an opening that the catalog does not fit: names, kinds, ranges. Shapes are the caller's to check. */
export function openingFaults(catalog: Catalog, { metrics, streaks }: Opening): OpeningFault[] {
  return [
    ...Object.entries(metrics).flatMap(([key, value]) => metricFaults(catalog, key, value)),
    ...Object.entries(streaks).flatMap(([key, value]) => streakFaults(catalog, key, value)),
  ];
}

function metricFaults(catalog: Catalog, key: string, value: Opening['metrics'][string]): OpeningFault[] {
  const path = `metrics.${key}`;
  const metric = catalog.metrics.get(key);
  if (metric === undefined || !metric.lifetime) return [{ path, message: 'there is no such metric' }];
  if (metric.withinMs !== null) return [{ path, message: 'a rolling window begins anew' }];
  if (metric.season !== null) return [{ path, message: 'a season counts what happens in it' }];
  if (typeof value === 'number' && metric.by !== null) return [{ path, message: 'has one value a key: name them' }];
  if (typeof value !== 'number' && metric.by === null) return [{ path, message: 'has one value, without keys' }];
  const values = typeof value === 'number' ? [value] : Object.values(value);
  const isCounted = metric.kind === 'count' || metric.kind === 'distinct' || metric.kind === 'run';
  const faults: OpeningFault[] = [];
  if (values.length > metric.maxKeys) faults.push({ path, message: `has more than ${metric.maxKeys} keys` });
  if (typeof value !== 'number' && !Object.keys(value).every(isKey))
    faults.push({ path, message: 'a key has 1 to 200 characters' });
  if (values.some((own) => scaleValue(own, metric.decimals) === null))
    faults.push({ path, message: 'is out of range (2^53-1)' });
  else if (isCounted && values.some((own) => !Number.isInteger(own) || own < 0))
    faults.push({ path, message: 'is a whole number from 0 on' });
  return faults;
}

/** Half a character (a lone surrogate) and NUL cannot be stored. */
function isKey(by: string): boolean {
  return by !== '' && by.length <= 200 && !by.includes('\0') && by.isWellFormed();
}

function streakFaults(
  catalog: Catalog,
  key: string,
  { current, longest, lastActiveOn }: OpeningStreak,
): OpeningFault[] {
  const path = `streaks.${key}`;
  if (!catalog.streaks.has(key)) return [{ path, message: 'there is no such streak' }];
  const isLength = (length: number): boolean => Number.isInteger(length) && length >= 0 && length <= MOST_UNITS;
  const faults: OpeningFault[] = [];
  if (!isLength(current) || !isLength(longest)) faults.push({ path, message: `has 0 to ${MOST_UNITS} active units` });
  else if (longest < current) faults.push({ path, message: 'the longest run is at least the current one' });
  if (dayOf(lastActiveOn) === null) faults.push({ path, message: 'lastActiveOn is a date, as in 2026-11-21' });
  return faults;
}

/** Whether a total may be brought: a whole number from 0 to 2^53-1. */
export function isTotal(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_VALUE;
}
