import { describe, expect, test } from 'vitest';
import { compileCatalog } from '../../src/engine/compile.ts';
import { formatFault } from '../../src/engine/format-fault.ts';
import { parseCatalog } from '../../src/features/catalog/parse.ts';
import { processorMs } from '../support/processor-time.ts';
import { faultsOf } from './support.ts';

/** Faults as `line:column code message -> suggestion`. */
function found(text: string, options: { strict?: boolean } = {}): string[] {
  return faultsOf(text, options).map(
    ({ line, column, code, message, suggestion }) =>
      `${line}:${column} ${code} ${message}${suggestion === undefined ? '' : ` -> ${suggestion}`}`,
  );
}

/** A catalog with one more line in one section. */
const HEAD = `laurel: 1
locales: [en, ru]
eventTypes:
  login: { points: 5 }
  lap: { points: 0, details: { track: string, seconds: number, assists: boolean? } }
`;

const base = `laurel: 1
locales: [en, ru]
eventTypes:
  login: { points: 5 }
  lap: { points: 0, details: { track: string, seconds: number, assists: boolean? } }
metrics:
  logins: { count: login }
  record: { min: details.seconds, of: lap, by: details.track, decimals: 3 }
streaks: { daily: { of: [login] } }
`;

test('a catalog without faults has none', () => {
  expect(found(base)).toEqual([]);
});

