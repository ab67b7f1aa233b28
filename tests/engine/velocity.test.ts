import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rebuild } from '../../src/engine/rebuild.ts';
import type { FoldEvent } from '../../src/engine/state.ts';
import { END, logs, RUNS, randomCatalog, thresholds } from './random.ts';
import { catalogOf, DAY, event, HOUR, MemoryUser, MINUTE, SECOND, START } from './support.ts';

const seed = Number(process.env['LAUREL_PROPERTY_SEED'] ?? Date.now() % 1_000_000_007);

const player = (per: string, count: number, more = ''): MemoryUser =>
  new MemoryUser(
    catalogOf(`eventTypes: { lap: { points: 1, velocity: { per: ${per}, count: ${count} }${more} }, free: {} }\n`),
  );
/** Records events at these times; answers which were too fast, and null for a refused one. */
const record = (user: MemoryUser, ...times: number[]) =>
  user
    .record(
      times.map((at) => event('lap', START + at)),
      START + 9 * DAY,
    )
    .map((outcome) => (outcome.kind === 'recorded' ? outcome.tooFast : null));
const cellOf = (user: MemoryUser) => user.state.cells.get('@velocity\u0000lap\u0000');

describe('the velocity of an event type', () => {
  test.each([
    ['second', SECOND],
    ['minute', MINUTE],
    ['hour', HOUR],
    ['day', DAY],
  ])('a %s: what passes it is told, and counts in full; the next window begins anew', (per, span) => {
    const user = player(per, 2);
    expect(record(user, 0, 1, span - 1, span, span + 1)).toEqual([false, false, true, false, false]);
    expect(record(user, span + 2, 2 * span)).toEqual([true, false]);
    expect([user.state.score, user.log.length]).toEqual([7, 7]);
  });

  test('is looked up in the log for an event of an older window, which leaves the newest as it was', () => {
    const user = player('minute', 2);
    record(user, 5, 6, 3 * MINUTE, 3 * MINUTE + 1);
    expect([record(user, 7), record(user, 2 * MINUTE), record(user, 8)]).toEqual([[true], [false], [true]]);
    expect(record(user, 2 * MINUTE + 1, 2 * MINUTE + 2)).toEqual([false, true]);
    expect(cellOf(user)).toMatchObject({ value: 2, state: { start: START + 3 * MINUTE } });
    expect(record(user, 3 * MINUTE + 2)).toEqual([true]);
  });

  test('counts what is accepted: beside a limit, an event that is refused is none', () => {
    const user = player('minute', 2, ', limit: { per: minute, count: 3 }');
    expect(record(user, 0, 1, 2, 3, 4)).toEqual([false, false, true, null, null]);
    expect(cellOf(user)).toMatchObject({ value: 3 });
    expect(record(user, MINUTE, MINUTE + 1)).toEqual([false, false]);
  });

  test('is none where the catalog has none, and nothing of the log passes it', () => {
    const user = player('minute', 1);
    user.record([event('free', START), event('free', START + 1)]);
    expect([...user.state.cells.keys()].filter((key) => key.startsWith('@velocity'))).toEqual([]);
    const logged = [0, 1, 2].map((at) => event('lap', START + at, null, { priced: { points: 0, xp: 0 } }));
    expect(user.record(logged).map((outcome) => outcome.kind === 'recorded' && outcome.tooFast)).toEqual([
      false,
      false,
      false,
    ]);
    expect(cellOf(user)).toMatchObject({ value: 3 });
    expect(record(user, 3)).toEqual([true]);
  });

  test('is passed by each event that comes after so many of its day, whatever the order of arrival; a rebuild has the same cell', () => {
    const dayOf = ({ occurredAt }: FoldEvent): number => Math.floor(occurredAt / DAY);
    const orders = logs.chain((log) => fc.shuffledSubarray(log, { minLength: log.length, maxLength: log.length }));
    fc.assert(
      fc.property(thresholds, orders, fc.integer({ min: 1, max: 6 }), (at, order, size) => {
        const catalog = randomCatalog(at);
        const allowed = catalog.eventTypes.get('win')?.velocity?.count ?? 0;
        const user = new MemoryUser(catalog);
        for (let from = 0; from < order.length; from += size) user.record(order.slice(from, from + size), END);
        const seen = new Map<number, number>();
        const expected = order.map((one) => {
          if (one.type !== 'win') return false;
          const before = seen.get(dayOf(one)) ?? 0;
          seen.set(dayOf(one), before + 1);
          return before >= allowed;
        });
        expect(user.outcomes.map((outcome) => outcome.kind === 'recorded' && outcome.tooFast)).toEqual(expected);
        const facts = [...user.state.unlocks.values()].flat();
        const { state } = rebuild(catalog, { userId: 'u', test: false, facts }, user.log, END);
        const key = '@velocity\u0000win\u0000';
        expect(state.cells.get(key) ?? null).toEqual(user.state.cells.get(key) ?? null);
      }),
      { numRuns: RUNS, seed },
    );
  });
});
