import { beforeEach, describe, expect, test } from 'vitest';
import type { RankIndex } from '../../src/ranking/rank-index.ts';
import { change, pagesOf, rankingOf, row, user } from './standings.ts';

/** What the port promises of changes to a span that answers. */
export function changesContract(index: () => RankIndex): void {
  describe('changes', () => {
    const ranking = rankingOf();
    const values = async (by = '') =>
      (await index().page(rankingOf({}, by), 0, 100))?.map(({ userId, value }) => [userId, value]);
    const [ada, bob, eve] = [user(1), user(2), user(3)];

    beforeEach(async () => {
      await index().load(ranking, pagesOf([row(ada, 5, 50), row(bob, 5, 40)]));
    });

    test('reads see a change once it is applied: new, better, worse, gone, back', async () => {
      await index().apply([change(ranking, eve, 1, 45)]);
      expect(await values()).toEqual([
        [ada, 50],
        [eve, 45],
        [bob, 40],
      ]);
      await index().apply([change(ranking, bob, 6, 60)]);
      expect(await values()).toEqual([
        [bob, 60],
        [ada, 50],
        [eve, 45],
      ]);
      await index().apply([change(ranking, bob, 7, 10)]);
      expect(await values()).toEqual([
        [ada, 50],
        [eve, 45],
        [bob, 10],
      ]);
      await index().apply([change(ranking, ada, 6, null)]);
      expect(await values()).toEqual([
        [eve, 45],
        [bob, 10],
      ]);
      await index().apply([change(ranking, ada, 7, 1)]);
      expect(await values()).toEqual([
        [eve, 45],
        [bob, 10],
        [ada, 1],
      ]);
      expect(await index().count(ranking)).toBe(3);
    });

    test('a change that is not newer does nothing, whatever it brings', async () => {
      await index().apply([change(ranking, ada, 4, 99), change(ranking, ada, 5, 99), change(ranking, bob, 5, null)]);
      expect(await values()).toEqual([
        [ada, 50],
        [bob, 40],
      ]);
    });

    test('of the changes of one call the newest wins, in any order and any number of times', async () => {
      const changes = [7, 9, 6, 8].map((version) => change(ranking, ada, version, version));
      await index().apply([...changes, ...changes.toReversed(), ...changes]);
      expect(await values()).toEqual([
        [bob, 40],
        [ada, 9],
      ]);
      await index().apply(changes);
      expect(await values()).toEqual([
        [bob, 40],
        [ada, 9],
      ]);
    });

    test('a late older change brings nobody back who has left, nor one who never came', async () => {
      await index().apply([change(ranking, ada, 9, null), change(ranking, eve, 3, null)]);
      await index().apply([change(ranking, ada, 8, 99), change(ranking, eve, 2, 99), change(ranking, eve, 3, 99)]);
      expect(await values()).toEqual([[bob, 40]]);
      expect(await index().places(ranking, [ada, eve])).toEqual([null, null]);
      await index().apply([change(ranking, ada, 10, 1), change(ranking, eve, 4, 2)]);
      expect(await values()).toEqual([
        [bob, 40],
        [eve, 2],
        [ada, 1],
      ]);
    });

    test('the same value with a newer version makes older ones late', async () => {
      await index().apply([change(ranking, ada, 9, 50)]);
      await index().apply([change(ranking, ada, 8, 70)]);
      expect(await values()).toEqual([
        [ada, 50],
        [bob, 40],
      ]);
    });

    test('the same value at another moment stands anew', async () => {
      await index().apply([change(ranking, bob, 6, 50, -1)]);
      expect(await values()).toEqual([
        [bob, 50],
        [ada, 50],
      ]);
      await index().apply([change(ranking, bob, 7, 50, 1)]);
      expect(await values()).toEqual([
        [ada, 50],
        [bob, 50],
      ]);
    });

    test('what is known of a user under one key says nothing of another key', async () => {
      await index().apply([change(rankingOf({}, 'spa'), ada, 9, 9)]);
      await index().apply([change(rankingOf({}, 'monza'), ada, 7, 7)]);
      expect([await values('spa'), await values('monza'), await values()]).toEqual([
        [[ada, 9]],
        [[ada, 7]],
        [
          [ada, 50],
          [bob, 40],
        ],
      ]);
    });

    test('changes of spans that are not loaded are dropped, also between others', async () => {
      const daily = rankingOf({}, '', '2026-01-05');
      await index().apply([change(daily, ada, 6, 1), change(ranking, eve, 1, 1), change(daily, eve, 1, 1)]);
      expect(await index().page(daily, 0, 10)).toBe(null);
      await index().load(daily, pagesOf());
      expect(await index().count(daily)).toBe(0);
      expect(await index().count(ranking)).toBe(3);
    });

    test('no changes are no change', async () => {
      await index().apply([]);
      expect(await values()).toEqual([
        [ada, 50],
        [bob, 40],
      ]);
    });
  });
}
