import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStoredStream, type StoredStream } from '../../src/realtime/stored-stream.ts';
import { createSweeper } from '../../src/realtime/sweeper.ts';
import { settle } from '../support/eventually.ts';
import { createFakeSchedule } from './fake-schedule.ts';
import { createQuietLog } from './quiet-log.ts';
import { createSwitchBus } from './switch-bus.ts';

/** What may happen to a stream, in any order. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('commit' as const), rows: fc.integer({ min: 1, max: 7 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('publish' as const), times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stray' as const), seq: fc.integer({ min: -5, max: 200 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('take' as const), count: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 6_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('heal' as const), healthy: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('database' as const), up: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('slow reads' as const), turns: fc.integer({ min: 0, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reconnect' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Row {
  readonly seq: number;
}

/** A database of one user, a bus that fails, and a client that keeps its cursor. */
async function play(steps: readonly Step[], stored: number, after: number | null, pageSize: number, filter: number) {
  const bus = createSwitchBus();
  const time = createFakeSchedule();
  const logger = createQuietLog();
  let newest = stored;
  let isUp = true;
  let slowness = 0;
  let head = 0;
  let mostHeld = 0;
  const answer = async <T>(value: () => T): Promise<T> => {
    const isAnswered = isUp;
    const result = value();
    await settle(slowness);
    if (!isAnswered) throw new Error('database away');
    return result;
  };
  const rowsAfter = (from: number): Row[] =>
    Array.from({ length: Math.max(0, newest - from) }, (_, at) => ({ seq: from + at + 1 })).filter(
      ({ seq }) => seq % filter === 0,
    );
  const sweeper = createSweeper({
    bus,
    logger,
    schedule: time.schedule,
    newestOf: () => answer(() => new Map([['ada', newest]])),
  });
  const got: { seq: number; replayed: boolean; head: number }[] = [];
  let cursor = after;
  let stream: StoredStream<Row> | null = null;
  let wanted = 0;
  let isTaking = false;

  const open = async () => {
    const [wasUp, wasSlow] = [isUp, slowness];
    [isUp, slowness] = [true, 0];
    stream = await openStoredStream<'notification', Row>({
      bus,
      sweeper,
      topic: 'notification',
      key: 'ada',
      after: cursor,
      pageSize,
      logger,
      schedule: time.schedule,
      seqOf: ({ seq }) => seq,
      newest: () => {
        head = newest;
        return answer(() => newest);
      },
      read: (from, limit) =>
        answer(() => {
          const page = rowsAfter(from).slice(0, limit);
          mostHeld = Math.max(mostHeld, page.length);
          return page;
        }),
    });
    cursor ??= head;
    [isUp, slowness] = [wasUp, wasSlow];
  };
  const consume = async () => {
    if (isTaking) return;
    isTaking = true;
    while (wanted > 0 && stream) {
      const current = stream;
      const { value } = await current.next();
      if (current !== stream) continue;
      if (!value) break;
      wanted -= 1;
      got.push({ seq: value.row.seq, replayed: value.replayed, head });
      cursor = value.row.seq;
    }
    isTaking = false;
  };
  const run = async (one: Step) => {
    if (one.kind === 'commit') newest += one.rows;
    else if (one.kind === 'publish')
      for (let at = 0; at < one.times; at += 1) bus.publish('notification', 'ada', { seq: newest });
    else if (one.kind === 'stray') bus.publish('notification', 'ada', { seq: one.seq });
    else if (one.kind === 'wait') await time.advance(one.ms);
    else if (one.kind === 'heal') bus.heal(one.healthy);
    else if (one.kind === 'database') isUp = one.up;
    else if (one.kind === 'slow reads') slowness = one.turns;
    else if (one.kind === 'take') wanted += one.count;
    else {
      const old: StoredStream<Row> | null = stream;
      stream = null;
      await old?.return();
      await open();
    }
    void consume();
    await settle(1);
  };

  await open();
  const from = cursor ?? 0;
  for (const one of steps) await run(one);
  // Everything mends, nobody publishes any more: the rest must come by itself, within one sweep.
  [isUp, slowness] = [true, 0];
  bus.heal(true);
  wanted = Number.POSITIVE_INFINITY;
  void consume();
  await settle(2 * newest + 10);
  await time.advance(5_000);
  await settle(2 * newest + 10);
  const rest = { got, expected: rowsAfter(from).map(({ seq }) => seq), mostHeld };
  await (stream as StoredStream<Row> | null)?.return();
  const left = { listeners: bus.size(), watched: sweeper.size(), timers: time.timers };
  sweeper.close();
  return { ...rest, left, recoveries: bus.recoveries };
}

test('whatever happens, every stored row comes exactly once, in order, and says truly whether it is replayed', async () => {
  const seed = Number(process.env['LAUREL_TEST_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
  process.stdout.write(`stored-stream property seed ${seed}\n`);
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 0, max: 30 }),
      fc.option(fc.integer({ min: 0, max: 30 })),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, stored, cursor, pageSize, filter) => {
        const after = cursor === null ? null : Math.min(cursor, stored);
        const { got, expected, mostHeld, left, recoveries } = await play(steps, stored, after, pageSize, filter);
        expect(got.map(({ seq }) => seq)).toEqual(expected);
        expect(got.filter(({ seq, replayed, head }) => replayed !== seq <= head)).toEqual([]);
        expect(mostHeld).toBeLessThanOrEqual(pageSize);
        expect({ ...left, recoveries }).toEqual({ listeners: 0, watched: 0, timers: 0, recoveries: 0 });
      },
    ),
    { seed, numRuns: 500 },
  );
}, 60_000);
