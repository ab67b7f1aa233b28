import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/sql.ts';
import { type CatalogFile, writeCatalog } from '../../support/catalog-file.ts';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startLaurel, type TestLaurel } from '../../support/laurel.ts';
import {
  BOARDS_CATALOG,
  clockAt,
  closer,
  periodsOf,
  placesOf,
  record,
  rewardsOf,
  type SetClock,
  watched,
} from './closing-support.ts';

const APPLY = `mutation ($input: ApplyCatalogInput!) { applyCatalog(input: $input) { __typename ... on Error { message } } }`;

describe.each(backends())('boards whose catalog changes on %s', (backend) => {
  let laurel: TestLaurel;
  let file: CatalogFile;
  let clock: SetClock;
  beforeEach(async () => {
    file = await writeCatalog(BOARDS_CATALOG);
    clock = clockAt('2026-10-20T12:00:00Z');
    laurel = await startLaurel(backend, { clock, environment: { LAUREL_CATALOG: file.path } });
    await close();
  });
  afterEach(async () => {
    await laurel.check();
    await laurel.close();
    await file.remove();
  });

  const close = () => closer(laurel, clock)();
  const win = (name: string, at: string) => record(laurel, name, 'win', at);
  const periods = (board: string) => periodsOf(laurel.database, board);
  const places = (board: string, period: string) => placesOf(laurel.database, board, period);
  const apply = async (source: string, isFilled = true): Promise<void> => {
    const { data } = await laurel.query(APPLY, { input: { source } });
    expect(data.applyCatalog).toEqual({ __typename: 'ApplyCatalogSuccess' });
    if (isFilled)
      await eventually('everybody is brought up', async () => {
        const [row] = await laurel.database.query<{ behind: number }>(sql`
          select count(*)::int as behind from users where catalog_version < (select live_version from installation)`);
        return row?.behind === 0;
      });
  };
  const without = (...keys: string[]): string =>
    BOARDS_CATALOG.split(/\n(?= {2}\w)/)
      .filter((part) => !keys.some((key) => part.startsWith(`  ${key}:`)))
      .join('\n');

  it('give the rewards that the catalog had when the period ended', async () => {
    await win('anna', '2026-10-20T10:00:00Z');
    await apply(BOARDS_CATALOG.replace('points: 100, xp: 60', 'points: 40'));
    await close();
    clock.set('2026-10-21T00:00:00Z');
    await close();
    await apply(BOARDS_CATALOG.replace('points: 100, xp: 60', 'points: 70'));
    clock.set('2026-10-21T01:00:00Z');
    await close();
    expect(await rewardsOf(laurel.database, 'anna')).toEqual(['daily 2026-10-20, rank 1: 40 points, 0 XP']);
  });

  it('close as they were when they are removed while their values are kept', async () => {
    await win('anna', '2026-10-20T10:00:00Z');
    const other = '  other: { metric: wins, per: day }\n  all_time:';
    await apply(without('daily').replace('  all_time:', other));
    clock.set('2026-10-21T01:00:00Z');
    await close();
    expect(await periods('daily')).toEqual(['2026-10-20 FINAL']);
    expect(await places('daily', '2026-10-20')).toEqual(['1 anna 1']);
    expect(await rewardsOf(laurel.database, 'anna')).toHaveLength(1);
  });

  it('become final without places when their values are kept no more', async () => {
    await win('anna', '2026-10-20T10:00:00Z');
    await apply(without('daily'));
    clock.set('2026-10-21T01:00:00Z');
    await close();
    expect(await periods('daily')).toEqual(['2026-10-20 FINAL']);
    expect(await places('daily', '2026-10-20')).toEqual([]);
    const [told] = await laurel.database.query<{ payload: object }>(
      sql`select payload from outbox where kind = 'LEADERBOARD_CLOSED' and payload->>'board' = 'daily'`,
    );
    expect(told?.payload).toMatchObject({ valuesKept: false, rankings: 0, largest: [] });
  });

  it('owe nothing for the time in which they were not there', async () => {
    await win('anna', '2026-10-20T10:00:00Z');
    clock.set('2026-10-21T01:00:00Z');
    await close();
    await apply(without('daily'));
    clock.set('2026-10-23T10:00:00Z');
    await win('anna', '2026-10-22T10:00:00Z');
    await apply(BOARDS_CATALOG);
    await close();
    expect(await periods('daily')).toEqual([
      '2026-10-20 FINAL',
      '2026-10-21 FINAL',
      '2026-10-22 FINAL unrewarded',
      '2026-10-23 OPEN',
    ]);
    expect(await rewardsOf(laurel.database, 'anna')).toEqual(['daily 2026-10-20, rank 1: 100 points, 60 XP']);
  });

  it('go on through other versions of the catalog that have them', async () => {
    await win('anna', '2026-10-20T10:00:00Z');
    await apply(BOARDS_CATALOG.replace('name: Boards', 'name: More boards'));
    await apply(BOARDS_CATALOG.replace('name: Boards', 'name: Most boards'));
    await apply(BOARDS_CATALOG);
    clock.set('2026-10-22T10:00:00Z');
    await win('boris', '2026-10-21T10:00:00Z');
    await close();
    expect(await periods('daily')).toEqual(['2026-10-20 FINAL', '2026-10-21 FINAL', '2026-10-22 OPEN']);
    expect(await rewardsOf(laurel.database, 'boris')).toEqual(['daily 2026-10-21, rank 1: 100 points, 60 XP']);
  });

  it('move with a season that is open, and stay with one that is over', async () => {
    await apply(BOARDS_CATALOG.replace('endsAt: 2026-11-05', 'endsAt: 2026-11-07'));
    await win('anna', '2026-10-20T10:00:00Z');
    clock.set('2026-11-06T00:00:00Z');
    await close();
    expect(await periods('seasonal')).toEqual(['autumn OPEN']);
    clock.set('2026-11-07T00:00:00Z');
    await close();
    expect(await periods('seasonal')).toEqual(['autumn FINAL']);
    await apply(BOARDS_CATALOG.replace('endsAt: 2026-11-05', 'endsAt: 2026-11-20'));
    await close();
    expect(await periods('seasonal')).toEqual(['autumn FINAL']);
    expect((await rewardsOf(laurel.database, 'anna')).filter((line) => line.startsWith('seasonal'))).toEqual([
      'seasonal autumn, rank 1: 9 points, 0 XP',
    ]);
  });

  it('start over when another catalog comes while places are written, and bring up who is behind', async () => {
    for (const name of ['anna', 'boris']) await record(laurel, name, 'walk', '2026-10-20T10:00:00Z', { km: 1.25 });
    clock.set('2026-10-21T00:00:00Z');
    let flip: (() => Promise<void>) | null = () =>
      apply(BOARDS_CATALOG.replace('details.km, of: walk, decimals: 1', 'details.km, of: walk, decimals: 2'));
    const database = watched(laurel.database, () => undefined);
    const flipping = {
      ...database,
      transaction: async <T>(work: (transaction: never) => Promise<T>): Promise<T> => {
        const names: string[] = [];
        const done = await watched(laurel.database, (name) => void names.push(name)).transaction(work as never);
        if (flip !== null && names.includes('leaderboards.insert_standings')) {
          const own = flip;
          flip = null;
          await own();
        }
        return done as T;
      },
    };
    await closer(laurel, clock, { database: flipping as typeof database })();
    expect(await periods('far')).toEqual(['2026-10-20 CLOSING', '2026-10-21 OPEN']);
    await laurel.database.query(sql`update users set catalog_version = 1`);
    await close();
    expect(await places('far', '2026-10-20')).toEqual(['1 anna 125', '1 boris 125']);
    const [row] = await laurel.database.query<{ decimals: number }>(
      sql`select decimals from leaderboard_periods where board = 'far' and status = 'FINAL'`,
    );
    expect(row?.decimals).toBe(2);
    const [user] = await laurel.database.query<{ behind: number }>(
      sql`select count(*)::int as behind from users where catalog_version = 1`,
    );
    expect(user?.behind).toBe(0);
  });
});
