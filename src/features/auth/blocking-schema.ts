import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { authorOf } from '../audit/service.ts';
import { blockEnd, isBlocked } from '../users/block.ts';
import { InvalidUserError, UserNotFoundError } from '../users/errors.ts';
import { UserRefInputType, UserType } from '../users/schema.ts';
import { userOf } from './schema.ts';

/** Most characters of a reason. */
const REASON_LENGTH = 500;

const UserBlockType = builder
  .objectRef<{ readonly until: Date | null; readonly reason: string | null }>('UserBlock')
  .implement({
    description: 'Why and until when a user may do nothing.',
    fields: (t) => ({
      until: t.expose('until', { type: 'DateTime', nullable: true, description: 'When it ends; null: never.' }),
      reason: t.exposeString('reason', { nullable: true, description: 'What the moderator wrote.' }),
    }),
  });

builder.objectField(UserType, 'block', (t) =>
  t.field({
    type: UserBlockType,
    nullable: true,
    description: 'The block of the user; null for one who is not blocked.',
    resolve: ({ blockedUntil, blockedReason }, _args, { services }) =>
      blockedUntil !== null && isBlocked(blockedUntil, new Date(services.clock.now()))
        ? { until: blockEnd(blockedUntil), reason: blockedReason }
        : null,
  }),
);

const BlockUserInput = builder.inputType('BlockUserInput', {
  description: 'Who may do nothing, and until when.',
  fields: (t) => ({
    user: t.field({ type: UserRefInputType, required: true, description: 'Who.' }),
    until: t.field({ type: 'DateTime', description: 'When it ends; never by default.' }),
    reason: t.string({
      description: 'Kept with the block and told to other systems.',
      validate: z
        .string()
        .max(REASON_LENGTH)
        .regex(/^[^\p{Cs}\0]*$/u, 'holds what cannot be kept')
        .nullish(),
    }),
  }),
});

const UnblockUserInput = builder.inputType('UnblockUserInput', {
  description: 'Who may come back.',
  fields: (t) => ({ user: t.field({ type: UserRefInputType, required: true, description: 'Who.' }) }),
});

const success = (name: string, description: string) =>
  builder.objectRef<{ readonly userId: string }>(name).implement({
    description,
    fields: (t) => ({ user: t.field({ type: UserType, description: 'The user.', resolve: userOf }) }),
  });

const BlockUserResult = builder.errorUnion('BlockUserResult', {
  description: 'The user, or why not.',
  types: [success('BlockUserSuccess', 'The user is blocked.'), UserNotFoundError, InvalidUserError],
  resolveType: () => 'BlockUserSuccess',
});
const UnblockUserResult = builder.errorUnion('UnblockUserResult', {
  description: 'The user, or why not.',
  types: [success('UnblockUserSuccess', 'The user is not blocked.'), UserNotFoundError],
  resolveType: () => 'UnblockUserSuccess',
});

builder.mutationFields((t) => ({
  blockUser: t.field({
    type: BlockUserResult,
    description: 'Refuses a user everything at once: requests, sockets, signing in, and events about it.',
    args: { input: t.arg({ type: BlockUserInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { user, until, reason } = input;
      const request = { user, until: until ?? null, reason: reason ?? null, author: authorOf(context) };
      const userId = await context.services.identity.block(request);
      context.forget();
      return { userId } as never;
    },
  }),
  unblockUser: t.field({
    type: UnblockUserResult,
    description: 'Ends the block of a user; its sessions go on.',
    args: { input: t.arg({ type: UnblockUserInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const userId = await context.services.identity.unblock({ ...input, author: authorOf(context) });
      context.forget();
      return { userId } as never;
    },
  }),
}));
