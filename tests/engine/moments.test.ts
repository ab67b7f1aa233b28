import { describe, expect, test } from 'vitest';
import type { Season } from '../../src/engine/catalog.ts';
import { parseDuration } from '../../src/engine/durations.ts';
import { periodAt } from '../../src/engine/periods.ts';
import { dayStart, localDay, parseInstant } from '../../src/engine/zones.ts';
import { catalogOf, DAY, event, MemoryUser, START } from './support.ts';

describe('durations', () => {
  test('a fraction may have several digits', () => {
    expect([parseDuration('1.25h'), parseDuration('0.125s')]).toEqual([4_500_000, 125]);
  });

  test('nothing may follow the last unit', () => {
    expect([parseDuration('1h!'), parseDuration('1h 5')]).toEqual([null, null]);
  });

  test('at most 32 characters', () => {
    expect([parseDuration('1s'.repeat(16)), parseDuration('1s'.repeat(17))]).toEqual([16_000, null]);
  });
});

describe('moments as a designer writes them', () => {
  const at = (text: string) => parseInstant(text, 'Europe/Moscow');

  test('an offset may stand without a colon', () => {
    expect(at('2026-12-01T10:00+0500')).toBe(Date.parse('2026-12-01T05:00:00Z'));
  });

  test('Z may be small', () => {
    expect(at('2026-12-01T10:00z')).toBe(Date.parse('2026-12-01T10:00:00Z'));
  });

  test('Z needs a time between it and the date', () => {
    expect([at('2026-12-01Z'), at('2026-12-01 10:00Z')]).toEqual([null, Date.parse('2026-12-01T10:00:00Z')]);
  });

  test('more than forty characters are no moment', () => {
    expect(at('2026-12-01T10:00:00.000000000[Europe/Moscow]')).toBeNull();
  });

  test('a wall clock time that comes twice is the first', () => {
    expect(parseInstant('2026-10-25T02:30', 'Europe/Berlin')).toBe(Date.parse('2026-10-25T00:30:00Z'));
  });
});

describe('a zone nobody knows reads as UTC', () => {
  test('in the date of an instant, and in the start of a day', () => {
    expect(localDay(START + DAY - 1, 'Mars/Olympus')).toBe(START / DAY);
    expect(localDay(START + DAY, 'Mars/Olympus')).toBe(START / DAY + 1);
    expect(localDay(START, 'Mars/Olympus')).toBe(START / DAY);
    expect(dayStart(START / DAY, 'Mars/Olympus')).toBe(START);
  });

  test('in the windows of a player', () => {
    const catalog = catalogOf(`
eventTypes: { win: { points: 1 } }
metrics: { daily: { count: win, per: day, timezone: user } }
`);
    const user = new MemoryUser(catalog);
    user.record([event('win', START + DAY - 1, null, { timezone: 'Mars/Olympus' })]);
    expect([user.value('daily', '', '2026-01-01'), user.value('daily', '', '2026-01-02')]).toEqual([1, null]);
  });
});

test('the window of a season is the season', () => {
  const season: Season = { key: 's1', name: {}, startsAt: 100, endsAt: 200, timezone: 'UTC' };
  const seasons = new Map([['s1', season]]);
  const per = { unit: 'season', timezone: 'UTC' } as const;
  expect([periodAt(per, 100, null, seasons), periodAt(per, 200, null, seasons)]).toEqual([season, null]);
});
