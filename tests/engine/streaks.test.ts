import { describe, expect, test } from 'vitest';
import type { Streak } from '../../src/engine/catalog.ts';
import { longestRun, newDays, streakUnit, streakView, withDays } from '../../src/engine/streaks.ts';

const NONE = { start: 0, earnEvery: null, max: 0 };
const daily: Streak = { key: 'daily', name: {}, of: ['login'], per: 'day', freezes: NONE };
const weekly: Streak = { ...daily, key: 'weekly', per: 'week' };
const frozen: Streak = { ...daily, freezes: { start: 1, earnEvery: 7, max: 3 } };

/** Active units of moments, each recorded in a zone. */
function daysOf(streak: Streak, moments: readonly (readonly [string, string])[]): readonly number[] {
  return moments.reduce<readonly number[]>(
    (days, [at, zone]) => withDays(days, [streakUnit(streak, Date.parse(at), zone)]),
    [],
  );
}

type Row = readonly [
  name: string,
  streak: Streak,
  moments: readonly (readonly [string, string])[],
  now: readonly [string, string],
  current: number,
  longest: number,
];

const at = (zone: string, ...times: string[]): (readonly [string, string])[] => times.map((time) => [time, zone]);
const UTC = 'UTC';
const NY = 'America/New_York';
const BERLIN = 'Europe/Berlin';
const YEKT = 'Asia/Yekaterinburg';
const KIRITIMATI = 'Pacific/Kiritimati';
const SAMOA = 'Pacific/Apia';
const LORD_HOWE = 'Australia/Lord_Howe';
const CHATHAM = 'Pacific/Chatham';
const KATHMANDU = 'Asia/Kathmandu';

