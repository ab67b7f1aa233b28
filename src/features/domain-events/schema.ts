import { builder } from '../../graphql/builder.ts';
import { encodeId } from '../../graphql/global-id.ts';
import { pageOf, pageRequest } from '../../graphql/pages.ts';
import { mapIterator } from '../../realtime/iterate.ts';
import { UserType } from '../users/schema.ts';
import type { DomainEventRow } from './event-row.ts';

const DomainEventType = builder.objectRef<DomainEventRow>('DomainEvent').implement({
  description: 'What Laurel tells other systems. At least once: drop an `id` that was seen.',
  fields: (t) => ({
    id: t.id({
      description: 'The same however often it is delivered.',
      resolve: ({ id }) => encodeId('DomainEvent', id),
    }),
    cursor: t.string({
      description: 'Its place in the feed: go on with `after: cursor`.',
      resolve: ({ position }, _args, { services }) => services.domainEvents.cursorOf(position),
    }),
    type: t.string({
      description:
        'What happened: ACHIEVEMENT_UNLOCKED, ACHIEVEMENT_REVOKED, LEVEL_UP, USER_RESET, USER_DELETED, LEADERBOARD_CLOSED, LEADERBOARD_REWARD, OVERTAKEN, USER_SUSPECTED, ... More may come.',
      resolve: ({ kind }) => kind,
    }),
    at: t.expose('createdAt', { type: 'DateTime', description: 'When it was stored.' }),
    user: t.field({
      type: UserType,
      nullable: true,
      description: 'Whom it is about, as the user is now; null for nobody alone and for who is erased.',
      resolve: ({ userId }, _args, { loaders }) => (userId === null ? null : loaders.users.byId.load(userId)),
    }),
    data: t.expose('payload', { type: 'JSON', description: 'The keys and numbers it tells of.' }),
  }),
});

const types = {
  description: 'Only these.',
} as const;

builder.queryField('domainEvents', (t) =>
  t.connection(
    {
      type: DomainEventType,
      description:
        "The feed of domain events, oldest first: at least once, without gaps. One user's stand in the order in which they happened.",
      args: { types: t.arg.stringList(types) },
      resolve: async (_root, { types: wanted, ...args }, { services }) => {
        const request = pageRequest(args);
        const { rows, newest } = await services.domainEvents.page(request, wanted ?? null);
        const page = pageOf(request, rows, ({ position }) => services.domainEvents.cursorOf(position));
        return { ...page, cursor: page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? newest) : newest };
      },
    },
    {
      name: 'DomainEventConnection',
      fields: (fields) => ({
        cursor: fields.string({
          description: 'Ask for what comes next after this, also when the page is empty.',
          resolve: (connection) => (connection as unknown as { cursor: string }).cursor,
        }),
      }),
    },
    { name: 'DomainEventEdge' },
  ),
);

builder.subscriptionField('domainEventPublished', (t) =>
  t.field({
    type: DomainEventType,
    description: 'The same feed as it grows.',
    args: {
      after: t.arg.string({
        description:
          'Everything after this cursor comes first, in order; then what comes, without a gap and without a repeat.',
      }),
      types: t.arg.stringList(types),
    },
    subscribe: async (_root, { after, types: wanted }, { services }) => {
      const stream = await services.domainEvents.open(after ?? null, wanted ?? null);
      return mapIterator(stream, ({ row }): DomainEventRow => row);
    },
    resolve: (row) => row,
  }),
);
