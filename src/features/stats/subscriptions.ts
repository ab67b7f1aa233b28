import { levelAt } from '../../engine/levels.ts';
import { builder } from '../../graphql/builder.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { mapIterator } from '../../realtime/iterate.ts';
import { openLiveStream } from '../../realtime/live-stream.ts';
import type { LevelChange } from '../../realtime/topics.ts';
import { UserRefInputType, UserType } from '../users/schema.ts';
import { subjectOf } from '../users/subject.ts';
import { StreakType, streaksOf } from './metrics-schema.ts';
import { LevelUpType } from './schema.ts';

interface ProgressShape {
  readonly userId: string;
  readonly levelUp: LevelChange | null;
}

const UserProgress = builder.objectRef<ProgressShape>('UserProgress').implement({
  description: "A user's score, level or streaks changed.",
  fields: (t) => ({
    user: t.field({
      type: UserType,
      description: 'The user as it is now.',
      resolve: async ({ userId }, _args, { loaders }) => {
        const user = await loaders.users.byId.load(userId);
        if (user === null) throw new Error(`user ${userId} is gone`);
        return user;
      },
    }),
    score: t.field({
      type: 'SafeInt',
      description: 'The score now.',
      resolve: async ({ userId }, _args, { loaders }) => (await loaders.users.byId.load(userId))?.score ?? 0,
    }),
    level: t.int({
      description: 'The level now.',
      resolve: async ({ userId }, _args, { loaders, services }) =>
        levelAt(services.catalog.live().catalog.levels, Number((await loaders.users.byId.load(userId))?.xp ?? 0)),
    }),
    streaks: t.field({
      type: [StreakType],
      description: 'The streaks now.',
      resolve: async ({ userId }, _args, context) => {
        const user = await context.loaders.users.byId.load(userId);
        return user === null ? [] : streaksOf(user, context);
      },
    }),
    levelUp: t.field({
      type: LevelUpType,
      nullable: true,
      description: 'The level change.',
      resolve: ({ userId, levelUp }) => levelUp && { ...levelUp, userId },
    }),
  }),
});

builder.subscriptionField('userProgressed', (t) =>
  t.field({
    type: UserProgress,
    description: "Changes of a user's score, level and streaks, live only.",
    args: { user: t.arg({ type: UserRefInputType, description: 'The viewer by default.' }) },
    subscribe: async (_root, { user: ref }, context) => {
      const userId = await subjectOf(context, ref);
      if (userId === null) throw badUserInput('There is no such user');
      const stream = await openLiveStream(context.services.bus, 'progress', userId);
      return mapIterator(stream, ({ levelUp }): ProgressShape => ({ userId, levelUp }));
    },
    resolve: (progress) => progress,
  }),
);
