import type { Levels, Rarity } from '../../engine/catalog.ts';
import { type LevelProgress, levelAt, levelProgress } from '../../engine/levels.ts';
import type { Json } from '../../engine/state.ts';
import type { User } from '../../generated/prisma/client.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { textIn, wantedLocales } from '../../graphql/locale.ts';
import type { LevelChange } from '../../realtime/topics.ts';
import { RarityEnum } from '../achievements/schema.ts';
import { countedAchievements } from '../achievements/service.ts';
import { seesPrivate } from '../auth/principal.ts';
import { EventObject, EventTypeType, typeOf } from '../ingest/schema.ts';
import { UserRefInputType } from '../users/schema.ts';
import { readUserRef } from '../users/user-ref.ts';
import type { DayRow, TypeTotalRow } from './store.ts';

const RECENT = 5;
const MOST_DAYS = 366;

interface LevelShape extends LevelProgress {
  readonly userLocale: string | null;
}

const LevelProgressType = builder.objectRef<LevelShape>('LevelProgress').implement({
  description: 'Where a user stands on the way through the levels.',
  fields: (t) => ({
    level: t.exposeInt('level', { description: 'Everybody starts at 1.' }),
    title: t.string({
      nullable: true,
      description: 'The title of the highest titled level reached.',
      resolve: ({ level, userLocale }, _args, context) => titleOf(level, context, userLocale),
    }),
    xp: t.expose('xp', { type: 'SafeInt', description: 'All experience.' }),
    xpIntoLevel: t.expose('xpIntoLevel', { type: 'SafeInt', description: 'Since the level began.' }),
    xpToNextLevel: t.expose('xpToNextLevel', {
      type: 'SafeInt',
      nullable: true,
      description: 'Still missing; null at the last level.',
    }),
    progress: t.exposeFloat('progress', { description: 'Share of the level, 0 to 1; 1 at the last.' }),
  }),
});

/** A level change, with the user whose it is: the title is in that user's language where the caller asks for none. */
export interface LevelUpShape extends LevelChange {
  readonly userId?: string;
}

/** A level change. */
export const LevelUpType = builder.objectRef<LevelUpShape>('LevelUp').implement({
  description: 'A level was passed, or several at once.',
  fields: (t) => ({
    from: t.exposeInt('from', { description: 'The level before.' }),
    to: t.exposeInt('to', { description: 'The level now.' }),
    title: t.string({
      nullable: true,
      description: 'The title of the level now.',
      resolve: async ({ to, userId }, _args, context) => {
        const user = userId === undefined ? null : await context.loaders.users.byId.load(userId);
        return titleOf(to, context, user?.locale ?? null);
      },
    }),
    data: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'What the catalog gives with the level now, or else with the highest rewarded one that was passed; untouched.',
      resolve: ({ from, to }, _args, { services }) => rewardOf(services.catalog.live().catalog.levels, from, to),
    }),
  }),
});

const EventTypeStats = builder.objectRef<TypeTotalRow>('EventTypeStats').implement({
  description: "A user's events of one type.",
  fields: (t) => ({
    eventType: t.field({
      type: EventTypeType,
      description: 'The type.',
      resolve: ({ type, userId }, _args, { services }) =>
        typeOf(services.catalog.live().catalog.eventTypes, type, userId),
    }),
    count: t.exposeInt('count', { description: 'How many.' }),
    points: t.expose('points', { type: 'SafeInt', description: 'Their points.' }),
    firstAt: t.expose('firstAt', { type: 'DateTime', description: 'occurredAt of the first.' }),
    lastAt: t.expose('lastAt', { type: 'DateTime', description: 'occurredAt of the last.' }),
  }),
});

const DailyStats = builder.objectRef<DayRow>('DailyStats').implement({
  description: "A day on which something happened, in the user's zone.",
  fields: (t) => ({
    date: t.expose('date', { type: 'Date', description: 'The local date.' }),
    events: t.exposeInt('events', { description: 'How many events.' }),
    points: t.expose('points', { type: 'SafeInt', description: 'Their points.' }),
  }),
});

interface RarityCount {
  readonly rarity: Rarity;
  readonly unlocked: number;
  readonly total: number;
}

const RarityStats = builder.objectRef<RarityCount>('RarityStats').implement({
  description: 'Achievements of one rarity.',
  fields: (t) => ({
    rarity: t.field({ type: RarityEnum, description: 'The rarity.', resolve: ({ rarity }) => rarity }),
    unlocked: t.exposeInt('unlocked', { description: 'How many the user has.' }),
    total: t.exposeInt('total', { description: 'How many there are for the user.' }),
    completionPercent: t.float({
      description: '0 to 100, two decimals.',
      resolve: ({ unlocked, total }) => percent(unlocked, total),
    }),
  }),
});

