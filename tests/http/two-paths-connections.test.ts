import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database, Statement } from '../../src/platform/database.ts';
import { eventually, settle } from '../support/eventually.ts';
import { type GatedDatabase, gateDatabase } from './gated-database.ts';
import { type Path, rawPost, startTwoPaths, type TwoPaths, talk } from './two-paths.ts';

const QUERY = '{"query":"{ __typename }"}';
const create = (username: string): string =>
  JSON.stringify({ query: `mutation { createUser(input: { username: "${username}" }) { __typename } }` });
const END = { Connection: 'close' };

let paths: TwoPaths;
const gates: GatedDatabase[] = [];
let fault: Error | null = null;

/** Statements that answer a request fail with `fault` while there is one (others look at the database by themselves), and can be held up. */
function faulty(database: Database): Database {
  const gate = gateDatabase(database);
  gates.push(gate);
  return new Proxy(gate.database, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== 'query') return value;
      return (statement: Statement) =>
        fault !== null && /\/\* (auth|users)\./.test(statement.text) ? Promise.reject(fault) : value(statement);
    },
  });
}

beforeAll(async () => {
  paths = await startTwoPaths({ LAUREL_AUTH: 'on' }, faulty);
});
afterAll(() => paths.close());

const usersOf = async ({ database }: Path): Promise<string[]> => {
  const rows = await database.query<{ username: string }>({
    text: 'select username from users order by 1',
    values: [],
  });
  return rows.map(({ username }) => username);
};

describe('a connection', () => {
  it('is kept for the next request, whatever was answered', async () => {
    const bodies = [QUERY, '{ "query": "{ nothing }" }', '{', create('nobody'), QUERY];
    const answers = await paths.both(({ url }) =>
      talk(url, [...bodies.map((body) => rawPost(body)), rawPost(QUERY, END)]),
    );
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(
      ['200', '200', '400', '200', '200', '200'].map((status) => `HTTP/1.1 ${status}`),
    );
  });

  it('takes requests that do not wait for answers, and answers them in order', async () => {
    const bodies = Array.from({ length: 10 }, (_, at) =>
      JSON.stringify({ query: `{ a${at}: __typename ${at % 3 === 2 ? 'x' : ''} }` }),
    );
    const together = Buffer.concat([...bodies.map((body) => rawPost(body)), rawPost(QUERY, END)]);
    const answers = await paths.both(({ url }) => talk(url, [together]));
    expect([...answers.matchAll(/"(?:a(\d)":"Query|x\\")/g)].map(([, at]) => at ?? 'refused')).toEqual([
      '0',
      '1',
      'refused',
      '3',
      '4',
      'refused',
      '6',
      '7',
      'refused',
      '9',
    ]);
  });

  it('may bring a body a byte at a time, in chunks too', async () => {
    const slow = (bytes: Buffer) => Array.from(bytes, (byte) => Uint8Array.of(byte));
    const whole = await paths.both(({ url }) => talk(url, slow(rawPost(QUERY, END))));
    expect(whole).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n{"data":{"__typename":"Query"}}$/s);
    const head =
      'POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-ID: r-1\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunks = Array.from(QUERY, (letter) => `1\r\n${letter}\r\n`);
    const chunked = await paths.both(({ url }) => talk(url, [head, ...chunks, '0\r\n\r\n']));
    expect(chunked).toBe(whole);
    const malformed = await paths.both(({ url }) => talk(url, [head, ...chunks, 'x\r\n\r\n']));
    expect(malformed).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('waits to be told to go on when the client asks for that', async () => {
    const bytes = rawPost(QUERY, { Expect: '100-continue', ...END });
    const head = bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 4);
    const answer = await paths.both(({ url }) => talk(url, [head, bytes.subarray(head.length)]));
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });
});

