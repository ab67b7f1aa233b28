import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { authorOf } from '../audit/service.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { UserRefInputType, UserType } from '../users/schema.ts';

const HideFromLeaderboardsInput = builder.inputType('HideFromLeaderboardsInput', {
  description: 'Whom boards may not show, or show again.',
  fields: (t) => ({
    user: t.field({ type: UserRefInputType, required: true, description: 'Who.' }),
    hidden: t.boolean({ required: true, description: 'True takes the user off, false puts it back.' }),
    reason: t.string({ description: 'Told to other systems with it.', validate: z.string().max(500).nullish() }),
  }),
});

const HideFromLeaderboardsSuccess = builder
  .objectRef<{ readonly userId: string }>('HideFromLeaderboardsSuccess')
  .implement({
    description: 'Boards show the user, or do not, as asked for.',
    fields: (t) => ({
      user: t.field({
        type: UserType,
        description: 'The user.',
        resolve: async ({ userId }, _args, { loaders }) => {
          const user = await loaders.users.byId.load(userId);
          if (user === null) throw new Error(`user ${userId} is gone`);
          return user;
        },
      }),
    }),
  });

const HideFromLeaderboardsResult = builder.errorUnion('HideFromLeaderboardsResult', {
  description: 'The user, or why not.',
  types: [HideFromLeaderboardsSuccess, UserNotFoundError],
  resolveType: () => 'HideFromLeaderboardsSuccess',
});

builder.mutationField('hideFromLeaderboards', (t) =>
  t.field({
    type: HideFromLeaderboardsResult,
    description: 'Takes a user off all open boards at once, or puts it back. Final standings stay as they are.',
    args: { input: t.arg({ type: HideFromLeaderboardsInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { user, hidden, reason } = input;
      const author = authorOf(context);
      const userId = await context.services.leaderboards.hide({ user, hidden, reason: reason ?? null, author });
      context.forget();
      return { userId } as never;
    },
  }),
);
