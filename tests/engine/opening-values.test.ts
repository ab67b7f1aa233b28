import { describe, expect, test } from 'vitest';
import { activeUnits, broughtTo, isTotal, OPENING, type Opening, openingFaults } from '../../src/engine/opening.ts';
import { catalogOf, DAY, event, START } from './support.ts';

const catalog = catalogOf(`
eventTypes: { win: {}, lap: { details: { track: string, seconds: number } } }
metrics:
  wins: { count: win }
  run: { run: win }
  tracks: { distinct: details.track, of: lap }
  total: { sum: details.seconds, of: lap, decimals: 1 }
  records: { min: details.seconds, of: lap, by: details.track, decimals: 1, maxKeys: 2 }
  burst: { count: win, within: 60s }
seasons: { s1: { startsAt: 2026-01-01, endsAt: 2026-02-01 } }
streaks:
  daily: { of: win }
  spared: { of: win, freezes: { start: 3, max: 5 } }
  weekly: { of: win, per: week }
achievements: { winter: { season: s1, when: { metric: wins, atLeast: 1 } } }
`);
const opening = (details: Partial<Opening> | null) =>
  event(OPENING, START, details as never, { priced: { points: 0, xp: 0 } });

describe('what an opening brings to a metric', () => {
  const brought = (key: string, value: number | { [key: string]: number }) => {
    const metric = catalog.metrics.get(key);
    return metric && broughtTo(metric, opening({ metrics: { [key]: value } }));
  };

  test('is its value, scaled, of each key', () => {
    expect([brought('wins', 3), brought('total', 1.25), brought('records', { a: 58.25, b: 60 })]).toEqual([
      [{ by: '', amount: 3 }],
      [{ by: '', amount: 13 }],
      [
        { by: 'a', amount: 583 },
        { by: 'b', amount: 600 },
      ],
    ]);
  });

  test('is nothing where it does not fit: keys, windows, seasons, numbers too large', () => {
    expect([
      brought('records', 5),
      brought('wins', { a: 5 }),
      brought('burst', 5),
      brought('wins@s1', 5),
      brought('total', 1e16),
      brought('records', { a: 1e16, b: 1 }),
    ]).toEqual([[], [], [], [], [], [{ by: 'b', amount: 10 }]]);
  });

  test('is nothing where it says nothing', () => {
    const metric = catalog.metrics.get('wins');
    expect([opening({}), opening(null)].map((one) => metric && broughtTo(metric, one))).toEqual([[], []]);
  });
});

describe('the active units an opening brings to a streak', () => {
  const units = (key: string, current: number, longest: number, lastActiveOn: string) => {
    const streak = catalog.streaks.get(key);
    const details = { metrics: {}, streaks: { [key]: { current, longest, lastActiveOn } } };
    return streak && activeUnits(streak, opening(details)).map((day) => day - START / DAY);
  };

  test('are the current run, and the longest before it after a gap no freeze bridges', () => {
    expect(units('daily', 3, 3, '2026-01-10')).toEqual([7, 8, 9]);
    expect(units('daily', 2, 3, '2026-01-10')).toEqual([4, 5, 6, 8, 9]);
    expect(units('spared', 1, 2, '2026-01-10')).toEqual([1, 2, 9]);
    expect(units('daily', 0, 0, '2026-01-10')).toEqual([]);
  });

  test('of a weekly one are Mondays, whatever day of the week it names', () => {
    for (const date of ['2026-01-12', '2026-01-14', '2026-01-18']) {
      expect(units('weekly', 2, 2, date)).toEqual([4, 11]);
      expect(units('weekly', 1, 2, date)).toEqual([-10, -3, 11]);
    }
  });

  test('are none for a streak it does not name, nor for a type the streak does not count', () => {
    const streak = catalog.streaks.get('daily');
    expect(
      [opening({}), event('lap', START), event('win', START)].map((one) => streak && activeUnits(streak, one)),
    ).toEqual([[], [], [START / DAY]]);
  });
});

describe('the faults of an opening', () => {
  const faults = (details: Partial<Opening>) =>
    openingFaults(catalog, { metrics: {}, streaks: {}, ...details }).map(({ path, message }) => `${path} ${message}`);
  const daily = (current: number, longest: number, lastActiveOn = '2026-01-01') =>
    faults({ streaks: { daily: { current, longest, lastActiveOn } } });

  test('a metric of a season, and one that keeps no value of all time', () => {
    expect(faults({ metrics: { 'wins@s1': 1, totalPoints: 1 } })).toEqual([
      'metrics.wins@s1 a season counts what happens in it',
      'metrics.totalPoints there is no such metric',
    ]);
  });

  test('keys: as many as allowed, of 1 to 200 characters without a zero character', () => {
    const records = (...keys: string[]) =>
      faults({ metrics: { records: Object.fromEntries(keys.map((key) => [key, 1])) } });
    expect([
      records('a', 'b'),
      records('a', 'b', 'c'),
      records('a', 'k'.repeat(200)),
      records('a', 'k'.repeat(201)),
      records('a', 'b\u0000'),
    ]).toEqual([
      [],
      ['metrics.records has more than 2 keys'],
      [],
      ['metrics.records a key has 1 to 200 characters'],
      ['metrics.records a key has 1 to 200 characters'],
    ]);
  });

  test('values: one that is out of range among many; whole numbers where things are counted', () => {
    expect([
      faults({ metrics: { records: { a: 1, b: 1e16 } } }),
      faults({ metrics: { records: { a: -1.5 } } }),
      faults({ metrics: { tracks: 1.5, run: -1, wins: 0 } }),
    ]).toEqual([
      ['metrics.records is out of range (2^53-1)'],
      [],
      ['metrics.tracks is a whole number from 0 on', 'metrics.run is a whole number from 0 on'],
    ]);
  });

  test('streaks: whole units up to a hundred years of days, and a date', () => {
    const units = 'streaks.daily has 0 to 36500 active units';
    const date = 'streaks.daily lastActiveOn is a date, as in 2026-11-21';
    expect([
      daily(0, 36_500),
      daily(0, 36_501),
      daily(-1, 5),
      daily(1.5, 5),
      daily(0, Number.NaN),
      daily(1, 1, 'x2026-01-01'),
      daily(1, 1, '2026-01-01x'),
      daily(3, 2, 'never'),
    ]).toEqual([
      [],
      [units],
      [units],
      [units],
      [units],
      [date],
      [date],
      ['streaks.daily the longest run is at least the current one', date],
    ]);
  });
});

test('a total is a whole number from 0 to 2^53 - 1', () => {
  const most = Number.MAX_SAFE_INTEGER;
  expect([0, 1, most, -1, 0.5, most + 1, Number.NaN].map(isTotal)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
