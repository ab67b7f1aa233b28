import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { as, bearer, newGuest, signIn, type Tokens, viewerOf } from '../features/auth/support.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { eventually } from '../support/eventually.ts';
import { startLaurel, TEST_SECRET, type TestLaurel } from '../support/laurel.ts';
import { hasRedis, redisUrl } from '../support/redis.ts';
import { openSocket, type RawSocket } from './raw-socket.ts';

const ENVIRONMENT = { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET };
const SIGN_OUT = 'mutation { signOut(input: {}) { __typename ... on SignOutSuccess { ended } } }';
const MESSAGES = 'subscription { notificationReceived { cursor } }';
const BOARD = 'subscription { leaderboardUpdated(key: "score") { at } }';
const GONE = { code: 4401, reason: 'Signed out' };

const withRedis = await hasRedis();
/** Where the session ends, and where its sockets are. */
const modes: [string, { readonly others: boolean; readonly redis: boolean }][] = [
  ...backends().map((backend): (typeof modes)[number] => [backend, { others: false, redis: false }]),
  ...(backends().includes('postgres')
    ? [['another process, without Redis', { others: true, redis: false }] as (typeof modes)[number]]
    : []),
  ...(backends().includes('postgres') && withRedis
    ? [['another process, over Redis', { others: true, redis: true }] as (typeof modes)[number]]
    : []),
];

describe.each(modes)('who is signed out on %s', (name, { others, redis }) => {
  let opened: TestDatabase;
  /** Has the sockets. */
  let laurel: TestLaurel;
  /** Is told to end sessions. */
  let teller: TestLaurel;
  let open: RawSocket[] = [];

  beforeAll(async () => {
    opened = await openTestDatabase(name === 'embedded' ? 'embedded' : 'postgres');
    const options = { database: opened.db, environment: ENVIRONMENT, ...(redis && { redisUrl }) };
    laurel = await startLaurel('postgres', options);
    teller = others ? await startLaurel('postgres', options) : laurel;
    const { bus } = laurel.app.services;
    if (redis) await eventually('the bus is up', () => bus.healthy && teller.app.services.bus.healthy);
  });
  afterEach(async () => {
    for (const { socket } of open) socket.close();
    open = [];
    await laurel.check();
  });
  afterAll(async () => {
    if (others) await teller.close();
    await laurel.close();
    await opened.dispose();
  });

  async function subscribed(tokens: Tokens, query = MESSAGES): Promise<RawSocket> {
    const socket = await openSocket(laurel.url);
    open.push(socket);
    await socket.init(bearer(tokens));
    const before = laurel.app.held().streams;
    socket.send({ type: 'subscribe', id: 's', payload: { query } });
    await eventually('the subscription is taken', () => laurel.app.held().streams > before);
    return socket;
  }

  it('loses its sockets with 4401, also where they follow what is the same for all; other sessions go on', async () => {
    const { userId, deviceToken, tokens } = await newGuest(laurel);
    const { tokens: other } = await signIn(laurel, 'signInAsGuest', { deviceToken });
    const sockets = [await subscribed(tokens), await subscribed(tokens, BOARD)];
    const kept = await subscribed(other);
    expect((await as(teller, tokens, SIGN_OUT)).data.signOut.ended).toBe(1);
    const startedAt = performance.now();
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([GONE, GONE]);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await viewerOf(laurel, tokens)).toBe('UNAUTHENTICATED SIGNED_OUT');
    expect(kept.isClosed()).toBe(false);
    kept.send({ type: 'subscribe', id: 'q', payload: { query: '{ viewer { id } }' } });
    expect((await kept.next()).payload.data).toEqual({ viewer: { id: userId } });
  });

  it('is told of on the bus, so that nobody has to look', async () => {
    const { userId, tokens } = await newGuest(laurel);
    const heard: string[] = [];
    const off = await laurel.app.services.bus.subscribe('access', 'all', (told) => heard.push(told.userId));
    await as(redis ? teller : laurel, tokens, SIGN_OUT);
    await eventually('it is heard', () => heard.includes(userId.slice(5)));
    off();
  });

  it('loses its sockets when a used refresh token is shown again', async () => {
    const { tokens } = await newGuest(laurel);
    const { tokens: second } = await signIn(laurel, 'refreshTokens', { refreshToken: tokens.refreshToken });
    const { tokens: third } = await signIn(laurel, 'refreshTokens', { refreshToken: second.refreshToken });
    const socket = await subscribed(third);
    await signIn(teller, 'refreshTokens', { refreshToken: tokens.refreshToken });
    expect(await socket.closed).toEqual(GONE);
  });

  it('by a block loses its sockets', async () => {
    const { userId, tokens } = await newGuest(laurel);
    const socket = await subscribed(tokens);
    const key = await teller.app.auth.createKey({ name: 'moderator', scopes: ['users:write'], days: null });
    const blocked = await teller.query(
      'mutation ($id: ID!) { blockUser(input: { user: { id: $id } }) { __typename } }',
      { id: userId },
      { authorization: `Bearer ${key}` },
    );
    expect(blocked.data.blockUser.__typename).toBe('BlockUserSuccess');
    expect(await socket.closed).toEqual(GONE);
  });

  it('loses its event streams', async () => {
    const { tokens } = await newGuest(laurel);
    const before = laurel.app.held().streams;
    const response = await fetch(`${laurel.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...bearer(tokens) },
      body: JSON.stringify({ query: MESSAGES }),
    });
    await eventually('the stream is attached', () => laurel.app.held().streams > before);
    await as(teller, tokens, SIGN_OUT);
    // It is cut, or ends: either way there is no more.
    await response.text().catch(() => undefined);
    await eventually('nothing is held', () => laurel.app.held().streams === before);
  });

  it('is not let in again, and is told to stop', async () => {
    const { tokens } = await newGuest(laurel);
    await as(teller, tokens, SIGN_OUT);
    await eventually('it is known here', async () => (await viewerOf(laurel, tokens)).startsWith('UNAUTHENTICATED'));
    const socket = await openSocket(laurel.url);
    socket.send({ type: 'connection_init', payload: bearer(tokens) });
    expect(await socket.closed).toEqual(GONE);
    expect(socket.received).toEqual([]);
  });

  if (others) return;

  it('hears the answer first when it signs out over its socket', async () => {
    const { tokens } = await newGuest(laurel);
    const socket = await subscribed(tokens);
    socket.send({ type: 'subscribe', id: 'out', payload: { query: SIGN_OUT } });
    expect(await socket.next()).toMatchObject({
      type: 'next',
      id: 'out',
      payload: { data: { signOut: { ended: 1 } } },
    });
    expect(await socket.closed).toEqual(GONE);
  });

  it('hears the answer whole when it signs out as one who would take an event stream', async () => {
    const { tokens } = await newGuest(laurel);
    const { data } = await laurel.query(
      SIGN_OUT,
      {},
      {
        accept: 'application/graphql-response+json, application/json, text/event-stream, multipart/mixed',
        ...bearer(tokens),
      },
    );
    expect(data.signOut.ended).toBe(1);
  });
});