const rows: readonly Row[] = [
  ['one login', daily, at(UTC, '2026-03-01T12:00Z'), ['2026-03-01T13:00Z', UTC], 1, 1],
  [
    'two logins of one day are one day',
    daily,
    at(UTC, '2026-03-01T00:00Z', '2026-03-01T23:59:59Z'),
    ['2026-03-01T23:59:59Z', UTC],
    1,
    1,
  ],
  [
    'midnight is the next day',
    daily,
    at(UTC, '2026-03-01T23:59:59.999Z', '2026-03-02T00:00:00Z'),
    ['2026-03-02T00:00Z', UTC],
    2,
    2,
  ],
  ['alive through all of the next day', daily, at(UTC, '2026-03-01T12:00Z'), ['2026-03-02T23:59:59Z', UTC], 1, 1],
  ['over when a day has passed', daily, at(UTC, '2026-03-01T12:00Z'), ['2026-03-03T00:00:00Z', UTC], 0, 1],
  ['a missed day ends it', daily, at(UTC, '2026-03-01T12:00Z', '2026-03-03T12:00Z'), ['2026-03-03T12:00Z', UTC], 1, 1],
  [
    'a late event joins two runs',
    daily,
    at(UTC, '2026-03-01T12:00Z', '2026-03-03T12:00Z', '2026-03-02T12:00Z'),
    ['2026-03-03T12:00Z', UTC],
    3,
    3,
  ],
  [
    'the longest run is kept after it ended',
    daily,
    at(UTC, '2026-03-01T12:00Z', '2026-03-02T12:00Z', '2026-03-03T12:00Z', '2026-03-09T12:00Z'),
    ['2026-03-09T12:00Z', UTC],
    1,
    3,
  ],
  ['the end of a month', daily, at(UTC, '2026-04-30T12:00Z', '2026-05-01T12:00Z'), ['2026-05-01T12:00Z', UTC], 2, 2],
  ['the end of a year', daily, at(UTC, '2026-12-31T12:00Z', '2027-01-01T12:00Z'), ['2027-01-01T12:00Z', UTC], 2, 2],
  [
    'a leap day counts',
    daily,
    at(UTC, '2028-02-28T12:00Z', '2028-02-29T12:00Z', '2028-03-01T12:00Z'),
    ['2028-03-01T12:00Z', UTC],
    3,
    3,
  ],
  [
    'a leap day that was missed ends it',
    daily,
    at(UTC, '2028-02-28T12:00Z', '2028-03-01T12:00Z'),
    ['2028-03-01T12:00Z', UTC],
    1,
    1,
  ],
  ['no leap day in 2026', daily, at(UTC, '2026-02-28T12:00Z', '2026-03-01T12:00Z'), ['2026-03-01T12:00Z', UTC], 2, 2],
  ['no leap day in 2100', daily, at(UTC, '2100-02-28T12:00Z', '2100-03-01T12:00Z'), ['2100-03-01T12:00Z', UTC], 2, 2],
  [
    '40 minutes apart over local midnight',
    daily,
    at(YEKT, '2026-03-01T23:30+05:00', '2026-03-02T00:10+05:00'),
    ['2026-03-02T01:00+05:00', YEKT],
    2,
    2,
  ],
  [
    'the same 40 minutes within one UTC day',
    daily,
    at(UTC, '2026-03-01T18:30Z', '2026-03-01T19:10Z'),
    ['2026-03-01T20:00Z', UTC],
    1,
    1,
  ],
  [
    'one local day over two UTC days',
    daily,
    at(NY, '2026-01-10T23:00Z', '2026-01-11T03:00Z'),
    ['2026-01-11T03:00Z', NY],
    1,
    1,
  ],
  [
    'spring forward: a day of 23 hours',
    daily,
    at(NY, '2026-03-07T12:00-05:00', '2026-03-08T12:00-04:00', '2026-03-09T12:00-04:00'),
    ['2026-03-09T12:00-04:00', NY],
    3,
    3,
  ],
  [
    'spring forward: 23:30 and 00:30 around it',
    daily,
    at(NY, '2026-03-07T23:30-05:00', '2026-03-08T00:30-05:00'),
    ['2026-03-08T12:00-04:00', NY],
    2,
    2,
  ],
  [
    'spring forward: alive at the last minute of the next day',
    daily,
    at(NY, '2026-03-07T12:00-05:00'),
    ['2026-03-08T23:59-04:00', NY],
    1,
    1,
  ],
  [
    'fall back: a day of 25 hours',
    daily,
    at(NY, '2026-10-31T12:00-04:00', '2026-11-01T12:00-05:00', '2026-11-02T12:00-05:00'),
    ['2026-11-02T12:00-05:00', NY],
    3,
    3,
  ],
  [
    'fall back: the hour that comes twice is one day',
    daily,
    at(NY, '2026-11-01T01:30-04:00', '2026-11-01T01:30-05:00'),
    ['2026-11-01T12:00-05:00', NY],
    1,
    1,
  ],
  [
    'fall back: 24 hours later is still the same date',
    daily,
    at(NY, '2026-11-01T00:10-04:00', '2026-11-01T23:10-05:00'),
    ['2026-11-01T23:30-05:00', NY],
    1,
    1,
  ],
  [
    'fall back: over at midnight after the next day',
    daily,
    at(NY, '2026-11-01T12:00-05:00'),
    ['2026-11-03T00:00-05:00', NY],
    0,
    1,
  ],
  [
    'Berlin spring forward',
    daily,
    at(BERLIN, '2026-03-28T23:59+01:00', '2026-03-29T03:01+02:00', '2026-03-30T00:00+02:00'),
    ['2026-03-30T12:00+02:00', BERLIN],
    3,
    3,
  ],
  [
    'Berlin fall back',
    daily,
    at(BERLIN, '2026-10-24T23:59+02:00', '2026-10-25T02:30+02:00', '2026-10-25T02:30+01:00', '2026-10-26T00:00+01:00'),
    ['2026-10-26T12:00+01:00', BERLIN],
    3,
    3,
  ],
  [
    'half an hour of summer time',
    daily,
    at(LORD_HOWE, '2026-04-04T23:59+11:00', '2026-04-05T00:00+11:00', '2026-04-06T00:00+10:30'),
    ['2026-04-06T01:00+10:30', LORD_HOWE],
    3,
    3,
  ],
  [
    'a zone of 12:45',
    daily,
    at(CHATHAM, '2026-06-01T11:14Z', '2026-06-01T11:15Z'),
    ['2026-06-01T12:00Z', CHATHAM],
    2,
    2,
  ],
  [
    'a zone of 5:45',
    daily,
    at(KATHMANDU, '2026-06-01T18:14Z', '2026-06-01T18:15Z'),
    ['2026-06-01T19:00Z', KATHMANDU],
    2,
    2,
  ],
  [
    'a zone of +14',
    daily,
    at(KIRITIMATI, '2026-06-01T09:59Z', '2026-06-01T10:00Z'),
    ['2026-06-01T11:00Z', KIRITIMATI],
    2,
    2,
  ],
  [
    'a date the zone skipped is a missed one',
    daily,
    at(SAMOA, '2011-12-29T12:00-10:00', '2011-12-31T12:00+14:00'),
    ['2011-12-31T13:00+14:00', SAMOA],
    1,
    1,
  ],
  [
    'each unit keeps the zone it was recorded in',
    daily,
    [
      ['2026-03-01T23:30+05:00', YEKT],
      ['2026-03-02T20:00Z', UTC],
    ],
    ['2026-03-02T21:00Z', UTC],
    2,
    2,
  ],
  [
    'flying west: one date twice is one day',
    daily,
    [
      ['2026-03-02T01:00+05:00', YEKT],
      ['2026-03-02T01:00-05:00', NY],
    ],
    ['2026-03-02T12:00-05:00', NY],
    1,
    1,
  ],
  [
    'flying east: a date in between may be missed',
    daily,
    [
      ['2026-03-01T23:00-05:00', NY],
      ['2026-03-03T00:30+14:00', KIRITIMATI],
    ],
    ['2026-03-03T01:00+14:00', KIRITIMATI],
    1,
    1,
  ],
  ['now is read in the zone of now', daily, at(UTC, '2026-03-01T12:00Z'), ['2026-03-02T10:00Z', KIRITIMATI], 0, 1],
  [
    'a week is from Monday',
    weekly,
    at(UTC, '2026-03-01T12:00Z', '2026-03-02T12:00Z'),
    ['2026-03-02T12:00Z', UTC],
    2,
    2,
  ],
  [
    'two days of one week are one',
    weekly,
    at(UTC, '2026-03-02T00:00Z', '2026-03-08T23:59Z'),
    ['2026-03-08T23:59Z', UTC],
    1,
    1,
  ],
  [
    'a missed week ends it',
    weekly,
    at(UTC, '2026-03-02T12:00Z', '2026-03-16T12:00Z'),
    ['2026-03-16T12:00Z', UTC],
    1,
    1,
  ],
  [
    'weeks over the end of a year of 53 weeks',
    weekly,
    at(UTC, '2026-12-30T12:00Z', '2027-01-05T12:00Z'),
    ['2027-01-05T12:00Z', UTC],
    2,
    2,
  ],
  [
    'weeks over a clock change',
    weekly,
    at(NY, '2026-03-05T12:00-05:00', '2026-03-12T12:00-04:00'),
    ['2026-03-12T12:00-04:00', NY],
    2,
    2,
  ],
  ['alive through all of the next week', weekly, at(UTC, '2026-03-02T12:00Z'), ['2026-03-15T23:59Z', UTC], 1, 1],
  [
    'a freeze bridges one missed day and adds nothing',
    frozen,
    at(UTC, '2026-03-01T12:00Z', '2026-03-03T12:00Z'),
    ['2026-03-03T12:00Z', UTC],
    2,
    2,
  ],
  [
    'one freeze does not bridge two days',
    frozen,
    at(UTC, '2026-03-01T12:00Z', '2026-03-04T12:00Z'),
    ['2026-03-04T12:00Z', UTC],
    1,
    1,
  ],
  [
    'the first freeze is used once',
    frozen,
    at(UTC, '2026-03-01T12:00Z', '2026-03-03T12:00Z', '2026-03-05T12:00Z'),
    ['2026-03-05T12:00Z', UTC],
    1,
    2,
  ],
  [
    'a late event gives the freeze back',
    frozen,
    at(UTC, '2026-03-01T12:00Z', '2026-03-03T12:00Z', '2026-03-05T12:00Z', '2026-03-02T12:00Z'),
    ['2026-03-05T12:00Z', UTC],
    4,
    4,
  ],
  ['a freeze keeps it alive today', frozen, at(UTC, '2026-03-01T12:00Z'), ['2026-03-03T12:00Z', UTC], 1, 1],
  ['and no longer', frozen, at(UTC, '2026-03-01T12:00Z'), ['2026-03-04T00:00Z', UTC], 0, 1],
  [
    'seven days earn a second one',
    frozen,
    [...at(UTC, ...[1, 2, 3, 4, 5, 6, 7].map((day) => `2026-03-0${day}T12:00Z`)), ['2026-03-10T12:00Z', UTC]],
    ['2026-03-10T12:00Z', UTC],
    8,
    8,
  ],
];

