import { Temporal } from 'temporal-polyfill';

/** Milliseconds of a day of 24 hours. */
export const DAY_MS = 86_400_000;

/** One stretch of a zone's history in which the local date is the same. `day` counts from 1970-01-01. */
interface LocalDay {
  readonly day: number;
  readonly startsAt: number;
  readonly endsAt: number;
}

const MAX_ZONES = 700;
const MAX_DAYS = 64;
/** A memo, not state: what it holds follows from its keys alone. */
const remembered = new Map<string, LocalDay[]>();

/** Whether a name is an IANA zone (or UTC). Offsets such as +03:00 are not: they know no summer time. */
export function isZone(name: string): boolean {
  if (name === 'UTC') return true;
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{1,63}$/.test(name)) return false;
  try {
    new Temporal.ZonedDateTime(0n, name);
    return true;
  } catch {
    return false;
  }
}

/** The local date of an instant in a zone, as days since 1970-01-01. An unknown zone reads as UTC. */
export function localDay(instant: number, zone: string | null): number {
  return zone === null || zone === 'UTC' ? Math.floor(instant / DAY_MS) : localDayOf(instant, zone).day;
}

/** The instant at which a local day begins: midnight, or the first moment after it where a clock change skips it. */
export function dayStart(day: number, zone: string | null): number {
  if (zone === null || zone === 'UTC') return day * DAY_MS;
  try {
    return plainDate(day).toZonedDateTime(zone).epochMilliseconds;
  } catch {
    return day * DAY_MS;
  }
}

function localDayOf(instant: number, zone: string): LocalDay {
  const days = remembered.get(zone) ?? [];
  for (let index = days.length - 1; index >= 0; index--) {
    const known = days[index];
    if (known !== undefined && instant >= known.startsAt && instant < known.endsAt) return known;
  }
  const found = findLocalDay(instant, zone);
  if (days.length === 0) {
    if (remembered.size >= MAX_ZONES) remembered.clear();
    remembered.set(zone, days);
  } else if (days.length >= MAX_DAYS) days.shift();
  days.push(found);
  return found;
}

function findLocalDay(instant: number, zone: string): LocalDay {
  try {
    const local = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);
    let day = dayNumber(local.toPlainDate());
    // Where a clock goes back over midnight a date comes twice; days stay whole: a day lasts from its start to the next start.
    if (instant >= dayStart(day + 1, zone)) day += 1;
    return { day, startsAt: dayStart(day, zone), endsAt: dayStart(day + 1, zone) };
  } catch {
    const day = Math.floor(instant / DAY_MS);
    return { day, startsAt: day * DAY_MS, endsAt: (day + 1) * DAY_MS };
  }
}

const EPOCH = Temporal.PlainDate.from('1970-01-01');

function plainDate(day: number): Temporal.PlainDate {
  return EPOCH.add({ days: day });
}

function dayNumber(date: Temporal.PlainDate): number {
  return Date.UTC(date.year, date.month - 1, date.day) / DAY_MS;
}

/** A time of day that says how far from UTC it is. */
const WITH_OFFSET = /[tT ]\d\d.*(?:[zZ]|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)$/;

/**
 * An instant as a designer writes it: `2026-12-01T10:00+03:00`, `...Z`, or a wall clock time (or a date) in the zone given.
 * A time a clock change skips is taken after it, one that comes twice is the first. Null when it is no time.
 */
export function parseInstant(text: string, zone: string): number | null {
  if (text.length > 40) return null;
  try {
    if (WITH_OFFSET.test(text)) return Temporal.Instant.from(text).epochMilliseconds;
    return Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;
  } catch {
    return null;
  }
}
