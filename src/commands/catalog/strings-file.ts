import { readFile, stat } from 'node:fs/promises';
import { formatFault, nearest } from '../../engine/format-fault.ts';
import { faultAt } from '../../engine/source.ts';
import { type CsvField, type CsvProblem, parseCsv } from './csv.ts';
import { messageProblem } from './icu.ts';
import { KEY_COLUMNS } from './strings-export.ts';
import type { CatalogText } from './texts.ts';

/** A text that a translator filled in. */
export interface Translation {
  readonly text: CatalogText;
  readonly locale: string;
  readonly value: string;
  readonly line: number;
  readonly column: number;
}

/** Something wrong in a file of translations. */
export interface StringsProblem extends CsvProblem {
  readonly suggestion?: string | undefined;
}

/** What a file of translations holds, and everything wrong with it. */
export interface ReadStrings {
  readonly translations: readonly Translation[];
  readonly problems: readonly StringsProblem[];
}

const MOST_BYTES = 4_000_000;
const MOST_SHOWN = 100;

/**
 * The text of a CSV file. Takes UTF-8 with or without a byte order mark, and any line ends.
 * @throws Error in words when it is too large or no UTF-8
 */
export async function readStringsFile(absolute: string, shown: string): Promise<string> {
  const found = await stat(absolute);
  if (!found.isFile()) throw new Error(`${shown} is no file.`);
  if (found.size > MOST_BYTES) throw new Error(`${shown} is too large: ${MOST_BYTES / 1_000_000} MB at most.`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(absolute));
    return text.includes('\n') ? text : text.replaceAll('\r', '\n');
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error(`${shown} is not UTF-8 text: save it as "CSV UTF-8".`);
  }
}

/**
 * Reads translations for the texts of a catalog. Columns may stand in any order and be parted by commas, semicolons or tabs;
 * an empty field is no translation. Refuses, by line: columns, sections and keys that do not exist, a text that stands twice,
 * and, in `wanted` locales, what is no ICU message.
 */
export function readStrings(
  csv: string,
  texts: readonly CatalogText[],
  locales: readonly string[],
  wanted: readonly string[],
): ReadStrings {
  const { records, problems: broken } = parseCsv(csv, separatorOf(csv));
  const [header = [], ...rows] = records;
  const problems: StringsProblem[] = [...broken];
  const columns = readHeader(header, locales, wanted, problems);
  const byKey = new Map(texts.map((text) => [keyOf(text.section, text.key, text.text), text]));
  const seen = new Map<string, number>();
  const translations = rows.flatMap((row) => {
    const extra = row.slice(header.length).find(({ value }) => value !== '');
    if (extra !== undefined) problems.push({ ...extra, message: `There are only ${header.length} columns` });
    const text = columns === null ? undefined : findText(row, columns, byKey, texts, problems);
    const [first] = row;
    if (text === undefined || columns === null || first === undefined) return [];
    const key = keyOf(text.section, text.key, text.text);
    const before = seen.get(key);
    if (before !== undefined) problems.push({ ...first, message: `This text stands in line ${before} already` });
    seen.set(key, before ?? first.line);
    return locales.flatMap((locale) => readTranslation(row[columns.get(locale) ?? -1], text, locale, wanted, problems));
  });
  return { translations, problems };
}

/** Programs of some countries write semicolons, and call it CSV all the same. */
function separatorOf(csv: string): string {
  const header = csv.slice(0, csv.search(/\n|$/));
  return [',', ';', '\t'].find((separator) => header.includes(separator)) ?? ',';
}

function readHeader(
  header: readonly CsvField[],
  locales: readonly string[],
  wanted: readonly string[],
  problems: StringsProblem[],
): Map<string, number> | null {
  const known = [...KEY_COLUMNS, ...locales];
  const columns = new Map<string, number>();
  for (const [index, { value, line, column }] of header.entries()) {
    const name = value.trim();
    if (columns.has(name)) problems.push({ line, column, message: `The column "${name}" stands here twice` });
    else if (known.includes(name)) columns.set(name, index);
    else {
      const message = `There is no column "${name}": the catalog has the locales ${locales.join(', ')}`;
      problems.push({ line, column, message, suggestion: nearest(name, known) });
    }
  }
  const missing = KEY_COLUMNS.filter((name) => !columns.has(name));
  if (missing.length === 0) {
    const isTranslated = wanted.some((locale) => columns.has(locale));
    if (!isTranslated) problems.push({ line: 1, column: 1, message: `There is no column ${wanted.join(' or ')}` });
    return columns;
  }
  const message = `The first line must name the columns ${known.join(', ')}; missing: ${missing.join(', ')}`;
  problems.push({ line: 1, column: 1, message });
  return null;
}

function findText(
  row: readonly CsvField[],
  columns: ReadonlyMap<string, number>,
  byKey: ReadonlyMap<string, CatalogText>,
  texts: readonly CatalogText[],
  problems: StringsProblem[],
): CatalogText | undefined {
  const [section, key, kind] = KEY_COLUMNS.map((name) => fieldOf(row, columns.get(name) ?? 0));
  if (section === undefined || key === undefined || kind === undefined) return undefined;
  const found = byKey.get(keyOf(section.value.trim(), key.value.trim(), kind.value.trim()));
  if (found !== undefined) return found;
  const steps = [
    { field: section, at: (text: CatalogText) => text.section, what: 'The catalog has no texts in a section' },
    { field: key, at: (text: CatalogText) => text.key, what: `In ${section.value.trim()} there are no texts of` },
    { field: kind, at: (text: CatalogText) => text.text, what: `${key.value.trim()} has no text called` },
  ];
  let left = texts;
  for (const { field, at, what } of steps) {
    const name = field.value.trim();
    const names = new Set(left.map(at));
    if (!names.has(name)) {
      problems.push({ ...placeOf(field), message: `${what} "${name}"`, suggestion: nearest(name, names) });
      return undefined;
    }
    left = left.filter((text) => at(text) === name);
  }
  return undefined;
}

function readTranslation(
  field: CsvField | undefined,
  text: CatalogText,
  locale: string,
  wanted: readonly string[],
  problems: StringsProblem[],
): Translation[] {
  if (field === undefined || field.value === '') return [];
  const problem = wanted.includes(locale) ? messageProblem(field.value) : null;
  if (problem !== null) problems.push({ ...placeOf(field), message: `The ${locale} text ${problem}` });
  return [{ text, locale, value: field.value.replaceAll('\r\n', '\n'), ...placeOf(field) }];
}

/** A field that the row is too short for reads as empty. */
function fieldOf(row: readonly CsvField[], index: number): CsvField {
  const last = row.at(-1);
  return row[index] ?? { value: '', line: last?.line ?? 1, column: (last?.column ?? 1) + (last?.value.length ?? 0) };
}

function placeOf({ line, column }: CsvField): { line: number; column: number } {
  return { line, column };
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** Every problem as people read it: `file:line:column`, the line, a caret. */
export function problemsText(problems: readonly StringsProblem[], file: string, csv: string): string {
  const sorted = problems.toSorted((one, two) => one.line - two.line || one.column - two.column);
  const listed = sorted.slice(0, MOST_SHOWN).map(({ line, column, message, suggestion }) => {
    return formatFault(faultAt({ file, line, column }, 'conflict', message, suggestion), csv);
  });
  const more = problems.length > MOST_SHOWN ? [`... and ${problems.length - MOST_SHOWN} more.`] : [];
  return [
    `Nothing is written: ${file} has ${problems.length} fault${problems.length === 1 ? '' : 's'}:`,
    ...listed,
    ...more,
  ].join('\n\n');
}
