import { describe, expect, test } from 'vitest';
import { compileCatalog } from '../../src/engine/compile.ts';
import { parseCatalog } from '../../src/features/catalog/parse.ts';
import { catalogOf, event, faultsOf, MemoryUser, START } from './support.ts';

const HEAD = `
eventTypes:
  login: { points: 5 }
  lap: { details: { track: string, seconds: number } }
metrics: { logins: { count: login }, weekly: { count: login, per: week } }
seasons: { s1: { startsAt: 2026-01-01, endsAt: 2026-02-01 } }
achievements:
`;
const keysOf = (rules: string): string[] =>
  [...catalogOf(HEAD + rules).metrics.keys()].filter((key) => /[~@]/.test(key));
const boundsOf = (comparison: string) => {
  const when = catalogOf(`${HEAD}  a: { when: { metric: logins, ${comparison} } }\n`).achievements.get('a')?.when;
  return when?.kind === 'metric' ? [when.bounds.low, when.bounds.high, when.bounds.target] : [];
};

describe('a metric that stands in a rule', () => {
  test('is one with any other that says the same, whatever the comparison and the order of the words', () => {
    expect(
      keysOf(`  a: { when: { count: lap, where: { track: north }, by: details.track, atLeast: 1 } }
  b: { when: { by: details.track, where: { track: north }, count: lap, key: x, atMost: 9 } }
  c: { when: { where: { track: north }, keys: 2, by: details.track, atLeast: 3, count: lap } }
`).length,
    ).toBe(1);
    expect(
      keysOf(`  a: { when: { count: lap, where: { track: north }, atLeast: 1 } }
  b: { when: { count: lap, where: { track: south }, atLeast: 1 } }
  c: { when: { count: lap, atLeast: 1 } }
`).length,
    ).toBe(3);
  });

  test('of a season is kept for the season alone, unless another rule wants all of it', () => {
    const seasonal = '  a: { season: s1, when: { count: lap, atLeast: 1 } }\n';
    expect(keysOf(seasonal)).toEqual([expect.stringMatching(/^~[0-9a-f]{15}@s1$/)]);
    expect(keysOf(`${seasonal}  b: { season: s1, when: { count: lap, atLeast: 2 } }\n`).length).toBe(1);
    expect(keysOf(`${seasonal}  b: { when: { count: lap, atLeast: 2 } }\n`).length).toBe(2);
  });
});

describe('a season', () => {
  test('restricts named metrics under a key of their own, with their own window alone', () => {
    const { metrics } =
      catalogOf(`${HEAD}  a: { season: s1, when: { any: [{ metric: logins, atLeast: 1 }, { metric: weekly, atLeast: 1 }] } }
leaderboards: { b: { metric: weekly, per: week } }
`);
    expect(metrics.get('logins@s1')).toMatchObject({ key: 'logins@s1', season: 's1', periods: [], of: ['login'] });
    expect(metrics.get('weekly@s1')).toMatchObject({ season: 's1', periods: [{ unit: 'week', timezone: 'UTC' }] });
    expect(metrics.get('logins')).toMatchObject({ season: null });
  });

  test('leaves points, XP and the like as they are', () => {
    expect(
      keysOf('  a: { season: s1, when: { any: [{ points: 5 }, { metric: xp, atLeast: 5 }, { level: 2 }] } }\n'),
    ).toEqual([]);
  });

  test('gives no names to be meant', () => {
    const text = `laurel: 1${HEAD}  a: { season: s1, when: { metric: logins, atLeast: 1 } }\n  b: { when: { metric: logins@s, atLeast: 1 } }\n  c: { when: { count: lap, atLeast: 1 } }\nleaderboards: { x: { metric: logins@s } }\n`;
    expect(faultsOf(text).map(({ message, suggestion }) => [message, suggestion])).toEqual([
      ['There is no metric "logins@s"', 'logins'],
      ['There is no metric "logins@s"', 'logins'],
    ]);
  });
});

