import { describe, expect, test } from 'vitest';
import { faultsOf } from './support.ts';

/** Faults as `line:column code message -> suggestion`. */
function found(text: string, options: { strict?: boolean } = {}): string[] {
  return faultsOf(text, options).map(
    ({ line, column, code, message, suggestion }) =>
      `${line}:${column} ${code} ${message}${suggestion === undefined ? '' : ` -> ${suggestion}`}`,
  );
}

const HEAD = `laurel: 1
locales: [en, ru]
users: { attributes: { class: string?, age: integer? } }
eventTypes:
  login: { points: 5 }
  lap: { points: 0, details: { track: string, seconds: number, laps: integer?, assists: boolean? } }
  race: { details: { track: integer, seconds: number } }
`;

const BASE = `${HEAD}metrics:
  logins: { count: login }
  weekly: { count: login, per: week, timezone: Europe/Moscow }
  mine: { count: login, per: day, timezone: user }
  record: { min: details.seconds, of: lap, by: details.track, decimals: 3 }
  burst: { count: login, within: 60s }
seasons: { s1: { startsAt: 2026-01-01, endsAt: 2026-02-01 } }
streaks: { daily: { of: [login] } }
`;

test('the bases have no fault', () => {
  expect([found(HEAD), found(BASE)]).toEqual([[], []]);
});

describe('a metric', () => {
  test.each([
    ['m: { count: lap, of: lap }', '9:20 conflict "count" names its events itself; leave "of" out'],
    ['m: { run: lap, of: lap }', '9:18 conflict "run" names its events itself; leave "of" out'],
    ['m: { count: lap, maxKeys: 5 }', '9:20 conflict "maxKeys" belongs to "by"'],
    ['m: { count: lap, keep: 5d }', '9:20 conflict "keep" belongs to "by"'],
    ['m: { run: lap, within: 5d }', '9:18 conflict "within" works with count, sum and distinct'],
    ['m: { count: lap, decimals: 2 }', '9:20 conflict "count" has no decimals'],
    ['m: { run: lap, decimals: 2 }', '9:18 conflict "run" has no decimals'],
    ['m: { distinct: details.track, of: lap, decimals: 2 }', '9:42 conflict "distinct" has no decimals'],
    [
      'm: { count: lap, maxKeys: 0, by: details.track }',
      '9:29 outOfRange "maxKeys" must be an integer from 1 to 100000',
    ],
    ['m: { count: lap, by: details.track, keep: 4000d }', '9:45 outOfRange "keep" must be at most 3660d'],
    ['m: { count: lap, within: 0s }', '9:28 badTime "within" must be a duration such as 60s, 5m, 12h or 7d'],
    ['m: { count: lap, unit: [km] }', '9:26 wrongType "unit" must be a text'],
    ['m: { count: lap, where: 5 }', '9:27 wrongType where must be an expression in quotes, or a map of conditions'],
    ['m: { count: lap, where: [a] }', '9:27 wrongType where must be an expression in quotes, or a map of conditions'],
    ['m: { count: [lap, 5.5] }', '9:21 unknownName There is no event type "5.5"'],
    ['m: { count: [lap, [login]] }', '9:21 wrongType "count" names one thing, or a list of them'],
    ['m: { count: lap, by: track }', '9:24 wrongType "by" takes a field such as details.seconds'],
    ['m: { count: lap, by: user.clas }', '9:24 unknownName There is no field "clas" -> class'],
    ['m: { min: details.track, of: lap }', '9:13 wrongType "min" needs a number; details.track is a string'],
    ['m: { max: details.assists, of: lap }', '9:13 wrongType "max" needs a number; details.assists is a boolean'],
    ['m: { latest: details.track, of: lap }', '9:16 wrongType "latest" needs a number; details.track is a string'],
    [
      'm: { sum: details.laps, of: [lap, login], where: "details.laps > \'a\'" }',
      '9:68 badExpression ">" compares or joins two values of one type',
    ],
    ['m: 5', '9:6 wrongType The metric "m" must be a map'],
    ['"a b": { count: lap }', '9:3 outOfRange A metric is named with letters, digits, _, - and .'],
    ['_a: { count: lap }', '9:3 outOfRange A metric is named with letters, digits, _, - and .'],
    [`${'m'.repeat(65)}: { count: lap }`, '9:3 outOfRange A metric is named with letters, digits, _, - and .'],
    ['xp: { count: lap }', '9:3 reservedName "xp" is built in; call the metric something else'],
    ['totalPoints: { count: lap }', '9:3 reservedName "totalPoints" is built in; call the metric something else'],
    ['achievements: { count: lap }', '9:3 reservedName "achievements" is built in; call the metric something else'],
    ['m: { count: lap, per: season }', '9:25 badPeriod The catalog declares no seasons'],
    ['m: { count: lap, per: wek }', '9:25 badPeriod "per" must be one of day, week, month, season -> week'],
    ['m: { count: lap, per: week, timezone: Mars }', '9:41 badZone There is no time zone "Mars"'],
    ['m: { count: lap, where: { seconds: { below: x } } }', '9:47 wrongType "below" takes a number'],
    ['m: { count: lap, where: { assists: 1 } }', '9:38 wrongType This field holds true or false'],
    ['m: { count: lap, where: { seconds: [1, a] } }', '9:42 wrongType This field holds a number'],
    ['m: { count: lap, where: { laps: a } }', '9:35 wrongType This field holds a number'],
    ['m: { count: lap, where: { seconds: { not: a } } }', '9:45 wrongType This field holds a number'],
    ['m: { count: lap, where: { user.clas: a } }', '9:29 unknownName There is no field "clas" -> class'],
    ['m: { count: lap, where: { seconds: { toString: 5 } } }', '9:40 unknownKey A condition has no keyword "toString"'],
  ])('%s', (line, fault) => {
    expect(found(`${HEAD}metrics:\n  ${line}\n`)).toEqual([fault]);
  });

  test.each([
    'm: { count: lap, where: { user.class: racer, details.track: [north, south], seconds: { above: 5, not: 7 } } }',
    'm: { sum: details.track, of: [lap, race] }',
    'm: { distinct: user.class, of: login }',
    `a.b-c_9: { count: lap, by: details.track, maxKeys: 100000, keep: 3660d }`,
    `${'m'.repeat(64)}: { count: lap, within: 31d }`,
    'm: { min: details.seconds, of: [lap, race], decimals: 6, unit: 5 }',
    '9: { count: lap }',
  ])('allowed: %s', (line) => {
    expect(found(`${HEAD}metrics:\n  ${line}\n`)).toEqual([]);
  });

  test('per season needs seasons that follow each other', () => {
    const season = (first: string, second: string, rest = '') =>
      found(`${HEAD}seasons: { b: ${second}, a: ${first} }\nmetrics:\n  m: { count: lap, per: season${rest} }\n`);
    const january = '{ startsAt: 2026-01-01, endsAt: 2026-02-01 }';
    const february = '{ startsAt: 2026-02-01, endsAt: 2026-03-01 }';
    expect(season(january, february)).toEqual([]);
    expect(season(january, '{ startsAt: 2026-01-31, endsAt: 2026-03-01 }')).toEqual([
      '10:25 badPeriod The seasons "a" and "b" overlap, so "per: season" would be ambiguous',
    ]);
    expect(season(january, february, ', timezone: UTC')).toEqual(['10:33 conflict A season has its own zone']);
  });
});

