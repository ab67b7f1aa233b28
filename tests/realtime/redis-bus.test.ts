import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openRedis } from '../../src/platform/redis.ts';
import { createRedisBus } from '../../src/realtime/redis-bus.ts';
import { eventually, settle } from '../support/eventually.ts';
import { hasRedis, redisUrl } from '../support/redis.ts';
import { createQuietLog } from './quiet-log.ts';
import { openRedisGround, type Process, printedSeed, quickFigures, type RedisGround, seeded } from './redis-ground.ts';

const available = await hasRedis();

describe.runIf(available)('the redis bus', () => {
  let ground: RedisGround;
  let near: Process;

  beforeEach(async () => {
    ground = openRedisGround();
    near = await ground.start();
  });
  afterEach(() => ground.close());

  const channelOf = (topic: string, key: string) => `laurel:${ground.installationId}:${topic}:${key}`;
  const subscribers = async (channel: string) => Number((await ground.admin.pubsub('NUMSUB', channel))[1]);

  test('holds one subscription of Redis for all listeners of a key, until the last one ends', async () => {
    const channel = channelOf('notification', 'ada');
    const offs = await Promise.all(
      Array.from({ length: 10 }, () => near.bus.subscribe('notification', 'ada', () => {})),
    );
    expect(await ground.channels()).toEqual([channel]);
    expect(await subscribers(channel)).toBe(1);
    for (const off of offs.slice(1)) off();
    await settle(20);
    expect(await subscribers(channel)).toBe(1);
    offs[0]?.();
    await eventually('redis forgot the channel', async () => (await ground.channels()).length === 0);
  });

  test('subscribe resolves after the acknowledgement: Redis knows the channel by then', async () => {
    for (let round = 0; round < 50; round += 1) {
      const off = await near.bus.subscribe('notification', `user ${round}`, () => {});
      expect(await subscribers(channelOf('notification', `user ${round}`))).toBe(1);
      off();
    }
  });

  test('two listeners that come together both wait for the acknowledgement', async () => {
    const first = near.bus.subscribe('notification', 'ada', () => {});
    const second = near.bus.subscribe('notification', 'ada', () => {});
    const off = await second;
    expect(await subscribers(channelOf('notification', 'ada'))).toBe(1);
    off();
    (await first)();
  });

  test('subscribing and ending one key at random leaves Redis with what is wanted', async () => {
    const random = seeded(printedSeed('redis-bus interleaving'));
    const channel = channelOf('notification', 'ada');
    const open: Promise<() => void>[] = [];
    for (let round = 0; round < 300; round += 1) {
      if (random() < 0.5 || open.length === 0) open.push(near.bus.subscribe('notification', 'ada', () => {}));
      else {
        const [opening] = open.splice(Math.trunc(random() * open.length), 1);
        if (random() < 0.5) void opening?.then((off) => off());
        else (await opening)?.();
      }
      if (random() < 0.2) await settle(Math.trunc(random() * 3));
    }
    const heard: number[] = [];
    open.push(near.bus.subscribe('notification', 'ada', ({ seq }) => heard.push(seq)));
    const offs = await Promise.all(open);
    await eventually('one subscription', async () => (await subscribers(channel)) === 1);
    await ground.admin.publish(channel, '{"seq":7}');
    await eventually('it hears', () => heard.length > 0);
    expect(heard).toEqual([7]);
    for (const off of offs) off();
    await eventually('no subscription', async () => (await subscribers(channel)) === 0);
  });

  test('drops what is no payload of the topic, with a log line, and hears what follows', async () => {
    const channel = channelOf('notification', 'ada');
    const heard: unknown[] = [];
    const off = await near.bus.subscribe('notification', 'ada', (payload) => heard.push(payload));
    const malformed = ['', 'x', 'null', '7', '[]', '{}', '{"seq":"1"}', '{"seq":1.5}', '{"seq":null}', '{"seq":1'];
    for (const message of malformed) await ground.admin.publish(channel, message);
    await ground.admin.publish(channel, '{"seq":1}');
    await eventually('the good one is heard', () => heard.length > 0);
    expect(heard).toEqual([{ seq: 1 }]);
    expect(near.log.warnings).toEqual(malformed.map(() => 'malformed message dropped'));
    off();
  });

  test('keeps nothing in Redis that could be emptied, and goes on hearing when it is', async () => {
    const heard: unknown[] = [];
    const off = await near.bus.subscribe('notification', 'ada', (payload) => heard.push(payload));
    near.bus.publish('notification', 'ada', { seq: 1 });
    await eventually('heard before', () => heard.length === 1);
    const [, keys] = await ground.admin.scan(0, 'MATCH', `laurel:${ground.installationId}*`, 'COUNT', 100_000);
    expect(keys).toEqual([]);
    // A database of its own: FLUSHALL would take the data of the suites that run beside this one.
    const own = ground.admin.duplicate({ db: 15 });
    await own.flushdb();
    await own.quit();
    near.bus.publish('notification', 'ada', { seq: 2 });
    await eventually('heard after', () => heard.length === 2);
    expect(near.bus.healthy).toBe(true);
    off();
  });

  test('of two installations on one Redis none hears the other', async () => {
    const logger = createQuietLog();
    const redis = openRedis(redisUrl, { logger, figures: quickFigures });
    const stranger = createRedisBus({ redis, installationId: `${ground.installationId}-2`, logger });
    await eventually('the stranger is connected', () => stranger.healthy && redis.healthy);
    const heard: unknown[] = [];
    const off = await near.bus.subscribe('notification', 'ada', (payload) => heard.push(payload));
    const offStranger = await stranger.subscribe('notification', 'ada', () => {});
    stranger.publish('notification', 'ada', { seq: 1 });
    await redis.commands.client.ping();
    near.bus.publish('notification', 'ada', { seq: 2 });
    await eventually('its own is heard', () => heard.length > 0);
    expect(heard).toEqual([{ seq: 2 }]);
    off();
    offStranger();
    await stranger.close();
  });

  test('a subscription that Redis refuses resolves, is logged, and makes the bus unhealthy until it is ended', async () => {
    const user = `laurel-test-${ground.installationId}`;
    onTestFinished(async () => {
      const admin = new Redis(redisUrl);
      await admin.call('ACL', 'DELUSER', user);
      await admin.quit();
    });
    await ground.admin.call('ACL', 'SETUSER', user, 'on', '>secret', '~*', '+@all', 'resetchannels');
    const url = new URL(redisUrl);
    url.username = user;
    url.password = 'secret';
    const logger = createQuietLog();
    const redis = openRedis(url.href, { logger, figures: quickFigures });
    const bus = createRedisBus({ redis, installationId: ground.installationId, logger });
    await eventually('it is connected', () => bus.healthy && redis.healthy);
    const heard: unknown[] = [];
    const off = await bus.subscribe('notification', 'ada', (payload) => heard.push(payload));
    expect(bus.healthy).toBe(false);
    expect(logger.warnings).toEqual(['redis refused a subscription']);
    bus.publish('notification', 'ada', { seq: 1 });
    await eventually('its own messages reach it all the same', () => heard.length > 0);
    off();
    await settle();
    expect(bus.healthy).toBe(true);
    await bus.close();
  });
});
