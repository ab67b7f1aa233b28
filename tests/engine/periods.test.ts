import { describe, expect, test } from 'vitest';
import type { Season } from '../../src/engine/catalog.ts';
import { parseDuration } from '../../src/engine/durations.ts';
import { periodAt, periodKeyAt, periodOfKey } from '../../src/engine/periods.ts';
import { dayStart, isZone, localDay, parseInstant } from '../../src/engine/zones.ts';

const none = new Map<string, Season>();
const iso = (instant: number | undefined | null): string => new Date(instant ?? 0).toISOString();

describe('windows of the calendar', () => {
  test.each([
    ['day', 'UTC', '2026-11-20T23:59:59.999Z', '2026-11-20', '2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z'],
    [
      'day',
      'Europe/Moscow',
      '2026-11-20T21:00:00Z',
      '2026-11-21',
      '2026-11-20T21:00:00.000Z',
      '2026-11-21T21:00:00.000Z',
    ],
    ['week', 'UTC', '2026-11-22T23:59:59Z', '2026-W47', '2026-11-16T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
    ['week', 'UTC', '2026-11-23T00:00:00Z', '2026-W48', '2026-11-23T00:00:00.000Z', '2026-11-30T00:00:00.000Z'],
    ['week', 'UTC', '2027-01-01T12:00:00Z', '2026-W53', '2026-12-28T00:00:00.000Z', '2027-01-04T00:00:00.000Z'],
    ['week', 'UTC', '2024-12-30T12:00:00Z', '2025-W01', '2024-12-30T00:00:00.000Z', '2025-01-06T00:00:00.000Z'],
    [
      'week',
      'America/New_York',
      '2026-03-09T03:59:59Z',
      '2026-W10',
      '2026-03-02T05:00:00.000Z',
      '2026-03-09T04:00:00.000Z',
    ],
    ['month', 'UTC', '2028-02-29T12:00:00Z', '2028-02', '2028-02-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    ['month', 'Asia/Tokyo', '2026-12-31T15:00:00Z', '2027-01', '2026-12-31T15:00:00.000Z', '2027-01-31T15:00:00.000Z'],
    ['month', 'UTC', '2026-12-31T23:59:59Z', '2026-12', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
  ] as const)('a %s in %s at %s is %s', (unit, timezone, at, key, startsAt, endsAt) => {
    const per = { unit, timezone };
    const period = periodAt(per, Date.parse(at), null, none);
    expect([period?.key, iso(period?.startsAt), iso(period?.endsAt)]).toEqual([key, startsAt, endsAt]);
    expect(periodKeyAt(per, Date.parse(at), null, none)).toBe(key);
    expect(periodOfKey(per, key, null, none)).toEqual(period);
  });

  test('the zone `user` is that of the user, UTC without one', () => {
    const per = { unit: 'day', timezone: 'user' } as const;
    const at = Date.parse('2026-11-20T20:00:00Z');
    expect(periodKeyAt(per, at, 'Asia/Tokyo', none)).toBe('2026-11-21');
    expect(periodKeyAt(per, at, null, none)).toBe('2026-11-20');
  });

  test('a season holds its first instant and not its last; outside there is none', () => {
    const season = { key: 's1', name: {}, startsAt: 100, endsAt: 200, timezone: 'UTC' };
    const seasons = new Map([['s1', season]]);
    const per = { unit: 'season', timezone: 'UTC' } as const;
    expect([99, 100, 199, 200].map((at) => periodKeyAt(per, at, null, seasons))).toEqual(['', 's1', 's1', '']);
    expect(periodOfKey(per, 's1', null, seasons)).toEqual(season);
    expect(periodOfKey(per, 's2', null, seasons)).toBeNull();
  });

  test.each([
    ['day', '2026-02-30'],
    ['week', '2026-W54'],
    ['week', '2025-W53'],
    ['month', '2026-13'],
    ['day', '2026-W01'],
    ['month', 'x'],
  ] as const)('no %s is called %s', (unit, key) => {
    expect(periodOfKey({ unit, timezone: 'UTC' }, key, null, none)).toBeNull();
  });
});

describe('zones', () => {
  test('a zone is an IANA name; an offset is not', () => {
    expect(
      ['UTC', 'Europe/Moscow', 'America/Argentina/Buenos_Aires', '+03:00', 'Mars/Olympus', ''].map(isZone),
    ).toEqual([true, true, true, false, false, false]);
  });

  test('a day begins after the gap where midnight is skipped', () => {
    const day = localDay(Date.parse('2018-11-04T12:00:00-02:00'), 'America/Sao_Paulo');
    expect(iso(dayStart(day, 'America/Sao_Paulo'))).toBe('2018-11-04T03:00:00.000Z');
  });

  test('local days follow each other without a hole or an overlap, whatever was asked before', () => {
    for (const zone of ['America/New_York', 'Pacific/Apia', 'America/St_Johns', 'Africa/Cairo']) {
      const from = Date.parse('2010-10-30T00:00:00Z');
      for (let hour = 0; hour < 24 * 20; hour++) {
        const at = from + hour * 3_600_000 + 90_000;
        const day = localDay(at, zone);
        expect(dayStart(day, zone)).toBeLessThanOrEqual(at);
        expect(dayStart(day + 1, zone)).toBeGreaterThan(at);
      }
    }
  });

  test('a moment is read as it stands, or on the wall clock of a zone', () => {
    expect(iso(parseInstant('2026-12-01T10:00', 'Europe/Moscow'))).toBe('2026-12-01T07:00:00.000Z');
    expect(iso(parseInstant('2026-12-01T10:00+05:00', 'UTC'))).toBe('2026-12-01T05:00:00.000Z');
    for (const text of [
      '2026-12-01 10:00+05:00',
      '2026-12-01T10:00+05',
      '2026-12-01t10:00+05:00',
      '2026-12-01T10:00+05:00:00',
    ])
      expect(iso(parseInstant(text, 'Europe/Moscow'))).toBe('2026-12-01T05:00:00.000Z');
    expect(iso(parseInstant('2026-12-01', 'UTC'))).toBe('2026-12-01T00:00:00.000Z');
    expect(iso(parseInstant('2026-03-29T02:30', 'Europe/Berlin'))).toBe('2026-03-29T01:30:00.000Z');
    expect(['tomorrow', '2026-13-01', '2026-02-30T10:00', ''].map((text) => parseInstant(text, 'UTC'))).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

test('durations', () => {
  expect(['60s', '5m', '1.5h', '7d', '1h30m', '100ms', '2w'].map(parseDuration)).toEqual([
    60_000, 300_000, 5_400_000, 604_800_000, 5_400_000, 100, 1_209_600_000,
  ]);
  expect(['', '5', 's', '5 s', '-5s', '5y'].map(parseDuration)).toEqual([null, null, null, null, null, null]);
});
