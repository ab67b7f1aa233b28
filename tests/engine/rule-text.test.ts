import { describe, expect, test } from 'vitest';
import { pointsOf, ruleText } from '../../src/engine/rule-text.ts';
import { catalogOf } from './support.ts';

const HEAD = `
eventTypes:
  login: { points: 5 }
  win: { points: 10 }
  lap: { details: { track: string, seconds: number } }
users: { attributes: { class: string? } }
seasons: { s1: { startsAt: 2026-02-01, endsAt: 2026-03-01 } }
metrics:
  wins: { count: win }
  record: { min: details.seconds, of: lap, by: details.track, decimals: 2 }
streaks: { daily: { of: [login] } }
achievements:
  steps: { tiers: [{ at: 1, points: 5 }, { at: 2, points: 7 }], when: { metric: wins } }
  plain: { points: 9, when: { metric: wins, atLeast: 3 } }
`;

describe('a rule in words', () => {
  test.each([
    ['{ metric: wins, atLeast: 5 }', 'wins >= 5'],
    ['{ metric: wins, above: 5 }', 'wins >= 6'],
    ['{ metric: wins, equals: 5 }', 'wins = 5'],
    ['{ metric: wins, above: 5, below: 10 }', 'wins >= 6 and <= 9'],
    ['{ metric: record, key: north, atMost: 58.5 }', 'record of north <= 58.5'],
    ['{ metric: record, atMost: 60, keys: 3 }', 'record <= 60 in 3 keys'],
    ['{ metric: record, equals: 58.25 }', 'record = 58.25'],
    ['{ count: [win, login], atLeast: 5 }', 'count win, login >= 5'],
    ['{ sum: details.seconds, of: lap, atLeast: 5 }', 'sum of details.seconds in lap >= 5'],
    ['{ distinct: user.class, of: win, atLeast: 5 }', 'distinct of user.class in win >= 5'],
    [
      '{ min: details.seconds, of: lap, by: details.track, key: a, atMost: 5 }',
      'min of details.seconds in lap of a <= 5',
    ],
    [
      '{ count: lap, where: { track: [a, b], seconds: { below: 9, atLeast: 2 } }, atLeast: 5 }',
      'count lap where track: [a, b], seconds: {below: 9, atLeast: 2} >= 5',
    ],
    ['{ count: lap, where: "details.seconds < 9", atLeast: 5 }', 'count lap where details.seconds < 9 >= 5'],
    ['{ streak: daily, atLeast: 5 }', 'streak daily >= 5'],
    ['{ level: 5 }', 'level >= 5'],
    ['{ points: 5 }', 'totalPoints >= 5'],
    ['{ achievement: plain }', 'achievement plain'],
    ['{ achievement: steps }', 'achievement steps'],
    ['{ achievement: steps, tier: 2 }', 'achievement steps at tier 2'],
    ['{ achievements: { rarity: rare }, atLeast: 2 }', '2 rare achievements'],
    ['{ achievements: all }', 'all 2 other achievements'],
    ['{ achievements: all, atLeast: 1 }', '1 achievements'],
    ['{ count: win, per: week, atLeast: 5 }', 'count win >= 5 in one week'],
    ['{ count: win, per: day, timezone: user, atLeast: 5 }', "count win >= 5 in one day (the player's zone)"],
    ['{ count: win, per: month, timezone: Europe/Moscow, atLeast: 5 }', 'count win >= 5 in one month (Europe/Moscow)'],
    ['{ count: win, per: season, atLeast: 5 }', 'count win >= 5 in one season'],
    ['{ count: win, within: 90s, atLeast: 5 }', 'count win >= 5 within 90s'],
    ['{ count: win, within: 2h, atLeast: 5 }', 'count win >= 5 within 2h'],
    ['manual', 'given by hand'],
    ['{ all: [{ level: 2 }, { level: 3 }] }', 'level >= 2 and level >= 3'],
    ['{ any: [{ level: 2 }, { level: 3 }] }', 'level >= 2 or level >= 3'],
    ['{ atLeast: 1, of: [{ level: 2 }, { level: 3 }] }', '1 of: level >= 2, level >= 3'],
    ['{ not: { level: 2 } }', 'not level >= 2'],
    ['{ not: { all: [{ level: 2 }, { level: 3 }] } }', 'not (level >= 2 and level >= 3)'],
    [
      '{ all: [{ any: [{ level: 2 }, { level: 3 }] }, { atLeast: 1, of: [{ level: 4 }] }] }',
      '(level >= 2 or level >= 3) and (1 of: level >= 4)',
    ],
  ])('%s', (rule, text) => {
    const catalog = catalogOf(`${HEAD}  x: { when: ${rule} }\n`);
    const when = catalog.achievements.get('x')?.when;
    expect(when && ruleText(catalog, when)).toBe(text);
  });

  test('a season is named, by its own name and not by the key that is stored', () => {
    const catalog = catalogOf(`${HEAD}
  named: { season: s1, when: { metric: wins, atLeast: 5 } }
  inline: { season: s1, when: { count: win, atLeast: 5 } }
`);
    const text = (key: string) => {
      const when = catalog.achievements.get(key)?.when;
      return when && ruleText(catalog, when);
    };
    expect([text('named'), text('inline')]).toEqual(['wins in season s1 >= 5', 'count win in season s1 >= 5']);
  });
});

test('the points of an achievement are those of all its tiers together', () => {
  const { achievements } = catalogOf(HEAD);
  expect([...achievements.values()].map(pointsOf)).toEqual([12, 9]);
});
