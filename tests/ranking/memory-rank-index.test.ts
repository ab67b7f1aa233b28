import { expect, test } from 'vitest';
import { createMemoryRankIndex } from '../../src/ranking/memory-rank-index.ts';
import type { LoadedEntry } from '../../src/ranking/rank-index.ts';
import { rankIndexContract } from './rank-index.contract.ts';
import { change, pagesOf, rankingOf, row, user } from './standings.ts';

rankIndexContract('memory', async () => ({ index: createMemoryRankIndex(), close: async () => undefined }));

const ranking = rankingOf();

test('a load gives others their turn many times, also within a page', async () => {
  const index = createMemoryRankIndex();
  const rows = Array.from({ length: 50_000 }, (_, at) => row(user(at), 1, at % 1_000));
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await index.load(ranking, pagesOf(rows));
  isOver = true;
  expect(turns).toBeGreaterThan(10);
  expect(await index.count(ranking)).toBe(50_000);
});

test.each([
  '',
  'ada',
  user(1).toUpperCase(),
  `${user(1)}0`,
  user(1).replace('8000', '80g0'),
  user(1).replace('-', 'a'),
])('a user id that is no UUID in lower case is refused, and stands nowhere: %j', async (userId) => {
  const index = createMemoryRankIndex();
  await index.load(ranking, pagesOf([row(user(1), 1, 1)]));
  await expect(index.apply([change(ranking, userId, 1, 1)])).rejects.toThrow(TypeError);
  expect(await index.places(ranking, [userId])).toEqual([null]);
});

test.each([0.5, 2 ** 53, Number.NaN, Number.NEGATIVE_INFINITY])(
  'a number that cannot be kept exactly is refused: %d',
  async (number) => {
    const index = createMemoryRankIndex();
    await expect(index.load(ranking, pagesOf([row(user(1), 1, number)]))).rejects.toThrow(RangeError);
    expect(await index.isLoaded(ranking)).toBe(false);
    await index.load(ranking, pagesOf([row(user(1), 1, 1)]));
    await expect(index.apply([change(ranking, user(2), number, 1)])).rejects.toThrow(RangeError);
    await expect(index.apply([change(ranking, user(2), 1, 1, number)])).rejects.toThrow(RangeError);
    expect(await index.count(ranking)).toBe(1);
  },
);

test('a load that is dropped within a page of its own ends there', async () => {
  const index = createMemoryRankIndex();
  let wasAsked = false;
  async function* pages(): AsyncGenerator<LoadedEntry[]> {
    yield Array.from({ length: 20_000 }, (_, at) => row(user(at), 1, at));
    wasAsked = true;
  }
  const loading = index.load(ranking, pages());
  await new Promise((resolve) => setImmediate(resolve));
  await index.drop(ranking);
  expect(await loading).toBe(false);
  expect(wasAsked).toBe(false);
});
