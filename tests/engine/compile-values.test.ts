import { describe, expect, test } from 'vitest';
import { catalogOf, DAY, START } from './support.ts';

const EVENTS = `
eventTypes:
  login: { points: 5 }
  lap: { details: { track: string, seconds: number, best: boolean? } }
`;

describe('what is left out', () => {
  test('of an achievement', () => {
    const { achievements } = catalogOf(`${EVENTS}achievements: { treasure_hunter: { when: manual } }\n`);
    expect(achievements.get('treasure_hunter')).toEqual({
      key: 'treasure_hunter',
      ordinal: 0,
      name: { en: 'Treasure hunter' },
      description: { en: '' },
      category: null,
      order: 0,
      icon: null,
      iconLocked: null,
      rarity: 'common',
      points: 0,
      xp: 0,
      data: null,
      platforms: {},
      visibility: 'public',
      status: 'live',
      tiers: [],
      when: { kind: 'manual' },
      requires: [],
      startsAt: null,
      endsAt: null,
      season: null,
      repeat: null,
      notifyAt: [],
      retroactive: 'silent',
      onChange: 'keep',
      formerly: [],
    });
  });

  test('of an event type', () => {
    expect(catalogOf('eventTypes: { lapFinished: }\n').eventTypes.get('lapFinished')).toEqual({
      key: 'lapFinished',
      name: { en: 'Lap finished' },
      description: { en: '' },
      pointsText: '0',
      xpText: '0',
      points: { kind: 'constant', amount: 0 },
      xp: null,
      detailsSchema: { type: 'object', properties: {}, additionalProperties: false },
      fields: new Map(),
      from: 'server',
      limit: null,
      maxLatenessMs: 14 * DAY,
      trust: 'normal',
      velocity: null,
      onDoubt: 'review',
    });
  });

  test('of a metric', () => {
    expect(catalogOf(`${EVENTS}metrics: { all-laps: { count: lap } }\n`).metrics.get('all-laps')).toEqual({
      key: 'all-laps',
      name: { en: 'All laps' },
      kind: 'count',
      of: ['lap'],
      brokenBy: [],
      value: null,
      where: null,
      by: null,
      maxKeys: 1000,
      keepMs: null,
      decimals: 0,
      unit: null,
      per: null,
      periods: [],
      withinMs: null,
      season: null,
      lifetime: true,
    });
  });

  test('of a leaderboard and its rewards', () => {
    const text = `${EVENTS}leaderboards: { top.ten: { metric: score, rewards: [{ ranks: 1 }, { percent: 0.01 }] } }\n`;
    const reward = { points: 0, xp: 0, data: null };
    expect(catalogOf(text).leaderboards.get('top.ten')).toEqual({
      key: 'top.ten',
      name: { en: 'Top ten' },
      metric: 'score',
      order: 'desc',
      ties: 'earliest',
      per: null,
      notifyOvertaken: false,
      rewards: [
        { ...reward, ranks: { from: 1, to: 1 }, percent: null },
        { ...reward, ranks: null, percent: 0.01 },
      ],
      finalAfterMs: 0,
    });
  });

  test('of streaks, seasons, categories, levels, users, the catalog itself', () => {
    const catalog = catalogOf(`${EVENTS}
streaks: { daily: { of: login }, frozen: { of: login, freezes: { start: 2 } }, earned: { of: login, freezes: { earnEvery: 7 } } }
seasons: { s1: { startsAt: 2026-01-01, endsAt: 2026-02-01 } }
categories: { first: {}, second: { order: 9 }, third: {} }
`);
    expect([...catalog.streaks.values()].map(({ key, per, of, freezes }) => [key, per, of, freezes])).toEqual([
      ['daily', 'day', ['login'], { start: 0, earnEvery: null, max: 0 }],
      ['frozen', 'day', ['login'], { start: 2, earnEvery: null, max: 2 }],
      ['earned', 'day', ['login'], { start: 0, earnEvery: 7, max: 1 }],
    ]);
    expect(catalog.seasons.get('s1')).toEqual({
      key: 's1',
      name: { en: 'S1' },
      startsAt: START,
      endsAt: START + 31 * DAY,
      timezone: 'UTC',
    });
    expect([...catalog.categories.values()].map(({ key, name, order }) => [key, name['en'], order])).toEqual([
      ['first', 'First', 1],
      ['second', 'Second', 9],
      ['third', 'Third', 3],
    ]);
    expect([catalog.levels.thresholds.length, catalog.levels.thresholds[2], catalog.levels.titles.size]).toEqual([
      50, 2500, 0,
    ]);
    expect([catalog.name, catalog.locales, catalog.users]).toEqual([
      'Laurel',
      ['en'],
      { create: 'onFirstEvent', attributes: {} },
    ]);
    expect(catalogOf('levels: { base: 10 }\n').levels.thresholds.slice(0, 3)).toEqual([0, 10, 25]);
    expect(catalogOf('levels: { max: 3 }\n').levels.thresholds).toEqual([0, 1000, 2500]);
    expect(catalogOf('levels: { multiplier: 1, max: 3 }\n').levels.thresholds).toEqual([0, 1000, 2000]);
  });

  test('of a test and its steps', () => {
    const { tests } = catalogOf(`${EVENTS}achievements: { a: { when: manual } }
tests: [{ given: [login, { wait: 1d }, { grant: a }, { revoke: a, player: anna }], expect: { score: 5, unlocked: a } }]
`);
    expect(tests).toMatchObject([
      {
        name: 'line 7',
        timezone: null,
        attributes: null,
        player: 'player',
        given: [
          { kind: 'event', type: 'login', details: null, at: null, times: 1, everyMs: null, player: 'player' },
          { kind: 'wait', ms: DAY },
          { kind: 'grant', achievement: 'a', player: 'player' },
          { kind: 'revoke', achievement: 'a', player: 'anna' },
        ],
        expect: [
          { what: 'score', key: null, value: 5 },
          { what: 'unlocked', key: null, value: ['a'] },
        ],
      },
    ]);
  });
});

