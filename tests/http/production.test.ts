import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLaurel, type TestLaurel } from '../support/laurel.ts';
import { PRODUCTION } from './environments.ts';
import { openSocket } from './raw-socket.ts';
import { send, sendQuery } from './request.ts';

const html = { headers: { accept: 'text/html' } };

describe('the explorer', () => {
  it('is served in development and loads nothing from elsewhere', async () => {
    const laurel = await startLaurel('embedded');
    const { status, headers, text } = await send(laurel.url, html);
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/html' });
    expect(text).toContain('player-1');
    const loads = [
      /<(?:script|link|img|iframe|base|source|object|embed)\b[^>]*\b(?:src|href|data)\s*=\s*["']?(?:https?:)?\/\/[^>]*/gi,
      /\bimport\s*\(?\s*["'`](?:https?:)?\/\/[^"'`]*/g,
      /\bfrom\s*["'`](?:https?:)?\/\/[^"'`]*/g,
      /@import\b[^;]*/g,
      /\burl\(\s*["']?(?:https?:)?\/\/[^)]*/g,
      /importScripts\([^)]*/g,
      /(?:unpkg\.com|jsdelivr\.net|esm\.sh|cdnjs\.|googleapis\.com|gstatic\.com)[^"']*/g,
    ];
    expect(loads.flatMap((pattern) => text.match(pattern) ?? [])).toEqual([]);
    await laurel.close();
  });
});

describe('a production server', () => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel('embedded', { environment: PRODUCTION });
  });
  afterAll(() => laurel.close());

  it('has no explorer, no page and no queries by GET', async () => {
    const refused = { status: 405, headers: { allow: 'POST' }, json: { errors: [{ message: 'Send POST' }] } };
    expect(await send(laurel.url, html)).toMatchObject(refused);
    expect(await send(laurel.url, { path: '/graphql?query={__typename}' })).toMatchObject(refused);
    expect(await send(laurel.url, { path: '/' })).toMatchObject({
      status: 404,
      headers: { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" },
    });
  });

  it.each([
    '{ __schema { types { name } } }',
    '{ __type(name: "User") { name } }',
    '{ ...F } fragment F on Query { __schema { types { name } } }',
  ])('does not show its schema: %s', async (query) => {
    const { json } = await sendQuery(laurel.url, query);
    expect(json.errors[0]).toMatchObject({
      message: expect.stringContaining('introspection has been disabled'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
    expect(json.data).toBeUndefined();
    expect((await overSocket(query)).type).toBe('error');
  });

  it('names types all the same', async () => {
    expect((await sendQuery(laurel.url, '{ __typename achievements { __typename } }')).json).toEqual({
      data: { __typename: 'Query', achievements: { __typename: 'AchievementConnection' } },
    });
  });

  it.each<[string, string, object]>([
    ['a field', '{ achievment { id } }', {}],
    ['an argument', '{ achievement(kei: "a") { id } }', {}],
    ['a type', '{ node(id: "a") { ... on Usr { id } } }', {}],
    ['an enum value', '{ achievements(filter: { rarity: EPICC }) { totalCount } }', {}],
    ['an input field of a variable', 'query ($by: UserRef!) { user(by: $by) { id } }', { by: { usernam: 'a' } }],
    [
      'an input field of a subscription',
      'subscription ($user: UserRef!) { userProgressed(user: $user) { score } }',
      { user: { usernam: 'a' } },
    ],
  ])('does not help to guess %s', async (_name, query, variables) => {
    const { payload } = await overSocket(query, variables);
    const answers = [...(await laurel.query(query, variables)).errors, ...(payload.errors ?? payload)];
    expect(answers.length).toBeGreaterThan(1);
    for (const { message, extensions } of answers) {
      expect(message).not.toMatch(/did you mean|achievement\b.*\?|username/i);
      expect(extensions.code).toBe('BAD_USER_INPUT');
    }
  });

  async function overSocket(query: string, variables: object = {}) {
    const socket = await openSocket(laurel.url);
    await socket.init();
    socket.send({ type: 'subscribe', id: '1', payload: { query, variables } });
    const message = await socket.next();
    socket.socket.close();
    await socket.closed;
    return message;
  }
});
