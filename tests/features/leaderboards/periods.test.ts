import { describe, expect, it } from 'vitest';
import {
  boardPeriodAt,
  keepsValues,
  type PeriodicBoard,
  periodicBoards,
  periodsBefore,
  periodsOver,
  seasonsBegun,
  statusAt,
} from '../../../src/features/leaderboards/periods.ts';
import { catalogOf } from '../../engine/support.ts';

const catalog = catalogOf(`
name: Periods
eventTypes: { win: { points: 1 } }
metrics: { wins: { count: win }, apart: { count: win } }
seasons:
  one: { startsAt: 2026-01-10T00:00:00Z, endsAt: 2026-02-01T00:00:00Z }
  two: { startsAt: 2026-03-01T00:00:00Z, endsAt: 2026-04-01T00:00:00Z }
leaderboards:
  day: { metric: wins, per: day, timezone: Europe/Berlin }
  week: { metric: wins, per: week, timezone: Europe/Berlin }
  month: { metric: wins, per: month, timezone: Pacific/Apia }
  season: { metric: wins, per: season }
  ever: { metric: wins }
`);
const board = (key: string): PeriodicBoard => {
  const found = periodicBoards(catalog).find((one) => one.key === key);
  if (found === undefined) throw new Error(`no board ${key}`);
  return found;
};
const time = (text: string): number => Date.parse(text);
const shown = (periods: readonly { key: string; startsAt: number; endsAt: number }[]): string[] =>
  periods.map(({ key, startsAt, endsAt }) => `${key} ${(endsAt - startsAt) / 3_600_000} h`);

describe('periods of boards', () => {
  it('belong to the boards that have them', () => {
    expect(periodicBoards(catalog).map(({ key }) => key)).toEqual(['day', 'week', 'month', 'season']);
  });

  it('are OPEN until they end, CLOSING until they were closed, then FINAL', () => {
    const endsAt = 1_000;
    expect([
      statusAt({ endsAt, isFinal: false }, 999),
      statusAt({ endsAt, isFinal: false }, 1_000),
      statusAt({ endsAt, isFinal: false }, 9_999_999),
      statusAt({ endsAt, isFinal: true }, 1_000),
    ]).toEqual(['OPEN', 'CLOSING', 'CLOSING', 'FINAL']);
  });

  it('are as long as the clocks of their zone make them', () => {
    const range = { from: time('2026-10-19T00:00:00+02:00'), now: time('2026-10-27T00:00:00+01:00'), most: 100 };
    expect(shown(periodsOver(board('week'), range))).toEqual(['2026-W43 169 h']);
    expect(shown(periodsOver(board('day'), { ...range, from: time('2026-10-24T10:00:00Z') }))).toEqual([
      '2026-10-24 24 h',
      '2026-10-25 25 h',
      '2026-10-26 24 h',
    ]);
    const spring = { from: time('2026-03-29T00:00:00+01:00'), now: time('2026-03-30T00:00:00+02:00'), most: 100 };
    expect(shown(periodsOver(board('day'), spring))).toEqual(['2026-03-29 23 h']);
  });

  it('end with the last one that is over, and are no more than were asked for', () => {
    const from = time('2026-10-01T00:00:00+02:00');
    expect(periodsOver(board('day'), { from, now: from, most: 10 })).toEqual([]);
    expect(periodsOver(board('day'), { from, now: from + 86_399_999, most: 10 })).toEqual([]);
    expect(periodsOver(board('day'), { from, now: from + 86_400_000, most: 10 })).toHaveLength(1);
    expect(shown(periodsOver(board('day'), { from, now: time('2027-01-01T00:00:00Z'), most: 3 }))).toEqual([
      '2026-10-01 24 h',
      '2026-10-02 24 h',
      '2026-10-03 24 h',
    ]);
    expect(periodsOver(board('day'), { from: from + 1e9, now: from, most: 3 })).toEqual([]);
  });

  it('of the past go back from the current one, each next to the other', () => {
    const now = time('2026-10-27T12:00:00Z');
    const past = periodsBefore(board('day'), now, 30);
    expect(past).toHaveLength(30);
    expect(past.at(-1)?.key).toBe('2026-10-26');
    expect(past.slice(1).every((period, index) => period.startsAt === past[index]?.endsAt)).toBe(true);
    const months = periodsBefore(board('month'), now, 3).map(({ key }) => key);
    expect(months).toEqual(['2026-07', '2026-08', '2026-09']);
  });

  it('are seasons where the catalog says so, and none between them', () => {
    const at = (text: string) => boardPeriodAt(board('season'), time(text), catalog.seasons)?.key ?? null;
    expect([at('2026-01-10T00:00:00Z'), at('2026-02-01T00:00:00Z'), at('2026-03-31T23:59:59Z')]).toEqual([
      'one',
      null,
      'two',
    ]);
    const begun = seasonsBegun(catalog.seasons, time('2026-02-10T00:00:00Z'));
    expect(begun.map(({ key }) => key)).toEqual(['one']);
  });

  it('have values while the catalog keeps them in the same windows', () => {
    const { per: day } = board('day');
    const { per: season } = board('season');
    expect([
      keepsValues(catalog, 'wins', day, '2026-10-01'),
      keepsValues(catalog, 'wins', { ...day, timezone: 'UTC' }, '2026-10-01'),
      keepsValues(catalog, 'apart', day, '2026-10-01'),
      keepsValues(catalog, 'gone', day, '2026-10-01'),
      keepsValues(catalog, 'wins', season, 'one'),
      keepsValues(catalog, 'wins', season, 'three'),
    ]).toEqual([true, false, false, false, true, false]);
  });
});
