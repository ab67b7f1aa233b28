import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStoredStream, type StoredStream, type StoredStreamOptions } from '../../src/realtime/stored-stream.ts';
import { createSweeper, type Sweeper } from '../../src/realtime/sweeper.ts';
import { settle } from '../support/eventually.ts';
import { createFakeSchedule, type FakeSchedule } from './fake-schedule.ts';
import { createQuietLog, type QuietLog } from './quiet-log.ts';
import { createSwitchBus, type SwitchBus } from './switch-bus.ts';

interface Row {
  readonly seq: number;
}
type Options = StoredStreamOptions<'notification', Row>;

const done = { done: true, value: undefined };
let bus: SwitchBus;
let time: FakeSchedule;
let log: QuietLog;
let sweeper: Sweeper;
let rows: Row[];
let reads: { after: number; limit: number }[];
let read: Options['read'];

beforeEach(() => {
  bus = createSwitchBus();
  time = createFakeSchedule();
  log = createQuietLog();
  rows = [];
  reads = [];
  read = (after, limit) => Promise.resolve(rows.filter((row) => row.seq > after).slice(0, limit));
  sweeper = createSweeper({
    bus,
    logger: log,
    schedule: time.schedule,
    newestOf: () => Promise.resolve(new Map([['ada', newest()]])),
  });
});
afterEach(() => {
  expect({ listeners: bus.size(), watched: sweeper.size(), timers: time.timers }).toEqual({
    listeners: 0,
    watched: 0,
    timers: 0,
  });
  sweeper.close();
});

function newest(): number {
  return rows.at(-1)?.seq ?? 0;
}
function commit(count = 1): void {
  for (let at = 0; at < count; at += 1) rows.push({ seq: newest() + 1 });
}
function publish(): void {
  bus.publish('notification', 'ada', { seq: newest() });
}
function open(options: Partial<Options> = {}): Promise<StoredStream<Row>> {
  return openStoredStream({
    bus,
    sweeper,
    topic: 'notification',
    key: 'ada',
    after: null,
    logger: log,
    schedule: time.schedule,
    seqOf: ({ seq }) => seq,
    newest: () => Promise.resolve(newest()),
    read: (after, limit) => {
      reads.push({ after, limit });
      return read(after, limit);
    },
    ...options,
  });
}
async function take(stream: StoredStream<Row>, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const { value } = await stream.next();
    taken.push(value ? `${value.replayed ? 'replayed' : 'live'} ${value.row.seq}` : 'done');
  }
  return taken;
}

describe('where it starts', () => {
  test('without a cursor it gives what is stored from now on, and reads nothing before', async () => {
    commit(3);
    const stream = await open();
    const pending = take(stream, 2);
    await settle();
    expect(reads).toEqual([]);
    commit(2);
    publish();
    expect(await pending).toEqual(['live 4', 'live 5']);
    await stream.return();
  });

  test('with a cursor it replays what was stored after it, then goes on live', async () => {
    commit(4);
    const stream = await open({ after: 2 });
    commit();
    publish();
    expect(await take(stream, 3)).toEqual(['replayed 3', 'replayed 4', 'live 5']);
    await stream.return();
  });

  test('with the newest cursor it replays nothing', async () => {
    commit(4);
    const stream = await open({ after: 4 });
    const pending = take(stream, 1);
    await settle();
    expect(reads).toEqual([]);
    commit();
    publish();
    expect(await pending).toEqual(['live 5']);
    await stream.return();
  });

  test('it is attached before it asks where it starts: what is stored in between is not lost', async () => {
    commit(2);
    const stream = await open({
      after: 1,
      newest: async () => {
        const head = newest();
        expect(bus.size()).toBe(1);
        commit();
        publish();
        await settle();
        return head;
      },
    });
    expect(await take(stream, 2)).toEqual(['replayed 2', 'live 3']);
    await stream.return();
  });

  test('a wake-up that comes while it opens is not forgotten, also without a cursor', async () => {
    const stream = await open({
      newest: async () => {
        commit();
        publish();
        await settle();
        return 0;
      },
    });
    expect(await take(stream, 1)).toEqual(['live 1']);
    await stream.return();
  });

  test('a failing start rejects and holds nothing', async () => {
    await expect(open({ newest: () => Promise.reject(new Error('database away')) })).rejects.toThrow('database away');
  });
});

