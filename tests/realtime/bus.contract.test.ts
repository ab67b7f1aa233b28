import { describe, expect, test } from 'vitest';
import { openRedis } from '../../src/platform/redis.ts';
import { createMemoryBus } from '../../src/realtime/memory-bus.ts';
import { settle } from '../support/eventually.ts';
import { hasRedis, redisUrl } from '../support/redis.ts';
import { busContract, openRedisBuses } from './bus.contract.ts';
import { createQuietLog } from './quiet-log.ts';

busContract('memory bus', async (logger) => {
  const bus = createMemoryBus({ logger });
  return { bus, other: bus, close: () => bus.close() };
});

describe.runIf(await hasRedis())('over Redis', () => {
  busContract('redis bus', (logger) => openRedisBuses(() => openRedis(redisUrl, { logger }), logger));
});

test('a memory bus beside other processes delivers its own wake-ups and never says healthy', async () => {
  const bus = createMemoryBus({ logger: createQuietLog(), otherProcesses: true });
  const heard: unknown[] = [];
  await bus.subscribe('notification', 'ada', (payload) => heard.push(payload));
  bus.publish('notification', 'ada', { seq: 1 });
  await settle();
  expect(heard).toEqual([{ seq: 1 }]);
  expect(bus.healthy).toBe(false);
  expect(createMemoryBus({ logger: createQuietLog() }).healthy).toBe(true);
  await bus.close();
});
