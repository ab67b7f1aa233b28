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
`;
const BASE = `${HEAD}eventTypes: { login: { points: 5 }, lap: { details: { track: string, seconds: number } } }
metrics: { laps: { count: lap } }
streaks: { daily: { of: login } }
achievements: { hand: { when: manual }, more: { season: s1, when: { all: [{ metric: laps, atLeast: 1 }, { count: lap, atLeast: 2 }] } } }
leaderboards: { board: { metric: laps } }
seasons: { s1: { startsAt: 2026-01-01, endsAt: 2026-02-01 } }
`;

describe('a step of a test', () => {
  test.each([
    ['5', '9:19 wrongType A step must be a map'],
    ['{}', '9:19 missing A step names an event type, wait, grant or revoke'],
    ['logn', '9:19 unknownName There is no event type "logn" -> login'],
    ['{ logn: {} }', '9:21 unknownName There is no event type "logn" -> login'],
    ['{ lap: 5 }', '9:26 wrongType The details of an event are a map'],
    ['{ lap: [1] }', '9:26 wrongType The details of an event are a map'],
    ['{ lap: {}, tims: 2 }', '9:30 unknownKey A step has no keyword "tims" -> times'],
    ['{ lap: {}, times: 0 }', '9:37 outOfRange "times" must be an integer from 1 to 10000'],
    ['{ lap: {}, times: 10001 }', '9:37 outOfRange "times" must be an integer from 1 to 10000'],
    ['{ lap: {}, every: 5 }', '9:37 badTime "every" must be a duration such as 60s, 5m, 12h or 7d'],
    ['{ lap: {}, every: 3661d }', '9:37 outOfRange "every" must be at most 3660d'],
    ['{ lap: {}, at: noon }', '9:34 badTime "at" must be a time such as 2026-03-01T23:30:00+05:00'],
    ['{ lap: {}, at: [1] }', '9:34 wrongType "at" must be a text'],
    ['{ lap: {}, player: [anna] }', '9:38 wrongType "player" must be a text'],
    ['{ wait: 3661d }', '9:27 outOfRange "wait" must be at most 3660d'],
    ['{ wait: long }', '9:27 badTime "wait" must be a duration such as 60s, 5m, 12h or 7d'],
    ['{ grant: hnd }', '9:28 unknownName There is no achievement "hnd" -> hand'],
    ['{ revoke: hnd }', '9:29 unknownName There is no achievement "hnd" -> hand'],
    ['{ grant: [hand] }', '9:28 unknownName There is no achievement ""'],
  ])('%s', (step, fault) => {
    const faults = found(`${BASE}tests: [{ given: [${step}], expect: {} }]\n`);
    expect(faults).toContain(fault);
    expect(faults.length).toBeLessThanOrEqual(fault.includes('"player"') ? 2 : 1);
  });

  test.each([
    'lap',
    '{ lap: null }',
    '{ lap: { track: a, seconds: 5 }, at: 2026-01-01T10:00+05:00, times: 10000, every: 3660d, player: 5 }',
    '{ wait: 3660d }',
    '{ grant: hand, player: anna }',
    '{ revoke: more }',
  ])('allowed: %s', (step) => {
    expect(found(`${BASE}tests: [{ given: [${step}], expect: {} }]\n`)).toEqual([]);
  });
});

describe('what a test expects', () => {
  test.each([
    ['unlocked: [hnd]', '9:43 unknownName There is no achievement "hnd" -> hand'],
    ['locked: hnd', '9:40 unknownName There is no achievement "hnd" -> hand'],
    ['onlyUnlocked: [hand, hnd]', '9:53 unknownName There is no achievement "hnd" -> hand'],
    ['doubted: [hand]', '9:42 unknownName There is no event type "hand"'],
    ['tiers: { hnd: 1 }', '9:41 unknownName There is no achievement "hnd" -> hand'],
    ['progress: { hnd: 1 }', '9:44 unknownName There is no achievement "hnd" -> hand'],
    ['metrics: { lap: 1 }', '9:43 unknownName There is no metric "lap" -> laps'],
    ['boards: { bord/north: [] }', '9:42 unknownName There is no leaderboard "bord" -> board'],
    ['streaks: { dayly: 1 }', '9:43 unknownName There is no streak "dayly" -> daily'],
    ['longest: { dayly: 1 }', '9:43 unknownName There is no streak "dayly" -> daily'],
    ['metrics: 5', '9:41 wrongType metrics must be a map'],
    ['player: [anna]', '9:40 wrongType "player" must be a text'],
    ['sore: 5', '9:32 unknownKey expect has no keyword "sore" -> score'],
  ])('%s', (line, fault) => {
    expect(found(`${BASE}tests: [{ given: [], expect: { ${line} } }]\n`)).toEqual([fault]);
  });

  test('everything that can be looked at is allowed', () => {
    const expected =
      'player: anna, unlocked: hand, locked: [more], onlyUnlocked: [], score: 1, achievementPoints: 1, totalPoints: 1, xp: 1, level: 1, tiers: { hand: 0 }, metrics: { laps/north: 1, score: 5 }, progress: { hand: 0.5 }, streaks: { daily: 1 }, longest: { daily: 1 }, boards: { board/north: [anna] }, refused: [ANYTHING], doubted: []';
    expect(found(`${BASE}tests: [{ given: [], expect: { ${expected} } }]\n`)).toEqual([]);
  });
});

describe('a test', () => {
  test.each([
    ['tests: {}', '9:8 wrongType "tests" is a list'],
    ['tests: [5]', '9:9 wrongType A test must be a map'],
    ['tests: [{ given: [] }]', '9:9 missing A test needs "expect"'],
    ['tests: [{ expect: {} }]', '9:9 missing A test needs "given", a list of what happens'],
    ['tests: [{ given: login, expect: {} }]', '9:18 missing A test needs "given", a list of what happens'],
    ['tests: [{ given: [], expect: {}, usr: {} }]', '9:34 unknownKey A test has no keyword "usr" -> user'],
    ['tests: [{ given: [], expect: {}, user: anna }]', '9:40 wrongType user must be a map'],
    ['tests: [{ given: [], expect: {}, user: { timezone: Mars } }]', '9:52 badZone There is no time zone "Mars"'],
    [`tests: [{ given: [${'login,'.repeat(1001)}], expect: {} }]`, '9:9 tooLarge At most 1000 steps in a test'],
  ])('%s', (line, fault) => {
    expect(found(`${BASE}${line}\n`)).toEqual([fault]);
  });

  test('a thousand steps are allowed', () => {
    expect(found(`${BASE}tests: [{ given: [${'login,'.repeat(1000)}], expect: {} }]\n`)).toEqual([]);
  });
});

describe('an event type', () => {
  const TYPES = `${HEAD}users: { attributes: { class: string? } }\neventTypes:\n`;
  test.each([
    ['"a b": {}', '5:3 outOfRange An event type is named with letters, digits, _, - and .'],
    [`${'e'.repeat(65)}: {}`, '5:3 outOfRange An event type is named with letters, digits, _, - and .'],
    ['e: 5', '5:6 wrongType The event type "e" must be a map'],
    ['e: { pionts: 5 }', '5:8 unknownKey The event type "e" has no keyword "pionts" -> points'],
    ['e: { xp: -1 }', '5:12 outOfRange "xp" must be an integer from 0 to 1000000000000'],
    ['e: { points: true }', '5:16 outOfRange "points" must be an integer from 0 to 1000000000000'],
    ['e: { limit: 5 }', '5:15 wrongType limit must be a map'],
    ['e: { limit: { per: week, count: 5 } }', '5:22 outOfRange "per" must be one of second, minute, hour, day'],
    ['e: { limit: { per: day, count: 0 } }', '5:34 outOfRange "count" must be an integer from 1 to 1000000000'],
    ['e: { limit: { count: 5 } }', '5:15 missing limit needs "per" and "count", such as { per: minute, count: 300 }'],
    ['e: { limit: { per: day, count: 5, max: 1 } }', '5:37 unknownKey limit has no keyword "max"'],
    ['e: { trust: none }', '5:15 outOfRange "trust" must be one of low, normal, high'],
    ['e: { onDoubt: block }', '5:17 outOfRange "onDoubt" must be one of review, quarantine'],
    [
      'e: { velocity: { per: day } }',
      '5:18 missing velocity needs "per" and "count", such as { per: minute, count: 300 }',
    ],
    ['e: { velocity: { per: day, count: 5, cuont: 5 } }', '5:40 unknownKey velocity has no keyword "cuont" -> count'],
    [
      'e: { limit: { per: day, count: 5 }, velocity: { per: day, count: 5 } }',
      '5:49 outOfRange velocity is never passed: limit refuses what comes after 5 a day',
    ],
    ['e: { maxLateness: 367d }', '5:21 outOfRange "maxLateness" must be at most 366d'],
    ['e: { details: 5 }', '5:17 wrongType The fields must be a map such as { track: string, assists: boolean? }'],
    ['e: { details: [a] }', '5:17 wrongType The fields must be a map such as { track: string, assists: boolean? }'],
    [
      'e: { details: { a: 5 } }',
      '5:22 wrongType The type of "a" must be one of string, integer, number, boolean, with ? when it may be absent',
    ],
    [
      'e: { details: { a: string?? } }',
      '5:22 wrongType The type of "a" must be one of string, integer, number, boolean, with ? when it may be absent -> string',
    ],
    [
      'e: { details: { type: object, properties: { a: { $ref: x } } } }',
      '5:17 notSupported A schema of details may not use $ref',
    ],
    [
      `e: { details: { ${Array.from({ length: 101 }, (_, index) => `f${index}: string`).join(', ')} } }`,
      '5:17 tooLarge At most 100 fields',
    ],
  ])('%s', (line, fault) => {
    expect(found(`${TYPES}  ${line}\n`)).toEqual([fault]);
  });

  test.each([
    `${'e'.repeat(64)}: {}`,
    'a.b-c_1:',
    'e: { limit: { per: second, count: 1000000000 }, maxLateness: 366d }',
    'e: { details: null }',
    'e: { limit: { per: day, count: 5 }, velocity: { per: day, count: 4 } }',
    'e: { limit: { per: day, count: 5 }, velocity: { per: hour, count: 9 } }',
    `e: { details: { ${Array.from({ length: 100 }, (_, index) => `f${index}: string`).join(', ')} } }`,
    'e: { details: { type: object, properties: { a: { type: array } } }, xp: "size(details.a)" }',
  ])('allowed: %s', (line) => {
    expect(found(`${TYPES}  ${line}\n`)).toEqual([]);
  });

  test('attributes of the user are declared as details are', () => {
    expect(found(`${HEAD}users: { attributes: { class: strng } }\n`)).toEqual([
      '3:31 wrongType The type of "class" must be one of string, integer, number, boolean, with ? when it may be absent -> string',
    ]);
    expect(found(`${HEAD}users: { attribtes: {} }\n`)).toEqual([
      '3:10 unknownKey users has no keyword "attribtes" -> attributes',
    ]);
  });
});

describe('the head of a catalog', () => {
  test.each([
    ['name: x\n', '1:1 missing A catalog begins with "laurel: 1", the version of its format'],
    ['laurel: 2\n', '1:9 outOfRange This Laurel reads format version 1'],
    ['laurel: one\n', '1:9 outOfRange This Laurel reads format version 1'],
    ['laurel: 1\nname: [x]\n', '2:7 wrongType "name" must be a text'],
    ['laurel: 1\nlocales: en\n', '2:10 wrongType "locales" is a list such as [en, ru]'],
    ['laurel: 1\nlocales: []\n', '2:10 wrongType "locales" is a list such as [en, ru]'],
    ['laurel: 1\nlocales: [en, english]\n', '2:15 outOfRange A locale is a code such as en, ru or pt-BR'],
    ['laurel: 1\nlocales: [en, xen-]\n', '2:15 outOfRange A locale is a code such as en, ru or pt-BR'],
    ['laurel: 1\nlocales: [en, 5]\n', '2:15 outOfRange A locale is a code such as en, ru or pt-BR'],
    ['laurel: 1\nlocales: [en, ru, en]\n', '2:19 duplicateKey "en" stands here twice'],
  ])('%j', (text, fault) => {
    expect(found(text)).toEqual([fault]);
  });

  test('locales may have parts', () => {
    expect(found('laurel: 1\nlocales: [en, pt-BR, zh-Hant-TW, haw]\n')).toEqual([]);
  });
});
