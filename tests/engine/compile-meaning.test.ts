import { describe, expect, test } from 'vitest';
import { cyclesOf } from '../../src/engine/compile-rules.ts';
import { keyInWords } from '../../src/engine/compile-texts.ts';
import { leavesOf } from '../../src/engine/criterion.ts';
import { catalogOf, faultsOf } from './support.ts';

const BASE = `laurel: 1
eventTypes:
  win: { points: 1 }
  lap: { details: { seconds: number, name: string?, laps: integer } }
  race: { details: { seconds: number, name: boolean, laps: number } }
metrics: { wins: { count: win } }
`;
const found = (more: string) =>
  faultsOf(`${BASE}${more}\n`).map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`);
const compiled = (more: string) => catalogOf(`${BASE.replace('laurel: 1\n', '')}${more}\n`);

describe('what a rule that counts achievements counts', () => {
  const catalog = compiled(`seasons: { s1: { startsAt: 2026-01-01, endsAt: 2026-02-01 } }
achievements:
  plain: { when: { metric: wins, atLeast: 1 } }
  rare: { rarity: rare, when: { metric: wins, atLeast: 2 } }
  hand: { rarity: rare, when: manual }
  weekly: { repeat: week, when: { metric: wins, atLeast: 1 } }
  from: { startsAt: 2026-01-01, when: { metric: wins, atLeast: 1 } }
  until: { endsAt: 2027-01-01, when: { metric: wins, atLeast: 1 } }
  winter: { season: s1, when: { metric: wins, atLeast: 1 } }
  draft: { status: draft, when: { metric: wins, atLeast: 1 } }
  locked: { status: locked, when: { metric: wins, atLeast: 1 } }
  rares: { rarity: rare, when: { achievements: { rarity: rare }, atLeast: 1 } }
  all: { when: { any: [{ achievements: all }, { metric: wins, atLeast: 99 }] } }
  some: { when: { achievements: all, atLeast: 2 } }
  epics: { when: { achievements: { rarity: epic } } }
`);
  const counted = (key: string) => {
    const rule = catalog.achievements.get(key)?.when;
    return (rule === undefined ? [] : leavesOf(rule)).flatMap(({ leaf }) =>
      leaf.kind === 'achievements' ? [[leaf.eligible, leaf.count]] : [],
    );
  };

  test('is, of all, what anybody may earn for good by events', () => {
    expect([counted('all'), counted('some')]).toEqual([
      [[['plain', 'rare', 'locked'], 3]],
      [[['plain', 'rare', 'locked'], 2]],
    ]);
  });

  test('is, of a rarity, every other of it; one at least', () => {
    expect([counted('rares'), counted('epics')]).toEqual([[[['rare', 'hand'], 1]], [[[], 1]]]);
  });
});

describe('levels', () => {
  test('have a title and a reward up to the last', () => {
    const { levels } = compiled(
      'levels: { thresholds: [0, 5], titles: { 1: One, 2: Two }, rewards: { 2: { data: { car: gt } }, 1: {} } }',
    );
    expect([levels.thresholds, [...levels.titles], [...levels.data]]).toEqual([
      [0, 5],
      [
        [1, { en: 'One' }],
        [2, { en: 'Two' }],
      ],
      [[2, { car: 'gt' }]],
    ]);
  });

  test('past the last have none', () => {
    expect(found('levels: { max: 2, rewards: { 2: { data: 1 }, 3: { data: 1 } } }')).toEqual([
      '7:46 outOfRange There are levels 1 to 2',
    ]);
  });
});

describe('a rule that could contradict itself', () => {
  const unstratified = (rest: string) => found(`achievements: { one: { ${rest} } }`).map((text) => text.split(' ')[1]);

  test.each([
    ['XP of the achievement', 'xp: 1, when: { all: [{ metric: wins, atLeast: 1 }, { not: { level: 9 } }] }'],
    ['points of the achievement', 'points: 1, when: { all: [{ metric: wins, atLeast: 1 }, { not: { points: 9 } }] }'],
    ['their number', 'when: { metric: achievements, atMost: 3 }'],
  ])('by %s', (_name, rest) => {
    expect(unstratified(rest)).toEqual(['unstratified']);
  });

  test.each([
    ['what it does not give', 'points: 1, when: { all: [{ metric: wins, atLeast: 1 }, { not: { level: 9 } }] }'],
    ['neither', 'xp: 1, when: { all: [{ metric: wins, atLeast: 1 }, { not: { points: 9 } }] }'],
  ])('is none by %s', (_name, rest) => {
    expect(unstratified(rest)).toEqual([]);
  });

  test('by what one of its tiers gives, through another rule', () => {
    const rules = (tier: string) =>
      found(`achievements:
  one: { when: { all: [{ metric: wins, atLeast: 1 }, { not: { metric: xp, atLeast: 9 } }] } }
  steps: { tiers: [{ at: 1 }, { at: 2${tier} }], when: { metric: achievements } }
