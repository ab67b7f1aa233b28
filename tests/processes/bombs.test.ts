import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Folder, type LaurelProcess, makeFolder, startProcess } from '../support/processes.ts';

const many = (count: number, make: (index: number) => string, between = ' '): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(between);
const nested = (depth: number, open: string, inside: string, close: string): string =>
  open.repeat(depth) + inside + close.repeat(depth);
/** Fragments each of which spreads the next one twice: 2^count selections. */
const doubling = (count: number): string =>
  many(count, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`);
const PAGE =
  'leaderboard(key: "score") { entries(first: 100) { nodes { user { leaderboardEntry(leaderboard: "score") { user {';

/** What a hostile client sends as the body: none of it may cost more than a refusal. */
const BOMBS: Readonly<Record<string, string | object>> = {
  'aliases of a field': { query: `{ ${many(500, (index) => `a${index}: catalog { version }`)} }` },
  'aliases of __typename': { query: `{ ${many(900, (index) => `a${index}: __typename`)} }` },
  'aliases in fragments': {
    query: `{ ...F } fragment F on Query { ${many(200, (i) => `a${i}: catalog { version }`)} }`,
  },
  'aliases of a mutation': {
    query: `mutation { ${many(100, (i) => `a${i}: recordEvents(input: { events: [] }) { recorded }`)} }`,
  },
  'one field many times': { query: `{ ${'catalog { version } '.repeat(2_000)} }` },
  'nested deep': { query: `{ ${nested(200, 'leaderboards { entries { nodes { user { ', 'id', ' } } } }')} }` },
  'nested deeper than a stack': { query: nested(20_000, '{ a ', 'b', ' }') },
  'fragments that spread themselves': { query: '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }' },
  'fragments that double': { query: `{ ...F0 } ${doubling(25)} fragment F25 on Query { __typename }` },
  'many fragments': { query: `{ __typename } ${many(400, (index) => `fragment F${index} on Query { __typename }`)}` },
  'inline fragments, nested': { query: `{ ${nested(300, '... on Query { ', '__typename', ' }')} }` },
  'directives on a field': { query: `{ __typename ${'@skip(if: false) '.repeat(200)} }` },
  'directives nobody knows': { query: `{ __typename ${many(300, (index) => `@d${index}`)} }` },
  'pages in pages': {
    query: `{ leaderboards { entries(first: 100) { nodes { user { achievements(first: 100) { nodes { unlocks(first: 100) { pointsAwarded } } } } } } } }`,
  },
  'pages by a variable': {
    query: `query ($n: Int) { leaderboards { entries(first: $n) { nodes { user { achievements(first: $n) { nodes { unlocks(first: $n) { pointsAwarded } } } } } } } }`,
    variables: { n: 100 },
  },
  'a circle of types': { query: `{ ${PAGE} ${PAGE.slice(PAGE.indexOf('leaderboardEntry'))} id } } } } } } } } }` },
  'a page of 2^31': { query: '{ achievements(first: 2147483647) { nodes { key } } }' },
  'a page below nothing': { query: '{ achievements(first: -5) { nodes { key } } }' },
  'many operations': { query: many(300, (index) => `query Q${index} { __typename }`), operationName: 'Q1' },
  'many variables': { query: `query (${many(900, (index) => `$v${index}: Int`)}) { __typename }` },
  'a long name': { query: `{ ${'a'.repeat(200_000)} }` },
  'a long text': { query: `{ user(by: { username: "${'x'.repeat(200_000)}" }) { id } }` },
  'a text without an end': { query: `{ user(by: { username: "${'x'.repeat(100_000)}` },
  'a block text of quotes': { query: `{ user(by: { username: """${'\\"""'.repeat(30_000)}""" }) { id } }` },
  'a list in lists': { query: `{ usersBy(refs: ${nested(3_000, '[', '', ']')}) { id } }` },
  'a comment of a quarter of a megabyte': { query: `#${'x'.repeat(260_000)}\n{ __typename }` },
  'variables nested deep': `{"query":"query ($v: JSON) { __typename }","variables":{"v":${nested(60_000, '[', '', ']')}}}`,
  'a number that is none':
    '{"query":"query ($n: Int) { achievements(first: $n) { nodes { key } } }","variables":{"n":1e400}}',
  'a key that is not one':
    '{"query":"{ __typename }","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  'an array of operations': many(500, () => '{"query":"{ __typename }"}', ',')
    .replace(/^/, '[')
    .replace(/$/, ']'),
  'a body that is not JSON': '{'.repeat(200_000),
  'nothing but names that overlap': {
    query: `{ ${many(300, (i) => `catalog { version } ... on Query { catalog { v${i % 9}: version } }`)} }`,
  },
  'an introspection': { query: `{ __schema { types { ${nested(8, 'fields { type { ', 'name', ' } }')} } } }` },
};

/** What a bomb may cost: processor time of the server, which does not grow when others keep the machine busy. */
const MOST_MS = 100;
const MOST_MEGABYTES = 50;

describe('a server under bombs', () => {
  let folder: Folder;
  let laurel: LaurelProcess;
  beforeAll(async () => {
    folder = await makeFolder();
    laurel = await startProcess({
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      LAUREL_DATA: folder.path,
      LAUREL_JWT_SECRET: 'a secret of this test with more than 32 bytes',
    });
  }, 60_000);
  afterAll(async () => {
    await laurel.end();
    await folder.remove();
  });

  const send = async (bomb: string | object): Promise<{ status: number; text: string; ms: number }> => {
    const began = await processorMsOf(laurel.pid);
    const response = await fetch(`${laurel.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: typeof bomb === 'string' ? bomb : JSON.stringify(bomb),
    });
    const text = await response.text();
    return { status: response.status, text, ms: (await processorMsOf(laurel.pid)) - began };
  };
  const megabytes = async (): Promise<number> => {
    const status = await readFile(`/proc/${laurel.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
  };

  it('refuses each at once, with a code, and stays as small as it was', async () => {
    // A server that has just started compiles what it runs for the first time.
    for (let time = 0; time < 200; time += 1)
      await send({ query: '{ catalog { version } achievements { nodes { key } } }' });
    const before = await megabytes();
    const harmless: string[] = [];
    let longest = { name: '', ms: 0 };
    for (const [name, bomb] of Object.entries(BOMBS)) {
      const { status, text, ms } = await send(bomb);
      const { errors } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
      expect({ name, isQuick: ms <= MOST_MS }).toEqual({ name, isQuick: true });
      if (status === 200 && errors === undefined) harmless.push(name);
      else
        expect([name, errors?.[0]?.extensions.code]).toEqual([
          name,
          expect.stringMatching(/^(BAD_USER_INPUT|UNAUTHENTICATED)$/),
        ]);
      if (ms > longest.ms) longest = { name, ms };
    }
    const grown = (await megabytes()) - before;
    process.stdout.write(
      `${Object.keys(BOMBS).length} bombs: refused within ${longest.ms.toFixed(0)} ms (${longest.name}), ${grown.toFixed(0)} MB more\n`,
    );
    // What costs no more than it says needs no refusal: a fragment is visited once, a comment is nothing, a circle has its end.
    expect(harmless).toEqual(['fragments that double', 'a circle of types', 'a comment of a quarter of a megabyte']);
    expect(grown).toBeLessThan(MOST_MEGABYTES);
    expect((await send({ query: '{ __typename }' })).text).toBe('{"data":{"__typename":"Query"}}');
  });
});

/** Processor time that a process has used so far, of all its threads; the kernel counts in steps of 10 ms. */
async function processorMsOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
