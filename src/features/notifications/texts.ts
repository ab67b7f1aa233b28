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
const REWARD_BODY: Texts = {
  en: 'Congratulations! You took place {rank}{points, plural, =0 {} one { and got # point} other { and got # points}}',
  ru: 'Поздравляем! Вы заняли {rank}-е место{points, plural, =0 {} one { и получили # очко} few { и получили # очка} many { и получили # очков} other { и получили # очка}}',
};

const OVERTAKEN_BODY: Texts = {
  en: '{name} passed you: you are on place {rank} now',
  ru: '{name} обошёл вас: теперь вы на {rank}-м месте',
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
  if (row.kind === 'LEADERBOARD_REWARD' || row.kind === 'OVERTAKEN') {
    const { board, by, rank, points, passedBy } = row.data;
    const key = String(board);
    const name = textIn(catalog.leaderboards.get(key)?.name ?? { en: key }, wanted, catalog.locales);
    const title = typeof by === 'string' && by !== '' ? `${name}: ${by}` : name;
    if (row.kind === 'LEADERBOARD_REWARD') {
      const numbers = { rank: Number(rank), points: Number(points) };
      return { title, body: ownText(REWARD_BODY, wanted, catalog.locales, numbers) };
    }
    const passer = await context.loaders.users.byId.load(String(passedBy));
    const texts = { name: passer?.displayName ?? '?', rank: Number(rank) };
    return { title, body: ownText(OVERTAKEN_BODY, wanted, catalog.locales, texts) };
  }
  const definition = definitionOf(catalog.achievements, achievementOf(row, live));
  const name = nameOf({ definition, revealed: true, locale: own }, context);
  return { title: name, body: ownText(UNLOCKED, wanted, catalog.locales, { name }) };
}