/** The parent is the user whose statistics they are. */
const UserStats = builder.objectRef<User>('UserStats').implement({
  description: "A user's statistics; zeros and nulls for one without events.",
  fields: (t) => ({
    score: t.expose('score', { type: 'SafeInt', description: 'Sum of event points.' }),
    achievementPoints: t.expose('achievementPoints', { type: 'SafeInt', description: 'Sum of achievement points.' }),
    totalPoints: t.field({
      type: 'SafeInt',
      description: 'score + achievementPoints.',
      resolve: ({ score, achievementPoints }) => score + achievementPoints,
    }),
    achievementsCount: t.int({
      description: 'How many achievements the user has.',
      resolve: async ({ id }, _args, { loaders }) => (await loaders.achievements.unlocks.load(id)).size,
    }),
    achievementsTotal: t.int({
      description: 'How many there are for the user; secret ones count once unlocked.',
      resolve: async (user, _args, context) =>
        (await rarities(user, context)).reduce((sum, { total }) => sum + total, 0),
    }),
    completionPercent: t.float({
      description: '0 to 100, two decimals.',
      resolve: async (user, _args, context) => {
        const all = await rarities(user, context);
        const sum = (pick: (count: RarityCount) => number): number =>
          all.reduce((total, count) => total + pick(count), 0);
        return percent(
          sum(({ unlocked }) => unlocked),
          sum(({ total }) => total),
        );
      },
    }),
    lastActivityAt: t.expose('lastActivityAt', {
      type: 'DateTime',
      nullable: true,
      description: 'occurredAt of the newest event.',
    }),
    recentEvents: t.field({
      type: [EventObject],
      description: 'The five newest events.',
      resolve: ({ id }, _args, { loaders }) =>
        loaders.events.pages.load({
          userId: id,
          args: { type: null, after: null, before: null, limit: RECENT, backwards: false },
        }),
    }),
    byEventType: t.field({
      type: [EventTypeStats],
      description: 'By event type, most points first.',
      resolve: ({ id }, _args, { loaders }) => loaders.stats.totals.load(id),
    }),
    byRarity: t.field({
      type: [RarityStats],
      description: 'Achievements by rarity, common first.',
      resolve: (user, _args, context) => rarities(user, context),
    }),
    daily: t.field({
      type: [DailyStats],
      description: 'Days with events among the last ones, newest first.',
      args: { last: t.arg.int({ defaultValue: 30, description: 'How many days back, at most 366.' }) },
      resolve: ({ id }, { last }, { loaders }) => {
        if (last == null || last < 1 || last > MOST_DAYS) throw badUserInput(`last is 1 to ${MOST_DAYS}`);
        return loaders.stats.days.load({ userId: id, args: { last } });
      },
    }),
  }),
});

builder.prismaObjectFields('User', (t) => ({
  level: t.int({
    description: 'The level of the XP; everybody starts at 1.',
    resolve: ({ xp }, _args, { services }) => levelAt(services.catalog.live().catalog.levels, Number(xp)),
  }),
  levelProgress: t.field({
    type: LevelProgressType,
    description: 'The way through the levels.',
    resolve: ({ xp, locale }, _args, { services }) => ({
      ...levelProgress(services.catalog.live().catalog.levels, Number(xp)),
      userLocale: locale,
    }),
  }),
  stats: t.field({ type: UserStats, nullable: true, description: 'Statistics.', resolve: (user) => user }),
}));

builder.queryField('stats', (t) =>
  t.field({
    type: UserStats,
    nullable: true,
    description: 'Statistics of a user; null when absent or not visible.',
    args: { user: t.arg({ type: UserRefInputType, required: true, description: 'Whose.' }) },
    resolve: async (_root, { user: ref }, { loaders, principal }) => {
      const user = await loaders.users.byRef.load(readUserRef(ref));
      return user !== null && seesPrivate(principal, user.id) ? user : null;
    },
  }),
);

function titleOf(level: number, context: Context, own: string | null): string | null {
  const { levels, locales } = context.services.catalog.live().catalog;
  const reached = [...levels.titles.keys()].filter((titled) => titled <= level);
  const title = levels.titles.get(Math.max(...reached));
  return title === undefined ? null : textIn(title, wantedLocales(context, own), locales);
}

/** Several levels may be passed at once: the reward of a lower one is not lost. */
function rewardOf({ data }: Levels, from: number, to: number): Json {
  const rewarded = [...data.keys()].filter((level) => level > from && level <= to);
  return data.get(Math.max(...rewarded)) ?? null;
}

const RARITIES: readonly Rarity[] = ['common', 'uncommon', 'rare', 'epic', 'legendary'];

async function rarities(user: User, { loaders, services }: Context): Promise<RarityCount[]> {
  const held = await loaders.achievements.unlocks.load(user.id);
  const counted = countedAchievements(services.catalog.live().catalog, new Set(held.keys()), user.test);
  return RARITIES.map((rarity) => {
    const own = counted.filter((achievement) => achievement.rarity === rarity);
    return { rarity, unlocked: own.filter(({ key }) => held.has(key)).length, total: own.length };
  });
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 100;
}
