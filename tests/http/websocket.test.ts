import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { socketFigures } from '../../src/http/socket-parts.ts';
import { eventually, settle } from '../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../support/laurel.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { startEdge } from './edge.ts';
import { openSocket, type RawSocket } from './raw-socket.ts';
import { upgrade, upgradeAndReset, upgradeToClose } from './raw-upgrade.ts';

const RECORD =
  'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { ... on RecordEventSuccess { user { score } } } }';
const PROGRESS = 'subscription ($user: UserRef!) { userProgressed(user: $user) { score } }';
const QUERY = { query: '{ __typename }' };

let laurel: TestLaurel;
let open: RawSocket[] = [];
beforeAll(async () => {
  laurel = await startLaurel('embedded');
});
afterEach(async () => {
  for (const { socket } of open) socket.close();
  open = [];
  await laurel.check();
});
afterAll(() => laurel.close());

async function connect(): Promise<RawSocket> {
  const socket = await openSocket(laurel.url);
  open.push(socket);
  return socket;
}

async function ready(): Promise<RawSocket> {
  const socket = await connect();
  await socket.init();
  return socket;
}

const listeners = () => laurel.app.held().listeners;
const login = (externalId: string) => laurel.query(RECORD, { input: { user: { externalId }, type: 'login' } });

/** A live subscription to the progress of a new player, under id `s`. */
async function subscribed(): Promise<{ socket: RawSocket; player: string }> {
  const player = unique();
  await login(player);
  const socket = await ready();
  const before = listeners();
  socket.send({
    type: 'subscribe',
    id: 's',
    payload: { query: PROGRESS, variables: { user: { externalId: player } } },
  });
  await eventually('the subscription is taken', () => listeners() > before);
  return { socket, player };
}

describe('the upgrade', () => {
  it('is granted on /graphql alone', async () => {
    expect(await upgrade(laurel.url)).toBe(101);
    for (const path of ['/', '/ready', '/graphql/', '/subscriptions'])
      expect(await upgrade(laurel.url, { path })).toBe(404);
  });

  it('takes graphql-transport-ws among others', async () => {
    const socket = await openSocket(laurel.url, { protocol: 'graphql-ws,graphql-transport-ws' });
    open.push(socket);
    expect(socket.socket.protocol).toBe('graphql-transport-ws');
    await socket.init();
  });

  it.each(['graphql-ws', 'mqtt', null])('closes with 4406 for the subprotocol %s', async (protocol) => {
    expect(await upgradeToClose(laurel.url, { protocol })).toBe(4406);
  });

  it('survives callers who reset the connection while they are refused', async () => {
    for (let round = 0; round < 50; round += 1) {
      await upgradeAndReset(laurel.url, { headers: round % 2 === 0 ? { origin: 'https://evil.example' } : {} });
    }
    expect(await upgrade(laurel.url)).toBe(101);
  });
});

