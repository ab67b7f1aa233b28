import { describe, expect, test } from 'vitest';
import { Draft } from '../../src/engine/draft.ts';
import { completeState } from '../../src/engine/merge.ts';
import { OPENING } from '../../src/engine/opening.ts';
import { isTouchedBy, replay } from '../../src/engine/replay.ts';
import { emptyState, type FoldEvent, type Unlock } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, START } from './support.ts';

const TEXT = `
eventTypes: { win: { points: 10 }, lose: {}, login: {}, lap: { details: { track: string } } }
metrics:
  wins: { count: win }
  run: { run: win, brokenBy: [lose] }
  tracks: { distinct: details.track, of: lap }
  laps: { count: lap, by: details.track }
streaks: { daily: { of: [login] } }
seasons: { s1: { startsAt: 2026-01-02, endsAt: 2026-01-04 } }
levels: { thresholds: [0, 30, 60] }
achievements:
  hand: { points: 5, xp: 7, when: manual }
  other: { points: 50, xp: 70, when: manual }
  rule: `;
const catalogWith = (rule: string) => catalogOf(`${TEXT}${rule}\n`);
const priced = { points: 10, xp: 10 };
const of = (type: string, at: number, details: FoldEvent['details'] = null) =>
  event(type, START + at, details, { priced: type === 'win' ? priced : { points: 0, xp: 0 } });
const row = (achievement: string, at: number, more: Partial<Unlock> = {}): Unlock => ({
  achievement,
  tier: 0,
  period: '',
  unlockedAt: START + at,
  eventId: null,
  points: achievement === 'hand' ? 5 : 50,
  xp: achievement === 'hand' ? 7 : 70,
  source: 'grant',
  revokedAt: null,
  ...more,
});

/** Where a rule held over a log: tier, period and moment of each step. */
function held(rule: string, log: readonly FoldEvent[], rows: readonly Unlock[] = [], from: FoldEvent | null = null) {
  const catalog = catalogWith(rule);
  const achievement = catalog.achievements.get('rule');
  if (achievement === undefined) throw new Error('no rule');
  const unlocks = new Map([...catalog.achievements.keys()].map((key) => [key, [] as Unlock[]]));
  for (const one of rows) unlocks.get(one.achievement)?.push(one);
  const state = { ...completeState({ userId: 'u', test: false }, log), unlocks };
  return replay(new Draft(catalog, state, START), achievement, from)?.map(({ step, period, moment }) => [
    step.tier,
    period,
    moment.at - START,
  ]);
}

