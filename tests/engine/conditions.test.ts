import { describe, expect, test } from 'vitest';
import { passes, refusedBy } from '../../src/engine/where.ts';
import { catalogOf, event, faultsOf, START } from './support.ts';

type Values = { readonly [key: string]: string | number | boolean | null | readonly string[] };

/** Whether a condition lets an event through, and what refuses it. */
function judged(condition: string, details: Values | null, attributes: Values | null = null) {
  const catalog = catalogOf(`
users: { attributes: { class: string?, age: integer? } }
eventTypes:
  lap:
    details:
      type: object
      properties:
        track: { type: string }
        seconds: { type: number }
        laps: { type: integer }
        best: { type: boolean }
        tags: { type: array }
        car: { type: object }
metrics: { m: { count: lap, where: ${condition} } }
`);
  const where = catalog.metrics.get('m')?.where ?? null;
  const lap = event('lap', START, details, { attributes });
  expect(passes(where, lap)).toBe(refusedBy(where, lap) === null);
  return refusedBy(where, lap) ?? true;
}

describe('a map of conditions', () => {
  test.each([
    ['{ track: north }', { track: 'north' }, true],
    ['{ track: north }', { track: 'south' }, 'track: north'],
    ['{ track: [north, south] }', { track: 'south' }, true],
    ['{ track: [north, south] }', { track: 'west' }, 'track: [north, south]'],
    ['{ seconds: { atLeast: 5 } }', { seconds: 5 }, true],
    ['{ seconds: { atLeast: 5 } }', { seconds: 4.9 }, 'seconds: {atLeast: 5}'],
    ['{ seconds: { atMost: 5 } }', { seconds: 5 }, true],
    ['{ seconds: { atMost: 5 } }', { seconds: 5.1 }, 'seconds: {atMost: 5}'],
    ['{ seconds: { above: 5 } }', { seconds: 5 }, 'seconds: {above: 5}'],
    ['{ seconds: { above: 5 } }', { seconds: 5.1 }, true],
    ['{ seconds: { below: 5 } }', { seconds: 5 }, 'seconds: {below: 5}'],
    ['{ seconds: { below: 5 } }', { seconds: 4.9 }, true],
    ['{ seconds: { atLeast: 1, below: 5 } }', { seconds: 3 }, true],
    ['{ seconds: { atLeast: 1, below: 5 } }', { seconds: 0 }, 'seconds: {atLeast: 1, below: 5}'],
    ['{ seconds: { atLeast: 1, below: 5 } }', { seconds: 9 }, 'seconds: {atLeast: 1, below: 5}'],
    ['{ track: { not: north } }', { track: 'south' }, true],
    ['{ track: { not: north } }', { track: 'north' }, 'track: {not: north}'],
    ['{ track: { not: [north, south] } }', { track: 'west' }, true],
    ['{ track: { not: [north, south] } }', { track: 'south' }, 'track: {not: [north, south]}'],
    ['{ seconds: { not: { below: 5 } } }', { seconds: 5 }, true],
    ['{ seconds: { not: { below: 5 } } }', { seconds: 4 }, 'seconds: {not: {below: 5}}'],
    ['{ best: true }', { best: true }, true],
    ['{ laps: 3 }', { laps: 3 }, true],
    ['{ tags: { below: 5 } }', { tags: ['a'] }, 'fault'],
    ['{ car: { below: 5 } }', { car: 4 }, true],
    ['{ car: { below: 5 } }', { car: 'x' }, 'car: {below: 5}'],
    ['{ car: gt }', { car: 'gt' }, true],
    ['{ tags: gt }', { tags: ['gt'] }, 'tags: gt'],
  ])('%s of %j is %s', (condition, details, wanted) => {
    if (wanted === 'fault') expect(() => judged(condition, details)).toThrow('compares numbers; this field holds none');
    else expect(judged(condition, details)).toBe(wanted);
  });

  test.each([
    ['{ best: false }', true],
    ['{ best: true }', 'best: true'],
    ['{ laps: 0 }', true],
    ['{ seconds: { below: 5 } }', true],
    ['{ seconds: { above: 0 } }', 'seconds: {above: 0}'],
    ['{ track: "" }', true],
    ['{ track: { not: north } }', true],
    ['{ car: { below: 5 } }', 'car: {below: 5}'],
    ['{ car: null }', true],
    ['{ tags: null }', true],
    ['{}', true],
  ])('what is absent reads as false, 0 or an empty text: %s', (condition, wanted) => {
    expect([judged(condition, {}), judged(condition, null)]).toEqual([wanted, wanted]);
  });

  test('all must hold; the first that does not is told', () => {
    const condition = '{ track: north, seconds: { below: 5 }, best: true }';
    expect(judged(condition, { track: 'north', seconds: 4, best: true })).toBe(true);
    expect(judged(condition, { track: 'north', seconds: 6, best: false })).toBe('seconds: {below: 5}');
    expect(judged(condition, { track: 'south', seconds: 4, best: true })).toBe('track: north');
  });

  test('attributes of the user stand beside the details', () => {
    const condition = '{ user.class: racer, details.track: north }';
    expect(judged(condition, { track: 'north' }, { class: 'racer' })).toBe(true);
    expect(judged(condition, { track: 'north', class: 'racer' }, null)).toBe('user.class: racer');
    expect(judged(condition, { track: 'south' }, { class: 'racer', track: 'north' })).toBe('details.track: north');
  });
});

describe('an expression', () => {
  test('refuses in its own words, also where it fails', () => {
    expect(judged('"details.seconds < 5.0"', { seconds: 4 })).toBe(true);
    expect(judged('"details.seconds < 5.0"', { seconds: 6 })).toBe('details.seconds < 5.0');
    expect(judged('"1 / details.seconds > 0"', { seconds: 0 })).toBe('1 / details.seconds > 0');
  });
});

test('without a condition every event passes', () => {
  const lap = event('lap', START);
  expect([passes(null, lap), refusedBy(null, lap)]).toEqual([true, null]);
});

test('events of several types offer the fields of each; one of two types fits both', () => {
  const text = (where: string) => `laurel: 1
eventTypes:
  a: { details: { x: string, both: string } }
  b: { details: { y: number, both: number } }
metrics: { m: { count: [a, b], where: ${where} } }
`;
  expect(
    ['{ x: k }', '{ y: 5 }', '{ both: 5 }', '{ both: k }', '"details.both == 5"', '"has(details.x)"'].map((where) =>
      faultsOf(text(where)),
    ),
  ).toEqual([[], [], [], [], [], []]);
  expect(faultsOf(text('{ x: 5 }')).map(({ message }) => message)).toEqual(['This field holds a string']);
});
