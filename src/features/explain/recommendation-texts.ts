import type { Context } from '../../graphql/context.ts';
import { textIn, wantedLocales } from '../../graphql/locale.ts';
import type { Texts } from '../../platform/messages.ts';
import { ownText } from '../achievements/texts.ts';
import type { Recommended } from './recommendations.ts';

const COUNTED: Texts = {
  en: '{name}: {left, number} to go ({current, number} of {target, number})',
  ru: '{name}: осталось {left, number} ({current, number} из {target, number})',
};
const SHARE: Texts = {
  en: '{name}: {percent, number}% done',
  ru: '{name}: выполнено {percent, number} %',
};
const REACHED: Texts = {
  en: '{name}: done, your next move unlocks it',
  ru: '{name}: выполнено, откроется со следующим действием',
};
const ENDING: Texts = {
  en: `{name}: {unit, select,
    week {{current, plural, one {# week} other {# weeks}}}
    other {{current, plural, one {# day} other {# days}}}} in a row, {hours, plural,
    =0 {less than an hour} one {# hour} other {# hours}} left to go on`.replace(/\n\s*/g, ' '),
  ru: `{name}: {unit, select,
    week {{current, plural, one {# неделя} few {# недели} many {# недель} other {# недели}}}
    other {{current, plural, one {# день} few {# дня} many {# дней} other {# дня}}}} подряд, чтобы продолжить, {hours, plural,
    =0 {осталось меньше часа} one {остался # час} few {осталось # часа} many {осталось # часов} other {осталось # часа}}`.replace(
    /\n\s*/g,
    ' ',
  ),
};

const HOUR_MS = 3_600_000;

/** Why it is worth doing: a sentence in the caller's language, else the user's. */
export function reasonOf(recommended: Recommended, context: Context, own: string | null): string {
  const wanted = wantedLocales(context, own);
  const { locales } = context.services.catalog.live().catalog;
  if (recommended.kind === 'streakEnding') {
    const { streak, view, leftMs } = recommended;
    const hours = Math.floor(leftMs / HOUR_MS);
    const values = { name: textIn(streak.name, wanted, locales), unit: streak.per, current: view.current, hours };
    return ownText(ENDING, wanted, locales, values);
  }
  const { achievement, progress } = recommended;
  const name = textIn(achievement.name, wanted, locales);
  const { current, target } = progress;
  if (progress.progress >= 1) return ownText(REACHED, wanted, locales, { name });
  if (current === null || target === null) {
    return ownText(SHARE, wanted, locales, { name, percent: Math.floor(progress.progress * 100) });
  }
  // Six decimals are the most a metric has; a difference of two may show more.
  const left = Math.round((target - current) * 1_000_000) / 1_000_000;
  return ownText(COUNTED, wanted, locales, { name, left, current, target });
}
