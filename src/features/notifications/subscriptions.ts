import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { mapIterator } from '../../realtime/iterate.ts';
import type { StoredItem } from '../../realtime/stored-stream.ts';
import { AchievementType } from '../achievements/schema.ts';
import { definitionOf } from '../achievements/texts.ts';
import type { UnlockRow } from '../achievements/unlock-row.ts';
import { userAchievement } from '../achievements/user-achievement.ts';
import { AchievementUnlockType, UserAchievementType } from '../achievements/user-achievements.ts';
import { LevelUpType } from '../stats/schema.ts';
import { UserRefInputType, UserType } from '../users/schema.ts';
import { subjectOf } from '../users/subject.ts';
import type { UserRefInput } from '../users/user-ref.ts';
import { levelUpOf, NotificationKindEnum, NotificationType } from './schema.ts';
import type { NotificationRow } from './store.ts';
import { achievementOf, render } from './texts.ts';

type Item = StoredItem<NotificationRow>;

const AchievementUnlocked = builder.objectRef<Item>('AchievementUnlocked').implement({
  description: 'A toast: an achievement was unlocked.',
  fields: (t) => ({
    cursor: t.string({
      description: 'Its place: after a lost connection subscribe with `after: cursor`.',
      resolve: ({ row }, _args, { services }) => services.notifications.cursorOf(row.userId, row.seq),
    }),
    replayed: t.exposeBoolean('replayed', { description: 'It was stored before the subscription began.' }),
    userAchievement: t.field({
      type: UserAchievementType,
      description: "The user's way to it.",
      resolve: ({ row }, _args, context) =>
        userAchievement(context, row.userId, achievementOf(row, context.services.catalog.live())),
    }),
    unlock: t.field({
      type: AchievementUnlockType,
      description: 'The unlock itself.',
      resolve: ({ row }) => unlockOf(row),
    }),
    achievement: t.field({
      type: AchievementType,
      description: 'The definition.',
      resolve: async ({ row }, _args, { services, loaders }) => {
        const live = services.catalog.live();
        const definition = definitionOf(live.catalog.achievements, achievementOf(row, live));
        const user = await loaders.users.byId.load(row.userId);
        return { definition, revealed: true, locale: user?.locale ?? null };
      },
    }),
    user: t.field({
      type: UserType,
      description: 'Who unlocked it.',
      resolve: ({ row }, _args, context) => userOf(row, context),
    }),
    title: t.string({
      description: 'A line: its name.',
      resolve: async ({ row }, _args, context) => (await render(row, context)).title,
    }),
    message: t.string({
      description: 'A sentence.',
      resolve: async ({ row }, _args, context) => (await render(row, context)).body,
    }),
    levelUp: t.field({
      type: LevelUpType,
      nullable: true,
      description: 'The level that its event raised.',
      resolve: ({ row }) => levelUpOf(row),
    }),
  }),
});

const NotificationReceived = builder.objectRef<Item>('NotificationReceived').implement({
  description: 'A stored message, as it comes or again after a lost connection.',
  fields: (t) => ({
    cursor: t.string({
      description: 'Its place: after a lost connection subscribe with `after: cursor`.',
      resolve: ({ row }, _args, { services }) => services.notifications.cursorOf(row.userId, row.seq),
    }),
    replayed: t.exposeBoolean('replayed', { description: 'It was stored before the subscription began.' }),
    notification: t.field({ type: NotificationType, description: 'The message.', resolve: ({ row }) => row }),
  }),
});

const cursorArgument = {
  description:
    'Everything stored after this cursor comes first, in order; then what comes, without a gap and without a repeat.',
};

builder.subscriptionFields((t) => ({
  achievementUnlocked: t.field({
    type: AchievementUnlocked,
    description: 'Toasts of a user.',
    args: {
      user: t.arg({ type: UserRefInputType, description: 'The viewer by default.' }),
      after: t.arg.string(cursorArgument),
    },
    subscribe: (_root, { user, after }, context) =>
      open(context, user, after, ({ row }) => row.kind === 'ACHIEVEMENT_UNLOCKED'),
    resolve: (item) => item,
  }),
  notificationReceived: t.field({
    type: NotificationReceived,
    description: 'All messages of a user: the one stream of a game UI.',
    args: {
      user: t.arg({ type: UserRefInputType, description: 'The viewer by default.' }),
      after: t.arg.string(cursorArgument),
      kinds: t.arg({ type: [NotificationKindEnum], description: 'Only these.' }),
    },
    subscribe: (_root, { user, after, kinds }, context) =>
      open(context, user, after, ({ row }) => kinds == null || kinds.includes(row.kind as never)),
    resolve: (item) => item,
  }),
}));

async function open(
  context: Context,
  ref: UserRefInput | null | undefined,
  after: string | null | undefined,
  wanted: (item: Item) => boolean,
): Promise<AsyncIterableIterator<Item>> {
  const userId = await subjectOf(context, ref);
  if (userId === null) throw badUserInput('There is no such user');
  const stream = await context.services.notifications.open(userId, after ?? null);
  return mapIterator(stream, (item) => (wanted(item) ? item : null));
}

async function userOf({ userId }: NotificationRow, { loaders }: Context) {
  const user = await loaders.users.byId.load(userId);
  if (user === null) throw new Error(`user ${userId} is gone`);
  return user;
}

/** The message holds the unlock whole, so it is told as it was even when a revoke took it since. */
function unlockOf({ userId, data }: NotificationRow): UnlockRow {
  return {
    userId,
    achievement: String(data['achievement']),
    tier: Number(data['tier']),
    period: String(data['period']),
    unlockedAt: new Date(Number(data['unlockedAt'])),
    version: Number(data['version']),
    eventId: typeof data['eventId'] === 'string' ? data['eventId'] : null,
    points: Number(data['points']),
    xp: Number(data['xp']),
  };
}
