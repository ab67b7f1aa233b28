import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { InvalidCredentialsError } from '../auth/errors.ts';
import { deviceOption } from '../auth/mutations.ts';
import { signedInType } from '../auth/schema.ts';
import { InvalidUserError, UsernameTakenError } from '../users/errors.ts';

/** Longest text that is looked up or hashed, characters. */
const TEXT_LENGTH = 4_096;

const ClaimAdminInput = builder.inputType('ClaimAdminInput', {
  description: 'Who becomes an admin.',
  fields: (t) => ({
    token: t.string({
      required: true,
      description:
        'What stands after # in the link that the first start or `laurel admin invite` printed, at most 1 h old.',
      validate: z.string().max(TEXT_LENGTH),
    }),
    username: t.string({ required: true, description: 'Of the new account, as in CreateUserInput, without @.' }),
    password: t.string({
      required: true,
      description: '8 to 200 characters.',
      validate: z.string().max(TEXT_LENGTH),
    }),
    device: t.string(deviceOption),
  }),
});

const ClaimAdminResult = builder.errorUnion('ClaimAdminResult', {
  description: 'The admin, or why not.',
  types: [
    signedInType('ClaimAdminSuccess', 'The account is there, an admin, and signed in.'),
    InvalidCredentialsError,
    UsernameTakenError,
    InvalidUserError,
  ],
  resolveType: () => 'ClaimAdminSuccess',
});

builder.mutationField('claimAdmin', (t) =>
  t.field({
    type: ClaimAdminResult,
    description: 'Makes an account that is an admin, by a token that is good once; all other such tokens end with it.',
    args: { input: t.arg({ type: ClaimAdminInput, required: true }) },
    resolve: async (_root, { input }, { services, requestId }) => {
      const { token, username, password, device } = input;
      const claim = { token, user: { username }, password, device: device ?? null, requestId };
      return (await services.people.claim(claim)) as never;
    },
  }),
);
