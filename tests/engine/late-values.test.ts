import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FoldEvent } from '../../src/engine/state.ts';
import { RUNS } from './random.ts';
import { catalogOf, event, HOUR, MemoryUser, START } from './support.ts';

const catalog = catalogOf(`
eventTypes: { lap: { details: { track: string, value: number } } }
metrics:
  least: { min: details.value, of: lap }
  newest: { latest: details.value, of: lap }
  total: { sum: details.value, of: lap }
  leasts: { min: details.value, of: lap, by: details.track }
  totals: { sum: details.value, of: lap, by: details.track }
  week: { sum: details.value, of: lap, per: week }
achievements:
  slow: { when: { metric: least, atLeast: 90 } }
  slowOnNorth: { when: { metric: leasts, key: north, atLeast: 90 } }
  slowAnywhere: { when: { metric: leasts, atLeast: 90 } }
  quick: { when: { metric: least, atMost: 20 } }
  now: { when: { metric: newest, atLeast: 90 } }
  rich: { when: { metric: total, atLeast: 100 } }
  richInNorth: { when: { metric: totals, key: north, atLeast: 100 } }
  richAnywhere: { when: { metric: totals, atLeast: 100 } }
  richTwice: { when: { metric: totals, atLeast: 60, keys: 2 } }
  richWeek: { when: { metric: week, atLeast: 100 } }
`);
const END = START + 1_000 * HOUR;
const lap = (hour: number, value: number, track = 'north') => event('lap', START + hour * HOUR, { track, value });
const heldAfter = (events: readonly FoldEvent[]): string[] => {
  const user = new MemoryUser(catalog);
  for (const one of events) user.record([one], END);
  return user.held();
};

describe('what held at the moment of a late event', () => {
  test.each([
    ['a best time that was not too good yet', [lap(2, 50), lap(1, 95)], ['slow', 'slowAnywhere', 'slowOnNorth']],
    ['a sum from which something was taken since', [lap(2, -80), lap(3, -5), lap(1, 100)], 'rich*'],
    ['a value that was the newest', [lap(2, 10), lap(1, 95)], 'now'],
  ])('unlocks: %s', (_, events, wanted) => {
    const held = heldAfter(events);
    expect(held).toEqual(
      expect.arrayContaining(
        wanted === 'rich*' ? ['rich', 'richAnywhere', 'richInNorth', 'richWeek'] : [wanted].flat(),
      ),
    );
    expect(held).toEqual(expect.arrayContaining(heldAfter(events.toSorted((a, b) => a.occurredAt - b.occurredAt))));
  });

  test('is looked for in the log only where it may differ: not for a sum that never fell', () => {
    const user = new MemoryUser(
      catalogOf(`
eventTypes: { lap: { details: { track: string, value: number } } }
metrics: { total: { sum: details.value, of: lap } }
achievements: { rich: { when: { metric: total, atLeast: 100 } } }
`),
    );
    user.record([lap(5, 10)], END);
    user.record([lap(1, 10)], END);
    expect([user.rounds, user.held()]).toEqual([1, []]);
    user.record([lap(6, -1)], END);
    user.record([lap(2, 10)], END);
    expect([user.rounds, user.held()]).toEqual([3, []]);
  });

  test('in whatever order events arrive, what the log in its order unlocks is held', () => {
    const event = fc.record({
      hour: fc.integer({ min: 0, max: 400 }),
      value: fc.constantFrom(-60, -20, 10, 20, 50, 60, 95),
      track: fc.constantFrom('north', 'south'),
    });
    const logs = fc.uniqueArray(event, { maxLength: 8, selector: ({ hour }) => hour });
    const shuffled = logs.chain((log) =>
      fc.tuple(fc.constant(log), fc.shuffledSubarray(log, { minLength: log.length })),
    );
    fc.assert(
      fc.property(shuffled, ([log, arrival]) => {
        const byKey = new Map(log.map((one) => [one, lap(one.hour, one.value, one.track)]));
        const eventsOf = (list: typeof log) => list.flatMap((one) => byKey.get(one) ?? []);
        const inOrder = heldAfter(eventsOf(log.toSorted((a, b) => a.hour - b.hour)));
        // More may be held: what held when it arrived was decided, and an older event that undoes it came later.
        expect(heldAfter(eventsOf(arrival))).toEqual(expect.arrayContaining(inOrder));
      }),
      { numRuns: RUNS * 2 },
    );
  });
});