describe('what it reads', () => {
  test('a long replay comes in pages, one in memory, the next only when the consumer has come to it', async () => {
    commit(25);
    const stream = await open({ after: 0, pageSize: 10 });
    expect(reads).toEqual([]);
    await take(stream, 10);
    await settle();
    expect(reads).toEqual([{ after: 0, limit: 10 }]);
    await take(stream, 1);
    expect(reads.length).toBe(2);
    expect((await take(stream, 14)).at(-1)).toBe('replayed 25');
    expect(reads.map(({ after }) => after)).toEqual([0, 10, 20]);
    await stream.return();
  });

  test('wake-ups without a waiting consumer read nothing; many of them become one read', async () => {
    const stream = await open();
    for (let at = 0; at < 50; at += 1) {
      commit();
      publish();
    }
    await settle();
    expect(reads).toEqual([]);
    expect((await take(stream, 50)).at(-1)).toBe('live 50');
    expect(reads.length).toBe(1);
    await stream.return();
  });

  test('a wake-up while a read is under way leads to one more read', async () => {
    const stream = await open();
    let release = () => {};
    read = (after) => {
      const seen = rows.filter((row) => row.seq > after);
      return new Promise((resolve) => {
        release = () => resolve(seen);
      });
    };
    const pending = take(stream, 2);
    commit();
    publish();
    await settle();
    commit();
    publish();
    publish();
    await settle();
    expect(reads.length).toBe(1);
    release();
    await settle();
    release();
    expect(await pending).toEqual(['live 1', 'live 2']);
    expect(reads.length).toBe(2);
    await stream.return();
  });

  test('a doubled wake-up for what is known costs no read', async () => {
    const stream = await open();
    const pending = take(stream, 1);
    commit();
    publish();
    await pending;
    const next = stream.next();
    bus.publish('notification', 'ada', { seq: 0 });
    await settle();
    await time.advance(5_000);
    const before = reads.length;
    publish();
    publish();
    await settle();
    expect(reads.length).toBe(before);
    await stream.return();
    expect(await next).toEqual(done);
  });

  test('a message that names a place far beyond the rows does not make it deaf', async () => {
    const stream = await open();
    const pending = take(stream, 1);
    bus.publish('notification', 'ada', { seq: Number.MAX_SAFE_INTEGER });
    await settle();
    commit();
    publish();
    expect(await pending).toEqual(['live 1']);
    await stream.return();
  });

  test('rows that the reader filters out are not looked for again by every sweep', async () => {
    read = () => Promise.resolve([]);
    const stream = await open();
    const pending = stream.next();
    commit(3);
    bus.heal(false);
    await time.advance(5_000);
    expect(reads.length).toBe(1);
    await stream.return();
    await pending;
  });

  test('a reader that repeats rows does not make the stream repeat them', async () => {
    read = () => Promise.resolve([...rows]);
    const stream = await open({ after: 0 });
    commit(2);
    publish();
    expect(await take(stream, 2)).toEqual(['live 1', 'live 2']);
    commit();
    publish();
    expect(await take(stream, 1)).toEqual(['live 3']);
    await stream.return();
  });
});

describe('when messages are lost', () => {
  test('a lost wake-up is made good by the sweep, within 5 s', async () => {
    const stream = await open();
    const pending = take(stream, 1);
    commit();
    await time.advance(5_000);
    expect(await pending).toEqual(['live 1']);
    await stream.return();
  });

  test('while the bus is not healthy rows arrive within 500 ms', async () => {
    const stream = await open();
    bus.heal(false);
    for (let seq = 1; seq <= 3; seq += 1) {
      const pending = take(stream, 1);
      commit();
      await time.advance(500);
      expect(await pending).toEqual([`live ${seq}`]);
    }
    await stream.return();
  });

  test('what was missed arrives when the bus recovers, without waiting for any timer', async () => {
    const stream = await open();
    const pending = take(stream, 2);
    bus.heal(false);
    commit(2);
    publish();
    bus.heal(true);
    expect(await pending).toEqual(['live 1', 'live 2']);
    await stream.return();
  });
});

