import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import {
  createMessageRate,
  createSocketCount,
  MOST_MESSAGE_BYTES,
  MOST_MESSAGES,
  MOST_OPERATIONS,
  MOST_SOCKETS,
} from '../../src/http/socket-limits.ts';
import { socketFigures } from '../../src/http/socket-parts.ts';
import { eventually } from '../support/eventually.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../support/laurel.ts';
import { startEdge } from './edge.ts';
import { openSocket, type RawSocket } from './raw-socket.ts';
import { upgrade } from './raw-upgrade.ts';

describe('what one socket may do', () => {
  let laurel: TestLaurel;
  let open: RawSocket[] = [];
  let key: string;
  beforeAll(async () => {
    laurel = await startLaurel('embedded', { environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET } });
    key = await laurel.app.auth.createKey({ name: 'game', scopes: ['admin'], days: null });
  });
  afterEach(async () => {
    for (const { socket } of open) socket.close();
    open = [];
    await laurel.check();
  });
  afterAll(() => laurel.close());

  async function ready(authorization?: string): Promise<RawSocket> {
    const socket = await openSocket(laurel.url);
    open.push(socket);
    await socket.init(authorization === undefined ? {} : { authorization });
    return socket;
  }
  /** The credential of a new player. */
  async function player(): Promise<string> {
    const { data } = await laurel.query(
      'mutation { createUser(input: {}) { ... on CreateUserSuccess { user { id } } } }',
      {},
      { authorization: `Bearer ${key}` },
    );
    return `Bearer ${await laurel.app.auth.createToken(data.createUser.user.id.replace('user_', ''))}`;
  }
  const subscribe = (socket: RawSocket, id: string) =>
    socket.send({
      type: 'subscribe',
      id,
      payload: { query: 'subscription { leaderboardUpdated(key: "score") { at } }' },
    });

  it(`has at most ${MOST_OPERATIONS} operations under way; one more is refused, and it lives on`, async () => {
    const socket = await ready();
    for (let count = 0; count < MOST_OPERATIONS; count += 1) subscribe(socket, `s${count}`);
    await eventually(
      'all have begun',
      () => socket.received.filter(({ type }) => type === 'next').length === MOST_OPERATIONS,
    );
    subscribe(socket, 'more');
    await eventually('it is refused', () => socket.received.some(({ id }) => id === 'more'));
    expect(socket.received.find(({ id }) => id === 'more')).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'RATE_LIMITED', limit: MOST_OPERATIONS } }],
    });
    socket.send({ type: 'complete', id: 's0' });
    subscribe(socket, 'again');
    await eventually('there is room again', () =>
      socket.received.some(({ id, type }) => id === 'again' && type === 'next'),
    );
  });

  it('is closed for good when it floods, unless it is that of a key', async () => {
    const [player, server] = [await ready(), await ready(`Bearer ${key}`)];
    for (let count = 0; count < 3 * MOST_MESSAGES; count += 1)
      for (const socket of [player, server]) socket.send({ type: 'ping' });
    expect(await player.closed).toEqual({ code: 4429, reason: 'Too many messages' });
    await eventually(
      'every ping is answered',
      () => server.received.filter(({ type }) => type === 'pong').length === 3 * MOST_MESSAGES,
    );
    expect(server.isClosed()).toBe(false);
  });

  it('is closed with 1013 when its client does not read and more than 1 MiB waits', async () => {
    const socket = await ready(`Bearer ${key}`);
    const close = vi.spyOn(WebSocket.prototype, 'close');
    socket.socket.pause();
    // What the system holds of the answers comes first: some megabytes.
    for (let count = 0; count < 400; count += 1)
      socket.send({ type: 'ping', payload: { fill: 'x'.repeat(MOST_MESSAGE_BYTES - 100) } });
    await eventually('the server had enough', () => close.mock.calls.some(([code]) => code === 1013), 20_000);
    close.mockRestore();
    socket.socket.resume();
    expect(await socket.closed).toEqual({ code: 1013, reason: 'Too slow, connect again' });
  });

  it(`has messages of ${MOST_MESSAGE_BYTES} bytes; a longer one that carries no operation closes it with 1009`, async () => {
    for (const type of ['ping', 'connection_init', 'pong']) {
      const socket = await ready();
      const frame = JSON.stringify({ type, payload: { fill: '' } });
      const fill = (bytes: number) => frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`);
      if (type === 'ping') {
        socket.send(fill(MOST_MESSAGE_BYTES));
        expect((await socket.next()).type).toBe('pong');
      }
      socket.send(fill(MOST_MESSAGE_BYTES + 1));
      expect(await socket.closed).toEqual({ code: 1009, reason: 'Message too big' });
    }
  });

  it('answers an operation that is too long with `error` and lives on, and takes a batch of events that is', async () => {
    const socket = await ready(`Bearer ${key}`);
    const user = { externalId: unique() };
    const long = (query: string, count: number) => ({
      query,
      variables: {
        input: {
          events: Array.from({ length: count }, (_, at) => ({
            user,
            type: 'login',
            idempotencyKey: `${at}`.padEnd(150, 'x'),
          })),
        },
      },
    });
    const record = 'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }';
    const batch = long(record, 600);
    expect(JSON.stringify(batch).length).toBeGreaterThan(MOST_MESSAGE_BYTES);
    const other = long(record.replace('{ recordEvents', '{ __typename recordEvents'), 600);
    for (const payload of [other, { query: `{ __typename } #${'x'.repeat(MOST_MESSAGE_BYTES)}` }]) {
      socket.send({ type: 'subscribe', id: '1', payload });
      expect(await socket.next()).toMatchObject({
        type: 'error',
        payload: [
          {
            message: `An operation has at most ${MOST_MESSAGE_BYTES} bytes, a batch of events excepted`,
            extensions: { code: 'BAD_USER_INPUT' },
          },
        ],
      });
    }
    socket.send({ type: 'subscribe', id: '1', payload: batch });
    expect(await socket.next()).toEqual({
      type: 'next',
      id: '1',
      payload: { data: { recordEvents: { recorded: 600 } } },
    });
    expect(await socket.next()).toEqual({ type: 'complete', id: '1' });
  });

  it(`is one of at most ${MOST_SOCKETS} of its user; one more is closed with 4429 until another goes`, async () => {
    const [token, other] = [await player(), await player()];
    const sockets: RawSocket[] = [];
    for (let count = 0; count < MOST_SOCKETS; count += 1) sockets.push(await ready(token));
    const more = await openSocket(laurel.url);
    more.send({ type: 'connection_init', payload: { authorization: token } });
    expect(await more.closed).toEqual({ code: 4429, reason: 'Too many sockets' });
    // Others, nobody and game servers are not asked for it.
    await ready(other);
    await ready();
    for (let count = 0; count <= MOST_SOCKETS; count += 1) await ready(`Bearer ${key}`);
    expect(sockets.some((socket) => socket.isClosed())).toBe(false);
    const held = laurel.app.held().sockets;
    sockets[0]?.socket.close();
    sockets[1]?.socket.terminate();
    await eventually('they are gone', () => laurel.app.held().sockets === held - 2);
    await ready(token);
    await ready(token);
    const again = await openSocket(laurel.url);
    again.send({ type: 'connection_init', payload: { authorization: token } });
    expect((await again.closed).code).toBe(4429);
  });

  it('is counted for its own user, and let go once', () => {
    const count = createSocketCount();
    const leaves = Array.from({ length: MOST_SOCKETS }, () => count.enter('ada'));
    expect(leaves).not.toContain(null);
    expect([count.enter('ada'), count.enter('bob') === null]).toEqual([null, false]);
    leaves[0]?.();
    expect([count.enter('ada') === null, count.enter('ada')]).toEqual([false, null]);
  });

  it('is refused with 503 where too many have not said who they are', async () => {
    const { url, edge } = await startEdge({ figures: { mostWaiting: 3 } });
    const silent = await Promise.all([1, 2, 3].map(() => openSocket(url)));
    expect(await upgrade(url)).toBe(503);
    await silent[0]?.init();
    expect(await upgrade(url)).toBe(101);
    await eventually('who asked is gone', () => edge.sockets() === 3);
    await openSocket(url);
    expect(await upgrade(url)).toBe(503);
    silent[1]?.socket.terminate();
    await eventually('one is gone', () => edge.sockets() === 3);
    expect(await upgrade(url)).toBe(101);
    expect(socketFigures.mostWaiting).toBe(5_000);
    await edge.close();
  });

  it(`is let ${MOST_MESSAGES} messages a second for ever, and twice as many at once`, () => {
    let now = 0;
    const rate = createMessageRate({ now: () => now });
    const taken = (count: number) => Array.from({ length: count }, () => rate.take()).filter((isLet) => isLet).length;
    expect(taken(500)).toBe(2 * MOST_MESSAGES);
    now += 500;
    expect(taken(500)).toBe(MOST_MESSAGES / 2);
    now -= 10_000;
    expect(taken(500)).toBe(0);
    now += 60_000;
    expect(taken(500)).toBe(2 * MOST_MESSAGES);
  });
});
