import type { Catalog, LocalText } from '../../engine/catalog.ts';
import { ruleText } from '../../engine/rule-text.ts';
import { decimalsOf, declaredMetrics } from './catalog-text.ts';
import { achievementNotes, boardInWords, metricInWords, perInWords, streakInWords } from './in-words.ts';

/** A catalog for machines: what `catalogText` shows, with plain numbers and times, and rules still in words. */
export function catalogJson(catalog: Catalog, locale: string) {
  const text = (texts: LocalText): string => texts[locale] ?? '';
  const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  return {
    name: catalog.name,
    locale,
    locales: catalog.locales,
    users: catalog.users,
    eventTypes: [...catalog.eventTypes.values()].map((type) => ({
      key: type.key,
      name: text(type.name),
      description: text(type.description),
      points: type.pointsText,
      xp: type.xpText,
      from: type.from,
      limit: type.limit,
      maxLatenessMs: type.maxLatenessMs,
      trust: type.trust,
      velocity: type.velocity,
      onDoubt: type.onDoubt,
      details: type.detailsSchema,
    })),
    metrics: declaredMetrics(catalog).map((metric) => ({
      key: metric.key,
      name: text(metric.name),
      kind: metric.kind,
      inWords: metricInWords(metric),
      decimals: metric.decimals,
      unit: metric.unit,
    })),
    achievements: [...catalog.achievements.values()].map((achievement) => ({
      key: achievement.key,
      name: text(achievement.name),
      description: text(achievement.description),
      category: achievement.category,
      rarity: achievement.rarity,
      points: achievement.points,
      xp: achievement.xp,
      tiers: achievement.tiers,
      rule: ruleText(catalog, achievement.when),
      notes: achievementNotes(achievement, decimalsOf(catalog, achievement)),
      requires: achievement.requires,
      startsAt: time(achievement.startsAt),
      endsAt: time(achievement.endsAt),
      season: achievement.season,
      repeat: achievement.repeat === null ? null : perInWords(achievement.repeat),
      visibility: achievement.visibility,
      status: achievement.status,
      data: achievement.data,
      platforms: achievement.platforms,
    })),
    categories: [...catalog.categories.values()].map(({ key, name, order }) => ({ key, name: text(name), order })),
    levels: catalog.levels.thresholds.map((xp, index) => {
      const title = catalog.levels.titles.get(index + 1);
      return {
        level: index + 1,
        xp,
        title: title === undefined ? null : text(title),
        data: catalog.levels.data.get(index + 1) ?? null,
      };
    }),
    streaks: [...catalog.streaks.values()].map((streak) => ({
      key: streak.key,
      name: text(streak.name),
      inWords: streakInWords(streak),
    })),
    seasons: [...catalog.seasons.values()].map((season) => ({
      key: season.key,
      name: text(season.name),
      startsAt: time(season.startsAt),
      endsAt: time(season.endsAt),
      timezone: season.timezone,
    })),
    leaderboards: [...catalog.leaderboards.values()].map((board) => ({
      key: board.key,
      name: text(board.name),
      metric: board.metric,
      order: board.order,
      ties: board.ties,
      inWords: boardInWords(board, catalog.metrics.get(board.metric)),
      rewards: board.rewards,
    })),
  };
}
