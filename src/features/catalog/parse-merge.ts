import { nearest } from '../../engine/format-fault.ts';
import { type Fault, faultAt, type SourceEntry, type SourceMap, type SourceNode } from '../../engine/source.ts';

/** The texts of one locale, from a file whose top keys are locales. */
export interface LocalePart {
  readonly locale: string;
  readonly tree: SourceNode;
}

const ONLY_IN_MAIN = new Set(['laurel', 'name', 'locales', 'include', 'users']);

/** Adds the sections of included files to the main one; a key that stands in two files is a fault. */
export function mergeSections(main: SourceMap, parts: readonly SourceMap[], faults: Fault[]): SourceMap {
  const sections = new Map<string, SourceEntry>(main.entries.map((entry) => [entry.key, entry]));
  for (const part of parts) {
    for (const entry of part.entries) {
      const known = sections.get(entry.key);
      if (known === undefined && !ONLY_IN_MAIN.has(entry.key)) sections.set(entry.key, entry);
      else if (known === undefined) faults.push(onlyInMain(entry));
      else sections.set(entry.key, { ...known, value: mergeSection(known, entry, faults) });
    }
  }
  return { ...main, entries: [...sections.values()] };
}

function onlyInMain(entry: SourceEntry): Fault {
  return faultAt(entry.keyPlace, 'conflict', `"${entry.key}" may stand in the main file only`);
}

function mergeSection(known: SourceEntry, added: SourceEntry, faults: Fault[]): SourceNode {
  const { value } = known;
  if (ONLY_IN_MAIN.has(added.key)) {
    faults.push(onlyInMain(added));
    return value;
  }
  if (value.kind === 'list' && added.value.kind === 'list') {
    return { ...value, items: [...value.items, ...added.value.items] };
  }
  if (value.kind !== 'map' || added.value.kind !== 'map') {
    faults.push(faultAt(added.keyPlace, 'conflict', `"${added.key}" is also in ${known.keyPlace.file}`));
    return value;
  }
  const keys = new Map(value.entries.map((entry) => [entry.key, entry]));
  for (const entry of added.value.entries) {
    const first = keys.get(entry.key);
    if (first === undefined) keys.set(entry.key, entry);
    else {
      const where = `${first.keyPlace.file}:${first.keyPlace.line}`;
      faults.push(faultAt(entry.keyPlace, 'duplicateKey', `"${entry.key}" is already in ${where}`));
    }
  }
  return { ...value, entries: [...keys.values()] };
}

/** Puts the texts of locale files where they belong: `name: Sprinter` becomes `name: { en: Sprinter, ru: ... }`. */
export function mergeLocales(
  source: SourceMap,
  parts: readonly LocalePart[],
  locales: readonly string[],
  faults: Fault[],
): SourceMap {
  let merged: SourceNode = source;
  for (const part of parts) merged = mergeTexts(merged, part.tree, part.locale, locales, faults);
  return merged.kind === 'map' ? merged : source;
}

function mergeTexts(
  target: SourceNode,
  texts: SourceNode,
  locale: string,
  locales: readonly string[],
  faults: Fault[],
): SourceNode {
  if (texts.kind === 'scalar') return addText(target, texts, locale, locales, faults);
  if (texts.kind !== 'map' || target.kind !== 'map') {
    faults.push(faultAt(texts.place, 'wrongType', 'A locale file is a map that follows the catalog'));
    return target;
  }
  const entries = new Map(target.entries.map((entry) => [entry.key, entry]));
  for (const entry of texts.entries) {
    const known = entries.get(entry.key);
    if (known !== undefined) {
      entries.set(entry.key, { ...known, value: mergeTexts(known.value, entry.value, locale, locales, faults) });
    } else if (entry.value.kind === 'scalar' && (entry.key === 'name' || entry.key === 'description')) {
      const text: SourceMap = { kind: 'map', place: entry.value.place, entries: [{ ...entry, key: locale }] };
      entries.set(entry.key, { ...entry, value: text });
    } else {
      const message = `"${entry.key}" is not in the catalog`;
      faults.push(faultAt(entry.keyPlace, 'unknownName', message, nearest(entry.key, entries.keys())));
    }
  }
  return { ...target, entries: [...entries.values()] };
}

function addText(
  target: SourceNode,
  text: SourceNode,
  locale: string,
  locales: readonly string[],
  faults: Fault[],
): SourceNode {
  const added: SourceEntry = { key: locale, keyPlace: text.place, value: text };
  if (target.kind === 'scalar') {
    const first: SourceEntry = { key: locales[0] ?? 'en', keyPlace: target.place, value: target };
    return { kind: 'map', place: target.place, entries: first.key === locale ? [added] : [first, added] };
  }
  if (target.kind === 'map' && target.entries.every((entry) => locales.includes(entry.key))) {
    if (!target.entries.some((entry) => entry.key === locale))
      return { ...target, entries: [...target.entries, added] };
    faults.push(faultAt(text.place, 'duplicateKey', `The ${locale} text is already there`));
    return target;
  }
  faults.push(faultAt(text.place, 'wrongType', 'No text stands here in the catalog'));
  return target;
}
