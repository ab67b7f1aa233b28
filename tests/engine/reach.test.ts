import { describe, expect, test } from 'vitest';
import { grant } from '../../src/engine/decide.ts';
import { emptyState, type Needs } from '../../src/engine/state.ts';
import { catalogOf, event, MemoryUser, START } from './support.ts';

interface Standing {
  readonly score?: number;
  readonly achievementPoints?: number;
  readonly xp?: number;
  /** How many achievements are held; left out: not read yet. */
  readonly held?: number;
}

/** What must be read to grant `first` to a user of whom nothing was read but the sums. */
function asked(text: string, standing: Standing = {}): Needs | null {
  const { score = 0, achievementPoints = 0, xp = 0, held } = standing;
  const blank = emptyState({ userId: 'u', test: false, score, achievementPoints, xp, lastActivityAt: null });
  const count = { value: held ?? 0, achievedAt: START, state: null };
  const cells = held === undefined ? blank.cells : new Map([['achievements\u0000\u0000', count]]);
  const catalog = catalogOf(`
eventTypes: { win: { points: 1 }, lap: { details: { track: string } } }
levels: { thresholds: [0, 50, 100] }
${text}`);
  const result = grant(catalog, { ...blank, cells }, { achievement: 'first', timezone: null }, START);
  return result.kind === 'needs' ? result.needs : null;
}
const achievements = (rules: string, standing: Standing = {}) =>
  asked(`achievements:\n  ${rules.split('; ').join('\n  ')}\n`, standing)?.achievements.toSorted();
const cell = (metric: string, by = '', period = '') => ({ metric, by, period });

describe('what may follow from an unlock is read with it', () => {
  test('all that look at it, and at those, and nothing else', () => {
    const rules =
      'first: { when: manual }; second: { when: { achievement: first } }; third: { requires: [second], when: { count: win, atLeast: 1 } }; other: { when: { count: win, atLeast: 1 } }';
    expect(achievements(rules)).toEqual(['first', 'second', 'third']);
  });

  test('those whose points it reaches, beside the score and the points that are there', () => {
    const rules =
      'first: { points: 10, when: manual }; reached: { points: 5, when: { points: 30 } }; next: { when: { points: 35 } }; beyond: { when: { points: 36 } }; past: { when: { points: 20 } }';
    expect(achievements(rules, { score: 13, achievementPoints: 7 })).toEqual(['first', 'next', 'reached']);
    expect(achievements(rules, { score: 12, achievementPoints: 7 })).toEqual(['first', 'past']);
  });

  test('those whose XP or level it reaches', () => {
    const rules =
      'first: { xp: 40, when: manual }; second: { xp: 50, when: { level: 2 } }; third: { when: { level: 3 } }; xp: { when: { metric: xp, atLeast: 100 } }; beyond: { when: { metric: xp, atLeast: 101 } }';
    expect(achievements(rules, { xp: 9 })).toEqual(['first']);
    expect(achievements(rules, { xp: 10 })).toEqual(['first', 'second', 'third', 'xp']);
  });

  test('by all that its tiers may bring', () => {
    const rules =
      'first: { tiers: [{ at: 1, points: 10, xp: 20 }, { at: 2, points: 10, xp: 30 }], when: { count: win } }; points: { when: { points: 20 } }; more: { when: { points: 21 } }; level: { when: { level: 2 } }; higher: { when: { metric: xp, atLeast: 51 } }';
    expect(achievements(rules)).toEqual(['first', 'level', 'points']);
  });

  test('rules that are judged at every touch of what moved', () => {
    const rules =
      'first: { points: 1, when: manual }; gated: { startsAt: 2025-01-01, when: { points: 500 } }; xp: { startsAt: 2025-01-01, when: { level: 3 } }';
    expect(achievements(rules)).toEqual(['first', 'gated']);
  });
});

describe('a rule that counts achievements', () => {
  const rules =
    'first: { rarity: rare, when: manual }; b: { rarity: rare, when: manual }; c: { rarity: rare, when: manual }; three: { when: { achievements: { rarity: rare }, atLeast: 3 } }; win: { when: { count: win, atLeast: 1 } }';

  test('is read where the unlocks that are held and those to come may be enough, and then what it counts', () => {
    expect(achievements(rules, { held: 0 })).toEqual(['first']);
    expect(achievements(rules, { held: 1 })).toEqual(['first', 'three']);
    expect(achievements(rules, { held: 2 })).toEqual(['b', 'c', 'first', 'three']);
  });
});

describe('what the rules look at is read at once', () => {
  test('metrics, streaks, gates, windows', () => {
    const needs = asked(`
metrics:
  wins: { count: win }
  week: { count: win, per: week }
  tracks: { count: lap, by: details.track }
streaks: { daily: { of: win } }
achievements:
  first: { when: manual }
  gate: { when: manual }
  all: { requires: [first, gate], when: { all: [{ metric: wins, atLeast: 1 }, { metric: week, atLeast: 1 }, { metric: tracks, key: north, atLeast: 1 }, { streak: daily, atLeast: 2 }] } }
  keys: { requires: [first], when: { metric: tracks, atLeast: 1, keys: 2 } }
`);
    expect(needs).toEqual({
      cells: [cell('achievements'), cell('wins'), cell('week', '', '2026-W01'), cell('tracks', 'north')],
      whole: [{ metric: 'tracks', period: '' }],
      members: [],
      achievements: ['first', 'all', 'gate', 'keys'],
      streaks: ['daily'],
      totals: [],
      history: [],
    });
  });

  test.each([
    ['points: 5', ['totalPoints', 'achievements']],
    ['xp: 5', ['xp', 'achievements']],
    ['points: 0', ['achievements']],
  ])('boards of what it gives: %s', (gain, metrics) => {
    const needs = asked(`
leaderboards: { p: { metric: totalPoints, per: day }, x: { metric: xp, per: day }, n: { metric: achievements, per: day } }
achievements: { first: { ${gain}, when: manual } }
`);
    expect(needs?.cells).toEqual([cell('achievements'), ...metrics.map((metric) => cell(metric, '', '2026-01-01'))]);
  });
});

test('what an unlock brings to later events of the batch counts from the points that are there', () => {
  const user = new MemoryUser(
    catalogOf(`
eventTypes: { win: { points: 30 } }
achievements:
  hand: { points: 100, when: manual }
  first: { points: 70, when: { count: win, atLeast: 1 } }
  later: { when: { points: 230 } }
`),
  );
  user.grant('hand', START);
  user.record([event('win', START), event('win', START + 1)]);
  expect([user.rounds, user.held()]).toEqual([2, ['first', 'hand', 'later']]);
});
