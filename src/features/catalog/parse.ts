import { entryOf, type Fault, type FaultCode, faultAt, type SourceMap } from '../../engine/source.ts';
import { type LocalePart, mergeLocales, mergeSections } from './parse-merge.ts';
import { parseYaml } from './parse-yaml.ts';

/** A catalog as files held in memory; paths are relative to the main file's folder. */
export interface CatalogFiles {
  readonly main: string;
  readonly files: Readonly<Record<string, string>>;
}

/** The whole source as one tree, or every fault found while reading it. */
export type ParsedCatalog =
  | { readonly ok: true; readonly source: SourceMap }
  | {
      readonly ok: false;
      readonly faults: readonly Fault[];
      /** The tree all the same, where every file could be read: more faults can be found in it. */
      readonly partial: SourceMap | null;
    };

/** After these a part of the source is not there, and names would seem unknown that are only unread. */
const HIDING: readonly FaultCode[] = ['syntax', 'tooLarge', 'unknownFile', 'wrongType'];
const MAX_CHARACTERS = 1_000_000;

/**
 * Reads a catalog from memory: the main file, what it includes, and locale files, merged into one tree. Refuses what is too
 * large before parsing it, files that are not there, broken YAML, and keys that stand twice. Pure: reads no disk.
 */
export function parseCatalog(input: CatalogFiles): ParsedCatalog {
  const text = input.files[input.main];
  const start = { file: input.main, line: 1, column: 1 };
  if (text === undefined) return refuse([faultAt(start, 'unknownFile', `There is no file ${input.main}`)]);
  if (text.length > MAX_CHARACTERS) return refuse([sizeFault(input.main)]);
  const main = parseYaml(input.main, text);
  if (main.tree === null) return refuse(main.faults);
  if (main.tree.kind !== 'map') {
    return refuse([...main.faults, faultAt(start, 'wrongType', 'A catalog is a map of sections')]);
  }
  const faults: Fault[] = [...main.faults];
  const names = includedFiles(main.tree, input, faults);
  const { parts, locales } = readParts(names, input, localeNames(main.tree), faults);
  const merged = mergeSections(main.tree, parts, faults);
  const source = mergeLocales(merged, locales, localeNames(main.tree), faults);
  return faults.length > 0 ? refuse(faults, source) : { ok: true, source };
}

function refuse(faults: readonly Fault[], source: SourceMap | null = null): ParsedCatalog {
  return { ok: false, faults, partial: faults.some((fault) => HIDING.includes(fault.code)) ? null : source };
}

function sizeFault(file: string): Fault {
  return faultAt({ file, line: 1, column: 1 }, 'tooLarge', `A catalog may hold ${MAX_CHARACTERS} characters at most`);
}

/** The locales the main file names; the first is the default. */
function localeNames(main: SourceMap): string[] {
  const node = entryOf(main, 'locales')?.value;
  if (node?.kind !== 'list') return ['en'];
  const names = node.items.flatMap((item) =>
    item.kind === 'scalar' && typeof item.value === 'string' ? [item.value] : [],
  );
  return names.length > 0 ? names : ['en'];
}

function includedFiles(main: SourceMap, input: CatalogFiles, faults: Fault[]): string[] {
  const node = entryOf(main, 'include')?.value;
  if (node === undefined) return [];
  const patterns = node.kind === 'list' ? node.items : [node];
  const found = new Set<string>();
  for (const pattern of patterns) {
    if (pattern.kind !== 'scalar' || typeof pattern.value !== 'string') {
      faults.push(faultAt(pattern.place, 'wrongType', 'include names files, such as achievements/*.yaml'));
      continue;
    }
    const matches = globMatcher(pattern.value);
    const names = Object.keys(input.files).filter((name) => name !== input.main && matches(name));
    if (names.length === 0) {
      faults.push(faultAt(pattern.place, 'unknownFile', `No file fits ${pattern.value}`));
    }
    for (const name of names.sort()) found.add(name);
  }
  return [...found];
}

/** `*` stands for anything within a name, `**` for any folders. Compared piece by piece: no pattern can make it slow. */
function globMatcher(pattern: string): (name: string) => boolean {
  const clean = pattern.replace(/^\.\//, '');
  if (clean.length > 200) return () => false;
  const wanted = clean.split('/');
  return (name) => name.length <= 400 && matchPath(wanted, name.split('/'));
}

function matchPath(wanted: readonly string[], parts: readonly string[]): boolean {
  const [first, ...rest] = wanted;
  if (first === undefined) return parts.length === 0;
  if (first === '**') return parts.some((_, skip) => matchPath(rest, parts.slice(skip)));
  const [head, ...tail] = parts;
  return head !== undefined && matchName(first, head) && matchPath(rest, tail);
}

function matchName(pattern: string, name: string): boolean {
  const pieces = pattern.split('*');
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return pattern === name;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const next = name.indexOf(piece, at);
    if (next < 0) return false;
    at = next + piece.length;
  }
  return at <= name.length - last.length;
}

function readParts(names: readonly string[], input: CatalogFiles, locales: readonly string[], faults: Fault[]) {
  const parts: SourceMap[] = [];
  const found: LocalePart[] = [];
  let characters = 0;
  for (const name of names) {
    const text = input.files[name] ?? '';
    characters += text.length;
    if (characters > MAX_CHARACTERS) {
      faults.push(sizeFault(name));
      break;
    }
    const { tree, faults: wrong } = parseYaml(name, text);
    faults.push(...wrong);
    if (tree === null) continue;
    if (tree.kind !== 'map') faults.push(faultAt(tree.place, 'wrongType', 'An included file is a map of sections'));
    else if (tree.entries.length > 0 && tree.entries.every((entry) => locales.includes(entry.key))) {
      for (const entry of tree.entries) found.push({ locale: entry.key, tree: entry.value });
    } else parts.push(tree);
  }
  return { parts, locales: found };
}
