import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startLaurel, TEST_SECRET, type TestLaurel } from '../support/laurel.ts';

const AUTH_ON = { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET };
const UNLOCKED = '{ achievement(key: "newcomer") { key unlockedCount } }';
/** What an error must never show. */
const INSIDE = /hunter2|select |users|postgres:|\.ts|node_modules|stack|Error:/;

describe('errors', () => {
  let laurel: TestLaurel;
  let key = '';
  beforeAll(async () => {
    laurel = await startLaurel('embedded', { environment: AUTH_ON });
    key = await laurel.app.auth.createKey({ name: 'all', scopes: ['admin'], days: null });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await laurel.check();
  });
  afterAll(() => laurel.close());

  const ask = (query: string, variables: object = {}) =>
    laurel.query(query, variables, { authorization: `Bearer ${key}` });

  it.each<[string, unknown]>([
    ['an error', new Error('select * from users where password = hunter2')],
    [
      'an error of the database',
      Object.assign(new Error('relation "users" of postgres://hunter2 does not exist'), { code: '42P01' }),
    ],
    [
      'an error with a code of ours',
      Object.assign(new Error('hunter2'), { extensions: { code: 'FORBIDDEN', secret: 'hunter2' } }),
    ],
    ['a text', 'hunter2'],
    ['nothing', undefined],
    ['an error with a cause', new Error('outer hunter2', { cause: new Error('inner hunter2') })],
  ])('nobody foresaw are masked: %s', async (_what, thrown) => {
    vi.spyOn(laurel.app.services.achievements, 'holdersOf').mockImplementation(() => Promise.reject(thrown));
    const { data, errors, headers } = await ask(UNLOCKED);
    expect({ data, errors }).toEqual({
      data: { achievement: null },
      errors: [
        {
          message: 'Something went wrong on our side',
          locations: [{ line: 1, column: 38 }],
          path: ['achievement', 'unlockedCount'],
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: headers.get('x-request-id') },
        },
      ],
    });
    expect(JSON.stringify(errors)).not.toMatch(INSIDE);
  });

  it('nobody foresaw are masked on sockets and in mutations too', async () => {
    vi.spyOn(laurel.app.services.users, 'create').mockRejectedValue(new Error('hunter2'));
    vi.spyOn(laurel.app.services.notifications, 'open').mockRejectedValue(new Error('hunter2'));
    const created = await ask('mutation { createUser(input: {}) { __typename ... on Error { message } } }');
    expect(created.errors).toMatchObject([
      { message: 'Something went wrong on our side', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
    await ask('mutation { upsertUser(input: { user: { externalId: "hero" } }) { __typename } }');
    const listening = await laurel.subscribe(
      'subscription { notificationReceived(user: { externalId: "hero" }) { cursor } }',
      {},
      { authorization: `Bearer ${key}` },
    );
    const told = [await listening.ended, listening.items];
    expect(JSON.stringify(told)).toContain('Something went wrong on our side');
    expect(JSON.stringify(told)).not.toMatch(INSIDE);
  });

  it.each([
    ['BAD_USER_INPUT', 'a syntax error', '{', {}],
    ['BAD_USER_INPUT', 'nothing to do', '', {}],
    ['BAD_USER_INPUT', 'a field nobody has', '{ password }', {}],
    ['BAD_USER_INPUT', 'a variable that is missing', 'query ($key: String!) { achievement(key: $key) { key } }', {}],
    [
      'BAD_USER_INPUT',
      'a variable of another type',
      'query ($key: String!) { achievement(key: $key) { key } }',
      { key: {} },
    ],
    [
      'BAD_USER_INPUT',
      'a field of an input nobody declared',
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { __typename } }',
      { input: { admin: true } },
    ],
    ['BAD_USER_INPUT', 'a literal of another type', '{ achievements(first: "1") { totalCount } }', {}],
    ['BAD_USER_INPUT', 'a number past 32 bits', '{ achievements(first: 99999999999) { totalCount } }', {}],
    ['BAD_USER_INPUT', 'a page that is too long', '{ achievements(first: 1000) { totalCount } }', {}],
    [
      'BAD_USER_INPUT',
      'too great a cost',
      '{ users(first: 100) { nodes { achievements(first: 100) { nodes { key: progress } } } } }',
      {},
    ],
    [
      'BAD_USER_INPUT',
      'too great a depth',
      `{ users { nodes ${'{ achievements { nodes { user '.repeat(5)} { id } ${'} } }'.repeat(5)} } }`,
      {},
    ],
    [
      'BAD_USER_INPUT',
      'two operations and no name',
      'query A { catalog { version } } query B { catalog { version } }',
      {},
    ],
  ])('are %s with a request id: %s', async (code, _what, query, variables) => {
    const { data, errors, headers } = await ask(query, variables);
    expect(data).toBeNull();
    expect(errors.length).toBeGreaterThan(0);
    for (const { message, extensions } of errors) {
      expect(extensions).toEqual({ code, requestId: headers.get('x-request-id') });
      expect(message).not.toMatch(/\.ts|node_modules|Something went wrong/);
    }
  });

  it('keep the request id that the caller gave', async () => {
    const { errors } = await laurel.query('{ users { totalCount } }', {}, { 'x-request-id': 'trace-1:a.b' });
    expect(errors.map(({ message: _, ...error }) => error)).toEqual([
      {
        path: ['users'],
        locations: [{ line: 1, column: 3 }],
        extensions: { code: 'UNAUTHENTICATED', requestId: 'trace-1:a.b' },
      },
    ]);
  });

  it('of one field leave the others', async () => {
    const { data, errors } = await ask('{ stats(user: {}) { score } catalog { version } }');
    expect([data, errors.map(({ path, extensions }) => [path, extensions['code']])]).toEqual([
      { stats: null, catalog: { version: 1 } },
      [[['stats'], 'BAD_USER_INPUT']],
    ]);
  });
});
