import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, validate } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD_LENGTH } from '../../src/features/auth/passwords.ts';
import { inviteAdmin } from '../../src/features/people/invites.ts';
import { USERNAME_LENGTH } from '../../src/features/users/user-ref.ts';
import { createIds } from '../../src/platform/ids.ts';
import { CLAIM_FIGURES, CLAIM_OPERATION } from '../../src/web/claim-page.ts';
import { CLAIM_TEXTS } from '../../src/web/claim-texts.ts';
import { PRODUCTION } from '../http/environments.ts';
import { send } from '../http/request.ts';
import { eventually } from '../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../support/laurel.ts';
import { type FakePage, openPage } from './fake-browser.ts';

const { en, ru } = CLAIM_TEXTS;
const page = { path: '/claim' };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-claim-'));
  await writeFile(join(folder, 'operations.json'), '{ "version": "{ catalog { version } }" }');
});
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  ['in development', {}, true],
  ['in production', PRODUCTION, false],
] as const)('the page of the first admin, %s', (_name, environment, development) => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel('embedded', { environment });
  });
  afterAll(() => laurel.close());

  it('is answered to GET and HEAD alone, with strict headers', async () => {
    const got = await send(laurel.url, page);
    expect(got).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-length': String(Buffer.byteLength(got.text)),
        'cache-control': 'no-store',
        vary: 'Accept-Language',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'x-request-id': expect.any(String),
        'x-response-time': expect.stringMatching(/^\d+ms$/),
      },
    });
    const head = await send(laurel.url, { ...page, method: 'HEAD' });
    const bare = ({ date: _date, 'x-request-id': _id, 'x-response-time': _time, ...headers }: typeof head.headers) =>
      headers;
    expect({ ...head, headers: bare(head.headers) }).toEqual({ ...got, text: '', headers: bare(got.headers) });
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect(await send(laurel.url, { ...page, method })).toMatchObject({
        status: 405,
        headers: { allow: 'GET, HEAD' },
        json: { errors: [{ message: 'Send GET', extensions: { code: 'BAD_USER_INPUT' } }] },
      });
    }
    expect((await send(laurel.url, { path: '/claim/' })).status).toBe(404);
    expect((await send(laurel.url, { path: '/claim?from=mail' })).text).toBe(got.text);
  });

  it('runs its own script and style alone, and loads nothing', async () => {
    const { headers, text } = await send(laurel.url, page);
    const policy = new Map(
      String(headers['content-security-policy'])
        .split('; ')
        .map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]),
    );
    const hashOf = (tag: string) => {
      const [, content = ''] = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(text) ?? [];
      return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
    };
    expect(Object.fromEntries(policy)).toEqual({
      'default-src': "'none'",
      'script-src': hashOf('script'),
      'style-src': hashOf('style'),
      'connect-src': "'self'",
      'img-src': 'data:',
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
    });
    expect(text.match(/<script\b[^>]*>/g)).toEqual(['<script type="application/json" id="parts">', '<script>']);
    expect(text.match(/\b(?:src|action|srcdoc)=|\son\w+=|\sstyle=|javascript:|https?:|@import|url\(/g)).toBeNull();
    const links = [...text.matchAll(/href="([^"]*)"/g)].map(([, link]) => link);
    expect(links).toEqual(development ? ['data:,', '/graphql'] : ['data:,']);
    expect(text).not.toContain('{{');
  });

  it('speaks English and Russian, and names every field', async () => {
    const inLanguage = async (language: string) =>
      (await send(laurel.url, { ...page, headers: { 'accept-language': language } })).text;
    expect(await inLanguage('ru-RU,ru;q=0.9,en;q=0.5')).toContain(`<html lang="ru">`);
    expect(await inLanguage('ru')).toContain(`<title>${ru.title}</title>`);
    for (const language of ['en', 'de-DE', '', ';;;', 'de,ru;q=0']) {
      expect(await inLanguage(language)).toContain('<html lang="en">');
    }
    const text = await inLanguage('en');
    for (const id of ['username', 'password', 'credential']) expect(text).toContain(`<label for="${id}">`);
    for (const id of ['problem', 'username-problem', 'password-problem'])
      expect(text).toMatch(new RegExp(`id="${id}"[^>]* role="alert"`));
  });

  it('tells no secret, and is kept from pages elsewhere', async () => {
    const { token } = await inviteAdmin(
      { database: laurel.database, clock: { now: () => Date.now() }, ids: createIds() },
      { actor: 'tester', requestId: null, isAdmin: true },
    );
    const { text, headers } = await send(laurel.url, page);
    expect(text).not.toContain(token.slice(3));
    expect(text).not.toMatch(/la_[\w-]{20}|eyJ|lk_/);
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect((await send(laurel.url, { ...page, headers: { origin: 'https://evil.example' } })).status).toBe(403);
  });
});