describe('connection_init', () => {
  it.each([undefined, {}, { anything: 1 }])('is acknowledged with the payload %j', async (payload) => {
    const socket = await connect();
    socket.send({ type: 'connection_init', payload });
    expect(await socket.next()).toEqual({ type: 'connection_ack' });
  });

  it('closes with 4408 when it does not come in time', async () => {
    const { url, edge } = await startEdge({ figures: { initWithinMs: 20 } });
    const startedAt = performance.now();
    const { closed } = await openSocket(url);
    expect(await closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' });
    // 3 s when nobody says otherwise.
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    expect(socketFigures.initWithinMs).toBe(3_000);
    await edge.close();
  });

  it('closes with 4429 when it comes again', async () => {
    const socket = await ready();
    socket.send({ type: 'connection_init' });
    expect(await socket.closed).toEqual({ code: 4429, reason: 'Too many initialisation requests' });
  });

  it('closes with 4429 when it comes again before the acknowledgement', async () => {
    const socket = await connect();
    socket.send({ type: 'connection_init' });
    socket.send({ type: 'connection_init' });
    expect((await socket.closed).code).toBe(4429);
  });

  it('closes with 4401 when a subscribe comes before it', async () => {
    const socket = await connect();
    socket.send({ type: 'subscribe', id: '1', payload: QUERY });
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
  });

  it('closes with 4400 when a message that is none comes before it', async () => {
    const socket = await connect();
    socket.send({ type: 'connection_init', payload: 'text' });
    expect(await socket.closed).toEqual({ code: 4400, reason: 'Invalid message received' });
  });

  it('may come after a complete and a pong, which do nothing', async () => {
    const socket = await connect();
    socket.send({ type: 'complete', id: '1' });
    socket.send({ type: 'pong' });
    await socket.init();
    expect(socket.received).toEqual([{ type: 'connection_ack' }]);
  });
});

describe('ping', () => {
  it('is answered before the acknowledgement too', async () => {
    const socket = await connect();
    socket.send({ type: 'ping' });
    expect(await socket.next()).toEqual({ type: 'pong' });
  });

  it('is answered with its payload', async () => {
    const socket = await ready();
    socket.send({ type: 'ping', payload: { at: 1 } });
    expect(await socket.next()).toEqual({ type: 'pong', payload: { at: 1 } });
  });

  it('of the line itself is answered by the line', async () => {
    const { socket } = await connect();
    const answered = once(socket, 'pong');
    socket.ping('at');
    expect(String((await answered)[0])).toBe('at');
  });

  it('may be answered without being asked', async () => {
    const socket = await ready();
    socket.send({ type: 'pong', payload: { at: 1 } });
    socket.send({ type: 'ping' });
    expect(await socket.next()).toEqual({ type: 'pong' });
  });
});

describe('a malformed message closes with 4400', () => {
  it.each([
    'no JSON',
    '',
    'null',
    '[]',
    '7',
    {},
    { type: 7 },
    { type: 'start' },
    { type: 'ping', payload: 'text' },
    { type: 'pong', payload: 7 },
    { type: 'connection_init', payload: [] },
    { type: 'subscribe', payload: QUERY },
    { type: 'subscribe', id: '', payload: QUERY },
    { type: 'subscribe', id: 7, payload: QUERY },
    { type: 'subscribe', id: '1' },
    { type: 'subscribe', id: '1', payload: {} },
    { type: 'subscribe', id: '1', payload: { query: 7 } },
    { type: 'subscribe', id: '1', payload: { ...QUERY, variables: 'text' } },
    { type: 'subscribe', id: '1', payload: { ...QUERY, operationName: 7 } },
    { type: 'subscribe', id: '1', payload: { ...QUERY, extensions: 'text' } },
    { type: 'complete' },
    // What only servers send.
    { type: 'connection_ack' },
    { type: 'next', id: '1', payload: {} },
    { type: 'error', id: '1', payload: [{ message: 'text' }] },
  ])('%j', async (message) => {
    const socket = await ready();
    socket.send(message);
    expect(await socket.closed).toEqual({ code: 4400, reason: 'Invalid message received' });
  });

  it('in a binary frame', async () => {
    const socket = await ready();
    socket.send(Uint8Array.of(0xff, 0x00, 0x7b));
    expect((await socket.closed).code).toBe(4400);
  });
});

describe('a message', () => {
  it('may come in a binary frame, and in several frames', async () => {
    const socket = await ready();
    socket.send(Buffer.from('{"type":"ping"}'));
    expect(await socket.next()).toEqual({ type: 'pong' });
    socket.socket.send('{"type":', { fin: false });
    socket.socket.send('"ping"}', { fin: true });
    expect(await socket.next()).toEqual({ type: 'pong' });
  });

  it('may say more than is asked for', async () => {
    const socket = await ready();
    socket.send({
      type: 'subscribe',
      id: '1',
      payload: { ...QUERY, variables: null, operationName: null, extra: 1 },
      more: 2,
    });
    expect(await socket.next()).toEqual({ type: 'next', id: '1', payload: { data: { __typename: 'Query' } } });
  });

  it('that is no UTF-8 closes with 1007', async () => {
    const socket = await ready();
    socket.socket.send(Buffer.from([0xc3, 0x28]), { binary: false });
    expect((await socket.closed).code).toBe(1007);
  });

  it.each(['subscribe', 'ping'])('longer than a batch of events may be closes with 1009: %s', async (type) => {
    const socket = await ready();
    const payload = { ...QUERY, extensions: { fill: 'x'.repeat(2 * 1_024 * 1_024) } };
    socket.send({ type, id: '1', payload });
    expect((await socket.closed).code).toBe(1009);
  });
});

describe('an operation', () => {
  const answer = (id: string, data: object) => [
    { type: 'next', id, payload: { data } },
    { type: 'complete', id },
  ];

  it('is a query, a mutation or a subscription', async () => {
    const externalId = unique();
    const socket = await ready();
    socket.send({ type: 'subscribe', id: 'q', payload: QUERY });
    expect([await socket.next(), await socket.next()]).toEqual(answer('q', { __typename: 'Query' }));
    const variables = { input: { user: { externalId }, type: 'login' } };
    socket.send({ type: 'subscribe', id: 'm', payload: { query: RECORD, variables } });
    expect([await socket.next(), await socket.next()]).toEqual(answer('m', { recordEvent: { user: { score: 5 } } }));
  });

  it('may use an id again once it is complete', async () => {
    const socket = await ready();
    for (let round = 0; round < 3; round += 1) {
      socket.send({ type: 'subscribe', id: '1', payload: QUERY });
      expect([await socket.next(), await socket.next()]).toEqual(answer('1', { __typename: 'Query' }));
    }
  });

  it.each(['__proto__', 'constructor', 'ключ 😀', 'x'.repeat(1_000)])('may have the id %.20s', async (id) => {
    const socket = await ready();
    for (let round = 0; round < 2; round += 1) {
      socket.send({ type: 'subscribe', id, payload: QUERY });
      expect([await socket.next(), await socket.next()]).toEqual(answer(id, { __typename: 'Query' }));
    }
  });

  it('is answered under its own id, however many are asked at once', async () => {
    const socket = await ready();
    const ids = Array.from({ length: 40 }, (_, index) => `q${index}`);
    for (const id of ids) socket.send({ type: 'subscribe', id, payload: QUERY });
    await eventually('all are answered', () => socket.received.length >= 1 + 2 * ids.length);
    for (const id of ids) {
      expect(socket.received.filter((message) => message.id === id)).toEqual(answer(id, { __typename: 'Query' }));
    }
  });

  it('is one of several in a document by its name', async () => {
    const socket = await ready();
    const query = 'query A { a: __typename } query B { b: __typename }';
    socket.send({ type: 'subscribe', id: '1', payload: { query, operationName: 'B' } });
    expect([await socket.next(), await socket.next()]).toEqual(answer('1', { b: 'Query' }));
  });

  it('may use an id again once its client completed it', async () => {
    const { socket, player } = await subscribed();
    const again = { query: PROGRESS, variables: { user: { externalId: player } } };
    for (let round = 0; round < 5; round += 1) {
      socket.send({ type: 'complete', id: 's' });
      socket.send({ type: 'subscribe', id: 's', payload: QUERY });
      expect([await socket.next(), await socket.next()]).toEqual(answer('s', { __typename: 'Query' }));
      socket.send({ type: 'subscribe', id: 's', payload: again });
      for (let turn = 0; turn < 3; turn += 1) {
        socket.send({ type: 'complete', id: 's' });
        socket.send({ type: 'subscribe', id: 's', payload: again });
      }
      await eventually('one is taken', () => listeners() === 1);
    }
    socket.send({ type: 'subscribe', id: 's', payload: again });
    expect((await socket.closed).code).toBe(4409);
    await eventually('nothing is held', () => listeners() === 0);
  });

  it('closes with 4409 under the id of one that is not answered yet', async () => {
    const socket = await ready();
    for (let round = 0; round < 2; round += 1) socket.send({ type: 'subscribe', id: '1', payload: QUERY });
    expect((await socket.closed).code).toBe(4409);
  });

  it('that a server ends gives its error, then `complete`, and its id is free', async () => {
    const player = unique();
    await login(player);
    const socket = await ready();
    const query = 'subscription ($user: UserRef!) { achievementUnlocked(user: $user, after: "nothing") { cursor } }';
    for (let round = 0; round < 2; round += 1) {
      socket.send({ type: 'subscribe', id: 's', payload: { query, variables: { user: { externalId: player } } } });
      expect(await socket.next()).toMatchObject({
        type: 'next',
        id: 's',
        payload: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
      });
      expect(await socket.next()).toEqual({ type: 'complete', id: 's' });
    }
  });

  it('runs beside others', async () => {
    const { socket, player } = await subscribed();
    socket.send({ type: 'subscribe', id: 'q', payload: QUERY });
    expect([await socket.next(), await socket.next()]).toEqual(answer('q', { __typename: 'Query' }));
    await login(player);
    expect(await socket.next()).toEqual({
      type: 'next',
      id: 's',
      payload: { data: { userProgressed: { score: 10 } } },
    });
  });

  it('closes with 4409 under the id of a live one', async () => {
    const { socket } = await subscribed();
    socket.send({ type: 'subscribe', id: 's', payload: QUERY });
    expect(await socket.closed).toEqual({ code: 4409, reason: 'Subscriber for s already exists' });
  });

  it.each([
    ['that does not parse', { query: '{' }, 'Syntax Error: Expected Name, found <EOF>.'],
    ['that is not valid', { query: '{ nothing }' }, 'Cannot query field "nothing" on type "Query".'],
    ['that is empty', { query: '' }, 'Syntax Error: Unexpected <EOF>.'],
    ['of an unknown name', { query: 'query A { __typename }', operationName: 'B' }, 'Unable to identify operation'],
    [
      'of several without a name',
      { query: 'query A { __typename } query B { __typename }' },
      'Unable to identify operation',
    ],
  ])('%s answers `error`, and the socket lives', async (_name, payload, message) => {
    const socket = await ready();
    socket.send({ type: 'subscribe', id: '1', payload });
    const error = await socket.next();
    expect(error).toMatchObject({ type: 'error', id: '1' });
    expect(error.payload.length).toBe(1);
    expect(error.payload[0].message).toBe(message);
    expect(error.payload[0].extensions).toEqual({ code: 'BAD_USER_INPUT', requestId: expect.any(String) });
    socket.send({ type: 'subscribe', id: '1', payload: QUERY });
    expect([await socket.next(), await socket.next()]).toEqual(answer('1', { __typename: 'Query' }));
  });

  it.each([
    ['without a variable it needs', {}, 'Variable "$user" of required type "UserRef!" was not provided.'],
    ['of a user who is not there', { user: { externalId: 'nobody' } }, 'There is no such user'],
  ])('%s ends with its error, and the socket lives', async (_name, variables, message) => {
    const socket = await ready();
    socket.send({ type: 'subscribe', id: '1', payload: { query: PROGRESS, variables } });
    const { type, payload } = await socket.next();
    expect(type).toBe('next');
    expect(payload.errors).toMatchObject([
      { message, extensions: { code: 'BAD_USER_INPUT', requestId: expect.any(String) } },
    ]);
    expect(await socket.next()).toEqual({ type: 'complete', id: '1' });
    socket.send({ type: 'ping' });
    expect(await socket.next()).toEqual({ type: 'pong' });
  });

  it('carries the request id of the upgrade', async () => {
    const id = randomUUID();
    const socket = await openSocket(laurel.url, { headers: { 'x-request-id': id } });
    open.push(socket);
    await socket.init();
    socket.send({ type: 'subscribe', id: '1', payload: { query: '{ nothing }' } });
    expect((await socket.next()).payload[0].extensions.requestId).toBe(id);
  });

  it('stops with `complete`: nothing more comes and nothing is held', async () => {
    const { socket, player } = await subscribed();
    socket.send({ type: 'complete', id: 's' });
    await eventually('nothing is held', () => listeners() === 0);
    await login(player);
    socket.send({ type: 'ping' });
    expect(await socket.next()).toEqual({ type: 'pong' });
    socket.send({ type: 'complete', id: 'unknown' });
    socket.send({ type: 'ping' });
    expect(await socket.next()).toEqual({ type: 'pong' });
  });
});

describe('who leaves holds nothing', () => {
  it.each<[string, (socket: RawSocket) => void]>([
    ['closes', ({ socket }) => socket.close(1000)],
    ['vanishes without a close frame', ({ socket }) => socket.terminate()],
  ])('who %s', async (_name, leave) => {
    const { socket } = await subscribed();
    leave(socket);
    await eventually('nothing is held', () => Object.values(laurel.app.held()).every((count) => count === 0));
  });

  it.each<[string, (socket: RawSocket) => void]>([
    ['unsubscribes', (socket) => socket.send({ type: 'complete', id: 's' })],
    ['closes', ({ socket }) => socket.close()],
    ['vanishes', ({ socket }) => socket.terminate()],
  ])('who %s before the subscription is taken', async (_name, leave) => {
    const player = unique();
    await login(player);
    for (let round = 0; round < 20; round += 1) {
      const socket = await ready();
      socket.send({
        type: 'subscribe',
        id: 's',
        payload: { query: PROGRESS, variables: { user: { externalId: player } } },
      });
      await settle(round % 7);
      leave(socket);
      await eventually('nothing is listened to', () => listeners() === 0);
    }
    await settle(20);
    expect(listeners()).toBe(0);
  });

  it('who is cut off half-way is noticed by an unanswered ping', async () => {
    const { url, edge } = await startEdge({ figures: { pingMs: 20 } });
    const { hostname, port } = new URL(url);
    const line = await openTcpProxy({ host: hostname, port: Number(port) });
    const socket = await openSocket(`http://127.0.0.1:${line.port}`);
    await socket.init();
    expect(edge.sockets()).toBe(1);
    line.freeze();
    await eventually('the socket is cut', () => edge.sockets() === 0);
    await line.close();
    await edge.close();
  });
});

describe('a server that closes', () => {
  it('says 1012 to everybody and lets go of all', async () => {
    const own = await startLaurel('embedded', { database: laurel.database });
    const player = unique();
    await login(player);
    const sockets = await Promise.all(Array.from({ length: 5 }, () => openSocket(own.url)));
    for (const socket of sockets.slice(1)) await socket.init();
    sockets[1]?.send({
      type: 'subscribe',
      id: 's',
      payload: { query: PROGRESS, variables: { user: { externalId: player } } },
    });
    await eventually('the subscription is taken', () => own.app.held().listeners > 0);
    await own.close();
    for (const { closed } of sockets) expect(await closed).toEqual({ code: 1012, reason: 'Restarting, connect again' });
    expect(own.app.held()).toMatchObject({ sockets: 0, streams: 0, connections: 0 });
    expect(own.app.services.bus.size()).toBe(0);
  });

  it('does not wait long for a client that does not answer', async () => {
    const { url, edge } = await startEdge({ figures: { closeWithinMs: 20 } });
    const { hostname, port } = new URL(url);
    const line = await openTcpProxy({ host: hostname, port: Number(port) });
    await (await openSocket(`http://127.0.0.1:${line.port}`)).init();
    line.freeze();
    const startedAt = performance.now();
    await edge.close();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await line.close();
  });
});
