import { describe, expect, test } from 'vitest';
import { components } from '../../src/engine/compile-rules.ts';
import { catalogOf, event, faultsOf, MemoryUser, START } from './support.ts';

/** The faults of achievements, as `line message`; the first stands in line 1. */
function found(achievements: string, more = ''): string[] {
  const head = `laurel: 1
eventTypes: { win: { points: 1 } }
metrics: { wins: { count: win } }
${more}achievements:
`;
  const above = head.split('\n').length - 1;
  return faultsOf(head + achievements).map(({ line, code, message }) => `${line - above} ${code} ${message}`);
}

describe('circles', () => {
  test('name their members at each of them', () => {
    expect(
      found(`  a: { when: { achievement: b } }
  b: { when: { not: { achievement: c } } }
  c: { requires: a, when: { metric: wins, atLeast: 1 } }
  d: { when: { achievement: a } }
`),
    ).toEqual([
      '1 cycle "a" stands in a circle: a -> b -> c -> a',
      '2 cycle "b" stands in a circle: a -> b -> c -> a',
      '3 cycle "c" stands in a circle: a -> b -> c -> a',
    ]);
  });

  test('of one, and several apart', () => {
    expect(
      found(`  a: { when: { achievement: a } }
  b: { when: { achievement: c } }
  c: { when: { achievement: b } }
  d: { requires: [a, b], when: manual }
`),
    ).toEqual([
      '1 cycle "a" stands in a circle: a -> a',
      '2 cycle "b" stands in a circle: b -> c -> b',
      '3 cycle "c" stands in a circle: b -> c -> b',
    ]);
  });

  test('of many show eight', () => {
    const circle = (size: number) =>
      found(
        Array.from(
          { length: size },
          (_, index) => `  a${index}: { when: { achievement: a${(index + 1) % size} } }\n`,
        ).join(''),
      );
    expect(circle(8)[7]).toBe('8 cycle "a7" stands in a circle: a0 -> a1 -> a2 -> a3 -> a4 -> a5 -> a6 -> a7 -> a0');
    expect(circle(9)[8]).toBe(
      '9 cycle "a8" stands in a circle: a0 -> a1 -> a2 -> a3 -> a4 -> a5 -> a6 -> a7 -> ... -> a0',
    );
  });

  test('are what is strongly connected, however it is entered; names that are nothing are left out', () => {
    const groups = (edges: { [key: string]: string[] }) =>
      components(new Map(Object.entries(edges)))
        .map((group) => group.toSorted().join(''))
        .sort();
    expect(groups({ a: ['b'], b: ['c'], c: ['a', 'd'], d: ['e'], e: ['d'], f: ['x', 'a'] })).toEqual([
      'abc',
      'de',
      'f',
    ]);
    expect(groups({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })).toEqual(['a', 'b', 'c', 'd']);
    expect(groups({ a: ['b'], b: ['a', 'c'], c: ['d'], d: ['b'] })).toEqual(['abcd']);
    expect(groups({ a: ['c'], b: ['c'], c: ['b'] })).toEqual(['a', 'bc']);
    expect(groups({ a: ['b', 'd'], b: ['c'], c: ['b'], d: ['a'] })).toEqual(['ad', 'bc']);
  });
});

