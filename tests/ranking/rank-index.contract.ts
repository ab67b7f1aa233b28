import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LoadedEntry, RankIndex, Ranking } from '../../src/ranking/rank-index.ts';
import { changesContract } from './changes.contract.ts';
import { loadingContract } from './loading.contract.ts';
import { randomContract } from './random.contract.ts';
import { BOARDS, change, pagesOf, rankedOf, rankingOf, row, user } from './standings.ts';

/** An index of its own for each test, and how to let it go. */
export interface RankIndexGround {
  readonly index: RankIndex;
  close(): Promise<void>;
}

/** What the parts of the suite get: the index of the test under way. */
export type IndexUnderTest = () => RankIndex;

const MOST = Number.MAX_SAFE_INTEGER;

/** The promises of the port; every implementation runs them. */
export function rankIndexContract(name: string, make: () => Promise<RankIndexGround>): void {
  describe(`rank index: ${name}`, () => {
    let ground: RankIndexGround;
    beforeEach(async () => {
      ground = await make();
    });
    afterEach(() => ground.close());
    const index: IndexUnderTest = () => ground.index;
    ordersContract(index);
    readsContract(index);
    changesContract(index);
    loadingContract(index);
    randomContract(index);
  });
}

async function loaded(index: RankIndex, ranking: Ranking, ...rows: LoadedEntry[]): Promise<void> {
  expect(await index.load(ranking, pagesOf(rows))).toBe(true);
}

function ordersContract(index: IndexUnderTest): void {
  describe.each(BOARDS)('order $order, ties $ties', (board) => {
    const ranking = rankingOf(board);

    test('entries stand in the order of the engine, with its ranks, in pages, by user and by place', async () => {
      const standings = Array.from({ length: 120 }, (_, at) => ({
        userId: user((at * 37) % 120),
        value: ((at * 13) % 9) - 4,
        achievedAt: (at * 7) % 3,
      }));
      await loaded(index(), ranking, ...standings.map((standing) => ({ ...standing, by: '', version: 1 })));
      const all = rankedOf(board, standings);
      expect(await index().page(ranking, 0, 200)).toEqual(all);
      for (let from = 0; from < 120; from += 17) {
        expect(await index().page(ranking, from, 17)).toEqual(all.slice(from, from + 17));
      }
      const userIds = standings.map(({ userId }) => userId);
      const byUser = new Map(all.map((entry) => [entry.userId, entry]));
      expect(await index().places(ranking, userIds)).toEqual(userIds.map((userId) => byUser.get(userId)));
      for (const entry of all) expect(await index().before(ranking, entry)).toBe(entry.position);
    });

    test('equal values with one moment stand by user id, whichever of its bytes differ', async () => {
      const userIds = [
        '00000000-0000-0000-0000-000000000000',
        '00000000-0000-0000-0000-000000000001',
        '00000000-0000-0000-7fff-ffffffffffff',
        '00000000-0000-0000-8000-000000000000',
        '00000000-0000-8000-0000-000000000000',
        '00000000-7fff-0000-0000-000000000000',
        '00000000-8000-0000-0000-000000000000',
        '00000001-0000-0000-0000-000000000000',
        '7fffffff-ffff-ffff-ffff-ffffffffffff',
        '80000000-0000-0000-0000-000000000000',
        'ffffffff-ffff-ffff-ffff-ffffffffffff',
      ];
      await loaded(index(), ranking, ...userIds.toReversed().map((userId) => row(userId, 1, 7)));
      const page = await index().page(ranking, 0, 20);
      expect(page?.map(({ userId }) => userId)).toEqual(userIds);
    });

    test('values at both ends of what is exact are kept and told apart', async () => {
      const values = [
        MOST,
        MOST - 1,
        2 ** 31,
        2 ** 31 - 1,
        2 ** 32,
        1,
        0,
        -1,
        -(2 ** 31),
        -(2 ** 31) - 1,
        1 - MOST,
        -MOST,
      ];
      const standings = values.map((value, at) => ({ userId: user((at * 5) % 12), value, achievedAt: MOST - at }));
      await loaded(index(), ranking, ...standings.map((standing) => ({ ...standing, by: '', version: MOST - 1 })));
      const all = rankedOf(board, standings);
      expect(await index().page(ranking, 0, 20)).toEqual(all);
      for (const entry of all) expect(await index().before(ranking, entry)).toBe(entry.position);
      await index().apply([change(ranking, user(0), MOST, 3, 3)]);
      expect((await index().places(ranking, [user(0)]))?.[0]).toMatchObject({ value: 3, achievedAt: 3 });
    });
  });

  test('shared ties give equals one rank and skip as many: 1, 2, 2, 4; in pages that begin among them too', async () => {
    const ranking = rankingOf({ ties: 'shared' });
    const rows = [40, 30, 30, 20, 10, 10, 10].map((value, at) => row(user(at), 1, value));
    await loaded(index(), ranking, ...rows);
    const ranks = async (from: number) => (await index().page(ranking, from, 10))?.map(({ rank }) => rank);
    expect(await ranks(0)).toEqual([1, 2, 2, 4, 5, 5, 5]);
    expect(await ranks(2)).toEqual([2, 4, 5, 5, 5]);
    expect(await ranks(6)).toEqual([5]);
    expect((await index().places(ranking, [user(6)]))?.[0]).toMatchObject({ rank: 5, position: 6 });
  });
}

