import { builder } from '../../graphql/builder.ts';
import { forbidden } from '../../graphql/errors.ts';
import { pageOf, pageRequest } from '../../graphql/pages.ts';
import type { LevelChange } from '../../realtime/topics.ts';
import { definitionOf } from '../achievements/texts.ts';
import { userAchievement } from '../achievements/user-achievement.ts';
import { UserAchievementType } from '../achievements/user-achievements.ts';
import { hasScope, seesPrivate } from '../auth/principal.ts';
import { LevelUpType } from '../stats/schema.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { UserRefInputType, UserType } from '../users/schema.ts';
import { subjectOf } from '../users/subject.ts';
import { readUserRef } from '../users/user-ref.ts';
import { notificationId, readNotificationId } from './service.ts';
import type { NotificationRow } from './store.ts';
import { achievementOf, render } from './texts.ts';

/** What a message tells. */
export const NotificationKindEnum = builder.enumType('NotificationKind', {
  description: 'What a message tells. More kinds may come.',
  values: {
    ACHIEVEMENT_UNLOCKED: { description: 'An achievement, or a tier or a period of one, was unlocked.' },
    LEVEL_UP: { description: 'A level was passed, or several at once.' },
    OVERTAKEN: {
      description:
        'Somebody passed the user on a leaderboard; at most one an hour and board. `data` has board, by, period, rank and passedBy.',
    },
    LEADERBOARD_REWARD: {
      description:
        'A reward for a place on a leaderboard; `data` has board, by, period, rank, points, xp and the data of the reward.',
    },
  },
});

/** A stored message. */
export const NotificationType = builder.objectRef<NotificationRow>('Notification');

