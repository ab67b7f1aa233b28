import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createMessageRate, MOST_MESSAGES, MOST_OPERATIONS } from '../../src/http/socket-limits.ts';
import { eventually } from '../support/eventually.ts';
import { startLaurel, TEST_SECRET, type TestLaurel } from '../support/laurel.ts';
import { openSocket, type RawSocket } from './raw-socket.ts';

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