function readsContract(index: IndexUnderTest): void {
  const ranking = rankingOf();

  test('before counts for places that nobody holds, of users whom nobody knows, at both ends and between equals', async () => {
    await loaded(index(), ranking, row(user(2), 1, 10, '', 5), row(user(4), 1, 10, '', 5), row(user(6), 1, 8, '', 5));
    const before = (value: number, achievedAt: number, number: number) =>
      index().before(ranking, { value, achievedAt, userId: user(number) });
    expect(await before(11, 0, 9)).toBe(0);
    expect(await before(10, 4, 9)).toBe(0);
    expect(await before(10, 5, 1)).toBe(0);
    expect(await before(10, 5, 3)).toBe(1);
    expect(await before(10, 5, 5)).toBe(2);
    expect(await before(10, 6, 0)).toBe(2);
    expect(await before(9, 0, 0)).toBe(2);
    expect(await before(-MOST, 0, 0)).toBe(3);
  });

  test('pages end where the ranking ends, and a limit of 0 asks for nothing', async () => {
    await loaded(index(), ranking, ...[5, 4, 3].map((value, at) => row(user(at), 1, value)));
    expect((await index().page(ranking, 1, 10))?.map(({ position }) => position)).toEqual([1, 2]);
    expect(await index().page(ranking, 3, 10)).toEqual([]);
    expect(await index().page(ranking, 1_000, 10)).toEqual([]);
    expect(await index().page(ranking, 0, 0)).toEqual([]);
    expect(await index().count(ranking)).toBe(3);
  });

  test('places are in the order asked, with repeats, and null for who has no entry', async () => {
    await loaded(index(), ranking, row(user(1), 1, 5), row(user(2), 1, 4));
    await index().apply([change(ranking, user(1), 2, null)]);
    const places = await index().places(ranking, [user(9), user(2), user(1), user(2)]);
    expect(places?.map((place) => place?.position ?? null)).toEqual([null, 0, null, 0]);
    expect(await index().places(ranking, [])).toEqual([]);
  });

  test('an empty ranking, and a key without entries, answer with nothing rather than null', async () => {
    await loaded(index(), ranking);
    for (const empty of [ranking, rankingOf({}, 'spa')]) {
      expect(await index().count(empty)).toBe(0);
      expect(await index().page(empty, 0, 10)).toEqual([]);
      expect(await index().places(empty, [user(1)])).toEqual([null]);
      expect(await index().before(empty, { userId: user(1), value: 1, achievedAt: 1 })).toBe(0);
    }
    expect(await index().keys(ranking)).toEqual([]);
  });

  test('the keys of a span have rankings of their own, and are listed sorted while they have entries', async () => {
    const rows = ['spa', 'monza', 'ü', 'le mans', 'Spa', 'a/b:c{d}*'].flatMap((by, at) => [
      row(user(at), 1, 10 + at, by),
      row(user(100), 1, at, by),
    ]);
    await loaded(index(), ranking, ...rows);
    expect(await index().keys(ranking)).toEqual(['Spa', 'a/b:c{d}*', 'le mans', 'monza', 'spa', 'ü']);
    for (const [at, by] of ['spa', 'monza', 'ü'].entries()) {
      const page = await index().page(rankingOf({}, by), 0, 10);
      expect(page?.map(({ userId, value }) => [userId, value])).toEqual([
        [user(at), 10 + at],
        [user(100), at],
      ]);
    }
    const monza = rankingOf({}, 'monza');
    await index().apply([change(monza, user(1), 2, null), change(monza, user(100), 2, null)]);
    await index().apply([change(rankingOf({}, 'imola'), user(1), 3, 1)]);
    expect(await index().keys(ranking)).toEqual(['Spa', 'a/b:c{d}*', 'imola', 'le mans', 'spa', 'ü']);
    expect(await index().count(monza)).toBe(0);
  });

  test('hundreds of rankings in one span do not touch each other', async () => {
    const keys = Array.from({ length: 300 }, (_, at) => `key${String(at).padStart(3, '0')}`);
    await loaded(
      index(),
      ranking,
      ...keys.flatMap((by, at) => [row(user(at % 7), 1, at, by), row(user(7), 1, 500, by)]),
    );
    await index().apply(keys.map((by, at) => change(rankingOf({}, by), user(at % 7), 2, 1_000 + at)));
    expect(await index().keys(ranking)).toEqual(keys);
    for (const [at, by] of keys.entries()) {
      expect(await index().page(rankingOf({}, by), 0, 10)).toEqual([
        { userId: user(at % 7), value: 1_000 + at, achievedAt: 0, rank: 1, position: 0 },
        { userId: user(7), value: 500, achievedAt: 0, rank: 2, position: 1 },
      ]);
    }
  });
}
