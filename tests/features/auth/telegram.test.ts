import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyInitData } from '../../../src/features/auth/telegram.ts';
import { sql } from '../../../src/platform/sql.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, TEST_SECRET, type TestLaurel } from '../../support/laurel.ts';
import { as, dumped, newGuest, signIn, viewerOf } from './support.ts';

const BOT = '7654321098:AAF0exampleexampleexampleexample0AA';
const NOW = Date.parse('2026-11-21T12:00:00Z');
const SECONDS = NOW / 1_000;
const USER = '{"id":279058397,"first_name":"Вера","language_code":"ru"}';

/** Init data as Telegram makes it, of these fields. */
function initData(fields: Readonly<Record<string, string>>, bot = BOT, key = 'WebAppData'): string {
  return signFields(Object.entries(fields), bot, key);
}

function signFields(fields: readonly (readonly [string, string])[], bot: string, key: string): string {
  const checked = fields
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('\n');
  const secret = createHmac('sha256', key).update(bot).digest();
  const hash = createHmac('sha256', secret).update(checked).digest('hex');
  return new URLSearchParams([...fields.map(([name, value]) => [name, value]), ['hash', hash]]).toString();
}

describe('init data of Telegram', () => {
  const fields = {
    query_id: 'AAHdF6IQAAAAAN0XohDhrOrc',
    user: USER,
    auth_date: String(SECONDS - 60),
    signature: 'c2ln',
  };

  it('of the bot, fresh and whole, says who it is', () => {
    const ann = { id: '279058397', firstName: 'Вера', languageCode: 'ru' };
    expect(verifyInitData(BOT, initData(fields), NOW)).toEqual(ann);
    expect(verifyInitData(BOT, initData({ ...fields, auth_date: String(SECONDS - 3_600) }), NOW)).toEqual(ann);
  });

  const signed = initData(fields);
  const swapped = new URLSearchParams(signed);
  swapped.set('user', USER.replace('279058397', '1'));
  const without = new URLSearchParams(signed);
  without.delete('hash');
  it.each<[string, string]>([
    ['without a hash', without.toString()],
    ['of another user under the same hash', swapped.toString()],
    ['with a field more', `${signed}&start_param=a`],
    ['with a field twice', `${signed}&user=${encodeURIComponent(USER)}`],
    ['signed with a field twice', signFields([...Object.entries(fields), ['user', USER]], BOT, 'WebAppData')],
    ['with the hash twice', `${signed}&hash=${'0'.repeat(64)}`],
    ['with another hash', signed.replace(/hash=.{64}/, `hash=${'0'.repeat(64)}`)],
    ['with a hash in capitals', signed.replace(/hash=(.{64})/, (_, hash: string) => `hash=${hash.toUpperCase()}`)],
    ['of another bot', initData(fields, BOT.replace('0AA', '0AB'))],
    ['signed with the bot token itself', initData(fields, 'WebAppData', BOT)],
    ['older than an hour', initData({ ...fields, auth_date: String(SECONDS - 3_601) })],
    ['from the future', initData({ ...fields, auth_date: String(SECONDS + 60) })],
    ['without a time', initData({ user: USER })],
    ['with a time that is none', initData({ ...fields, auth_date: 'now' })],
    ['without a user', initData({ auth_date: fields.auth_date })],
    ['with a user that is no JSON', initData({ ...fields, user: 'x' })],
    ['with a user whose id is a text', initData({ ...fields, user: '{"id":"1","first_name":"a"}' })],
    ['that is empty', ''],
    ['that is too long', initData({ ...fields, start_param: 'x'.repeat(4_096) })],
  ])('%s is refused', (_what, data) => {
    expect(verifyInitData(BOT, data, NOW)).toBeNull();
  });
});

