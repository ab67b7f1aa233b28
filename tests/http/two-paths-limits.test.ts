import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSocket } from './raw-socket.ts';
import { type Compared, JSON_TYPE, rawPost, startTwoPaths, type TwoPaths, talk } from './two-paths.ts';

const KIBIBYTE = 1_024;
const RECORD = 'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded refused } }';

let paths: TwoPaths;
beforeAll(async () => {
  paths = await startTwoPaths();
});
afterAll(() => paths.close());

const times = (count: number, make: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => make(at)).join(' ');
const aliases = (count: number): string => `{ ${times(count, (at) => `a${at}: __typename`)} }`;
const directives = (count: number): string => `{ ${times(count, () => '... @include(if: true) { __typename }')} }`;
/** Operations of 5 tokens each, the last one longer. */
const tokens = (count: number): string => {
  const operations = times(Math.floor(count / 5), (at) => `query Q${at} { __typename }`);
  return operations.replace(/}$/, `${times(count % 5, () => '__typename')} }`);
};
/** Fields below each other. */
const nested = (levels: number): string => {
  const names = ['viewer', ...Array.from({ length: levels - 2 }, (_, at) => ['stats', 'recentEvents', 'user'][at % 3])];
  return `{ ${names.join(' { ')} { __typename }${' }'.repeat(names.length)}`;
};
const message = ({ json }: Compared): string | null => json.errors?.[0].message ?? null;

describe('limits of a document, the same on both paths and over a socket', () => {
  it.each<[string, string, string | null]>([
    ['1,000 tokens', tokens(1_000), null],
    ['1,001 tokens', tokens(1_001), 'Syntax Error: Document contains more that 1000 tokens. Parsing aborted.'],
    ['15 aliases', aliases(15), null],
    ['16 aliases', aliases(16), 'The operation has 16 aliases; at most 15 are answered'],
    [
      '16 aliases in fragments that are spread twice',
      `{ a: catalog { ...F } b: catalog { ...F } } fragment F on Catalog { ${times(7, (at) => `a${at}: version`)} }`,
      'The operation has 16 aliases; at most 15 are answered',
    ],
    ['5 directives', directives(5), null],
    ['6 directives', directives(6), 'The operation has 6 directives; at most 5 are answered'],
    ['12 levels', nested(12), null],
    ['13 levels', nested(13), 'The operation is 13 levels deep; at most 12 are answered'],
    [
      'a cost of 5,000 and more',
      '{ users(first: 100) { nodes { notifications(first: 100) { unseenCount nodes { id } } } } }',
      'The operation costs 30201; at most 5000 is answered',
    ],
    ['first: 101', '{ users(first: 101) { totalCount } }', 'first: Too big: expected number to be <=100'],
  ])('%s', async (_name, query, refusal) => {
    const operation = { query, ...(query.startsWith('query Q0') ? { operationName: 'Q0' } : {}) };
    expect(message(await paths.operate(operation))).toBe(refusal);
    for (const { url } of [paths.lean, paths.yoga]) {
      const socket = await openSocket(url);
      await socket.init();
      socket.send({ type: 'subscribe', id: '1', payload: operation });
      const { type, payload } = await socket.next();
      const errors = type === 'error' ? payload : (payload.errors ?? []);
      expect(errors[0]?.message ?? null).toBe(refusal);
      socket.socket.close();
      await socket.closed;
    }
  });

  it('a cost that variables decide is counted anew each time', async () => {
    const query = 'query ($n: Int!) { users(first: $n) { nodes { notifications(first: $n) { nodes { id } } } } }';
    const cost = async (n: number) => {
      const reply = await paths.operate({ query, variables: { n } });
      expect(reply.took).toBe('lean');
      return message(reply);
    };
    expect(await cost(10)).toBeNull();
    expect(await cost(100)).toBe('The operation costs 20201; at most 5000 is answered');
    expect(await cost(10)).toBeNull();
  });
});

describe('limits of a body', () => {
  const ordinary = (bytes: number): string => {
    const frame = JSON.stringify({ query: '{ __typename }', variables: { fill: '' } });
    return JSON.stringify({ query: '{ __typename }', variables: { fill: 'x'.repeat(bytes - frame.length) } });
  };
  const batch = (bytes: number): string => {
    const make = (fill: string) =>
      JSON.stringify({
        query: RECORD,
        variables: { input: { events: [{ user: { externalId: 'a' }, type: 'login', details: { fill } }] } },
      });
    return make('x'.repeat(bytes - make('').length));
  };
  const post = (body: string | readonly string[]) => paths.compare({ method: 'POST', headers: JSON_TYPE, body });
  const parts = (body: string): string[] =>
    Array.from({ length: 8 }, (_, at) => body.slice((at * body.length) / 8, ((at + 1) * body.length) / 8));

  it.each<[string, string, number, 'lean' | 'yoga']>([
    ['256 KiB', ordinary(256 * KIBIBYTE), 200, 'lean'],
    ['a byte more', ordinary(256 * KIBIBYTE + 1), 413, 'yoga'],
    ['a batch of 2 MiB', batch(2_048 * KIBIBYTE), 200, 'lean'],
    ['a batch of a byte more', batch(2_048 * KIBIBYTE + 1), 413, 'lean'],
  ])('%s', async (_name, body, status, took) => {
    for (const sent of [body, parts(body)]) {
      const reply = await post(sent);
      expect({ status: reply.status, took: reply.took, code: reply.json.errors?.[0].extensions.code }).toEqual({
        status,
        took,
        code: status === 200 ? undefined : 'BAD_USER_INPUT',
      });
      expect(reply.headers.connection).toBe('close');
    }
  });

  it('a batch beside anything else is not one', async () => {
    const query = `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } createUser(input: {}) { __typename } }`;
    const body = batch(300 * KIBIBYTE).replace(JSON.stringify(RECORD), JSON.stringify(query));
    expect((await post(body)).status).toBe(413);
    expect((await paths.operate({ query: '{ users { totalCount } }' })).json.data.users.totalCount).toBeLessThan(2);
  });

  it('a length that is a lie is the end of the connection', async () => {
    const body = '{"query":"{ __typename }"}';
    const answer = await paths.both(({ url }) =>
      talk(url, [rawPost(body, { 'Content-Length': '5', Connection: 'close' })]),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});
