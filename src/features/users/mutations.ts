import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { Refusal } from '../../graphql/errors.ts';
import {
  EmailTakenError,
  ExternalIdTakenError,
  InvalidUserError,
  UserNotFoundError,
  UsernameTakenError,
} from './errors.ts';
import { UserRefInputType, UserType } from './schema.ts';

/** Most users of one upsertUsers. */
const MOST_UPSERTS = 1_000;

const CreateUserInput = builder.inputType('CreateUserInput', {
  description: 'A new user; everything is optional.',
  fields: (t) => ({
    username: t.string({
      description: 'At most 50 characters, unique whatever the case; player_ and 8 characters by default.',
    }),
    email: t.string({ description: 'At most 100 characters, unique whatever the case.' }),
    externalId: t.string({ description: "The game's own id, at most 200 characters, unique." }),
    displayName: t.string({ description: 'At most 100 characters; the username by default.' }),
    avatar: t.string({ description: 'URL or key of a picture, at most 500 characters.' }),
    timezone: t.string({ description: 'IANA zone, such as Europe/Moscow.' }),
    locale: t.string({ description: 'Language tag, such as ru or en-GB.' }),
    attributes: t.field({ type: 'JSON', description: 'An object of at most 4,096 bytes.' }),
    test: t.boolean({ description: 'A test user: sees drafts, stands on no board.' }),
    showOnLeaderboards: t.boolean({ description: 'Whether boards show the user, by its own wish; true by default.' }),
  }),
});

const UpsertUserInput = builder.inputType('UpsertUserInput', {
  description: 'Creates or changes a user; what is absent or null stays as it is.',
  fields: (t) => ({
    user: t.field({
      type: UserRefInputType,
      required: true,
      description: 'Who; an unknown externalId or username is created.',
    }),
    username: t.string({ description: 'As in CreateUserInput.' }),
    email: t.string({ description: 'As in CreateUserInput.' }),
    externalId: t.string({ description: 'As in CreateUserInput.' }),
    displayName: t.string({ description: 'As in CreateUserInput.' }),
    avatar: t.string({ description: 'As in CreateUserInput.' }),
    timezone: t.string({ description: 'As in CreateUserInput.' }),
    locale: t.string({ description: 'As in CreateUserInput.' }),
    attributes: t.field({ type: 'JSON', description: 'As in CreateUserInput; replaces what was there.' }),
    test: t.boolean({ description: 'As in CreateUserInput.' }),
    showOnLeaderboards: t.boolean({ description: 'As in CreateUserInput.' }),
  }),
});

const UpsertUsersInput = builder.inputType('UpsertUsersInput', {
  description: 'Up to 1,000 users, each created or changed by itself.',
  fields: (t) => ({
    users: t.field({
      type: [UpsertUserInput],
      required: true,
      description: 'In order.',
      validate: z.array(z.any()).max(MOST_UPSERTS),
    }),
  }),
});

const CreateUserSuccess = builder.objectRef<{ userId: string }>('CreateUserSuccess').implement({
  description: 'The user is there.',
  fields: (t) => ({
    user: t.field({
      type: UserType,
      description: 'The new user.',
      resolve: ({ userId }, _args, { loaders }) => loaded(loaders.users.byId, userId),
    }),
  }),
});

const UpsertUserSuccess = builder.objectRef<{ userId: string; created: boolean }>('UpsertUserSuccess').implement({
  description: 'The user is as asked for.',
  fields: (t) => ({
    user: t.field({
      type: UserType,
      description: 'The user.',
      resolve: ({ userId }, _args, { loaders }) => loaded(loaders.users.byId, userId),
    }),
    created: t.exposeBoolean('created', { description: 'It was not there before.' }),
  }),
});

const taken = [UsernameTakenError, EmailTakenError, ExternalIdTakenError, InvalidUserError];

const CreateUserResult = builder.errorUnion('CreateUserResult', {
  description: 'The user, or why not.',
  types: [CreateUserSuccess, ...taken],
  resolveType: () => 'CreateUserSuccess',
});

const UpsertUserResult = builder.errorUnion('UpsertUserResult', {
  description: 'The user, or why not.',
  types: [UpsertUserSuccess, ...taken, UserNotFoundError],
  resolveType: () => 'UpsertUserSuccess',
});

const UpsertUsersPayload = builder
  .objectRef<{ results: ({ userId: string; created: boolean } | Refusal)[] }>('UpsertUsersPayload')
  .implement({
    description: 'What became of each user.',
    fields: (t) => ({
      results: t.field({
        type: [UpsertUserResult],
        description: 'In order.',
        resolve: ({ results }) => results as never,
      }),
      created: t.int({
        description: 'How many were not there before.',
        resolve: ({ results }) => results.filter((result) => !(result instanceof Refusal) && result.created).length,
      }),
      refused: t.int({
        description: 'How many were refused.',
        resolve: ({ results }) => results.filter((result) => result instanceof Refusal).length,
      }),
    }),
  });

builder.mutationFields((t) => ({
  createUser: t.field({
    type: CreateUserResult,
    description: 'Creates a user.',
    args: { input: t.arg({ type: CreateUserInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const userId = await context.services.users.create(input);
      context.forget();
      return { userId } as never;
    },
  }),
  upsertUser: t.field({
    type: UpsertUserResult,
    description: 'Creates or changes a user; doing it twice changes nothing.',
    args: { input: t.arg({ type: UpsertUserInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const done = await context.services.users.upsert(input);
      context.forget();
      return done as never;
    },
  }),
  upsertUsers: t.field({
    type: UpsertUsersPayload,
    description: 'Creates or changes up to 1,000 users, each by itself.',
    args: { input: t.arg({ type: UpsertUsersInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const results = await context.services.users.upsertMany(input.users);
      context.forget();
      return { results };
    },
  }),
}));

/** A row that was just written; absent only when it was erased meanwhile. */
async function loaded<Row>(loader: { load(id: string): Promise<Row | null> }, id: string): Promise<Row> {
  const row = await loader.load(id);
  if (row === null) throw new Error(`user ${id} is gone`);
  return row;
}