describe('a comparison', () => {
  const INF = Number.POSITIVE_INFINITY;
  test.each([
    ['atLeast: 5', [5, INF, 5]],
    ['above: 5', [6, INF, 5]],
    ['atMost: 5', [-INF, 5, null]],
    ['below: 5', [-INF, 4, null]],
    ['equals: 5', [5, 5, null]],
    ['atLeast: 1.5', [2, INF, 1.5]],
    ['above: 1.5', [2, INF, 1.5]],
    ['atMost: 1.5', [-INF, 1, null]],
    ['below: 1.5', [-INF, 1, null]],
    ['atLeast: 5, atMost: 9', [5, 9, null]],
    ['above: 5, atLeast: 3', [6, INF, null]],
    ['atLeast: 9007199254740991', [Number.MAX_SAFE_INTEGER, INF, Number.MAX_SAFE_INTEGER]],
  ])('%s', (comparison, wanted) => {
    expect(boundsOf(comparison)).toEqual(wanted);
  });

  test('on a metric with decimals is free of binary noise', () => {
    const { achievements } = catalogOf(`
eventTypes: { lap: { details: { seconds: number } } }
metrics: { best: { min: details.seconds, of: lap, decimals: 3 }, far: { sum: details.seconds, of: lap, decimals: 1 } }
achievements:
  a: { when: { metric: best, atMost: 58.005 } }
  b: { when: { metric: best, below: 58.0051 } }
  c: { when: { metric: far, atLeast: 1.15 } }
  d: { when: { metric: far, above: 0.3 } }
`);
    const bounds = [...achievements.values()].map(({ when }) => (when.kind === 'metric' ? when.bounds : null));
    expect(bounds.map((one) => [one?.low, one?.high])).toEqual([
      [-Number.POSITIVE_INFINITY, 58_005],
      [-Number.POSITIVE_INFINITY, 58_005],
      [12, Number.POSITIVE_INFINITY],
      [4, Number.POSITIVE_INFINITY],
    ]);
  });
});

describe('details', () => {
  test('may have a field called type, or properties; both together are a schema', () => {
    const fields = (details: string) => [
      ...(catalogOf(`eventTypes: { e: { details: ${details} } }\n`).eventTypes.get('e')?.fields ?? []),
    ];
    expect(fields('{ type: string, properties: number }')).toEqual([
      ['type', { type: 'string', optional: false }],
      ['properties', { type: 'number', optional: false }],
    ]);
    expect(fields('{ type: object, properties: { a: { type: boolean } } }')).toEqual([
      ['a', { type: 'boolean', optional: true }],
    ]);
    expect(faultsOf('laurel: 1\neventTypes: { e: { details: { type: object } } }\n').map(({ code }) => code)).toEqual([
      'wrongType',
    ]);
    expect(
      faultsOf('laurel: 1\neventTypes: { e: { details: { type: array, properties: { a: 1 } } } }\n').map(
        ({ code }) => code,
      ),
    ).toEqual(['wrongType', 'wrongType']);
  });

  test('of a schema may be opened by the designer', () => {
    const { eventTypes } = catalogOf(
      'eventTypes: { e: { details: { type: object, properties: { a: { type: string } }, additionalProperties: true } } }\n',
    );
    expect(eventTypes.get('e')?.detailsSchema).toEqual({
      type: 'object',
      properties: { a: { type: 'string' } },
      additionalProperties: true,
    });
  });

  test('an attribute of the user may be unknown, whatever is declared', () => {
    const user = new MemoryUser(
      catalogOf(`
users: { attributes: { class: string } }
eventTypes: { e: { points: 1 } }
metrics: { none: { count: e, where: 'user.class == ""' } }
`),
    );
    user.record([event('e', START), event('e', START + 1, null, { attributes: { class: 'racer' } })]);
    expect(user.value('none')).toBe(1);
  });
});

