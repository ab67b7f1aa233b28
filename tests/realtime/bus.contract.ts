import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RedisLinks } from '../../src/platform/redis.ts';
import type { Bus } from '../../src/realtime/bus.ts';
import { createRedisBus } from '../../src/realtime/redis-bus.ts';
import { eventually, settle } from '../support/eventually.ts';
import { freshInstallation } from '../support/redis.ts';
import { createQuietLog, type QuietLog } from './quiet-log.ts';

/** A bus of its own for each test, and how to let it go. */
export interface BusGround {
  readonly bus: Bus;
  /** Another end of the same bus: another process, or the bus itself where there is one process only. */
  readonly other: Bus;
  close(): Promise<void>;
}

/** Two processes of an installation of their own, connected and heard. */
export async function openRedisBuses(connect: () => RedisLinks, logger: QuietLog): Promise<BusGround> {
  const installationId = freshInstallation();
  const open = () => createRedisBus({ redis: connect(), installationId, logger });
  const [bus, other] = [open(), open()];
  await eventually('both ends are healthy', () => bus.healthy && other.healthy);
  // Healthy speaks of hearing; sending may need a moment more.
  const heard: unknown[] = [];
  const off = await bus.subscribe('notification', 'probe', (payload) => heard.push(payload));
  const echo = await other.subscribe('notification', 'echo', (payload) => heard.push(payload));
  await eventually('both ends can send', () => {
    other.publish('notification', 'probe', { seq: 0 });
    bus.publish('notification', 'echo', { seq: 0 });
    return heard.length > 1;
  });
  off();
  echo();
  return {
    bus,
    other,
    close: async () => {
      await Promise.all([bus.close(), other.close()]);
    },
  };
}

