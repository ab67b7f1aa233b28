import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { EntryTable } from '../../src/ranking/entry-table.ts';
import { createMemoryRankIndex } from '../../src/ranking/memory-rank-index.ts';
import { OrderedEntries } from '../../src/ranking/ordered-entries.ts';
import { UserTable } from '../../src/ranking/user-table.ts';
import { pagesOf, rankingOf, row, user } from './standings.ts';

const MANY = 8_000;

/** Numbers that look random and are the same in every run. */
function mixed(number: number): number {
  return Math.imul(number, 0x9e3779b1) >>> 8;
}

/** A ranking of so many users, put in one by one. */
function filled(count: number, primaryOf: (number: number) => number) {
  const table = new EntryTable(new UserTable());
  const ranking = new OrderedEntries(table, 0);
  const primaries = new Map<number, number>();
  const put = (entry: number, primary: number): void => {
    ranking.insert(entry, primary);
    primaries.set(entry, primary);
  };
  const remove = (entry: number): void => {
    const leaf = table.leafOf(entry);
    if (leaf < 0) throw new Error(`${entry} stands nowhere`);
    ranking.remove(leaf, table.leaves.find(leaf, entry));
    primaries.delete(entry);
  };
  for (let number = 0; number < count; number += 1) {
    put(table.add(0, table.users.add(user(number))), primaryOf(number));
  }
  /** Everything that can be asked, against a sorted list; users were numbered in the order of their ids. */
  const check = (): void => {
    const wanted = [...primaries].sort(([one, left], [two, right]) => left - right || one - two);
    const shown: [number, number][] = [];
    ranking.show(0, wanted.length + 1, (entry, primary, position) => {
      expect(position).toBe(shown.length);
      shown.push([entry, primary]);
    });
    expect(shown).toEqual(wanted);
    expect(ranking.size).toBe(wanted.length);
    const positions = wanted.map(([entry]) => {
      const leaf = table.leafOf(entry);
      return leaf < 0 ? null : ranking.positionOf(leaf, table.leaves.find(leaf, entry));
    });
    expect(positions).toEqual(wanted.map((_, position) => position));
    for (let from = 0; from < wanted.length; from += 997) {
      const page: number[] = [];
      ranking.show(from, 3, (entry) => page.push(entry));
      expect(page).toEqual(wanted.slice(from, from + 3).map(([entry]) => entry));
      const primary = wanted[from]?.[1] ?? 0;
      expect(ranking.countBefore(primary, () => false)).toBe(wanted.findIndex(([, own]) => own === primary));
      expect(ranking.countBefore(primary, () => true)).toBe(wanted.findLastIndex(([, own]) => own === primary) + 1);
    }
  };
  return { table, ranking, put, remove, check };
}

describe('leaves that are cut and joined keep the order and the counts', () => {
  test.each([
    ['in random order', mixed],
    ['ascending', (number: number) => number],
    ['descending', (number: number) => MANY - number],
    ['with many equals', (number: number) => mixed(number) % 50],
    ['all equal', () => 0],
    ['some beyond 32 bits', (number: number) => (number % 100 === 0 ? number * 2 ** 35 : mixed(number))],
  ])('%s', (_name, primaryOf) => {
    const { put, remove, check } = filled(MANY, primaryOf);
    check();
    // Nine of ten leave, in runs and scattered, so that whole leaves empty and others grow small.
    const left = Array.from({ length: MANY }, (_, entry) => entry).filter((entry) => mixed(entry) % 10 > 0);
    for (const entry of left) remove(entry);
    check();
    for (const entry of left) put(entry, primaryOf(entry) + (entry % 3));
    check();
    for (let entry = 0; entry < MANY; entry += 1) remove(entry);
    check();
    put(5, 5);
    check();
  });
});

test('a leaf that is let go is used again, and knows its new ranking', () => {
  const { table, remove } = filled(1_000, mixed);
  for (let entry = 0; entry < 1_000; entry += 1) remove(entry);
  const other = new OrderedEntries(table, 1);
  const entry = table.add(1, table.users.add(user(3)));
  other.insert(entry, 7);
  expect(table.find(1, 3)).toBe(entry);
  expect(table.find(0, 3)).toBe(3);
  expect(table.leafOf(3)).toBe(-1);
  expect(table.leaves.rankingOf(table.leafOf(entry))).toBe(1);
});

test('the arrays of a board stay below 60 bytes a user, their ids and the slack after growing included', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  await turn();
  collect();
  const before = process.memoryUsage().arrayBuffers;
  const index = createMemoryRankIndex();
  const users = 100_000;
  const rows = Array.from({ length: users }, (_, at) => row(user(at), 1, mixed(at)));
  await index.load(rankingOf(), pagesOf(rows));
  // What growing left behind counts until it is collected, and buffers are freed beside the collection that found them.
  const used = (): number => (process.memoryUsage().arrayBuffers - before) / users;
  for (let turns = 0; turns < 50 && used() >= 60; turns += 1) {
    collect();
    await turn();
  }
  expect(used()).toBeLessThan(60);
  expect(await index.count(rankingOf())).toBe(users);
});

test('an entry is given another number in its place only where it stays between its neighbours', () => {
  const { table, ranking, put, check } = filled(10, (number) => number * 10);
  const leaf = table.leafOf(0);
  expect([10, 9, 20, 21].map((primary) => ranking.replace(leaf, 1, primary))).toEqual([true, true, true, false]);
  expect(ranking.replace(leaf, 1, -1)).toBe(false);
  // Equal to the next one, and of the user who comes first; and to the one before.
  expect(ranking.replace(leaf, 1, 0)).toBe(true);
  expect([0, 9].map((place) => ranking.replace(leaf, place, place * 10))).toEqual([false, false]);
  ranking.replace(leaf, 1, 10);
  put(table.add(0, table.users.add(user(10))), 100);
  check();
});

test('users who are looked for together are found as one by one, in every number of them', async () => {
  const index = createMemoryRankIndex();
  const rows = Array.from({ length: 700 }, (_, at) => row(user(at), 1, mixed(at)));
  await index.load(rankingOf(), pagesOf(rows));
  for (const count of [0, 1, 127, 128, 129, 300]) {
    const ids = Array.from({ length: count }, (_, at) => (at % 5 === 0 ? 'nobody' : user(at * 3)));
    const single = await Promise.all(ids.map(async (id) => (await index.places(rankingOf(), [id]))?.[0]));
    expect(await index.places(rankingOf(), ids)).toEqual(single);
  }
});
