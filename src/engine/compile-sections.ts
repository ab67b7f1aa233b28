import type { Category, Season, Streak } from './catalog.ts';
import { knownTypes, type MetricScope } from './compile-metrics.ts';
import { readZone } from './compile-per.ts';
import {
  type CompileContext,
  type MapReader,
  openMap,
  readChoice,
  readNumber,
  readString,
  report,
} from './compile-reader.ts';
import { keyInWords, readText } from './compile-texts.ts';
import { CHOICES, KEYWORDS } from './keywords.ts';
import type { SourceNode } from './source.ts';
import { parseInstant } from './zones.ts';

/** Compiles `seasons`. */
export function compileSeasons(context: CompileContext, node: SourceNode | undefined): Map<string, Season> {
  const seasons = new Map<string, Season>();
  for (const entry of openMap(context, node, 'seasons')?.entries ?? []) {
    const reader = openMap(context, entry.value, `The season "${entry.key}"`, KEYWORDS.season);
    if (reader === null) continue;
    const timezone = readZone(context, reader, 'timezone', null) ?? 'UTC';
    const startsAt = readInstant(context, reader, 'startsAt', timezone);
    const endsAt = readInstant(context, reader, 'endsAt', timezone);
    for (const key of ['startsAt', 'endsAt']) {
      if (reader.get(key) === undefined) report(context, entry.keyPlace, 'missing', `A season needs "${key}"`);
    }
    if (startsAt === null || endsAt === null) continue;
    if (endsAt <= startsAt)
      report(context, reader.get('endsAt')?.value.place ?? reader.place, 'badTime', 'The season ends before it starts');
    const name = readText(context, reader, 'name', keyInWords(entry.key));
    seasons.set(entry.key, { key: entry.key, name, startsAt, endsAt, timezone });
  }
  return seasons;
}

/** A moment, with a fault when it is none; null when absent or wrong. */
export function readInstant(context: CompileContext, reader: MapReader, key: string, zone: string): number | null {
  const text = readString(context, reader, key);
  if (text === undefined) return null;
  const instant = parseInstant(text, zone);
  if (instant === null) {
    const place = reader.get(key)?.value.place ?? reader.place;
    report(context, place, 'badTime', `"${key}" must be a time such as 2026-12-01T10:00 or 2026-12-01T10:00:00Z`);
  }
  return instant;
}

/** Compiles `streaks`. */
export function compileStreaks(
  context: CompileContext,
  node: SourceNode | undefined,
  scope: Pick<MetricScope, 'eventTypes'>,
): Map<string, Streak> {
  const streaks = new Map<string, Streak>();
  for (const entry of openMap(context, node, 'streaks')?.entries ?? []) {
    const reader = openMap(context, entry.value, `The streak "${entry.key}"`, KEYWORDS.streak);
    if (reader === null) continue;
    if (reader.get('of') === undefined)
      report(context, entry.keyPlace, 'missing', 'A streak needs "of", the event types that keep it');
    const freezes = openMap(context, reader.get('freezes')?.value, 'freezes', KEYWORDS.freezes);
    streaks.set(entry.key, {
      key: entry.key,
      name: readText(context, reader, 'name', keyInWords(entry.key)),
      of: knownTypes(context, reader.get('of'), scope),
      per: readChoice(context, reader, 'per', CHOICES.streakPer, 'day'),
      freezes: freezes === null ? { start: 0, earnEvery: null, max: 0 } : readFreezes(context, freezes),
    });
  }
  return streaks;
}

function readFreezes(context: CompileContext, reader: MapReader): Streak['freezes'] {
  const start = readNumber(context, reader, 'start', { least: 0, most: 1000 }) ?? 0;
  const earnEvery = readNumber(context, reader, 'earnEvery', { least: 1, most: 10_000 }) ?? null;
  const max =
    readNumber(context, reader, 'max', { least: 0, most: 1000 }) ?? Math.max(start, earnEvery === null ? 0 : 1);
  if (max < start)
    report(context, reader.get('max')?.value.place ?? reader.place, 'outOfRange', '"max" is below "start"');
  return { start, earnEvery, max };
}

/** Compiles `categories`. */
export function compileCategories(context: CompileContext, node: SourceNode | undefined): Map<string, Category> {
  const categories = new Map<string, Category>();
  let order = 0;
  for (const entry of openMap(context, node, 'categories')?.entries ?? []) {
    order += 1;
    const reader = openMap(context, entry.value, `The category "${entry.key}"`, KEYWORDS.category);
    if (reader === null) continue;
    const name = readText(context, reader, 'name', keyInWords(entry.key));
    categories.set(entry.key, {
      key: entry.key,
      name,
      order: readNumber(context, reader, 'order', { least: 0 }) ?? order,
    });
  }
  return categories;
}
