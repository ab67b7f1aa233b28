import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Principal } from '../../src/features/auth/principal.ts';
import { sql } from '../../src/platform/sql.ts';
import { openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { eventually, settle } from '../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../support/laurel.ts';
import { startEdge } from './edge.ts';
import { type GatedDatabase, gateDatabase } from './gated-database.ts';
import { openSocket, type RawSocket } from './raw-socket.ts';

const RECORD = `mutation ($input: RecordEventInput!) {
  recordEvent(input: $input) { ... on RecordEventSuccess { user { id score } } }
}`;
const PROGRESS = 'subscription ($user: UserRef) { userProgressed(user: $user) { score } }';
const MINUTE_MS = 60_000;

let opened: TestDatabase;
let gate: GatedDatabase;
let aheadMs = 0;
let laurel: TestLaurel;
let game: string;
let open: RawSocket[] = [];

beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  gate = gateDatabase(opened.db);
});
beforeEach(async () => {
  aheadMs = 0;
  laurel = await startLaurel('embedded', {
    database: gate.database,
    environment: { LAUREL_AUTH: 'on' },
    clock: { now: () => Date.now() + aheadMs },
  });
  game = `Bearer ${await laurel.app.auth.createKey({ name: 'game', scopes: ['events:write', 'events:read'], days: null })}`;
});
afterEach(async () => {
  for (const { socket } of open) socket.close();
  open = [];
  await laurel.check();
  await laurel.close();
});
afterAll(() => opened.dispose());

async function connect(headers: Record<string, string> = {}): Promise<RawSocket> {
  const socket = await openSocket(laurel.url, { headers });
  open.push(socket);
  return socket;
}

async function login(externalId: string) {
  const { data } = await laurel.query(
    RECORD,
    { input: { user: { externalId }, type: 'login' } },
    { authorization: game },
  );
  return data.recordEvent.user;
}

/** A key of its own with a live subscription on a socket. */
async function subscribed(): Promise<{ socket: RawSocket; player: string; revoke: () => Promise<unknown> }> {
  const player = unique();
  const name = unique('key');
  await login(player);
  const key = await laurel.app.auth.createKey({ name, scopes: ['events:read'], days: null });
  const socket = await connect();
  await socket.init({ authorization: `Bearer ${key}` });
  socket.send({
    type: 'subscribe',
    id: 's',
    payload: { query: PROGRESS, variables: { user: { externalId: player } } },
  });
  await eventually('the subscription is taken', () => laurel.app.held().listeners > 0);
  const revoke = () => opened.db.query(sql`update api_keys set revoked_at = now() where name = ${name}`);
  return { socket, player, revoke };
}

describe('a credential at the start', () => {
  it.each([
    'Bearer nonsense',
    'Bearer lk_development_0190a0a0a0a07000800000000000000a_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    'Basic dXNlcjpwYXNz',
    'nonsense',
  ])('that does not verify closes with 4403: %s', async (authorization) => {
    const socket = await connect();
    socket.send({ type: 'connection_init', payload: { authorization } });
    expect(await socket.closed).toEqual({ code: 4403, reason: 'Forbidden' });
    expect(socket.received).toEqual([]);
  });

  it('may come with the upgrade, and that of connection_init goes before it', async () => {
    const { id } = await login(unique());
    const token = await laurel.app.auth.createToken(id.replace('user_', ''));
    const viewer = async (socket: RawSocket, payload: object) => {
      await socket.init(payload);
      socket.send({ type: 'subscribe', id: '1', payload: { query: '{ viewer { id } }' } });
      return (await socket.next()).payload.data.viewer;
    };
    expect(await viewer(await connect({ authorization: `Bearer ${token}` }), {})).toEqual({ id });
    expect(await viewer(await connect({ authorization: game }), { authorization: `Bearer ${token}` })).toEqual({ id });
    expect(await viewer(await connect({ authorization: `Bearer ${token}` }), { authorization: game })).toBeNull();
  });

  it('may be absent: what needs one is refused, and the socket lives', async () => {
    const socket = await connect();
    await socket.init();
    socket.send({ type: 'subscribe', id: '1', payload: { query: PROGRESS, variables: { user: { externalId: 'a' } } } });
    expect((await socket.next()).payload.errors[0].extensions.code).toBe('UNAUTHENTICATED');
    expect((await socket.next()).type).toBe('complete');
    await settle(10);
    socket.send({ type: 'subscribe', id: '1', payload: { query: '{ catalog { version } }' } });
    expect((await socket.next()).payload.data).toEqual({ catalog: { version: 1 } });
  });

  it('that cannot be checked at this moment closes with 1013, after which clients come back', async () => {
    const { url, edge } = await startEdge({ authenticate: () => Promise.reject(new Error('the database is away')) });
    const socket = await openSocket(url);
    socket.send({ type: 'connection_init', payload: { authorization: 'Bearer a' } });
    expect(await socket.closed).toEqual({ code: 1013, reason: 'Try again later' });
    await edge.close();
  });

  it('leaves no timer when the client went away while it was checked', async () => {
    const checked = Promise.withResolvers<Principal>();
    const asked = Promise.withResolvers<void>();
    const { url, edge } = await startEdge({
      authenticate: () => {
        asked.resolve();
        return checked.promise;
      },
    });
    const socket = await openSocket(url);
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    socket.send({ type: 'connection_init', payload: { authorization: 'Bearer a' } });
    await asked.promise;
    socket.socket.terminate();
    await eventually('the socket is gone', () => edge.sockets() === 0);
    await settle();
    const before = timers();
    checked.resolve({ kind: 'player', userId: 'a', sessionId: null, role: null, expiresAt: Date.now() + MINUTE_MS });
    await settle(10);
    expect(timers()).toBe(before);
    await edge.close();
  });
});

