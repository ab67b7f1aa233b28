import { describe, expect, test } from 'vitest';
import { type Channel, createChannel, OverflowError } from '../../src/realtime/channel.ts';
import { openLiveStream } from '../../src/realtime/live-stream.ts';
import { createMemoryBus } from '../../src/realtime/memory-bus.ts';
import { settle } from '../support/eventually.ts';
import { createQuietLog } from './quiet-log.ts';

const done = { done: true, value: undefined };

function open(bound = 3): { channel: Channel<number | undefined>; released: () => number } {
  let releases = 0;
  const channel = createChannel<number | undefined>({
    bound,
    overflow: 'fail',
    release: () => {
      releases += 1;
    },
  });
  return { channel, released: () => releases };
}

describe('a channel', () => {
  test('hands out what was pushed, in order, before and after it is asked for', async () => {
    const { channel, released } = open();
    channel.push(1);
    channel.push(undefined);
    expect(await channel.next()).toEqual({ done: false, value: 1 });
    expect(await channel.next()).toEqual({ done: false, value: undefined });
    const pending = channel.next();
    channel.push(3);
    expect(await pending).toEqual({ done: false, value: 3 });
    expect(released()).toBe(0);
  });

  test('return releases the source before the first next, and at once', async () => {
    const { channel, released } = open();
    channel.push(1);
    const returned = channel.return();
    expect(released()).toBe(1);
    expect(channel.waiting).toBe(0);
    expect(await returned).toEqual(done);
    expect(await channel.next()).toEqual(done);
  });

  test('return releases the source and answers the pending next', async () => {
    const { channel, released } = open();
    const pending = channel.next();
    const returned = channel.return();
    expect(released()).toBe(1);
    expect(await Promise.all([pending, returned])).toEqual([done, done]);
    await channel.return();
    expect(released()).toBe(1);
  });

  test('leaving a for-await loop releases the source', async () => {
    const { channel, released } = open();
    channel.push(1);
    for await (const item of channel) {
      expect(item).toBe(1);
      break;
    }
    expect(released()).toBe(1);
  });

  test('throw releases the source and rejects with the error', async () => {
    const { channel, released } = open();
    const pending = channel.next();
    await expect(channel.throw(new Error('stop'))).rejects.toThrow('stop');
    expect(await pending).toEqual(done);
    expect(released()).toBe(1);
  });

  test('end hands out what waits, then is done', async () => {
    const { channel, released } = open();
    channel.push(1);
    channel.end();
    channel.push(2);
    expect(released()).toBe(1);
    expect(await channel.next()).toEqual({ done: false, value: 1 });
    expect(await channel.next()).toEqual(done);
    const other = open();
    const pending = other.channel.next();
    other.channel.end();
    expect(await pending).toEqual(done);
  });

  test('fail rejects the pending next, or else the following one, once, and drops what waits', async () => {
    const first = open();
    const pending = first.channel.next();
    first.channel.fail(new Error('away'));
    await expect(pending).rejects.toThrow('away');
    expect(await first.channel.next()).toEqual(done);

    const second = open();
    second.channel.push(1);
    second.channel.fail(new Error('away'));
    expect(second.released()).toBe(1);
    expect(second.channel.waiting).toBe(0);
    await expect(second.channel.next()).rejects.toThrow('away');
    expect(await second.channel.next()).toEqual(done);
  });

  test('the item over the bound fails it with an OverflowError and releases the source at once', async () => {
    const { channel, released } = open(3);
    for (let item = 1; item <= 3; item += 1) channel.push(item);
    expect(channel.waiting).toBe(3);
    expect(released()).toBe(0);
    channel.push(4);
    expect(released()).toBe(1);
    const failure = channel.next();
    await expect(failure).rejects.toBeInstanceOf(OverflowError);
    await expect(failure).rejects.toMatchObject({ bound: 3 });
    expect(await channel.next()).toEqual(done);
  });

  test('a pushed item that is awaited does not count as waiting', async () => {
    const { channel } = open(1);
    for (let item = 1; item <= 5; item += 1) {
      const pending = channel.next();
      channel.push(item);
      expect(await pending).toEqual({ done: false, value: item });
    }
  });

  test('a second consumer is refused', async () => {
    const { channel } = open();
    const pending = channel.next();
    await expect(channel.next()).rejects.toThrow('one consumer');
    channel.push(1);
    expect(await pending).toEqual({ done: false, value: 1 });
  });
});

describe('a live stream', () => {
  test('gives the messages from its opening on and lets go of the bus on return', async () => {
    const bus = createMemoryBus({ logger: createQuietLog() });
    bus.publish('progress', 'ada', { levelUp: { from: 8, to: 9 } });
    const stream = await openLiveStream(bus, 'progress', 'ada');
    expect(bus.size()).toBe(1);
    bus.publish('progress', 'ada', { levelUp: { from: 1, to: 2 } });
    bus.publish('progress', 'ada', { levelUp: null });
    expect(await stream.next()).toEqual({ done: false, value: { levelUp: { from: 1, to: 2 } } });
    expect(await stream.next()).toEqual({ done: false, value: { levelUp: null } });
    const pending = stream.next();
    await stream.return?.();
    expect(bus.size()).toBe(0);
    expect(await pending).toEqual(done);
  });

  test('a consumer slower than the bound is cut off and lets go of the bus', async () => {
    const bus = createMemoryBus({ logger: createQuietLog() });
    const stream = await openLiveStream(bus, 'progress', 'ada', { bound: 2 });
    for (let message = 0; message < 3; message += 1) bus.publish('progress', 'ada', { levelUp: null });
    await settle();
    expect(bus.size()).toBe(0);
    await expect(stream.next()).rejects.toBeInstanceOf(OverflowError);
  });

  test('one that overflows before the broker acknowledged leaves nothing attached', async () => {
    let offs = 0;
    const stream = await openLiveStream(
      {
        healthy: true,
        size: () => 0,
        publish: () => {},
        onRecovered: () => () => {},
        close: () => Promise.resolve(),
        subscribe: (_topic, _key, listener) => {
          for (let message = 0; message < 3; message += 1) (listener as (payload: unknown) => void)({ levelUp: null });
          return Promise.resolve(() => {
            offs += 1;
          });
        },
      },
      'progress',
      'ada',
      { bound: 2 },
    );
    expect(offs).toBe(1);
    await expect(stream.next()).rejects.toBeInstanceOf(OverflowError);
  });
});
