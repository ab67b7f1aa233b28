import { describe, expect, test } from 'vitest';
import { answerFromMemory } from '../../src/engine/merge.ts';
import { progressNeeds, progressOf } from '../../src/engine/progress.ts';
import { cellKey, emptyState, type UserState, wholeKey } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, HOUR, MemoryUser, START } from './support.ts';

const catalog = catalogOf(`
eventTypes:
  login: { points: 5 }
  win: { points: 10 }
  lap: { details: { track: string, seconds: number } }
metrics:
  wins: { count: win }
  wins_today: { count: win, per: day, timezone: user }
  record: { min: details.seconds, of: lap, by: details.track }
  laps: { count: lap, by: details.track }
  last: { latest: details.seconds, of: lap }
streaks: { daily: { of: [login] } }
levels: { thresholds: [0, 15, 100] }
achievements:
  four: { when: { metric: wins, atLeast: 4 } }
  free: { when: { metric: wins, atLeast: 0 } }
  over: { when: { metric: wins, above: 7 } }
  steps: { tiers: [{ at: 2 }, { at: 8 }], when: { metric: wins } }
  today: { repeat: day, when: { metric: wins_today, atLeast: 2 } }
  rare_one: { rarity: rare, when: { metric: wins, atLeast: 4 } }
  rare_two: { rarity: rare, when: manual }
  rare_three: { rarity: rare, when: manual }
  rares: { when: { achievements: { rarity: rare }, atLeast: 3 } }
  climb: { when: { level: 3 } }
  north: { when: { metric: laps, key: north, atLeast: 4 } }
  two_tracks: { when: { metric: laps, atLeast: 2, keys: 2 } }
  newest: { when: { metric: last, atLeast: 100 } }
  followed: { when: { achievement: four } }
  never: { when: { not: { metric: wins, atLeast: 4 } } }
  some: { when: { atLeast: 2, of: [{ metric: wins, atLeast: 1 }, { metric: wins, atLeast: 4 }, { metric: laps, atLeast: 9 }] } }
  mixed: { when: { all: [{ streak: daily, atLeast: 2 }, { metric: wins, atLeast: 4 }] } }
  best: { when: { any: [{ metric: wins, atLeast: 10 }, { achievements: { rarity: rare }, atLeast: 2 }] } }
  days: { when: { streak: daily, atLeast: 3 } }
`);

/** The progress of one achievement, out of a state that holds only what was asked for. */
function progress(user: MemoryUser, key: string, now: number, timezone: string | null = null) {
  const reader = { timezone };
  const needs = progressNeeds(catalog, [key], reader, now);
  const all = answerFromMemory(user.state, needs, user.log);
  const only = <T>(map: ReadonlyMap<string, T>, keys: readonly string[]): Map<string, T> =>
    new Map([...map].filter(([name]) => keys.includes(name)));
  const whole = needs.whole.map(({ metric, period }) => wholeKey(metric, period));
  const cells = [...all.cells].filter(([name]) => {
    const [metric = '', , period = ''] = name.split('\u0000');
    return whole.includes(wholeKey(metric, period)) || needs.cells.some((ref) => cellKey(ref) === name);
  });
  const { score, achievementPoints, xp, lastActivityAt } = user.state;
  const state: UserState = {
    ...emptyState({ userId: 'u', test: false, score, achievementPoints, xp, lastActivityAt }),
    cells: new Map(cells),
    whole: only(all.whole, whole),
    unlocks: only(all.unlocks, needs.achievements),
    streakDays: only(all.streakDays, needs.streaks),
  };
  return progressOf(catalog, key, state, reader, now);
}

const told = (user: MemoryUser, key: string, now = START + DAY) => {
  const { progress: share, current, target } = progress(user, key, now);
  return [share, current, target];
};
const wins = (count: number) => Array.from({ length: count }, (_, index) => event('win', START + index));

