import type { Per, Season } from './catalog.ts';
import { type CompileContext, type MapReader, readString, report } from './compile-reader.ts';
import { nearest } from './format-fault.ts';
import { CHOICES } from './keywords.ts';
import { isZone } from './zones.ts';

/** Compiles `per` with its `timezone` (default UTC). */
export function compilePer(
  context: CompileContext,
  reader: MapReader,
  seasons: ReadonlyMap<string, Season>,
): Per | null {
  const word = readString(context, reader, 'per');
  const zone = reader.get('timezone');
  if (word === undefined) {
    if (zone !== undefined) report(context, zone.keyPlace, 'conflict', '"timezone" belongs to "per"');
    return null;
  }
  const unit = CHOICES.per.find((known) => known === word);
  const place = reader.get('per')?.value.place ?? reader.place;
  if (unit === undefined) {
    report(context, place, 'badPeriod', `"per" must be one of ${CHOICES.per.join(', ')}`, nearest(word, CHOICES.per));
    return null;
  }
  if (unit === 'season') {
    if (seasons.size === 0) report(context, place, 'badPeriod', 'The catalog declares no seasons');
    if (zone !== undefined) report(context, zone.keyPlace, 'conflict', 'A season has its own zone');
    checkOverlap(context, reader, seasons);
    return { unit, timezone: 'UTC' };
  }
  return { unit, timezone: readZone(context, reader, 'timezone', 'user') ?? 'UTC' };
}

/** A zone: an IANA name, or one more word that is allowed. */
export function readZone(
  context: CompileContext,
  reader: MapReader,
  key: string,
  also: string | null,
): string | undefined {
  const name = readString(context, reader, key);
  if (name === undefined || name === also || isZone(name)) return name;
  const place = reader.get(key)?.value.place ?? reader.place;
  report(
    context,
    place,
    'badZone',
    `There is no time zone "${name}"`,
    nearest(name, Intl.supportedValuesOf('timeZone')),
  );
  return undefined;
}

function checkOverlap(context: CompileContext, reader: MapReader, seasons: ReadonlyMap<string, Season>): void {
  const sorted = [...seasons.values()].sort((one, two) => one.startsAt - two.startsAt);
  const index = sorted.findIndex(
    (season, at) => season.endsAt > (sorted[at + 1]?.startsAt ?? Number.POSITIVE_INFINITY),
  );
  if (index < 0) return;
  const message = `The seasons "${sorted[index]?.key}" and "${sorted[index + 1]?.key}" overlap, so "per: season" would be ambiguous`;
  report(context, reader.get('per')?.value.place ?? reader.place, 'badPeriod', message);
}
