import { IntlMessageFormat } from 'intl-messageformat';

/** A text by locale; English is always there. */
export interface Texts {
  readonly en: string;
  readonly [locale: string]: string;
}

const compiled = new Map<string, IntlMessageFormat>();
const MOST_COMPILED = 5_000;

/**
 * Formats an ICU MessageFormat text (plurals, numbers) in a locale. A text that does not parse is answered as it stands: a faulty
 * translation must not take a screen down.
 */
export function formatMessage(text: string, locale: string, values: Readonly<Record<string, string | number>>): string {
  const key = `${locale}\u0000${text}`;
  let format = compiled.get(key);
  try {
    if (format === undefined) {
      format = new IntlMessageFormat(text, locale, undefined, { ignoreTag: true });
      if (compiled.size >= MOST_COMPILED) compiled.clear();
      compiled.set(key, format);
    }
    return String(format.format(values));
  } catch {
    return text;
  }
}

/** Picks the best of the available locales for what was asked for, in order: exact, then language alone, else the first. */
export function pickLocale(wanted: readonly (string | null | undefined)[], available: readonly string[]): string {
  for (const locale of wanted) {
    if (!locale) continue;
    const exact = available.find((candidate) => candidate.toLowerCase() === locale.toLowerCase());
    if (exact !== undefined) return exact;
    const language = languageOf(locale);
    const near = available.find((candidate) => languageOf(candidate) === language);
    if (near !== undefined) return near;
  }
  return available[0] ?? 'en';
}

/** The locales of an Accept-Language header, best first; a malformed one answers none. */
export function parseAcceptLanguage(header: string | null | undefined): string[] {
  if (!header) return [];
  return header
    .slice(0, 500)
    .split(',')
    .flatMap((part) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const quality = parameters
        .map((parameter) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(parameter)?.[1])
        .find(Boolean);
      return /^[a-z]{1,8}(-[a-z0-9]{1,8})*$/i.test(tag)
        ? [{ tag, weight: quality === undefined ? 1 : Number(quality) }]
        : [];
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}

function languageOf(locale: string): string {
  return (locale.split('-')[0] ?? locale).toLowerCase();
}
