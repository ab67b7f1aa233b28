import type { Achievement } from '../../engine/catalog.ts';
import type { Context } from '../../graphql/context.ts';
import { textIn, wantedLocales } from '../../graphql/locale.ts';
import { formatMessage, pickLocale, type Texts } from '../../platform/messages.ts';

/** Stands for the name of a hidden achievement until it is unlocked. */
const HIDDEN_NAME: Texts = { en: 'Hidden achievement', ru: 'Скрытое достижение' };

/** The part of a definition that the API shows. */
export type ShownDefinition = Pick<
  Achievement,
  | 'key'
  | 'name'
  | 'description'
  | 'category'
  | 'order'
  | 'icon'
  | 'iconLocked'
  | 'rarity'
  | 'points'
  | 'xp'
  | 'data'
  | 'visibility'
  | 'status'
  | 'tiers'
>;

/** An achievement as somebody sees it. */
export interface SeenAchievement {
  readonly definition: ShownDefinition;
  /** False: it is hidden and its viewer has not unlocked it. */
  readonly revealed: boolean;
  /** The language of the user whose it is, where it was reached through one. */
  readonly locale: string | null;
}

/** Its name in the caller's language, or the placeholder. */
export function nameOf(
  { definition, revealed, locale }: SeenAchievement,
  context: Context,
  argument?: string | null,
): string {
  const wanted = wantedLocales(context, locale, argument);
  const { locales } = context.services.catalog.live().catalog;
  return revealed ? textIn(definition.name, wanted, locales) : ownText(HIDDEN_NAME, wanted, locales, {});
}

/** One of Laurel's own texts, in the language in which the catalog would answer. */
export function ownText(
  texts: Texts,
  wanted: readonly string[],
  catalogLocales: readonly string[],
  values: Readonly<Record<string, string | number>>,
): string {
  const locale = pickLocale([...wanted, ...catalogLocales], ['en', ...Object.keys(texts)]);
  return formatMessage(texts[locale] ?? texts.en, locale, values);
}

/** The definition of a key; one that the live catalog no longer declares keeps its holders and is shown by its key. */
export function definitionOf(achievements: ReadonlyMap<string, Achievement>, key: string): ShownDefinition {
  return achievements.get(key) ?? { ...ARCHIVED, key, name: { en: key } };
}

const ARCHIVED: Omit<ShownDefinition, 'key' | 'name'> = {
  description: {},
  category: null,
  order: Number.MAX_SAFE_INTEGER,
  icon: null,
  iconLocked: null,
  rarity: 'common',
  points: 0,
  xp: 0,
  data: null,
  visibility: 'public',
  status: 'locked',
  tiers: [],
};
