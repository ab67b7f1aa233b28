import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../src/platform/sql.ts';
import { eventually } from '../support/eventually.ts';
import { PRODUCTION } from './environments.ts';
import { JSON_TYPE, startTwoPaths, type TwoPaths } from './two-paths.ts';

const BOTH_TYPES = ['application/json', 'application/graphql-response+json'];
const USER = 'query ($by: UserRef!) { user(by: $by) { id displayName } }';
const RECORD = `mutation Record($input: RecordEventInput!) { recordEvent(input: $input) {
  ... on RecordEventSuccess { replayed pointsAwarded unlocked { achievement { key name } } event { id occurredAt details } user { id score level } }
  ... on Error { code message } } }`;
const TWO = 'query A { a: __typename } query B { b: __typename }';

let paths: TwoPaths;
beforeAll(async () => {
  paths = await startTwoPaths();
});
afterAll(() => paths.close());

describe('an ordinary operation takes the lean path and is answered as by Yoga', () => {
  it.each<[string, object]>([
    ['a query', { query: '{ __typename }' }],
    ['a query with empty variables', { query: '{ __typename }', variables: {} }],
    ['a query with null beside it', { query: '{ __typename }', variables: null, operationName: null }],
    ['one operation of two', { query: TWO, operationName: 'B' }],
    ['introspection', { query: '{ __type(name: "User") { name fields { name } } }' }],
    ['variables', { query: USER, variables: { by: { externalId: 'nobody' } } }],
    ['variables that nobody asked for', { query: '{ __typename }', variables: { more: [1] } }],
    [
      'directives',
      {
        query: 'query ($a: Boolean!) { a: __typename @include(if: $a) b: __typename @skip(if: $a) }',
        variables: { a: true },
      },
    ],
    [
      'fragments',
      { query: '{ catalog { ...C } } fragment C on Catalog { version ...C2 } fragment C2 on Catalog { environment }' },
    ],
    [
      'a mutation',
      { query: RECORD, variables: { input: { user: { externalId: 'first' }, type: 'login', idempotencyKey: 'k' } } },
    ],
    [
      'the same mutation again',
      { query: RECORD, variables: { input: { user: { externalId: 'first' }, type: 'login', idempotencyKey: 'k' } } },
    ],
    [
      'a refusal that is data',
      { query: RECORD, variables: { input: { user: { externalId: 'first' }, type: 'nothing' } } },
    ],
    ['an error in a field', { query: '{ catalog { version } users(first: 101) { totalCount } }' }],
    ['an error in a field that may be null', { query: '{ catalog { version } node(id: "nonsense") { id } }' }],
    ['a variable that is missing', { query: USER }],
    ['a variable of another type', { query: USER, variables: { by: 5 } }],
    ['a field of a variable that is not there', { query: USER, variables: { by: { externalID: 'a' } } }],
    ['two that must be one', { query: USER, variables: { by: { externalId: 'a', username: 'b' } } }],
  ])('%s', async (_name, parameters) => {
    for (const accept of BOTH_TYPES) {
      const { took, headers } = await paths.operate(parameters, { accept });
      expect(took).toBe('lean');
      expect(headers['content-type']).toBe(`${accept}; charset=utf-8`);
    }
  });

  it('with the status of its errors as application/graphql-response+json alone', async () => {
    const status = async (parameters: object, accept: string) => (await paths.operate(parameters, { accept })).status;
    const missing = { query: USER };
    expect(await status(missing, 'application/json')).toBe(200);
    expect(await status(missing, 'application/graphql-response+json')).toBe(400);
    // Both have run, the second to `data: null`.
    expect(await status({ query: '{ node(id: "nonsense") { id } }' }, 'application/graphql-response+json')).toBe(200);
    expect(await status({ query: '{ users(first: 101) { totalCount } }' }, 'application/graphql-response+json')).toBe(
      200,
    );
  });
});

