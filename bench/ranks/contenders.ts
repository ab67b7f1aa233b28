import { setImmediate as turn } from 'node:timers/promises';
import { compareStandings, type Standing } from '../../src/engine/ranking.ts';
import { createMemoryRankIndex } from '../../src/ranking/memory-rank-index.ts';
import type { LoadedEntry, Ranking } from '../../src/ranking/rank-index.ts';

/** What is measured of a structure. */
export interface RanksContender {
  load(pages: AsyncIterable<readonly LoadedEntry[]>): Promise<void>;
  /** Where users stand, from 0. */
  positions(userIds: readonly string[]): Promise<(number | null)[]>;
  page(from: number, limit: number): Promise<readonly Standing[]>;
  update(version: number, standings: readonly Standing[]): Promise<void>;
}

const ranking: Ranking = {
  board: { key: 'score', metric: 'score', order: 'desc', ties: 'earliest' },
  period: '',
  by: '',
};

/** Laurel's own index, through its port, awaited as its callers do. */
export function laurelRanks(): RanksContender {
  const index = createMemoryRankIndex();
  return {
    load: async (pages) => {
      if (!(await index.load(ranking, pages))) throw new Error('the ranking was not loaded');
    },
    positions: async (userIds) =>
      ((await index.places(ranking, userIds)) ?? []).map((place) => place?.position ?? null),
    page: async (from, limit) => (await index.page(ranking, from, limit)) ?? [],
    update: (version, standings) =>
      index.apply(standings.map((standing) => ({ ranking, userId: standing.userId, version, standing }))),
  };
}

/** What one writes first: a sorted array with binary search, moved by splice, and a map of what each user has. */
export function sortedArray(): RanksContender {
  const byUser = new Map<string, Standing>();
  let sorted: Standing[] = [];
  const placeOf = (standing: Standing): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const own = sorted[middle];
      if (own !== undefined && compareStandings(ranking.board, own, standing) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    load: async (pages) => {
      for await (const page of pages) {
        for (const { userId, value, achievedAt } of page) byUser.set(userId, { userId, value, achievedAt });
        await turn();
      }
      sorted = [...byUser.values()].sort((one, two) => compareStandings(ranking.board, one, two));
    },
    positions: async (userIds) =>
      userIds.map((userId) => {
        const standing = byUser.get(userId);
        return standing === undefined ? null : placeOf(standing);
      }),
    page: async (from, limit) => sorted.slice(from, from + limit),
    update: async (_version, standings) => {
      for (const standing of standings) {
        const old = byUser.get(standing.userId);
        if (old !== undefined) sorted.splice(placeOf(old), 1);
        sorted.splice(placeOf(standing), 0, standing);
        byUser.set(standing.userId, standing);
      }
    },
  };
}
