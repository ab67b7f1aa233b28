import type { Per, Season } from './catalog.ts';
import { DAY_MS, dayStart, localDay } from './zones.ts';

/** One window of a metric, board or repetition. `key` is what API and state call it: 2026-11-20, 2026-W47, 2026-11, a season. */
export interface Period {
  readonly key: string;
  readonly startsAt: number;
  readonly endsAt: number;
}

/** The Monday of the week a day falls in; both as days since 1970-01-01 (a Thursday). */
export function mondayOf(day: number): number {
  return day - ((((day + 3) % 7) + 7) % 7);
}

/** The window that holds an instant; null only for `season` outside every season. `userZone` stands in for the zone `user`. */
export function periodAt(
  per: Per,
  instant: number,
  userZone: string | null,
  seasons: ReadonlyMap<string, Season>,
): Period | null {
  if (per.unit === 'season') return seasonAt(instant, seasons);
  const zone = zoneOf(per, userZone);
  const [first, next] = boundaryDays(per.unit, localDay(instant, zone));
  return { key: keyOfDay(per.unit, first), startsAt: dayStart(first, zone), endsAt: dayStart(next, zone) };
}

/** The zone a window is cut in. */
export function zoneOf(per: Per, userZone: string | null): string {
  return per.timezone === 'user' ? (userZone ?? 'UTC') : per.timezone;
}

/** Only the key of the window that holds an instant; '' when there is none. Cheaper than `periodAt`. */
export function periodKeyAt(
  per: Per,
  instant: number,
  userZone: string | null,
  seasons: ReadonlyMap<string, Season>,
): string {
  if (per.unit === 'season') return seasonAt(instant, seasons)?.key ?? '';
  return keyOfDay(per.unit, localDay(instant, zoneOf(per, userZone)));
}

/** The window a key names; null when the key names none of this unit. */
export function periodOfKey(
  per: Per,
  key: string,
  userZone: string | null,
  seasons: ReadonlyMap<string, Season>,
): Period | null {
  if (per.unit === 'season') return seasons.get(key) ?? null;
  const day = dayOfKey(per.unit, key);
  if (day === null) return null;
  const zone = zoneOf(per, userZone);
  const [first, next] = boundaryDays(per.unit, day);
  const period = { key: keyOfDay(per.unit, first), startsAt: dayStart(first, zone), endsAt: dayStart(next, zone) };
  return period.key === key ? period : null;
}

function seasonAt(instant: number, seasons: ReadonlyMap<string, Season>): Season | null {
  for (const season of seasons.values()) {
    if (instant >= season.startsAt && instant < season.endsAt) return season;
  }
  return null;
}

/** First day of the window that holds a day, and of the one after it. */
function boundaryDays(unit: 'day' | 'week' | 'month', day: number): [number, number] {
  if (unit === 'day') return [day, day + 1];
  if (unit === 'week') return [mondayOf(day), mondayOf(day) + 7];
  const date = new Date(day * DAY_MS);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  return [Date.UTC(year, month, 1) / DAY_MS, Date.UTC(year, month + 1, 1) / DAY_MS];
}

const latest = {
  day: { day: Number.NaN, key: '' },
  week: { day: Number.NaN, key: '' },
  month: { day: Number.NaN, key: '' },
};

/** The key of the window that holds a day. Remembers the last answer of each unit: events come in runs of one day. */
function keyOfDay(unit: 'day' | 'week' | 'month', day: number): string {
  const last = latest[unit];
  if (last.day !== day) {
    last.key = makeKey(unit, day);
    last.day = day;
  }
  return last.key;
}

function makeKey(unit: 'day' | 'week' | 'month', day: number): string {
  if (unit === 'week') return weekKey(day);
  const text = new Date(day * DAY_MS).toISOString().slice(0, 10);
  return unit === 'day' ? text : text.slice(0, 7);
}

/** ISO 8601: a week belongs to the year that holds its Thursday. */
function weekKey(day: number): string {
  const thursday = mondayOf(day) + 3;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0, 1) / DAY_MS) / 7) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

function dayOfKey(unit: 'day' | 'week' | 'month', key: string): number | null {
  const pattern = { day: /^(\d{4})-(\d\d)-(\d\d)$/, week: /^(\d{4})-W(\d\d)$/, month: /^(\d{4})-(\d\d)$/ }[unit];
  const match = pattern.exec(key);
  if (match === null) return null;
  const [, year = '', second = '', third = '01'] = match;
  if (unit === 'week') {
    const firstMonday = mondayOf(Date.UTC(Number(year), 0, 4) / DAY_MS);
    return firstMonday + (Number(second) - 1) * 7;
  }
  return Date.UTC(Number(year), Number(second) - 1, Number(third)) / DAY_MS;
}