describe('the past judged again', () => {
  test('tells the first event at which a rule held, whatever the order in which the log is given', () => {
    expect(held('{ when: { metric: wins, atLeast: 2 } }', [of('win', 9), of('win', 1), of('win', 5)])).toEqual([
      [0, '', 5],
    ]);
    expect(held('{ when: { metric: wins, atLeast: 4 } }', [of('win', 9), of('win', 1), of('win', 5)])).toEqual([]);
  });

  test('from one event on, by the order of events', () => {
    const log = [of('win', 1), of('win', 5), of('win', 5), of('win', 9)];
    const rule = '{ when: { metric: wins, atLeast: 1 } }';
    expect(log.map((from) => held(rule, log, [], from))).toEqual([
      [[0, '', 1]],
      [[0, '', 5]],
      [[0, '', 5]],
      [[0, '', 9]],
    ]);
    expect(
      held('{ when: { all: [{ metric: wins, atLeast: 3 }, { metric: wins, atMost: 3 }] } }', log, [], log[2]),
    ).toEqual([[0, '', 5]]);
    expect(
      held('{ when: { all: [{ metric: wins, atLeast: 2 }, { metric: wins, atMost: 2 }] } }', log, [], log[2]),
    ).toEqual([]);
  });

  test('each tier where it was first reached', () => {
    const log = [of('win', 1), of('win', 5), of('lose', 6), of('win', 9), of('win', 12)];
    expect(held('{ tiers: [{ at: 1 }, { at: 3 }, { at: 9 }], when: { metric: wins } }', log)).toEqual([
      [1, '', 1],
      [2, '', 9],
    ]);
  });

  test('in each period of one that repeats, and not between seasons', () => {
    const log = [0, 1, 2, 3, 9].map((day) => of('win', day * DAY));
    expect(held('{ repeat: season, when: { metric: wins, atLeast: 1 } }', log)).toEqual([[0, 's1', DAY]]);
    expect(held('{ repeat: week, when: { metric: wins, atLeast: 2 } }', log)).toEqual([
      [0, '2026-W01', DAY],
      [0, '2026-W02', 9 * DAY],
    ]);
  });

  test('only while its gate of time was open', () => {
    const log = [0, 1, 2, 3].map((day) => of('win', day * DAY));
    expect(held('{ startsAt: 2026-01-03, when: { metric: wins, atLeast: 1 } }', log)).toEqual([[0, '', 2 * DAY]]);
    expect(held('{ endsAt: 2026-01-02, when: { metric: wins, atLeast: 2 } }', log)).toEqual([]);
  });

  test('with runs, sets and streaks as they were then', () => {
    const log = [of('win', 1), of('lose', 2), of('win', 3), of('win', 4), of('lap', 5, { track: 'a' })];
    expect(held('{ when: { metric: run, atLeast: 2 } }', log)).toEqual([[0, '', 4]]);
    expect(held('{ when: { metric: tracks, atLeast: 1 } }', log)).toEqual([[0, '', 5]]);
    const laps = ['a', 'a', 'b'].map((track, at) => of('lap', at, { track }));
    expect(held('{ when: { metric: tracks, atLeast: 2 } }', laps)).toEqual([[0, '', 2]]);
    expect(held('{ when: { metric: laps, atLeast: 1, keys: 2 } }', laps)).toEqual([[0, '', 2]]);
    expect(held('{ when: { metric: laps, key: a, atLeast: 2 } }', laps)).toEqual([[0, '', 1]]);
    const logins = [0, 1, 1.5, 2].map((day) => of('login', day * DAY));
    expect(held('{ when: { streak: daily, atLeast: 2 } }', logins)).toEqual([[0, '', DAY]]);
    expect(held('{ when: { streak: daily, atLeast: 3 } }', logins)).toEqual([[0, '', 2 * DAY]]);
  });

  test('with what was brought from elsewhere', () => {
    const opening = event(
      OPENING,
      START - DAY,
      { metrics: { wins: 5 }, streaks: { daily: { current: 3, longest: 3, lastActiveOn: '2025-12-31' } } },
      { priced: { points: 100, xp: 25 } },
    );
    expect(held('{ when: { metric: wins, atLeast: 5 } }', [of('win', 1), opening])).toEqual([[0, '', -DAY]]);
    expect(held('{ when: { streak: daily, atLeast: 3 } }', [opening])).toEqual([[0, '', -DAY]]);
    expect(held('{ when: { metric: score, atLeast: 110 } }', [of('win', 1), opening])).toEqual([[0, '', 1]]);
  });
});