/** The promises of the port; every implementation runs them. */
export function busContract(name: string, open: (log: QuietLog) => Promise<BusGround>): void {
  describe(`keeps the promises of the port: ${name}`, () => {
    const log = createQuietLog();
    let ground: BusGround;
    let bus: Bus;
    let other: Bus;

    beforeEach(async () => {
      log.warnings.length = 0;
      ground = await open(log);
      ({ bus, other } = ground);
    });
    afterEach(async () => {
      expect(bus.size()).toBe(0);
      await ground.close();
    });

    test('a publish after subscribe resolved is heard, in order, with its payload', async () => {
      const heard: unknown[] = [];
      const off = await bus.subscribe('notification', 'ada', (payload) => heard.push(payload));
      for (let seq = 1; seq <= 100; seq += 1) other.publish('notification', 'ada', { seq });
      await eventually('all are heard', () => heard.length >= 100);
      expect(heard).toEqual(Array.from({ length: 100 }, (_, at) => ({ seq: at + 1 })));
      off();
    });

    test('the publisher hears itself, once', async () => {
      const heard: unknown[] = [];
      const off = await bus.subscribe('progress', 'ada', (payload) => heard.push(payload));
      bus.publish('progress', 'ada', { levelUp: { from: 1, to: 2 } });
      bus.publish('progress', 'ada', { levelUp: null });
      await eventually('both are heard', () => heard.length >= 2);
      await settle();
      expect(heard).toEqual([{ levelUp: { from: 1, to: 2 } }, { levelUp: null }]);
      off();
    });

    test('publishing calls no listener before it returns', async () => {
      let calls = 0;
      const off = await bus.subscribe('notification', 'ada', () => {
        calls += 1;
      });
      bus.publish('notification', 'ada', { seq: 1 });
      expect(calls).toBe(0);
      await eventually('it is heard', () => calls === 1);
      off();
    });

    test('other topics and other keys are not heard, nor keys that only begin alike', async () => {
      const heard: unknown[] = [];
      const off = await bus.subscribe('notification', 'ada', (payload) => heard.push(payload));
      other.publish('notification', 'adam', { seq: 1 });
      other.publish('notification', 'ada:x', { seq: 2 });
      other.publish('progress', 'ada', { levelUp: null });
      other.publish('notification', 'ada', { seq: 3 });
      await eventually('the one is heard', () => heard.length > 0);
      expect(heard).toEqual([{ seq: 3 }]);
      off();
    });

    test('every topic carries its payload through', async () => {
      const change = { achievement: 'a', previous: 1, current: 2, target: 3, milestone: false };
      const heard = new Map<string, unknown>();
      const offs = await Promise.all([
        bus.subscribe('achievementProgress', 'ada', (payload) => heard.set('progress', payload)),
        bus.subscribe('event', 'all', (payload) => heard.set('event', payload)),
      ]);
      other.publish('achievementProgress', 'ada', { changes: [change] });
      other.publish('event', 'all', { events: [{ userId: 'ada', id: '1', type: 'login' }] });
      // Of two topics none need be the first.
      await eventually('both are heard', () => heard.size === 2);
      expect(Object.fromEntries(heard)).toEqual({
        progress: { changes: [change] },
        event: { events: [{ userId: 'ada', id: '1', type: 'login' }] },
      });
      for (const off of offs) off();
    });

    test('each of many listeners of one key hears each message once, and the others go on when one ends', async () => {
      const heard: string[] = [];
      const offs = await Promise.all(
        ['a', 'b', 'c'].map((name) => bus.subscribe('notification', 'ada', ({ seq }) => heard.push(`${name}${seq}`))),
      );
      expect(bus.size()).toBe(3);
      other.publish('notification', 'ada', { seq: 1 });
      await eventually('all three hear', () => heard.length >= 3);
      offs[0]?.();
      offs[0]?.();
      expect(bus.size()).toBe(2);
      other.publish('notification', 'ada', { seq: 2 });
      await eventually('two hear', () => heard.length >= 5);
      expect(heard).toEqual(['a1', 'b1', 'c1', 'b2', 'c2']);
      offs[1]?.();
      offs[2]?.();
    });

    test('the same function subscribed twice hears twice and is ended one by one', async () => {
      let calls = 0;
      const listener = () => {
        calls += 1;
      };
      const first = await bus.subscribe('notification', 'ada', listener);
      const second = await bus.subscribe('notification', 'ada', listener);
      other.publish('notification', 'ada', { seq: 1 });
      await eventually('both hear', () => calls === 2);
      first();
      other.publish('notification', 'ada', { seq: 2 });
      await eventually('one hears', () => calls === 3);
      second();
    });

    test('nothing is heard after the end, not even what was published before it', async () => {
      let calls = 0;
      const off = await bus.subscribe('notification', 'ada', () => {
        calls += 1;
      });
      bus.publish('notification', 'ada', { seq: 1 });
      off();
      const after: number[] = [];
      const last = await bus.subscribe('notification', 'ada', ({ seq }) => after.push(seq));
      other.publish('notification', 'ada', { seq: 2 });
      await eventually('the later listener hears', () => after.includes(2));
      expect(calls).toBe(0);
      last();
    });

    test('a listener may end itself and the others while it is called', async () => {
      const heard: string[] = [];
      const offs: (() => void)[] = [];
      const endAll = () => {
        for (const off of offs) off();
      };
      for (const name of ['a', 'b', 'c']) {
        offs.push(
          await bus.subscribe('notification', 'ada', () => {
            heard.push(name);
            endAll();
          }),
        );
      }
      other.publish('notification', 'ada', { seq: 1 });
      await eventually('the first hears', () => heard.length > 0);
      await settle();
      expect(heard).toEqual(['a']);
      expect(bus.size()).toBe(0);
    });

    test('a listener that throws is logged and disturbs nobody', async () => {
      const heard: number[] = [];
      const bad = await bus.subscribe('notification', 'ada', () => {
        throw new Error('boom');
      });
      const good = await bus.subscribe('notification', 'ada', ({ seq }) => heard.push(seq));
      other.publish('notification', 'ada', { seq: 1 });
      await eventually('the other hears', () => heard.length > 0);
      expect(log.warnings).toEqual(['a listener of the bus threw']);
      bad();
      good();
    });

    test('subscribing and ending one key in any interleaving leaves exactly the listeners that did not end', async () => {
      const heard: number[] = [];
      const opened: Promise<() => void>[] = [];
      for (let round = 0; round < 50; round += 1) {
        const opening = bus.subscribe('notification', 'ada', () => heard.push(round));
        opened.push(opening);
        if (round % 2 === 0) void opening.then((off) => off());
        if (round % 3 === 0) (await opening)();
      }
      await Promise.all(opened);
      await settle();
      other.publish('notification', 'ada', { seq: 1 });
      const kept = opened.map((_, round) => round).filter((round) => round % 2 !== 0 && round % 3 !== 0);
      await eventually('the kept ones hear', () => heard.length >= kept.length);
      await settle();
      expect(heard.sort((a, b) => a - b)).toEqual(kept);
      for (const opening of opened) (await opening)();
    });

    test('after close nothing is heard, and subscribing or publishing does no harm', async () => {
      let calls = 0;
      await bus.subscribe('notification', 'ada', () => {
        calls += 1;
      });
      bus.publish('notification', 'ada', { seq: 1 });
      await Promise.all([bus.close(), bus.close()]);
      bus.publish('notification', 'ada', { seq: 2 });
      const off = await bus.subscribe('notification', 'ada', () => {
        calls += 1;
      });
      expect(bus.size()).toBe(0);
      off();
      await settle();
      expect(calls).toBe(0);
    });
  });
}