describe('the form of the answer', () => {
  it.each<[string, string, 'lean' | 'yoga']>([
    ['*/*', 'application/json; charset=utf-8', 'lean'],
    ['application/*', 'application/json; charset=utf-8', 'lean'],
    ['application/json;q=0.9, */*;q=0.1', 'application/json; charset=utf-8', 'lean'],
    ['APPLICATION/JSON', 'application/json; charset=utf-8', 'lean'],
    ['application/json; charset=utf-8', 'application/json; charset=utf-8', 'lean'],
    [
      'text/html, application/graphql-response+json, application/json',
      'application/graphql-response+json; charset=utf-8',
      'lean',
    ],
    ['application/json, text/plain, */*', 'application/json; charset=utf-8', 'lean'],
    [
      'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
      'application/graphql-response+json; charset=utf-8',
      'lean',
    ],
    ['text/event-stream, */*', 'application/json; charset=utf-8', 'lean'],
    ['text/event-stream', 'text/event-stream', 'yoga'],
    ['multipart/mixed', 'multipart/mixed; boundary="-"', 'yoga'],
  ])('%s is answered as %s by the %s path', async (accept, type, way) => {
    const { status, headers, took } = await paths.operate({ query: '{ __typename }' }, { accept });
    expect({ status, type: headers['content-type'], took }).toEqual({ status: 200, type, took: way });
  });

  it.each(['text/html', 'application/json; charset=latin1', 'image/*'])('nothing is acceptable: %s', async (accept) => {
    const { status, took } = await paths.operate({ query: '{ __typename }' }, { accept });
    expect({ status, took }).toEqual({ status: 406, took: 'yoga' });
  });
});

describe('what is not ordinary is left to Yoga, its body unread', () => {
  const post = (body: string, headers = {}) => ({ method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });

  it.each<[string, number, unknown]>([
    ['a document that does not parse', 200, { query: '{ a(' }],
    ['an empty document', 200, { query: '' }],
    ['a field that is not there', 200, { query: '{ usr { id } }' }],
    ['two faults', 200, { query: '{ a b }' }],
    ['a subscription that is refused', 200, { query: 'subscription { userProgressed { score } }' }],
    ['an operation that is not there', 400, { query: TWO, operationName: 'C' }],
    ['two operations and no name', 400, { query: TWO }],
    ['an empty name', 400, { query: '{ __typename }', operationName: '' }],
    ['a name that is no text', 400, { query: '{ __typename }', operationName: 5 }],
    ['fragments alone', 400, { query: 'fragment A on Query { __typename }' }],
    ['extensions', 200, { query: '{ __typename }', extensions: { persistedQuery: { version: 1, sha256Hash: 'a' } } }],
    ['extensions that are null', 200, { query: '{ __typename }', extensions: null }],
    ['a persisted document', 400, { extensions: { persistedQuery: { version: 1, sha256Hash: 'a' } } }],
    ['a parameter that is unknown', 400, { query: '{ __typename }', id: 'a' }],
    ['no query', 400, {}],
    ['a query that is no text', 400, { query: 5 }],
    ['variables that are no object', 400, { query: '{ __typename }', variables: [] }],
    ['variables as text', 400, { query: '{ __typename }', variables: '{}' }],
    ['a batch', 400, [{ query: '{ __typename }' }]],
    ['an empty batch', 400, []],
    ['null', 400, null],
    ['a text', 400, '{ __typename }'],
  ])('%s', async (_name, status, parameters) => {
    const reply = await paths.compare(post(JSON.stringify(parameters)));
    expect({ status: reply.status, took: reply.took }).toEqual({ status, took: 'yoga' });
    for (const accept of BOTH_TYPES) await paths.operate(parameters, { accept });
  });

  it.each<[string, string]>([
    ['broken JSON', '{"query":"{ __typename }"'],
    ['nothing', ''],
    ['JSON twice', '{"query":"{ __typename }"}{"query":"{ __typename }"}'],
    ['a key of prototypes', '{"query":"{ __typename }","__proto__":{"a":1}}'],
    ['an operation by prototype', '{"__proto__":{"query":"{ __typename }"}}'],
    ['NaN', '{"query":"{ __typename }","variables":{"a":NaN}}'],
  ])('%s', async (_name, body) => {
    expect(await paths.compare(post(body))).toMatchObject({ status: 400, took: 'yoga' });
  });

  it('a subscription that asks for no stream, and it holds nothing', async () => {
    const query = 'subscription { userProgressed(user: { externalId: "first" }) { score } }';
    await paths.operate({ query: RECORD, variables: { input: { user: { externalId: 'first' }, type: 'login' } } });
    const { status, took } = await paths.operate({ query }, { accept: 'application/json' });
    expect({ status, took }).toEqual({ status: 406, took: 'yoga' });
    const held = () => paths.lean.app.held().listeners + paths.yoga.app.held().listeners;
    await eventually('nothing is held', () => held() === 0);
  });

  it('a query by GET', async () => {
    expect(await paths.compare({ path: '/graphql?query=%7B__typename%7D' })).toMatchObject({
      status: 200,
      took: 'yoga',
    });
    expect(await paths.compare({ path: '/graphql?query=mutation%7B__typename%7D' })).toMatchObject({
      status: 405,
      took: 'yoga',
    });
  });

  it('but what stands in the address of a POST is not looked at', async () => {
    for (const path of ['/graphql?query=%7Bcatalog%7Bversion%7D%7D', '/graphql?a=/health', '/graphql?']) {
      const reply = await paths.compare({ ...post('{"query":"{ __typename }"}'), path });
      expect(reply).toMatchObject({ status: 200, took: 'lean', json: { data: { __typename: 'Query' } } });
    }
  });
});

