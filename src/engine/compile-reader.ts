import { parseDuration } from './durations.ts';
import { nearest } from './format-fault.ts';
import {
  type Fault,
  type FaultCode,
  faultAt,
  type Place,
  type SourceEntry,
  type SourceMap,
  type SourceNode,
} from './source.ts';

const MAX_FAULTS = 200;

/** Where a compilation collects what is wrong, and what it must know everywhere. */
export interface CompileContext {
  readonly faults: Fault[];
  readonly locales: readonly [string, ...string[]];
  /** Texts must be there in every locale. */
  readonly strict: boolean;
}

/** Notes a fault; beyond a few hundred the rest is dropped. */
export function report(
  context: CompileContext,
  place: Place,
  code: FaultCode,
  message: string,
  suggestion?: string,
): void {
  if (context.faults.length < MAX_FAULTS) context.faults.push(faultAt(place, code, message, suggestion));
}

/** A map of the source read by key. What was not asked for by `keywords` is reported at once. */
export interface MapReader {
  readonly place: Place;
  readonly entries: readonly SourceEntry[];
  get(key: string): SourceEntry | undefined;
}

/** Opens a map; reports another kind of node, and unknown keys when `keywords` are given. */
export function openMap(
  context: CompileContext,
  node: SourceNode | undefined,
  what: string,
  keywords?: readonly string[],
): MapReader | null {
  if (node === undefined) return null;
  if (node.kind !== 'map') {
    report(context, node.place, 'wrongType', `${what} must be a map`);
    return null;
  }
  if (keywords !== undefined) {
    for (const entry of node.entries) {
      if (!keywords.includes(entry.key))
        reportUnknown(context, entry.keyPlace, 'unknownKey', what, entry.key, keywords);
    }
  }
  return readerOf(node);
}

function readerOf(map: SourceMap): MapReader {
  const byKey = new Map(map.entries.map((entry) => [entry.key, entry]));
  return { place: map.place, entries: map.entries, get: (key) => byKey.get(key) };
}

/** Reports a name that is not known, with the one that was probably meant. */
export function reportUnknown(
  context: CompileContext,
  place: Place,
  code: 'unknownKey' | 'unknownName',
  what: string,
  name: string,
  known: Iterable<string>,
): void {
  const message = code === 'unknownKey' ? `${what} has no keyword "${name}"` : `There is no ${what} "${name}"`;
  if (context.faults.length < MAX_FAULTS) report(context, place, code, message, nearest(name, known));
}

/** A text; undefined when absent, reported when of another kind. Numbers are taken as they are written. */
export function readString(context: CompileContext, reader: MapReader, key: string): string | undefined {
  const node = reader.get(key)?.value;
  if (node === undefined) return undefined;
  if (node.kind === 'scalar' && typeof node.value === 'string') return node.value;
  if (node.kind === 'scalar' && typeof node.value === 'number') return String(node.value);
  report(context, node.place, 'wrongType', `"${key}" must be a text`);
  return undefined;
}

/** One of a few words, or the fallback. */
export function readChoice<T extends string>(
  context: CompileContext,
  reader: MapReader,
  key: string,
  choices: readonly T[],
  fallback: T,
): T {
  const text = readString(context, reader, key);
  if (text === undefined) return fallback;
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const place = reader.get(key)?.value.place ?? reader.place;
  report(context, place, 'outOfRange', `"${key}" must be one of ${choices.join(', ')}`, nearest(text, choices));
  return fallback;
}

/** A number within limits; `integer` refuses fractions. */
export function readNumber(
  context: CompileContext,
  reader: MapReader,
  key: string,
  limits: { readonly least: number; readonly most?: number; readonly integer?: boolean },
): number | undefined {
  const node = reader.get(key)?.value;
  if (node === undefined) return undefined;
  const value = numberOf(node);
  const { least, most = Number.MAX_SAFE_INTEGER, integer = true } = limits;
  if (value !== undefined && value >= least && value <= most && (!integer || Number.isSafeInteger(value))) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  report(context, node.place, 'outOfRange', `"${key}" must be ${integer ? 'an integer' : 'a number'} ${range}`);
  return undefined;
}

/** The number of a node, if it is one. */
export function numberOf(node: SourceNode): number | undefined {
  return node.kind === 'scalar' && typeof node.value === 'number' && Number.isFinite(node.value)
    ? node.value
    : undefined;
}

/** The text of a node, if it is one. */
export function stringOf(node: SourceNode | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

/** true or false, or the fallback. */
export function readBoolean(context: CompileContext, reader: MapReader, key: string, fallback: boolean): boolean {
  const node = reader.get(key)?.value;
  if (node === undefined) return fallback;
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
  report(context, node.place, 'wrongType', `"${key}" must be true or false`);
  return fallback;
}

/** A duration such as 60s, 5m, 12h, 7d, in milliseconds. */
export function readDuration(
  context: CompileContext,
  reader: MapReader,
  key: string,
  mostMs: number,
): number | undefined {
  const node = reader.get(key)?.value;
  if (node === undefined) return undefined;
  const value = parseDuration(stringOf(node) ?? '');
  if (value === null || value <= 0) {
    report(context, node.place, 'badTime', `"${key}" must be a duration such as 60s, 5m, 12h or 7d`);
    return undefined;
  }
  if (value <= mostMs) return value;
  report(context, node.place, 'outOfRange', `"${key}" must be at most ${mostMs / 86_400_000}d`);
  return undefined;
}

/** A word or a list of words, each with its place. */
export function readWords(
  context: CompileContext,
  entry: SourceEntry | undefined,
): { readonly word: string; readonly place: Place }[] {
  if (entry === undefined) return [];
  const items = entry.value.kind === 'list' ? entry.value.items : [entry.value];
  return items.flatMap((item) => {
    const word = stringOf(item) ?? numberOf(item)?.toString();
    if (word !== undefined) return [{ word, place: item.place }];
    report(context, item.place, 'wrongType', `"${entry.key}" names one thing, or a list of them`);
    return [];
  });
}