it('says in both languages what the API demands, and asks what it knows', async () => {
  const laurel = await startLaurel('embedded');
  expect(validate(laurel.app.schema, parse(CLAIM_OPERATION))).toEqual([]);
  await laurel.close();
  expect(CLAIM_FIGURES).toEqual({ username: USERNAME_LENGTH, ...PASSWORD_LENGTH });
  for (const { usernameRule, passwordRule } of [en, ru]) {
    expect(usernameRule).toContain(String(USERNAME_LENGTH));
    expect(passwordRule).toMatch(new RegExp(`${PASSWORD_LENGTH.least}.*${PASSWORD_LENGTH.most}`));
  }
  expect(Object.keys(ru)).toEqual(Object.keys(en));
  for (const [name, text] of Object.entries(en)) {
    expect(ru[name as keyof typeof ru].match(/\{\w+\}/g)).toEqual(text.match(/\{\w+\}/g));
  }
});

describe('on the page of the first admin a person', () => {
  let laurel: TestLaurel;
  let html: string;
  beforeAll(async () => {
    laurel = await startLaurel('embedded', {
      environment: {
        LAUREL_AUTH: 'on',
        LAUREL_PERSISTED_OPERATIONS: join(folder, 'operations.json'),
        LAUREL_PERSISTED_ONLY: 'on',
        LAUREL_RATE_API: '0',
      },
    });
    html = (await send(laurel.url, page)).text;
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const invite = async () => {
    const parts = { database: laurel.database, clock: { now: () => Date.now() }, ids: createIds() };
    return (await inviteAdmin(parts, { actor: 'tester', requestId: null, isAdmin: true })).token;
  };
  /** As a browser asks: to the server that the page came from. */
  const ask = (path: string, init: RequestInit): Promise<Response> =>
    fetch(new URL(path, laurel.url), {
      ...init,
      headers: { ...(init.headers as Record<string, string>), origin: laurel.url, connection: 'close' },
    });
  const open = (hash: string, answer: typeof ask = ask) => openPage(html, hash, answer);
  const shown = (opened: FakePage) => ({
    form: !opened.part('form').hidden,
    done: !opened.part('done').hidden,
    problem: opened.part('problem').textContent,
  });
  const fill = (opened: FakePage, username: string, password: string) => {
    opened.part('username').value = username;
    opened.part('password').value = password;
    expect(opened.part('form').happens('submit')).toBe(true);
  };
  const answered = (opened: FakePage, times = 1) =>
    eventually('the page was answered', () => {
      return opened.sent.length === times && opened.part('send').attributes.get('aria-disabled') === 'false';
    });

  it('is told what is wrong with the link', async () => {
    const opened = open('');
    expect(shown(opened)).toEqual({ form: false, done: false, problem: en.absent });
    for (const hash of ['#la_short', '#token', `#la_${'x'.repeat(44)}`, `#la_${'x'.repeat(42)}<`]) {
      opened.goTo(hash);
      expect(shown(opened)).toEqual({ form: false, done: false, problem: en.garbled });
    }
    opened.goTo(`#la_${'x'.repeat(43)}`);
    expect(shown(opened)).toEqual({ form: true, done: false, problem: '' });
    expect([opened.focused(), opened.location.hash]).toEqual(['username', '']);
    fill(opened, 'boss', 'long enough');
    await answered(opened);
    expect(shown(opened)).toEqual({ form: false, done: false, problem: en.ended });
  });

  it('becomes an admin once, and gets a token that works, also where only known operations are answered', async () => {
    const token = await invite();
    const opened = open(`#${token}`);
    const username = unique('boss');
    fill(opened, username, 'long enough');
    await answered(opened);
    expect(shown(opened)).toEqual({ form: false, done: true, problem: '' });
    expect(opened.focused()).toBe('done-title');
    expect(opened.part('done-text').textContent).toContain(username);
    const [, authorization = ''] = /^Authorization: (Bearer \S+)$/.exec(opened.part('credential').value) ?? [];
    const principal = await laurel.app.auth.authenticate(authorization);
    expect(principal).toMatchObject({ kind: 'player', role: 'ADMIN' });
    const [first] = opened.sent;
    expect(first).toMatchObject({ path: '/graphql', init: { method: 'POST', credentials: 'omit' } });
    const again = open(`#${token}`);
    fill(again, unique('boss'), 'long enough');
    await answered(again);
    expect(shown(again).problem).toBe(en.ended);
  });

  it('is told beside the field what does not fit, before and after it is sent', async () => {
    const token = await invite();
    const taken = unique('boss');
    const first = open(`#${token}`);
    fill(first, taken, 'long enough');
    await answered(first);
    const opened = open(`#${await invite()}`);
    const problems = () => ['username', 'password'].map((name) => opened.part(`${name}-problem`).textContent);
    for (const username of ['', ' a', 'a@b', 'x'.repeat(51)]) {
      fill(opened, username, '1234567');
      expect(problems()).toEqual([en.usernameRule, en.passwordRule]);
      expect(opened.focused()).toBe('username');
    }
    fill(opened, 'fine', 'x'.repeat(201));
    expect([problems(), opened.focused()]).toEqual([['', en.passwordRule], 'password']);
    expect(opened.part('password').attributes.get('aria-describedby')).toBe('password-problem');
    expect(opened.sent).toEqual([]);
    fill(opened, taken.toUpperCase(), 'long enough');
    await answered(opened, 1);
    expect(problems()).toEqual([en.taken, '']);
    fill(opened, 'be\u0007ll', 'long enough');
    await answered(opened, 2);
    expect(problems()).toEqual([en.usernameRule, '']);
    fill(opened, unique('boss'), '🔑'.repeat(8));
    await answered(opened, 3);
    expect(shown(opened)).toEqual({ form: false, done: true, problem: '' });
  });

  it('is told when the server is away, busy or broken, and tries again with what is there', async () => {
    const outcomes: (() => Promise<Response>)[] = [
      () => Promise.reject(new TypeError('Failed to fetch')),
      async () => new Response('<html>502</html>', { status: 502 }),
      async () => Response.json({ errors: [{ extensions: { code: 'RATE_LIMITED', retryAfterMs: 1_001 } }] }),
      async () => Response.json({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'abc' } }] }),
    ];
    const opened = open(`#${await invite()}`, (path, init) => outcomes.shift()?.() ?? ask(path, init));
    const said: string[] = [];
    const username = unique('boss');
    for (let times = 1; times <= 4; times += 1) {
      fill(opened, username, 'long enough');
      await answered(opened, times);
      expect(shown(opened)).toMatchObject({ form: true, done: false });
      said.push(shown(opened).problem);
    }
    const wait = en.wait.replace('{seconds}', '2');
    expect(said).toEqual([en.offline, en.offline, wait, en.failed.replace('{requestId}', 'abc')]);
    fill(opened, username, 'long enough');
    await answered(opened, 5);
    expect(shown(opened)).toEqual({ form: false, done: true, problem: '' });
  });

  it('sends once, however often the button is pressed, and may look at the password', async () => {
    const gate = Promise.withResolvers<Response>();
    const opened = open(`#la_${'x'.repeat(43)}`, () => gate.promise);
    fill(opened, 'boss', 'long enough');
    fill(opened, 'boss', 'long enough');
    expect(opened.sent).toHaveLength(1);
    expect(opened.part('progress').textContent).toBe(en.sending);
    gate.resolve(Response.json({ errors: [{}] }));
    await answered(opened);
    expect(opened.part('progress').textContent).toBe('');
    const reveal = opened.part('reveal');
    for (const [checked, type] of [
      [true, 'text'],
      [false, 'password'],
    ] as const) {
      reveal.checked = checked;
      reveal.happens('change');
      expect(opened.part('password').type).toBe(type);
    }
  });
});
