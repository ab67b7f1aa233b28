import { keyAfter } from '../../engine/renames.ts';
import type { Context } from '../../graphql/context.ts';
import { textIn, wantedLocales } from '../../graphql/locale.ts';
import type { Texts } from '../../platform/messages.ts';
import { definitionOf, nameOf, ownText } from '../achievements/texts.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import type { NotificationRow } from './store.ts';

const UNLOCKED: Texts = {
  en: 'Congratulations! You unlocked: {name}',
  ru: 'Поздравляем! Вы получили достижение: {name}',
};
const LEVEL: Texts = { en: 'Level {level}', ru: 'Уровень {level}' };
const LEVEL_BODY: Texts = {
  en: 'Congratulations! You reached level {level}{title, select, none {} other {: {title}}}',
  ru: 'Поздравляем! Вы достигли уровня {level}{title, select, none {} other {: {title}}}',
};

/** A message as a player reads it. */
export interface RenderedNotification {
  readonly title: string;
  readonly body: string;
}

/** The key that the achievement of a message has now. */
export function achievementOf({ data }: NotificationRow, live: LiveCatalog): string {
  return keyAfter(String(data['achievement']), live.renames, Number(data['version']));
}

/** Renders a stored message in the caller's language, else the user's. */
export async function render(row: NotificationRow, context: Context): Promise<RenderedNotification> {
  const user = await context.loaders.users.byId.load(row.userId);
  const own = user?.locale ?? null;
  const live = context.services.catalog.live();
  const { catalog } = live;
  const wanted = wantedLocales(context, own);
  if (row.kind === 'LEVEL_UP') {
    const level = Number(row.data['to']);
    const titled = catalog.levels.titles.get(level);
    const title = titled === undefined ? 'none' : textIn(titled, wanted, catalog.locales);
    return {
      title: ownText(LEVEL, wanted, catalog.locales, { level }),
      body: ownText(LEVEL_BODY, wanted, catalog.locales, { level, title }),
    };
  }
  const definition = definitionOf(catalog.achievements, achievementOf(row, live));
  const name = nameOf({ definition, revealed: true, locale: own }, context);
  return { title: name, body: ownText(UNLOCKED, wanted, catalog.locales, { name }) };
}
