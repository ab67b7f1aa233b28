import { builder } from '../../graphql/builder.ts';
import { encodeId, uuidOf } from '../../graphql/global-id.ts';
import { pageOfList } from '../../graphql/pages.ts';
import { ErrorInterface } from '../../graphql/refusal-types.ts';
import { authorOf } from '../audit/service.ts';
import { ServerKeyEndedError, ServerKeyNotFoundError } from './errors.ts';
import { SCOPES } from './principal.ts';
import { type KeyRow, MOST_OVERLAP_SECONDS, type ShownKey } from './server-keys.ts';

const SourceTrust = builder.enumType('SourceTrust', {
  description:
    'How far what a source reports is trusted. A report of an event type that wants more is taken, and doubted.',
  values: {
    LOW: { value: 'low', description: 'As players themselves, who report what they like.' },
    NORMAL: { value: 'normal', description: 'A game server.' },
    HIGH: { value: 'high', description: 'As admins: a server that checks what it reports.' },
  } as const,
});

const ServerKeyType = builder.objectRef<KeyRow>('ServerKey').implement({
  description: 'A credential of a game server. Its secret is shown once and never kept.',
  fields: (t) => ({
    id: t.id({ description: '`serverKey_` and a UUIDv7.', resolve: ({ id }) => encodeId('ServerKey', id) }),
    name: t.exposeString('name', { description: 'What it is for.' }),
    scopes: t.exposeStringList('scopes', { description: `What it may do: ${SCOPES.join(', ')}.` }),
    environment: t.exposeString('environment', { description: 'LAUREL_ENVIRONMENT when it was made.' }),
    eventsPerMinute: t.exposeInt('eventsPerMinute', {
      nullable: true,
      description: 'Most events it may report in a minute; null: as many as it likes.',
    }),
    trust: t.field({
      type: SourceTrust,
      description: 'How far the events it reports are trusted.',
      resolve: ({ trust }) => trust,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true, description: 'When it ends; null: never.' }),
    previousUntil: t.expose('previousUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when the secret before the last rotation is good; null: there was none.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was used last, to the minute; null: never.',
    }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true, description: 'When it was revoked.' }),
  }),
});

builder.objectType(ServerKeyNotFoundError, {
  name: 'ServerKeyNotFoundError',
  description: 'There is no such key.',
  interfaces: [ErrorInterface],
});
builder.objectType(ServerKeyEndedError, {
  name: 'ServerKeyEndedError',
  description: 'The key was revoked or has expired: make another.',
  interfaces: [ErrorInterface],
});

const CreateServerKeyInput = builder.inputType('CreateServerKeyInput', {
  description: 'A key for a game server.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'What it is for, 1 to 100 characters.' }),
    scopes: t.stringList({ required: true, description: `At least one of ${SCOPES.join(', ')}.` }),
    days: t.int({ description: 'How long it lives, 1 to 3650; for ever by default.' }),
    eventsPerMinute: t.int({
      description: 'Most events it may report in a minute, beyond them RATE_LIMITED; as many as it likes by default.',
    }),
    trust: t.field({ type: SourceTrust, description: 'How far the events it reports are trusted; NORMAL by default.' }),
  }),
});
const RotateServerKeyInput = builder.inputType('RotateServerKeyInput', {
  description: 'A key that gets another secret.',
  fields: (t) => ({
    key: t.id({ required: true, description: 'Its id.' }),
    overlapSeconds: t.int({
      description: `How long the old secret is good as well, at most ${MOST_OVERLAP_SECONDS}; 0 by default.`,
    }),
  }),
});
const RevokeServerKeyInput = builder.inputType('RevokeServerKeyInput', {
  description: 'A key that ends.',
  fields: (t) => ({ key: t.id({ required: true, description: 'Its id.' }) }),
});

const shown = (name: string, description: string) =>
  builder.objectRef<ShownKey>(name).implement({
    description,
    fields: (t) => ({
      key: t.field({ type: ServerKeyType, description: 'The key.', resolve: ({ row }) => row }),
      secret: t.string({
        description: 'Authorization: Bearer <this>. Shown this once.',
        resolve: ({ key }) => key,
      }),
    }),
  });
const CreateServerKeyResult = builder.errorUnion('CreateServerKeyResult', {
  description: 'The key. Refusals may come.',
  types: [shown('CreateServerKeySuccess', 'The key is good from now on.')],
  resolveType: () => 'CreateServerKeySuccess',
});
const RotateServerKeyResult = builder.errorUnion('RotateServerKeyResult', {
  description: 'The key, or why not.',
  types: [
    shown('RotateServerKeySuccess', 'The new secret is good from now on.'),
    ServerKeyNotFoundError,
    ServerKeyEndedError,
  ],
  resolveType: () => 'RotateServerKeySuccess',
});
const RevokeServerKeyResult = builder.errorUnion('RevokeServerKeyResult', {
  description: 'The key, or why not.',
  types: [
    builder.objectRef<{ readonly row: KeyRow }>('RevokeServerKeySuccess').implement({
      description: 'The key is refused and its sockets are closed.',
      fields: (t) => ({ key: t.field({ type: ServerKeyType, description: 'The key.', resolve: ({ row }) => row }) }),
    }),
    ServerKeyNotFoundError,
  ],
  resolveType: () => 'RevokeServerKeySuccess',
});

builder.queryField('serverKeys', (t) =>
  t.connection(
    {
      type: ServerKeyType,
      description: 'All server keys, newest first, revoked ones too.',
      resolve: async (_root, args, { services }) => pageOfList(args, await services.keys.list(), ({ id }) => id),
    },
    { name: 'ServerKeyConnection' },
    { name: 'ServerKeyEdge' },
  ),
);

builder.mutationFields((t) => ({
  createServerKey: t.field({
    type: CreateServerKeyResult,
    description: 'Makes a key for a game server.',
    args: { input: t.arg({ type: CreateServerKeyInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { name, scopes, days, eventsPerMinute, trust } = input;
      const quota = { eventsPerMinute: eventsPerMinute ?? null, trust: trust ?? 'normal' };
      const wanted = { name, scopes, days: days ?? null, ...quota };
      return (await context.services.keys.create(wanted, authorOf(context))) as never;
    },
  }),
  rotateServerKey: t.field({
    type: RotateServerKeyResult,
    description: 'Gives a key another secret; without an overlap the old one ends at once, on open sockets too.',
    args: { input: t.arg({ type: RotateServerKeyInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const id = uuidOf('ServerKey', input.key);
      return (await context.services.keys.rotate(id, input.overlapSeconds ?? 0, authorOf(context))) as never;
    },
  }),
  revokeServerKey: t.field({
    type: RevokeServerKeyResult,
    description: 'Ends a key at once, on open sockets too.',
    args: { input: t.arg({ type: RevokeServerKeyInput, required: true }) },
    resolve: async (_root, { input }, context) =>
      ({ row: await context.services.keys.revoke(uuidOf('ServerKey', input.key), authorOf(context)) }) as never,
  }),
}));