describe('a leaderboard', () => {
  test('as it is written', () => {
    const { leaderboards, metrics } = catalogOf(
      `${HEAD}
leaderboards:
  b:
    name: Best
    metric: logins
    order: asc
    ties: shared
    per: month
    timezone: Asia/Tokyo
    notifyOvertaken: true
    finalAfter: 1h
    rewards: [{ ranks: 12..345, points: 5, xp: 6, data: { car: gt } }, { percent: 100 }, { ranks: 7 }]
  c: { metric: weekly, per: week }
  d: { metric: weekly }
`.replace('achievements:\n', ''),
    );
    const reward = { points: 0, xp: 0, data: null };
    expect(leaderboards.get('b')).toEqual({
      key: 'b',
      name: { en: 'Best' },
      metric: 'logins',
      order: 'asc',
      ties: 'shared',
      per: { unit: 'month', timezone: 'Asia/Tokyo' },
      notifyOvertaken: true,
      finalAfterMs: 3_600_000,
      rewards: [
        { ranks: { from: 12, to: 345 }, percent: null, points: 5, xp: 6, data: { car: 'gt' } },
        { ...reward, ranks: null, percent: 100 },
        { ...reward, ranks: { from: 7, to: 7 }, percent: null },
      ],
    });
    expect(metrics.get('logins')?.periods).toEqual([{ unit: 'month', timezone: 'Asia/Tokyo' }]);
    expect(metrics.get('weekly')?.periods).toEqual([{ unit: 'week', timezone: 'UTC' }]);
    expect([leaderboards.get('c')?.per, leaderboards.get('d')?.per]).toEqual([{ unit: 'week', timezone: 'UTC' }, null]);
  });

  test('takes the zone of its metric, and makes the lifetime value of a built-in one be kept', () => {
    const { leaderboards, metrics } = catalogOf(`
eventTypes: { login: { points: 5 } }
metrics: { weekly: { count: login, per: week, timezone: Asia/Tokyo } }
leaderboards: { a: { metric: weekly, per: week }, b: { metric: score }, c: { metric: xp, per: day } }
`);
    expect(leaderboards.get('a')?.per).toEqual({ unit: 'week', timezone: 'Asia/Tokyo' });
    expect([metrics.get('score')?.lifetime, metrics.get('xp')?.lifetime]).toEqual([true, false]);
  });
});

test('a catalog has a name, and at most two hundred rules in a list', () => {
  expect(catalogOf('name: Night Racer\n').name).toBe('Night Racer');
  const list = (count: number) =>
    `laurel: 1\nachievements: { a: { when: { any: [${'{ level: 2 }, '.repeat(count)}] } } }\n`;
  expect(faultsOf(list(200))).toEqual([]);
  expect(faultsOf(list(201)).map(({ code, message }) => `${code} ${message}`)).toEqual([
    'tooLarge At most 200 rules in a list',
  ]);
});

test('faults stand in the order of the files, then of their places', () => {
  const parsed = parseCatalog({
    main: 'game.yaml',
    files: {
      'game.yaml':
        'laurel: 1\ninclude: [more.yaml]\neventTypes: { e: { points: -1, pints: 1 } }\nlevels: { base: 0 }\n',
      'more.yaml': 'metrics: { m: { count: x } }\nachievements:\n  a: { points: -1, when: manual }\n',
    },
  });
  if (!parsed.ok) throw new Error('it parses');
  const result = compileCatalog(parsed.source);
  expect(result.ok ? [] : result.faults.map(({ file, line, column }) => `${file}:${line}:${column}`)).toEqual([
    'game.yaml:3:28',
    'game.yaml:3:32',
    'game.yaml:4:17',
    'more.yaml:1:24',
    'more.yaml:3:16',
  ]);
});

test('no more than two hundred faults are told', () => {
  const lines = Array.from({ length: 250 }, (_, index) => `  e${index}: { points: -1 }`);
  expect(faultsOf(`laurel: 1\neventTypes:\n${lines.join('\n')}\n`).length).toBe(200);
  const unknown = Array.from({ length: 250 }, (_, index) => `  e${index}: { pints: 1 }`);
  expect(faultsOf(`laurel: 1\neventTypes:\n${unknown.join('\n')}\n`).length).toBe(200);
});
