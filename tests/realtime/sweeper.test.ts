import { afterEach, beforeEach, expect, test } from 'vitest';
import { createIdleSweeper, createSweeper, type Sweeper, type Swept } from '../../src/realtime/sweeper.ts';
import { settle } from '../support/eventually.ts';
import { createFakeSchedule, type FakeSchedule } from './fake-schedule.ts';
import { createQuietLog, type QuietLog } from './quiet-log.ts';
import { createSwitchBus, type SwitchBus } from './switch-bus.ts';

let bus: SwitchBus;
let time: FakeSchedule;
let log: QuietLog;
let sweeper: Sweeper;
let looks: string[][];
let stored: Map<string, number>;
let look: () => Promise<void>;

beforeEach(() => {
  bus = createSwitchBus();
  time = createFakeSchedule();
  log = createQuietLog();
  looks = [];
  stored = new Map();
  look = () => Promise.resolve();
  sweeper = createSweeper({
    bus,
    logger: log,
    schedule: time.schedule,
    newestOf: async (keys) => {
      looks.push(keys);
      await look();
      return stored;
    },
  });
});
afterEach(() => {
  sweeper.close();
  expect([time.timers, sweeper.size(), bus.recoveries]).toEqual([0, 0, 0]);
});

function stream(checkedTo = 0): Swept & { readonly woken: number[]; checkedTo: number } {
  const woken: number[] = [];
  return { checkedTo, woken, wake: (newest) => woken.push(newest) };
}

test('while the bus is healthy it looks every 5 s, one statement for the distinct keys, and wakes who is behind', async () => {
  const [behind, even, twin] = [stream(3), stream(4), stream(4)];
  sweeper.watch('ada', behind);
  sweeper.watch('ada', even);
  sweeper.watch('bob', twin);
  stored.set('ada', 4).set('eve', 9);
  await time.advance(4_999);
  expect(looks).toEqual([]);
  await time.advance(1);
  expect(looks).toEqual([['ada', 'bob']]);
  expect([behind.woken, even.woken, twin.woken]).toEqual([[4], [], []]);
  await time.advance(10_000);
  expect(looks.length).toBe(3);
});

test('while the bus is not healthy it looks every 500 ms, whatever the number of streams', async () => {
  for (let at = 0; at < 1_000; at += 1) sweeper.watch(`user ${at % 10}`, stream());
  await time.advance(1_200);
  bus.heal(false);
  await time.advance(300);
  expect(looks.length).toBe(1);
  expect(looks[0]?.length).toBe(10);
  await time.advance(5_000);
  expect(looks.length).toBe(11);
});

test('when the bus recovered it looks at once, then at the healthy pace', async () => {
  sweeper.watch('ada', stream());
  bus.heal(false);
  await time.advance(500);
  bus.heal(true);
  await settle();
  expect(looks.length).toBe(2);
  await time.advance(4_500);
  expect(looks.length).toBe(2);
  await time.advance(500);
  expect(looks.length).toBe(3);
});

test('a recovery during a look that hangs gets a look of its own afterwards, and looks never overlap', async () => {
  let finish = () => {};
  look = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  sweeper.watch('ada', stream());
  bus.heal(false);
  await time.advance(500);
  bus.heal(true);
  await time.advance(3_000);
  expect(looks.length).toBe(1);
  look = () => Promise.resolve();
  finish();
  await settle();
  await time.advance(500);
  expect(looks.length).toBe(2);
});

test('a look that fails is logged once and repeated every 500 ms until one succeeds', async () => {
  const watched = stream();
  sweeper.watch('ada', watched);
  stored.set('ada', 1);
  look = () => Promise.reject(new Error('database away'));
  await time.advance(6_500);
  expect(looks.length).toBe(4);
  expect(log.warnings).toEqual(['sweep failed']);
  look = () => Promise.resolve();
  await time.advance(500);
  expect(watched.woken).toEqual([1]);
  await time.advance(4_500);
  expect(looks.length).toBe(5);
});

test('without streams there is no timer and no statement, also on recovery', async () => {
  expect(time.timers).toBe(0);
  const off = sweeper.watch('ada', stream());
  expect([time.timers, sweeper.size()]).toEqual([1, 1]);
  off();
  off();
  expect([time.timers, sweeper.size()]).toEqual([0, 0]);
  bus.heal(true);
  await time.advance(60_000);
  expect(looks).toEqual([]);
});

test('a key is asked for as long as one of its streams is watched', async () => {
  const offs = [sweeper.watch('ada', stream()), sweeper.watch('ada', stream()), sweeper.watch('bob', stream())];
  offs[0]?.();
  await time.advance(5_000);
  offs[1]?.();
  await time.advance(5_000);
  sweeper.watch('ada', stream());
  await time.advance(5_000);
  expect(looks).toEqual([['ada', 'bob'], ['bob'], ['bob', 'ada']]);
});

test('with sweepMs null a healthy bus is trusted, an unhealthy one is not', async () => {
  const trusting = createSweeper({
    bus,
    logger: log,
    schedule: time.schedule,
    sweepMs: null,
    newestOf: (keys) => {
      looks.push(keys);
      return Promise.resolve(stored);
    },
  });
  trusting.watch('ada', stream());
  await time.advance(60_000);
  expect(looks).toEqual([]);
  bus.heal(false);
  await time.advance(500);
  expect(looks).toEqual([['ada']]);
  trusting.close();
});

test('the idle sweeper never looks', () => {
  const idle = createIdleSweeper();
  idle.watch('ada', stream())();
  expect(idle.size()).toBe(0);
  idle.close();
});
