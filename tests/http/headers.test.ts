import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/platform/version.ts';
import { startLaurel, type TestLaurel } from '../support/laurel.ts';
import { type Sending, send } from './request.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const json = { 'content-type': 'application/json' };

const paths: readonly (readonly [string, number, Sending])[] = [
  ['an operation', 200, { method: 'POST', headers: json, body: '{"query":"{ __typename }"}' }],
  ['a query by GET', 200, { path: '/graphql?query=%7B__typename%7D' }],
  ['the explorer', 200, { headers: { accept: 'text/html' } }],
  ['/health', 200, { path: '/health' }],
  ['/ready', 200, { path: '/ready' }],
  ['the way from / to the explorer', 302, { path: '/' }],
  ['a path where nothing is', 404, { path: '/nothing' }],
  ['a foreign origin', 403, { headers: { origin: 'https://evil.example' } }],
  ['broken JSON', 400, { method: 'POST', headers: json, body: '{' }],
  ['a wrong method', 405, { method: 'PUT', headers: json, body: '{}' }],
  [
    'a form',
    415,
    { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'query={a}' },
  ],
  ['a body that is too long', 413, { method: 'POST', headers: { ...json, 'content-length': '9999999' } }],
];

describe('headers of every answer', () => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel('embedded');
  });
  afterAll(() => laurel.close());

  it.each(paths)('%s: made by us', async (_name, status, sending) => {
    const reply = await send(laurel.url, sending);
    expect(reply.status).toBe(status);
    expect(reply.headers).toMatchObject({
      'x-request-id': expect.stringMatching(UUID),
      'x-response-time': expect.stringMatching(/^\d+ms$/),
      'x-laurel-version': VERSION,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
    const errors = reply.json?.errors ?? [];
    for (const { extensions } of errors) expect(extensions.requestId).toBe(reply.headers['x-request-id']);
  });

  it.each(paths)('%s: with the request id of the caller', async (_name, _status, sending) => {
    const { headers } = await send(laurel.url, {
      ...sending,
      headers: { ...sending.headers, 'x-request-id': 'game-1:level.2_b' },
    });
    expect(headers['x-request-id']).toBe('game-1:level.2_b');
  });

  it.each([
    '',
    ' ',
    'a'.repeat(101),
    'two words',
    'ключ',
    '<script>',
    '"quoted"',
    'a,b',
    '{jndi:ldap}',
    "a';drop",
    'a\tb',
  ])('replaces the request id %j', async (given) => {
    const sent = Buffer.from(given, 'utf8').toString('latin1');
    const { headers } = await send(laurel.url, { path: '/health', headers: { 'x-request-id': sent } });
    expect(headers['x-request-id']).toMatch(UUID);
  });
});
