import { describe, expect, test } from 'vitest';
import { answerFromMemory, applyChange, completeState } from '../../src/engine/merge.ts';
import { emptyState, type Needs, type Unlock, type UserChange, type UserState } from '../../src/engine/state.ts';
import { event, START } from './support.ts';

const blank = emptyState({ userId: 'u', test: true, score: 1, achievementPoints: 2, xp: 3, lastActivityAt: 4 });
const nothing: UserChange = {
  score: 1,
  achievementPoints: 2,
  xp: 3,
  lastActivityAt: 4,
  cells: [],
  members: [],
  totals: [],
  streakDays: [],
  unlocks: [],
  ledger: [],
};
const none: Needs = { cells: [], whole: [], members: [], achievements: [], streaks: [], totals: [], history: [] };
const cell = (metric: string, by: string, value: number | null, period = '') => ({
  metric,
  by,
  period,
  value,
  achievedAt: value === null ? null : START,
  state: null,
});
const row = (tier: number, more: Partial<Unlock> = {}): Unlock => ({
  achievement: 'a',
  tier,
  period: '',
  unlockedAt: START,
  eventId: null,
  points: 0,
  xp: 0,
  source: 'rule',
  revokedAt: null,
  ...more,
});
/** The maps of a state as objects, which compare and read well. */
const shown = (state: UserState) =>
  Object.fromEntries(
    Object.entries(state).map(([key, value]) => [
      key,
      value instanceof Map
        ? Object.fromEntries([...value].map(([name, one]) => [name.replaceAll('\u0000', '/'), one]))
        : value,
    ]),
  );

describe('a change laid into a state', () => {
  test('writes the sums, cells, members, totals and days; history is forgotten', () => {
    const before: UserState = {
      ...blank,
      cells: new Map([
        ['wins\u0000\u0000', { value: 1, achievedAt: 1, state: 'x' }],
        ['gone\u0000\u0000', { value: 1, achievedAt: 1, state: null }],
      ]),
      members: new Map([['tracks\u0000\u0000\u0000a', null]]),
      totals: new Map([['win', null]]),
      streakDays: new Map([['daily', [3, 9]]]),
      history: new Map([['*', []]]),
    };
    const after = applyChange(before, {
      score: 10,
      achievementPoints: 20,
      xp: 30,
      lastActivityAt: 40,
      cells: [cell('wins', '', 2), cell('gone', '', null)],
      members: [{ metric: 'tracks', by: '', period: '', member: 'a', firstAt: 5 }],
      totals: [{ type: 'win', count: 1, points: 2, firstAt: 3, lastAt: 4 }],
      streakDays: [
        { streak: 'daily', day: 5 },
        { streak: 'daily', day: 3 },
        { streak: 'weekly', day: 4 },
      ],
      unlocks: [],
      ledger: [],
    });
    expect(shown(after)).toEqual({
      userId: 'u',
      test: true,
      score: 10,
      achievementPoints: 20,
      xp: 30,
      lastActivityAt: 40,
      cells: { 'wins//': { value: 2, achievedAt: START, state: null }, 'gone//': null },
      whole: {},
      members: { 'tracks///a': 5 },
      unlocks: {},
      streakDays: { daily: [3, 5, 9], weekly: [4] },
      totals: { win: { count: 1, points: 2, firstAt: 3, lastAt: 4 } },
      history: {},
    });
    expect(before.cells.get('gone\u0000\u0000')).toEqual({ value: 1, achievedAt: 1, state: null });
  });

  test('adds a new key to the keys of its metric and window that were read, once', () => {
    const before: UserState = {
      ...blank,
      cells: new Map([['laps\u0000a\u0000', { value: 1, achievedAt: 1, state: null }]]),
      whole: new Map([
        ['laps\u0000', ['a', 'c']],
        ['laps\u00002026', []],
      ]),
    };
    const cells = [
      cell('laps', 'a', 2),
      cell('laps', 'b', 1),
      cell('laps', 'c', 1),
      cell('laps', '', 2),
      cell('laps', 'a', 1, '2026'),
      cell('other', 'a', 1),
    ];
    expect(shown(applyChange(before, { ...nothing, cells }))['whole']).toEqual({
      'laps/': ['a', 'c', 'b'],
      'laps/2026': ['a'],
    });
  });

  test('replaces the row of the same tier and period, and keeps the others', () => {
    const before = { ...blank, unlocks: new Map([['a', [row(1), row(2), row(1, { period: 'w' })]]]) };
    const after = applyChange(before, {
      ...nothing,
      unlocks: [row(1, { revokedAt: 9 }), row(0, { achievement: 'b' })],
    });
    expect(shown(after)['unlocks']).toEqual({
      a: [row(2), row(1, { period: 'w' }), row(1, { revokedAt: 9 })],
      b: [row(0, { achievement: 'b' })],
    });
  });
});