builder.node(NotificationType, {
  description: 'A stored message to a user.',
  id: { resolve: notificationId, description: "`notification_`, the user's UUID, a dot and its place." },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'seq' in value && 'kind' in value,
  loadMany: (ids, { loaders, principal }) =>
    Promise.all(
      ids.map((id) => {
        const ref = readNotificationId(id);
        return ref !== null && seesPrivate(principal, ref.userId) ? loaders.notifications.bySeq.load(ref) : null;
      }),
    ),
  fields: (t) => ({
    cursor: t.string({
      description: "Its place in the user's order: subscribe with `after: cursor`.",
      resolve: ({ userId, seq }, _args, { services }) => services.notifications.cursorOf(userId, seq),
    }),
    kind: t.field({ type: NotificationKindEnum, description: 'What it tells.', resolve: ({ kind }) => kind as never }),
    title: t.string({
      description: 'A line.',
      resolve: async (row, _args, context) => (await render(row, context)).title,
    }),
    body: t.string({
      description: 'A sentence.',
      resolve: async (row, _args, context) => (await render(row, context)).body,
    }),
    icon: t.string({
      nullable: true,
      description: 'URL or key of a picture.',
      resolve: (row, _args, { services }) => {
        const live = services.catalog.live();
        return definitionOf(live.catalog.achievements, achievementOf(row, live)).icon;
      },
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was stored.' }),
    seenAt: t.expose('seenAt', { type: 'DateTime', nullable: true, description: 'When it was marked seen.' }),
    data: t.expose('data', { type: 'JSON', nullable: true, description: 'The keys and numbers it tells of.' }),
    userAchievement: t.field({
      type: UserAchievementType,
      nullable: true,
      description: 'The achievement it tells of.',
      resolve: (row, _args, context) =>
        typeof row.data['achievement'] === 'string'
          ? userAchievement(context, row.userId, achievementOf(row, context.services.catalog.live()))
          : null,
    }),
    levelUp: t.field({
      type: LevelUpType,
      nullable: true,
      description: 'The level change it tells of, or that came with the unlock.',
      resolve: (row) => levelUpOf(row),
    }),
  }),
});

/** The level change in a message's data, with the user in whose language its title is. */
export function levelUpOf({ userId, kind, data }: NotificationRow): (LevelChange & { readonly userId: string }) | null {
  if (kind === 'LEVEL_UP') return { userId, from: Number(data['from']), to: Number(data['to']) };
  const level = data['levelUp'] as unknown as LevelChange | undefined;
  return level === undefined || level === null ? null : { ...level, userId };
}

builder.prismaObjectFields('User', (t) => ({
  cursor: t.string({
    nullable: true,
    description: 'The newest stored message: subscribe with `after: cursor` from the first page on.',
    resolve: ({ id, lastSeq }, _args, { services }) => services.notifications.cursorOf(id, Number(lastSeq)),
  }),
  notifications: t.connection(
    {
      type: NotificationType,
      nullable: true,
      description: 'Stored messages, newest first.',
      args: { unseenOnly: t.arg.boolean({ defaultValue: false, description: 'Only those not marked seen.' }) },
      resolve: async ({ id }, { unseenOnly, ...args }, { loaders, services }) => {
        const request = pageRequest(args);
        const place = (cursor: string | null): number | null =>
          cursor === null ? null : services.notifications.seqOf(id, cursor);
        const rows = await loaders.notifications.pages.load({
          userId: id,
          args: {
            unseenOnly: unseenOnly ?? false,
            after: place(request.after),
            before: place(request.before),
            limit: request.limit + 1,
            backwards: request.backwards,
          },
        });
        return { ...pageOf(request, rows, (row) => services.notifications.cursorOf(id, row.seq)), userId: id };
      },
    },
    {
      name: 'NotificationConnection',
      fields: (fields) => ({
        unseenCount: fields.int({
          description: 'How many messages are not marked seen, on all pages.',
          resolve: (connection, _args, { loaders }) =>
            loaders.notifications.unseen.load((connection as unknown as { userId: string }).userId),
        }),
      }),
    },
    { name: 'NotificationEdge' },
  ),
}));

const MarkNotificationsSeenInput = builder.inputType('MarkNotificationsSeenInput', {
  description: 'Which messages: all up to a cursor, or some by id.',
  fields: (t) => ({
    user: t.field({ type: UserRefInputType, description: 'Whose; the viewer by default.' }),
    upTo: t.string({ description: 'This message and all before it.' }),
    ids: t.idList({ description: 'These messages.' }),
  }),
});

const MarkNotificationsSeenSuccess = builder
  .objectRef<{ userId: string; marked: number }>('MarkNotificationsSeenSuccess')
  .implement({
    description: 'They are marked.',
    fields: (t) => ({
      marked: t.exposeInt('marked', { description: 'How many were not marked before.' }),
      unseenCount: t.int({
        description: 'How many are left.',
        resolve: ({ userId }, _args, { loaders }) => loaders.notifications.unseen.load(userId),
      }),
      user: t.field({
        type: UserType,
        nullable: true,
        description: 'Whose they are.',
        resolve: ({ userId }, _args, { loaders }) => loaders.users.byId.load(userId),
      }),
    }),
  });

const MarkNotificationsSeenResult = builder.errorUnion('MarkNotificationsSeenResult', {
  description: 'How many were marked, or why not.',
  types: [MarkNotificationsSeenSuccess, UserNotFoundError],
  resolveType: () => 'MarkNotificationsSeenSuccess',
});

builder.mutationField('markNotificationsSeen', (t) =>
  t.field({
    type: MarkNotificationsSeenResult,
    description: 'Marks messages seen; doing it twice changes nothing.',
    args: { input: t.arg({ type: MarkNotificationsSeenInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const userId = await subjectOf(context, input.user);
      if (userId === null) throw new UserNotFoundError(readUserRef(input.user ?? {}));
      const own = context.principal.kind === 'player' && context.principal.userId === userId;
      if (!own && !hasScope(context.principal, 'users:write')) throw forbidden();
      const marked = await context.services.notifications.markSeen(userId, input.upTo ?? null, input.ids ?? null);
      context.forget();
      return { userId, marked } as never;
    },
  }),
);
