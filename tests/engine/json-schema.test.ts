import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { catalogJsonSchema } from '../../src/engine/json-schema.ts';

const compiled = () => new Ajv2020({ strict: false }).compile(catalogJsonSchema());

/** A catalog that uses every keyword. */
const whole = {
  laurel: 1,
  name: 'Night Racer',
  locales: ['en', 'ru'],
  include: ['achievements/*.yaml'],
  users: { create: 'never', attributes: { class: 'string?' } },
  eventTypes: {
    login: null,
    lap: {
      name: 'Lap',
      description: { en: 'A lap' },
      points: 5,
      xp: 'details.seconds',
      details: { seconds: 'number' },
      from: 'player',
      limit: { per: 'minute', count: 300 },
      maxLateness: '1.5h',
      trust: 'high',
      velocity: { per: 'second', count: 5 },
      onDoubt: 'quarantine',
    },
  },
  metrics: {
    laps: {
      name: 'Laps',
      count: 'lap',
      where: 'details.seconds < 60',
      by: 'details.track',
      maxKeys: 5,
      keep: '7d',
      unit: 'km',
      per: 'week',
      timezone: 'UTC',
    },
    run: { run: ['win'], brokenBy: ['lose'] },
    sum: { sum: 'details.seconds', of: ['lap'], decimals: 6, within: '60s', where: { seconds: 5 } },
    min: { min: 'details.seconds', of: 'lap', decimals: 0 },
    max: { max: 'user.class', of: 'lap' },
    latest: { latest: 'details.seconds', of: 'lap' },
    distinct: { distinct: 'details.seconds', of: 'lap' },
  },
  seasons: { s1: { name: 'Winter', startsAt: '2026-12-01', endsAt: '2027-03-01', timezone: 'UTC' } },
  levels: { base: 1, multiplier: 1.5, max: 50, titles: { 1: { en: 'Rookie' } }, rewards: { 10: { data: { car: 1 } } } },
  streaks: { daily: { name: 'Daily', of: ['login'], per: 'day', freezes: { start: 0, earnEvery: 7, max: 3 } } },
  categories: { start: { name: 'Start', order: 0 } },
  achievements: {
    full: {
      name: 'Full',
      description: 'All of it',
      category: 'start',
      order: 1,
      icon: 'a.png',
      iconLocked: 'b.png',
      rarity: 'rare',
      points: 0,
      xp: 5,
      data: { skin: 'red' },
      platforms: { steam: 'ACH_1' },
      visibility: 'hidden',
      status: 'live',
      progress: { notifyAt: ['50%', '99.5%'] },
      tiers: [{ at: 5.5, points: 10, xp: 1 }, { at: 10 }],
      when: { metric: 'laps', key: 'north', keys: 2, atLeast: 1, atMost: 2, equals: 1.5, above: 0, below: 9 },
      requires: ['hand'],
      startsAt: '2026-12-01',
      endsAt: '2027-01-10',
      season: 's1',
      repeat: 'season',
      retroactive: 'notify',
      onChange: 'revoke',
      formerly: 'old',
    },
    hand: { when: 'manual' },
    tree: {
      when: {
        all: [
          { any: [{ streak: 'daily', atLeast: 3 }, { level: 1 }, { points: 0 }] },
          { not: { achievement: 'full', tier: 1 } },
          { atLeast: 1, of: [{ achievements: 'all' }, { achievements: { rarity: 'epic' }, atLeast: 5 }] },
          { sum: 'details.seconds', of: 'lap', decimals: 1, key: 5, atLeast: 5 },
        ],
      },
    },
  },
  leaderboards: {
    week: {
      name: 'Week',
      metric: 'laps',
      order: 'asc',
      ties: 'shared',
      per: 'month',
      timezone: 'UTC',
      rewards: [{ ranks: '1..3', points: 0, xp: 0, data: 1 }, { ranks: 1 }, { percent: 10.5 }],
      finalAfter: '1h30m',
      notifyOvertaken: true,
    },
  },
  tests: [
    { name: 'one', user: { timezone: 'UTC' }, given: ['login', { lap: {} }], expect: { score: 5, player: 'anna' } },
  ],
};