describe.each(backends())('signing in with Telegram on %s', (backend) => {
  let laurel: TestLaurel;

  beforeAll(async () => {
    const environment = { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET, LAUREL_TELEGRAM_BOT_TOKEN: BOT };
    laurel = await startLaurel(backend, { environment });
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const dataOf = (id: number, more: object = {}) =>
    initData({
      user: JSON.stringify({ id, first_name: 'Ann', language_code: 'ru', ...more }),
      auth_date: String(Math.floor(Date.now() / 1_000)),
    });
  const LINK = `mutation ($input: LinkAccountInput!) { linkAccount(input: $input) {
    __typename ... on LinkAccountSuccess { user { id } } ... on Error { code } } }`;

  it('makes the user the first time and finds it after', async () => {
    const first = await signIn(laurel, 'signInWithTelegram', { initData: dataOf(1) });
    expect(first.user.displayName).toBe('Ann');
    const again = await signIn(laurel, 'signInWithTelegram', { initData: dataOf(1, { first_name: 'Anna' }) });
    expect(again.user).toEqual(first.user);
    expect(await viewerOf(laurel, again.tokens)).toBe(first.user.id);
    const { data } = await as(laurel, again.tokens, '{ viewer { locale } }');
    expect(data.viewer.locale).toBe('ru');
  });

  it('makes one user of eight calls at once', async () => {
    const initData = dataOf(2);
    const before = (await laurel.database.query(sql`select id from users`)).length;
    const all = await Promise.all(Array.from({ length: 8 }, () => signIn(laurel, 'signInWithTelegram', { initData })));
    expect(new Set(all.map(({ user }) => user.id)).size).toBe(1);
    expect(await laurel.database.query(sql`select id from users`)).toHaveLength(before + 1);
  });

  it('takes a person with any name', async () => {
    for (const [id, name] of [
      [3, '\u0000\u0007'],
      [4, '\u{1f600}'.repeat(60)],
      [5, ' '],
    ] as const) {
      const { __typename } = await signIn(laurel, 'signInWithTelegram', {
        initData: dataOf(id, { first_name: name, language_code: 'not a language' }),
      });
      expect(__typename).toBe('SignInWithTelegramSuccess');
    }
  });

  it('refuses what Telegram did not sign', async () => {
    expect(await signIn(laurel, 'signInWithTelegram', { initData: `${dataOf(1)}&a=b` })).toMatchObject({
      code: 'INVALID_CREDENTIALS',
    });
  });

  it('is linked to a guest, who stays the same; somebody else’s account is not', async () => {
    const { userId, deviceToken, tokens } = await newGuest(laurel);
    const link = async (input: object) => as(laurel, tokens, LINK, { input });
    expect((await link({ telegramInitData: dataOf(10) })).data.linkAccount.user.id).toBe(userId);
    expect((await link({ telegramInitData: dataOf(10) })).data.linkAccount.user.id).toBe(userId);
    expect((await signIn(laurel, 'signInWithTelegram', { initData: dataOf(10) })).user.id).toBe(userId);
    expect(await signIn(laurel, 'signInAsGuest', { deviceToken })).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    await signIn(laurel, 'signInWithTelegram', { initData: dataOf(11) });
    expect((await link({ telegramInitData: dataOf(11) })).data.linkAccount.code).toBe('ACCOUNT_TAKEN');
    expect((await link({ telegramInitData: 'forged' })).data.linkAccount.code).toBe('INVALID_CREDENTIALS');
    expect((await link({})).errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    expect((await link({ telegramInitData: dataOf(10), password: 'x' })).errors[0]?.extensions['code']).toBe(
      'BAD_USER_INPUT',
    );
  });

  it('leaves nothing secret behind', async () => {
    const data = dataOf(20);
    await signIn(laurel, 'signInWithTelegram', { initData: data });
    const text = await dumped(laurel);
    expect([BOT, BOT.split(':')[1] ?? '', data.slice(-64)].filter((secret) => text.includes(secret))).toEqual([]);
  });
});

it('signing in with Telegram is refused where it is not set up', async () => {
  const laurel = await startLaurel('embedded');
  expect(await signIn(laurel, 'signInWithTelegram', { initData: 'x' })).toMatchObject({ code: 'SIGN_IN_METHOD_OFF' });
  await laurel.check();
  await laurel.close();
});
