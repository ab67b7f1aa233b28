import { describe, expect, test } from 'vitest';
import { rebuild } from '../../src/engine/rebuild.ts';
import { changedRules, revocableChanges } from '../../src/engine/rule-changes.ts';
import { END } from './random.ts';
import { catalogOf, DAY, event, HOUR, MemoryUser, START } from './support.ts';

const TEXT = `
eventTypes: { win: { points: 10 }, drive: { points: 0, details: { km: number } } }
metrics:
  wins: { count: win }
  far: { count: drive, where: "details.km >= 5.0" }
seasons: { s1: { startsAt: 2026-01-01T00:00, endsAt: 2026-02-01T00:00, timezone: UTC } }
levels: { thresholds: [0, 25, 60] }
streaks: { daily: { of: [win], per: day } }
achievements:
  three: { points: 5, xp: 7, onChange: revoke, when: { metric: wins, atLeast: 3 } }
  traveller: { onChange: revoke, when: { metric: far, atLeast: 1 } }
  level: { onChange: revoke, when: { level: 2 } }
  loyal: { onChange: revoke, when: { streak: daily, atLeast: 3 } }
  winter: { onChange: revoke, season: s1, when: { metric: wins, atLeast: 1 } }
  steps: { onChange: revoke, tiers: [ { at: 2, points: 1 }, { at: 4, points: 3 } ], when: { metric: wins } }
  all: { onChange: revoke, when: { achievements: all } }
  kept: { when: { metric: wins, atLeast: 2 } }
leaderboards: { won: { metric: wins } }
`;
const catalog = catalogOf(TEXT);
const changed = (from: string, to: string) => [...changedRules(catalog, catalogOf(TEXT.replace(from, to)))];

describe('a rule that changed', () => {
  test.each([
    ['its criterion', 'wins, atLeast: 3', 'wins, atLeast: 4', ['three']],
    ['the height of a tier', 'at: 4', 'at: 5', ['steps']],
    ['a gate', 'three: {', 'three: { requires: [kept],', ['three']],
    ['what its metric counts', '5.0', '6.0', ['traveller']],
    ['the curve its level is on', '25, 60', '26, 60', ['level']],
    ['what keeps its streak', 'per: day', 'per: week', ['loyal']],
    ['the bounds of its season', '2026-02-01', '2026-03-01', ['winter']],
  ])('is one that differs in %s', (_what, from, to, keys) => {
    expect(changed(from, to)).toEqual(keys);
  });

  test.each([
    ['a price, of a tier too', 'points: 3 }', 'points: 4 }'],
    ['a name', 'three: {', 'three: { name: Three,'],
    [
      'one more achievement, and so what counts all of them',
      'achievements:',
      'achievements:\n  more: { when: manual }',
    ],
    ['one more board on its metric', 'won: {', 'week: { metric: wins, per: week }, won: {'],
    ['its status', 'three: {', 'three: { status: locked,'],
    ['an achievement that is gone', '  three: {', '  other: {'],
  ])('is not one that differs in %s', (_what, from, to) => {
    expect(changed(from, to)).toEqual([]);
  });

  test('takes from its holders where the new catalog says onChange: revoke', () => {
    const next = catalogOf(
      TEXT.replace('wins, atLeast: 3', 'wins, atLeast: 4').replace('wins, atLeast: 2', 'wins, atLeast: 9'),
    );
    expect([...changedRules(catalog, next)]).toEqual(['three', 'kept']);
    expect(revocableChanges(catalog, next)).toEqual(['three']);
    expect(revocableChanges(next, catalogOf(TEXT.replaceAll(' onChange: revoke,', '')))).toEqual([]);
  });
});

