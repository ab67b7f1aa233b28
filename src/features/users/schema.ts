import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { uuidOf } from '../../graphql/global-id.ts';
import { decodeCursor, encodeCursor, pageOf, pageRequest } from '../../graphql/pages.ts';
import { ErrorInterface } from '../../graphql/refusal-types.ts';
import { isUuid } from '../../platform/ids.ts';
import {
  EmailTakenError,
  ExternalIdTakenError,
  type InputIssue,
  InvalidUserError,
  UserBlockedError,
  UserNotFoundError,
  UsernameTakenError,
} from './errors.ts';
import { readUserRef } from './user-ref.ts';

/** A player, public fields first. */
export const UserType = builder.prismaNode('User', {
  description: 'A player. What a stranger may not see is null.',
  id: { field: 'id', description: '`user_` and a UUIDv7.' },
  nullable: true,
  findUnique: (id) => ({ id: uuidOf('User', id) }),
  fields: (t) => ({
    displayName: t.exposeString('displayName', { description: 'The name others see.' }),
    avatar: t.exposeString('avatar', { nullable: true, description: 'URL or key of a picture.' }),
    username: t.exposeString('username', { nullable: true, description: 'Unique whatever the case.' }),
    email: t.exposeString('email', { nullable: true, description: 'Unique whatever the case.' }),
    externalId: t.exposeString('externalId', { nullable: true, description: "The game's own id of this player." }),
    attributes: t.expose('attributes', {
      type: 'JSON',
      nullable: true,
      description: 'What the game keeps on a player.',
    }),
    timezone: t.exposeString('timezone', { nullable: true, description: 'IANA zone; null is UTC.' }),
    locale: t.exposeString('locale', { nullable: true, description: 'Language of messages to this player.' }),
    test: t.exposeBoolean('test', { nullable: true, description: 'A test user: sees drafts, stands on no board.' }),
    showOnLeaderboards: t.exposeBoolean('showOnLeaderboards', {
      nullable: true,
      description: 'Whether boards show the user, by its own wish.',
    }),
    hiddenOnLeaderboards: t.exposeBoolean('hiddenOnLeaderboards', {
      nullable: true,
      description: 'Whether a moderator took the user off the boards.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: true, description: 'When the user was created.' }),
    score: t.expose('score', { type: 'SafeInt', description: 'Sum of event points.' }),
    achievementPoints: t.expose('achievementPoints', { type: 'SafeInt', description: 'Sum of achievement points.' }),
    totalPoints: t.field({
      type: 'SafeInt',
      description: 'score + achievementPoints.',
      resolve: ({ score, achievementPoints }) => score + achievementPoints,
    }),
  }),
});

/** Names a user in exactly one way. */
export const UserRefInputType = builder.inputType('UserRef', {
  description: 'Names a user by exactly one of its fields; null and "" count as unset.',
  fields: (t) => ({
    id: t.id({ description: 'The global id or the bare UUID.' }),
    externalId: t.string({ description: "The game's own id." }),
    username: t.string({ description: 'The username, whatever the case.' }),
  }),
});

/** One fault of an input. */
export const InputIssueType = builder.objectRef<InputIssue>('DetailsIssue').implement({
  description: 'One thing that is wrong with an input.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Where; empty for the whole.' }),
    message: t.exposeString('message', { description: 'What.' }),
  }),
});

builder.objectType(UserNotFoundError, {
  name: 'UserNotFoundError',
  description: 'Nobody is named so.',
  interfaces: [ErrorInterface],
});
builder.objectType(UsernameTakenError, {
  name: 'UsernameTakenError',
  description: 'Another user has this username.',
  interfaces: [ErrorInterface],
});
builder.objectType(EmailTakenError, {
  name: 'EmailTakenError',
  description: 'Another user has this e-mail address.',
  interfaces: [ErrorInterface],
});
builder.objectType(ExternalIdTakenError, {
  name: 'ExternalIdTakenError',
  description: 'Another user has this externalId.',
  interfaces: [ErrorInterface],
});
builder.objectType(UserBlockedError, {
  name: 'UserBlockedError',
  description: 'The user may do nothing for now.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    until: t.expose('until', { type: 'DateTime', nullable: true, description: 'When the block ends; null: never.' }),
  }),
});
builder.objectType(InvalidUserError, {
  name: 'InvalidUserError',
  description: 'Fields do not hold what they may.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ issues: t.expose('issues', { type: [InputIssueType], description: 'Every fault.' }) }),
});

builder.queryFields((t) => ({
  viewer: t.field({
    type: UserType,
    nullable: true,
    description: 'The player who calls; null for keys, admins and anonymous callers.',
    resolve: (_root, _args, { principal, loaders }) =>
      principal.kind === 'player' ? loaders.users.byId.load(principal.userId) : null,
  }),
  usersBy: t.field({
    type: [UserType],
    nullable: { list: false, items: true },
    description: 'At most 100 users, in order, null where absent.',
    args: {
      refs: t.arg({
        type: [UserRefInputType],
        required: true,
        description: 'Who.',
        validate: z.array(z.any()).max(100),
      }),
    },
    resolve: (_root, { refs }, { loaders }) =>
      Promise.all(refs.map((ref) => loaders.users.byRef.load(readUserRef(ref)))),
  }),
  user: t.field({
    type: UserType,
    nullable: true,
    description: 'The user named; null when absent.',
    args: { by: t.arg({ type: UserRefInputType, required: true, description: 'Who.' }) },
    resolve: (_root, { by }, { loaders }) => loaders.users.byRef.load(readUserRef(by)),
  }),
  users: t.connection(
    {
      type: UserType,
      description: 'All users, oldest first.',
      args: {
        search: t.arg.string({
          description: 'Only users whose username or displayName begins so, whatever the case.',
          validate: z.string().max(100).nullish(),
        }),
      },
      resolve: async (_root, { search, ...args }, { services, loaders }) => {
        const request = pageRequest(args);
        const page = {
          search: search ?? null,
          after: request.after === null ? null : readPlace(request.after),
          before: request.before === null ? null : readPlace(request.before),
          limit: request.limit + 1,
          backwards: request.backwards,
        };
        const users = await services.users.list(page);
        // What is nested wants the same rows: they need not be read again.
        for (const user of users) loaders.users.byId.prime(user.id, user);
        return {
          ...pageOf(request, users, ({ id }) => encodeCursor(id)),
          search: page.search,
        };
      },
    },
    {
      name: 'UserConnection',
      fields: (fields) => ({
        totalCount: fields.int({
          description: 'How many there are on all pages.',
          resolve: (connection, _args, { services }) =>
            services.users.count((connection as unknown as { search: string | null }).search),
        }),
      }),
    },
    { name: 'UserEdge' },
  ),
}));

function readPlace(cursor: string): string {
  const id = decodeCursor(cursor);
  if (!isUuid(id)) throw badUserInput(`'${cursor.slice(0, 60)}' is no cursor of this list`);
  return id;
}
