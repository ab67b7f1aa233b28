import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS, type Principal } from '../../../src/features/auth/principal.ts';
import { createRates, type RateParts, type Rates } from '../../../src/features/auth/rates.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { openRedis, type RedisPair } from '../../../src/platform/redis.ts';
import { eventually } from '../../support/eventually.ts';
import { freshInstallation, hasRedis, redisUrl } from '../../support/redis.ts';

const kinds = ['in this process', ...((await hasRedis()) ? ['in Redis', 'while Redis is away'] : [])];
const LIMITS = { api: 5, events: 60, connects: 2, signIn: 3, refresh: 0 };
const refused = (limit: number) => ({ extensions: { code: 'RATE_LIMITED', limit, retryAfterMs: expect.any(Number) } });

describe.each(kinds)('rates %s', (kind) => {
  let redis: RedisPair | null = null;
  let parts: RateParts;
  let rates: Rates;

  beforeAll(async () => {
    const logger = { warn: () => undefined, info: () => undefined };
    const url = kind === 'in Redis' ? redisUrl : 'redis://127.0.0.1:1';
    redis = kind === 'in this process' ? null : openRedis(url, { logger });
    if (kind === 'in Redis') await eventually('Redis is up', () => redis?.commands.up === true);
    const installationId = freshInstallation();
    parts = { clock: systemClock, limits: LIMITS, redis: redis?.commands ?? null, installationId };
    rates = createRates(parts);
  });
  afterAll(async () => {
    if (kind === 'in Redis') {
      const keys = await redis?.commands.client.keys(`laurel:${parts.installationId}:rate:*`);
      expect(keys?.length).toBeGreaterThan(0);
      await redis?.commands.client.del(keys ?? []);
    }
    await redis?.close();
  });

  const address = () => `2001:db8:${randomUUID().slice(0, 4)}:${randomUUID().slice(0, 4)}::1`;
  const nobody = (from = address()) => ({ principal: ANONYMOUS, address: from });
  const player = (userId: string = randomUUID()) => {
    const principal: Principal = { kind: 'player', userId, sessionId: null, role: null, expiresAt: 0 };
    return { principal, address: address() };
  };

  it('let as many through as the limit says, however many come at once, and say how long to wait', async () => {
    const caller = nobody();
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => rates.take('api', caller)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    const error = await rates.take('api', caller).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(refused(5));
    const { retryAfterMs } = (error as { extensions: { retryAfterMs: number } }).extensions;
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it('count a player wherever it is, and nobody by the network of the address', async () => {
    const one = player();
    const { userId } = one.principal as { userId: string };
    for (const caller of [one, player(userId)]) await rates.take('connects', caller);
    await expect(rates.take('connects', player(userId))).rejects.toMatchObject(refused(2));
    await expect(rates.take('connects', nobody(one.address))).resolves.toBeUndefined();
    await expect(rates.take('connects', nobody(one.address.replace('::1', '::2')))).resolves.toBeUndefined();
    await expect(rates.take('connects', nobody(one.address))).rejects.toMatchObject(refused(2));
  });

  it('count who signs in by the address, whoever it is so far', async () => {
    const from = address();
    for (const caller of [nobody(from), { ...player(), address: from }, { ...player(), address: from }]) {
      await rates.take('signIn', caller);
    }
    await expect(rates.take('signIn', { ...player(), address: from })).rejects.toMatchObject(refused(3));
  });

  it('take all of a batch or none of it', async () => {
    const caller = player();
    await rates.take('events', caller, 50);
    await expect(rates.take('events', caller, 11)).rejects.toMatchObject(refused(60));
    await expect(rates.take('events', caller, 61)).rejects.toMatchObject(refused(60));
    await rates.take('events', caller, 10);
    await expect(rates.take('events', caller)).rejects.toMatchObject(refused(60));
  });

  it('say what is left', async () => {
    const caller = nobody();
    expect(await rates.read('api', caller)).toMatchObject({ limit: 5, remaining: 5 });
    await rates.take('api', caller);
    await rates.take('api', caller);
    const state = await rates.read('api', caller);
    expect(state).toMatchObject({ limit: 5, remaining: 3 });
    expect(state?.resetAt.getTime()).toBeGreaterThan(Date.now());
    expect(state?.resetAt.getTime()).toBeLessThanOrEqual(Date.now() + 60_000);
    expect(await rates.read('refresh', caller)).toBeNull();
  });

  it('count neither keys nor admins, nor what has no limit', async () => {
    const key: Principal = {
      kind: 'key',
      keyId: randomUUID(),
      scopes: ['events:write'],
      expiresAt: null,
      eventsPerMinute: null,
      trust: 'normal',
    };
    for (const principal of [key, { kind: 'admin' } as const]) {
      const caller = { principal, address: address() };
      for (let time = 0; time < 10; time += 1) await rates.take('api', caller);
      expect(await rates.read('api', caller)).toBeNull();
    }
    const caller = nobody();
    for (let time = 0; time < 100; time += 1) await rates.take('refresh', caller);
  });

  it('begin anew once the minute is over', async () => {
    const brief = createRates({ ...parts, limits: { ...LIMITS, api: 1 }, windowSeconds: 1 });
    const caller = nobody();
    await brief.take('api', caller);
    await eventually('there is one again', () =>
      brief.take('api', caller).then(
        () => true,
        () => false,
      ),
    );
  });

  if (kind === 'in Redis') {
    it('count for all processes', async () => {
      const caller = nobody();
      const other = createRates(parts);
      for (const each of [rates, other, rates, other, rates]) await each.take('api', caller);
      await expect(other.take('api', caller)).rejects.toMatchObject(refused(5));
    });
  }
});
