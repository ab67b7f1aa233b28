import { EventEmitter } from 'node:events';
import { beforeEach, expect, test } from 'vitest';
import type { RedisConnection } from '../../src/platform/redis-connection.ts';
import { SHARDED } from '../../src/realtime/pubsub-words.ts';
import { RedisChannels } from '../../src/realtime/redis-channels.ts';
import { settle } from '../support/eventually.ts';
import { createQuietLog, type QuietLog } from './quiet-log.ts';

interface Sent {
  readonly channels: string[];
  acknowledge(): void;
  refuse(): void;
}

/** A connection whose answers a test gives by hand. */
class FakeConnection extends EventEmitter {
  up = false;
  readonly sent: Sent[] = [];
  readonly #subscribe = (...channels: string[]) =>
    new Promise((resolve, reject) => {
      this.sent.push({
        channels,
        acknowledge: () => resolve(channels.length),
        refuse: () => reject(new Error('NOPERM')),
      });
    });
  readonly client = {
    on: () => {},
    unsubscribe: () => Promise.resolve(),
    sunsubscribe: () => Promise.resolve(),
    subscribe: this.#subscribe,
    ssubscribe: this.#subscribe,
  };
  onUp(listener: () => void) {
    this.on('up', listener);
    return () => this.off('up', listener);
  }
  onDown(listener: () => void) {
    this.on('down', listener);
    return () => this.off('down', listener);
  }
  turn(up: boolean) {
    this.up = up;
    this.emit(up ? 'up' : 'down');
  }
}

let connection: FakeConnection;
let channels: RedisChannels;
let log: QuietLog;
let recoveries: number;

beforeEach(() => {
  connection = new FakeConnection();
  log = createQuietLog();
  channels = new RedisChannels(connection as unknown as RedisConnection, log);
  recoveries = 0;
  channels.onRecovered(() => {
    recoveries += 1;
  });
});

test('a late acknowledgement of a lost connection does not count on the next one', async () => {
  channels.subscribe('a', () => {});
  connection.turn(true);
  connection.turn(false);
  connection.turn(true);
  connection.sent[0]?.acknowledge();
  await settle();
  expect([channels.hears('a'), channels.healthy, recoveries]).toEqual([false, false, 0]);
  connection.sent[1]?.acknowledge();
  await settle();
  expect([channels.hears('a'), channels.healthy, recoveries]).toEqual([true, true, 1]);
});

test('what was heard before a loss is not held for heard until it is acknowledged again', async () => {
  channels.subscribe('a', () => {});
  connection.turn(true);
  connection.sent[0]?.acknowledge();
  await settle();
  connection.turn(false);
  expect(channels.hears('a')).toBe(false);
  connection.turn(true);
  expect(channels.hears('a')).toBe(false);
  let isSettled = false;
  void channels.settled('a').then(() => {
    isSettled = true;
  });
  await settle();
  expect(isSettled).toBe(false);
  connection.sent[1]?.acknowledge();
  await settle();
  expect(isSettled).toBe(true);
});

test('an acknowledgement of a subscription that was ended does not count for the next one of that channel', async () => {
  connection.turn(true);
  channels.subscribe('a', () => {});
  channels.unsubscribe('a');
  channels.subscribe('a', () => {});
  connection.sent[0]?.acknowledge();
  await settle();
  expect(channels.hears('a')).toBe(false);
  connection.sent[1]?.acknowledge();
  await settle();
  expect(channels.hears('a')).toBe(true);
});

test('a refusal of a subscription that was ended meanwhile leaves the bus healthy', async () => {
  connection.turn(true);
  await settle();
  channels.subscribe('a', () => {});
  channels.unsubscribe('a');
  connection.sent[0]?.refuse();
  await settle();
  expect(channels.healthy).toBe(true);
});

test('a failure for want of a connection is no refusal', async () => {
  connection.turn(true);
  channels.subscribe('a', () => {});
  connection.up = false;
  connection.sent[0]?.refuse();
  await settle();
  await channels.settled('a');
  expect(log.warnings).toEqual([]);
  connection.turn(false);
  connection.turn(true);
  connection.sent[1]?.acknowledge();
  await settle();
  expect(channels.healthy).toBe(true);
});

test('a refused channel is asked for again on the next connection', async () => {
  connection.turn(true);
  channels.subscribe('a', () => {});
  connection.sent[0]?.refuse();
  await settle();
  expect([channels.healthy, log.warnings]).toEqual([false, ['redis refused a subscription']]);
  connection.turn(false);
  connection.turn(true);
  connection.sent[1]?.acknowledge();
  await settle();
  expect([channels.healthy, channels.hears('a')]).toEqual([true, true]);
});

test('refused channels are asked for again when they are to be, said once, and then something may be missed', async () => {
  connection.turn(true);
  channels.subscribe('a', () => {});
  channels.subscribe('b', () => {});
  connection.sent[0]?.refuse();
  connection.sent[1]?.acknowledge();
  await settle();
  expect([channels.healthy, recoveries]).toEqual([false, 1]);
  channels.retry();
  expect([channels.healthy, channels.hears('b')]).toEqual([false, true]);
  connection.sent[2]?.refuse();
  await settle();
  channels.retry();
  connection.sent[3]?.acknowledge();
  await settle();
  expect(connection.sent.map((sent) => sent.channels)).toEqual([['a'], ['b'], ['a'], ['a']]);
  expect([channels.healthy, channels.hears('a'), recoveries]).toEqual([true, true, 3]);
  expect(log.warnings).toEqual(['redis refused a subscription']);
  channels.retry();
  expect(connection.sent.length).toBe(4);
});

test('channels of a node of a cluster are resubscribed in commands of one slot each', () => {
  const sharded = new RedisChannels(connection as unknown as RedisConnection, log, SHARDED);
  for (const channel of ['{a}1', '{b}1', '{a}2', '{b}2', '{a}3']) sharded.subscribe(channel, () => {});
  connection.turn(true);
  expect(connection.sent.map((sent) => sent.channels)).toEqual([
    ['{a}1', '{a}2', '{a}3'],
    ['{b}1', '{b}2'],
  ]);
  sharded.close();
});

test('many channels are resubscribed in several commands, and recovered means all of them', async () => {
  for (let at = 0; at < 2_500; at += 1) channels.subscribe(`channel ${at}`, () => {});
  connection.turn(true);
  expect(connection.sent.map((sent) => sent.channels.length)).toEqual([1_000, 1_000, 500]);
  connection.sent[0]?.acknowledge();
  connection.sent[2]?.acknowledge();
  await settle();
  expect(recoveries).toBe(0);
  connection.sent[1]?.acknowledge();
  await settle();
  expect(recoveries).toBe(1);
});

test('close tells who waits, forgets every channel and lets go of the connection', async () => {
  connection.turn(true);
  channels.subscribe('a', () => {});
  const waiting = channels.settled('a');
  channels.close();
  await waiting;
  connection.turn(false);
  connection.turn(true);
  await settle();
  expect([channels.size, connection.sent.length, recoveries, channels.healthy]).toEqual([0, 1, 0, false]);
  expect([connection.listenerCount('up'), connection.listenerCount('down')]).toEqual([0, 0]);
});