test('more achievements change no rule that counts all, wherever it stands in it; fewer that are wanted do', () => {
  const counting = (count: string) => `achievements:
  one: { when: { metric: wins, atLeast: 1 } }
  all: { when: { all: [{ achievements: all }, { metric: wins, atLeast: 1 }] } }
  any: { when: { any: [{ achievements: all }, { metric: wins, atLeast: 9 }] } }
  some: { when: { atLeast: 1, of: [{ achievements: all }, { metric: wins, atLeast: 9 }] } }
  two: { when: { achievements: all, atLeast: ${count} } }
`;
  const head = TEXT.slice(0, TEXT.indexOf('achievements:'));
  const before = catalogOf(head + counting('5'));
  const more = '  more: { when: { metric: wins, atLeast: 2 } }\n';
  expect([...changedRules(before, catalogOf(head + counting('5') + more))]).toEqual([]);
  expect([...changedRules(before, catalogOf(head + counting('4')))]).toEqual(['two']);
});

test('a level beside other leaves is on its curve as well', () => {
  const text = TEXT.replace('when: { level: 2 }', 'when: { all: [{ level: 2 }, { metric: wins, atLeast: 1 }] }');
  const keys = changedRules(catalogOf(text), catalogOf(text.replace('25, 60', '26, 60')));
  expect([...keys]).toEqual(['level']);
});

describe('judging anew', () => {
  const wins = (count: number) => Array.from({ length: count }, (_, index) => event('win', START + index * HOUR));
  const facts = (user: MemoryUser) => [...user.state.unlocks.values()].flat();

  test('tells which unlocks by rule the rules do not give, row by row, and leaves grants alone', () => {
    const user = new MemoryUser(catalog);
    user.record(wins(4));
    user.grant('traveller', START + DAY);
    const dearer = catalogOf(TEXT.replace('wins, atLeast: 3', 'wins, atLeast: 9').replace('at: 4', 'at: 5'));
    const anew = new Set(['three', 'steps', 'traveller', 'kept']);
    const { unearned, decided } = rebuild(
      dearer,
      { userId: 'u', test: false, facts: facts(user), anew },
      user.log,
      END,
    );
    expect(unearned.map(({ achievement, tier }) => [achievement, tier])).toEqual([
      ['steps', 2],
      ['three', 0],
    ]);
    expect(decided).toEqual([]);
  });

  test('keeps the price that was given, and what was taken is no block', () => {
    const user = new MemoryUser(catalog);
    user.record(wins(3));
    const { xp, achievementPoints } = user.state;
    const dearer = catalogOf(TEXT.replace('points: 5, xp: 7', 'points: 500, xp: 700'));
    const input = { userId: 'u', test: false, facts: facts(user), anew: new Set(['three']) };
    const again = rebuild(dearer, input, user.log, END);
    expect({ xp: again.state.xp, points: again.state.achievementPoints, unearned: again.unearned }).toEqual({
      xp,
      points: achievementPoints,
      unearned: [],
    });
    user.revoke('three', START + DAY);
    const open = rebuild(catalog, { ...input, facts: facts(user) }, user.log, END);
    expect(open.decided.map(({ achievement }) => achievement)).toEqual(['three']);
  });
});

test('what the log has of a type that is no longer declared counts in score, XP and totals, and feeds nothing else', () => {
  const without = catalogOf(`
eventTypes: { drive: { points: 0 } }
achievements: { rich: { points: 2, when: { points: 30 } } }
`);
  const log = [0, 1, 2].map((index) => ({ ...event('win', START + index * HOUR), priced: { points: 10, xp: 4 } }));
  const { state, decided, eventXp } = rebuild(without, { userId: 'u', test: false, facts: [] }, log, END);
  expect({ score: state.score, xp: state.xp, eventXp }).toEqual({ score: 30, xp: 12, eventXp: 12 });
  expect(state.totals.get('win')).toEqual({ count: 3, points: 30, firstAt: START, lastAt: START + 2 * HOUR });
  expect(decided.map(({ achievement, unlockedAt }) => [achievement, unlockedAt])).toEqual([['rich', START + 2 * HOUR]]);
});
