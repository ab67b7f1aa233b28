import { describe, expect, test } from 'vitest';
import { catalogOf } from './support.ts';

const TEXT = `
eventTypes: { win: {}, lose: {}, lap: { details: { track: string, seconds: number } } }
metrics:
  wins: { count: win }
  run: { run: win, brokenBy: [lose] }
  total: { sum: details.seconds, of: lap, decimals: 1 }
  best: { min: details.seconds, of: lap, decimals: 1 }
  worst: { max: details.seconds, of: lap }
  last: { latest: details.seconds, of: lap }
  tracks: { distinct: details.track, of: lap }
  record: { min: details.seconds, of: lap, by: details.track }
  laps: { count: lap, by: details.track }
  newest: { latest: details.seconds, of: lap, by: details.track }
  week: { count: win, per: week }
  day: { count: win, per: day }
  lapweek: { count: lap, per: week }
  burst: { count: win, within: 60s }
streaks: { daily: { of: [win] } }
seasons: { s1: { startsAt: 2026-01-02, endsAt: 2026-01-04 } }
achievements:
  hand: { when: manual }
  rule: `;

/** Where a rule stands in the index: the values it is watched by, and how; what else the index says of it. */
function standing(rule: string) {
  const { index } = catalogOf(`${TEXT}${rule}\n`);
  const isOwn = ({ achievement }: { readonly achievement: { readonly key: string } }) => achievement.key === 'rule';
  const watched = [...index.watches].flatMap(([name, watch]) => {
    const parts = [
      ...watch.up.filter(isOwn).map(({ at }) => `up ${at}`),
      ...watch.down.filter(isOwn).map(({ at }) => `down ${at}`),
      ...watch.always.flatMap(({ key }) => (key === 'rule' ? ['always'] : [])),
      ...watch.late.flatMap(({ key }) => (key === 'rule' ? ['late'] : [])),
      ...watch.fallen.flatMap(({ key }) => (key === 'rule' ? ['fallen'] : [])),
      ...watch.goals.filter(isOwn).map(({ at, target }) => `goal ${at}/${target}`),
      ...watch.milestones.filter(isOwn).map(({ at, target }) => `mark ${at}/${target}`),
    ];
    return parts.length > 0 ? [`${name.replaceAll('\u0000', '/')}: ${parts.join(', ')}`] : [];
  });
  const others = [
    ...(index.lasting.has('rule') ? ['lasting'] : []),
    ...(index.counters.some(({ key }) => key === 'rule') ? ['counter'] : []),
    ...[...index.dependents].flatMap(([key, list]) => (list.some((one) => one.key === 'rule') ? [`after ${key}`] : [])),
    ...[...index.keyed].map((metric) => `keyed ${metric}`),
  ];
  return [watched, others];
}