describe('what a rule wants small and its unlock raises', () => {
  const message = (key: string, what: string) =>
    `unstratified The rule of "${key}" is unstratified: it must not have ${what}, and the unlock itself can raise that`;

  test.each([
    ['a: { xp: 1, when: { not: { level: 5 } } }', 'more xp'],
    ['a: { xp: 1, when: { metric: xp, below: 5 } }', 'more xp'],
    ['a: { points: 1, when: { not: { points: 5 } } }', 'more points'],
    ['a: { points: 1, when: { metric: totalPoints, equals: 5 } }', 'more points'],
    ['a: { when: { metric: achievements, atMost: 5 } }', 'more achievements'],
    ['a: { when: { not: { achievements: { rarity: rare }, atLeast: 5 } } }', 'more achievements'],
    [
      'a: { tiers: [{ at: 1, xp: 5 }], when: { metric: wins } }\n  b: { xp: 1, when: { all: [{ not: { level: 2 } }, { achievement: a }] } }',
      'more xp',
    ],
    ['b: { points: 1, when: { not: { level: 2 } } }\n  c: { xp: 1, when: { points: 9 } }', 'more xp'],
    [
      'b: { when: { not: { level: 2 } } }\n  c: { tiers: [{ at: 1 }, { at: 2, xp: 1 }], requires: b, when: { metric: wins } }',
      'more xp',
    ],
    [
      'b: { when: { not: { points: 2 } } }\n  c: { tiers: [{ at: 1 }, { at: 2, points: 1 }], requires: b, when: { metric: wins } }',
      'more points',
    ],
    [
      'b: { when: { not: { level: 2 } } }\n  c: { xp: 1, when: { achievements: { rarity: common }, atLeast: 2 } }',
      'more xp',
    ],
  ])('%s', (lines, what) => {
    const faults = found(`  ${lines}\n`);
    const key = lines.includes('b: {') ? 'b' : 'a';
    expect(faults.map((fault) => fault.replace(/^\d+ /, ''))).toEqual([message(key, what)]);
  });

  test.each([
    'a: { points: 9, when: { not: { level: 5 } } }',
    'a: { xp: 9, when: { not: { points: 5 } } }',
    'a: { xp: 9, when: { metric: xp, atLeast: 5 } }',
    'a: { xp: 9, when: { not: { metric: xp, atMost: 5 } } }',
    'a: { xp: 9, points: 9, when: { metric: wins, atMost: 5 } }',
    'a: { xp: 9, points: 9, when: { metric: score, atMost: 5 } }',
    'a: { xp: 9, when: { not: { not: { level: 5 } } } }',
    'a: { when: { not: { level: 2 } } }\n  c: { xp: 9, when: { metric: wins, atLeast: 1 } }',
    'a: { tiers: [{ at: 1, points: 5 }], when: { metric: wins } }\n  b: { when: { all: [{ not: { level: 2 } }, { achievement: a }] } }',
  ])('allowed: %s', (lines) => {
    expect(found(`  ${lines}\n`)).toEqual([]);
  });
});

test('a level beyond the last cannot be reached', () => {
  const levels = 'levels: { thresholds: [0, 10] }\n';
  expect(found('  a: { when: { level: 2 } }\n', levels)).toEqual([]);
  expect(found('  a: { when: { any: [{ level: 2 }, { not: { level: 3 } }] } }\n', levels)).toEqual([
    '1 outOfRange There are only 2 levels; level 3 cannot be reached',
  ]);
});

describe('`achievements: all`', () => {
  test('leaves out what may never come by itself, and drafts', () => {
    const { achievements } = catalogOf(`
eventTypes: { win: { points: 1 } }
metrics: { wins: { count: win } }
seasons: { s1: { startsAt: 2026-01-01, endsAt: 2026-02-01 } }
achievements:
  plain: { when: { metric: wins, atLeast: 1 } }
  rare: { rarity: rare, when: { metric: wins, atLeast: 1 } }
  locked: { status: locked, rarity: rare, when: { metric: wins, atLeast: 1 } }
  hand: { rarity: rare, when: manual }
  half_hand: { when: { any: [{ metric: wins, atLeast: 1 }, manual] } }
  weekly: { repeat: week, when: { metric: wins, atLeast: 1 } }
  from: { startsAt: 2026-01-01, when: { metric: wins, atLeast: 1 } }
  until: { endsAt: 2026-01-01, when: { metric: wins, atLeast: 1 } }
  winter: { season: s1, when: { metric: wins, atLeast: 1 } }
  draft: { status: draft, when: { metric: wins, atLeast: 1 } }
  counts: { when: { achievements: { rarity: rare } } }
  deep: { when: { any: [{ not: { level: 5 } }, { all: [{ achievements: all, atLeast: 2 }] }, { atLeast: 1, of: [{ achievements: all }] }] } }
  none: { rarity: epic, when: { achievements: { rarity: legendary } } }
`);
    const counted = { plain: 0, rare: 0, locked: 0 };
    const all = { kind: 'achievements', rarity: null, eligible: Object.keys(counted) };
    expect(achievements.get('counts')?.when).toEqual({
      kind: 'achievements',
      rarity: 'rare',
      eligible: ['rare', 'locked', 'hand'],
      count: 3,
    });
    expect(achievements.get('deep')?.when).toMatchObject({
      of: [{ kind: 'not' }, { of: [{ ...all, count: 2 }] }, { of: [{ ...all, count: 3 }] }],
    });
    expect(achievements.get('none')?.when).toMatchObject({ eligible: [], count: 1 });
  });

  test('is for another to be held: it never counts itself', () => {
    const user = new MemoryUser(
      catalogOf(`
eventTypes: { win: { points: 1 } }
achievements:
  platinum: { rarity: rare, when: { achievements: { rarity: rare } } }
  other: { rarity: rare, when: { count: win, atLeast: 2 } }
`),
    );
    user.record([event('win', START)]);
    expect(user.held()).toEqual([]);
    user.record([event('win', START + 1)]);
    expect(user.held()).toEqual(['other', 'platinum']);
  });
});
