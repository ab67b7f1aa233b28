import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Catalog, EventType } from '../../engine/catalog.ts';
import { compileCatalog } from '../../engine/compile.ts';
import { formatFault } from '../../engine/format-fault.ts';
import type { DetailsValidator } from '../../engine/scenario-world.ts';
import {
  entryOf,
  type Fault,
  faultAt,
  type Place,
  type SourceEntry,
  type SourceMap,
  type SourceNode,
} from '../../engine/source.ts';
import { type CatalogFiles, parseCatalog } from '../../features/catalog/parse.ts';
import { readCatalogFiles } from '../../features/catalog/read-files.ts';
import { detailsIssues } from '../../features/ingest/details.ts';
import { brokenMessages, collectTexts } from './texts.ts';

/** The files of a catalog, and what people call them. */
export interface CatalogInput {
  readonly files: CatalogFiles;
  /** Absolute folder of the main file. */
  readonly folder: string;
  /** The name of a file as seen from where the command was typed. */
  readonly shown: (file: string) => string;
}

/** A catalog from disk, compiled; or every fault of it. */
export type LoadedCatalog =
  | (CatalogInput & { readonly ok: true; readonly catalog: Catalog; readonly source: SourceMap })
  | (CatalogInput & { readonly ok: false; readonly faults: readonly Fault[] });

/** How hard to look. */
export interface LoadOptions {
  /** A text missing in any locale, and a text that is no ICU message, are faults too. */
  readonly strict?: boolean;
}

const MOST_SHOWN = 100;

/**
 * Reads and compiles the catalog at a path, a file or a folder.
 * @throws Error in words when there is nothing to read there
 */
export async function loadCatalog(target: string, cwd: string, options: LoadOptions = {}): Promise<LoadedCatalog> {
  const input = await readInput(target, cwd);
  const parsed = parseCatalog(input.files);
  const source = parsed.ok ? parsed.source : parsed.partial;
  const before = parsed.ok ? [] : parsed.faults;
  if (source === null) return { ...input, ok: false, faults: before };
  const compiled = compileCatalog(source, options);
  const faults = [
    ...before,
    ...(compiled.ok ? [] : compiled.faults),
    ...schemaFaults(source),
    ...(options.strict ? brokenMessages(collectTexts(source, localesOf(source))) : []),
  ];
  if (compiled.ok && faults.length === 0) return { ...input, ok: true, catalog: compiled.catalog, source };
  return { ...input, ok: false, faults: inOrder(input.files.main, faults) };
}

function localesOf(source: SourceMap): string[] {
  const node = entryOf(source, 'locales')?.value;
  const items = node?.kind === 'list' ? node.items : [];
  const locales = items.flatMap((item) => (item.kind === 'scalar' ? String(item.value) : []));
  return locales.length > 0 ? locales : ['en'];
}

async function readInput(target: string, cwd: string): Promise<CatalogInput> {
  const absolute = path.resolve(cwd, target);
  try {
    const found = await stat(absolute);
    if (!found.isFile() && !found.isDirectory()) throw new Error(`${target} is neither a file nor a folder.`);
    const files = await readCatalogFiles(absolute);
    const typed = found.isDirectory() ? target : path.dirname(target);
    const folder = path.resolve(cwd, typed);
    return { files, folder, shown: (file) => path.join(typed, file) };
  } catch (error) {
    throw inWords(error, target);
  }
}

/** A failure of the file system in words; anything else as it is. */
export function inWords(error: unknown, target: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new Error(`There is no file or folder ${target}.`);
  if (code === 'EACCES' || code === 'EPERM') return new Error(`${target} is not ours to read or write.`);
  if (code === 'EISDIR') return new Error(`${target} is a folder; a file is wanted.`);
  return error;
}

/** By file, line and column, the main file first; the same fault once. */
function inOrder(main: string, faults: readonly Fault[]): Fault[] {
  const files = [...new Set([main, ...faults.map((fault) => fault.file)])];
  const seen = new Set<string>();
  return faults
    .toSorted(
      (one, two) => files.indexOf(one.file) - files.indexOf(two.file) || one.line - two.line || one.column - two.column,
    )
    .filter((fault) => {
      const key = JSON.stringify(fault);
      return seen.has(key) ? false : seen.add(key);
    });
}

/** What event types are compiled against. */
const EVENT_SECTIONS: readonly string[] = ['laurel', 'locales', 'users', 'eventTypes'];

/**
 * Details whose JSON Schema the validator of events cannot compile: no event of that type could ever be recorded. Looks at the
 * event types alone, whatever is wrong elsewhere.
 */
function schemaFaults(source: SourceMap): Fault[] {
  const entries = source.entries.filter(({ key }) => EVENT_SECTIONS.includes(key));
  const compiled = compileCatalog({ ...source, entries });
  const types = compiled.ok ? [...compiled.catalog.eventTypes.values()] : [];
  return types.flatMap((type) => {
    const problem = compiled.ok ? schemaProblem(compiled.catalog, type) : null;
    if (problem === null) return [];
    const place = placeAt(source, ['eventTypes', type.key, 'details']);
    return [faultAt(place, 'wrongType', `The JSON Schema of the details cannot be used: ${problem}`)];
  });
}

function schemaProblem(catalog: Catalog, type: EventType): string | null {
  try {
    detailsIssues({ ...catalog, eventTypes: new Map([[type.key, type]]) }, type, {});
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function placeAt(source: SourceMap, keys: readonly string[]): Place {
  let node: SourceNode = source;
  for (const key of keys) {
    const entry: SourceEntry | undefined = node.kind === 'map' ? entryOf(node, key) : undefined;
    if (entry === undefined) break;
    node = entry.value;
  }
  return node.place;
}

/** Validates the details of a scenario's events as those of real ones are validated. */
export function scenarioValidator(catalog: Catalog): DetailsValidator {
  return (type, details) => {
    const issues = detailsIssues(catalog, type, details);
    return issues.length === 0
      ? null
      : issues.map(({ path: at, message }) => `${at || 'details'} ${message}`).join('; ');
  };
}

/** Every fault as people read it, with its line and a caret. */
export function faultsText(input: CatalogInput, faults: readonly Fault[]): string {
  const listed = faults.slice(0, MOST_SHOWN).map((fault) => pointAt(input, fault, fault.message, fault.suggestion));
  const more = faults.length > MOST_SHOWN ? [`... and ${faults.length - MOST_SHOWN} more.`] : [];
  return [`The catalog has ${count(faults.length, 'fault')}:`, ...listed, ...more].join('\n\n');
}

/** Something to say about a place of the catalog: `file:line:column: message`, the line, a caret. */
export function pointAt(input: CatalogInput, place: Place, message: string, suggestion?: string): string {
  const fault = faultAt({ ...place, file: input.shown(place.file) }, 'conflict', message, suggestion);
  return formatFault(fault, input.files.files[place.file]);
}

/** Faults for machines. */
export function faultsJson(input: CatalogInput, faults: readonly Fault[]): readonly Fault[] {
  return faults.map((fault) => ({ ...fault, file: input.shown(fault.file) }));
}

/** `1 fault`, `2 faults`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
