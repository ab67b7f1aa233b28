import type { EventType as EventTypeDefinition, LocalText } from '../../engine/catalog.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { pairOf } from '../../graphql/global-id.ts';
import { textIn, wantedLocales } from '../../graphql/locale.ts';
import { decodeCursor, encodeCursor, pageOf, pageRequest } from '../../graphql/pages.ts';
import { isUuid } from '../../platform/ids.ts';
import { seesPrivate } from '../auth/principal.ts';
import { UserType } from '../users/schema.ts';
import type { EventRow } from './event-row.ts';
import type { EventPlace } from './store.ts';

const EventSource = builder.enumType('EventSource', {
  description: 'Who may report an event.',
  values: {
    SERVER: { value: 'server', description: 'Game servers, with a key.' },
    PLAYER: { value: 'player', description: 'Players themselves, and game servers.' },
  } as const,
});

/** What the API shows of a declared kind of event, in the language of a user where the caller asks for none. */
interface EventTypeShape
  extends Pick<EventTypeDefinition, 'key' | 'name' | 'description' | 'pointsText' | 'detailsSchema' | 'from'> {
  /** Through whom it was reached; else the viewer. */
  readonly userId?: string | null;
}

/** A declared kind of event. */
export const EventTypeType = builder.objectRef<EventTypeShape>('EventType').implement({
  description: 'A declared kind of event.',
  fields: (t) => ({
    key: t.exposeID('key', { description: 'As in recordEvent.' }),
    name: t.string({
      description: 'Its name.',
      args: { locale: t.arg.string({ description: 'Instead of the language of the request.' }) },
      resolve: (type, { locale }, context) => ownTextOf(type, type.name, context, locale),
    }),
    description: t.string({
      nullable: true,
      description: 'What it means; null where the catalog does not say.',
      args: { locale: t.arg.string({ description: 'Instead of the language of the request.' }) },
      resolve: async (type, { locale }, context) => (await ownTextOf(type, type.description, context, locale)) || null,
    }),
    points: t.exposeString('pointsText', {
      description: 'What it is worth: a number, or an expression over the details.',
    }),
    from: t.field({ type: EventSource, description: 'Who may report it.', resolve: ({ from }) => from }),
    detailsSchema: t.field({
      type: 'JSON',
      description: 'JSON Schema of the details.',
      resolve: ({ detailsSchema }) => detailsSchema,
    }),
  }),
});

/** An event of the log. */
export const EventObject = builder.objectRef<EventRow>('Event');

builder.node(EventObject, {
  description: 'Something that happened, priced once.',
  id: {
    resolve: ({ userId, id }) => `${userId}.${id}`,
    description: '`event_`, the UUID of its user, a dot and its own UUIDv7.',
  },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'recordedAt' in value && 'points' in value,
  loadMany: (ids, { loaders, principal }) =>
    Promise.all(
      ids.map((id) => {
        const [userId, own] = pairOf('Event', `event_${id}`);
        return seesPrivate(principal, userId) ? loaders.events.byRef.load({ userId, id: own }) : null;
      }),
    ),
  fields: (t) => ({
    type: t.field({
      type: EventTypeType,
      description: 'Its kind.',
      resolve: ({ type, userId }, _args, { services }) =>
        typeOf(services.catalog.live().catalog.eventTypes, type, userId),
    }),
    user: t.field({
      type: UserType,
      description: 'To whom it happened.',
      resolve: async ({ userId }, _args, { loaders }) => {
        const user = await loaders.users.byId.load(userId);
        if (user === null) throw new Error(`user ${userId} is gone`);
        return user;
      },
    }),
    details: t.expose('details', { type: 'JSON', nullable: true, description: 'As they were sent.' }),
    points: t.expose('points', { type: 'SafeInt', description: 'What it counted for the score.' }),
    xp: t.expose('xp', { type: 'SafeInt', description: 'What it counted for the level.' }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When it happened.' }),
    recordedAt: t.expose('recordedAt', { type: 'DateTime', description: 'When it was received.' }),
    idempotencyKey: t.exposeString('idempotencyKey', { nullable: true, description: 'The key it was sent with.' }),
  }),
});

/** The type of a user's event. One that the live catalog no longer declares is shown by its key. */
export function typeOf(types: ReadonlyMap<string, EventTypeShape>, key: string, userId: string): EventTypeShape {
  const undeclared = { key, name: { en: key }, description: {}, pointsText: '0', detailsSchema: {} };
  return { ...(types.get(key) ?? { ...undeclared, from: 'server' }), userId };
}

/** One of its texts in the caller's language, else in that of its user. */
async function ownTextOf(
  { userId }: EventTypeShape,
  text: LocalText,
  context: Context,
  argument: string | null | undefined,
): Promise<string> {
  const viewer = context.principal.kind === 'player' ? context.principal.userId : null;
  const ownerId = userId ?? viewer;
  const owner = ownerId === null ? null : await context.loaders.users.byId.load(ownerId);
  return textIn(text, wantedLocales(context, owner?.locale, argument), context.services.catalog.live().catalog.locales);
}

builder.prismaObjectFields('User', (t) => ({
  events: t.connection(
    {
      type: EventObject,
      nullable: true,
      description: 'What happened to the user, newest first.',
      args: { type: t.arg.string({ description: 'Only this event type.' }) },
      resolve: async ({ id }, { type, ...args }, { loaders }) => {
        const request = pageRequest(args);
        const rows = await loaders.events.pages.load({
          userId: id,
          args: {
            type: type ?? null,
            after: request.after === null ? null : readPlace(request.after),
            before: request.before === null ? null : readPlace(request.before),
            limit: request.limit + 1,
            backwards: request.backwards,
          },
        });
        return pageOf(request, rows, placeOf);
      },
    },
    { name: 'EventConnection' },
    { name: 'EventEdge' },
  ),
}));

builder.queryFields((t) => ({
  eventTypes: t.field({
    type: [EventTypeType],
    description: 'Every declared kind of event.',
    resolve: (_root, _args, { services }) => [...services.catalog.live().catalog.eventTypes.values()],
  }),
  event: t.field({
    type: EventObject,
    nullable: true,
    description: 'The event with this global id; null when absent or not visible.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { loaders, principal }) => {
      const [userId, own] = pairOf('Event', id);
      return seesPrivate(principal, userId) ? loaders.events.byRef.load({ userId, id: own }) : null;
    },
  }),
}));

function placeOf({ occurredAt, id }: EventRow): string {
  return encodeCursor(`${occurredAt.getTime()}.${id}`);
}

function readPlace(cursor: string): EventPlace {
  const [at = '', id = ''] = decodeCursor(cursor).split('.');
  const occurredAt = new Date(Number(at));
  const year = occurredAt.getUTCFullYear();
  if (!/^-?\d{1,15}$/.test(at) || !(year >= 1 && year <= 9_999) || !isUuid(id)) {
    throw badUserInput(`'${cursor.slice(0, 60)}' is no cursor of this list`);
  }
  return { occurredAt, id };
}
