import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createIdentityService } from '../../../src/features/auth/identity-service.ts';
import { createPasswords, type Passwords } from '../../../src/features/auth/passwords.ts';
import { createRefreshTokens } from '../../../src/features/auth/refresh-token.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { createIds } from '../../../src/platform/ids.ts';
import { systemRandomNames } from '../../../src/platform/random.ts';
import { sql } from '../../../src/platform/sql.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../../support/laurel.ts';
import { as, bearer, dumped, newGuest, signIn, viewerOf } from './support.ts';

const PASSWORD = 'correct horse battery';
const LINK = `mutation ($input: LinkAccountInput!) { linkAccount(input: $input) {
  __typename ... on LinkAccountSuccess { user { id username email score } } ... on Error { code message } } }`;
const CHANGE = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) {
  __typename ... on ChangePasswordSuccess { user { id } } ... on Error { code } } }`;

describe.each(backends())('accounts on %s', (backend) => {
  let laurel: TestLaurel;

  beforeAll(async () => {
    laurel = await startLaurel(backend, { environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET } });
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const newAccount = async () => {
    const username = unique('Ann');
    const email = `${username}@example.com`;
    const { user, tokens } = await signIn(laurel, 'signUp', { username, email, password: PASSWORD });
    return { userId: user.id as string, username, email, tokens };
  };

  it('an account signs up and is in, then signs in by either name, whatever the case', async () => {
    const { userId, username, email, tokens } = await newAccount();
    expect(await viewerOf(laurel, tokens)).toBe(userId);
    for (const login of [username, username.toUpperCase(), email, email.toUpperCase()]) {
      const { user, tokens: own } = await signIn(laurel, 'signIn', { login, password: PASSWORD });
      expect([user.id, await viewerOf(laurel, own)]).toEqual([userId, userId]);
    }
  });

  it('a password is the same in either Unicode form', async () => {
    const username = unique('ann');
    await signIn(laurel, 'signUp', { username, password: 'pa\u00e9sswort' });
    expect(await signIn(laurel, 'signIn', { login: username, password: 'pae\u0301sswort' })).toMatchObject({
      __typename: 'SignInSuccess',
    });
  });

  it.each([
    [{ username: 'ann', password: 'seven77' }, 'INVALID_USER', 'password: has at least 8 characters'],
    [{ username: 'ann', password: 'x'.repeat(201) }, 'INVALID_USER', 'password: has at most 200 characters'],
    [{ username: 'a@b', password: PASSWORD }, 'INVALID_USER', 'username: holds an @'],
    [{ username: 'ann', email: 'nonsense', password: PASSWORD }, 'INVALID_USER', 'email: is no e-mail address'],
  ])('%j is no account', async (input, code, message) => {
    expect(await signIn(laurel, 'signUp', input)).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('a name or an address that somebody has is refused, and nothing is left behind', async () => {
    const { username, email } = await newAccount();
    const count = async () => (await laurel.database.query(sql`select id from users`)).length;
    const before = await count();
    const password = PASSWORD;
    expect(await signIn(laurel, 'signUp', { username: username.toUpperCase(), password })).toMatchObject({
      code: 'USERNAME_TAKEN',
    });
    expect(await signIn(laurel, 'signUp', { username: unique('bob'), email, password })).toMatchObject({
      code: 'EMAIL_TAKEN',
    });
    expect(await count()).toBe(before);
  });

  it('of sixteen who sign up with one name at once one gets it', async () => {
    const username = unique('ann');
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => signIn(laurel, 'signUp', { username, password: PASSWORD })),
    );
    const names = answers.map(({ __typename }) => __typename).sort();
    expect(names).toEqual(['SignUpSuccess', ...Array<string>(15).fill('UsernameTakenError')]);
  });

  it('unknown names, users without a password and wrong passwords are answered alike, after one hash each', async () => {
    const { username } = await newAccount();
    const { userId } = await newGuest(laurel);
    const { data } = await laurel.query(
      '{ viewer { username } }',
      {},
      {
        authorization: `Bearer ${await laurel.app.auth.createToken(userId.slice(5))}`,
      },
    );
    const logins = [username, data.viewer.username as string, unique('nobody')];
    const answers = await Promise.all(
      logins.map(async (login) => signIn(laurel, 'signIn', { login, password: 'another password' })),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ code: 'INVALID_CREDENTIALS' });

    const real = createPasswords();
    let hashed = 0;
    const passwords: Passwords = {
      hash: real.hash,
      verify: (password, hash) => {
        hashed += 1;
        return real.verify(password, hash);
      },
    };
    const jwtSecret = new TextEncoder().encode(TEST_SECRET);
    const identity = createIdentityService({
      database: laurel.database,
      catalog: laurel.app.services.catalog,
      clock: systemClock,
      ids: createIds(),
      names: systemRandomNames,
      access: { changed: async () => undefined },
      jwtSecret,
      refreshTokens: createRefreshTokens(jwtSecret),
      passwords,
      telegramBotToken: null,
      throttle: { take: async () => undefined, clear: async () => undefined },
    });
    for (const [index, login] of logins.entries()) {
      await expect(
        identity.signIn({ login, password: 'another password', device: null, address: '' }),
      ).rejects.toMatchObject({
        code: 'INVALID_CREDENTIALS',
      });
      expect(hashed).toBe(index + 1);
    }
  });

  it('a guest who links an account is the same user with all its progress, and its device token ends', async () => {
    const { userId, deviceToken, tokens } = await newGuest(laurel);
    const game = await laurel.app.auth.createKey({ name: unique(), scopes: ['events:write'], days: null });
    await laurel.query(
      'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename } }',
      { input: { user: { id: userId }, type: 'login' } },
      { authorization: `Bearer ${game}` },
    );
    const username = unique('guest');
    const email = `${username}@example.com`;
    const linked = await as(laurel, tokens, LINK, { input: { username, email, password: PASSWORD } });
    expect(linked.data.linkAccount).toEqual({
      __typename: 'LinkAccountSuccess',
      user: { id: userId, username, email, score: 5 },
    });
    expect(await viewerOf(laurel, tokens)).toBe(userId);
    expect((await signIn(laurel, 'signIn', { login: email, password: PASSWORD })).user.id).toBe(userId);
    expect(await signIn(laurel, 'signInAsGuest', { deviceToken })).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    const again = await as(laurel, tokens, LINK, { input: { password: 'yet another one' } });
    expect(again.data.linkAccount).toMatchObject({ code: 'PASSWORD_ALREADY_SET' });
  });

  it('a guest who links with a name that is taken stays a guest', async () => {
    const { username } = await newAccount();
    const { userId, deviceToken, tokens } = await newGuest(laurel);
    const refused = await as(laurel, tokens, LINK, { input: { username, password: PASSWORD } });
    expect(refused.data.linkAccount).toMatchObject({ code: 'USERNAME_TAKEN' });
    expect((await signIn(laurel, 'signInAsGuest', { deviceToken })).user.id).toBe(userId);
  });

  it('a changed password ends all other sessions, and the old one signs in no more', async () => {
    const { userId, username, tokens } = await newAccount();
    const { tokens: other } = await signIn(laurel, 'signIn', { login: username, password: PASSWORD });
    const change = async (currentPassword: string, newPassword: string) =>
      (await laurel.query(CHANGE, { input: { currentPassword, newPassword } }, bearer(tokens))).data.changePassword;
    expect(await change('not this one', 'a new password')).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    expect(await change(PASSWORD, 'short')).toMatchObject({ code: 'INVALID_USER' });
    expect(await viewerOf(laurel, other)).toBe(userId);
    expect(await change(PASSWORD, 'a new password')).toEqual({
      __typename: 'ChangePasswordSuccess',
      user: { id: userId },
    });
    expect([await viewerOf(laurel, tokens), await viewerOf(laurel, other)]).toEqual([
      userId,
      'UNAUTHENTICATED SIGNED_OUT',
    ]);
    expect(await signIn(laurel, 'signIn', { login: username, password: PASSWORD })).toMatchObject({
      code: 'INVALID_CREDENTIALS',
    });
    expect((await signIn(laurel, 'signIn', { login: username, password: 'a new password' })).user.id).toBe(userId);
  });

  it('a password is stored as argon2id with 19 MiB, 2 passes and a salt of its own, and in no other form', async () => {
    const password = unique('secret');
    for (const name of ['a', 'b']) await signIn(laurel, 'signUp', { username: unique(name), password });
    const rows = await laurel.database.query<{ hash: string }>(sql`select hash from passwords`);
    expect(rows.every(({ hash }) => /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]{22}\$[^$]{43}$/.test(hash))).toBe(true);
    expect(new Set(rows.map(({ hash }) => hash.split('$')[4])).size).toBe(rows.length);
    expect(await dumped(laurel)).not.toContain(password);
  });
});

describe('password hashes', () => {
  const passwords = createPasswords();

  it('of figures of before are still verified', async () => {
    // From the tests of the reference implementation (phc-winner-argon2, src/test.c).
    const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await passwords.verify('password', reference)).toBe(true);
    expect(await passwords.verify('passwort', reference)).toBe(false);
  });

  it('are made a few at a time, and too many at once are refused', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 70 }, () => passwords.verify('a', null)));
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(4);
    expect(refused[0]).toMatchObject({ reason: { extensions: { code: 'RATE_LIMITED', limit: 64 } } });
    expect(await passwords.verify('a', await passwords.hash('a'))).toBe(true);
  });
});