it('leaves no timer when its socket is closed', async () => {
  const recheckMs = 54_321;
  const rechecks = vi.spyOn(globalThis, 'setInterval');
  const cleared = vi.spyOn(globalThis, 'clearInterval');
  const quota = { eventsPerMinute: null, trust: 'normal' } as const;
  const principal: Principal = { kind: 'key', keyId: 'a', scopes: [], expiresAt: null, ...quota };
  const { url, edge } = await startEdge({ figures: { recheckMs }, authenticate: async () => principal });
  const { socket, init } = await openSocket(url);
  await init({ authorization: 'Bearer a' });
  const at = rechecks.mock.calls.findIndex(([, ms]) => ms === recheckMs);
  const timer = rechecks.mock.results[at]?.value;
  expect(timer).toBeDefined();
  socket.terminate();
  await eventually('the look at the key is called off', () => cleared.mock.calls.some(([given]) => given === timer));
  vi.restoreAllMocks();
  await edge.close();
});

describe('a credential that no longer verifies', () => {
  it('closes with 4403 at the moment a token expires', async () => {
    const { id } = await login(unique());
    const token = await laurel.app.auth.createToken(id.replace('user_', ''));
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const leftMs = 300;
    aheadMs = exp * 1_000 - leftMs - Date.now();
    const socket = await connect();
    await socket.init({ authorization: `Bearer ${token}` });
    socket.send({ type: 'subscribe', id: 's', payload: { query: PROGRESS } });
    await eventually('the subscription is taken', () => laurel.app.held().listeners > 0);
    const startedAt = performance.now();
    expect(await socket.closed).toEqual({ code: 4403, reason: 'Token expired' });
    expect(performance.now() - startedAt).toBeLessThan(leftMs + 2_000);
    expect(Date.now() + aheadMs).toBeGreaterThanOrEqual(exp * 1_000 - 1);
    await eventually('nothing is held', () => laurel.app.held().listeners === 0);
  });

  it('ends a subscription at the next event, with an error, and closes with 4401', async () => {
    // Nothing looks again by itself.
    vi.useFakeTimers({ toFake: ['setInterval'] });
    const { socket, player, revoke } = await subscribed().finally(() => vi.useRealTimers());
    await login(player);
    expect(await socket.next()).toMatchObject({ type: 'next', payload: { data: { userProgressed: { score: 10 } } } });
    await revoke();
    aheadMs += 2_000;
    await login(player);
    expect(await socket.next()).toEqual({
      type: 'error',
      id: 's',
      payload: [
        {
          message: 'This key was revoked',
          extensions: { code: 'UNAUTHENTICATED', reason: 'REVOKED', requestId: expect.any(String) },
        },
      ],
    });
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Signed out' });
    await eventually('nothing is held', () => laurel.app.held().listeners === 0);
  });

  it('closes an idle socket within 5 s of the revoking', async () => {
    const { socket, revoke } = await subscribed();
    await revoke();
    const startedAt = performance.now();
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Signed out' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await eventually('nothing is held', () => laurel.app.held().listeners === 0);
  });

  it('answers an operation with its error and closes with 4401', async () => {
    const { socket, revoke } = await subscribed();
    await revoke();
    aheadMs += 2_000;
    socket.send({ type: 'subscribe', id: 'q', payload: { query: '{ users { totalCount } }' } });
    expect(await socket.next()).toMatchObject({
      type: 'error',
      id: 'q',
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect((await socket.closed).code).toBe(4401);
  });
});

describe('while an event is being rendered', () => {
  it.each<[string, (socket: RawSocket) => void]>([
    ['unsubscribing', (socket) => socket.send({ type: 'complete', id: 's' })],
    ['closing', ({ socket }) => socket.close()],
    ['vanishing', ({ socket }) => socket.terminate()],
  ])('%s releases all at once', async (_name, leave) => {
    const { socket, player } = await subscribed();
    await login(player);
    await socket.next();
    // The key is looked up again for the next event, and that waits.
    aheadMs += 2_000;
    const user = sql`select id from users where external_id = ${player}`;
    const [{ id } = { id: '' }] = await opened.db.query<{ id: string }>(user);
    const release = gate.hold('auth.read_key');
    try {
      laurel.app.services.bus.publish('progress', id, { levelUp: null });
      await eventually('the event is being rendered', () => gate.held() > 0);
      leave(socket);
      await eventually('nothing is listened to', () => laurel.app.held().listeners === 0);
    } finally {
      release();
    }
    await eventually('what waited went on', () => gate.held() === 0);
  });
});
