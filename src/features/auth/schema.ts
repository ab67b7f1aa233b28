import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { encodeId } from '../../graphql/global-id.ts';
import { ErrorInterface } from '../../graphql/refusal-types.ts';
import { UserType } from '../users/schema.ts';
import {
  AccountTakenError,
  InvalidCredentialsError,
  InvalidRefreshTokenError,
  PasswordAlreadySetError,
  SessionNotFoundError,
  SignInMethodOffError,
} from './errors.ts';
import type { SessionRow } from './identity-service.ts';
import type { SignedIn, Tokens } from './sessions.ts';

/** What a client signs in with from now on. */
const TokensType = builder.objectRef<Tokens>('Tokens').implement({
  description: 'What a client shows from now on. Keep the refresh token where nobody else reads it.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', { description: 'Authorization: Bearer <this>; 15 min.' }),
    accessExpiresAt: t.expose('accessExpiresAt', { type: 'DateTime', description: 'When it ends.' }),
    refreshToken: t.exposeString('refreshToken', { description: 'For refreshTokens, once; then take the next.' }),
    refreshExpiresAt: t.expose('refreshExpiresAt', {
      type: 'DateTime',
      description: 'When the session ends whatever happens: 30 days after the sign-in.',
    }),
  }),
});

/** A signed-in device of the caller. */
const SessionType = builder.objectRef<SessionRow>('Session').implement({
  description: 'A signed-in device.',
  fields: (t) => ({
    id: t.id({ description: '`session_` and a UUIDv7.', resolve: ({ id }) => encodeId('Session', id) }),
    device: t.exposeString('device', { nullable: true, description: 'What the client called the device.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it signed in.' }),
    refreshedAt: t.expose('rotatedAt', { type: 'DateTime', description: 'When its tokens were refreshed last.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it ends whatever happens.' }),
    current: t.boolean({
      description: 'It is the one that asks.',
      resolve: ({ id }, _args, { principal }) => principal.kind === 'player' && principal.sessionId === id,
    }),
  }),
});

/** The user a mutation was about. */
export async function userOf({ userId }: { readonly userId: string }, _args: unknown, { loaders }: Context) {
  const user = await loaders.users.byId.load(userId);
  if (user === null) throw new Error(`user ${userId} is gone`);
  return user;
}

/** Makes the success type of a mutation that signs in: each has its own, for what it answers may grow. */
export function signedInType<Name extends string>(name: Name, description: string) {
  return builder.objectRef<SignedIn>(name).implement({
    description,
    fields: (t) => ({
      user: t.field({
        type: UserType,
        description: 'Who is in.',
        resolve: userOf,
      }),
      tokens: t.expose('tokens', { type: TokensType, description: 'What to show from now on.' }),
    }),
  });
}

builder.objectType(InvalidCredentialsError, {
  name: 'InvalidCredentialsError',
  description: 'The name, the password or the token does not fit; which of them is not told.',
  interfaces: [ErrorInterface],
});
builder.objectType(InvalidRefreshTokenError, {
  name: 'InvalidRefreshTokenError',
  description: 'The session has ended, or the token was used before: sign in again.',
  interfaces: [ErrorInterface],
});
builder.objectType(AccountTakenError, {
  name: 'AccountTakenError',
  description: 'Somebody else signs in with this account.',
  interfaces: [ErrorInterface],
});
builder.objectType(SignInMethodOffError, {
  name: 'SignInMethodOffError',
  description: 'This way of signing in is not set up here.',
  interfaces: [ErrorInterface],
});
builder.objectType(PasswordAlreadySetError, {
  name: 'PasswordAlreadySetError',
  description: 'The user has a password: changePassword changes it.',
  interfaces: [ErrorInterface],
});
builder.objectType(SessionNotFoundError, {
  name: 'SessionNotFoundError',
  description: 'The caller has no such session.',
  interfaces: [ErrorInterface],
});

builder.objectField(UserType, 'sessions', (t) =>
  t.field({
    type: [SessionType],
    nullable: { list: true, items: false },
    description: 'Where the user is signed in, newest first, at most 5; for the user alone.',
    // Only of the caller: one statement, whatever list the user stands in.
    resolve: ({ id }, _args, { services }) => services.identity.sessions(id),
  }),
);