describe('when reading fails', () => {
  beforeEach(() => {
    read = () => Promise.reject(new Error('database away'));
  });
  const mend = () => {
    read = (after, limit) => Promise.resolve(rows.filter((row) => row.seq > after).slice(0, limit));
  };

  test('it tries again after 100, 200, 400 ms, logs once, and loses nothing', async () => {
    const stream = await open();
    const pending = take(stream, 1);
    commit();
    publish();
    await settle();
    await time.advance(300);
    expect(reads.length).toBe(3);
    expect(log.warnings).toEqual(['reading a stored stream failed']);
    mend();
    await time.advance(399);
    expect(reads.length).toBe(3);
    await time.advance(1);
    expect(await pending).toEqual(['live 1']);
    await stream.return();
  });

  test('after a success the pauses and the log start anew', async () => {
    const stream = await open();
    for (let seq = 1; seq <= 3; seq += 1) {
      read = () => Promise.reject(new Error('database away'));
      const pending = take(stream, 1);
      commit();
      publish();
      await settle();
      mend();
      await time.advance(100);
      expect(await pending).toEqual([`live ${seq}`]);
    }
    expect(log.warnings.length).toBe(3);
    await stream.return();
  });

  test('the pauses stop growing at 5 s', async () => {
    sweeper.close();
    const stream = await open();
    const pending = stream.next();
    publish();
    bus.publish('notification', 'ada', { seq: 1 });
    await settle();
    await time.advance(60_000);
    const before = reads.length;
    await time.advance(50_000);
    expect(reads.length - before).toBe(10);
    await stream.return();
    expect(await pending).toEqual(done);
  });

  test('a wake-up cuts the pause short', async () => {
    const stream = await open();
    const pending = take(stream, 1);
    commit();
    publish();
    await settle();
    mend();
    publish();
    expect(await pending).toEqual(['live 1']);
    await stream.return();
  });

  test('an error declared fatal ends it, with everything released', async () => {
    const stream = await open({ isFatal: () => true });
    const pending = stream.next();
    commit();
    publish();
    await expect(pending).rejects.toThrow('database away');
    expect(bus.size()).toBe(0);
    expect(await stream.next()).toEqual(done);
  });
});

describe('how it ends', () => {
  const left = () => [bus.size(), sweeper.size(), time.timers];

  test('return before the first next releases everything at once', async () => {
    commit(3);
    const stream = await open({ after: 0 });
    expect(left()).toEqual([1, 1, 1]);
    void stream.return();
    expect(left()).toEqual([0, 0, 0]);
    expect(await stream.next()).toEqual(done);
    expect(reads).toEqual([]);
  });

  test('return while a next waits releases everything at once and answers it', async () => {
    const stream = await open();
    const pending = stream.next();
    void stream.return();
    expect(left()).toEqual([0, 0, 0]);
    expect(await pending).toEqual(done);
    await stream.return();
  });

  test('return while a read hangs does the same, and what the read brings is dropped', async () => {
    const stream = await open();
    let release = (_: Row[]) => {};
    read = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const pending = stream.next();
    commit();
    publish();
    await settle();
    await stream.return();
    expect(left()).toEqual([0, 0, 0]);
    release([{ seq: 1 }]);
    expect(await pending).toEqual(done);
    expect(await stream.next()).toEqual(done);
  });

  test('return during the pause after a failed read takes its timer along', async () => {
    read = () => Promise.reject(new Error('database away'));
    const stream = await open();
    const pending = stream.next();
    commit();
    publish();
    await settle();
    expect(time.timers).toBe(2);
    void stream.return();
    expect(left()).toEqual([0, 0, 0]);
    await pending;
  });

  test('throw releases everything and rejects', async () => {
    const stream = await open();
    await expect(stream.throw(new Error('stop'))).rejects.toThrow('stop');
    expect(left()).toEqual([0, 0, 0]);
  });

  test('leaving a for-await loop releases everything', async () => {
    commit(2);
    for await (const { row } of await open({ after: 0 })) {
      expect(row.seq).toBe(1);
      break;
    }
    expect(left()).toEqual([0, 0, 0]);
  });

  test('a second consumer is refused', async () => {
    const stream = await open();
    const pending = stream.next();
    await expect(stream.next()).rejects.toThrow('one consumer');
    await stream.return();
    await pending;
  });
});