type Tree = { [key: string]: unknown };

/** The same with one value replaced, or taken away. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone(whole) as Tree;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const at = keys.reduce((tree, key) => tree[key] as Tree, copy);
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

test('a catalog with every keyword fits', () => {
  const check = compiled();
  expect(check(whole) ? [] : check.errors).toEqual([]);
  expect(check({ laurel: 1 })).toBe(true);
});

test('it says which draft it is, and what it describes', () => {
  expect(catalogJsonSchema()).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Laurel catalog',
  });
});

const UNREAD = [
  '',
  'users.',
  'eventTypes.lap.',
  'eventTypes.lap.limit.',
  'metrics.laps.',
  'seasons.s1.',
  'levels.',
  'levels.rewards.10.',
  'streaks.daily.',
  'streaks.daily.freezes.',
  'categories.start.',
  'achievements.full.',
  'achievements.full.progress.',
  'achievements.full.tiers.0.',
  'achievements.full.when.',
  'achievements.tree.when.all.0.any.0.',
  'achievements.tree.when.all.2.of.1.achievements.',
  'leaderboards.week.',
  'leaderboards.week.rewards.0.',
  'tests.0.',
  'tests.0.expect.',
];

const NEEDED = [
  'laurel',
  'eventTypes.lap.limit.per',
  'eventTypes.lap.limit.count',
  'seasons.s1.startsAt',
  'seasons.s1.endsAt',
  'streaks.daily.of',
  'achievements.hand.when',
  'achievements.full.tiers.0.at',
  'achievements.tree.when.all.2.of.1.achievements.rarity',
  'leaderboards.week.metric',
  'tests.0.given',
  'tests.0.expect',
];

const NO_NUMBERS = `
    name include users.attributes.class eventTypes.login eventTypes.lap.name eventTypes.lap.description.en
    eventTypes.lap.description eventTypes.lap.maxLateness metrics.laps.name metrics.laps.count
    metrics.laps.where metrics.laps.unit metrics.laps.timezone metrics.run.run metrics.sum.of metrics.min.min
    metrics.max.max metrics.latest.latest metrics.distinct.distinct seasons.s1.name seasons.s1.startsAt
    seasons.s1.endsAt seasons.s1.timezone levels.thresholds levels.titles.1 levels.rewards.10 streaks.daily.name
    streaks.daily.of categories.start.name achievements.full.name achievements.full.description
    achievements.full.category achievements.full.icon achievements.full.iconLocked
    achievements.full.platforms.steam achievements.full.tiers achievements.full.when.metric
    achievements.full.requires achievements.full.startsAt achievements.full.endsAt achievements.full.season
    achievements.full.formerly achievements.tree.when.all.0.any.0.streak achievements.tree.when.all.1.not
    achievements.tree.when.all.1.not.achievement achievements.tree.when.all.2.of leaderboards.week.name
    leaderboards.week.metric leaderboards.week.timezone leaderboards.week.rewards tests.0.name tests.0.expect
  `;

const WRONG: [string, unknown][] = [
  ['laurel', 2],
  ['locales', []],
  ['locales', [1]],
  ['locales', 'en'],
  ['include', [5]],
  ['users', []],
  ['users.create', 'always'],
  ['eventTypes', []],
  ['eventTypes.lap.points', -1],
  ['eventTypes.lap.points', 1.5],
  ['eventTypes.lap.xp', []],
  ['eventTypes.lap.details', 'seconds'],
  ['eventTypes.lap.from', 'client'],
  ['eventTypes.lap.limit.per', 'week'],
  ['eventTypes.lap.limit.count', 0],
  ['eventTypes.lap.maxLateness', 'never'],
  ['eventTypes.lap.maxLateness', '5 s'],
  ['metrics.laps.by', 'track'],
  ['metrics.laps.maxKeys', 0],
  ['metrics.laps.keep', 'x'],
  ['metrics.laps.per', 'year'],
  ['metrics.run.brokenBy', [5]],
  ['metrics.sum.sum', 'seconds'],
  ['metrics.sum.sum', 'details.'],
  ['metrics.sum.sum', 'the details.seconds'],
  ['metrics.sum.decimals', 7],
  ['metrics.sum.decimals', -1],
  ['metrics.sum.decimals', 1.5],
  ['metrics.sum.within', 'x'],
  ['levels.base', 0],
  ['levels.multiplier', 0.5],
  ['levels.multiplier', 'x'],
  ['levels.max', 0],
  ['levels.thresholds', []],
  ['levels.thresholds', [-1]],
  ['streaks.daily.per', 'month'],
  ['streaks.daily.freezes', 1],
  ['streaks.daily.freezes.start', -1],
  ['streaks.daily.freezes.earnEvery', 0],
  ['streaks.daily.freezes.max', -1],
  ['categories.start.order', -1],
  ['achievements.full.order', -1],
  ['achievements.full.rarity', 'rair'],
  ['achievements.full.points', -1],
  ['achievements.full.xp', 1.5],
  ['achievements.full.platforms', 'steam'],
  ['achievements.full.visibility', 'x'],
  ['achievements.full.status', 'x'],
  ['achievements.full.progress.notifyAt', '50%'],
  ['achievements.full.progress.notifyAt', [50]],
  ['achievements.full.progress.notifyAt', ['50']],
  ['achievements.full.tiers', []],
  ['achievements.full.tiers', [5]],
  ['achievements.full.tiers.0.at', '5'],
  ['achievements.full.tiers.0.points', -1],
  ['achievements.full.tiers.0.xp', -1],
  ['achievements.full.when', 'by hand'],
  ['achievements.full.when.key', []],
  ['achievements.full.when.keys', 0],
  ['achievements.full.when.atLeast', '1'],
  ['achievements.full.when.atMost', '1'],
  ['achievements.full.when.equals', '1'],
  ['achievements.full.when.above', '1'],
  ['achievements.full.when.below', '1'],
  ['achievements.full.repeat', 'year'],
  ['achievements.full.retroactive', 'x'],
  ['achievements.full.onChange', 'x'],
  ['achievements.tree.when.all', []],
  ['achievements.tree.when.all', [5]],
  ['achievements.tree.when.all', 'x'],
  ['achievements.tree.when.all.0.any', []],
  ['achievements.tree.when.all.0.any.1.level', 0],
  ['achievements.tree.when.all.0.any.2.points', -1],
  ['achievements.tree.when.all.1.not.tier', 0],
  ['achievements.tree.when.all.2.of.0.achievements', 'some'],
  ['achievements.tree.when.all.2.of.1.achievements.rarity', 'x'],
  ['leaderboards.week.order', 'x'],
  ['leaderboards.week.ties', 'x'],
  ['leaderboards.week.per', 'year'],
  ['leaderboards.week.rewards', [5]],
  ['leaderboards.week.rewards.0.ranks', 0],
  ['leaderboards.week.rewards.2.percent', 'x'],
  ['leaderboards.week.rewards.0.points', -1],
  ['leaderboards.week.rewards.0.xp', -1],
  ['leaderboards.week.finalAfter', 'x'],
  ['leaderboards.week.notifyOvertaken', 'yes'],
  ['tests', {}],
  ['tests', [5]],
  ['tests.0.user', 'anna'],
  ['tests.0.given', 'login'],
  ['tests.0.given', [5]],
];

test('it refuses a keyword nobody reads, what lacks something, another kind of value, one out of range', () => {
  const check = compiled();
  const numbers = NO_NUMBERS.trim().split(/\s+/);
  expect(numbers.length).toBe(52);
  expect({
    unread: UNREAD.filter((path) => check(changed(`${path}odd`, 1))),
    needed: NEEDED.filter((path) => check(changed(path, undefined))),
    numbers: numbers.filter((path) => check(changed(path, 5))),
    wrong: WRONG.filter(([path, value]) => check(changed(path, value))),
  }).toEqual({ unread: [], needed: [], numbers: [], wrong: [] });
});