describe('each fault has its place, its code and the name that was meant', () => {
  test.each([
    ['achievments: {}', '10:1 unknownKey The catalog has no keyword "achievments" -> achievements'],
    [
      'achievements: { a: { whn: manual, when: manual } }',
      '10:22 unknownKey The achievement "a" has no keyword "whn" -> when',
    ],
    ['achievements: { a: { points: 5 } }', '10:17 missing The achievement "a" needs "when"'],
    [
      'achievements: { a: { points: -1, when: manual } }',
      '10:30 outOfRange "points" must be an integer from 0 to 1000000000000',
    ],
    [
      'achievements: { a: { points: 1.5, when: manual } }',
      '10:30 outOfRange "points" must be an integer from 0 to 1000000000000',
    ],
    [
      'achievements: { a: { rarity: rair, when: manual } }',
      '10:30 outOfRange "rarity" must be one of common, uncommon, rare, epic, legendary -> rare',
    ],
    [
      'achievements: { a: { when: { metric: loginz, atLeast: 1 } } }',
      '10:38 unknownName There is no metric "loginz" -> logins',
    ],
    [
      'achievements: { a: { when: { metric: logins } } }',
      '10:28 missing The rule needs one of atLeast, atMost, equals, above, below',
    ],
    [
      'achievements: { a: { when: { metric: logins, atleast: 1 } } }',
      '10:46 unknownKey This rule has no keyword "atleast" -> atLeast',
    ],
    [
      'achievements: { a: { when: { metric: logins, key: x, atLeast: 1 } } }',
      '10:46 conflict "key" needs a metric with "by"',
    ],
    [
      'achievements: { a: { when: { streak: dayly, atLeast: 1 } } }',
      '10:38 unknownName There is no streak "dayly" -> daily',
    ],
    [
      'achievements: { a: { when: { level: 51 } } }',
      '10:28 outOfRange There are only 50 levels; level 51 cannot be reached',
    ],
    ['achievements: { a: { when: { achievement: b } } }', '10:43 unknownName There is no achievement "b"'],
    ['achievements: { a: { category: c, when: manual } }', '10:32 unknownName There is no category "c"'],
    ['achievements: { a: { season: s1, when: manual } }', '10:30 unknownName There is no season "s1"'],
    ['achievements: { a: { requires: [a], when: manual } }', '10:33 cycle "a" requires itself'],
    ['achievements: { a: { when: { al: [] } } }', '10:30 unknownKey A rule has no keyword "al" -> all'],
    [
      'achievements: { a: { tiers: [{ at: 5 }, { at: 5 }], when: { metric: logins } } }',
      '10:41 outOfRange Tiers must rise',
    ],
    [
      'achievements: { a: { tiers: [{ at: 5, points: -1 }], when: { metric: logins } } }',
      '10:47 outOfRange "points" must be an integer from 0 to 1000000000000',
    ],
    [
      'achievements: { a: { tiers: [{ at: 5 }], when: { all: [{ metric: logins, atLeast: 1 }] } } }',
      '10:20 conflict Tiers need a rule of one counted leaf',
    ],
    [
      'achievements: { a: { startsAt: soon, when: manual } }',
      '10:32 badTime "startsAt" must be a time such as 2026-12-01T10:00 or 2026-12-01T10:00:00Z',
    ],
    [
      'achievements: { a: { progress: { notifyAt: [50] }, when: manual } }',
      '10:45 outOfRange notifyAt takes shares such as 50%, above 0% and below 100%',
    ],
    ['achievements: { a: { name: { ru: А }, when: manual } }', '10:22 missingText The en text of "name" is missing'],
    ['achievements: { a: { name: { en: A, de: A }, when: manual } }', '10:37 unknownName There is no locale "de"'],
    ['leaderboards: { b: { metric: loginz } }', '10:30 unknownName There is no metric "loginz" -> logins'],
    [
      'leaderboards: { b: { metric: logins, per: fortnight } }',
      '10:43 badPeriod "per" must be one of day, week, month, season',
    ],
    [
      'leaderboards: { b: { metric: logins, per: week, timezone: Europe/Moskow } }',
      '10:59 badZone There is no time zone "Europe/Moskow" -> Europe/Moscow',
    ],
    ['leaderboards: { b: { metric: logins, per: season } }', '10:43 badPeriod The catalog declares no seasons'],
    [
      'leaderboards: { b: { metric: logins, per: week, timezone: user } }',
      "10:43 badZone A leaderboard's windows are the same for everybody; name a zone",
    ],
    [
      'leaderboards: { b: { metric: logins, rewards: [{ points: 5 }] } }',
      '10:48 missing A reward has "ranks" or "percent"',
    ],
    ['levels: { base: 1000000, multiplier: 2, max: 60 }', '10:9 curve Level 60 of this curve passes 2^53 - 1 XP'],
    ['levels: { thresholds: [0, 100, 100] }', '10:32 curve Thresholds must rise'],
    ['levels: { thresholds: [5, 100] }', '10:24 curve The first threshold is 0: everybody starts at level 1'],
    ['levels: { thresholds: [0, 9007199254740993] }', '10:27 curve A threshold is an integer of at most 2^53 - 1'],
    ['seasons: { s: { startsAt: 2026-01-02, endsAt: 2026-01-01 } }', '10:47 badTime The season ends before it starts'],
    ['seasons: { s: { startsAt: 2026-01-02 } }', '10:12 missing A season needs "endsAt"'],
    ['tests: [{ given: [logn], expect: {} }]', '10:19 unknownName There is no event type "logn" -> login'],
    ['tests: [{ given: [login], expect: { scor: 5 } }]', '10:37 unknownKey expect has no keyword "scor" -> score'],
    [
      'tests: [{ given: [login], expect: { metrics: { loginz: 1 } } }]',
      '10:48 unknownName There is no metric "loginz" -> logins',
    ],
    ['users: { create: always }', '10:18 outOfRange "create" must be one of onFirstEvent, never'],
  ])('%s', (line, fault) => {
    expect(found(`${base}${line}\n`)).toEqual([fault]);
  });

  test.each([
    [
      'm: { cont: login }',
      [
        '7:6 missing A metric needs one of count, sum, distinct, run, min, max, latest',
        '7:8 unknownKey The metric "m" has no keyword "cont" -> count',
      ],
    ],
    ['m: { count: loginn }', ['7:15 unknownName There is no event type "loginn" -> login']],
    ['m: { sum: details.seconds }', ['7:8 missing "sum" needs "of", the event type it reads']],
    ['m: { sum: details.secnds, of: lap }', ['7:13 unknownName There is no field "secnds" -> seconds']],
    ['m: { sum: details.track, of: lap }', ['7:13 wrongType "sum" needs a number; details.track is a string']],
    ['m: { sum: seconds, of: lap }', ['7:13 wrongType "sum" takes a field such as details.seconds']],
    ['m: { count: lap, where: { track: 5 } }', ['7:36 wrongType This field holds a string']],
    ['m: { count: lap, where: { trak: north } }', ['7:29 unknownName There is no field "trak" -> track']],
    [
      'm: { count: lap, where: { seconds: { belo: 70 } } }',
      ['7:40 unknownKey A condition has no keyword "belo" -> below'],
    ],
    [
      'm: { count: lap, where: { track: { below: 70 } } }',
      ['7:38 wrongType "below" compares numbers; this field holds none'],
    ],
    ['m: { count: lap, sum: details.seconds }', ['7:20 conflict A metric has one kind; this one is "count"']],
    ['m: { count: lap, within: 40d }', ['7:28 outOfRange "within" must be at most 31d']],
    ['m: { count: lap, within: 1d, per: day }', ['7:20 conflict A metric has "per" or "within", not both']],
    [
      'm: { min: details.seconds, of: lap, decimals: 7 }',
      ['7:49 outOfRange "decimals" must be an integer from 0 to 6'],
    ],
    ['score: { count: lap }', ['7:3 reservedName "score" is built in; call the metric something else']],
    ['points: { count: lap }', ['7:3 reservedName "points" is built in; call the metric something else']],
    ['m: { count: lap, timezone: UTC }', ['7:20 conflict "timezone" belongs to "per"']],
    ['m: { count: lap, brokenBy: login }', ['7:20 conflict "brokenBy" belongs to "run"']],
  ])('metric %s', (line, faults) => {
    expect(found(`${HEAD}metrics:\n  ${line}\n`)).toEqual(faults);
  });

  test.each([
    ['e: { points: -5 }', ['6:16 outOfRange "points" must be an integer from 0 to 1000000000000']],
    ['e: { points: 1.5 }', ['6:16 outOfRange "points" must be an integer from 0 to 1000000000000']],
    [
      'e: { details: { a: strng } }',
      [
        '6:22 wrongType The type of "a" must be one of string, integer, number, boolean, with ? when it may be absent -> string',
      ],
    ],
    ['e: { from: client }', ['6:14 outOfRange "from" must be one of server, player']],
    [
      'e: { limit: { per: minute } }',
      ['6:15 missing limit needs "per" and "count", such as { per: minute, count: 300 }'],
    ],
    ['e: { maxLateness: never }', ['6:21 badTime "maxLateness" must be a duration such as 60s, 5m, 12h or 7d']],
    ['login: { points: 6 }', ['6:3 duplicateKey "login" stands here twice']],
  ])('event type %s', (line, faults) => {
    expect(found(`${HEAD}  ${line}\n`)).toEqual(faults);
  });
});

