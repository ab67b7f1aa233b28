import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPeriods } from '../../../src/features/leaderboards/period-store.ts';
import {
  countStandings,
  keysOfStandings,
  standingsBefore,
  standingsOf,
  standingsPage,
} from '../../../src/features/leaderboards/standings-store.ts';
import { sql } from '../../../src/platform/sql.ts';
import { backends, openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { watched } from './closing-support.ts';

const user = (number: number): string => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;

describe.each(backends())('final standings on %s', (backend) => {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await openTestDatabase(backend);
    await opened.db.query(sql`
      insert into leaderboard_periods (board, period, starts_at, ends_at, final_at, status, definition)
      select 'laps', '2026-10-' || day, ('2026-10-' || day)::timestamptz, ('2026-10-' || day)::timestamptz + '1 day',
        ('2026-10-' || day)::timestamptz + '1 day', case day when 20 then 'FINAL' else 'CLOSING' end, '{"order":"desc","ties":"earliest"}'
      from generate_series(20, 22) as s (day)`);
    await opened.db.query(sql`
      insert into leaderboard_standings (board, period, by_key, position, rank, user_id, value, achieved_at)
      select 'laps', period, track, i, i, ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 100 - i, '2026-10-20T10:00:00Z'
      from unnest(array['2026-10-20', '2026-10-21']) as p (period), unnest(array['', 'north', 'süd']) as t (track),
        generate_series(1, case track when 'north' then 25 else 3 end) as s (i)`);
  });
  afterAll(() => opened.dispose());

  const north = { board: 'laps', period: '2026-10-20', by: 'north' };
  const positions = async (...args: Parameters<typeof standingsPage>) =>
    (await standingsPage(...args)).map(({ position }) => position);

  it('are read in pages', async () => {
    const { db } = opened;
    expect(await positions(db, north, { after: 0, limit: 3 })).toEqual([1, 2, 3]);
    expect(await positions(db, north, { after: 23, limit: 3 })).toEqual([24, 25]);
    expect(await positions(db, north, { after: 25, limit: 3 })).toEqual([]);
    expect(await standingsPage(db, north, { after: 0, limit: 1 })).toEqual([
      {
        by: 'north',
        position: 1,
        rank: 1,
        userId: user(1),
        value: 99,
        achievedAt: new Date('2026-10-20T10:00:00Z'),
      },
    ]);
  });

  it('tell how many stood before a place, whoever stood there', async () => {
    const ahead = (value: number, at: string, userId: string) =>
      standingsBefore(opened.db, north, { value, achievedAt: Date.parse(at), userId });
    const at = '2026-10-20T10:00:00Z';
    expect(await ahead(99, at, user(1))).toBe(0);
    expect(await ahead(98, at, user(2))).toBe(1);
    expect(await ahead(98, at, user(3))).toBe(2);
    expect(await ahead(98, '2026-10-20T10:00:01Z', user(1))).toBe(2);
    expect(await ahead(98, '2026-10-20T09:59:59Z', user(9))).toBe(1);
    expect(await ahead(-5, at, user(1))).toBe(25);
  });

  it('tell where users stood, in the order asked', async () => {
    const found = await standingsOf(opened.db, north, [user(20), user(99), user(2)]);
    expect(found.map((one) => one?.rank ?? null)).toEqual([20, null, 2]);
    expect(await standingsOf(opened.db, north, [])).toEqual([]);
  });

  it('are counted, and named by their keys', async () => {
    expect(await countStandings(opened.db, north)).toBe(25);
    expect(await countStandings(opened.db, { ...north, by: 'west' })).toBe(0);
    expect(await keysOfStandings(opened.db, north)).toEqual(['', 'north', 'süd']);
    expect(await keysOfStandings(opened.db, { board: 'none', period: '2026-10-20' })).toEqual([]);
  });

  it('are nobody’s before the period is final', async () => {
    const open = { ...north, period: '2026-10-21' };
    expect(await positions(opened.db, open, { after: 0, limit: 3 })).toEqual([]);
    expect(await standingsOf(opened.db, open, [user(1)])).toEqual([null]);
    expect(await countStandings(opened.db, open)).toBe(0);
    expect(await keysOfStandings(opened.db, open)).toEqual([]);
  });

  it('take one statement each', async () => {
    let count = 0;
    const db = watched(opened.db, () => {
      count += 1;
    });
    await standingsPage(db, north, { after: 0, limit: 100 });
    await standingsOf(db, north, [user(1), user(2)]);
    await countStandings(db, north);
    await keysOfStandings(db, north);
    await readPeriods(db, 'laps', 2);
    expect(count).toBe(5);
  });

  it('belong to periods, newest first', async () => {
    expect((await readPeriods(opened.db, 'laps', 2)).map(({ period, status }) => [period, status])).toEqual([
      ['2026-10-22', 'CLOSING'],
      ['2026-10-21', 'CLOSING'],
    ]);
  });
});
