import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareStandings, type Standing } from '../../src/engine/ranking.ts';
import { keysOf } from '../../src/ranking/redis-rank-keys.ts';
import { momentOf, scoreOf, standingOf } from '../../src/ranking/redis-rank-members.ts';
import { boardOf, rankingOf } from './rank-ground.ts';

const slotOf = createRequire(createRequire(import.meta.url).resolve('ioredis'))('cluster-key-slot') as (
  key: string,
) => number;

const moments = [-62_135_596_800_000, -1, 0, 1, 1_763_740_000_000, 253_402_300_799_999, 1 - 2 ** 53, 2 ** 53 - 1];
const values = [-(2 ** 53 - 1), -1, 0, 1, 2 ** 53 - 1];
const boards = (['asc', 'desc'] as const).flatMap((order) =>
  (['earliest', 'latest', 'shared'] as const).map((ties) => boardOf({ order, ties })),
);
const standing: fc.Arbitrary<Standing> = fc.record({
  userId: fc.oneof(fc.uuid(), fc.constantFrom('a', 'ab', 'B', 'a-b', 'a_b', '')),
  value: fc.oneof(fc.constantFrom(...values), fc.maxSafeInteger()),
  achievedAt: fc.oneof(fc.constantFrom(...moments), fc.maxSafeInteger()),
});

/** The order of Redis: scores as doubles, then members byte by byte. */
function compareInRedis(board: (typeof boards)[number], one: Standing, two: Standing): number {
  const scores = Number(scoreOf(board, one.value)) - Number(scoreOf(board, two.value));
  if (scores !== 0) return Math.sign(scores);
  const [left, right] = [one, two].map(({ achievedAt, userId }) => Buffer.from(momentOf(board, achievedAt) + userId));
  return left && right ? Buffer.compare(left, right) : 0;
}

describe.each(boards)('members of a board $order, $ties', (board) => {
  test('sort in Redis as the engine sorts standings', () => {
    fc.assert(
      fc.property(standing, standing, fc.boolean(), (one, other, isTied) => {
        const two = isTied ? { ...other, value: one.value } : other;
        expect(compareInRedis(board, one, two)).toBe(Math.sign(compareStandings(board, one, two)));
      }),
      { numRuns: 1_000 },
    );
  });

  test('bring back what went in', () => {
    fc.assert(
      fc.property(standing, (one) => {
        const member = momentOf(board, one.achievedAt) + one.userId;
        expect(standingOf(board, member, scoreOf(board, one.value))).toEqual(one);
      }),
    );
  });

  test('are refused where they would not be exact', () => {
    for (const value of [2 ** 53, -(2 ** 53), 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => scoreOf(board, value)).toThrow(RangeError);
    }
    for (const moment of [2 ** 53, -(2 ** 53), 0.5, Number.NaN]) {
      expect(() => momentOf(board, moment)).toThrow(RangeError);
    }
  });
});

test('all keys of a span lie in one slot of Redis Cluster, whatever its names hold, and those of another span elsewhere', () => {
  const spans = [
    rankingOf(),
    rankingOf({}, '', '2026-W48'),
    rankingOf({ key: 'odd}{name' }),
    rankingOf({ metric: 'gold' }),
    rankingOf({ order: 'asc' }),
    rankingOf({ ties: 'shared' }),
  ];
  const slots = spans.map((span) => {
    const keys = keysOf('0198-installation', span);
    const all = [
      keys.state,
      ...['', 'fire', '{x}', '}', ':z:', 'größe'].flatMap((by) => [keys.sorted(by), keys.users(by)]),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((key) => !key.startsWith('laurel:0198-installation:ranks:{'))).toEqual([]);
    const [slot, ...others] = new Set(all.map(slotOf));
    expect(others).toEqual([]);
    return slot;
  });
  expect(new Set(slots).size).toBe(spans.length);
  expect(keysOf('i', rankingOf()).state).toBe('laurel:i:ranks:{points/score/desc/earliest/2026-W47}:state');
});
