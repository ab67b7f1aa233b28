import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLaurel, type TestLaurel } from '../support/laurel.ts';
import { type Reply, type Sending, send, sendQuery } from './request.ts';

const json = { 'content-type': 'application/json' };
const CREATE = 'mutation { createUser(input: { username: "by-get" }) { __typename } }';
const MEBIBYTE = 1_024 * 1_024;

let laurel: TestLaurel;
beforeAll(async () => {
  laurel = await startLaurel('embedded');
});
afterAll(async () => {
  await laurel.check();
  await laurel.close();
});

const refusal = ({ status, json: body, headers }: Reply) => {
  expect(body.data ?? null).toBeNull();
  const [{ message, extensions }] = body.errors;
  expect(extensions.requestId).toBe(headers['x-request-id']);
  return { status, code: extensions.code, message };
};
const countUsers = async () => (await laurel.query('{ users { totalCount } }')).data.users.totalCount;

describe('the form of a request', () => {
  it.each<[string, number, string, Sending]>([
    [
      'a mutation by GET',
      405,
      'Can only perform a mutation operation from a POST request.',
      { path: `/graphql?query=${encodeURIComponent(CREATE)}` },
    ],
    [
      'a URL-encoded form',
      415,
      'Send application/json',
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `query=${encodeURIComponent(CREATE)}`,
      },
    ],
    [
      'a multipart form',
      415,
      'Send application/json',
      {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=b' },
        body: `--b\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query: CREATE })}\r\n--b--\r\n`,
      },
    ],
    [
      'plain text',
      415,
      'Send application/json',
      { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify({ query: CREATE }) },
    ],
    [
      'a bare document',
      415,
      'Send application/json',
      { method: 'POST', headers: { 'content-type': 'application/graphql' }, body: CREATE },
    ],
    ['no content type', 415, 'Send application/json', { method: 'POST', body: JSON.stringify({ query: CREATE }) }],
    [
      'a type that begins like JSON',
      415,
      'Send application/json',
      { method: 'POST', headers: { 'content-type': 'application/jsonp' }, body: '{}' },
    ],
    ['another method', 405, 'Send GET or POST', { method: 'DELETE' }],
    [
      'a batch',
      400,
      'Batching is not supported.',
      { method: 'POST', headers: json, body: JSON.stringify([{ query: CREATE }, { query: CREATE }]) },
    ],
    ['broken JSON', 400, 'POST body sent invalid JSON.', { method: 'POST', headers: json, body: '{"query":' }],
    ['no query', 400, 'Must provide query string.', { method: 'POST', headers: json, body: '{}' }],
  ])('refuses %s and does nothing', async (_name, status, message, sending) => {
    const before = await countUsers();
    expect(refusal(await send(laurel.url, sending))).toEqual({ status, code: 'BAD_USER_INPUT', message });
    expect(await countUsers()).toBe(before);
  });

  it('takes JSON with a charset, and a query by GET', async () => {
    const answer = { data: { __typename: 'Query' } };
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect((await send(laurel.url, { method: 'POST', headers, body: '{"query":"{ __typename }"}' })).json).toEqual(
      answer,
    );
    expect((await send(laurel.url, { path: '/graphql?query={__typename}' })).json).toEqual(answer);
  });
});

describe('a body over the bound', () => {
  it('is refused by its length before it is sent', async () => {
    const headers = { ...json, 'content-length': String(2 * MEBIBYTE + 1), connection: 'keep-alive' };
    const reply = await send(laurel.url, { method: 'POST', headers });
    expect(refusal(reply)).toMatchObject({ status: 413, code: 'BAD_USER_INPUT' });
    // What would still come is not waited for.
    expect(reply.headers.connection).toBe('close');
  });

  it('is counted as it comes when it has no length', async () => {
    const body = Array.from({ length: 32 }, () => ' '.repeat((2 * MEBIBYTE) / 32 + 1));
    expect(refusal(await send(laurel.url, { method: 'POST', headers: json, body }))).toEqual({
      status: 413,
      code: 'BAD_USER_INPUT',
      message: 'A request has at most 2097152 bytes',
    });
  });

  it('ends the connection of who sends on for ever, with memory flat', async () => {
    const { hostname, port } = new URL(laurel.url);
    const socket = connect({ host: hostname, port: Number(port) });
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write(
      'POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = Buffer.from(`10000\r\n${' '.repeat(65_536)}\r\n`);
    let sent = 0;
    const before = process.memoryUsage().rss;
    let most = before;
    const pump = (): void => {
      most = Math.max(most, process.memoryUsage().rss);
      while (!socket.destroyed && sent < 200 * MEBIBYTE) {
        sent += chunk.length;
        if (!socket.write(chunk)) {
          socket.once('drain', pump);
          return;
        }
      }
      socket.destroy();
    };
    pump();
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(sent).toBeLessThan(20 * MEBIBYTE);
    expect((most - before) / MEBIBYTE).toBeLessThan(100);
  });
});

describe('errors of an answer', () => {
  it.each([
    ['a document that does not parse', '{ user(', /^Syntax Error/],
    ['a field that is not there', '{ nothing }', /^Cannot query field "nothing"/],
    [
      'a variable that is missing',
      'query ($by: UserRef!) { user(by: $by) { id } }',
      /^Variable "\$by" of required type/,
    ],
  ])('%s has a code, the request id and nothing else', async (_name, query, message) => {
    const reply = await sendQuery(laurel.url, query, { 'x-request-id': 'r-1' });
    expect(reply.json).toEqual({
      errors: [
        {
          message: expect.stringMatching(message),
          locations: expect.any(Array),
          extensions: { code: 'BAD_USER_INPUT', requestId: 'r-1' },
        },
      ],
    });
  });

  it.each([
    ['application/json', 200],
    ['application/graphql-response+json', 401],
  ])('a credential that does not verify is %s %i, never anonymous', async (accept, status) => {
    const reply = await sendQuery(laurel.url, '{ achievements { totalCount } }', {
      accept,
      authorization: 'Bearer nonsense',
    });
    expect(refusal(reply)).toMatchObject({ status, code: 'UNAUTHENTICATED' });
  });
});