test('a wrong rule hides no other fault of its achievement', () => {
  const faults = found(`${HEAD}achievements:
  a:
    name: { ru: Имя }
    points: -1
    rarity: rair
    tiers: [{ at: 1.5 }, { at: 1 }]
    startsAt: soon
    repeat: yearly
    requires: [nobody]
    retroactive: never
    progress: { notifyAt: [500%] }
    when: { metric: lapz, atLeast: many }
  b: { points: 1.5, category: none, season: none }
`);
  expect(faults.map((fault) => fault.split(' ').slice(0, 2).join(' '))).toEqual([
    '8:5 missingText',
    '9:13 outOfRange',
    '10:13 outOfRange',
    '11:26 outOfRange',
    '12:15 badTime',
    '13:13 outOfRange',
    '14:16 unknownName',
    '15:18 outOfRange',
    '16:28 outOfRange',
    '17:21 unknownName',
    '17:36 outOfRange',
    '18:3 missing',
    '18:16 outOfRange',
    '18:31 unknownName',
    '18:45 unknownName',
  ]);
});

test('every fault is told in one run, in the order of the file', () => {
  const text = `laurel: 2
locals: [en]
eventTypes:
  login: { points: -1 }
metrics:
  m: { count: lgin }
achievements:
  a: { when: { metric: n, atLeast: 1 } }
`;
  expect(found(text).map((fault) => fault.split(' ').slice(0, 2).join(' '))).toEqual([
    '1:9 outOfRange',
    '2:1 unknownKey',
    '4:20 outOfRange',
    '6:15 unknownName',
    '8:24 unknownName',
  ]);
});

