import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseCatalog } from '../../features/catalog/parse.ts';
import { type CatalogInput, faultsText } from './load.ts';
import { editLocaleFile, isLocaleFile, LocaleFileError } from './locale-file.ts';
import type { StringsProblem, Translation } from './strings-file.ts';
import { type CatalogText, collectTexts } from './texts.ts';

/** A locale file as it will be. */
export interface PlannedFile {
  readonly absolute: string;
  /** Relative to the main file's folder, with `/`. */
  readonly file: string;
  readonly text: string;
  readonly added: number;
  readonly changed: number;
  /** Whether the catalog includes it. */
  readonly included: boolean;
}

/** What an import would write; with problems nothing. */
export interface StringsPlan {
  readonly files: readonly PlannedFile[];
  readonly unchanged: number;
  readonly problems: readonly StringsProblem[];
}

/** Where translations go. */
export interface StringsTarget {
  readonly input: CatalogInput;
  readonly locales: readonly string[];
  /** Every text of the catalog as it is. */
  readonly texts: readonly CatalogText[];
  /** Absolute folder of new locale files; null: where the locale's texts are, else `locales` beside the main file. */
  readonly write: string | null;
}

/**
 * Works out the locale files after an import. A text that stands in a locale file is changed there; one that stands in another
 * file of the catalog is refused by line, for such files are never written. Reads only.
 * @throws Error in words when a locale file cannot be edited, or would not read back as it should
 */
export async function planStrings(target: StringsTarget, translations: readonly Translation[]): Promise<StringsPlan> {
  const wanted = translations.filter(({ text, locale, value }) => text.locales.get(locale)?.value !== value);
  const problems: StringsProblem[] = [];
  const byFile = new Map<string, Translation[]>();
  for (const translation of wanted) {
    const file = fileFor(target, translation, translations, problems);
    if (file !== null) byFile.set(file, [...(byFile.get(file) ?? []), translation]);
  }
  const unchanged = translations.length - wanted.length;
  if (problems.length > 0) return { files: [], unchanged, problems };
  const edited = await Promise.all([...byFile].map(([file, own]) => editFile(target, file, own)));
  return { files: readBack(target, edited), unchanged, problems };
}

/** The file a text goes to, relative to the main file's folder; null with a problem. */
function fileFor(
  target: StringsTarget,
  { text, locale, line, column }: Translation,
  all: readonly Translation[],
  problems: StringsProblem[],
): string | null {
  const { input } = target;
  const stands = text.locales.get(locale);
  if (stands !== undefined) {
    const { file, line: at } = stands.place;
    if (isLocale(target, file)) return file;
    const message = `The ${locale} text stands in ${input.shown(file)}:${at}, which is no locale file: change it there`;
    problems.push({ line, column, message });
    return null;
  }
  if (target.write !== null) return relative(input, path.join(target.write, `${locale}.yaml`));
  const known = all
    .map((other) => other.text.locales.get(locale)?.place.file)
    .find((file) => file !== undefined && isLocale(target, file));
  return known ?? `locales/${locale}.yaml`;
}

function isLocale({ input, locales }: StringsTarget, file: string): boolean {
  return file !== input.files.main && isLocaleFile(input.files.files[file] ?? '', locales);
}

function relative({ folder }: CatalogInput, absolute: string): string {
  return path.relative(folder, absolute).split(path.sep).join('/');
}

interface EditedFile {
  readonly absolute: string;
  readonly file: string;
  readonly text: string;
  readonly translations: readonly Translation[];
}

async function editFile(
  target: StringsTarget,
  file: string,
  translations: readonly Translation[],
): Promise<EditedFile> {
  const { input, locales } = target;
  const absolute = path.join(input.folder, file);
  const before = await readIfThere(absolute);
  if (before !== null && !isLocaleFile(before, locales)) {
    throw new Error(`${input.shown(file)} is no locale file (a map of ${locales.join(', ')}): nothing is written.`);
  }
  const edits = translations.map(({ text, locale, value }) => ({ path: [locale, ...text.path], value }));
  try {
    return { absolute, file, text: editLocaleFile(before ?? '', edits), translations };
  } catch (error) {
    if (!(error instanceof LocaleFileError)) throw error;
    throw new Error(`Nothing is written: ${input.shown(file)}: ${error.message}.`);
  }
}

async function readIfThere(absolute: string): Promise<string | null> {
  try {
    return await readFile(absolute, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Reads the catalog with the files as they will be, and makes sure that every text is there and no other has changed. */
function readBack({ input, locales, texts: before }: StringsTarget, edited: readonly EditedFile[]): PlannedFile[] {
  const files = { ...input.files.files, ...Object.fromEntries(edited.map(({ file, text }) => [file, text])) };
  const parsed = parseCatalog({ ...input.files, files });
  if (!parsed.ok)
    throw new Error(
      `Nothing is written, for with it:\n${faultsText({ ...input, files: { ...input.files, files } }, parsed.faults)}`,
    );
  const imported = new Set(edited.flatMap(({ translations }) => translations.map((one) => keyOf(one.text))));
  const texts = new Map(collectTexts(parsed.source, locales).map((text) => [keyOf(text), text]));
  for (const text of before) {
    if (!imported.has(keyOf(text)) && !sameTexts(text, texts.get(keyOf(text))))
      throw new Error(`Nothing is written: the ${text.text} of ${text.key} would change with it.`);
  }
  return edited.map(({ absolute, file, text, translations }) => {
    const there = translations.filter(
      (one) => texts.get(keyOf(one.text))?.locales.get(one.locale)?.value === one.value,
    );
    const added = translations.filter((one) => !one.text.locales.has(one.locale)).length;
    if (there.length < translations.length && there.length > 0) {
      throw new Error(`Nothing is written: ${input.shown(file)} would not read back as it should.`);
    }
    const included = there.length > 0;
    return { absolute, file, text, added, changed: translations.length - added, included };
  });
}

function sameTexts(one: CatalogText, two: CatalogText | undefined): boolean {
  return [...one.locales].every(([locale, { value }]) => two?.locales.get(locale)?.value === value);
}

function keyOf({ section, key, text }: CatalogText): string {
  return JSON.stringify([section, key, text]);
}
