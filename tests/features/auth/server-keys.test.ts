import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSocket } from '../../http/raw-socket.ts';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../../support/laurel.ts';
import { hasRedis, redisUrl } from '../../support/redis.ts';
import { dumped } from './support.ts';

const MINUTE_MS = 60_000;
const CREATE = `mutation ($input: CreateServerKeyInput!) { createServerKey(input: $input) {
  ... on CreateServerKeySuccess { secret key { id name scopes environment eventsPerMinute trust lastUsedAt revokedAt } } } }`;
const ROTATE = `mutation ($input: RotateServerKeyInput!) { rotateServerKey(input: $input) {
  __typename ... on RotateServerKeySuccess { secret key { id previousUntil } } ... on Error { code } } }`;
const REVOKE = `mutation ($input: RevokeServerKeyInput!) { revokeServerKey(input: $input) {
  __typename ... on RevokeServerKeySuccess { key { id revokedAt } } ... on Error { code } } }`;
const RECORD =
  'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded results { ... on Error { code } } } }';
const LIST = '{ serverKeys(first: 100) { nodes { id lastUsedAt } } }';

const withRedis = await hasRedis();
const modes: [string, boolean][] = [
  ...backends().map((backend): [string, boolean] => [backend, false]),
  ...(backends().includes('postgres') && withRedis ? [['postgres with Redis', true] as [string, boolean]] : []),
];