describe('bodies', () => {
  const send = (body: string | readonly Uint8Array[], headers = {}) =>
    paths.compare({ method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });
  const echo = 'query ($key: String!) { achievement(key: $key) { id } }';

  it.each<[string, string]>([
    ['a key that stands twice counts as last said', '{"query":"{ nothing }","query":"{ __typename }"}'],
    [
      'variables of prototypes',
      `{"query":"${USER}","variables":{"__proto__":{"by":1},"by":{"externalId":"a"},"constructor":{}}}`,
    ],
    ['prototypes inside a variable', `{"query":"${USER}","variables":{"by":{"__proto__":{"externalId":"a"}}}}`],
    [
      'a number too large for JSON',
      '{"query":"query ($n: Int) { users(first: $n) { totalCount } }","variables":{"n":1e400}}',
    ],
    [
      'a number too large for Int',
      '{"query":"query ($n: Int) { users(first: $n) { totalCount } }","variables":{"n":2147483648}}',
    ],
    [
      'a number with a fraction',
      '{"query":"query ($n: Int) { users(first: $n) { totalCount } }","variables":{"n":1.5}}',
    ],
    [
      'a number with a long tail',
      '{"query":"query ($n: Int) { users(first: $n) { totalCount } }","variables":{"n":5.00000000000000000001}}',
    ],
    ['half a character', `{"query":"${echo}","variables":{"key":"\\ud83d"}}`],
    ['a NUL', `{"query":"${echo}","variables":{"key":"\\u0000"}}`],
    ['white space around', ' \r\n\t{"query":"{ __typename }"}\n\n '],
  ])('%s', async (_name, body) => {
    expect((await send(body)).took).toBe('lean');
  });

  it('in parts that break characters in two', async () => {
    const body = Buffer.from(
      JSON.stringify({ query: RECORD, variables: { input: { user: { externalId: 'ключ 🗝️' }, type: 'login' } } }),
    );
    const reply = await send(Array.from(body, (byte) => Uint8Array.of(byte)));
    expect(reply).toMatchObject({ status: 200, took: 'lean' });
    const { json } = await paths.operate({ query: '{ user(by: { externalId: "ключ 🗝️" }) { externalId } }' });
    expect(json.data.user).toEqual({ externalId: 'ключ 🗝️' });
  });

  it('with a byte order mark, as some clients send', async () => {
    const body = [Buffer.from('\u{feff}{"query":"{ __typename }"}')];
    expect(await send(body)).toMatchObject({ status: 200, took: 'lean', json: { data: { __typename: 'Query' } } });
  });

  it.each<[string, readonly Uint8Array[], Readonly<Record<string, string>>, number, string]>([
    [
      'not UTF-8',
      [Buffer.from('{"query":"{ __typename } # '), Buffer.from([0xff, 0xfe]), Buffer.from('"}')],
      {},
      400,
      'The body is not UTF-8',
    ],
    ['cut in a character', [Buffer.from('{"query":"é').subarray(0, -1)], {}, 400, 'The body is not UTF-8'],
    [
      'compressed',
      [Buffer.from('H4sIAAAAAAAAAw==', 'base64')],
      { 'content-encoding': 'gzip' },
      415,
      'Send the body without Content-Encoding',
    ],
  ])('%s is refused before either path', async (_name, body, headers, status, message) => {
    const reply = await send(body, headers);
    expect(reply).toMatchObject({
      status,
      took: 'lean',
      json: { errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] },
    });
  });

  it.each([
    'Application/JSON',
    'application/json ; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; x=y',
  ])('of type %s', async (type) => {
    const headers = { 'content-type': type };
    const body = (query: string) => JSON.stringify({ query });
    expect(await paths.compare({ method: 'POST', headers, body: body('{ __typename }') })).toMatchObject({
      status: 200,
      took: 'lean',
    });
    expect(await paths.compare({ method: 'POST', headers, body: body('{ nothing }') })).toMatchObject({
      status: 200,
      took: 'yoga',
    });
  });

  it.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=b',
    'text/plain',
    'application/graphql',
    '',
  ])('of the form of a page, %j', async (type) => {
    const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
    const reply = await paths.compare({ method: 'POST', headers, body: '{"query":"{ __typename }"}' });
    expect(reply.status).toBe(415);
  });
});

