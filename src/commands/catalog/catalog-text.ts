import type { Achievement, Catalog, Metric } from '../../engine/catalog.ts';
import { pointsOf, ruleText } from '../../engine/rule-text.ts';
import type { Json } from '../../engine/state.ts';
import {
  achievementNotes,
  boardInWords,
  doubtInWords,
  durationInWords,
  fieldsInWords,
  instantInWords,
  metricInWords,
  numberInWords,
  streakInWords,
} from './in-words.ts';
import { type Column, oneLine, tableLines } from './table.ts';

/** Levels shown from the first on; of the others only those with a title or a reward, and the last. */
const FIRST_LEVELS = 10;

/** A price longer than this is a formula to read on its own. */
const MOST_PRICE = 32;

interface Section {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/** A catalog as tables: what brings points, what is counted, what is earned and how. Names in one of its locales. */
export function catalogText(catalog: Catalog, locale: string): string {
  const sections = [
    eventSection(catalog, locale),
    metricSection(catalog, locale),
    achievementSection(catalog, locale),
    levelSection(catalog, locale),
    streakSection(catalog, locale),
    seasonSection(catalog, locale),
    boardSection(catalog, locale),
  ];
  const shown = sections.filter(({ rows }) => rows.length > 0);
  const blocks = shown.map(({ title, columns, rows }) => [title, ...tableLines(columns, rows)].join('\n'));
  return [headText(catalog), ...blocks, sumText(catalog)].join('\n\n');
}

function headText({ name, locales, users }: Catalog): string {
  const attributes = Object.entries(users.attributes).map(([key, type]) => `${key}: ${type}`);
  const lines = [`${oneLine(name)} (${locales.join(', ')})`];
  lines.push(
    users.create === 'onFirstEvent' ? 'Users are made by their first event.' : 'Users are made by upsertUser only.',
  );
  if (attributes.length > 0) lines.push(`Attributes of users: ${attributes.join(', ')}`);
  return lines.join('\n');
}

function sumText({ achievements }: Catalog): string {
  const all = [...achievements.values()];
  const points = all.reduce((sum, one) => sum + pointsOf(one), 0);
  const xp = all.reduce((sum, one) => sum + xpOf(one), 0);
  return `${all.length} achievements bring ${numberInWords(points)} points and ${numberInWords(xp)} XP, each once.`;
}

/** The highest XP an achievement can bring, all tiers together. */
export function xpOf({ tiers, xp }: Achievement): number {
  return tiers.length === 0 ? xp : tiers.reduce((sum, tier) => sum + tier.xp, 0);
}

/** Metrics that are declared: neither built in nor made from a rule. */
export function declaredMetrics({ metrics }: Catalog): Metric[] {
  return [...metrics.values()].filter(({ key, kind }) => kind !== 'builtIn' && !/[~@]/.test(key));
}

/** Decimals of the metric a rule of one leaf looks at. */
export function decimalsOf(catalog: Catalog, { when }: Achievement): number {
  return when.kind === 'metric' ? (catalog.metrics.get(when.metric)?.decimals ?? 0) : 0;
}

function eventSection(catalog: Catalog, locale: string): Section {
  const rows = [...catalog.eventTypes.values()].map((type) => [
    type.key,
    type.name[locale] ?? '',
    shortPrice(type.pointsText),
    shortPrice(type.xpText),
    type.from === 'player' ? 'player' : '',
    type.limit === null ? '' : `${type.limit.count} a ${type.limit.per}`,
    durationInWords(type.maxLatenessMs),
    doubtInWords(type),
    [fieldsInWords(type), longPrice('points', type.pointsText), longPrice('XP', type.xpText)]
      .filter(Boolean)
      .join('; '),
  ]);
  const titles = ['event', 'name', 'points', 'XP', 'from', 'limit', 'late by', 'doubted', 'details'];
  return { title: 'EVENTS', columns: titles.map((title) => ({ title })), rows };
}

/** A long expression stands at the end of its line instead, so that the table stays narrow. */
function shortPrice(text: string): string {
  return text.length > MOST_PRICE ? 'formula' : text;
}

function longPrice(what: string, text: string): string {
  return text.length > MOST_PRICE ? `${what}: ${text}` : '';
}

function metricSection(catalog: Catalog, locale: string): Section {
  const rows = declaredMetrics(catalog).map((metric) => [metric.key, metric.name[locale] ?? '', metricInWords(metric)]);
  return { title: 'METRICS', columns: [{ title: 'metric' }, { title: 'name' }, { title: 'what it counts' }], rows };
}

function achievementSection(catalog: Catalog, locale: string): Section {
  const amount = (own: number, tiers: readonly number[]): string =>
    tiers.some((amount) => amount > 0)
      ? tiers.map(numberInWords).join(' + ')
      : numberInWords(tiers.length > 0 ? 0 : own);
  const rows = [...catalog.achievements.values()].map((achievement) => [
    achievement.key,
    achievement.name[locale] ?? '',
    catalog.categories.get(achievement.category ?? '')?.name[locale] ?? '',
    achievement.rarity,
    amount(
      achievement.points,
      achievement.tiers.map(({ points }) => points),
    ),
    amount(
      achievement.xp,
      achievement.tiers.map(({ xp }) => xp),
    ),
    [ruleText(catalog, achievement.when), ...achievementNotes(achievement, decimalsOf(catalog, achievement))].join(
      '; ',
    ),
  ]);
  const columns: Column[] = [
    { title: 'achievement' },
    { title: 'name' },
    { title: 'category' },
    { title: 'rarity' },
    { title: 'points', align: 'right' },
    { title: 'XP', align: 'right' },
    { title: 'rule' },
  ];
  return { title: 'ACHIEVEMENTS', columns, rows };
}

function levelSection({ levels }: Catalog, locale: string): Section {
  const { thresholds, titles, data } = levels;
  const isShown = (level: number): boolean =>
    level <= FIRST_LEVELS || level === thresholds.length || titles.has(level) || data.has(level);
  const rows: string[][] = [];
  for (const [index, xp] of thresholds.entries()) {
    const level = index + 1;
    if (isShown(level))
      rows.push([String(level), numberInWords(xp), titles.get(level)?.[locale] ?? '', reward(data.get(level))]);
    else if (isShown(level - 1)) rows.push(['...', '...', '', '']);
  }
  const columns: Column[] = [
    { title: 'level', align: 'right' },
    { title: 'from XP', align: 'right' },
    { title: 'title' },
    { title: 'reward' },
  ];
  return { title: 'LEVELS', columns, rows };
}

function reward(data: Json | undefined): string {
  return data === undefined ? '' : JSON.stringify(data);
}

function streakSection(catalog: Catalog, locale: string): Section {
  const rows = [...catalog.streaks.values()].map((streak) => [
    streak.key,
    streak.name[locale] ?? '',
    streakInWords(streak),
  ]);
  return { title: 'STREAKS', columns: [{ title: 'streak' }, { title: 'name' }, { title: 'what keeps it' }], rows };
}

function seasonSection(catalog: Catalog, locale: string): Section {
  const rows = [...catalog.seasons.values()].map(({ key, name, startsAt, endsAt, timezone }) => [
    key,
    name[locale] ?? '',
    instantInWords(startsAt),
    instantInWords(endsAt),
    timezone,
  ]);
  const titles = ['season', 'name', 'from', 'until', 'zone'];
  return { title: 'SEASONS', columns: titles.map((title) => ({ title })), rows };
}

function boardSection(catalog: Catalog, locale: string): Section {
  const rows = [...catalog.leaderboards.values()].map((board) => [
    board.key,
    board.name[locale] ?? '',
    boardInWords(board, catalog.metrics.get(board.metric)),
  ]);
  return { title: 'LEADERBOARDS', columns: [{ title: 'board' }, { title: 'name' }, { title: 'what it ranks' }], rows };
}