describe.each(modes)('server keys on %s', (name, redis) => {
  let laurel: TestLaurel;
  let admin: { authorization: string };
  let aheadMs = 0;

  beforeAll(async () => {
    laurel = await startLaurel(name === 'embedded' ? 'embedded' : 'postgres', {
      environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET },
      clock: { now: () => Date.now() + aheadMs },
      ...(redis && { redisUrl }),
    });
    const { bus } = laurel.app.services;
    if (redis) await eventually('the bus is up', () => bus.healthy);
    const key = await laurel.app.auth.createKey({ name: 'root', scopes: ['admin'], days: null });
    admin = { authorization: `Bearer ${key}` };
  });
  beforeEach(() => {
    aheadMs = 0;
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const make = async (input: object = {}): Promise<{ id: string; secret: string }> => {
    const wanted = { name: unique('key'), scopes: ['events:write', 'events:read'], ...input };
    const { data, errors } = await laurel.query(CREATE, { input: wanted }, admin);
    expect(errors).toEqual([]);
    const { key, secret } = data.createServerKey;
    return { id: key.id, secret };
  };
  const rotate = async (input: object) => (await laurel.query(ROTATE, { input }, admin)).data.rotateServerKey;
  const revoke = async (key: string) => (await laurel.query(REVOKE, { input: { key } }, admin)).data.revokeServerKey;
  /** What a key is told. */
  const toldTo = async (secret: string) => {
    const { errors } = await laurel.query('{ users { totalCount } }', {}, { authorization: `Bearer ${secret}` });
    const { code, reason } = errors[0]?.extensions ?? {};
    return errors.length === 0 ? 'data' : [code, reason].filter(Boolean).join(' ');
  };

  it('are made by admins, and their secret is nowhere but in the answer', async () => {
    const input = { name: 'game', scopes: ['events:write', 'events:write'], eventsPerMinute: 9, trust: 'HIGH' };
    const { key, secret } = (await laurel.query(CREATE, { input }, admin)).data.createServerKey;
    expect(key).toEqual({
      id: expect.stringMatching(/^serverKey_/),
      name: 'game',
      scopes: ['events:write'],
      environment: 'development',
      eventsPerMinute: 9,
      trust: 'HIGH',
      lastUsedAt: null,
      revokedAt: null,
    });
    const { secret: next } = await rotate({ key: key.id });
    const { data: listed } = await laurel.query('{ serverKeys(first: 100) { nodes { name trust } } }', {}, admin);
    // The one of the command line took what is usual.
    expect(listed.serverKeys.nodes).toEqual(
      expect.arrayContaining([
        { name: 'game', trust: 'HIGH' },
        { name: 'root', trust: 'NORMAL' },
      ]),
    );
    const stored = await dumped(laurel);
    for (const one of [secret, next]) {
      const random = one.split('_').slice(3).join('_');
      expect(random).toHaveLength(43);
      expect(stored).not.toContain(random);
      expect(stored).not.toContain(Buffer.from(random).toString('hex'));
    }
  });

  it.each([
    [{ name: '' }, 'The name of a key has 1 to 100 characters'],
    [{ name: 'a\u0000' }, 'The name of a key holds a NUL character, which the database cannot keep'],
    [{ scopes: [] }, /^A key needs at least one scope/],
    [{ scopes: ['all'] }, /^Unknown scope all/],
    [{ days: 0 }, 'A key lives 1 to 3650 days'],
    [{ eventsPerMinute: 0 }, /^A key may have 1 to/],
  ])('are not made of %j', async (input, message) => {
    const { errors } = await laurel.query(CREATE, { input: { name: 'a', scopes: ['admin'], ...input } }, admin);
    expect(errors).toMatchObject([{ message: expect.stringMatching(message), extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  it('are good with both secrets while they overlap, then with the new one alone', async () => {
    const { id, secret } = await make();
    const { secret: next, key } = await rotate({ key: id, overlapSeconds: 60 });
    expect(Date.parse(key.previousUntil)).toBeGreaterThan(Date.now());
    expect([await toldTo(secret), await toldTo(next)]).toEqual(['data', 'data']);
    aheadMs = MINUTE_MS + 1_000;
    expect([await toldTo(secret), await toldTo(next)]).toEqual(['UNAUTHENTICATED REVOKED', 'data']);
    const { secret: last } = await rotate({ key: id });
    expect([await toldTo(next), await toldTo(last)]).toEqual(['UNAUTHENTICATED REVOKED', 'data']);
    // The one before the one before was never told so: it is as unknown as any.
    expect(await toldTo(secret)).toBe('UNAUTHENTICATED');
  });

  it('are refused at once when they are revoked, and cannot be rotated any more', async () => {
    const { id, secret } = await make();
    expect(await toldTo(secret)).toBe('data');
    const { key } = await revoke(id);
    expect(await toldTo(secret)).toBe('UNAUTHENTICATED REVOKED');
    expect(await revoke(id)).toEqual({ __typename: 'RevokeServerKeySuccess', key });
    expect(await rotate({ key: id })).toEqual({ __typename: 'ServerKeyEndedError', code: 'SERVER_KEY_ENDED' });
    expect(await rotate({ key: id.replace(/.{12}$/, '000000000000') })).toMatchObject({ code: 'SERVER_KEY_NOT_FOUND' });
  });

  it.each(['revoked', 'rotated'])('have their open sockets closed with 4401 when they are %s', async (how) => {
    const { id, secret } = await make();
    const { socket, init, send, closed } = await openSocket(laurel.url);
    // Nothing looks again by itself: the message closes it.
    vi.useFakeTimers({ toFake: ['setInterval'] });
    await init({ authorization: `Bearer ${secret}` }).finally(() => vi.useRealTimers());
    send({ type: 'subscribe', id: 's', payload: { query: 'subscription { eventRecorded { id } }' } });
    await eventually('the subscription is taken', () => laurel.app.held().listeners > 0);
    if (how === 'revoked') await revoke(id);
    else await rotate({ key: id });
    expect(await closed).toEqual({ code: 4401, reason: 'Signed out' });
    socket.terminate();
  });

  it('show when they were used last, written at most once a minute', async () => {
    const { id, secret } = await make();
    const used = async (): Promise<string | null> => {
      const { nodes } = (await laurel.query(LIST, {}, admin)).data.serverKeys;
      return nodes.find((node: { id: string }) => node.id === id).lastUsedAt;
    };
    expect(await used()).toBeNull();
    await toldTo(secret);
    await eventually('the use is noted', async () => (await used()) !== null);
    const first = await used();
    aheadMs = 30_000;
    await toldTo(secret);
    await laurel.check();
    expect(await used()).toBe(first);
    aheadMs = MINUTE_MS + 1_000;
    await toldTo(secret);
    await eventually('the next use is noted', async () => (await used()) !== first);
  });

  it('have a quota of events a minute, and a batch beyond it records nothing', async () => {
    const { secret } = await make({ eventsPerMinute: 3 });
    const user = { externalId: unique() };
    const record = (count: number) => {
      const events = Array.from({ length: count }, () => ({ user, type: 'login' }));
      return laurel.query(RECORD, { input: { events } }, { authorization: `Bearer ${secret}` });
    };
    expect((await record(2)).data.recordEvents.recorded).toBe(2);
    const { data, errors } = await record(2);
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', limit: 3 } }]);
    const retryAfterMs = Number(errors[0]?.extensions['retryAfterMs']);
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(MINUTE_MS);
    expect((await record(1)).data.recordEvents.recorded).toBe(1);
    expect((await record(4)).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    const score = await laurel.query(
      'query ($user: UserRef!) { user(by: $user) { score } }',
      { user },
      { authorization: `Bearer ${secret}` },
    );
    expect(score.data.user.score).toBe(15);
    if (redis) return;
    // A minute of Redis passes by itself alone.
    aheadMs = MINUTE_MS + 1_000;
    expect((await record(3)).data.recordEvents.recorded).toBe(3);
  });
});
