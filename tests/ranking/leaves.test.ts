import { expect, test } from 'vitest';
import { Leaves } from '../../src/ranking/leaves.ts';

/** What stands in a leaf. */
function held(leaves: Leaves, leaf: number): [number, number][] {
  const start = leaves.startOf(leaf);
  return Array.from({ length: leaves.sizeOf(leaf) }, (_, at): [number, number] => [
    leaves.entries[start + at] as number,
    leaves.primaries.data[start + at] as number,
  ]);
}

test('leaves that grow, are moved, trimmed and let go keep what stands in each', () => {
  const leaves = new Leaves();
  const wanted = new Map<number, [number, number][]>();
  const check = (): void => {
    for (const [leaf, own] of wanted) expect(held(leaves, leaf)).toEqual(own);
  };
  const put = (leaf: number, place: number, entry: number, primary: number): void => {
    leaves.insert(leaf, place, entry, primary);
    wanted.get(leaf)?.splice(place, 0, [entry, primary]);
  };
  for (let leaf = 0; leaf < 40; leaf += 1) wanted.set(leaves.make(leaf), []);
  // In step, so that each leaves a gap at the same size.
  for (let entry = 0; entry < 40 * 100; entry += 1)
    put(entry % 40, (entry * 7) % (Math.floor(entry / 40) + 1), entry, 1 - entry);
  check();
  for (let leaf = 0; leaf < 40; leaf += 2) {
    leaves.move(leaf, 30, leaf + 1);
    leaves.trim(leaf);
    wanted.get(leaf + 1)?.push(...(wanted.get(leaf)?.splice(30) ?? []));
  }
  check();
  for (let leaf = 0; leaf < 40; leaf += 3) {
    leaves.free(leaf);
    wanted.delete(leaf);
  }
  for (let times = 0; times < 10; times += 1) wanted.set(leaves.make(90 + times), []);
  for (const leaf of [...wanted.keys()].slice(-3)) {
    for (let entry = 0; entry < 60; entry += 1) put(leaf, 0, entry, entry * 2 ** 33);
  }
  check();
  expect(
    [...wanted.keys()]
      .slice(-10)
      .map((leaf) => leaves.rankingOf(leaf))
      .toSorted(),
  ).toEqual(Array.from({ length: 10 }, (_, times) => 90 + times));
});

test('leaves that grow in step take little more than what stands in them', () => {
  const leaves = new Leaves();
  const all = Array.from({ length: 300 }, () => leaves.make(0));
  for (let size = 1; size <= 120; size += 1) {
    for (const leaf of all) leaves.insert(leaf, 0, size, size);
  }
  expect(leaves.entries.length).toBeLessThan(300 * 128 * 1.2);
});