describe('a rule', () => {
  test.each([
    ['5', 'wrongType A rule is a map such as { metric: laps, atLeast: 10 }, or the word manual'],
    ['{}', 'missing The rule is empty'],
    ['{ mtric: logins, atLeast: 1 }', 'unknownKey A rule has no keyword "mtric" -> metric'],
    ['{ metric: ~x, atLeast: 1 }', 'unknownName There is no metric "~x"'],
    ['{ metric: logins@s1, atLeast: 1 }', 'unknownName There is no metric "logins@s1" -> logins'],
    ['{ metric: [logins], atLeast: 1 }', 'unknownName There is no metric ""'],
    ['{ metric: record, key: a, keys: 2, atMost: 1 }', 'conflict A rule has "key" or "keys", not both'],
    ['{ metric: record, keys: 0, atMost: 1 }', 'outOfRange "keys" must be an integer from 1 to 1000'],
    ['{ metric: logins, keys: 2, atLeast: 1 }', 'conflict "keys" needs a metric with "by"'],
    ['{ metric: logins, atLeast: 5, atMost: 4 }', 'outOfRange No value can satisfy these comparisons'],
    ['{ metric: logins, equals: 1.5 }', 'outOfRange No value can satisfy these comparisons'],
    ['{ metric: logins, above: 4, below: 5 }', 'outOfRange No value can satisfy these comparisons'],
    ['{ metric: logins, atLeast: x }', 'outOfRange "atLeast" takes a number, at most 2^53 - 1 with its decimals'],
    [
      '{ metric: record, atMost: 9007199254741 }',
      'outOfRange "atMost" takes a number, at most 2^53 - 1 with its decimals',
    ],
    ['{ count: login, atleast: 1 }', 'unknownKey This rule has no keyword "atleast" -> atLeast'],
    ['{ count: login }', 'missing The rule needs one of atLeast, atMost, equals, above, below'],
    ['{ count: login, name: x, atLeast: 1 }', 'unknownKey This rule has no keyword "name"'],
    ['{ streak: daily }', 'missing The rule needs "atLeast", the days or weeks in a row'],
    ['{ streak: daily, atLeast: 1, per: day }', 'unknownKey This rule has no keyword "per"'],
    ['{ level: 0 }', 'outOfRange "level" must be an integer from 1 to 10000'],
    ['{ level: 2, atLeast: 1 }', 'unknownKey This rule has no keyword "atLeast"'],
    ['{ points: -1 }', 'outOfRange "points" must be an integer of at least 0'],
    ['{ points: 5, atLeast: 1 }', 'unknownKey This rule has no keyword "atLeast"'],
    ['{ achievement: hand, tier: 1 }', 'conflict "hand" has no tiers'],
    ['{ achievement: steps, tier: 3 }', 'outOfRange "tier" must be an integer from 1 to 2'],
    ['{ achievement: steps, teir: 1 }', 'unknownKey This rule has no keyword "teir" -> tier'],
    [
      '{ achievements: {} }',
      'outOfRange "achievements" is all, or { rarity: one of common, uncommon, rare, epic, legendary }',
    ],
    [
      '{ achievements: { rarity: rair } }',
      'outOfRange "achievements" is all, or { rarity: one of common, uncommon, rare, epic, legendary } -> rare',
    ],
    [
      '{ achievements: some }',
      'outOfRange "achievements" is all, or { rarity: one of common, uncommon, rare, epic, legendary }',
    ],
    ['{ achievements: { rarty: rare } }', 'unknownKey achievements has no keyword "rarty" -> rarity'],
    ['{ achievements: all, atLeast: 0 }', 'outOfRange "atLeast" must be an integer from 1 to 100000'],
    ['{ achievements: all, atMost: 3 }', 'unknownKey This rule has no keyword "atMost"'],
    ['{ all: [] }', 'wrongType "all" is a list of rules'],
    ['{ any: { level: 2 } }', 'wrongType "any" is a list of rules'],
    ['{ all: [manual], level: 2 }', 'unknownKey This rule has no keyword "all"'],
    ['{ any: [manual], atLeast: 1 }', 'unknownKey This rule has no keyword "atLeast"'],
    ['{ not: manual, atLeast: 1 }', 'unknownKey This rule has no keyword "atLeast"'],
    ['{ of: [manual, manual] }', 'missing The rule needs "atLeast", how many of them'],
    ['{ atLeast: 3, of: [manual, manual] }', 'outOfRange "atLeast" must be an integer from 1 to 2'],
    ['{ atLeast: 1, of: [manual], atMost: 1 }', 'unknownKey This rule has no keyword "atMost"'],
  ])('%s', (rule, fault) => {
    const text = `${BASE}achievements:\n  hand: { when: manual }\n  steps: { tiers: [{ at: 1 }, { at: 2 }], when: { metric: logins } }\n  x: { when: ${rule} }\n`;
    expect(found(text).map((line) => line.replace(/^\d+:\d+ /, ''))).toEqual([fault]);
  });

  test('of achievements of no such rarity points at the rarity', () => {
    const place = (rule: string) => found(`${BASE}achievements:\n  x: { when: ${rule} }\n`)[0]?.split(' ')[0];
    expect(place('{ achievements: some }')).toBe('17:30');
    expect(place('{ achievements: { rarity: odd } }')).toBe('17:40');
  });

  test.each([
    '{ count: [login, lap], per: week, where: "details.seconds > 1 || true", atLeast: 1 }',
    '{ metric: record, keys: 1000, equals: 58.125 }',
    '{ metric: mine, atLeast: 0 }',
    '{ atLeast: 2, of: [{ level: 50 }, { points: 0 }, { achievements: all }] }',
    '{ not: { all: [{ achievement: hand }] } }',
  ])('allowed: %s', (rule) => {
    expect(
      found(`${BASE}achievements:\n  hand: { when: manual }\n  x: { when: ${rule} }\n`.replace(' || true', '')),
    ).toEqual([]);
  });
});
