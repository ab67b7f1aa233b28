import { Temporal } from 'temporal-polyfill';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DAY, HOUR, START } from './support.ts';

/** The zones as they are before anything was asked. */
async function fresh() {
  vi.resetModules();
  return import('../../src/engine/zones.ts');
}

describe('the calendar is asked as seldom as can be', () => {
  let asked = 0;
  beforeEach(() => {
    asked = 0;
    const { fromEpochMilliseconds } = Temporal.Instant;
    vi.spyOn(Temporal.Instant, 'fromEpochMilliseconds').mockImplementation((at) => {
      asked += 1;
      return fromEpochMilliseconds(at);
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.resetModules();
  });

  test('never in UTC, nor where no zone is known', async () => {
    const { dayStart, localDay } = await fresh();
    const add = vi.spyOn(Temporal.PlainDate.prototype, 'add');
    const day = START / DAY;
    expect([localDay(START, 'UTC'), localDay(START, null), dayStart(day, 'UTC'), dayStart(day, null)]).toEqual([
      day,
      day,
      START,
      START,
    ]);
    expect([asked, add.mock.calls.length]).toEqual([0, 0]);
  });

  test.each(['Europe/Moscow', 'Mars/Olympus'])(
    'once a local day of %s, from its first instant to its last',
    async (zone) => {
      const { dayStart, localDay } = await fresh();
      const day = localDay(START + 5 * HOUR, zone);
      const from = dayStart(day, zone);
      expect([from, from + HOUR, from + DAY - 1].map((at) => localDay(at, zone))).toEqual([day, day, day]);
      expect(asked).toBe(1);
      expect([localDay(from - 1, zone), localDay(from + DAY, zone)]).toEqual([day - 1, day + 1]);
      expect(asked).toBe(3);
    },
  );

  test('for the 64 local days of a zone that were asked last: one more takes the place of the oldest', async () => {
    const { localDay } = await fresh();
    const ask = (days: number[]) => {
      const before = asked;
      for (const day of days) localDay(START + day * DAY, 'Asia/Tokyo');
      return asked - before;
    };
    const days = Array.from({ length: 64 }, (_, day) => day);
    expect([ask(days), ask(days), ask([64]), ask(days.slice(1)), ask([64]), ask([0])]).toEqual([64, 0, 1, 0, 0, 1]);
  });

  test('for 700 zones: one more makes room for all anew', async () => {
    const { localDay } = await fresh();
    const ask = (zones: string[]) => {
      const before = asked;
      for (const zone of zones) localDay(START, zone);
      return asked - before;
    };
    const zones = Array.from({ length: 700 }, (_, index) => `Mars/Crater${index}`);
    expect([ask(zones), ask(zones), ask(['Mars/Olympus']), ask(['Mars/Olympus']), ask(zones.slice(0, 2))]).toEqual([
      700, 0, 1, 0, 2,
    ]);
  });
});

describe('local dates', () => {
  test('where a clock goes back over midnight, the date that comes twice is not told again', async () => {
    const { localDay } = await fresh();
    const midnight = Date.parse('2010-11-07T00:00:00-02:30');
    const day = Date.UTC(2010, 10, 7) / DAY;
    const before = localDay(midnight - 1, 'America/St_Johns');
    expect([before, localDay(midnight, 'America/St_Johns'), localDay(midnight + HOUR / 2, 'America/St_Johns')]).toEqual(
      [day - 1, day, day],
    );
  });

  test('a moment has forty characters at most', async () => {
    const { parseInstant } = await fresh();
    const text = (fraction: string) => `+002026-12-01T10:00:00.${fraction}+03:00:00`;
    expect([text('00000000').length, parseInstant(text('00000000'), 'UTC')]).toEqual([
      40,
      Date.parse('2026-12-01T07:00:00Z'),
    ]);
    expect([text('000000000').length, parseInstant(text('000000000'), 'UTC')]).toEqual([41, null]);
  });
});
