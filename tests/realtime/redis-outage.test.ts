import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultRedisFigures, reconnectDelayMs } from '../../src/platform/redis-connection.ts';
import { eventually, settle } from '../support/eventually.ts';
import { hasRedis } from '../support/redis.ts';
import { createFakeSchedule } from './fake-schedule.ts';
import { openRedisGround, printedSeed, quickFigures, type RedisGround, seeded } from './redis-ground.ts';

const available = await hasRedis();

test('the pause before the next attempt grows, is never the same for all, and never exceeds 2 s', () => {
  const least = [1, 2, 3, 4, 5, 6, 7, 1_000].map((attempt) => reconnectDelayMs(attempt, 2_000, () => 0));
  const most = [1, 2, 3, 4, 5, 6, 7, 1_000].map((attempt) => reconnectDelayMs(attempt, 2_000, () => 1 - 2 ** -53));
  expect(least).toEqual([50, 100, 200, 400, 800, 1_000, 1_000, 1_000]);
  expect(most).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
});

describe.runIf(available)('when Redis goes away', () => {
  let ground: RedisGround;

  beforeEach(() => {
    ground = openRedisGround();
  });
  afterEach(() => ground.close());

  test('absent at the start: subscribe resolves at once, own messages arrive, and all is well after it came', async () => {
    const lone = await ground.start({ refused: true });
    const heard: unknown[] = [];
    let recoveries = 0;
    lone.bus.onRecovered(() => {
      recoveries += 1;
    });
    let off: (() => void) | null = null;
    void lone.bus
      .subscribe('notification', 'ada', (payload) => heard.push(payload))
      .then((end) => {
        off = end;
      });
    await settle(1);
    expect(off).not.toBe(null);
    expect([lone.bus.size(), lone.bus.healthy]).toEqual([1, false]);
    lone.bus.publish('notification', 'ada', { seq: 1 });
    await settle(1);
    expect(heard).toEqual([{ seq: 1 }]);

    await eventually('it is reported', () => lone.log.warnings.length === 2);
    await lone.proxy.forward();
    await eventually('it is healthy', () => lone.bus.healthy);
    expect(recoveries).toBe(1);
    expect(lone.log.warnings).toEqual(['redis is away', 'redis is away']);
    await ground.admin.publish(`laurel:${ground.installationId}:notification:ada`, '{"seq":2}');
    await eventually('it hears others', () => heard.length > 1);
    expect(heard).toEqual([{ seq: 1 }, { seq: 2 }]);
    (off as (() => void) | null)?.();
  });

  test('cut: it says so, then hears every key again before it says that it recovered', async () => {
    const [near, far] = await Promise.all([ground.start(), ground.start()]);
    const heard = new Set<string>();
    const keys = Array.from({ length: 2_500 }, (_, at) => `user ${at}`);
    const offs = await Promise.all(
      keys.map((key) => near.bus.subscribe('notification', key, ({ seq }) => heard.add(`${key} ${seq}`))),
    );
    expect((await ground.channels()).length).toBe(keys.length);
    let atRecovery: Promise<string[]> | null = null;
    near.bus.onRecovered(() => {
      expect(near.bus.healthy).toBe(true);
      atRecovery = ground.channels();
    });
    near.proxy.cut();
    await eventually('it says unhealthy', () => !near.bus.healthy);
    await eventually('it recovered', () => atRecovery !== null);
    expect((await (atRecovery as Promise<string[]> | null))?.length).toBe(keys.length);
    for (const key of keys) far.bus.publish('notification', key, { seq: 1 });
    await eventually('all keys are heard', () => heard.size === keys.length);
    for (const off of offs) off();
    await eventually('redis forgot them', async () => (await ground.channels()).length === 0);
  });

  test('what is ended while Redis is away is not subscribed again', async () => {
    const near = await ground.start();
    const [off, keep] = await Promise.all([
      near.bus.subscribe('notification', 'ada', () => {}),
      near.bus.subscribe('notification', 'bob', () => {}),
    ]);
    await near.proxy.refuse();
    await eventually('it says unhealthy', () => !near.bus.healthy);
    off?.();
    const late = await near.bus.subscribe('notification', 'cyd', () => {});
    await near.proxy.forward();
    await eventually('it is healthy', () => near.bus.healthy);
    expect((await ground.channels()).map((channel) => channel.split(':').at(-1)).sort()).toEqual(['bob', 'cyd']);
    keep?.();
    late();
  });

  test('killed while subscribing, 30 times: no subscribe hangs or rejects, and in the end all are heard', async () => {
    const random = seeded(printedSeed('killed while subscribing'));
    const near = await ground.start();
    const far = await ground.start();
    const heard = new Set<string>();
    const offs: (() => void)[] = [];
    const keys: string[] = [];
    for (let round = 0; round < 30; round += 1) {
      const opening = Array.from({ length: 20 }, (_, at) => {
        const key = `user ${round}.${at}`;
        keys.push(key);
        return near.bus.subscribe('notification', key, () => heard.add(key));
      });
      await settle(Math.trunc(random() * 6));
      if (random() < 0.3) {
        await near.proxy.refuse();
        await near.proxy.forward();
      } else near.proxy.cut();
      offs.push(...(await Promise.all(opening)));
      if (random() < 0.5) await eventually('it is healthy', () => near.bus.healthy);
    }
    // Healthy may be said a moment before the last cut is noticed: the channels at the broker tell.
    const isWhole = async () => near.bus.healthy && (await ground.channels()).length === keys.length;
    await eventually('it is healthy, each channel once', isWhole);
    for (const key of keys) far.bus.publish('notification', key, { seq: 1 });
    await eventually('all are heard', () => heard.size === keys.length);
    for (const off of offs) off();
    await eventually('redis forgot them', async () => (await ground.channels()).length === 0);
  });

  test('half-open, with the default figures: noticed 5 s after the last answered PING, no sooner', async () => {
    const time = createFakeSchedule();
    const near = await ground.start({ figures: {}, schedule: time.schedule });
    expect(defaultRedisFigures.heartbeatMs + defaultRedisFigures.deadlineMs).toBeLessThan(8_000);
    near.proxy.freeze();
    await time.advance(4_999);
    expect([near.bus.healthy, near.redis.commands.up]).toEqual([true, true]);
    await time.advance(1);
    expect([near.bus.healthy, near.redis.commands.up]).toEqual([false, false]);
    await near.proxy.forward();
    await eventually('it is healthy', () => near.redis.healthy && near.bus.healthy);
    const closed = near.bus.close();
    await eventually('its connections end', () => near.proxy.connections === 0);
    await time.advance(1_000);
    await closed;
    expect(time.timers).toBe(0);
  });

  test('a PING that is answered keeps the connection, beat after beat', async () => {
    const time = createFakeSchedule();
    const near = await ground.start({ figures: {}, schedule: time.schedule });
    for (let beat = 0; beat < 10; beat += 1) {
      await time.advance(3_000);
      await eventually('both PINGs are answered', () => time.nextInMs === 3_000);
    }
    expect([near.proxy.accepted, near.redis.healthy, near.log.warnings]).toEqual([2, true, []]);
    const closed = near.bus.close();
    await eventually('its connections end', () => near.proxy.connections === 0);
    await time.advance(1_000);
    await closed;
  });

  test('half-open: it goes on trying while connections open and stay mute, and recovers by itself', async () => {
    const [near, far] = await Promise.all([ground.start(), ground.start()]);
    const heard: number[] = [];
    const off = await near.bus.subscribe('notification', 'ada', ({ seq }) => heard.push(seq));
    near.proxy.freeze();
    let attempts = 0;
    near.redis.subscriber.client.on('connect', () => {
      attempts += 1;
    });
    await eventually('it is noticed', () => !near.bus.healthy);
    await eventually('it tries', () => attempts === 1, 1_900);
    await eventually('it tries again, and again', () => attempts === 3);
    expect(near.bus.healthy).toBe(false);
    const late = near.bus.subscribe('notification', 'bob', ({ seq }) => heard.push(seq));
    (await late)();
    await near.proxy.forward();
    await eventually('it is healthy', () => near.bus.healthy);
    far.bus.publish('notification', 'ada', { seq: 1 });
    await eventually('it hears', () => heard.length > 0);
    off();
  });

  test('a subscribe caught by a half-open line resolves when that is noticed', async () => {
    const near = await ground.start();
    near.proxy.freeze();
    const off = await near.bus.subscribe('notification', 'ada', () => {});
    expect(near.bus.healthy).toBe(false);
    off();
    await near.proxy.forward();
  });

  test('publishing into a half-open or absent line neither throws nor queues; own listeners hear it', async () => {
    const near = await ground.start();
    const heard = new Set<number>();
    const off = await near.bus.subscribe('notification', 'ada', ({ seq }) => heard.add(seq));
    near.proxy.freeze();
    for (let seq = 1; seq <= 100; seq += 1) near.bus.publish('notification', 'ada', { seq });
    await eventually('it is noticed', () => !near.redis.commands.up);
    for (let seq = 101; seq <= 200; seq += 1) near.bus.publish('notification', 'ada', { seq });
    await eventually('all were delivered here', () => heard.size === 200);
    expect(near.log.warnings.filter((warning) => warning === 'messages are not sent').length).toBe(1);
    let strays = 0;
    await near.proxy.forward();
    await eventually('it is healthy', () => near.redis.healthy && near.bus.healthy);
    const spy = await near.bus.subscribe('notification', 'ada', () => {
      strays += 1;
    });
    near.bus.publish('notification', 'ada', { seq: 201 });
    await eventually('the next one is heard', () => heard.has(201));
    expect(strays).toBe(1);
    off();
    spy();
  });

  test('with the subscriber alone away, own messages are sent to the others and delivered here', async () => {
    const [near, far] = await Promise.all([ground.start(), ground.start()]);
    const heard: string[] = [];
    const offs = [
      await near.bus.subscribe('notification', 'ada', ({ seq }) => heard.push(`near ${seq}`)),
      await far.bus.subscribe('notification', 'ada', ({ seq }) => heard.push(`far ${seq}`)),
    ];
    near.redis.subscriber.client.disconnect(true);
    await eventually('the subscriber is down', () => !near.redis.subscriber.up);
    near.bus.publish('notification', 'ada', { seq: 1 });
    await settle(1);
    expect(heard).toContain('near 1');
    await eventually('the other hears', () => heard.includes('far 1'));
    for (const off of offs) off();
  });

  test('a command fails at once while Redis is away, and when the connection breaks under it', async () => {
    const near = await ground.start({ figures: { ...quickFigures, commandTimeoutMs: 60_000, deadlineMs: 60_000 } });
    near.proxy.freeze();
    const caught = near.redis.commands.client.get('x').catch((error: Error) => error.name);
    near.proxy.cut();
    expect(await caught).toBe('MaxRetriesPerRequestError');
    await eventually('it is down', () => !near.redis.commands.up);
    await expect(near.redis.commands.client.get('x')).rejects.toThrow("Stream isn't writeable");
    await near.proxy.forward();
  });

  test('closing leaves nothing behind, whatever the connection is doing, 40 times', async () => {
    const random = seeded(printedSeed('closing'));
    for (let round = 0; round < 40; round += 1) {
      const near = await ground.start({ refused: random() < 0.3 });
      const opening = [1, 2, 3].map((key) => near.bus.subscribe('notification', `user ${key}`, () => {}));
      const act = Math.trunc(random() * 5);
      if (act === 0) near.proxy.cut();
      if (act === 1) near.proxy.freeze();
      if (act === 2) await near.proxy.refuse();
      if (act === 3) await near.proxy.forward();
      await settle(Math.trunc(random() * 40));
      near.bus.publish('notification', 'user 1', { seq: 1 });
      await near.bus.close();
      for (const off of await Promise.all(opening)) off();
      expect(near.bus.healthy).toBe(false);
      if (act === 1) await near.proxy.close();
    }
  });
});