describe('what is answered from memory', () => {
  const one = event('win', START + 1);
  const two = event('win', START + 1);
  const log = [event('lap', START + 3), two, one, event('win', START), event('win', START + 2)];
  const [lap, , , early, late] = log;

  test('is there, or absent', () => {
    const known: UserState = {
      ...blank,
      cells: new Map([
        ['laps\u0000a\u0000', { value: 1, achievedAt: 1, state: null }],
        ['laps\u0000b\u0000', null],
        ['laps\u0000\u0000', { value: 1, achievedAt: 1, state: null }],
        ['laps\u0000c\u0000w', { value: 1, achievedAt: 1, state: null }],
        ['other\u0000d\u0000', { value: 1, achievedAt: 1, state: null }],
      ]),
      members: new Map([['t\u0000\u0000\u0000a', 7]]),
      unlocks: new Map([['a', [row(0)]]]),
      streakDays: new Map([['daily', [1]]]),
      totals: new Map([['win', { count: 1, points: 1, firstAt: 1, lastAt: 1 }]]),
    };
    const ref = (metric: string, by = '') => ({ metric, by, period: '' });
    const answered = answerFromMemory(
      known,
      {
        cells: [ref('laps', 'a'), ref('none')],
        whole: [
          { metric: 'laps', period: '' },
          { metric: 'laps', period: 'w' },
          { metric: 'none', period: '' },
        ],
        members: [
          { ...ref('t'), member: 'a' },
          { ...ref('t'), member: 'b' },
        ],
        achievements: ['a', 'b'],
        streaks: ['daily', 'weekly'],
        totals: ['win', 'lose'],
        history: [],
      },
      [],
    );
    expect(shown(answered)).toEqual({
      ...shown(known),
      cells: { ...(shown(known)['cells'] as object), 'none//': null },
      whole: { 'laps/': ['a'], 'laps/w': ['c'], 'none/': [] },
      members: { 't///a': 7, 't///b': null },
      unlocks: { a: [row(0)], b: [] },
      streakDays: { daily: [1], weekly: [] },
      totals: { win: { count: 1, points: 1, firstAt: 1, lastAt: 1 }, lose: null },
    });
  });

  test.each([
    ['of these types, in order', { types: ['win'], from: START, to: START + 9 }, [early, one, two, late]],
    ['of all types', { types: null, from: START + 2, to: START + 9 }, [late, lap]],
    ['from the first instant on, up to the last', { types: null, from: START + 1, to: START + 3 }, [one, two, late]],
    ['the newest of them', { types: ['win'], from: START, to: START + 9, newest: 2 }, [two, late]],
  ])('of the log is what is asked for: %s', (_name, ref, events) => {
    const answered = answerFromMemory(blank, { ...none, history: [ref] }, log);
    expect([...answered.history.values()]).toEqual([events]);
  });
});

test('of a user before any event everything is known, and the log is what is given', () => {
  const log = [event('win', START)];
  const state = completeState({ userId: 'u', test: true }, log);
  const { score, achievementPoints, xp, lastActivityAt } = state;
  expect({ score, achievementPoints, xp, lastActivityAt, test: state.test }).toEqual({
    score: 0,
    achievementPoints: 0,
    xp: 0,
    lastActivityAt: null,
    test: true,
  });
  const maps = [state.cells, state.whole, state.members, state.unlocks, state.streakDays, state.totals, state.history];
  expect(maps.map((map) => map.get('any'))).toEqual([null, [], null, [], [], null, log]);
});
