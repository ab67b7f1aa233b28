import { currentKey } from '../../engine/renames.ts';
import type { User } from '../../generated/prisma/client.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { pageOfList } from '../../graphql/pages.ts';
import { isUuid } from '../../platform/ids.ts';
import { seesPrivate } from '../auth/principal.ts';
import { EventObject } from '../ingest/schema.ts';
import { UserType } from '../users/schema.ts';
import { AchievementType } from './schema.ts';
import { isListed } from './service.ts';
import { definitionOf } from './texts.ts';
import type { UnlockRow } from './unlock-row.ts';
import { type UserAchievementShape, unlockedBy } from './user-achievement.ts';

/** One user's way to one achievement. */
export const UserAchievementType = builder.objectRef<UserAchievementShape>('UserAchievement');

/** One unlock: a tier, or a period of a repeating achievement. */
export const AchievementUnlockType = builder.objectRef<UnlockRow>('AchievementUnlock').implement({
  description: 'One unlock: the only one, a tier, or a period of a repeating achievement.',
  fields: (t) => ({
    unlockedAt: t.expose('unlockedAt', {
      type: 'DateTime',
      description: 'When the event that completed the rule occurred.',
    }),
    tier: t.exposeInt('tier', { description: 'The tier; 0 without tiers.' }),
    period: t.string({
      nullable: true,
      description: 'The period of a repeating achievement.',
      resolve: ({ period }) => period || null,
    }),
    version: t.exposeInt('version', { description: 'The catalog version whose rule decided.' }),
    pointsAwarded: t.expose('points', { type: 'SafeInt', description: 'Achievement points it gave.' }),
    xpAwarded: t.expose('xp', { type: 'SafeInt', description: 'XP it gave.' }),
    evidence: t.field({
      type: EventObject,
      nullable: true,
      description: 'The event that decided; null for a grant.',
      resolve: ({ userId, eventId }, _args, { loaders }) =>
        eventId === null ? null : loaders.events.byRef.load({ userId, id: eventId }),
    }),
  }),
});

builder.node(UserAchievementType, {
  description: 'One user and one achievement: the same object before and after the unlock, over tiers and repeats.',
  id: {
    resolve: ({ userId, achievement }) => `${userId}.${achievement}`,
    description: "`userAchievement_`, the user's UUID, a dot and the achievement's key.",
  },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'achievement' in value && 'unlocks' in value,
  loadMany: (ids, context) => Promise.all(ids.map((id) => userAchievementById(context, id))),
  fields: (t) => ({
    achievement: t.field({
      type: AchievementType,
      description: 'The definition.',
      resolve: ({ achievement, unlocks, locale }, _args, { services }) => {
        const definition = definitionOf(services.catalog.live().catalog.achievements, achievement);
        return { definition, revealed: unlocks.length > 0 || definition.visibility === 'public', locale };
      },
    }),
    user: t.field({
      type: UserType,
      description: 'The user.',
      resolve: async ({ userId }, _args, { loaders }) => {
        const user = await loaders.users.byId.load(userId);
        if (user === null) throw new Error(`user ${userId} is gone`);
        return user;
      },
    }),
    unlocked: t.boolean({
      description: 'The user has it (the first tier at least).',
      resolve: ({ unlocks }) => unlocks.length > 0,
    }),
    unlockedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was unlocked first.',
      resolve: ({ unlocks }) => unlocks[0]?.unlockedAt ?? null,
    }),
    tier: t.int({
      description: 'The highest tier reached; 0 before the first.',
      resolve: ({ unlocks }) => highestTier(unlocks),
    }),
    timesUnlocked: t.int({ description: 'How many unlocks there are.', resolve: ({ unlocks }) => unlocks.length }),
    unlocks: t.field({
      type: [AchievementUnlockType],
      description: 'The unlocks, newest first.',
      args: { first: t.arg.int({ defaultValue: 20, description: 'At most 100.' }) },
      resolve: ({ unlocks }, { first }) => {
        if (first == null || first < 0 || first > 100) throw badUserInput('first is 0 to 100');
        return unlocks.toReversed().slice(0, first);
      },
    }),
    progress: t.float({
      description: 'How far, 0 to 1: current / target of a counted rule, the mean of `all`, the best of `any`.',
      resolve: async (own, _args, context) => (await progressOf(own, context)).progress,
    }),
    current: t.float({
      nullable: true,
      description: 'The value so far; null unless the rule is one counted leaf.',
      resolve: async (own, _args, context) => (await progressOf(own, context)).current,
    }),
    target: t.float({
      nullable: true,
      description: 'The value wanted (of the next tier); null unless the rule is one counted leaf.',
      resolve: async (own, _args, context) => (await progressOf(own, context)).target,
    }),
    progressText: t.string({
      nullable: true,
      description: '`3 / 5`; null where current is.',
      resolve: async (own, _args, context) => {
        const { current, target } = await progressOf(own, context);
        return current === null || target === null ? null : `${current} / ${target}`;
      },
    }),
  }),
});

const StatusEnum = builder.enumType('UserAchievementStatus', {
  description: 'Which of them.',
  values: {
    ALL: { description: 'All that the user may know of.' },
    UNLOCKED: { description: 'Those the user has.' },
    LOCKED: { description: 'Those the user does not have.' },
    IN_PROGRESS: { description: 'Those the user does not have and has begun.' },
  } as const,
});