describe('what is written', () => {
  test('of an achievement', () => {
    const { achievements } = catalogOf(`${EVENTS}
metrics: { far: { sum: details.seconds, of: lap, decimals: 2, per: month, timezone: Asia/Tokyo } }
seasons: { s1: { startsAt: 2026-01-01, endsAt: 2026-02-01 } }
categories: { c: {} }
achievements:
  a:
    name: Alpha
    description: First
    category: c
    order: 3
    icon: a.png
    iconLocked: 7
    rarity: epic
    points: 5
    xp: 6
    data: { skin: red, list: [1, null] }
    platforms: { steam: ACH_1, other: 5 }
    visibility: secret
    status: draft
    requires: b
    startsAt: 2026-01-01T10:00
    endsAt: 2026-01-02T10:00:00+02:00
    season: s1
    repeat: month
    progress: { notifyAt: [90%, 12.5%, 90%] }
    retroactive: notify
    onChange: revoke
    formerly: [x, y]
    when: { metric: far, atLeast: 2.5 }
  b: { tiers: [{ at: 0.5, points: 1 }, { at: 7.25, xp: 2 }], when: { metric: far } }
`);
    const { a, b } = Object.fromEntries(achievements);
    expect(a).toMatchObject({
      ordinal: 0,
      name: { en: 'Alpha' },
      description: { en: 'First' },
      category: 'c',
      order: 3,
      icon: 'a.png',
      iconLocked: '7',
      rarity: 'epic',
      points: 5,
      xp: 6,
      data: { skin: 'red', list: [1, null] },
      platforms: { steam: 'ACH_1', other: '5' },
      visibility: 'secret',
      status: 'draft',
      requires: ['b'],
      startsAt: Date.parse('2026-01-01T10:00Z'),
      endsAt: Date.parse('2026-01-02T08:00Z'),
      season: 's1',
      repeat: { unit: 'month', timezone: 'Asia/Tokyo' },
      notifyAt: [0.125, 0.9],
      retroactive: 'notify',
      onChange: 'revoke',
      formerly: ['x', 'y'],
      when: { kind: 'metric', metric: 'far@s1', key: null, keys: null, bounds: { low: 250, target: 2.5 } },
    });
    expect(b).toMatchObject({
      ordinal: 1,
      tiers: [
        { tier: 1, at: 0.5, points: 1, xp: 0 },
        { tier: 2, at: 7.25, points: 0, xp: 2 },
      ],
      when: { kind: 'metric', bounds: { low: 50, high: Number.POSITIVE_INFINITY, target: 0.5 } },
    });
  });

  test('of texts: a locale that is missing reads as the default one', () => {
    const { achievements, locales } = catalogOf(`locales: [en, ru]
achievements:
  a: { name: A, description: { en: B, ru: Б }, when: manual }
  b: { name: { en: 5 }, when: manual }
  camelCaseKey.with-parts: { when: manual }
`);
    expect(locales).toEqual(['en', 'ru']);
    expect([...achievements.values()].map(({ name, description }) => [name, description])).toEqual([
      [
        { en: 'A', ru: 'A' },
        { en: 'B', ru: 'Б' },
      ],
      [
        { en: '5', ru: '5' },
        { en: '', ru: '' },
      ],
      [
        { en: 'Camel case key with parts', ru: 'Camel case key with parts' },
        { en: '', ru: '' },
      ],
    ]);
  });

  test('of event types', () => {
    const { eventTypes, users } = catalogOf(`users: { create: never, attributes: { class: string, age: integer? } }
eventTypes:
  a: { name: Alpha, description: First, points: "1 + 2", xp: 7, from: player, limit: { per: hour, count: 3 }, maxLateness: 2h }
  b: { details: { track: string, laps: integer?, best: boolean? } }
  d: { trust: high, limit: { per: day, count: 3 }, velocity: { per: day, count: 2 }, onDoubt: quarantine }
  c: { details: { type: object, required: [x], properties: { x: { type: number }, y: { type: array }, z: { type: object }, w: 5 } } }
`);
    const { a, b, c, d } = Object.fromEntries(eventTypes);
    expect(a).toMatchObject({
      name: { en: 'Alpha' },
      description: { en: 'First' },
      pointsText: '1 + 2',
      xpText: '7',
      points: { kind: 'expression' },
      xp: { kind: 'constant', amount: 7 },
      from: 'player',
      limit: { per: 'hour', count: 3 },
      maxLatenessMs: 7_200_000,
      trust: 'low',
    });
    expect(d).toMatchObject({ trust: 'high', velocity: { per: 'day', count: 2 }, onDoubt: 'quarantine' });
    expect(users).toEqual({ create: 'never', attributes: { class: 'string', age: 'integer?' } });
    expect(b?.detailsSchema).toEqual({
      type: 'object',
      properties: { track: { type: 'string' }, laps: { type: 'integer' }, best: { type: 'boolean' } },
      required: ['track'],
      additionalProperties: false,
    });
    expect([...(c?.fields ?? [])]).toEqual([
      ['x', { type: 'number', optional: false }],
      ['y', { type: 'list', optional: true }],
      ['z', { type: 'other', optional: true }],
      ['w', { type: 'other', optional: true }],
    ]);
    expect(c?.detailsSchema).toMatchObject({ type: 'object', required: ['x'], additionalProperties: false });
  });
});