describe('the way to a rule', () => {
  const user = new MemoryUser(catalog);
  user.record([
    ...wins(3),
    event('lap', START + 10, { track: 'north', seconds: 50 }),
    event('lap', START + 11, { track: 'north', seconds: 60 }),
    event('lap', START + 12, { track: 'south', seconds: 70 }),
  ]);
  user.grant('rare_two', START + HOUR);

  test.each([
    ['four', [0.75, 3, 4]],
    ['over', [3 / 7, 3, 7]],
    ['free', [1, 3, 0]],
    ['rares', [1 / 3, 1, 3]],
    ['climb', [2 / 3, 2, 3]],
    ['north', [0.5, 2, 4]],
    ['two_tracks', [0, null, null]],
    ['newest', [0, null, null]],
    ['followed', [0, null, null]],
    ['rare_three', [0, null, null]],
    ['some', [0, null, null]],
    ['best', [0.5, null, null]],
  ])('%s', (key, wanted) => {
    expect(told(user, key)).toEqual(wanted);
  });

  test('of `not` and of some of several is all or nothing', () => {
    const nobody = new MemoryUser(catalog);
    expect([told(nobody, 'never'), told(user, 'never')]).toEqual([
      [1, null, null],
      [1, null, null],
    ]);
    const winner = new MemoryUser(catalog);
    winner.record(wins(4));
    expect([told(winner, 'some')[0], told(nobody, 'some')[0]]).toEqual([1, 0]);
  });

  test('of a goal of 0 is whole from the beginning', () => {
    expect(told(new MemoryUser(catalog), 'free')).toEqual([1, 0, 0]);
  });

  test('of achievements that were taken away does not count them', () => {
    const player = new MemoryUser(catalog);
    player.grant('rare_two', START);
    player.grant('rare_three', START);
    expect(told(player, 'rares')).toEqual([2 / 3, 2, 3]);
    player.revoke('rare_two', START + 1);
    expect(told(player, 'rares')).toEqual([1 / 3, 1, 3]);
  });
});

describe('what is held', () => {
  test('is whole, until it is taken away', () => {
    const user = new MemoryUser(catalog);
    user.grant('four', START);
    expect(progress(user, 'four', START + 1)).toMatchObject({ progress: 1, current: 0, target: 4, timesUnlocked: 1 });
    user.revoke('four', START + 2);
    expect(progress(user, 'four', START + 3)).toMatchObject({ progress: 0, current: 0, target: 4, timesUnlocked: 0 });
  });

  test('of tiers is whole at the last one, whose goal is shown', () => {
    const user = new MemoryUser(catalog);
    user.grant('steps', START, 1);
    expect(progress(user, 'steps', START)).toEqual({
      progress: 0,
      current: 0,
      target: 8,
      tier: 1,
      tierCount: 2,
      timesUnlocked: 1,
    });
    user.grant('steps', START, 2);
    expect(progress(user, 'steps', START)).toMatchObject({ progress: 1, current: 0, target: 8, tier: 2, tierCount: 2 });
  });

  test('of a repeatable one begins anew with its window, in the zone of who reads', () => {
    const user = new MemoryUser(catalog);
    const evening = START + 20 * HOUR;
    user.record([
      event('win', evening, null, { timezone: 'Asia/Tokyo' }),
      event('win', evening, null, { timezone: 'Asia/Tokyo' }),
    ]);
    expect(user.held()).toContain('today');
    expect(progress(user, 'today', evening, 'Asia/Tokyo')).toMatchObject({
      progress: 1,
      current: 2,
      target: 2,
      timesUnlocked: 1,
    });
    expect(progress(user, 'today', evening, null)).toMatchObject({ progress: 0, current: 0, timesUnlocked: 1 });
    expect(progress(user, 'today', evening + DAY, 'Asia/Tokyo')).toMatchObject({ progress: 0, current: 0 });
  });
});

describe('a streak on the way', () => {
  const days = (...list: number[]) => list.map((day) => event('login', START + day * DAY));

  test('counts the current run, and a goal that was reached once stays reached', () => {
    const user = new MemoryUser(catalog);
    user.record(days(0, 1, 5));
    expect(told(user, 'days', START + 5 * DAY)).toEqual([1 / 3, 1, 3]);
    expect(told(user, 'mixed', START + 5 * DAY)).toEqual([0.5, null, null]);
  });

  test('that was never kept is at its beginning', () => {
    expect(told(new MemoryUser(catalog), 'days')).toEqual([0, 0, 3]);
  });
});

test('what must be read names each thing once, and nothing for what is unknown', () => {
  const reader = { timezone: null };
  const { cells, achievements, streaks } = progressNeeds(catalog, ['nothing', 'mixed', 'rares'], reader, START);
  expect(cells.map(({ metric }) => metric)).toEqual(['wins', 'achievements']);
  expect([achievements, streaks]).toEqual([['mixed', 'rares', 'rare_one', 'rare_two', 'rare_three'], ['daily']]);
});
