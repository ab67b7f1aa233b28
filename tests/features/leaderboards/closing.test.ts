import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/sql.ts';
import { type CatalogFile, writeCatalog } from '../../support/catalog-file.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, type TestLaurel } from '../../support/laurel.ts';
import {
  BOARDS_CATALOG,
  clockAt,
  closer,
  periodsOf,
  placesOf,
  record,
  type SetClock,
  upsert,
  watched,
} from './closing-support.ts';

describe.each(backends())('closing the periods of boards on %s', (backend) => {
  let laurel: TestLaurel;
  let file: CatalogFile;
  let clock: SetClock;
  beforeEach(async () => {
    file = await writeCatalog(BOARDS_CATALOG);
    clock = clockAt('2026-10-20T12:00:00Z');
    laurel = await startLaurel(backend, { clock, environment: { LAUREL_CATALOG: file.path } });
  });
  afterEach(async () => {
    await laurel.check();
    await laurel.close();
    await file.remove();
  });

  const close = () => closer(laurel, clock)();
  const win = (name: string, at: string) => record(laurel, name, 'win', at);
  const lap = (name: string, at: string, track: string, seconds: number) =>
    record(laurel, name, 'lap', at, { track, seconds });
  const periods = (board: string) => periodsOf(laurel.database, board);
  const places = (board: string, period: string) => placesOf(laurel.database, board, period);
  const announced = () =>
    laurel.database.query<{ payload: Record<string, unknown> }>(
      sql`select payload from outbox where kind = 'LEADERBOARD_CLOSED' order by id`,
    );

  it('makes the current period of every board that has periods, once', async () => {
    expect(await close()).toEqual({ closed: 0, paid: 0 });
    await close();
    expect(
      await laurel.database.query(sql`select board, period, starts_at as "startsAt", ends_at as "endsAt", final_at as "finalAt",
        status, decimals, rewarded from leaderboard_periods where board in ('daily', 'weekly', 'tracks') order by board`),
    ).toEqual([
      {
        board: 'daily',
        period: '2026-10-20',
        startsAt: new Date('2026-10-20T00:00:00Z'),
        endsAt: new Date('2026-10-21T00:00:00Z'),
        finalAt: new Date('2026-10-21T01:00:00Z'),
        status: 'OPEN',
        decimals: 0,
        rewarded: true,
      },
      {
        board: 'tracks',
        period: '2026-10-20',
        startsAt: new Date('2026-10-20T00:00:00Z'),
        endsAt: new Date('2026-10-21T00:00:00Z'),
        finalAt: new Date('2026-10-21T00:00:00Z'),
        status: 'OPEN',
        decimals: 3,
        rewarded: true,
      },
      {
        board: 'weekly',
        period: '2026-W43',
        startsAt: new Date('2026-10-18T22:00:00Z'),
        endsAt: new Date('2026-10-25T23:00:00Z'),
        finalAt: new Date('2026-10-25T23:00:00Z'),
        status: 'OPEN',
        decimals: 0,
        rewarded: true,
      },
    ]);
    expect(await periods('all_time')).toEqual([]);
    expect(await periods('seasonal')).toEqual(['autumn OPEN']);
  });

  it('is OPEN to the end, CLOSING while late events count, then FINAL with everybody in the order of the board', async () => {
    await close();
    for (const [name, minute] of [
      ['anna', 10],
      ['boris', 20],
      ['anna', 30],
      ['clara', 5],
    ] as const)
      await win(name, `2026-10-20T10:${String(minute).padStart(2, '0')}:00Z`);
    clock.set('2026-10-21T00:00:00Z');
    await close();
    expect(await periods('daily')).toEqual(['2026-10-20 CLOSING', '2026-10-21 OPEN']);
    expect(await places('daily', '2026-10-20')).toEqual([]);
    clock.set('2026-10-21T00:59:00Z');
    await win('boris', '2026-10-20T11:00:00Z');
    await win('boris', '2026-10-20T11:00:01Z');
    clock.set('2026-10-21T01:00:00Z');
    await close();
    expect(await periods('daily')).toEqual(['2026-10-20 FINAL', '2026-10-21 OPEN']);
    const final = ['1 boris 3', '2 anna 2', '3 clara 1'];
    expect(await places('daily', '2026-10-20')).toEqual(final);
    // Too late for the board, not for the metric.
    await win('clara', '2026-10-20T12:00:00Z');
    clock.set('2026-10-21T01:01:00Z');
    expect(await close()).toEqual({ closed: 0, paid: 0 });
    expect(await places('daily', '2026-10-20')).toEqual(final);
    const [row] = (await announced()).filter(({ payload }) => payload['board'] === 'daily');
    expect(row?.payload).toEqual({
      board: 'daily',
      period: '2026-10-20',
      startsAt: '2026-10-20T00:00:00.000Z',
      endsAt: '2026-10-21T00:00:00.000Z',
      finalAt: '2026-10-21T01:00:00.000Z',
      rewarded: true,
      valuesKept: true,
      rankings: 1,
      largest: [{ by: null, entries: 3 }],
    });
  });

  it('closes once, with four workers at once', async () => {
    await close();
    for (const name of ['anna', 'boris', 'clara', 'dora']) await win(name, '2026-10-20T10:00:00Z');
    clock.set('2026-10-23T02:00:00Z');
    const other = await startLaurel(backend, {
      clock,
      database: laurel.database,
      environment: { LAUREL_CATALOG: file.path },
    });
    const runs = [laurel, other, laurel, other].map((one) => closer(one, clock)());
    await Promise.all(runs);
    await other.close();
    expect(await periods('daily')).toEqual([
      '2026-10-20 FINAL',
      '2026-10-21 FINAL',
      '2026-10-22 FINAL',
      '2026-10-23 OPEN',
    ]);
    expect(await places('daily', '2026-10-20')).toHaveLength(4);
    const closed = (await announced()).map(({ payload }) => `${payload['board']} ${payload['period']}`);
    expect(new Set(closed).size).toBe(closed.length);
    expect(closed.filter((name) => name.startsWith('daily'))).toEqual([
      'daily 2026-10-20',
      'daily 2026-10-21',
      'daily 2026-10-22',
    ]);
  });

  it('closes every period that passed while nobody was there, in order', async () => {
    await close();
    await win('anna', '2026-10-20T10:00:00Z');
    clock.set('2026-10-22T03:00:00Z');
    // An event of the day before, sent again by a client that had been offline.
    await win('boris', '2026-10-21T20:00:00Z');
    await close();
    expect(await periods('daily')).toEqual(['2026-10-20 FINAL', '2026-10-21 FINAL', '2026-10-22 OPEN']);
    expect([await places('daily', '2026-10-20'), await places('daily', '2026-10-21')]).toEqual([
      ['1 anna 1'],
      ['1 boris 1'],
    ]);
    // More than one run makes: the next one goes on.
    clock.set('2027-02-05T03:00:00Z');
    await close();
    expect(await periods('daily')).toHaveLength(2 + 1 + 100);
    await close();
    expect((await periods('daily')).at(-1)).toBe('2027-02-05 OPEN');
    expect(await periods('daily')).toHaveLength(109);
  });

  it('makes the periods in which a new board already has values, without rewards', async () => {
    await win('anna', '2026-10-10T10:00:00Z');
    await win('boris', '2026-10-12T10:00:00Z');
    await close();
    expect(await periods('daily')).toEqual([
      '2026-10-10 FINAL unrewarded',
      '2026-10-12 FINAL unrewarded',
      '2026-10-20 OPEN',
    ]);
    expect(await places('daily', '2026-10-12')).toEqual(['1 boris 1']);
    expect(await laurel.database.query(sql`select 1 from ledger where source = 'reward'`)).toEqual([]);
  });

  it('orders equals as the board says, and ascending where less is better', async () => {
    await close();
    await lap('anna', '2026-10-20T10:00:00Z', 'north', 61.5);
    await lap('boris', '2026-10-20T10:05:00Z', 'north', 61.5);
    await lap('boris', '2026-10-20T10:06:00Z', 'south', 70.1234);
    await lap('clara', '2026-10-20T10:07:00Z', 'north', 59.999);
    for (const [name, km] of [
      ['anna', 1.25],
      ['boris', 2],
      ['clara', 2.04],
      ['dora', 0.5],
    ] as const)
      await record(laurel, name, 'walk', '2026-10-20T10:00:00Z', { km });
    clock.set('2026-10-21T00:00:00Z');
    await close();
    expect(await places('quick', '2026-10-20')).toEqual(['1 clara 6000', '2 boris 6150', '3 anna 6150']);
    expect(await places('tracks', '2026-10-20')).toEqual([
      '1 clara 59999',
      '2 anna 61500',
      '3 boris 61500',
      'north 1 clara 59999',
      'north 2 anna 61500',
      'north 3 boris 61500',
      'south 1 boris 70123',
    ]);
    expect(await places('far', '2026-10-20')).toEqual(['1 boris 20', '1 clara 20', '3 anna 13', '4 dora 5']);
    expect(
      await laurel.database.query(
        sql`select board, decimals from leaderboard_periods where status = 'FINAL' and board in ('quick', 'tracks', 'far') order by 1`,
      ),
    ).toEqual([
      { board: 'far', decimals: 1 },
      { board: 'quick', decimals: 2 },
      { board: 'tracks', decimals: 3 },
    ]);
  });

  it('shows nobody who is not to be shown', async () => {
    await close();
    await upsert(laurel, 'tester', { test: true });
    for (const name of ['anna', 'hidden', 'shy', 'tester']) await win(name, '2026-10-20T10:00:00Z');
    await laurel.query(
      'mutation ($input: HideFromLeaderboardsInput!) { hideFromLeaderboards(input: $input) { __typename } }',
      {
        input: { user: { externalId: 'hidden' }, hidden: true },
      },
    );
    await upsert(laurel, 'shy', { showOnLeaderboards: false });
    clock.set('2026-10-21T01:00:00Z');
    await close();
    expect(await places('daily', '2026-10-20')).toEqual(['1 anna 1']);
  });

  it('ends a week with the clocks of its zone, and a season when it ends', async () => {
    await close();
    await win('anna', '2026-10-20T12:00:00Z');
    clock.set('2026-10-25T22:59:59Z');
    await win('boris', '2026-10-25T22:30:00Z');
    await close();
    expect(await periods('weekly')).toEqual(['2026-W43 OPEN']);
    clock.set('2026-10-25T23:00:00Z');
    await win('clara', '2026-10-25T23:00:00Z');
    await close();
    expect(await periods('weekly')).toEqual(['2026-W43 FINAL', '2026-W44 OPEN']);
    expect(await places('weekly', '2026-W43')).toEqual(['1 anna 1', '2 boris 1']);
    clock.set('2026-11-05T00:00:00Z');
    await close();
    expect(await periods('seasonal')).toEqual(['autumn FINAL']);
    expect(await places('seasonal', 'autumn')).toEqual(['1 anna 1', '2 boris 1', '3 clara 1']);
    clock.set('2026-12-24T00:00:00Z');
    await close();
    expect(await periods('seasonal')).toEqual(['autumn FINAL', 'winter OPEN']);
  });

  it('gives way to a newer run, which starts the period over', async () => {
    await close();
    for (const name of ['anna', 'boris']) await win(name, '2026-10-20T10:00:00Z');
    clock.set('2026-10-21T01:00:00Z');
    let newer: Promise<unknown> | null = null;
    let isSlow = true;
    const database = watched(laurel.database, () => undefined);
    const overtaken = {
      ...database,
      transaction: async <T>(work: (transaction: never) => Promise<T>): Promise<T> => {
        const names: string[] = [];
        const done = await watched(laurel.database, (name) => void names.push(name)).transaction(work as never);
        if (isSlow && names.includes('leaderboards.insert_standings')) {
          isSlow = false;
          newer = close();
          await newer;
        }
        return done as T;
      },
    };
    const older = await closer(laurel, clock, { database: overtaken as typeof database })();
    expect([older, await newer]).toEqual([
      { closed: 3, paid: 0 },
      { closed: 1, paid: 2 },
    ]);
    expect(await places('daily', '2026-10-20')).toEqual(['1 anna 1', '2 boris 1']);
    const closed = (await announced()).map(({ payload }) => `${payload['board']} ${payload['period']}`);
    expect(new Set(closed).size).toBe(closed.length);
  });

  it('reads a player of many keys in pages', async () => {
    await close();
    await lap('anna', '2026-10-20T10:00:00Z', 'north', 60);
    await lap('boris', '2026-10-20T10:00:00Z', 'north', 61);
    const many = sql`generate_series(1, 1200) as s (i), users u where u.external_id in ('anna', 'boris')`;
    await laurel.database.query(sql`
      insert into metric_values (user_id, metric, by_key, period, value, achieved_at, updated_at)
      select u.id, 'by_track', 'track ' || i, '2026-10-20', 1000, '2026-10-20T10:00:00Z', now() from ${many}`);
    clock.set('2026-10-21T00:00:00Z');
    await close();
    expect(await places('tracks', '2026-10-20')).toHaveLength(2 * 1_202);
    const [row] = await laurel.database.query<{ rankings: number; paid: number }>(sql`
      select count(distinct by_key)::int as rankings, count(rewarded_at)::int as paid from leaderboard_standings
      where board = 'tracks'`);
    expect(row).toEqual({ rankings: 1_202, paid: 1_201 });
    await laurel.database.query(sql`delete from metric_values where by_key like 'track %'`);
  });

  it('keeps every step small: so many statements for so many users, whatever there is in all', async () => {
    await close();
    await laurel.database.query(sql`
      insert into users (id, username, display_name, created_at, updated_at, catalog_version)
      select ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'many' || i, 'Many', now(), now(), 1
      from generate_series(1, 1300) as s (i)`);
    await laurel.database.query(sql`
      insert into metric_values (user_id, metric, by_key, period, value, achieved_at, updated_at)
      select id, 'quickest', '', '2026-10-20', 1000 - substring(username from 5)::int % 7, '2026-10-20T10:00:00Z', now() from users`);
    clock.set('2026-10-21T00:00:00Z');
    const sent: string[] = [];
    const database = watched(laurel.database, (name) => sent.push(name));
    const steps: number[] = [];
    const counting = {
      ...database,
      transaction: async <T>(work: (transaction: never) => Promise<T>): Promise<T> => {
        const before = sent.length;
        const done = await database.transaction(work as never);
        steps.push(sent.length - before);
        return done as T;
      },
    };
    await closer(laurel, clock, { database: counting as typeof database })();
    const count = (name: string) => sent.filter((one) => one === `leaderboards.${name}`).length;
    // Of each of the three boards that ended 1,300 users are read in pages of 500 and an empty one.
    expect({ read: count('read_values'), written: count('insert_standings') }).toEqual({
      read: 4 * 3,
      written: 3,
    });
    expect(Math.max(...steps)).toBeLessThanOrEqual(6);
    const ranks = await laurel.database.query<{ fine: boolean }>(sql`
      select position = row_number() over (order by value, achieved_at desc, user_id) as fine from leaderboard_standings
      where board = 'quick'`);
    expect([ranks.length, ranks.every(({ fine }) => fine)]).toEqual([1_300, true]);
    await laurel.database.script('delete from metric_values; delete from users');
  });
});
