import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Standing } from '../../src/engine/ranking.ts';
import { keysOf } from '../../src/ranking/redis-rank-keys.ts';
import { seeded } from '../realtime/redis-ground.ts';
import { hasRedis } from '../support/redis.ts';
import {
  bookOf,
  changeOf,
  entriesOf,
  openRankGround,
  pagesOf,
  type RankGround,
  rankingOf,
  rowsOf,
  watched,
} from './rank-ground.ts';

const DAY = 86_400_000;
const greatest = 2 ** 53 - 1;

describe.runIf(await hasRedis())('what ranks keep in Redis', () => {
  let ground: RankGround;

  beforeEach(() => {
    ground = openRankGround();
  });
  afterEach(() => ground.close());

  test.each(['asc', 'desc'] as const)(
    'the greatest values and the farthest moments come back exactly, %s',
    async (order) => {
      const ranking = rankingOf({ order });
      const { index } = await ground.start();
      await index.load(ranking, pagesOf([]));
      const values = [-greatest, -greatest + 1, -1, 0, 1, greatest - 1, greatest];
      const moments = [-greatest, -62_135_596_800_000, -1, 0, 253_402_300_799_999, greatest];
      const rows = values.flatMap((value) =>
        moments.map((achievedAt) => ({
          by: '',
          userId: `${value} ${achievedAt}`,
          value,
          achievedAt,
          version: greatest,
        })),
      );
      await index.apply(rows.map((row) => changeOf(ranking, row.userId, greatest - 1, [0, 0])));
      await index.apply(rows.map((row) => changeOf(ranking, row.userId, row.version, [row.value, row.achievedAt])));
      const expected = entriesOf(ranking, rows);
      expect(await bookOf(index, ranking)).toEqual(expected);
      for (const entry of expected) expect(await index.before(ranking, entry)).toBe(entry.position);
      await expect(index.apply([changeOf(ranking, 'x', 1, [greatest + 1, 0])])).rejects.toThrow(RangeError);
      await expect(index.before(ranking, { userId: 'x', value: 0.5, achievedAt: 0 })).rejects.toThrow(RangeError);
      expect(await index.count(ranking)).toBe(rows.length);
    },
  );

  test.each(['earliest', 'latest', 'shared'] as const)('before a place that nobody holds, %s', async (ties) => {
    const ranking = rankingOf({ ties });
    const random = seeded(11);
    const rows = rowsOf(300, random).map((row) => ({ ...row, value: row.value % 4 }));
    const { index } = await ground.start();
    await index.load(ranking, pagesOf(rows));
    const keys = await ground.keys();
    for (let round = 0; round < 200; round += 1) {
      const place: Standing = {
        userId: `user-${String(Math.floor(random() * 300)).padStart(6, '0')}${round % 2 ? '' : '-'}`,
        value: Math.floor(random() * 6) - 1,
        achievedAt: 1_763_000_000_000 + Math.floor(random() * 8) * 500,
      };
      const others = rows.filter(({ userId }) => userId !== place.userId);
      const alone = entriesOf(ranking, [...others, { ...place, by: '', version: 1 }]);
      const own = rows.find(({ userId }) => userId === place.userId);
      const isAhead =
        own !== undefined && entriesOf(ranking, [own, { ...place, userId: place.userId, by: '', version: 1 }])[0];
      // The user's present entry counts too, where it stands before the place.
      const ahead = isAhead && (isAhead.value !== place.value || isAhead.achievedAt !== place.achievedAt) ? 1 : 0;
      const position = alone.find(({ userId }) => userId === place.userId)?.position ?? -1;
      expect(await index.before(ranking, place)).toBe(position + ahead);
    }
    expect(await ground.keys()).toEqual(keys);
  });

  test('a hundred thousand rows are pipelined: a trip for every 400 of them', async () => {
    const ranking = rankingOf({ ties: 'shared' });
    const rows = rowsOf(100_000, seeded(12));
    const under = { way: 0, trips: 0, commands: 0 };
    const { index } = await ground.start({
      wrap: (connection) =>
        watched(connection, {
          before: async () => {
            under.commands += 1;
            if (under.way === 0) under.trips += 1;
            under.way += 1;
          },
          after: async () => {
            under.way -= 1;
          },
        }),
    });
    expect(await index.load(ranking, pagesOf(rows, 5_000))).toBe(true);
    // Beside the rows the begin and the end; a script that Redis does not know yet goes twice.
    expect(under.trips).toBeLessThanOrEqual(270);
    expect(under.commands).toBeLessThanOrEqual(1_010);
    expect(await index.page(ranking, 50_000, 100)).toEqual(entriesOf(ranking, rows).slice(50_000, 50_100));
  });

  test('the keys of a period go by themselves, the state first; changes put that off; those of a lifetime stay', async () => {
    const [week, ever] = [rankingOf(), rankingOf({}, '', '')];
    const { index } = await ground.start();
    const rows = [...rowsOf(10, seeded(13)), ...rowsOf(10, seeded(14), 'fire')];
    const livesOf = async () => {
      const { state, sorted, users } = keysOf(ground.installationId, week);
      const names = [state, sorted(''), users(''), sorted('fire'), users('fire')];
      return Promise.all(names.map((name) => ground.admin.pttl(name)));
    };
    const areFresh = ([state = 0, ...others]: number[]) =>
      state > 39.9 * DAY && state <= 40 * DAY && others.every((lives) => lives > 40 * DAY && lives <= 41 * DAY);
    await index.load(week, pagesOf(rows));
    expect(await livesOf()).toSatisfy(areFresh);
    const { state, sorted, users } = keysOf(ground.installationId, week);
    const age = async (days: number) => {
      for (const key of [state, sorted(''), users(''), sorted('fire'), users('fire')]) {
        await ground.admin.pexpire(key, (await ground.admin.pttl(key)) - days * DAY);
      }
    };
    await age(0.5);
    await index.apply([changeOf(week, 'user-000001', 8, [1, 1])]);
    expect((await livesOf())[0]).toBeLessThan(39.6 * DAY);
    await age(30);
    await index.apply([changeOf(week, 'user-000001', 9, [1, 1])]);
    expect(await livesOf()).toSatisfy(areFresh);
    // A ranking that was emptied, and one that is new, go like the others.
    await index.apply(
      rows.filter(({ by }) => by === 'fire').map((row) => changeOf({ ...week, by: 'fire' }, row.userId, 9, null)),
    );
    await index.apply([
      changeOf({ ...week, by: 'fire' }, 'user-000001', 10, [1, 1]),
      changeOf({ ...week, by: 'ice' }, 'user-000001', 10, [1, 1]),
    ]);
    expect(await livesOf()).toSatisfy(areFresh);
    expect(await ground.admin.pttl(sorted('ice'))).toBeGreaterThan(40 * DAY);
    await index.load(ever, pagesOf(rows));
    const stays = (await ground.keys()).filter((key) =>
      key.startsWith(keysOf(ground.installationId, ever).sorted('').slice(0, -2)),
    );
    expect(await Promise.all(stays.map((key) => ground.admin.pttl(key)))).toEqual([-1, -1, -1, -1, -1]);
  });

  test('keys begin with the installation, another installation sees nothing, and drop leaves none', async () => {
    const { index, redis } = await ground.start();
    const other = openRankGround();
    try {
      const far = await other.start();
      const spans = [rankingOf(), rankingOf({}, '', ''), rankingOf({ key: 'gold' })];
      for (const span of spans)
        await index.load(span, pagesOf([...rowsOf(5, seeded(15)), ...rowsOf(5, seeded(16), '}{:')]));
      expect(await index.keys(rankingOf())).toEqual(['', '}{:']);
      expect((await ground.keys()).length).toBe(15);
      expect(await far.index.isLoaded(rankingOf())).toBe(false);
      for (const span of spans) await index.drop(span);
      expect(await ground.keys()).toEqual([]);
      expect(redis.commands.up).toBe(true);
    } finally {
      await other.close();
    }
  });
});
