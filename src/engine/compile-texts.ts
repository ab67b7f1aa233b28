import type { LocalText } from './catalog.ts';
import { type CompileContext, type MapReader, report, reportUnknown } from './compile-reader.ts';

/**
 * A text: `Sprinter`, or `{ en: Sprinter, ru: Спринтер }`. A locale that is missing reads as the default one. Without the
 * keyword the fallback stands for every locale.
 */
export function readText(context: CompileContext, reader: MapReader, key: string, fallback: string): LocalText {
  const entry = reader.get(key);
  const [first] = context.locales;
  const texts = new Map<string, string>();
  if (entry === undefined) return everywhere(context, fallback);
  if (entry.value.kind === 'scalar') {
    const { value, place } = entry.value;
    if (value === null) report(context, place, 'missingText', `"${key}" has no text`);
    texts.set(first, String(value ?? fallback));
  } else if (entry.value.kind === 'map') {
    for (const item of entry.value.entries) {
      if (!context.locales.includes(item.key)) {
        reportUnknown(context, item.keyPlace, 'unknownName', 'locale', item.key, context.locales);
      } else if (item.value.kind === 'scalar' && item.value.value !== null)
        texts.set(item.key, String(item.value.value));
      else report(context, item.value.place, 'wrongType', 'A text must stand here');
    }
  } else report(context, entry.value.place, 'wrongType', `"${key}" must be a text, or a text a locale`);
  const wanted = context.strict ? context.locales : [first];
  for (const locale of wanted) {
    if (!texts.has(locale)) report(context, entry.keyPlace, 'missingText', `The ${locale} text of "${key}" is missing`);
  }
  return fill(context, texts, texts.get(first) ?? fallback);
}

function everywhere(context: CompileContext, text: string): LocalText {
  return fill(context, new Map(), text);
}

function fill(context: CompileContext, texts: ReadonlyMap<string, string>, fallback: string): LocalText {
  return Object.fromEntries(context.locales.map((locale) => [locale, texts.get(locale) ?? fallback]));
}

/** A key in words: `treasure_hunter` and `treasureHunter` read "Treasure hunter". */
export function keyInWords(key: string): string {
  const words = key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[_\-.]+/g, ' ')
    .toLowerCase()
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