describe('the past as it stood beside events', () => {
  const log = [1, 2, 3, 4].map((at) => of('win', at));

  test.each([
    ['{ when: { metric: score, atLeast: 20 } }', [], 2],
    ['{ when: { points: 25 } }', [row('hand', 2)], 2],
    ['{ when: { points: 25 } }', [row('hand', 3)], 3],
    ['{ when: { metric: xp, atLeast: 37 } }', [row('hand', 3)], 3],
    ['{ when: { metric: xp, atLeast: 37 } }', [row('hand', 4)], 4],
    ['{ when: { level: 2 } }', [], 3],
    ['{ when: { level: 3 } }', [row('other', 2)], 2],
    ['{ when: { metric: achievements, atLeast: 2 } }', [row('hand', 1), row('other', 3)], 3],
    ['{ when: { achievement: hand } }', [row('hand', 2)], 2],
    ['{ requires: [hand], when: { metric: wins, atLeast: 1 } }', [row('hand', 3)], 3],
    ['{ when: { achievements: { rarity: common }, atLeast: 2 } }', [row('hand', 1), row('other', 4)], 4],
  ])('%s', (rule, rows, at) => {
    expect(held(rule, log, rows)).toEqual([[0, '', at]]);
  });

  test('what was taken away counts for nothing; one achievement with two rows is one', () => {
    const rule = '{ when: { metric: achievements, atLeast: 2 } }';
    expect(held(rule, log, [row('hand', 1), row('other', 2, { revokedAt: START + 3 })])).toEqual([]);
    expect(held(rule, log, [row('hand', 1), row('hand', 2, { period: 'w' })])).toEqual([]);
    expect(held('{ when: { achievement: other } }', log, [row('other', 2, { revokedAt: START + 3 })])).toEqual([]);
  });
});

describe('what must be read for it', () => {
  const needs = (rule: string) => {
    const catalog = catalogWith(rule);
    const user = { userId: 'u', test: false, score: 0, achievementPoints: 0, xp: 0, lastActivityAt: null };
    const draft = new Draft(catalog, emptyState(user), START);
    const achievement = catalog.achievements.get('rule');
    const answer = achievement && replay(draft, achievement, null);
    const { achievements, history } = draft.needs.build();
    return [answer, achievements, history.map(({ types, from, to }) => [types, from, to])];
  };
  const always = [0, Date.UTC(10_000, 0, 1)] as const;

  test.each([
    ['{ when: { metric: run, atLeast: 1 } }', [], ['@opening', 'lose', 'win']],
    [
      '{ when: { all: [{ metric: wins, atLeast: 1 }, { streak: daily, atLeast: 1 }] } }',
      [],
      ['@opening', 'login', 'win'],
    ],
    ['{ requires: [hand], when: { metric: wins, atLeast: 1 } }', ['hand'], ['@opening', 'win']],
    ['{ when: { all: [{ achievement: hand }, { metric: wins, atLeast: 1 }] } }', ['hand'], ['@opening', 'win']],
    ['{ when: { achievements: all } }', [], ['@opening']],
    ['{ when: { level: 2 } }', ['hand', 'other', 'rule'], null],
    ['{ when: { all: [{ metric: wins, atLeast: 1 }, { points: 1 }] } }', ['hand', 'other', 'rule'], null],
  ])('%s: the types of its events in all time, and the rows it looks at', (rule, achievements, types) => {
    expect(needs(rule)).toEqual([null, achievements, [[types, ...always]]]);
  });
});

test.each([
  ['{ when: { metric: wins, atLeast: 1 } }', ['win', '@opening']],
  ['{ when: { metric: run, atLeast: 1 } }', ['win', 'lose', '@opening']],
  ['{ when: { streak: daily, atLeast: 1 } }', ['login', '@opening']],
  ['{ when: { level: 1 } }', ['win', 'lose', 'login', '@opening']],
  ['{ when: { metric: score, atLeast: 1 } }', ['win', 'lose', 'login', '@opening']],
  ['{ when: { achievement: hand } }', ['win', 'lose', 'login', '@opening']],
  ['{ when: { achievements: all } }', ['win', 'lose', 'login', '@opening']],
  ['{ requires: [hand], when: { metric: wins, atLeast: 1 } }', ['win', 'lose', 'login', '@opening']],
])('%s is touched by events of %j', (rule, types) => {
  const catalog = catalogWith(rule);
  const achievement = catalog.achievements.get('rule');
  expect(
    ['win', 'lose', 'login', '@opening'].filter((type) => achievement && isTouchedBy(catalog, achievement, type)),
  ).toEqual(types);
});