describe('origins', () => {
  it.each<[string, Readonly<Record<string, string>>, number]>([
    ['this machine', { origin: 'http://localhost:5173' }, 200],
    ['elsewhere', { origin: 'https://evil.example' }, 403],
    ['a rebound host', { host: 'evil.example' }, 403],
  ])('%s', async (_name, headers, status) => {
    for (const query of ['{ __typename }', '{ nothing }'])
      expect((await paths.operate({ query }, headers)).status).toBe(status);
    const asked = { ...headers, 'access-control-request-method': 'POST' };
    const preflight = status === 200 ? 204 : status;
    if (headers['origin'] !== undefined) {
      expect((await paths.compare({ method: 'OPTIONS', headers: asked })).status).toBe(preflight);
    }
  });
});

describe('in production', () => {
  let production: TwoPaths;
  beforeAll(async () => {
    production = await startTwoPaths(PRODUCTION);
  });
  afterAll(() => production.close());

  it('introspection is refused', async () => {
    for (const query of ['{ __schema { types { name } } }', '{ __type(name: "User") { name } }']) {
      const { json, took } = await production.operate({ query });
      expect(json.errors[0].message).toMatch(/introspection/);
      expect(took).toBe('yoga');
    }
    expect(await production.operate({ query: '{ __typename }' })).toMatchObject({ took: 'lean', status: 200 });
  });

  it.each<[string, object]>([
    ['a field', { query: '{ achievment(key: "a") { id } }' }],
    ['an argument', { query: '{ achievement(keys: "a") { id } }' }],
    ['a field of a variable', { query: USER, variables: { by: { externalIds: 'a' } } }],
    [
      'a value of an enum in a variable',
      {
        query: 'query ($s: AchievementStatus) { viewer { achievements(status: $s) { totalCount } } }',
        variables: { s: 'UNLOCKD' },
      },
    ],
    ['a value of an enum', { query: '{ viewer { achievements(status: UNLOCKD) { totalCount } } }' }],
  ])('nothing is suggested for %s', async (_name, parameters) => {
    const { json } = await production.operate(parameters);
    expect(json.errors).not.toEqual([]);
    expect(JSON.stringify(json)).not.toContain('Did you mean');
  });

  it.each<[string, Readonly<Record<string, string>>, object, string | null]>([
    ['none, for what is public', {}, { query: '{ achievements { totalCount } }' }, null],
    ['none, for what needs one', {}, { query: '{ users { totalCount } }' }, 'UNAUTHENTICATED'],
    ['nonsense', { authorization: 'Bearer nonsense' }, { query: '{ achievements { totalCount } }' }, 'UNAUTHENTICATED'],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }, { query: '{ __typename }' }, 'UNAUTHENTICATED'],
    [
      'a key that is none',
      {
        authorization:
          'Bearer lk_production_0190a0a0a0a07000800000000000000a_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      },
      { query: '{ __typename }' },
      'UNAUTHENTICATED',
    ],
  ])('a credential: %s', async (_name, headers, parameters, code) => {
    for (const [accept, refused] of [
      ['application/json', 200],
      ['application/graphql-response+json', 401],
    ] as const) {
      const { status, json, took } = await production.operate(parameters, { ...headers, accept });
      expect(took).toBe('lean');
      expect(json.errors?.[0].extensions).toEqual(code === null ? undefined : { code, requestId: 'r-1' });
      expect(status).toBe(code === null || json.data !== undefined ? 200 : refused);
    }
  });

  it('a credential: that of a game server, and that of a player', async () => {
    const query = '{ users { totalCount } viewer { id } }';
    const body = JSON.stringify({ query });
    const ask = (authorization: (path: TwoPaths['lean']) => string) =>
      production.compare((path) => ({
        method: 'POST',
        headers: { ...JSON_TYPE, authorization: authorization(path) },
        body,
      }));
    expect((await ask(({ game }) => game)).json).toEqual({ data: { users: { totalCount: 0 }, viewer: null } });
    const userId = '0190a0a0-a0a0-7000-8000-00000000ffff';
    for (const { database } of [production.lean, production.yoga]) {
      await database.query(sql`insert into users (id, username, display_name, created_at, updated_at, catalog_version)
        values (${userId}::uuid, 'ann', 'Ann', now(), now(), 1)`);
    }
    const token = await production.lean.app.auth.createToken(userId);
    expect((await ask(() => `Bearer ${token}`)).json.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('nothing comes by GET, and another method is refused', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
      const { status, headers } = await production.compare({ method, path: '/graphql?query=%7B__typename%7D' });
      expect({ status, allow: headers['allow'] }).toEqual({ status: 405, allow: 'POST' });
    }
  });
});
