import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rebuildAll } from '../../../src/features/rebuild/service.ts';
import { createIds } from '../../../src/platform/ids.ts';
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
  rewardsOf,
  type SetClock,
  watched,
} from './closing-support.ts';

const SEEN = `query ($user: UserRef!) { user(by: $user) { score achievementPoints totalPoints level levelProgress { xp }
  achievements(status: UNLOCKED) { nodes { achievement { key } } }
  notifications { nodes { kind title body data levelUp { from to } } } } }`;

describe.each(backends())('rewards of boards on %s', (backend) => {
  let laurel: TestLaurel;
  let file: CatalogFile;
  let clock: SetClock;
  beforeEach(async () => {
    file = await writeCatalog(BOARDS_CATALOG);
    clock = clockAt('2026-10-20T12:00:00Z');
    laurel = await startLaurel(backend, { clock, environment: { LAUREL_CATALOG: file.path } });
    await closer(laurel, clock)();
  });
  afterEach(async () => {
    await laurel.check();
    await laurel.close();
    await file.remove();
  });

  const seen = async (externalId: string, headers = {}) =>
    (await laurel.query(SEEN, { user: { externalId } }, headers)).data.user;
  const rewards = (name: string) => rewardsOf(laurel.database, name);
  /** Six players with 6, 5, ... 1 wins. */
  const play = async (): Promise<void> => {
    for (const [index, name] of ['anna', 'boris', 'clara', 'dora', 'egor', 'fay'].entries())
      for (let win = index; win < 6; win += 1) await record(laurel, name, 'win', `2026-10-20T10:0${win}:00Z`);
  };

  it('go to ranks and to a share of all, the first that fits, with all that follows', async () => {
    await play();
    clock.set('2026-10-21T01:00:00Z');
    expect(await closer(laurel, clock)()).toEqual({ closed: 4, paid: 3 });
    expect(await rewards('anna')).toEqual(['daily 2026-10-20, rank 1: 100 points, 60 XP']);
    expect(await rewards('boris')).toEqual(['daily 2026-10-20, rank 2: 30 points, 0 XP']);
    expect(await rewards('clara')).toEqual(['daily 2026-10-20, rank 3: 30 points, 0 XP']);
    expect(await rewards('dora')).toEqual([]);
    const data = { board: 'daily', by: null, period: '2026-10-20', rank: 1, points: 100, xp: 60, data: { car: 'gt' } };
    const anna = await seen('anna');
    expect(anna).toEqual({
      score: 6,
      achievementPoints: 121,
      totalPoints: 127,
      level: 2,
      levelProgress: { xp: 67 },
      achievements: { nodes: [{ achievement: { key: 'climber' } }, { achievement: { key: 'rich' } }] },
      notifications: {
        nodes: [
          expect.objectContaining({ kind: 'LEVEL_UP' }),
          expect.objectContaining({ kind: 'ACHIEVEMENT_UNLOCKED' }),
          expect.objectContaining({ kind: 'ACHIEVEMENT_UNLOCKED' }),
          {
            kind: 'LEADERBOARD_REWARD',
            title: 'Wins of the day',
            body: 'Congratulations! You took place 1 and got 100 points',
            data,
            levelUp: null,
          },
        ],
      },
    });
    const russian = await seen('boris', { 'accept-language': 'ru' });
    expect(russian.notifications.nodes).toMatchObject([
      { title: 'Победы дня', body: 'Поздравляем! Вы заняли 2-е место и получили 30 очков' },
    ]);
    const told = await laurel.database.query(
      sql`select payload from outbox o join users u on u.id = o.user_id where o.kind = 'LEADERBOARD_REWARD' and u.external_id = 'anna'`,
    );
    expect(told).toEqual([{ payload: data }]);
    expect(await periodsOf(laurel.database, 'daily')).toEqual(['2026-10-20 FINAL', '2026-10-21 OPEN']);
  });

  it('tell of a reward that is only data', async () => {
    for (let index = 0; index < 9; index += 1) await record(laurel, `p${index}`, 'win', `2026-10-20T10:0${index}:00Z`);
    clock.set('2026-10-21T01:00:00Z');
    await closer(laurel, clock)();
    // Half of nine, rounded up, is five; the first three have a reward of their own.
    expect(await rewards('p3')).toEqual(['daily 2026-10-20, rank 4: 0 points, 0 XP']);
    expect((await seen('p4')).notifications.nodes).toMatchObject([
      { body: 'Congratulations! You took place 5', data: { points: 0, xp: 0, data: { badge: 'half' } } },
    ]);
    expect(await rewards('p5')).toEqual([]);
  });

  it('go to the best of each key, not to the best of all keys', async () => {
    for (const [name, track, seconds] of [
      ['anna', 'north', 60],
      ['boris', 'north', 61],
      ['anna', 'south', 62],
      ['boris', 'west', 63],
    ] as const)
      await record(laurel, name, 'lap', '2026-10-20T10:00:00Z', { track, seconds });
    clock.set('2026-10-21T00:00:00Z');
    await closer(laurel, clock)();
    expect(await rewards('anna')).toEqual([
      'tracks/north 2026-10-20, rank 1: 2 points, 0 XP',
      'tracks/south 2026-10-20, rank 1: 2 points, 0 XP',
    ]);
    expect(await rewards('boris')).toEqual(['tracks/west 2026-10-20, rank 1: 2 points, 0 XP']);
  });

  it('go to all who share a rank', async () => {
    for (const name of ['anna', 'boris', 'clara']) await record(laurel, name, 'win', '2026-10-20T10:00:00Z');
    await record(laurel, 'boris', 'win', '2026-10-20T10:01:00Z');
    clock.set('2026-11-01T00:00:00Z');
    await closer(laurel, clock)();
    expect(await placesOf(laurel.database, 'monthly', '2026-10')).toEqual(['1 boris 2', '2 anna 1', '2 clara 1']);
    for (const [name, rank] of [
      ['boris', 1],
      ['anna', 2],
      ['clara', 2],
    ] as const)
      expect((await rewards(name)).filter((line) => line.startsWith('monthly'))).toEqual([
        `monthly 2026-10, rank ${rank}: 0 points, 7 XP`,
      ]);
  });

  it('are paid once, run ten times at once', async () => {
    await play();
    clock.set('2026-10-21T01:00:00Z');
    const other = await startLaurel(backend, {
      clock,
      database: laurel.database,
      environment: { LAUREL_CATALOG: file.path },
    });
    const runs = Array.from({ length: 10 }, (_, index) => closer(index % 2 === 0 ? laurel : other, clock)());
    await Promise.all(runs);
    await closer(laurel, clock)();
    await other.close();
    const lines = await laurel.database.query(sql`select 1 from ledger where source = 'reward'`);
    expect(lines).toHaveLength(3);
    expect(await periodsOf(laurel.database, 'daily')).toEqual(['2026-10-20 FINAL', '2026-10-21 OPEN']);
  });

  it('are whole, wherever the run is cut off and however often', async () => {
    await play();
    clock.set('2026-10-21T01:00:00Z');
    let cuts = 0;
    for (let at = 1; ; at += 1) {
      let count = 0;
      const database = watched(laurel.database, () => {
        count += 1;
        if (count === at) throw new Error('cut off');
      });
      const run = closer(laurel, clock, { database })();
      const isCut = await run.then(
        () => false,
        (error: Error) => error.message === 'cut off',
      );
      if (!isCut) break;
      cuts += 1;
      const [row] = await laurel.database.query<{ half: number }>(sql`
        select count(*)::int as half from ledger l where source = 'reward' and not exists (
          select from leaderboard_standings s where s.user_id = l.user_id and s.rewarded_at is not null)`);
      expect(row?.half).toBe(0);
    }
    expect(cuts).toBeGreaterThan(5);
    expect(await placesOf(laurel.database, 'daily', '2026-10-20')).toHaveLength(6);
    const lines = await laurel.database.query(sql`select 1 from ledger where source = 'reward'`);
    expect(lines).toHaveLength(3);
  });

  it('stop when told to, and go on with the next run', async () => {
    await play();
    clock.set('2026-10-21T01:00:00Z');
    const stopping = new AbortController();
    const database = watched(laurel.database, (name) => {
      if (name === 'leaderboards.insert_standings') stopping.abort();
    });
    await expect(closer(laurel, clock, { database })(stopping.signal)).rejects.toThrow(/abort/i);
    const left = await laurel.database.query<{ status: string }>(
      sql`select status from leaderboard_periods where board = 'daily' order by starts_at`,
    );
    expect(left).toEqual([{ status: 'CLOSING' }, { status: 'OPEN' }]);
    await closer(laurel, clock)();
    expect(await rewards('anna')).toHaveLength(1);
  });

  it('count in totals, XP and their boards from the moment they are paid', async () => {
    await play();
    clock.set('2026-10-21T01:00:00Z');
    await closer(laurel, clock)();
    const values = await laurel.database.query<{ cell: string }>(sql`
      select concat_ws(' ', metric, nullif(period, ''), value) as cell from metric_values v join users u on u.id = v.user_id
      where u.external_id = 'anna' and metric in ('totalPoints', 'xp') order by 1`);
    expect(values.map(({ cell }) => cell)).toEqual(['totalPoints 127', 'xp 2026-W43 67']);
    const parts = {
      database: laurel.database,
      catalog: laurel.app.services.catalog,
      clock,
      ids: createIds(clock),
      bus: laurel.app.services.bus,
    };
    for await (const { repaired } of rebuildAll(parts)) expect(repaired).toBe(0);
  });

  it('are no points where they would pass 2^53 - 1, and nothing for who is erased', async () => {
    await play();
    clock.set('2026-10-21T01:00:00Z');
    const database = watched(laurel.database, (name) => {
      if (name === 'leaderboards.read_unpaid_places') throw new Error('cut off');
    });
    await expect(closer(laurel, clock, { database })()).rejects.toThrow('cut off');
    expect(await periodsOf(laurel.database, 'daily')).toEqual(['2026-10-20 FINAL unpaid', '2026-10-21 OPEN']);
    await laurel.database.query(sql`
      insert into ledger (user_id, id, source, points, xp, recorded_at)
      select id, gen_random_uuid(), 'opening', 0, 9007199254740960, now() from users where external_id = 'anna'`);
    await laurel.database.query(sql`update users set xp = xp + 9007199254740960 where external_id = 'anna'`);
    await laurel.database.query(sql`
      update leaderboard_standings set user_id = gen_random_uuid() where position = 2 and board = 'daily'`);
    expect(await closer(laurel, clock)()).toEqual({ closed: 0, paid: 2 });
    expect(await rewards('anna')).toEqual(['daily 2026-10-20, rank 1: 0 points, 0 XP']);
    expect(await rewards('boris')).toEqual([]);
    expect(await periodsOf(laurel.database, 'daily')).toEqual(['2026-10-20 FINAL', '2026-10-21 OPEN']);
    await laurel.database.query(sql`delete from ledger where xp = 9007199254740960`);
    await laurel.database.query(sql`update users set xp = xp - 9007199254740960 where external_id = 'anna'`);
  });

  it('are not taken back by a rebuild, and go with a reset', async () => {
    await play();
    clock.set('2026-10-21T01:00:00Z');
    await closer(laurel, clock)();
    await record(laurel, 'anna', 'win', '2026-10-21T00:30:00Z');
    expect((await seen('anna')).level).toBe(2);
    clock.set('2026-10-21T01:02:00Z');
    await laurel.query('mutation { resetUser(input: { user: { externalId: "anna" } }) { __typename } }');
    expect(await rewards('anna')).toEqual([]);
    expect(await closer(laurel, clock)()).toEqual({ closed: 0, paid: 0 });
    expect((await seen('anna')).totalPoints).toBe(0);
  });
});
