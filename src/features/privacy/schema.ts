import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { badUserInput, forbidden } from '../../graphql/errors.ts';
import { encodeId } from '../../graphql/global-id.ts';
import { decodeCursor, encodeCursor } from '../../graphql/pages.ts';
import { isUuid } from '../../platform/ids.ts';
import { authorOf } from '../audit/service.ts';
import { hasScope } from '../auth/principal.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { UserRefInputType } from '../users/schema.ts';
import { subjectOf } from '../users/subject.ts';
import type { UserRefInput } from '../users/user-ref.ts';
import type { Erased, Exported } from './service.ts';

const DeleteUserInput = builder.inputType('DeleteUserInput', {
  description: 'Whom to erase.',
  fields: (t) => ({ user: t.field({ type: UserRefInputType, required: true, description: 'Who.' }) }),
});

const ExportUserInput = builder.inputType('ExportUserInput', {
  description: 'Whose data to hand out.',
  fields: (t) => ({
    user: t.field({ type: UserRefInputType, required: true, description: 'Who.' }),
    after: t.string({ description: '`next` of the page before; null begins.' }),
  }),
});

const DeleteUserSuccess = builder.objectRef<Erased>('DeleteUserSuccess').implement({
  description: 'The user is gone, with all that was stored.',
  fields: (t) => ({
    userId: t.id({ description: 'The id that the user had.', resolve: ({ userId }) => encodeId('User', userId) }),
    deletedEvents: t.exposeInt('events', { description: 'Events that were in the log.' }),
  }),
});

const ExportUserSuccess = builder.objectRef<Exported>('ExportUserSuccess').implement({
  description: 'A page of what is stored of a user.',
  fields: (t) => ({
    data: t.field({
      type: 'JSON',
      description:
        'Rows by what they are: `events` in every page, in the order in which they were recorded, and with the first page `user`, `totals`, ' +
        '`metrics`, `members`, `days`, `unlocks`, `ledger`, `notifications`, `places`, `sessions`, `identities`, `passwords` (no secrets), `announced`.',
      resolve: ({ data }) => data as never,
    }),
    next: t.string({
      nullable: true,
      description: 'Ask again with `after: next` for more events; null: that was all.',
      resolve: ({ next }) => (next === null ? null : encodeCursor(next)),
    }),
  }),
});

const DeleteUserResult = builder.errorUnion('DeleteUserResult', {
  description: 'Who is gone, or why nobody is.',
  types: [DeleteUserSuccess, UserNotFoundError],
  resolveType: () => 'DeleteUserSuccess',
});

const ExportUserResult = builder.errorUnion('ExportUserResult', {
  description: 'The data, or why there is none.',
  types: [ExportUserSuccess, UserNotFoundError],
  resolveType: () => 'ExportUserSuccess',
});

builder.mutationFields((t) => ({
  deleteUser: t.field({
    type: DeleteUserResult,
    description:
      'Erases a user for good: the person, the log and all that came of it. Open boards close up, final standings keep the place without a ' +
      'name. An event with the same externalId makes a new user. Players may erase themselves, keys with users:write anybody.',
    args: { input: t.arg({ type: DeleteUserInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const isOwn = await mayDecideOver(context, input.user);
      const erased = await context.services.privacy.erase({ user: input.user, author: authorOf(context), isOwn });
      context.forget();
      return erased as never;
    },
  }),
  exportUser: t.field({
    type: ExportUserResult,
    description:
      'All that is stored of a user. Players may ask for their own, which tells of no quarantine, keys with users:write for that of anybody.',
    args: { input: t.arg({ type: ExportUserInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const isOwn = await mayDecideOver(context, input.user);
      return (await context.services.privacy.export({ user: input.user, after: placeOf(input.after), isOwn })) as never;
    },
  }),
}));

/** Answers whether the user asks for itself alone. @throws FORBIDDEN to a player for somebody else, whether there or not, and to a key without users:write */
async function mayDecideOver(context: Context, user: UserRefInput): Promise<boolean> {
  if (hasScope(context.principal, 'users:write')) return false;
  const id = await subjectOf(context, user);
  if (context.principal.kind !== 'player' || context.principal.userId !== id) throw forbidden();
  return true;
}

function placeOf(after: string | null | undefined): string | null {
  if (after == null) return null;
  const id = decodeCursor(after);
  if (!isUuid(id)) throw badUserInput('`after` is no `next` of a page before');
  return id;
}
