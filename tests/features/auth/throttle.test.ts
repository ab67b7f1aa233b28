import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSignInThrottle, LOCK_MS, networkOf, type SignInThrottle } from '../../../src/features/auth/throttle.ts';
import { openRedis, type RedisPair } from '../../../src/platform/redis.ts';
import { eventually } from '../../support/eventually.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../../support/laurel.ts';
import { freshInstallation, hasRedis, redisUrl } from '../../support/redis.ts';
import { signInMutation } from './support.ts';

const ANN = { account: 'ann', address: '1.2.3.4' };
const refused = { extensions: { code: 'RATE_LIMITED', limit: 5, retryAfterMs: expect.any(Number) } };
const kinds = ['in this process', ...((await hasRedis()) ? ['in Redis', 'while Redis is away'] : [])];

describe.each(kinds)('the throttle of sign-ins %s', (kind) => {
  let aheadMs = 0;
  let redis: RedisPair | null = null;
  let throttle: SignInThrottle;
  const installationId = freshInstallation();
  const clock = { now: () => Date.now() + aheadMs };

  beforeEach(async () => {
    aheadMs = 0;
    const logger = { warn: () => undefined, info: () => undefined };
    const url = kind === 'in Redis' ? redisUrl : 'redis://127.0.0.1:1';
    redis = kind === 'in this process' ? null : openRedis(url, { logger });
    if (kind === 'in Redis') await eventually('Redis is up', () => redis?.commands.up === true);
    throttle = createSignInThrottle({ clock, redis: redis?.commands ?? null, installationId });
  });
  afterEach(async () => {
    await throttle.clear(ANN);
    await redis?.close();
  });

  const fail = async (times: number, attempt = ANN) => {
    for (let time = 0; time < times; time += 1) await throttle.take(attempt);
  };

  it('lets five through and refuses the sixth, however many come at once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => throttle.take(ANN)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    await expect(throttle.take(ANN)).rejects.toMatchObject(refused);
  });

  it('counts each account and address by itself', async () => {
    await fail(5);
    const others = [
      { ...ANN, account: 'bob' },
      { ...ANN, address: '1.2.3.5' },
    ];
    for (const other of others) {
      await expect(throttle.take(other)).resolves.toBeUndefined();
      await throttle.clear(other);
    }
  });

  it('forgets failures after one that was none', async () => {
    await fail(4);
    await throttle.clear(ANN);
    await fail(5);
    await expect(throttle.take(ANN)).rejects.toMatchObject(refused);
  });

  it('says how long it lasts, and what was refused puts nothing off', async () => {
    await fail(5);
    const waits: number[] = [];
    for (let time = 0; time < 3; time += 1) {
      const error = await throttle.take(ANN).catch((thrown: unknown) => thrown);
      waits.push((error as { extensions: { retryAfterMs: number } }).extensions.retryAfterMs);
    }
    expect(waits).toEqual(waits.toSorted((a, b) => b - a));
    expect(Math.max(...waits)).toBeLessThanOrEqual(LOCK_MS);
    expect(Math.min(...waits)).toBeGreaterThan(LOCK_MS - 60_000);
  });

  if (kind === 'in Redis') {
    it('is over when its time is, however often it was tried meanwhile', async () => {
      await fail(5);
      const client = redis?.commands.client;
      const [key = ''] = (await client?.keys(`laurel:${installationId}:*`)) ?? [];
      await client?.pexpire(key, 60_000);
      await expect(throttle.take(ANN)).rejects.toMatchObject(refused);
      expect(await client?.pttl(key)).toBeLessThanOrEqual(60_000);
    });

    it('counts for all processes', async () => {
      const other = createSignInThrottle({ clock, redis: redis?.commands ?? null, installationId });
      await fail(5);
      await expect(other.take(ANN)).rejects.toMatchObject(refused);
      await other.clear(ANN);
      await expect(throttle.take(ANN)).resolves.toBeUndefined();
    });
    return;
  }

  it('is over after 15 min', async () => {
    await fail(5);
    aheadMs = LOCK_MS - 1_000;
    await expect(throttle.take(ANN)).rejects.toMatchObject(refused);
    aheadMs = LOCK_MS + 1_000;
    await expect(throttle.take(ANN)).resolves.toBeUndefined();
  });
});

it.each([
  ['1.2.3.4', '1.2.3.4'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

describe('guessing a password', () => {
  let laurel: TestLaurel;
  let aheadMs = 0;

  beforeAll(async () => {
    const environment = { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET, LAUREL_TRUST_PROXY: '1' };
    laurel = await startLaurel('embedded', { environment, clock: { now: () => Date.now() + aheadMs } });
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  it('is locked after five failures, for the right one too, known or unknown, by either name', async () => {
    const username = unique('ann');
    const email = `${username}@example.com`;
    const mutation = signInMutation('signUp');
    await laurel.query(mutation, { input: { username, email, password: 'correct horse' } });
    const attempt = async (login: string, password: string, address: string) => {
      const { data, errors } = await laurel.query(
        signInMutation('signIn'),
        { input: { login, password } },
        {
          'x-forwarded-for': `6.6.6.6, ${address}`,
        },
      );
      return errors[0]?.extensions['code'] ?? data.signIn.code ?? data.signIn.__typename;
    };
    const outcomes = async (...logins: string[]) => {
      const answers: string[] = [];
      for (const login of logins) answers.push(await attempt(login, 'another one', '1.2.3.4'));
      return answers;
    };
    const five = Array<string>(5).fill('INVALID_CREDENTIALS');
    expect(await outcomes(username, email, username.toUpperCase(), email, username, username)).toEqual([
      ...five,
      'RATE_LIMITED',
    ]);
    const nobody = unique('nobody');
    expect(await outcomes(...Array<string>(6).fill(nobody))).toEqual([...five, 'RATE_LIMITED']);
    expect(await attempt(username, 'correct horse', '1.2.3.4')).toBe('RATE_LIMITED');
    expect(await attempt(username, 'correct horse', '1.2.3.5')).toBe('SignInSuccess');
    aheadMs = LOCK_MS + 1_000;
    expect(await attempt(username, 'correct horse', '1.2.3.4')).toBe('SignInSuccess');
  });
});
