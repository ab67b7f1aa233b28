import { describe, expect, test } from 'vitest';
import { shortHash } from '../../src/engine/hash.ts';
import { curveThresholds } from '../../src/engine/levels.ts';
import { MAX_VALUE, rescale, scaleValue } from '../../src/engine/numbers.ts';
import { rank } from '../../src/engine/ranking.ts';
import { catalogOf, event, MemoryUser, START } from './support.ts';

describe('scaled values', () => {
  test.each([
    [72_366_365_222.915, 2, 7_236_636_522_292],
    [2_409_091_355_327.635, 2, 240_909_135_532_764],
    [-5_383_829_075_439.225, 2, -538_382_907_543_923],
  ])('a large %d with %d decimals goes by its notation too', (value, decimals, scaled) => {
    expect(scaleValue(value, decimals)).toBe(scaled);
  });

  test.each([
    [125, 2, 2, 125],
    [13, 1, 3, 1_300],
    [-13, 1, 3, -1_300],
    [1_300, 3, 1, 13],
    [125, 2, 1, 13],
    [-125, 2, 1, -13],
    [124, 2, 1, 12],
    [-4, 1, 0, 0],
    [0, 0, 6, 0],
    [MAX_VALUE, 0, 0, MAX_VALUE],
    [MAX_VALUE, 0, 6, MAX_VALUE],
    [-MAX_VALUE, 0, 6, -MAX_VALUE],
    [9_007_199_253_499_999, 6, 0, 9_007_199_253],
    [9_007_199_254_740_954, 1, 0, 900_719_925_474_095],
    [9_007_199_254_740_955, 1, 0, 900_719_925_474_096],
    [9_007_199_253_500_000, 6, 0, 9_007_199_254],
  ])('%d with %d decimals is, with %d, %d', (value, from, to, rescaled) => {
    expect(rescale(value, from, to)).toBe(rescaled);
  });
});

test('a curve may end at 2^53 - 1 exactly', () => {
  expect(curveThresholds(MAX_VALUE, 1, 2)).toEqual([0, MAX_VALUE]);
  expect(curveThresholds(MAX_VALUE, 1, 3)).toBeNull();
});

describe('ranks', () => {
  const standing = (userId: string, value: number, achievedAt: number) => ({ userId, value, achievedAt });
  const ranked = (ties: 'earliest' | 'latest' | 'shared', ...list: ReturnType<typeof standing>[]) =>
    rank({ order: 'desc', ties }, list).map(({ rank: place, userId }) => `${place}${userId}`);

  test('equals of one moment stand by user id, from wherever they come', () => {
    for (const order of ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']) {
      const list = [...order].map((userId) => standing(userId, 5, 1));
      expect(ranked('earliest', ...list)).toEqual(['1a', '2b', '3c']);
      expect(ranked('latest', ...list)).toEqual(['1a', '2b', '3c']);
    }
  });

  test('latest puts the newer of equals first, earliest the older', () => {
    const list = [standing('a', 5, 10), standing('b', 5, 30), standing('c', 5, 20)];
    expect(ranked('latest', ...list)).toEqual(['1b', '2c', '3a']);
    expect(ranked('earliest', ...list)).toEqual(['1a', '2c', '3b']);
  });

  test('one user twice is no order of its own', () => {
    expect(ranked('earliest', standing('a', 5, 1), standing('a', 5, 1))).toEqual(['1a', '2a']);
  });
});

describe('prices', () => {
  const catalog = catalogOf(`
eventTypes:
  lap: { points: 1, xp: "60 / details.seconds", details: { seconds: number } }
  haul: { points: "details.tons * 1.0", details: { tons: number } }
`);
  const refusal = (type: string, details: { [key: string]: number }) => {
    const [outcome] = new MemoryUser(catalog).record([event(type, START, details)]);
    return outcome?.kind === 'refused' ? outcome.refusal : outcome?.kind;
  };

  test('XP that cannot be told refuses the event as points do', () => {
    expect(refusal('lap', { seconds: 0 })).toEqual({
      kind: 'price',
      message: 'xp of lap: a finite number is needed here',
    });
  });

  test('a price is at most 2^53 - 1', () => {
    expect(refusal('haul', { tons: MAX_VALUE })).toBe('recorded');
    expect(refusal('haul', { tons: MAX_VALUE + 1 })).toEqual({
      kind: 'price',
      message: 'points of haul: the result passes 2^53 - 1',
    });
  });

  test('an event of no known type is refused', () => {
    expect(refusal('walk', {})).toEqual({ kind: 'price', message: 'there is no event type walk' });
  });
});

test('the key of a metric that stands in a rule never changes: stored values are found by it', () => {
  expect(['', 'a', '[["count","win"]]', 'k9', 'Ж'.repeat(40)].map(shortHash)).toEqual([
    '0bdcb81aee8d831',
    '1c2ba782c979011',
    '052a88afe5e4941',
    '00c30869e88f2e1',
    '16df579fa6fd391',
  ]);
});