describe('streaks in the zone of the user', () => {
  test.each(rows)('%s', (_name, streak, moments, [now, zone], current, longest) => {
    const view = streakView(streak, daysOf(streak, moments), Date.parse(now), zone);
    expect([view.current, view.longest]).toEqual([current, longest]);
  });

  test('there are more than forty of these', () => {
    expect(rows.length).toBeGreaterThanOrEqual(40);
  });
});

test('the order in which days arrive changes nothing', () => {
  const days = [1, 2, 3, 5, 6, 9, 10, 11, 12];
  const shuffled = [10, 3, 1, 12, 6, 2, 11, 5, 9].reduce<readonly number[]>((list, day) => withDays(list, [day]), []);
  expect(shuffled).toEqual(days);
  expect(longestRun(daily, shuffled)).toBe(4);
  expect(withDays(days, [5])).toBe(days);
});

test('days that come together are laid between those that are there', () => {
  const days = [2, 3, 9];
  expect(withDays(days, [1, 3, 5, 12])).toEqual([1, 2, 3, 5, 9, 12]);
  expect(newDays(days, [1, 3, 5, 12])).toEqual([1, 5, 12]);
  expect(withDays(days, [10, 11])).toEqual([2, 3, 9, 10, 11]);
  expect(withDays(days, [2, 9])).toBe(days);
  expect(withDays([], [4, 5])).toEqual([4, 5]);
});

