import { Writable } from 'node:stream';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { inviteAdmin } from '../../../src/features/people/invites.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { createIds } from '../../../src/platform/ids.ts';
import { createLogger } from '../../../src/platform/logger.ts';
import { openSocket } from '../../http/raw-socket.ts';
import { openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { post, TEST_SECRET } from '../../support/laurel.ts';
import { NO_RATES } from '../../support/no-rates.ts';
import { dumped, signInMutation } from './support.ts';

const PASSWORD = 'a password nobody may read';
const NEW_PASSWORD = 'another password nobody may read';
const GAME_SECRET = 'the secret of the game, nobody may read it';
const BOT = '7654321098:AAF0nobodymayreadthisexample0AA';

let opened: TestDatabase;
let app: App;
let url: string;
let logged = '';

beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  const config = readConfig({
    ...NO_RATES,
    LAUREL_AUTH: 'on',
    LAUREL_JOBS: 'off',
    LAUREL_JWT_SECRET: TEST_SECRET,
    LAUREL_TELEGRAM_BOT_TOKEN: BOT,
    LAUREL_GAME_JWT_SECRET: GAME_SECRET,
    LAUREL_GAME_JWT_ISSUER: 'game',
    LOG_LEVEL: 'trace',
  });
  const destination = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  app = await createApp({
    config,
    database: opened.db,
    logger: createLogger({ level: 'trace' }, destination),
    jwtSecret: new TextEncoder().encode(TEST_SECRET),
    startKey: null,
  });
  ({ url } = await app.http.listen(0, '127.0.0.1'));
});
afterAll(async () => {
  await app.close();
  await opened.dispose();
});