`).map((text) => text.split(' ')[1]);
    expect([rules(''), rules(', xp: 1'), rules(', points: 1')]).toEqual([[], ['unstratified'], []]);
  });
});

test('a circle is told by its way, a long one by its beginning', () => {
  const circle = (count: number) =>
    Array.from({ length: count }, (_, index) => `  a${index}: { when: { achievement: a${(index + 1) % count} } }`);
  const way = (count: number) => found(`achievements:\n${circle(count).join('\n')}`)[0]?.split(': ')[1];
  expect(way(2)).toBe('a0 -> a1 -> a0');
  expect(way(8)).toBe('a0 -> a1 -> a2 -> a3 -> a4 -> a5 -> a6 -> a7 -> a0');
  expect(way(9)).toBe('a0 -> a1 -> a2 -> a3 -> a4 -> a5 -> a6 -> a7 -> ... -> a0');
  const alone = compiled('achievements: { a: { when: manual }, b: { when: { achievement: a } } }');
  expect(cyclesOf(alone.achievements)).toEqual([]);
});

describe('small print', () => {
  test('the window of a repeat is cut in the zone of its metric of that window, else in UTC', () => {
    const catalog = compiled(`achievements:
  own: { repeat: week, when: { count: lap, per: week, timezone: Asia/Tokyo, atLeast: 1 } }
  other: { repeat: day, when: { count: lap, per: week, timezone: Asia/Tokyo, atLeast: 1 } }
`);
    expect([catalog.achievements.get('own')?.repeat, catalog.achievements.get('other')?.repeat]).toEqual([
      { unit: 'week', timezone: 'Asia/Tokyo' },
      { unit: 'day', timezone: 'UTC' },
    ]);
    expect(found('achievements: { a: { repeat: season, when: { metric: wins, atLeast: 1 } } }')).toEqual([
      '7:30 badPeriod The catalog declares no seasons',
    ]);
  });

  test('marks of progress are shares between 0 and 100 percent, each once, ascending', () => {
    const at = (list: string) =>
      `achievements: { a: { progress: { notifyAt: [${list}] }, when: { metric: wins, atLeast: 9 } } }`;
    expect(compiled(at('90%, 12.5%, 90%')).achievements.get('a')?.notifyAt).toEqual([0.125, 0.9]);
    for (const share of ['0%', '100%', '50', '50%%', 'x50%', '-5%', '5.%'])
      expect(found(at(`"${share}"`)).map((text) => text.split(' ')[1])).toEqual(['outOfRange']);
  });

  test('a key in words', () => {
    expect(['treasure_hunter', 'treasureHunter', '_lap2Best_', 'a--b.c', 'ABC'].map(keyInWords)).toEqual([
      'Treasure hunter',
      'Treasure hunter',
      'Lap2 best',
      'A b c',
      'Abc',
    ]);
  });

  test('of several types a field is what all of them say; what one lacks is optional, what differs fits anywhere', () => {
    const metric = (text: string) => found(`achievements: { a: { when: { ${text}, atLeast: 1 } } }`);
    expect(metric('sum: details.seconds, of: [lap, race]')).toEqual([]);
    expect(metric('latest: details.name, of: lap')).toEqual([
      '7:38 wrongType "latest" needs a number; details.name is a string',
    ]);
    expect(metric('max: details.name, of: race')).toEqual([
      '7:35 wrongType "max" needs a number; details.name is a boolean',
    ]);
    expect(metric('max: details.name, of: [lap, race]')).toEqual([]);
    expect(metric('count: [lap, race], where: "details.seconds > 1.0"')).toEqual([]);
    expect(metric('count: [lap, win], where: "!has(details.seconds)"')).toEqual([]);
  });

  test('numbers with decimals: sums, best and newest values', () => {
    const kinds = ['sum', 'min', 'max', 'latest'].map((kind) =>
      found(`achievements: { a: { when: { ${kind}: details.seconds, of: lap, decimals: 2, atLeast: 1 } } }`),
    );
    expect(kinds).toEqual([[], [], [], []]);
  });
});
