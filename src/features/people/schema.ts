import { builder } from '../../graphql/builder.ts';
import { pageOfList } from '../../graphql/pages.ts';
import { ErrorInterface } from '../../graphql/refusal-types.ts';
import { authorOf } from '../audit/service.ts';
import type { Role } from '../auth/principal.ts';
import { userOf } from '../auth/schema.ts';
import { UserNotFoundError } from '../users/errors.ts';
import { UserRefInputType, UserType } from '../users/schema.ts';
import { LastAdminError } from './errors.ts';

const RoleEnum = builder.enumType('Role', {
  description: 'What a person may do beside playing.',
  values: {
    ADMIN: { description: 'Everything.' },
    DESIGNER: {
      description: 'Plans, applies and rolls back the catalog; reads its files, drafts and what players must find.',
    },
    MODERATOR: {
      description: 'Blocks and hides users, reads their private fields; grants to, revokes from and resets test users.',
    },
    OBSERVER: { description: 'Reads everything but keys, writes nothing.' },
  } satisfies Record<Role, { description: string }>,
});

builder.objectField(UserType, 'role', (t) =>
  t.field({
    type: RoleEnum,
    nullable: true,
    description: 'What the user may do beside playing; null for a player.',
    resolve: ({ role }) => role as Role | null,
  }),
);

builder.objectType(LastAdminError, {
  name: 'LastAdminError',
  description: 'Without this admin there would be none.',
  interfaces: [ErrorInterface],
});

const SetRoleInput = builder.inputType('SetRoleInput', {
  description: 'Who becomes what.',
  fields: (t) => ({
    user: t.field({ type: UserRefInputType, required: true, description: 'Who.' }),
    role: t.field({ type: RoleEnum, description: 'The role; null takes it away.' }),
  }),
});

const SetRoleSuccess = builder.objectRef<{ readonly userId: string }>('SetRoleSuccess').implement({
  description: 'The role is good at once.',
  fields: (t) => ({ user: t.field({ type: UserType, description: 'The user.', resolve: userOf }) }),
});

const SetRoleResult = builder.errorUnion('SetRoleResult', {
  description: 'The user, or why not.',
  types: [SetRoleSuccess, UserNotFoundError, LastAdminError],
  resolveType: () => 'SetRoleSuccess',
});

builder.queryField('people', (t) =>
  t.connection(
    {
      type: UserType,
      description: 'Everybody who has a role, by role.',
      resolve: async (_root, args, { services, loaders }) => {
        const page = pageOfList(args, await services.people.list(), ({ id }) => id);
        const users = await Promise.all(page.edges.map(({ node }) => loaders.users.byId.load(node.id)));
        // Who was erased since is left out.
        const edges = page.edges.flatMap(({ cursor }, place) => {
          const node = users[place];
          return node == null ? [] : [{ cursor, node }];
        });
        return { ...page, edges };
      },
    },
    { name: 'PersonConnection' },
    { name: 'PersonEdge' },
  ),
);

builder.mutationField('setRole', (t) =>
  t.field({
    type: SetRoleResult,
    description: 'Gives a user a role, or takes it away.',
    args: { input: t.arg({ type: SetRoleInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { user, role } = input;
      const userId = await context.services.people.setRole({ user, role: role ?? null, author: authorOf(context) });
      context.forget();
      return { userId } as never;
    },
  }),
);