it('no secret of signing in reaches the database or the log, whatever happens', async () => {
  const secrets: string[] = [PASSWORD, NEW_PASSWORD, GAME_SECRET, BOT.split(':')[1] ?? '', TEST_SECRET];
  const ask = async (field: string, input: object, headers: Record<string, string> = {}, fields = '') => {
    const { data, errors } = await post(url, signInMutation(field, fields), { input }, headers);
    const tokens = data?.[field]?.tokens;
    if (tokens) secrets.push(tokens.accessToken.split('.')[2], tokens.refreshToken, tokens.refreshToken.slice(36, 79));
    return { ...data?.[field], errors };
  };
  const guest = await ask('signInAsGuest', {}, {}, 'deviceToken');
  secrets.push(guest.deviceToken, guest.deviceToken.slice(3));
  const account = { username: 'ann', email: 'ann@example.com', password: PASSWORD };
  const signedUp = await ask('signUp', account);
  const { accessToken, refreshToken } = signedUp.tokens;
  await ask('signIn', { login: 'ann', password: PASSWORD });
  await ask('signIn', { login: 'ann', password: NEW_PASSWORD });
  await ask('refreshTokens', { refreshToken });
  await ask('signInWithTelegram', { initData: `hash=${'0'.repeat(64)}&user=${PASSWORD}` });
  const authorization = `Bearer ${accessToken}`;
  const change = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }`;
  const passwords = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
  const changed = await post(url, change, { input: passwords }, { authorization });
  expect(changed.data.changePassword.__typename).toBe('ChangePasswordSuccess');
  const claims = { iss: 'game', aud: 'laurel', sub: 'hero' };
  const gameToken = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(GAME_SECRET));
  secrets.push(gameToken.split('.')[2] ?? '');
  const viewer = await post(url, '{ viewer { externalId } }', {}, { authorization: `Bearer ${gameToken}` });
  expect(viewer.data.viewer.externalId).toBe('hero');
  const serverKey = await claimsAndMakesKey(secrets);

  // What nobody foresaw is logged whole.
  await opened.db.script(
    'alter table passwords rename to passwords_gone; alter table sessions rename to sessions_gone',
  );
  for (const [field, input] of [
    ['signIn', { login: 'ann', password: NEW_PASSWORD }],
    ['signUp', { ...account, username: 'bob', email: 'bob@example.com' }],
    ['refreshTokens', { refreshToken }],
    ['signInAsGuest', { deviceToken: guest.deviceToken }],
    ['claimAdmin', { token: await invite(secrets), username: 'eve', password: PASSWORD }],
  ] as const) {
    const { errors } = await ask(field, input);
    expect([field, errors[0]?.extensions['code']]).toEqual([field, 'INTERNAL_SERVER_ERROR']);
  }
  // Over a socket, in its header and in connection_init; and where no operation is.
  const keyed = { authorization: `Bearer ${serverKey}` };
  for (const [headers, payload] of [
    [keyed, undefined],
    [{}, keyed],
    [{}, { authorization: `Bearer ${serverKey}x` }],
  ] as const) {
    const line = await openSocket(url, { headers });
    line.send({ type: 'connection_init', ...(payload && { payload }) });
    await Promise.race([line.next(), line.closed]);
    line.socket.close();
    await line.closed;
  }
  await fetch(`${url}/graphql?query=${serverKey}`, { headers: { ...keyed, connection: 'close' } });
  await opened.db.script(
    'alter table passwords_gone rename to passwords; alter table sessions_gone rename to sessions',
  );

  const stored = await dumped({ database: opened.db });
  expect(stored).toContain('argon2id');
  expect(logged).toContain('request failed');
  // Bytes are dumped in hexadecimal.
  const forms = (secret: string) => [
    secret,
    ...(['utf8', 'base64url'] as const).map((encoding) => Buffer.from(secret, encoding).toString('hex')),
  ];
  const leaked = (text: string) => secrets.filter((secret) => forms(secret).some((form) => text.includes(form)));
  expect(secrets.every((secret) => secret.length > 20)).toBe(true);
  expect({ stored: leaked(stored), logged: leaked(logged) }).toEqual({ stored: [], logged: [] });
  // An e-mail address is stored, to sign in with; no log tells it.
  expect(stored).toContain('ann@example.com');
  expect(logged).not.toMatch(/@example\.com/);
  expect(secrets.length).toBeGreaterThan(20);
});

/** An invitation for an admin. */
async function invite(secrets: string[]): Promise<string> {
  const author = { actor: 'tester', requestId: null, isAdmin: true };
  const { token } = await inviteAdmin({ database: opened.db, clock: systemClock, ids: createIds() }, author);
  secrets.push(token, token.slice(3));
  return token;
}

/** Somebody becomes an admin, and makes, uses and turns a server key; answers its newest secret. */
async function claimsAndMakesKey(secrets: string[]): Promise<string> {
  const token = await invite(secrets);
  const { data } = await post(url, signInMutation('claimAdmin'), {
    input: { token, username: 'boss', password: PASSWORD },
  });
  const { accessToken, refreshToken } = data.claimAdmin.tokens;
  secrets.push(accessToken.split('.')[2], refreshToken, refreshToken.slice(36, 79));
  const authorization = `Bearer ${accessToken}`;
  const make = async (field: string, input: object, success: string) => {
    const { data } = await post(
      url,
      `mutation ($input: ${success.replace('Success', 'Input')}!) { ${field}(input: $input) { ... on ${success} { secret key { id } } } }`,
      { input },
      { authorization },
    );
    const { secret } = data[field];
    secrets.push(secret, secret.slice(-43));
    return data[field];
  };
  const made = await make('createServerKey', { name: 'game', scopes: ['users:write'] }, 'CreateServerKeySuccess');
  const { secret } = await make('rotateServerKey', { key: made.key.id, overlapSeconds: 60 }, 'RotateServerKeySuccess');
  for (const key of [made.secret, secret]) {
    const { errors } = await post(url, '{ users { totalCount } }', {}, { authorization: `Bearer ${key}` });
    expect(errors).toEqual([]);
  }
  return secret;
}
