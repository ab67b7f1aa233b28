import type { Standing } from '../../engine/ranking.ts';
import type { Queryable } from '../../platform/database.ts';
import type { RankedEntry, Ranking, RankReader, Span } from '../../ranking/rank-index.ts';
import {
  countStandings,
  type FinalStanding,
  keysOfStandings,
  standingsBefore,
  standingsOf,
  standingsPage,
} from './standings-store.ts';

/** Final standings, read as an index is. */
export class StoredStandings implements RankReader {
  readonly #on: Queryable;

  constructor(on: Queryable) {
    this.#on = on;
  }

  count(ranking: Ranking): Promise<number> {
    return countStandings(this.#on, refOf(ranking));
  }

  async page(ranking: Ranking, from: number, limit: number): Promise<RankedEntry[]> {
    return (await standingsPage(this.#on, refOf(ranking), { after: from, limit })).map(entryOf);
  }

  async places(ranking: Ranking, userIds: readonly string[]): Promise<(RankedEntry | null)[]> {
    return (await standingsOf(this.#on, refOf(ranking), userIds)).map((standing) => standing && entryOf(standing));
  }

  async before(ranking: Ranking, place: Standing): Promise<number> {
    const [own] = await this.places(ranking, [place.userId]);
    // Nearly always the cursor is of these very standings: counting them would read them all.
    if (own != null && own.value === place.value && own.achievedAt === place.achievedAt) return own.position;
    return standingsBefore(this.#on, refOf(ranking), place);
  }

  async keys({ board, period }: Span): Promise<string[]> {
    return keysOfStandings(this.#on, { board: board.key, period });
  }
}

function refOf({ board, period, by }: Ranking): { board: string; period: string; by: string } {
  return { board: board.key, period, by };
}

/** Stored positions count from 1, those of an index from 0. */
function entryOf({ userId, value, rank, position, achievedAt }: FinalStanding): RankedEntry {
  return { userId, value, rank, position: position - 1, achievedAt: achievedAt.getTime() };
}
