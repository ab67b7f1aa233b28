import { describe, expect, test } from 'vitest';
import { fold } from '../../src/engine/fold.ts';
import { catalogOf, DAY, event, MemoryUser, START } from './support.ts';

const EVENTS = `
users: { attributes: { class: string? } }
eventTypes:
  win: { points: 30 }
  lose: { points: 0 }
`;

/** Rounds of reading for a batch of wins, one a day, by a user who has what came before; and what is held then. */
function batch(text: string, count: number, before: readonly string[] = []): [rounds: number, held: string[]] {
  const user = new MemoryUser(catalogOf(EVENTS + text));
  for (const [index, type] of before.entries()) user.record([event(type, START + index)]);
  user.record(Array.from({ length: count }, (_, index) => event('win', START + (index + 1) * DAY)));
  return [user.rounds, user.held()];
}

describe('one reading is enough where nothing unlocks', () => {
  test.each([
    ['nothing but the sums', ''],
    ['a streak', 'streaks: { daily: { of: win } }\n'],
    [
      'the windows of boards',
      'leaderboards: { a: { metric: score, per: week }, b: { metric: xp, per: day }, c: { metric: totalPoints } }\n',
    ],
    [
      'a rule that is judged at every touch',
      'achievements: { a: { startsAt: 2025-01-01, when: { all: [{ count: win, atLeast: 9 }, { count: lose, atLeast: 9 }] } } }\n',
    ],
    [
      'a rolling window',
      'metrics: { burst: { count: win, within: 1d } }\nachievements: { a: { when: { metric: burst, atLeast: 9 } } }\n',
    ],
    ['members of a set', 'metrics: { classes: { distinct: user.class, of: win } }\n'],
    ['achievements that are too few', 'achievements: { a: { when: { achievements: all, atLeast: 2 } } }\n'],
    ['a run', 'metrics: { run: { run: win, brokenBy: lose } }\n'],
    ['the newest of a metric by key', 'metrics: { wins: { count: win, by: user.class } }\n'],
  ])('%s', (_name, text) => {
    expect([batch(text, 1), batch(text, 3), batch(text, 1, ['win'])]).toEqual([
      [1, []],
      [1, []],
      [1, []],
    ]);
  });
});

describe('two are enough where something unlocks, with all that follows from it', () => {
  test.each([
    ['one', 'a: { points: 5, when: { count: win, atLeast: 1 } }', ['a']],
    [
      'by points, one after another',
      'a: { points: 50, when: { count: win, atLeast: 1 } }\n  b: { points: 50, when: { points: 80 } }\n  c: { when: { points: 130 } }',
      ['a', 'b', 'c'],
    ],
    [
      'by XP, one after another',
      'a: { xp: 50, when: { count: win, atLeast: 1 } }\n  b: { xp: 50, when: { metric: xp, atLeast: 80 } }\n  c: { when: { metric: xp, atLeast: 130 } }',
      ['a', 'b', 'c'],
    ],
    [
      'by level, through tiers',
      'a: { tiers: [{ at: 1, xp: 20 }, { at: 2, xp: 20 }], when: { count: win } }\n  b: { xp: 50, when: { level: 2 } }\n  c: { when: { level: 3 } }',
      ['a', 'b', 'c'],
    ],
    [
      'by points of tiers',
      'a: { tiers: [{ at: 1, points: 20 }, { at: 2, points: 20 }], when: { count: win } }\n  b: { when: { points: 50 } }',
      ['a', 'b'],
    ],
    [
      'by their number',
      'a: { rarity: rare, when: { count: win, atLeast: 1 } }\n  b: { rarity: rare, when: { achievement: a } }\n  c: { when: { achievements: { rarity: rare } } }',
      ['a', 'b', 'c'],
    ],
    [
      'by what they require',
      'a: { requires: [b], when: { count: win, atLeast: 1 } }\n  b: { when: { count: win, atLeast: 1 } }',
      ['a', 'b'],
    ],
    [
      'by another and by a metric nobody looked at before',
      'a: { when: { count: win, atLeast: 1 } }\n  b: { when: { all: [{ achievement: a }, { metric: achievements, atLeast: 1 }, { not: { count: lose, per: week, atLeast: 1 } }] } }',
      ['a', 'b'],
    ],
  ])('%s', (_name, rules, held) => {
    expect(batch(`levels: { thresholds: [0, 50, 100] }\nachievements:\n  ${rules}\n`, 1)).toEqual([2, held]);
  });

  test('boards of what is given, in each window of the batch', () => {
    const text = `leaderboards: { p: { metric: totalPoints, per: day }, x: { metric: xp, per: day }, n: { metric: achievements, per: day } }
achievements:
  a: { points: 5, xp: 5, when: { count: win, atLeast: 1 } }
  b: { points: 5, xp: 5, when: { count: win, atLeast: 2 } }
  c: { points: 5, xp: 5, repeat: day, when: { count: win, per: day, atLeast: 1 } }
`;
    expect(batch(text, 3)).toEqual([2, ['a', 'b', 'c']]);
  });

  test.each([
    ['points', 'first: { points: 70, when: { count: win, atLeast: 1 } }\n  later: { when: { points: 130 } }'],
    ['XP', 'first: { xp: 70, when: { count: win, atLeast: 1 } }\n  later: { when: { metric: xp, atLeast: 130 } }'],
    ['levels', 'first: { xp: 70, when: { count: win, atLeast: 1 } }\n  later: { when: { level: 4 } }'],
  ])('what an unlock brings to later events of the batch, by %s', (_name, rules) => {
    const levels = 'levels: { thresholds: [0, 50, 110, 130] }\n';
    expect(batch(`${levels}achievements:\n  ${rules}\n`, 2)).toEqual([2, ['first', 'later']]);
    expect(batch(`${levels}achievements:\n  ${rules}\n`, 1)).toEqual([2, ['first']]);
  });
});