test('a circle is reported at every definition in it, and nowhere else', () => {
  const text = `${base}achievements:
  a: { when: { achievement: b } }
  b: { when: { any: [{ achievement: c }, { metric: logins, atLeast: 1 }] } }
  c: { requires: [a], when: { metric: logins, atLeast: 1 } }
  d: { when: { achievement: a } }
`;
  const cycles = faultsOf(text).filter((fault) => fault.code === 'cycle');
  expect(cycles.map(({ line, column }) => [line, column])).toEqual([
    [11, 3],
    [12, 3],
    [13, 3],
  ]);
});

describe('a rule must not be able to contradict itself', () => {
  test.each([
    ['its own XP raises the level it wants low', 'a: { xp: 10, when: { not: { level: 5 } } }'],
    ['its own points', 'a: { points: 10, when: { metric: totalPoints, atMost: 100 } }'],
    ['its own unlock is counted', 'a: { when: { not: { achievements: { rarity: rare }, atLeast: 5 } } }'],
    ['equals on XP', 'a: { xp: 1, when: { metric: xp, equals: 100 } }'],
    [
      'through another',
      'a: { when: { all: [{ metric: logins, atLeast: 1 }, { not: { level: 5 } }] } }\n  b: { xp: 5, when: { achievement: a } }',
    ],
  ])('%s', (_name, line) => {
    expect(faultsOf(`${base}achievements:\n  ${line}\n`).map(({ code, line: at }) => [code, at])).toEqual([
      ['unstratified', 11],
    ]);
  });

  test.each([
    ['no XP, so the level stays', 'a: { points: 5, when: { not: { level: 5 } } }'],
    ['the score is raised by events alone', 'a: { points: 5, when: { metric: score, atMost: 100 } }'],
    [
      'another achievement it does not bring',
      'a: { when: { all: [{ metric: logins, atLeast: 3 }, { not: { achievement: b } }] } }\n  b: { when: manual }',
    ],
  ])('allowed: %s', (_name, line) => {
    expect(found(`${base}achievements:\n  ${line}\n`)).toEqual([]);
  });
});

test('a catalog made to be slow to check is refused within a second', () => {
  const rules = Array.from(
    { length: 1_000 },
    (_, index) =>
      `  a${index}: { xp: 1, when: { all: [{ not: { level: 5 } }, { achievement: a${(index + 1) % 1_000} }] } }`,
  );
  const chain = Array.from(
    { length: 1_000 },
    (_, index) => `  a${index}: { when: { all: [{ not: { achievements: all } }, { achievement: a${index + 1} }] } }`,
  );
  for (const lines of [rules, [...chain, '  a1000: { when: manual }']]) {
    const source = parseCatalog({
      main: 'game.yaml',
      files: { 'game.yaml': `${base}achievements:\n${lines.join('\n')}\n` },
    });
    const ms = processorMs(() => expect(source.ok && compileCatalog(source.source).ok).toBe(false));
    expect(ms).toBeLessThan(1_000);
  }
});

test('strict wants every text in every locale', () => {
  const text = `${base}achievements:\n  a: { name: A, description: { en: B, ru: Б }, when: manual }\n`;
  expect(found(text)).toEqual([]);
  expect(found(text, { strict: true })).toEqual(['11:8 missingText The ru text of "name" is missing']);
});

test('a fault prints its place, the line with a caret, and the name that was meant', () => {
  const text = `${base}achievements:\n  a: { when: { metric: loginz, atLeast: 1 } }\n`;
  const [fault] = faultsOf(text);
  expect(fault && formatFault(fault, text)).toBe(
    [
      'game.yaml:11:24: There is no metric "loginz"',
      '  11 |   a: { when: { metric: loginz, atLeast: 1 } }',
      '     |                        ^',
      '  did you mean "logins"?',
    ].join('\n'),
  );
});
