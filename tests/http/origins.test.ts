import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusalByOrigin } from '../../src/http/origins.ts';
import { startLaurel, type TestLaurel } from '../support/laurel.ts';
import { upgrade } from './raw-upgrade.ts';
import { send, sendQuery } from './request.ts';

const LISTED = 'https://play.example';

const forged: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['an origin elsewhere', { origin: 'https://evil.example' }],
  ['the origin of a sandboxed page', { origin: 'null' }],
  ['the origin of a file', { origin: 'file://' }],
  ['a domain that begins like this machine', { origin: 'http://localhost.evil.example' }],
  ['a domain that begins like its address', { origin: 'http://127.0.0.1.evil.example' }],
  ['a domain that ends like this machine', { origin: 'http://notlocalhost' }],
  ['this machine as the user of another', { origin: 'http://localhost@evil.example' }],
  ['a listed origin over another protocol', { origin: 'http://play.example' }],
  ['a listed origin on another port', { origin: 'https://play.example:8443' }],
  ['a rebound host name', { host: 'evil.example:4000' }],
  ['a rebound host name with its own origin', { host: 'evil.example', origin: 'http://evil.example' }],
  ['a host that begins like this machine', { host: '127.0.0.1.evil.example' }],
  ['the address of all', { host: '0.0.0.0:4000' }],
  ['an empty host', { host: '', origin: 'file://' }],
];

const allowed: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['no origin: no browser', {}],
  ['this machine by name', { host: 'localhost:4000', origin: 'http://localhost:4000' }],
  ['this machine by IPv6', { host: '[::1]:4000', origin: 'http://[::1]:4000' }],
  ['a page under development on another port', { origin: 'http://localhost:5173' }],
  ['a listed origin', { origin: LISTED }],
];

describe('pages elsewhere, with LAUREL_AUTH=off', () => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel('embedded', {
      environment: { LAUREL_ALLOWED_ORIGINS: `${LISTED},https://other.example` },
    });
  });
  afterAll(() => laurel.close());

  it.each(forged)('refuses %s', async (_name, headers) => {
    const { status, json, headers: answered } = await sendQuery(laurel.url, '{ __typename }', headers);
    expect({ status, data: json.data, code: json.errors[0].extensions.code }).toEqual({
      status: 403,
      data: undefined,
      code: 'FORBIDDEN',
    });
    expect(answered['access-control-allow-origin']).toBeUndefined();
    expect(await upgrade(laurel.url, { headers })).toBe(403);
  });

  it.each(allowed)('lets in %s', async (_name, headers) => {
    const { json, headers: answered } = await sendQuery(laurel.url, '{ __typename }', headers);
    expect(json).toEqual({ data: { __typename: 'Query' } });
    expect(answered['access-control-allow-origin']).toBe(headers['origin']);
    expect(await upgrade(laurel.url, { headers })).toBe(101);
  });

  it('answers what a browser asks before it posts', async () => {
    const asked = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    };
    const { status, headers } = await send(laurel.url, { method: 'OPTIONS', headers: { ...asked, origin: LISTED } });
    expect({ status, headers }).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': LISTED,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'Authorization, Content-Type, Accept-Language, X-Request-ID',
        vary: 'Origin',
      },
    });
    expect(headers['access-control-allow-credentials']).toBeUndefined();
    expect(
      (await send(laurel.url, { method: 'OPTIONS', headers: { ...asked, origin: 'https://evil.example' } })).status,
    ).toBe(403);
  });
});

it('takes an empty host for the own origin of nothing', () => {
  const rules = { loopbackOnly: false, allowed: [] };
  expect(refusalByOrigin(rules, '', 'file://')).toBe('Origin file:// is not allowed');
  expect(refusalByOrigin(rules, undefined, undefined)).toBeNull();
});

describe('pages elsewhere, with LAUREL_AUTH=on', () => {
  it('lets in its own origin under any host name, and no other', async () => {
    const laurel = await startLaurel('embedded', { environment: { LAUREL_AUTH: 'on' } });
    const status = async (headers: Readonly<Record<string, string>>) =>
      (await sendQuery(laurel.url, '{ __typename }', headers)).status;
    expect(await status({ host: 'laurel.example', origin: 'https://laurel.example' })).toBe(200);
    expect(await status({ host: 'laurel.example', origin: 'https://evil.example' })).toBe(403);
    expect(await status({ host: 'laurel.example', origin: 'http://localhost' })).toBe(403);
    expect(await status({ host: '', origin: 'file://' })).toBe(403);
    await laurel.close();
  });
});
