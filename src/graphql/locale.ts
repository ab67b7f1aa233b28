import type { LocalText } from '../engine/catalog.ts';
import { formatMessage, pickLocale } from '../platform/messages.ts';
import type { Context } from './context.ts';

/**
 * The locales to try, best first: the argument, what the caller asked for, the user's own. The catalog's first comes last by itself,
 * for it stands first in every text.
 */
export function wantedLocales(context: Context, own: string | null | undefined, argument?: string | null): string[] {
  return [argument, ...context.locales, own].flatMap((locale) => locale ?? []);
}

/** A catalog text in the best locale it has. */
export function textIn(text: LocalText, wanted: readonly string[], catalogLocales: readonly string[]): string {
  const there = [...new Set([...catalogLocales.filter((locale) => locale in text), ...Object.keys(text)])];
  const locale = pickLocale(wanted, there);
  return formatMessage(text[locale] ?? '', locale, {});
}