test('it ends at local midnight after the next day, a clock change included', () => {
  const noon = Date.parse('2026-03-07T12:00-05:00');
  const view = streakView(daily, [streakUnit(daily, noon, NY)], noon, NY);
  expect(new Date(view.endsAt ?? 0).toISOString()).toBe('2026-03-09T04:00:00.000Z');
});

test('freezes move the end; what is left is told', () => {
  const noon = Date.parse('2026-03-01T12:00Z');
  const days = [streakUnit(frozen, noon, UTC)];
  const today = streakView(frozen, days, noon, UTC);
  expect([new Date(today.endsAt ?? 0).toISOString(), today.freezesLeft]).toEqual(['2026-03-04T00:00:00.000Z', 1]);
  expect(streakView(frozen, days, Date.parse('2026-03-03T12:00Z'), UTC).freezesLeft).toBe(0);
});

test('never more freezes than the most allowed', () => {
  const days = Array.from({ length: 70 }, (_, index) => 20_000 + index);
  expect(streakView(frozen, days, (20_069 + 0.5) * 86_400_000, UTC)).toMatchObject({ current: 70, freezesLeft: 3 });
});

test('without any day there is nothing, and the freezes of the start', () => {
  expect(streakView(frozen, [], 0, UTC)).toEqual({
    current: 0,
    longest: 0,
    lastActiveDay: null,
    endsAt: null,
    freezesLeft: 1,
  });
});
