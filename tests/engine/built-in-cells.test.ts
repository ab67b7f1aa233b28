import { describe, expect, test } from 'vitest';
import { catalogOf, DAY, event, HOUR, MemoryUser, START } from './support.ts';

const catalog = catalogOf(`
eventTypes: { win: { points: 10, xp: 4 }, idle: {} }
metrics: { wins: { count: win } }
seasons: { s1: { startsAt: 2026-01-02, endsAt: 2026-01-04 } }
achievements:
  two: { points: 5, xp: 3, when: { metric: wins, atLeast: 2 } }
  hand: { points: 7, when: manual }
  other: { xp: 9, when: manual }
  plain: { when: manual }
  steps: { tiers: [{ at: 90, points: 1 }, { at: 91, points: 2 }], when: { metric: wins } }
leaderboards:
  points: { metric: totalPoints }
  daily: { metric: totalPoints, per: day }
  xp: { metric: xp, per: week }
  held: { metric: achievements, per: day }
  season: { metric: score, per: season }
`);

/** The cells of the built-in metrics: value, when it was achieved from START on, what stands beside it. */
const cells = (user: MemoryUser) =>
  Object.fromEntries(
    [...user.state.cells].flatMap(([key, cell]) => {
      const [metric, , period] = key.split('\u0000');
      if (cell === null || metric === 'wins') return [];
      const at = cell.achievedAt === null ? null : cell.achievedAt - START;
      return [[`${metric}${period === '' ? '' : ` ${period}`}`, [cell.value, at, cell.state]]];
    }),
  );

describe('the cells of points, XP and achievements', () => {
  test('are fed by events, in the windows of boards and in seasons', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START + HOUR), event('idle', START + 2 * HOUR)]);
    expect(cells(user)).toEqual({
      totalPoints: [10, HOUR, null],
      'totalPoints 2026-01-01': [10, HOUR, null],
      'xp 2026-W01': [4, HOUR, null],
    });
    const next = new MemoryUser(catalog);
    next.record([event('win', START + DAY), event('win', START + 3 * DAY - 1, null, { priced: { points: 1, xp: 0 } })]);
    expect(cells(next)).toMatchObject({ 'score s1': [11, 3 * DAY - 1, null] });
  });

  test('are fed by unlocks at their moment: beside a newer unlock stands the newest event', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START + HOUR)]);
    user.grant('hand', START + 2 * HOUR);
    expect(cells(user)).toEqual({
      totalPoints: [17, 2 * HOUR, { eventAt: START + HOUR }],
      'totalPoints 2026-01-01': [17, 2 * HOUR, { eventAt: START + HOUR }],
      'xp 2026-W01': [4, HOUR, null],
      achievements: [1, 2 * HOUR, { off: ['hand'] }],
      'achievements 2026-01-01': [1, 2 * HOUR, null],
    });
    user.record([event('win', START + 3 * HOUR)]);
    expect(cells(user)).toMatchObject({
      totalPoints: [32, 3 * HOUR, null],
      'xp 2026-W01': [11, 3 * HOUR, null],
      achievements: [2, 3 * HOUR, { off: ['hand'] }],
    });
  });

  test('of a user with unlocks alone have no event beside them', () => {
    const user = new MemoryUser(catalog);
    user.grant('hand', START + HOUR);
    expect(cells(user)['totalPoints']).toEqual([7, HOUR, { eventAt: null }]);
    user.grant('other', START + 2 * HOUR);
    expect(cells(user)).toMatchObject({
      totalPoints: [7, HOUR, { eventAt: null }],
      'xp 2026-W01': [9, 2 * HOUR, { eventAt: null }],
    });
    user.record([event('win', START + HOUR / 2)], START + 3 * HOUR);
    expect(cells(user)['totalPoints']).toEqual([17, HOUR, { eventAt: START + HOUR / 2 }]);
  });

  test('forget what is taken away: the newest that is left is the newest of all, window by window', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START + HOUR)]);
    user.grant('other', START + 2 * HOUR);
    user.grant('hand', START + 3 * HOUR);
    user.grant('plain', START + DAY);
    user.revoke('plain', START + 2 * DAY);
    expect(cells(user)).toEqual({
      totalPoints: [17, 3 * HOUR, { eventAt: START + HOUR }],
      'totalPoints 2026-01-01': [17, 3 * HOUR, { eventAt: START + HOUR }],
      'xp 2026-W01': [13, 2 * HOUR, { eventAt: START + HOUR }],
      achievements: [2, 3 * HOUR, { off: ['hand', 'other'] }],
      'achievements 2026-01-01': [2, 3 * HOUR, null],
    });
    user.revoke('hand', START + 2 * DAY);
    expect(cells(user)).toEqual({
      totalPoints: [10, HOUR, null],
      'totalPoints 2026-01-01': [10, HOUR, null],
      'xp 2026-W01': [13, 2 * HOUR, { eventAt: START + HOUR }],
      achievements: [1, 2 * HOUR, { off: ['other'] }],
      'achievements 2026-01-01': [1, 2 * HOUR, null],
    });
  });

  test('count an achievement once for all its tiers, while one of them is held', () => {
    const user = new MemoryUser(catalog);
    user.grant('steps', START + HOUR, 1);
    user.grant('steps', START + 2 * HOUR, 2);
    expect(cells(user)).toMatchObject({
      achievements: [1, 2 * HOUR, { off: ['steps'] }],
      'achievements 2026-01-01': [1, 2 * HOUR, null],
      totalPoints: [3, 2 * HOUR, { eventAt: null }],
    });
    user.grant('plain', START + DAY);
    user.revoke('steps', START + 2 * DAY);
    expect(cells(user)).toEqual({
      achievements: [1, DAY, { off: ['plain'] }],
      'achievements 2026-01-02': [1, DAY, null],
    });
  });
});
