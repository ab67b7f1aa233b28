import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/client/options.ts';
import { eventually } from '../support/eventually.ts';
import { unique } from '../support/laurel.ts';
import {
  answering,
  closingFetch,
  failing,
  type Ground,
  logOf,
  newPlayer,
  openGround,
  type Run,
  startRun,
} from './ground.ts';

/** A storage whose keys a test can look at. */
function watchedStorage() {
  const kept = new Map<string, string>();
  return {
    kept,
    get: async (key: string) => kept.get(key) ?? null,
    set: async (key: string, value: string) => void kept.set(key, value),
    remove: async (key: string) => void kept.delete(key),
  };
}

async function close(run: Run): Promise<void> {
  await run.client.close();
  expect(run.timers()).toBe(0);
}

describe('events on their way to the server', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterAll(async () => {
    await ground.laurel.check();
    await ground.close();
  });

  it('count once and in order, over lost connections and restarts of the game', async () => {
    const user = { externalId: unique() };
    const storage = watchedStorage();
    const keys: string[] = [];
    await ground.line.refuse();
    const first = startRun({ url: ground.url, user, storage });
    for (let nth = 0; nth < 30; nth += 1) {
      keys.push((await first.client.record('complete_level', { level_id: nth })).idempotencyKey);
    }
    await eventually('the server was found away', () => first.errors.length > 0);
    expect(first.errors[0]?.code).toBe('NETWORK');
    await close(first);
    // The second run loses each answer on its way back, after the server has recorded.
    await ground.line.forward();
    let lost = 0;
    const second = startRun({
      url: ground.url,
      user,
      storage,
      fetchImpl: async (url, init) => {
        await closingFetch(url, init);
        lost += 1;
        throw new TypeError('fetch failed');
      },
    });
    const late = await second.client.record('complete_level', { level_id: 30 });
    keys.push(late.idempotencyKey);
    await eventually('answers were lost', () => lost > 2);
    await close(second);
    expect(await late.done).toEqual({ status: 'waiting' });
    const third = startRun({ url: ground.url, user, storage });
    await eventually('everything is answered', () => third.recorded.length === keys.length);
    await close(third);
    expect(third.recorded).toEqual(keys);
    expect(await logOf(ground, user)).toEqual({ keys, score: 31 * 20 });
    expect([...storage.kept]).toEqual([[`laurel:${ground.url}:externalId:${user.externalId}:queue`, '[31,31]']]);
  });

  it('are cut while they are sent, again and again, and count once', async () => {
    const user = { externalId: unique() };
    const run = startRun({ url: ground.url, user });
    const done: Promise<unknown>[] = [];
    for (let nth = 0; nth < 60; nth += 1) {
      done.push((await run.client.record('login')).done);
      if (nth % 7 === 0) ground.line.cut();
    }
    await Promise.all(done);
    expect(run.recorded).toHaveLength(60);
    expect(await logOf(ground, user)).toEqual({ keys: run.recorded, score: 300 });
    await close(run);
  });

  it('are sent in batches of a hundred, one at a time', async () => {
    const user = { externalId: unique() };
    const storage = memoryStorage();
    const offline = startRun({
      url: ground.url,
      user,
      storage,
      fetchImpl: () => Promise.reject(new TypeError('away')),
    });
    for (let nth = 0; nth < 250; nth += 1) await offline.client.record('login');
    await close(offline);
    const sizes: number[] = [];
    let underWay = 0;
    const online = startRun({
      url: ground.url,
      user,
      storage,
      fetchImpl: async (url, init) => {
        underWay += 1;
        expect(underWay).toBe(1);
        sizes.push(JSON.parse(init.body).variables.events.length);
        return await closingFetch(url, init).finally(() => {
          underWay -= 1;
        });
      },
    });
    await eventually('all are recorded', () => online.recorded.length === 250, 10_000);
    expect(sizes).toEqual([100, 100, 50]);
    await close(online);
  });

  it('that are refused for good are told and gone, and hold up nobody', async () => {
    const user = await newPlayer(ground);
    const storage = watchedStorage();
    let names = 0;
    // The third event has a name that is too long, for which the server refuses the whole batch.
    const uuid = () => (names++ === 2 ? 'x'.repeat(201) : `${user.externalId}-${names}`);
    const run = startRun({ url: ground.url, user, storage, uuid });
    const recorded = await Promise.all([
      run.client.record('login'),
      run.client.record('logn'),
      run.client.record('login'),
      run.client.record('complete_level', { level_id: 'one' }),
      run.client.record('login'),
    ]);
    const outcomes = await Promise.all(recorded.map(({ done }) => done));
    expect(outcomes.map((outcome) => (outcome.status === 'refused' ? outcome.refusal : outcome.status))).toEqual([
      'recorded',
      { code: 'UNKNOWN_EVENT_TYPE', message: expect.any(String), retryAfterMs: null, issues: [], suggestion: 'login' },
      { code: 'BAD_USER_INPUT', message: expect.any(String), retryAfterMs: null, issues: [], suggestion: null },
      expect.objectContaining({
        code: 'INVALID_EVENT_DETAILS',
        issues: [expect.objectContaining({ path: expect.any(String) })],
      }),
      'recorded',
    ]);
    expect(run.refused.map(({ event }) => event.type)).toEqual(
      expect.arrayContaining(['logn', 'login', 'complete_level']),
    );
    await close(run);
    expect([...storage.kept.values()]).toEqual(['[5,5]']);
    expect((await logOf(ground, user)).score).toBe(10);
  });

  it('wait as long as the server asks', async () => {
    const user = await newPlayer(ground);
    const waits: number[] = [];
    const run = startRun({
      url: ground.url,
      user,
      fetchImpl: answering([
        failing('RATE_LIMITED', { retryAfterMs: 4_321 }),
        failing('NOT_READY', { retryAfterMs: 1_000 }),
        failing('INTERNAL_SERVER_ERROR'),
        {
          data: {
            recordEvents: {
              results: [{ __typename: 'TemporarilyUnavailableError', code: 'TEMPORARILY_UNAVAILABLE', message: '' }],
            },
          },
        },
      ]),
      schedule: (wake, ms) => {
        waits.push(ms);
        const timer = setTimeout(wake, ms === 30_000 ? ms : 1);
        return () => clearTimeout(timer);
      },
    });
    const { done } = await run.client.record('login');
    expect((await done).status).toBe('recorded');
    expect(run.errors.map(({ code, stops }) => [code, stops])).toEqual([
      ['RATE_LIMITED', false],
      ['NOT_READY', false],
      ['INTERNAL_SERVER_ERROR', false],
      ['TEMPORARILY_UNAVAILABLE', false],
    ]);
    const between = waits.filter((ms) => ms !== 30_000);
    expect(between).toHaveLength(4);
    expect(between[0]).toBeGreaterThanOrEqual(4_321);
    expect(between[1]).toBeGreaterThanOrEqual(1_000);
    await run.client.close();
  });

  it('are kept when it is the operation that the server does not understand', async () => {
    const user = await newPlayer(ground);
    const mismatch = { errors: [{ message: 'Cannot query field', extensions: { code: 'BAD_USER_INPUT' } }] };
    const run = startRun({ url: ground.url, user, fetchImpl: answering([mismatch, mismatch]) });
    const { done } = await run.client.record('login');
    expect((await done).status).toBe('recorded');
    expect(run.errors.map(({ code }) => code)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT']);
    await close(run);
  });

  it('are bounded: beyond the limit the oldest is refused and told', async () => {
    const user = await newPlayer(ground);
    const storage = memoryStorage();
    const fetchImpl = () => Promise.reject(new TypeError('away'));
    const offline = startRun({
      url: ground.url,
      user,
      storage,
      fetchImpl,
      queueLimit: 3,
      schedule: () => () => undefined,
    });
    const first = await offline.client.record('login');
    await eventually('it was tried', () => offline.errors.length === 1);
    const others = [];
    for (let nth = 0; nth < 4; nth += 1) others.push(await offline.client.record('find_secret'));
    expect(await first.done).toMatchObject({ status: 'refused', refusal: { code: 'QUEUE_FULL' } });
    expect(await others[0]?.done).toMatchObject({ status: 'refused', refusal: { code: 'QUEUE_FULL' } });
    expect(offline.refused.map(({ event }) => event.idempotencyKey)).toEqual([
      first.idempotencyKey,
      others[0]?.idempotencyKey,
    ]);
    await offline.client.close();
    const online = startRun({ url: ground.url, user, storage });
    await eventually('the others are recorded', () => online.recorded.length === 3);
    expect((await logOf(ground, user)).keys).toEqual(others.slice(1).map(({ idempotencyKey }) => idempotencyKey));
    await close(online);
  });

  it('happened when they were recorded, also by a clock that is wrong', async () => {
    const user = await newPlayer(ground);
    const aDayOff = 86_400_000;
    let now = Date.now() - aDayOff;
    const run = startRun({ url: ground.url, user, now: () => now, fetchImpl: answering([failing('NOT_READY')]) });
    const { done } = await run.client.record('login');
    now += 60_000;
    await done;
    const { data } = await ground.laurel.query(
      'query ($by: UserRef!) { user(by: $by) { events { nodes { occurredAt recordedAt } } } }',
      { by: user },
    );
    const [{ occurredAt, recordedAt }] = data.user.events.nodes;
    const ago = Date.parse(recordedAt) - Date.parse(occurredAt);
    expect(ago).toBeLessThanOrEqual(61_000);
    await close(run);
  });

  it('are not taken by a storage that fails, nor after the end', async () => {
    const user = await newPlayer(ground);
    const full = { ...memoryStorage(), set: () => Promise.reject(new Error('quota')) };
    const run = startRun({ url: ground.url, user, storage: full });
    await expect(run.client.record('login')).rejects.toThrow('quota');
    await close(run);
    await expect(run.client.record('login')).rejects.toMatchObject({ code: 'CLOSED' });
    expect((await logOf(ground, user)).keys).toEqual([]);
  });
});
