import { describe, expect, test } from 'vitest';
import type { LoadedEntry, RankIndex, Span } from '../../src/ranking/rank-index.ts';
import { change, pagesOf, rankingOf, row, user } from './standings.ts';

/** What the port promises of loads and drops. */
export function loadingContract(index: () => RankIndex): void {
  describe('loading', () => {
    const ranking = rankingOf();
    const [ada, bob, eve] = [user(1), user(2), user(3)];
    const values = async () => (await index().page(ranking, 0, 100))?.map(({ userId, value }) => [userId, value]);
    const expectSilence = async (span: Span) => {
      expect(await index().isLoaded(span)).toBe(false);
      expect(await index().count({ ...span, by: '' })).toBe(null);
      expect(await index().page({ ...span, by: '' }, 0, 10)).toBe(null);
      expect(await index().places({ ...span, by: '' }, [ada])).toBe(null);
      expect(await index().before({ ...span, by: '' }, { userId: ada, value: 0, achievedAt: 0 })).toBe(null);
      expect(await index().keys(span)).toBe(null);
    };

    test('a span answers once it is loaded, from all its pages, also empty ones', async () => {
      await expectSilence(ranking);
      expect(await index().load(ranking, pagesOf([row(ada, 1, 1)], [], [row(bob, 1, 3), row(eve, 1, 2)]))).toBe(true);
      expect(await index().isLoaded(ranking)).toBe(true);
      expect(await values()).toEqual([
        [bob, 3],
        [eve, 2],
        [ada, 1],
      ]);
    });

    test('another period, metric, order or ties is another span', async () => {
      await index().load(ranking, pagesOf([row(ada, 1, 1)]));
      for (const other of [
        rankingOf({}, '', '2026-01-05'),
        rankingOf({ key: 'other' }),
        rankingOf({ metric: 'wins' }),
        rankingOf({ order: 'asc' }),
        rankingOf({ ties: 'shared' }),
      ]) {
        await expectSilence(other);
      }
    });

    test('reads are null between the pages, and changes are taken in: what is newer wins, whatever came first', async () => {
      async function* pages(): AsyncGenerator<readonly LoadedEntry[]> {
        await index().apply([change(ranking, ada, 9, 90), change(ranking, bob, 1, 91), change(ranking, eve, 9, null)]);
        await expectSilence(ranking);
        yield [row(ada, 5, 50), row(bob, 5, 40), row(user(4), 5, 30), row(user(5), 5, 20)];
        await expectSilence(ranking);
        await index().apply([
          change(ranking, user(4), 4, 92),
          change(ranking, user(5), 6, 93),
          change(ranking, bob, 6, null),
        ]);
        yield [row(eve, 8, 94), row(user(6), 2, 10)];
        await index().apply([
          change(ranking, bob, 5, 95),
          change(ranking, user(6), 1, 96),
          change(ranking, user(7), 1, 5),
        ]);
      }
      expect(await index().load(ranking, pages())).toBe(true);
      expect(await values()).toEqual([
        [user(5), 93],
        [ada, 90],
        [user(4), 30],
        [user(6), 10],
        [user(7), 5],
      ]);
    });

    test('who was removed during a load stays away from what comes late after it', async () => {
      async function* pages(): AsyncGenerator<readonly LoadedEntry[]> {
        yield [row(ada, 5, 50)];
        await index().apply([change(ranking, ada, 9, null), change(ranking, bob, 9, null)]);
        yield [row(bob, 5, 40)];
      }
      await index().load(ranking, pages());
      await index().apply([change(ranking, ada, 8, 1), change(ranking, bob, 8, 1)]);
      expect(await values()).toEqual([]);
      expect(await index().keys(ranking)).toEqual([]);
    });

    test('a load whose pages fail rejects with their error; the span is not loaded, knows nothing, and can be loaded', async () => {
      async function* pages(): AsyncGenerator<readonly LoadedEntry[]> {
        yield [row(ada, 9, 50)];
        await index().apply([change(ranking, bob, 9, 90)]);
        throw new Error('the rows went away');
      }
      await expect(index().load(ranking, pages())).rejects.toThrow('the rows went away');
      await expectSilence(ranking);
      await index().apply([change(ranking, bob, 10, 91)]);
      expect(await index().load(ranking, pagesOf([row(ada, 3, 30)]))).toBe(true);
      expect(await values()).toEqual([[ada, 30]]);
    });

    test('of two loads at once the second says false and reads nothing; the first goes on', async () => {
      let reads = 0;
      async function* second(): AsyncGenerator<readonly LoadedEntry[]> {
        reads += 1;
        yield [row(bob, 9, 1)];
      }
      async function* first(): AsyncGenerator<readonly LoadedEntry[]> {
        yield [row(ada, 1, 1)];
        expect(await index().load(ranking, second())).toBe(false);
        yield [row(bob, 1, 2)];
      }
      expect(await index().load(ranking, first())).toBe(true);
      expect(reads).toBe(0);
      expect(await values()).toEqual([
        [bob, 2],
        [ada, 1],
      ]);
    });

    test('a span dropped during its load is not loaded, the load says false and lets go of its pages', async () => {
      let isOver = false;
      async function* pages(): AsyncGenerator<readonly LoadedEntry[]> {
        try {
          yield [row(ada, 1, 1)];
          await index().drop(ranking);
          yield [row(bob, 1, 1)];
          yield [row(eve, 1, 1)];
        } finally {
          isOver = true;
        }
      }
      expect(await index().load(ranking, pages())).toBe(false);
      expect(isOver).toBe(true);
      await expectSilence(ranking);
      expect(await index().load(ranking, pagesOf([row(eve, 1, 1)]))).toBe(true);
      expect(await values()).toEqual([[eve, 1]]);
    });

    test('a load dropped before its last page ends does not answer', async () => {
      async function* pages(): AsyncGenerator<readonly LoadedEntry[]> {
        yield [row(ada, 1, 1)];
        await index().drop(ranking);
      }
      expect(await index().load(ranking, pages())).toBe(false);
      await expectSilence(ranking);
    });

    test('a load that was dropped has no part in the one that follows it', async () => {
      async function* old(): AsyncGenerator<readonly LoadedEntry[]> {
        yield [row(ada, 9, 99)];
        await index().drop(ranking);
        expect(await index().load(ranking, pagesOf([row(ada, 1, 1)]))).toBe(true);
        yield [row(bob, 9, 98)];
      }
      expect(await index().load(ranking, old())).toBe(false);
      expect(await values()).toEqual([[ada, 1]]);
    });

    test('a drop forgets the span with its versions, and no other span; dropping what is not loaded does nothing', async () => {
      const daily = rankingOf({}, '', '2026-01-05');
      await index().load(ranking, pagesOf([row(ada, 9, 9), row(bob, 9, 9, 'spa')]));
      await index().load(daily, pagesOf([row(ada, 9, 8)]));
      await index().drop(ranking);
      await index().drop(ranking);
      await expectSilence(ranking);
      expect(await index().keys(ranking)).toBe(null);
      expect(await index().count(daily)).toBe(1);
      await index().load(ranking, pagesOf([row(ada, 1, 1)]));
      expect(await values()).toEqual([[ada, 1]]);
      expect(await index().keys(ranking)).toEqual(['']);
    });

    test('a span that answers is not loaded again: its pages are not read, it goes on answering, and the load says true', async () => {
      await index().load(ranking, pagesOf([row(ada, 1, 1)]));
      expect(await index().load(ranking, pagesOf([row(bob, 9, 9)]))).toBe(true);
      expect(await values()).toEqual([[ada, 1]]);
    });
  });
}