describe('a client that goes away', () => {
  const leave = async ({ url }: Path, bytes: Uint8Array, gone: () => Promise<void>): Promise<void> => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
    await gone();
    socket.resetAndDestroy();
  };

  it('in the middle of its body did not ask for anything', async () => {
    for (const path of [paths.lean, paths.yoga]) {
      // What arrives is whole as JSON; ten of the bytes that were promised are missing.
      const body = rawPost(create('half') + ' '.repeat(10), { Authorization: path.game });
      await leave(path, body.subarray(0, -10), () => settle(5));
      await settle(20);
      expect(path.logged()).toEqual([]);
      expect(await usersOf(path)).not.toContain('half');
    }
    expect((await paths.operate({ query: '{ __typename }' })).status).toBe(200);
  });

  it('after its body has asked: what it sent is done', async () => {
    for (const [at, path] of [paths.lean, paths.yoga].entries()) {
      const gate = gates[at];
      if (gate === undefined) throw new Error('no gate');
      const release = gate.hold('auth.read_key');
      const key = await path.app.auth.createKey({ name: 'goes', scopes: ['admin'], days: null });
      await leave(path, rawPost(create('gone'), { Authorization: `Bearer ${key}` }), () =>
        eventually('the operation waits', () => gate.held() > 0),
      );
      await nextTurn();
      release();
      await eventually('it is done', async () => (await usersOf(path)).includes('gone'));
      expect(path.logged()).toEqual([]);
    }
  });
});

describe('what nobody foresaw', () => {
  const asPlayer = async (): Promise<Readonly<Record<string, string>>> => {
    const [id] = await paths.both(async ({ database }) => {
      const rows = await database.query<{ id: string }>({
        text: `select id from users where username = 'gone'`,
        values: [],
      });
      return rows.map((row) => row.id);
    });
    return { authorization: `Bearer ${await paths.lean.app.auth.createToken(id ?? '')}` };
  };
  const LOST = Object.assign(new Error('secret address'), { code: 'ECONNREFUSED' });
  const failing = async (error: Error, headers: Readonly<Record<string, string>>) => {
    fault = error;
    try {
      return await paths.operate(
        { query: '{ user(by: { username: "gone" }) { displayName } catalog { version } }' },
        headers,
      );
    } finally {
      fault = null;
    }
  };
  const unknownKey = (at: number) => ({
    authorization: `Bearer lk_development_0190a0a0a0a07000800000000000${String(at).padStart(4, '0')}_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`,
    accept: 'application/graphql-response+json',
  });

  it.each<[string, Error, string, string]>([
    ['a fault', new Error('secret detail'), 'INTERNAL_SERVER_ERROR', 'Something went wrong on our side'],
    ['a database that is away', LOST, 'NOT_READY', 'The database is away; try again'],
  ])('%s is masked and logged once, in a field', async (_name, error, code, message) => {
    const { status, json, text, took, logged } = await failing(error, await asPlayer());
    expect({ status, took, error: json.errors[0] }).toMatchObject({
      status: 200,
      took: 'lean',
      error: { message, extensions: { code, requestId: 'r-1' } },
    });
    expect(text).not.toContain('secret');
    expect(logged).toEqual([{ msg: 'request failed', requestId: 'r-1', err: error.message }]);
  });

  it.each<[string, Error, string, number]>([
    ['a fault', new Error('secret detail'), 'INTERNAL_SERVER_ERROR', 500],
    ['a database that is away', LOST, 'NOT_READY', 503],
    ['several at once', new AggregateError([LOST, LOST], 'secret addresses'), 'INTERNAL_SERVER_ERROR', 500],
  ])('%s is masked and logged once, before an operation runs', async (name, error, code, status) => {
    const reply = await failing(error, unknownKey(name.length));
    expect({ status: reply.status, took: reply.took }).toEqual({ status, took: 'lean' });
    expect(reply.json.data).toBeUndefined();
    expect(reply.json.errors).toMatchObject([{ extensions: { code, requestId: 'r-1' } }]);
    expect(reply.text).not.toContain('secret');
    expect(reply.logged).toEqual([{ msg: 'request failed', requestId: 'r-1', err: error.message }]);
  });
});
