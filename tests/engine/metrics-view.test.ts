import { describe, expect, test } from 'vitest';
import { answerFromMemory } from '../../src/engine/merge.ts';
import { type MetricQuery, metricsNeeds, metricsView, namedMetrics } from '../../src/engine/metrics-view.ts';
import { cellKey, emptyState } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, MemoryUser, START } from './support.ts';

const catalog = catalogOf(`
eventTypes:
  win: { points: 10, xp: 3 }
  lose: { points: 0 }
  lap: { details: { track: string, seconds: number } }
seasons: { s1: { startsAt: 2026-02-01, endsAt: 2026-03-01 } }
metrics:
  wins: { count: win }
  daily: { count: win, per: day, timezone: user }
  record: { min: details.seconds, of: lap, by: details.track, decimals: 2, unit: s }
  run: { run: win, brokenBy: lose }
achievements:
  hand: { points: 7, xp: 4, when: manual }
  inline: { when: { count: lose, atLeast: 9 } }
  winter: { season: s1, when: { metric: wins, atLeast: 9 } }
leaderboards: { week: { metric: score, per: week }, all: { metric: totalPoints, per: month } }
`);

/** What is shown, out of a state that holds only what was asked for. */
function shown(user: MemoryUser, query: Partial<MetricQuery>, timezone: string | null = null, now = START + DAY) {
  const whole = { keys: null, by: null, period: null, ...query };
  const reader = { timezone };
  const needs = metricsNeeds(catalog, whole, reader, now);
  const keys = needs.cells.map(cellKey);
  const { score, achievementPoints, xp, lastActivityAt } = user.state;
  const cells = [...answerFromMemory(user.state, needs, []).cells].filter(([key]) => keys.includes(key));
  const state = {
    ...emptyState({ userId: 'u', test: false, score, achievementPoints, xp, lastActivityAt }),
    cells: new Map(cells),
  };
  return metricsView(catalog, whole, state, reader, now);
}

const values = (...args: Parameters<typeof shown>) =>
  Object.fromEntries(shown(...args).map(({ key, value }) => [key, value]));

function player(): MemoryUser {
  const user = new MemoryUser(catalog);
  user.record([
    event('win', START),
    event('win', START + 1),
    event('lose', START + 2),
    event('win', START + 3),
    event('lap', START + 4, { track: 'north', seconds: 59.5 }),
  ]);
  user.grant('hand', START + DAY);
  return user;
}

test('only metrics with a name are shown, in the order of the catalog, the built-in ones last', () => {
  expect(namedMetrics(catalog).map(({ key }) => key)).toEqual([
    'wins',
    'daily',
    'record',
    'run',
    'score',
    'xp',
    'totalPoints',
    'achievements',
  ]);
});

describe('all time', () => {
  test('the built-in ones tell the sums of the user', () => {
    expect(values(player(), {})).toEqual({
      wins: 3,
      daily: 3,
      record: 59.5,
      run: 2,
      score: 30,
      xp: 13,
      totalPoints: 37,
      achievements: 1,
    });
  });

  test('is what `all` means', () => {
    const user = player();
    expect(shown(user, { period: 'all' })).toEqual(shown(user, { period: null }));
    expect(shown(user, { keys: ['wins'], period: 'all' })).toEqual([
      { key: 'wins', by: null, period: 'all', value: 3, valueText: '3', current: null },
    ]);
  });

  test('of nobody: what counts is 0, a best time is not there', () => {
    expect(values(new MemoryUser(catalog), {})).toEqual({
      wins: 0,
      daily: 0,
      run: 0,
      score: 0,
      xp: 0,
      totalPoints: 0,
      achievements: 0,
    });
  });

  test('only a run has a current one, 0 before it began', () => {
    const current = (user: MemoryUser) => shown(user, {}).filter((one) => one.current !== null);
    expect(current(player()).map((one) => [one.key, one.value, one.current])).toEqual([['run', 2, 1]]);
    expect(current(new MemoryUser(catalog)).map((one) => [one.key, one.value, one.current])).toEqual([['run', 0, 0]]);
  });
});

describe('a window', () => {
  test('of now is cut in the zone of who reads', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START + 20 * 3_600_000, null, { timezone: 'Asia/Tokyo' })]);
    const now = START + 21 * 3_600_000;
    expect(values(user, { period: 'current' }, 'Asia/Tokyo', now)).toEqual({ daily: 1, score: 10, totalPoints: 10 });
    expect(values(user, { period: 'current' }, null, now)).toEqual({ daily: 0, score: 10, totalPoints: 10 });
    expect(shown(user, { keys: ['daily'], period: 'current' }, 'Asia/Tokyo', now)[0]?.period).toBe('2026-01-02');
  });

  test('that is named shows the metrics that have windows of that name', () => {
    const user = player();
    expect(values(user, { period: '2026-W01' })).toEqual({ score: 30 });
    expect(values(user, { period: '2026-W02' })).toEqual({ score: 0 });
    expect(values(user, { period: '2026-01' })).toEqual({ totalPoints: 37 });
    expect(values(user, { period: '2026-01-01' })).toEqual({ daily: 3 });
    expect(shown(user, { period: 'someday' })).toEqual([]);
  });
});

describe('a key', () => {
  test('shows the metrics that are kept by key', () => {
    expect(shown(player(), { by: 'north' })).toEqual([
      { key: 'record', by: 'north', period: 'all', value: 59.5, valueText: '59.50 s', current: null },
    ]);
    expect(shown(player(), { by: 'south' })).toEqual([]);
  });
});

test('one cell a metric is asked for', () => {
  const query = { keys: ['record', 'wins'], by: 'north', period: null };
  expect(metricsNeeds(catalog, query, { timezone: null }, START).cells).toEqual([
    { metric: 'wins', by: 'north', period: '' },
    { metric: 'record', by: 'north', period: '' },
  ]);
});
