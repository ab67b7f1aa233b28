import { entryOf, type Fault, faultAt, type Place, type SourceMap, type SourceNode } from '../../engine/source.ts';
import { messageProblem } from './icu.ts';

/** What a text is to the thing it belongs to. */
export type TextKind = 'name' | 'description' | 'title';

/** One text of a catalog in every locale it has. */
export interface CatalogText {
  readonly section: string;
  readonly key: string;
  readonly text: TextKind;
  /** Where it stands in a locale file, below the locale. */
  readonly path: readonly string[];
  readonly locales: ReadonlyMap<string, LocatedText>;
}

/** A text and where it begins. */
export interface LocatedText {
  readonly value: string;
  readonly place: Place;
}

const SECTIONS: readonly { readonly section: string; readonly texts: readonly TextKind[] }[] = [
  { section: 'eventTypes', texts: ['name', 'description'] },
  { section: 'metrics', texts: ['name'] },
  { section: 'seasons', texts: ['name'] },
  { section: 'streaks', texts: ['name'] },
  { section: 'categories', texts: ['name'] },
  { section: 'achievements', texts: ['name', 'description'] },
  { section: 'leaderboards', texts: ['name'] },
];

/** Every text that stands in a catalog, in its order. A name that is not given (and reads as the key in words) is not one. */
export function collectTexts(source: SourceMap, locales: readonly string[]): CatalogText[] {
  const named = SECTIONS.flatMap(({ section, texts }) =>
    entriesOf(entryOf(source, section)?.value).flatMap(({ key, value }) =>
      texts.flatMap((text) => {
        const entry = value.kind === 'map' ? entryOf(value, text) : undefined;
        const found = localesOf(entry?.value, locales);
        return found.size === 0 ? [] : [{ section, key, text, path: [section, key, text], locales: found }];
      }),
    ),
  );
  const levels = entryOf(source, 'levels')?.value;
  const titles = levels?.kind === 'map' ? entryOf(levels, 'titles')?.value : undefined;
  const titled = entriesOf(titles).flatMap(({ key, value }) => {
    const found = localesOf(value, locales);
    const path = ['levels', 'titles', key];
    return found.size === 0 ? [] : [{ section: 'levels', key, text: 'title' as const, path, locales: found }];
  });
  return [...named, ...titled];
}

function entriesOf(node: SourceNode | undefined): SourceMap['entries'] {
  return node?.kind === 'map' ? node.entries : [];
}

function localesOf(node: SourceNode | undefined, locales: readonly string[]): Map<string, LocatedText> {
  const found = new Map<string, LocatedText>();
  const add = (locale: string, text: SourceNode): void => {
    if (text.kind !== 'scalar' || text.value === null) return;
    const column = text.place.column + (text.textOffset ?? 0);
    found.set(locale, { value: String(text.value), place: { ...text.place, column } });
  };
  if (node?.kind === 'scalar') add(locales[0] ?? 'en', node);
  for (const entry of entriesOf(node)) if (locales.includes(entry.key)) add(entry.key, entry.value);
  return found;
}

/** How many texts lack a translation, by locale; locales that lack none are left out. */
export function missingTexts(texts: readonly CatalogText[], locales: readonly string[]): Map<string, number> {
  const missing = locales.map((locale) => [locale, texts.filter((text) => !text.locales.has(locale)).length] as const);
  return new Map(missing.filter(([, lacking]) => lacking > 0));
}

/** Texts that are no ICU messages: players would read the raw text. */
export function brokenMessages(texts: readonly CatalogText[]): Fault[] {
  return texts.flatMap((text) =>
    [...text.locales].flatMap(([locale, { value, place }]) => {
      const problem = messageProblem(value);
      return problem === null
        ? []
        : [faultAt(place, 'syntax', `The ${locale} ${text.text} of "${text.key}" ${problem}`)];
    }),
  );
}