describe('a rule whose leaves rise, or fall, to a mark is judged there alone', () => {
  test.each([
    ['{ when: { metric: wins, atLeast: 3 } }', ['wins: up 3, goal 3/3'], ['lasting']],
    ['{ when: { metric: wins, above: 3 } }', ['wins: up 4, goal 4/4'], ['lasting']],
    ['{ when: { metric: total, atLeast: 2.5 } }', ['total: up 25, fallen, goal 25/25'], []],
    ['{ when: { metric: best, atMost: 2.5 } }', ['best: down 25'], ['lasting']],
    ['{ when: { metric: record, key: a, atMost: 2 } }', ['record/a: down 2'], ['lasting', 'keyed record']],
    ['{ when: { metric: record, atMost: 2 } }', ['record: down 2'], ['lasting']],
    ['{ when: { metric: record, atMost: 2, keys: 2 } }', ['record/*: down 2'], ['lasting', 'keyed record']],
    ['{ when: { metric: laps, atLeast: 2 } }', ['laps: up 2, goal 2/2'], ['lasting']],
    ['{ when: { metric: laps, key: a, atLeast: 2 } }', ['laps/a: up 2, goal 2/2'], ['lasting', 'keyed laps']],
    ['{ when: { metric: week, atLeast: 2 } }', ['week: up 2, goal 2/2'], []],
    [
      '{ when: { all: [{ metric: week, atLeast: 2 }, { metric: lapweek, atLeast: 1 }] } }',
      ['week: up 2', 'lapweek: up 1'],
      [],
    ],
    ['{ season: s1, when: { metric: wins, atLeast: 2 } }', ['wins@s1: up 2, goal 2/2'], []],
    ['{ when: { streak: daily, atLeast: 2 } }', ['@streak:daily: up 2, goal 2/2'], ['lasting']],
    ['{ when: { level: 2 } }', ['@level: up 2, goal 2/2'], ['lasting']],
    ['{ when: { points: 20 } }', ['totalPoints: up 20, goal 20/20'], ['lasting']],
    ['{ when: { metric: xp, atLeast: 20 } }', ['xp: up 20, goal 20/20'], ['lasting']],
    ['{ when: { achievement: hand } }', [], ['lasting', 'after hand']],
    ['{ requires: [hand], when: { metric: wins, atLeast: 2 } }', ['wins: up 2, goal 2/2'], ['lasting', 'after hand']],
    ['{ when: { achievements: all } }', [], ['lasting', 'counter']],
    [
      '{ when: { all: [{ achievements: all }, { metric: wins, atLeast: 2 }] } }',
      ['wins: up 2'],
      ['lasting', 'counter'],
    ],
    ['{ when: manual }', [], ['lasting']],
    ['{ status: locked, when: { metric: wins, atLeast: 3 } }', [], []],
    ['{ status: draft, when: { metric: wins, atLeast: 3 } }', ['wins: up 3'], ['lasting']],
  ])('%s', (rule, watched, others) => {
    expect(standing(rule)).toEqual([watched, others]);
  });
});

describe('a rule that looks at time, or at what moves both ways, is judged at every touch or over the past', () => {
  test.each([
    ['{ when: { metric: best, atLeast: 2.5 } }', ['best: up 25, late, goal 25/25'], []],
    ['{ when: { metric: last, atLeast: 2 } }', ['last: up 2, late, goal 2/2'], []],
    ['{ when: { metric: record, atLeast: 2 } }', ['record/*: up 2, late, goal 2/2'], ['keyed record']],
    ['{ when: { metric: newest, atLeast: 2 } }', ['newest/*: up 2, late, goal 2/2'], ['keyed newest']],
    ['{ when: { metric: wins, atMost: 3 } }', ['wins: always, late'], []],
    ['{ when: { metric: wins, equals: 3 } }', ['wins: always, late'], []],
    ['{ when: { metric: wins, atLeast: 3, atMost: 5 } }', ['wins: always, late'], []],
    ['{ when: { not: { metric: wins, atLeast: 3 } } }', ['wins: always, late'], []],
    ['{ when: { metric: worst, atMost: 2 } }', ['worst: always, late'], []],
    ['{ when: { metric: laps, atMost: 2 } }', ['laps/*: always, late'], ['keyed laps']],
    ['{ repeat: week, when: { metric: week, atLeast: 2 } }', ['week: always'], []],
    ['{ repeat: week, when: { metric: wins, atLeast: 2 } }', ['wins: always, late'], []],
    ['{ repeat: day, when: { metric: week, atLeast: 2 } }', ['week: always, late'], []],
    [
      '{ when: { all: [{ metric: week, atLeast: 2 }, { metric: wins, atLeast: 1 }] } }',
      ['week: up 2, late', 'wins: up 1, late'],
      [],
    ],
    [
      '{ when: { all: [{ metric: week, atLeast: 2 }, { metric: day, atLeast: 1 }] } }',
      ['week: up 2, late', 'day: up 1, late'],
      [],
    ],
    ['{ when: { metric: burst, atLeast: 2 } }', ['burst: up 2, late, goal 2/2'], []],
    [
      '{ when: { any: [{ metric: burst, atLeast: 2 }, { metric: wins, atLeast: 1 }] } }',
      ['burst: always, late', 'wins: always, late'],
      [],
    ],
    ['{ startsAt: 2026-01-01, when: { metric: wins, atLeast: 2 } }', ['wins: always, late, goal 2/2'], []],
    ['{ endsAt: 2026-01-01, when: { metric: wins, atLeast: 2 } }', ['wins: always, late, goal 2/2'], []],
    ['{ season: s1, when: { level: 2 } }', ['@level: always, late, goal 2/2'], []],
    [
      '{ season: s1, when: { all: [{ metric: wins, atLeast: 2 }, { streak: daily, atLeast: 2 }] } }',
      ['wins@s1: always, late', '@streak:daily: always, late'],
      [],
    ],
    [
      '{ when: { all: [{ not: { achievement: hand } }, { metric: wins, atLeast: 2 }] } }',
      ['wins: always, late'],
      ['after hand'],
    ],
  ])('%s', (rule, watched, others) => {
    expect(standing(rule)).toEqual([watched, others]);
  });
});

