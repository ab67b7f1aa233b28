import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { EmailTakenError, InvalidUserError, UserBlockedError, UsernameTakenError } from '../users/errors.ts';
import { UserType } from '../users/schema.ts';
import { AccountTakenError, InvalidCredentialsError, PasswordAlreadySetError, SignInMethodOffError } from './errors.ts';
import { deviceOption, playerOf } from './mutations.ts';
import { signedInType, userOf } from './schema.ts';

/** Longest text that is looked up, hashed or verified, characters. */
const TEXT_LENGTH = 4_096;

const text = z.string().max(TEXT_LENGTH);
const password = (description: string) => ({ required: true, description, validate: text }) as const;
const initData = {
  required: true,
  description: 'Telegram.WebApp.initData as it is, at most 1 h old.',
  validate: text,
} as const;

const SignUpInput = builder.inputType('SignUpInput', {
  description: 'A new account.',
  fields: (t) => ({
    username: t.string({ required: true, description: 'As in CreateUserInput, without @.' }),
    email: t.string({ description: 'As in CreateUserInput.' }),
    password: t.string(password('8 to 200 characters.')),
    displayName: t.string({ description: 'As in CreateUserInput.' }),
    timezone: t.string({ description: 'As in CreateUserInput.' }),
    locale: t.string({ description: 'As in CreateUserInput.' }),
    device: t.string(deviceOption),
  }),
});

const SignInInput = builder.inputType('SignInInput', {
  description: 'Who signs in.',
  fields: (t) => ({
    login: t.string({
      required: true,
      description: 'Username or e-mail address, whatever the case.',
      validate: text,
    }),
    password: t.string(password('The password.')),
    device: t.string(deviceOption),
  }),
});

const LinkAccountInput = builder.inputType('LinkAccountInput', {
  description: 'How the caller signs in from now on: by exactly one of password and telegramInitData.',
  fields: (t) => ({
    username: t.string({ description: 'With a password, as in CreateUserInput without @; stays as it is by default.' }),
    email: t.string({ description: 'With a password, as in CreateUserInput.' }),
    password: t.string({ ...password('8 to 200 characters.'), required: false, validate: text.nullish() }),
    telegramInitData: t.string({ ...initData, required: false, validate: text.nullish() }),
  }),
});

const SignInWithTelegramInput = builder.inputType('SignInWithTelegramInput', {
  description: 'Whom Telegram vouches for.',
  fields: (t) => ({
    initData: t.string(initData),
    device: t.string(deviceOption),
  }),
});

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'The old password and the new one.',
  fields: (t) => ({
    currentPassword: t.string(password('The one until now.')),
    newPassword: t.string(password('8 to 200 characters.')),
  }),
});

const SignUpSuccess = signedInType('SignUpSuccess', 'The account is there and signed in.');
const SignInSuccess = signedInType('SignInSuccess', 'The user is in.');

const SignInWithTelegramSuccess = signedInType('SignInWithTelegramSuccess', 'The user is in.');

const changed = (name: string, description: string) =>
  builder.objectRef<{ readonly userId: string }>(name).implement({
    description,
    fields: (t) => ({ user: t.field({ type: UserType, description: 'The user.', resolve: userOf }) }),
  });
const LinkAccountSuccess = changed(
  'LinkAccountSuccess',
  'The same user signs in so from now on; its device tokens end.',
);
const ChangePasswordSuccess = changed(
  'ChangePasswordSuccess',
  'The password is the new one; all other sessions ended.',
);

const SignUpResult = builder.errorUnion('SignUpResult', {
  description: 'The account, or why not.',
  types: [SignUpSuccess, UsernameTakenError, EmailTakenError, InvalidUserError],
  resolveType: () => 'SignUpSuccess',
});
const SignInResult = builder.errorUnion('SignInResult', {
  description: 'The user, or why not.',
  types: [SignInSuccess, InvalidCredentialsError, UserBlockedError],
  resolveType: () => 'SignInSuccess',
});
const LinkAccountResult = builder.errorUnion('LinkAccountResult', {
  description: 'The user, or why not.',
  types: [
    LinkAccountSuccess,
    PasswordAlreadySetError,
    UsernameTakenError,
    EmailTakenError,
    InvalidUserError,
    AccountTakenError,
    InvalidCredentialsError,
    SignInMethodOffError,
  ],
  resolveType: () => 'LinkAccountSuccess',
});
const SignInWithTelegramResult = builder.errorUnion('SignInWithTelegramResult', {
  description: 'The user, or why not.',
  types: [SignInWithTelegramSuccess, InvalidCredentialsError, UserBlockedError, SignInMethodOffError],
  resolveType: () => 'SignInWithTelegramSuccess',
});
const ChangePasswordResult = builder.errorUnion('ChangePasswordResult', {
  description: 'The user, or why not.',
  types: [ChangePasswordSuccess, InvalidCredentialsError, InvalidUserError],
  resolveType: () => 'ChangePasswordSuccess',
});

builder.mutationFields((t) => ({
  signUp: t.field({
    type: SignUpResult,
    description: 'Makes a user with a password and signs it in.',
    args: { input: t.arg({ type: SignUpInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await context.services.rates.take('signIn', context);
      const { password: secret, device, ...user } = input;
      return (await context.services.identity.signUp({ user, password: secret, device: device ?? null })) as never;
    },
  }),
  signIn: t.field({
    type: SignInResult,
    description: 'Signs in with a username or an e-mail address and a password.',
    args: { input: t.arg({ type: SignInInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await context.services.rates.take('signIn', context);
      const { address } = context;
      return (await context.services.identity.signIn({ ...input, device: input.device ?? null, address })) as never;
    },
  }),
  signInWithTelegram: t.field({
    type: SignInWithTelegramResult,
    description: 'Signs in from a Mini App of Telegram; the first time makes the user.',
    args: { input: t.arg({ type: SignInWithTelegramInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      await context.services.rates.take('signIn', context);
      return (await context.services.identity.signInWithTelegram({ ...input, device: input.device ?? null })) as never;
    },
  }),
  linkAccount: t.field({
    type: LinkAccountResult,
    description:
      'Gives the caller, a guest for one, another way to sign in. It stays the same user with all its progress.',
    args: { input: t.arg({ type: LinkAccountInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { userId } = playerOf(context);
      const { password: secret, telegramInitData, ...user } = input;
      if ((secret == null) === (telegramInitData == null)) {
        throw badUserInput('Link by exactly one of password, telegramInitData');
      }
      if (secret != null) await context.services.identity.linkPassword(userId, { user, password: secret });
      if (telegramInitData != null) await context.services.identity.linkTelegram(userId, telegramInitData);
      context.forget();
      return { userId } as never;
    },
  }),
  changePassword: t.field({
    type: ChangePasswordResult,
    description: 'Changes the password of the caller and ends all its other sessions.',
    args: { input: t.arg({ type: ChangePasswordInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const player = playerOf(context);
      const { currentPassword: current, newPassword: next } = input;
      await context.services.identity.changePassword(player, { current, next, address: context.address });
      return { userId: player.userId } as never;
    },
  }),
}));
