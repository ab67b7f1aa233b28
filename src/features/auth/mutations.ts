import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { forbidden } from '../../graphql/errors.ts';
import { uuidOf } from '../../graphql/global-id.ts';
import { InvalidUserError, UserBlockedError } from '../users/errors.ts';
import { InvalidCredentialsError, InvalidRefreshTokenError, SessionNotFoundError } from './errors.ts';
import type { GuestSignedIn } from './guests.ts';
import type { Player } from './principal.ts';
import { signedInType } from './schema.ts';

/** Longest name of a device, and longest token a client may send. */
const DEVICE_LENGTH = 100;
const TOKEN_LENGTH = 200;

/** Names the device of a session. */
export const deviceOption = {
  description: 'What the player calls the device, at most 100 characters; shown in User.sessions.',
  validate: z
    .string()
    .max(DEVICE_LENGTH)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'holds what cannot be shown')
    .nullish(),
};

const SignInAsGuestInput = builder.inputType('SignInAsGuestInput', {
  description: 'A player without an account.',
  fields: (t) => ({
    deviceToken: t.string({
      description: 'What an earlier answer gave: the same guest again. Without it a new guest is made.',
      validate: z.string().max(TOKEN_LENGTH).nullish(),
    }),
    displayName: t.string({ description: 'Of a new guest, as in CreateUserInput.' }),
    timezone: t.string({ description: 'Of a new guest, as in CreateUserInput.' }),
    locale: t.string({ description: 'Of a new guest, as in CreateUserInput.' }),
    device: t.string(deviceOption),
  }),
});

const RefreshTokensInput = builder.inputType('RefreshTokensInput', {
  description: 'A refresh token. Send no Authorization with it: the access token has expired.',
  fields: (t) => ({
    refreshToken: t.string({
      required: true,
      description: 'The newest that was answered.',
      validate: z.string().max(TOKEN_LENGTH),
    }),
  }),
});

const SignOutInput = builder.inputType('SignOutInput', {
  description: 'Which session ends.',
  fields: (t) => ({
    session: t.id({ description: 'One of User.sessions; the one that asks by default.' }),
  }),
});

const SignOutEverywhereInput = builder.inputType('SignOutEverywhereInput', {
  description: 'Which sessions end.',
  fields: (t) => ({
    keepThis: t.boolean({ description: 'The one that asks goes on; false by default.' }),
  }),
});

const SignInAsGuestSuccess = signedInType('SignInAsGuestSuccess', 'The guest is in.');
builder.objectField(SignInAsGuestSuccess, 'deviceToken', (t) =>
  t.string({
    nullable: true,
    description: 'Signs the same guest in again: keep it, it is shown this once. Null where it was given.',
    resolve: (signedIn) => (signedIn as GuestSignedIn).deviceToken,
  }),
);
const RefreshTokensSuccess = signedInType('RefreshTokensSuccess', 'The session goes on with the next pair.');

const SignOutSuccess = builder.objectRef<{ readonly ended: number }>('SignOutSuccess').implement({
  description: 'The session has ended: its tokens are refused and its sockets are closed.',
  fields: (t) => ({ ended: t.exposeInt('ended', { description: 'How many sessions ended.' }) }),
});

const SignInAsGuestResult = builder.errorUnion('SignInAsGuestResult', {
  description: 'The guest, or why not.',
  types: [SignInAsGuestSuccess, InvalidCredentialsError, UserBlockedError, InvalidUserError],
  resolveType: () => 'SignInAsGuestSuccess',
});
const RefreshTokensResult = builder.errorUnion('RefreshTokensResult', {
  description: 'The next pair, or why not.',
  types: [RefreshTokensSuccess, InvalidRefreshTokenError, UserBlockedError],
  resolveType: () => 'RefreshTokensSuccess',
});
const SignOutResult = builder.errorUnion('SignOutResult', {
  description: 'Done, or why not.',
  types: [SignOutSuccess, SessionNotFoundError],
  resolveType: () => 'SignOutSuccess',
});

builder.mutationFields((t) => ({
  signInAsGuest: t.field({
    type: SignInAsGuestResult,
    description: 'Signs in without an account; linkAccount makes one of it later, with all progress.',
    args: { input: t.arg({ type: SignInAsGuestInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await context.services.rates.take('signIn', context);
      const { deviceToken, device, ...user } = input;
      const guest = { deviceToken: deviceToken ?? null, user, device: device ?? null };
      return (await context.services.identity.signInAsGuest(guest)) as never;
    },
  }),
  refreshTokens: t.field({
    type: RefreshTokensResult,
    description: 'The next pair of tokens. A token that is used again after 10 s ends its session.',
    args: { input: t.arg({ type: RefreshTokensInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await context.services.rates.take('refresh', context);
      return (await context.services.identity.refresh(input.refreshToken)) as never;
    },
  }),
  signOut: t.field({
    type: SignOutResult,
    description: 'Ends a session of the caller at once.',
    args: { input: t.arg({ type: SignOutInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { userId, sessionId: own } = playerOf(context);
      const sessionId = input.session == null ? own : uuidOf('Session', input.session);
      const wasThere = sessionId !== null && (await context.services.identity.signOut(userId, sessionId));
      if (!wasThere) throw new SessionNotFoundError();
      return { ended: 1 } as never;
    },
  }),
  signOutEverywhere: t.field({
    type: SignOutResult,
    description: 'Ends all sessions of the caller at once.',
    args: { input: t.arg({ type: SignOutEverywhereInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { userId, sessionId } = playerOf(context);
      const ended = await context.services.identity.signOutEverywhere(userId, input.keepThis ? sessionId : null);
      return { ended } as never;
    },
  }),
}));

/** The rights table lets players in here, and nobody else. */
export function playerOf({ principal }: Context): Player {
  if (principal.kind !== 'player') throw forbidden();
  return principal;
}
