import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bus } from '../../src/realtime/bus.ts';
import { openStoredStream, type StoredItem, type StoredStream } from '../../src/realtime/stored-stream.ts';
import { createSweeper, type Sweeper } from '../../src/realtime/sweeper.ts';
import { eventually, settle } from '../support/eventually.ts';
import { hasRedis } from '../support/redis.ts';
import { createQuietLog } from './quiet-log.ts';
import { openRedisGround, type Process, printedSeed, type RedisGround, seeded } from './redis-ground.ts';

const available = await hasRedis();

interface Row {
  readonly seq: number;
}

/** The rows of some users, and who publishes after each commit. */
function createStore(users: readonly string[]) {
  const newest = new Map<string, number>(users.map((user) => [user, 0]));
  const newestOf = (user: string) => newest.get(user) ?? 0;
  return {
    newestOf,
    commit: (user: string, bus: Bus) => {
      const seq = newestOf(user) + 1;
      newest.set(user, seq);
      bus.publish('notification', user, { seq });
    },
    sweeper: (bus: Bus, figures: { sweepMs: number | null; pollMs: number }): Sweeper =>
      createSweeper({ bus, logger: createQuietLog(), newestOf: () => Promise.resolve(new Map(newest)), ...figures }),
    open: (user: string, bus: Bus, sweeper: Sweeper): Promise<StoredStream<Row>> =>
      openStoredStream<'notification', Row>({
        bus,
        sweeper,
        topic: 'notification',
        key: user,
        after: 0,
        logger: createQuietLog(),
        seqOf: ({ seq }) => seq,
        pageSize: 20,
        newest: () => Promise.resolve(newestOf(user)),
        read: async (after, limit) => {
          await settle(1);
          const count = Math.min(limit, newestOf(user) - after);
          return Array.from({ length: Math.max(0, count) }, (_, at) => ({ seq: after + at + 1 }));
        },
      }),
  };
}

/** Takes everything in, in the background. */
function collect(stream: StoredStream<Row>): StoredItem<Row>[] {
  const got: StoredItem<Row>[] = [];
  void (async () => {
    for await (const item of stream) got.push(item);
  })();
  return got;
}

describe.runIf(available)('stored streams over a Redis that fails', () => {
  const users = ['ada', 'bob', 'cyd'];
  let ground: RedisGround;
  let writer: Process;
  let reader: Process;

  beforeEach(async () => {
    ground = openRedisGround();
    [writer, reader] = await Promise.all([ground.start(), ground.start()]);
  });
  afterEach(() => ground.close());

  test('killed under load at random, 30 times: every row comes exactly once, in order', async () => {
    const random = seeded(printedSeed('killed under load'));
    const store = createStore(users);
    const sweeper = store.sweeper(reader.bus, { sweepMs: 500, pollMs: 25 });
    const streams = await Promise.all(users.map((user) => store.open(user, reader.bus, sweeper)));
    const got = streams.map(collect);
    for (let round = 0; round < 30; round += 1) {
      for (let burst = 0; burst < 40; burst += 1) {
        for (const user of users) if (random() < 0.7) store.commit(user, writer.bus);
        await settle(Math.trunc(random() * 3));
      }
      const line = random() < 0.5 ? writer.proxy : reader.proxy;
      const fault = random();
      if (fault < 0.2) {
        await line.refuse();
        await settle(Math.trunc(random() * 50));
        await line.forward();
      } else if (fault < 0.4) {
        line.freeze();
        await settle(Math.trunc(random() * 50));
        await line.forward();
      } else line.cut();
      if (random() < 0.3) await eventually('the reader is healthy', () => reader.bus.healthy);
    }
    await eventually(
      'everything came',
      () => users.every((user, at) => got[at]?.length === store.newestOf(user)),
      10_000,
    );
    await settle(20);
    expect(got.map((items) => items.map(({ row }) => row.seq))).toEqual(
      users.map((user) => Array.from({ length: store.newestOf(user) }, (_, at) => at + 1)),
    );
    for (const stream of streams) await stream.return();
    expect([sweeper.size(), reader.bus.size()]).toEqual([0, 0]);
    sweeper.close();
  });

  test('what was committed during an outage arrives on recovery, without any sweep', async () => {
    const store = createStore(users);
    const sweeper = store.sweeper(reader.bus, { sweepMs: null, pollMs: 3_600_000 });
    const stream = await store.open('ada', reader.bus, sweeper);
    const got = collect(stream);
    reader.proxy.cut();
    for (let row = 0; row < 5; row += 1) store.commit('ada', writer.bus);
    await eventually('the outage is over', () => reader.bus.healthy);
    await eventually('all five came', () => got.length === 5);
    await stream.return();
    sweeper.close();
  });

  test('while Redis is away rows of other processes arrive by the poll', async () => {
    const store = createStore(users);
    const sweeper = store.sweeper(reader.bus, { sweepMs: null, pollMs: 20 });
    const stream = await store.open('ada', reader.bus, sweeper);
    const got = collect(stream);
    await reader.proxy.refuse();
    await eventually('it is noticed', () => !reader.bus.healthy);
    for (let seq = 1; seq <= 5; seq += 1) {
      store.commit('ada', writer.bus);
      await eventually('it came', () => got.length === seq);
    }
    expect(reader.bus.healthy).toBe(false);
    await stream.return();
    sweeper.close();
  });

  test('a wake-up that its publisher could not send is made good by the sweep of the others', async () => {
    const store = createStore(users);
    const sweeper = store.sweeper(reader.bus, { sweepMs: 50, pollMs: 25 });
    const stream = await store.open('ada', reader.bus, sweeper);
    const got = collect(stream);
    await writer.proxy.refuse();
    await eventually('the writer is down', () => !writer.redis.commands.up);
    store.commit('ada', writer.bus);
    await eventually('it came', () => got.length === 1);
    expect(reader.bus.healthy).toBe(true);
    await stream.return();
    sweeper.close();
  });
});
