import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { authorOf } from '../audit/service.ts';
import { userOf } from '../auth/schema.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { UserRefInputType, UserType } from '../users/schema.ts';

/** Most characters of a reason. */
const REASON_LENGTH = 500;

const UserQuarantineType = builder
  .objectRef<{ readonly since: Date; readonly reason: string | null }>('UserQuarantine')
  .implement({
    description: 'Why boards show a user to nobody but itself.',
    fields: (t) => ({
      since: t.expose('since', { type: 'DateTime', description: 'When it began.' }),
      reason: t.exposeString('reason', { nullable: true, description: 'What the reviewer wrote.' }),
    }),
  });

builder.objectField(UserType, 'quarantine', (t) =>
  t.field({
    type: UserQuarantineType,
    nullable: true,
    description: 'The quarantine of the user; null for one who is in none. For reviewers, not for the user.',
    resolve: ({ quarantinedAt, quarantineReason }) =>
      quarantinedAt === null ? null : { since: quarantinedAt, reason: quarantineReason },
  }),
);

const QuarantineUserInput = builder.inputType('QuarantineUserInput', {
  description: 'Whom boards show to nobody but itself.',
  fields: (t) => ({
    user: t.field({ type: UserRefInputType, required: true, description: 'Who.' }),
    reason: t.string({
      description: 'Kept with it and told to other systems.',
      validate: z
        .string()
        .max(REASON_LENGTH)
        .regex(/^[^\p{Cs}\0]*$/u, 'holds what cannot be kept')
        .nullish(),
    }),
  }),
});

const ReleaseUserInput = builder.inputType('ReleaseUserInput', {
  description: 'Whom boards show again.',
  fields: (t) => ({ user: t.field({ type: UserRefInputType, required: true, description: 'Who.' }) }),
});

const success = (name: string, description: string) =>
  builder.objectRef<{ readonly userId: string }>(name).implement({
    description,
    fields: (t) => ({
      user: t.field({ type: UserType, description: 'The user.', resolve: userOf }),
    }),
  });

const QuarantineUserResult = builder.errorUnion('QuarantineUserResult', {
  description: 'The user, or why not.',
  types: [success('QuarantineUserSuccess', 'The user is in quarantine.'), UserNotFoundError],
  resolveType: () => 'QuarantineUserSuccess',
});
const ReleaseUserResult = builder.errorUnion('ReleaseUserResult', {
  description: 'The user, or why not.',
  types: [success('ReleaseUserSuccess', 'The user is in no quarantine.'), UserNotFoundError],
  resolveType: () => 'ReleaseUserSuccess',
});

builder.mutationFields((t) => ({
  quarantineUser: t.field({
    type: QuarantineUserResult,
    description:
      'Shows a user on open boards to nobody but itself: it plays and scores on. Final standings stay as they are.',
    args: { input: t.arg({ type: QuarantineUserInput, required: true }) },
    resolve: async (_root, { input: { user, reason } }, context) => {
      const quarantine = { reason: reason ?? null };
      const request = { user, quarantine, author: authorOf(context) };
      const userId = await context.services.leaderboards.decideQuarantine(request);
      context.forget();
      return { userId } as never;
    },
  }),
  releaseUser: t.field({
    type: ReleaseUserResult,
    description:
      'Ends a quarantine: open boards show the user with all it scored meanwhile. What is doubted of the user next begins another where ' +
      'the catalog says so; who is cleared (decideSuspicion) has a day without.',
    args: { input: t.arg({ type: ReleaseUserInput, required: true }) },
    resolve: async (_root, { input: { user } }, context) => {
      const request = { user, quarantine: null, author: authorOf(context) };
      const userId = await context.services.leaderboards.decideQuarantine(request);
      context.forget();
      return { userId } as never;
    },
  }),
}));

builder.queryField('quarantinedUsers', (t) =>
  t.connection(
    {
      type: UserType,
      description: 'Who is in quarantine, longest first.',
      resolve: async (_root, args, context) => {
        const { edges, pageInfo } = await context.services.leaderboards.quarantined(args);
        const users = await context.loaders.users.byId.loadMany(edges.map(({ node }) => node.userId));
        // Who was erased meanwhile is left out.
        const shown = edges.flatMap(({ cursor }, at) => {
          const node = users[at];
          if (node instanceof Error) throw node;
          return node == null ? [] : [{ cursor, node }];
        });
        return { edges: shown, pageInfo };
      },
    },
    { name: 'QuarantinedUserConnection' },
    { name: 'QuarantinedUserEdge' },
  ),
);