test('what was read for nothing is not asked for again, and each thing once', () => {
  const text = `metrics: { wins: { count: win } }
streaks: { daily: { of: win } }
achievements: { a: { when: { metric: wins, atLeast: 1 } } }
`;
  const user = new MemoryUser(catalogOf(EVENTS + text));
  user.record([event('win', START)]);
  expect(user.rounds).toBe(2);
  user.record([event('win', START + 1)]);
  expect(user.rounds).toBe(1);
});

describe('two are enough where an unlock brings another to a later event, in a window nobody looked at', () => {
  const rounds = (text: string) => {
    const user = new MemoryUser(
      catalogOf(`
eventTypes: { win: {}, jump: { xp: 50, points: 0 }, score: { xp: 0, points: 50 }, lose: {} }
levels: { thresholds: [0, 160] }
${text}`),
    );
    const type = text.includes('points: 160') ? 'score' : 'jump';
    user.record(['win', type, type, type, 'win'].map((one, day) => event(one, START + day * DAY)));
    const at = user.state.unlocks.get('later')?.map(({ unlockedAt }) => (unlockedAt - START) / DAY);
    return [user.rounds, user.held(), at];
  };
  const first = 'first: { xp: 20, points: 20, when: { count: win, atLeast: 1 } }';

  test.each([
    [
      'of a metric',
      `achievements: { ${first}, later: { when: { all: [{ level: 2 }, { not: { count: lose, per: day, atLeast: 1 } }] } } }`,
    ],
    [
      'of a board of points',
      `leaderboards: { p: { metric: totalPoints, per: day } }\nachievements: { ${first}, later: { points: 1, when: { level: 2 } } }`,
    ],
    [
      'of a board of achievements',
      `leaderboards: { n: { metric: achievements, per: day } }\nachievements: { ${first}, later: { when: { level: 2 } } }`,
    ],
    [
      'of a board of XP',
      `leaderboards: { x: { metric: xp, per: day } }\nachievements: { ${first}, later: { xp: 1, when: { points: 160 } } }`,
    ],
    [
      'of a rule that is judged at every touch',
      `achievements: { ${first}, later: { startsAt: 2025-01-01, when: { all: [{ level: 2 }, { not: { count: lose, per: day, atLeast: 1 } }] } } }`,
    ],
  ])('%s', (_name, text) => {
    expect(rounds(`${text}\n`)).toEqual([2, ['first', 'later'], [3]]);
  });
});

describe('the log is not read', () => {
  const rounds = (metric: string, ...events: ReturnType<typeof event>[]) => {
    const user = new MemoryUser(catalogOf(`${EVENTS}metrics: { metric: ${metric} }\n`));
    return events.map((one) => {
      user.record([one], START + DAY);
      return user.rounds;
    });
  };
  const of = (type: string, at: number, kind = '') => event(type, START + at, null, { attributes: { class: kind } });

  test('for an event of a run that is newer than all before it, of one instant by its id', () => {
    expect(rounds('{ run: win, brokenBy: lose }', of('win', 0), of('win', 0), of('lose', 0), of('win', 9))).toEqual([
      1, 1, 1, 1,
    ]);
    expect(rounds('{ run: win, brokenBy: lose }', of('win', 5), of('win', 0))).toEqual([1, 2]);
  });

  test('for a member of a set that was seen before, but where the newest first moves back', () => {
    const set = '{ distinct: user.class, of: win }';
    expect(rounds(set, of('win', 5, 'a'), of('win', 5, 'a'), of('win', 6, 'a'))).toEqual([1, 1, 1]);
    expect(rounds(set, of('win', 5, 'a'), of('win', 7, 'b'), of('win', 3, 'a'))).toEqual([1, 1, 1]);
    expect(rounds(set, of('win', 5, 'a'), of('win', 7, 'b'), of('win', 6, 'b'))).toEqual([1, 1, 2]);
  });
});

test('what one event lacks is asked for at once, though a part of it was read before', () => {
  const catalog = catalogOf(`${EVENTS}metrics: { wins: { count: win, by: user.class } }
streaks: { daily: { of: win } }
leaderboards: { score: { metric: score } }
`);
  const user = new MemoryUser(catalog);
  const cells = new Map([['wins\u0000\u0000', null]]);
  const one = event('win', START, null, { attributes: { class: 'a' } });
  const result = fold(catalog, { ...user.state, cells }, [one], START);
  const cell = (metric: string, by = '') => ({ metric, by, period: '' });
  expect(result).toEqual({
    kind: 'needs',
    needs: {
      cells: [cell('wins', 'a'), cell('achievements'), cell('score')],
      whole: [],
      members: [],
      achievements: [],
      streaks: ['daily'],
      totals: ['win'],
      history: [],
    },
  });
});
