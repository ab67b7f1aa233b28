import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { encodeId, uuidOf } from '../../graphql/global-id.ts';
import { decodeCursor, encodeCursor, pageOf, pageRequest } from '../../graphql/pages.ts';
import { ErrorInterface } from '../../graphql/refusal-types.ts';
import { isUuid } from '../../platform/ids.ts';
import { authorOf } from '../audit/service.ts';
import { userOf } from '../auth/schema.ts';
import { EventObject, EventTypeType, typeOf } from '../ingest/schema.ts';
import { UserType } from '../users/schema.ts';
import { SuspicionDecidedError, SuspicionNotFoundError } from './errors.ts';
import type { Cause, SuspicionRow, Verdict } from './service.ts';

/** Most characters of a note. */
const NOTE_LENGTH = 500;

const SuspicionCause = builder.enumType('SuspicionCause', {
  description: 'Why events are doubted. More may come.',
  values: {
    TRUST: { description: 'Their source is trusted less than their type wants (`trust` in the catalog).' },
    VELOCITY: { description: 'They are more than their type has in so short a time (`velocity` in the catalog).' },
  } satisfies Record<Cause, { description: string }>,
});
const SuspicionVerdict = builder.enumType('SuspicionVerdict', {
  description: 'What a reviewer decides.',
  values: {
    CLEAR: { description: 'There is nothing to it. A quarantine that came of it ends.' },
    QUARANTINE: { description: 'The user is in quarantine.' },
  } satisfies Record<Verdict, { description: string }>,
});
const SuspicionStatus = builder.enumType('SuspicionStatus', {
  description: 'Which suspicions.',
  values: {
    OPEN: { description: 'Those that nobody has decided.' },
    DECIDED: { description: 'Those with a verdict.' },
  } as const,
});

const SuspicionType = builder.objectRef<SuspicionRow>('Suspicion').implement({
  description: 'Events of a user that count and are doubted: of one type, for one cause, until a reviewer decides.',
  fields: (t) => ({
    id: t.id({ description: '`suspicion_` and a UUIDv7.', resolve: ({ id }) => encodeId('Suspicion', id) }),
    user: t.field({ type: UserType, description: 'Who is suspected.', resolve: userOf }),
    cause: t.field({ type: SuspicionCause, description: 'Why.', resolve: ({ cause }) => cause }),
    eventType: t.field({
      type: EventTypeType,
      description: 'What kind of events.',
      resolve: ({ eventType, userId }, _args, { services }) =>
        typeOf(services.catalog.live().catalog.eventTypes, eventType, userId),
    }),
    count: t.expose('count', { type: 'SafeInt', description: 'How many events.' }),
    firstAt: t.expose('firstAt', { type: 'DateTime', description: 'When the first was received.' }),
    lastAt: t.expose('lastAt', { type: 'DateTime', description: 'When the newest was received.' }),
    firstEvent: t.field({
      type: EventObject,
      nullable: true,
      description: 'The first.',
      resolve: ({ userId, firstEventId }, _args, { loaders }) =>
        loaders.events.byRef.load({ userId, id: firstEventId }),
    }),
    newestEvent: t.field({
      type: EventObject,
      nullable: true,
      description: 'The newest.',
      resolve: ({ userId, lastEventId }, _args, { loaders }) => loaders.events.byRef.load({ userId, id: lastEventId }),
    }),
    verdict: t.field({
      type: SuspicionVerdict,
      nullable: true,
      description: 'What was decided; null: nobody has.',
      resolve: ({ verdict }) => verdict,
    }),
    note: t.exposeString('note', { nullable: true, description: 'What the reviewer wrote.' }),
    decidedAt: t.expose('decidedAt', { type: 'DateTime', nullable: true, description: 'When it was decided.' }),
    decidedBy: t.exposeString('decidedBy', {
      nullable: true,
      description: 'Who decided, as `AuditEntry.actor` names it.',
    }),
  }),
});

for (const [refusal, description] of [
  [SuspicionNotFoundError, 'There is no such suspicion; those of who is erased or reset are gone.'],
  [SuspicionDecidedError, 'A reviewer has decided it already; what was doubted since stands in another.'],
] as const) {
  builder.objectType(refusal, { name: refusal.name, description, interfaces: [ErrorInterface] });
}

const DecideSuspicionInput = builder.inputType('DecideSuspicionInput', {
  description: 'What a reviewer decides.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Of the suspicion.' }),
    verdict: t.field({ type: SuspicionVerdict, required: true, description: 'What to do.' }),
    note: t.string({
      description: 'Kept with it; of a quarantine it is the reason.',
      validate: z
        .string()
        .max(NOTE_LENGTH)
        .regex(/^[^\p{Cs}\0]*$/u, 'holds what cannot be kept')
        .nullish(),
    }),
  }),
});

const DecideSuspicionSuccess = builder.objectRef<SuspicionRow>('DecideSuspicionSuccess').implement({
  description: 'It is decided.',
  fields: (t) => ({
    suspicion: t.field({ type: SuspicionType, description: 'With its verdict.', resolve: (row) => row }),
  }),
});

const DecideSuspicionResult = builder.errorUnion('DecideSuspicionResult', {
  description: 'The suspicion, or why not.',
  types: [DecideSuspicionSuccess, SuspicionNotFoundError, SuspicionDecidedError],
  resolveType: () => 'DecideSuspicionSuccess',
});

builder.mutationField('decideSuspicion', (t) =>
  t.field({
    type: DecideSuspicionResult,
    description: 'Closes a suspicion with a verdict. What is doubted of the user from then on opens another.',
    args: { input: t.arg({ type: DecideSuspicionInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { verdict, note } = input;
      const id = uuidOf('Suspicion', input.id);
      const request = { id, verdict, note: note ?? null, author: authorOf(context) };
      const decided = await context.services.suspicions.decide(request);
      context.forget();
      return decided as never;
    },
  }),
);

builder.queryField('suspicions', (t) =>
  t.connection(
    {
      type: SuspicionType,
      description: 'What reviewers are to look at, longest waiting first.',
      args: { status: t.arg({ type: SuspicionStatus, description: 'Which; OPEN by default.' }) },
      resolve: async (_root, { status, ...args }, { services, loaders }) => {
        const request = pageRequest(args);
        const rows = await services.suspicions.page({
          isOpen: status !== 'DECIDED',
          after: request.after === null ? null : readPlace(request.after),
          before: request.before === null ? null : readPlace(request.before),
          limit: request.limit + 1,
          backwards: request.backwards,
        });
        const { edges, pageInfo } = pageOf(request, rows, ({ id }) => encodeCursor(id));
        const users = await loaders.users.byId.loadMany(edges.map(({ node }) => node.userId));
        const failed = users.find((user) => user instanceof Error);
        if (failed !== undefined) throw failed;
        // Who was erased meanwhile is left out.
        return { edges: edges.filter((_, at) => users[at] != null), pageInfo };
      },
    },
    { name: 'SuspicionConnection' },
    { name: 'SuspicionEdge' },
  ),
);

function readPlace(cursor: string): string {
  const id = decodeCursor(cursor);
  if (!isUuid(id)) throw badUserInput(`'${cursor.slice(0, 60)}' is no cursor of this list`);
  return id;
}
