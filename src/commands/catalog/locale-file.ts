import { type Document, isAlias, isMap, isScalar, parseDocument, Scalar, YAMLMap } from 'yaml';
import { parseYaml } from '../../features/catalog/parse-yaml.ts';

/** A text to put into a locale file. */
export interface LocaleEdit {
  /** From the locale on: ru, achievements, sprinter, name. */
  readonly path: readonly string[];
  readonly value: string;
}

/** A locale file cannot be edited; the message says why, and where. */
export class LocaleFileError extends Error {
  override readonly name = 'LocaleFileError';
}

/** Whether a YAML text is a locale file: a map whose keys are all locales. An empty one is too. */
export function isLocaleFile(text: string, locales: readonly string[]): boolean {
  const { tree, faults } = parseYaml('', text);
  return faults.length === 0 && tree?.kind === 'map' && tree.entries.every(({ key }) => locales.includes(key));
}

/**
 * The text of a locale file with texts added or replaced. Comments, order, quotes and blank lines of what was there stay.
 * @throws LocaleFileError when the file is no YAML, or a text stands behind an anchor or an alias
 */
export function editLocaleFile(before: string, edits: readonly LocaleEdit[]): string {
  const document = parseDocument(before);
  const [error] = document.errors;
  if (error !== undefined) throw new LocaleFileError(error.message.replaceAll(/:?\n[\s\S]*/g, ''));
  for (const edit of edits) setText(document, edit);
  const indent = /^( {1,8})[^\s#-]/m.exec(before)?.[1]?.length ?? 2;
  const after = document.toString({ lineWidth: 0, indent });
  return before.includes('\r\n') ? after.replaceAll(/\r?\n/g, '\r\n') : after;
}

function setText(document: Document, { path, value }: LocaleEdit): void {
  if (document.contents === null) document.contents = new YAMLMap() as unknown as typeof document.contents;
  let map: unknown = document.contents;
  for (const key of path.slice(0, -1)) {
    if (!isMap(map)) throw new LocaleFileError(`${path.join('.')}: there is no map to put it in`);
    map = childMap(document, map, key);
  }
  const last = path.at(-1) ?? '';
  if (!isMap(map)) throw new LocaleFileError(`${path.join('.')}: there is no map to put it in`);
  const pair = pairOf(map, last);
  if (pair === undefined) map.add(document.createPair(keyNode(last), value));
  else if (isScalar(pair.value)) {
    if (pair.value.anchor !== undefined)
      throw new LocaleFileError(
        `${path.join('.')}: other texts repeat this one by &${pair.value.anchor}; change it by hand`,
      );
    pair.value.value = value;
  } else if (pair.value === null || isAlias(pair.value)) pair.value = document.createNode(value);
  else throw new LocaleFileError(`${path.join('.')}: something other than a text stands there`);
}

/** The map under a key; one that is not there yet is made, on one line where its neighbours are. */
function childMap(document: Document, map: YAMLMap, key: string): unknown {
  const pair = pairOf(map, key);
  const isEmpty = pair !== undefined && (pair.value === null || (isScalar(pair.value) && pair.value.value === null));
  if (pair !== undefined && !isEmpty) return pair.value;
  const made = new YAMLMap();
  const neighbour = map.items.at(-1)?.value;
  made.flow = isMap(neighbour) && neighbour.flow === true;
  if (pair === undefined) map.add(document.createPair(keyNode(key), made));
  else pair.value = made;
  return made;
}

/** A key that is a number in the file is the same key. */
function pairOf(map: YAMLMap, key: string) {
  return map.items.find((item) => (isScalar(item.key) ? String(item.key.value) : item.key) === key);
}

function keyNode(key: string): Scalar {
  return new Scalar(String(Number(key)) === key ? Number(key) : key);
}