describe('the goals of a progress bar are its targets; the marks that are told lie between them', () => {
  test.each([
    [
      '{ tiers: [{ at: 1 }, { at: 2.5 }], when: { metric: total } }',
      ['total: up 10, up 25, fallen, goal 10/10, goal 25/25'],
      [],
    ],
    [
      '{ progress: { notifyAt: [50%, 90%] }, when: { metric: wins, atLeast: 10 } }',
      ['wins: up 10, goal 10/10, mark 5/10, mark 9/10'],
      ['lasting'],
    ],
    [
      '{ progress: { notifyAt: [50%, 90%] }, tiers: [{ at: 10 }, { at: 15 }], when: { metric: wins } }',
      ['wins: up 10, up 15, goal 10/10, goal 15/15, mark 5/10, mark 9/10, mark 14/15'],
      ['lasting'],
    ],
    [
      '{ progress: { notifyAt: [1%, 99%] }, when: { metric: wins, atLeast: 2 } }',
      ['wins: up 2, goal 2/2, mark 1/2'],
      ['lasting'],
    ],
  ])('%s', (rule, watched, others) => {
    expect(standing(rule)).toEqual([watched, others]);
  });
});

test('an event feeds the metrics and streaks that name its type, each once; an opening may feed all', () => {
  const { index, metrics } = catalogOf(`
eventTypes: { win: {}, lose: {}, idle: {} }
metrics: { wins: { count: win }, run: { run: win, brokenBy: lose }, all: { count: [win, lose, win] } }
streaks: { daily: { of: [win, lose] }, weekly: { of: lose, per: week } }
`);
  const fed = [...index.byEventType].map(([type, touched]) => [
    type,
    touched.metrics.map(({ key }) => key),
    touched.streaks.map(({ key }) => key),
  ]);
  expect(fed).toEqual([
    ['win', ['wins', 'run', 'all'], ['daily']],
    ['lose', ['run', 'all'], ['daily', 'weekly']],
    ['idle', [], []],
    ['@opening', [...metrics.keys()], ['daily', 'weekly']],
  ]);
  expect(index.lifetimeKeys.get('wins')).toBe('wins\u0000\u0000');
});

test('marks ascend, those of one height in the order of the catalog', () => {
  const { index } = catalogOf(`
eventTypes: { win: {}, lap: { details: { seconds: number } } }
metrics: { wins: { count: win }, best: { min: details.seconds, of: lap } }
achievements:
  d: { progress: { notifyAt: [50%] }, when: { metric: wins, atLeast: 9 } }
  c: { progress: { notifyAt: [50%] }, when: { metric: wins, atLeast: 2 } }
  b: { progress: { notifyAt: [50%] }, when: { metric: wins, atLeast: 9 } }
  a: { when: { metric: best, atMost: 9 } }
  e: { when: { metric: best, atMost: 3 } }
`);
  const marks = (name: string) => {
    const watch = index.watches.get(name);
    const shown = (list: readonly { readonly at: number; readonly achievement: { readonly key: string } }[] = []) =>
      list.map(({ at, achievement }) => `${achievement.key} ${at}`);
    return [shown(watch?.up), shown(watch?.down), shown(watch?.goals), shown(watch?.milestones)];
  };
  expect([marks('wins'), marks('best')]).toEqual([
    [['c 2', 'd 9', 'b 9'], [], ['c 2', 'd 9', 'b 9'], ['c 1', 'd 5', 'b 5']],
    [[], ['e 3', 'a 9'], [], []],
  ]);
});
