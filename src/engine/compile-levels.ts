import type { Levels, LocalText } from './catalog.ts';
import { type CompileContext, type MapReader, numberOf, openMap, readNumber, report } from './compile-reader.ts';
import { readText } from './compile-texts.ts';
import { KEYWORDS } from './keywords.ts';
import { curveThresholds } from './levels.ts';
import { plainValue, type SourceEntry, type SourceNode } from './source.ts';
import type { Json } from './state.ts';

const BASE = 1000;
const MULTIPLIER = 1.5;
const MAX = 50;
const MOST_LEVELS = 10_000;

/** Compiles `levels`: a curve, or a table of thresholds. Without it 1000 * 1.5^n up to level 50. */
export function compileLevels(context: CompileContext, node: SourceNode | undefined): Levels {
  const reader = openMap(context, node, 'levels', KEYWORDS.levels);
  if (reader === null)
    return { thresholds: curveThresholds(BASE, MULTIPLIER, MAX) ?? [0], titles: new Map(), data: new Map() };
  const table = reader.get('thresholds');
  const thresholds = table === undefined ? readCurve(context, reader) : readTable(context, reader, table);
  return {
    thresholds,
    titles: readTitles(context, reader, thresholds.length),
    data: readRewards(context, reader, thresholds.length),
  };
}

function readCurve(context: CompileContext, reader: MapReader): number[] {
  const base = readNumber(context, reader, 'base', { least: 1 }) ?? BASE;
  const multiplier = readNumber(context, reader, 'multiplier', { least: 1, most: 100, integer: false }) ?? MULTIPLIER;
  const max = readNumber(context, reader, 'max', { least: 1, most: MOST_LEVELS }) ?? MAX;
  const thresholds = curveThresholds(base, multiplier, max);
  if (thresholds === null) report(context, reader.place, 'curve', `Level ${max} of this curve passes 2^53 - 1 XP`);
  return thresholds ?? [0];
}

function readTable(context: CompileContext, reader: MapReader, table: SourceEntry): number[] {
  for (const key of ['base', 'multiplier', 'max']) {
    const other = reader.get(key);
    if (other !== undefined) report(context, other.keyPlace, 'conflict', `"thresholds" leaves no place for "${key}"`);
  }
  const items = table.value.kind === 'list' ? table.value.items : [];
  if (items.length === 0 || items.length > MOST_LEVELS) {
    report(context, table.value.place, 'wrongType', '"thresholds" is a list of XP that begins with 0');
    return [0];
  }
  const thresholds: number[] = [];
  for (const item of items) {
    const value = numberOf(item);
    const last = thresholds.at(-1);
    if (value === undefined || !Number.isSafeInteger(value) || value < 0) {
      report(context, item.place, 'curve', 'A threshold is an integer of at most 2^53 - 1');
    } else if (last === undefined && value !== 0) {
      report(context, item.place, 'curve', 'The first threshold is 0: everybody starts at level 1');
      thresholds.push(0);
    } else if (last !== undefined && value <= last) report(context, item.place, 'curve', 'Thresholds must rise');
    else thresholds.push(value);
  }
  return thresholds.length === 0 ? [0] : thresholds;
}

/** The level a key names, with a fault when there is none. */
function levelOf(context: CompileContext, entry: SourceEntry, count: number): number | null {
  const level = Number(entry.key);
  if (Number.isInteger(level) && level >= 1 && level <= count) return level;
  report(context, entry.keyPlace, 'outOfRange', `There are levels 1 to ${count}`);
  return null;
}

function readTitles(context: CompileContext, reader: MapReader, count: number): Map<number, LocalText> {
  const titles = new Map<number, LocalText>();
  const map = openMap(context, reader.get('titles')?.value, 'titles');
  for (const entry of map?.entries ?? []) {
    const level = levelOf(context, entry, count);
    if (map !== null && level !== null) titles.set(level, readText(context, map, entry.key, ''));
  }
  return titles;
}

function readRewards(context: CompileContext, reader: MapReader, count: number): Map<number, Json> {
  const data = new Map<number, Json>();
  for (const entry of openMap(context, reader.get('rewards')?.value, 'rewards')?.entries ?? []) {
    const level = levelOf(context, entry, count);
    const reward = openMap(context, entry.value, 'A reward of a level', KEYWORDS.levelReward);
    const given = reward?.get('data');
    if (level !== null && given !== undefined) data.set(level, plainValue(given.value));
  }
  return data;
}