const OrderEnum = builder.enumType('UserAchievementOrder', {
  description: 'In which order: as the catalog has them, nearest to the unlock first, or newest unlock first.',
  values: {
    CATALOG: { description: 'As the catalog has them.' },
    PROGRESS: { description: 'Nearest to the unlock first.' },
    UNLOCKED_AT: { description: 'Newest unlock first, then those that are locked.' },
  } as const,
});

builder.prismaObjectFields('User', (t) => ({
  achievements: t.connection(
    {
      type: UserAchievementType,
      description: 'The way to every achievement; strangers see the unlocked ones.',
      args: {
        status: t.arg({
          type: StatusEnum,
          defaultValue: 'ALL',
          description: 'Only these; strangers see the unlocked ones.',
        }),
        orderBy: t.arg({ type: OrderEnum, defaultValue: 'CATALOG', description: 'In which order.' }),
      },
      resolve: async (user, { status, orderBy, ...args }, context) => {
        const visible = seesPrivate(context.principal, user.id) ? (status ?? 'ALL') : 'UNLOCKED';
        const all = await selected(context, await listOf(context, user), visible);
        const ordered = await inOrder(context, all, orderBy ?? 'CATALOG');
        return { ...pageOfList(args, ordered, ({ achievement }) => achievement), totalCount: ordered.length };
      },
    },
    {
      name: 'UserAchievementConnection',
      fields: (fields) => ({
        totalCount: fields.int({
          description: 'How many there are on all pages.',
          resolve: (connection) => (connection as { totalCount?: number }).totalCount ?? 0,
        }),
      }),
    },
    { name: 'UserAchievementEdge' },
  ),
}));

builder.objectField(EventObject, 'unlocked', (t) =>
  t.field({
    type: [UserAchievementType],
    description: 'What it unlocked.',
    resolve: ({ userId, id }, _args, context) => unlockedBy(context, userId, id),
  }),
);

/** The user's way to everything the user may know of, and to what was archived since it was unlocked; in catalog order. */
async function listOf({ loaders, services }: Context, user: User): Promise<UserAchievementShape[]> {
  const { achievements } = services.catalog.live().catalog;
  const held = await loaders.achievements.unlocks.load(user.id);
  const known = [...achievements.values()].filter((definition) =>
    isListed(definition, { unlocked: held.has(definition.key), test: user.test }),
  );
  const keys = [...known.map(({ key }) => key), ...[...held.keys()].filter((key) => !achievements.has(key))];
  return keys.map((achievement) => ({
    userId: user.id,
    achievement,
    locale: user.locale,
    unlocks: held.get(achievement) ?? [],
  }));
}

async function selected(
  context: Context,
  all: UserAchievementShape[],
  status: string,
): Promise<UserAchievementShape[]> {
  if (status === 'UNLOCKED') return all.filter(({ unlocks }) => unlocks.length > 0);
  if (status === 'LOCKED') return all.filter(({ unlocks }) => unlocks.length === 0);
  if (status === 'ALL') return all;
  const begun = await Promise.all(
    all.map(async (own) => own.unlocks.length === 0 && (await progressOf(own, context)).progress > 0),
  );
  return all.filter((_, index) => begun[index]);
}

async function inOrder(context: Context, all: UserAchievementShape[], order: string): Promise<UserAchievementShape[]> {
  if (order === 'UNLOCKED_AT') {
    const newest = ({ unlocks }: UserAchievementShape): number =>
      unlocks.at(-1)?.unlockedAt.getTime() ?? Number.NEGATIVE_INFINITY;
    return all.toSorted((a, b) => compare(newest(b), newest(a)));
  }
  if (order === 'CATALOG') return all;
  const progress = new Map(
    await Promise.all(all.map(async (own) => [own, (await progressOf(own, context)).progress] as const)),
  );
  return all.toSorted((a, b) => compare(progress.get(b) ?? 0, progress.get(a) ?? 0));
}

const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

async function userAchievementById(context: Context, id: string): Promise<UserAchievementShape | null> {
  const dot = id.indexOf('.');
  const userId = id.slice(0, dot).toLowerCase();
  const key = currentKey(context.services.catalog.live(), id.slice(dot + 1));
  if (dot < 0 || !isUuid(userId)) throw badUserInput('This is no id of a UserAchievement');
  const user = await context.loaders.users.byId.load(userId);
  if (user === null) return null;
  const own = (await listOf(context, user)).find(({ achievement }) => achievement === key) ?? null;
  return own !== null && (own.unlocks.length > 0 || seesPrivate(context.principal, userId)) ? own : null;
}

/** The engine's view; an achievement that is no longer declared is complete for its holders. */
async function progressOf(
  { userId, achievement }: UserAchievementShape,
  { loaders, services }: Context,
): Promise<{ progress: number; current: number | null; target: number | null }> {
  if (!services.catalog.live().catalog.achievements.has(achievement))
    return { progress: 1, current: null, target: null };
  return loaders.achievements.progress.load({ userId, achievement });
}

function highestTier(unlocks: readonly UnlockRow[]): number {
  return unlocks.reduce((highest, { tier }) => Math.max(highest, tier), 0);
}
