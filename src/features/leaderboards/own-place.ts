import { rescale } from '../../engine/numbers.ts';
import { compareStandings, type Standing } from '../../engine/ranking.ts';
import type { Queryable } from '../../platform/database.ts';
import type { RankedEntry, Ranking, RankReader, Span } from '../../ranking/rank-index.ts';
import { type BoardCell, type RankedCell, readOwnCells } from './rank-store.ts';

/** What a user in quarantine brings to a ranking that shows it to nobody else. */
export interface OwnPlace {
  /** Null: it has no value there. */
  readonly standing: Standing | null;
  /** The keys under which it has values; of a metric without keys ''. */
  readonly keys: readonly string[];
}

/** A ranking of a user's values. */
export interface OwnRanking extends RankedCell {
  readonly by: string;
}

/**
 * What a user sees of itself on rankings where nobody else does, in the order asked, by one statement; null for one who is in no
 * quarantine, or whom boards would not show.
 */
export async function readOwnPlaces(
  on: Queryable,
  userId: string,
  rankings: readonly OwnRanking[],
): Promise<(OwnPlace | null)[]> {
  const keyOf = ({ metric, period }: Pick<BoardCell, 'metric' | 'period'>): string => `${metric}/${period}`;
  const distinct = new Map(rankings.map((ranking) => [keyOf(ranking), ranking]));
  const cells = await readOwnCells(on, userId, [...distinct.values()]);
  const bySpan = Map.groupBy(cells, keyOf);
  return rankings.map((ranking) => {
    if (cells.length === 0) return null;
    const own = bySpan.get(keyOf(ranking)) ?? [];
    const cell = own.find(({ by }) => by === ranking.by);
    const standing = cell === undefined ? null : { userId, value: cell.value, achievedAt: cell.achievedAt.getTime() };
    return { standing, keys: own.map(({ by }) => by) };
  });
}

/** A place whose value has so many digits behind the point, as one among values that have others. */
export function withDecimals({ standing, keys }: OwnPlace, from: number, to: number): OwnPlace {
  return { standing: standing && { ...standing, value: rescale(standing.value, from, to) }, keys };
}

/** Rankings as a user sees them who is not in them: with itself at the place that it would have, and all behind it one place down. */
export class RankingsWithOwn implements RankReader {
  readonly #reader: RankReader;
  readonly #own: OwnPlace;

  constructor(reader: RankReader, own: OwnPlace) {
    this.#reader = reader;
    this.#own = own;
  }

  async count(ranking: Ranking): Promise<number | null> {
    const own = await this.#placeOn(ranking);
    const count = own && (await this.#reader.count(ranking));
    return own && count !== null ? count + (own.entry === null ? 0 : 1) : null;
  }

  async page(ranking: Ranking, from: number, limit: number): Promise<RankedEntry[] | null> {
    const own = await this.#placeOn(ranking);
    if (own === null) return null;
    const { entry } = own;
    if (entry === null || from + limit <= entry.position) return this.#reader.page(ranking, from, limit);
    const isIn = entry.position >= from;
    const others = await this.#reader.page(ranking, isIn ? from : from - 1, isIn ? limit - 1 : limit);
    if (others === null) return null;
    const ahead = others.filter(({ position }) => position < entry.position);
    const behind = others.slice(ahead.length).map((other) => behindOwn(ranking, entry, other));
    return [...ahead, ...(isIn ? [entry] : []), ...behind];
  }

  async places(ranking: Ranking, userIds: readonly string[]): Promise<(RankedEntry | null)[] | null> {
    const own = await this.#placeOn(ranking);
    const places = own && (await this.#reader.places(ranking, userIds));
    const entry = own?.entry ?? null;
    if (places === null || entry === null) return places;
    return places.map((place, at) => {
      if (userIds[at] === entry.userId) return entry;
      return place === null || place.position < entry.position ? place : behindOwn(ranking, entry, place);
    });
  }

  async before(ranking: Ranking, place: Standing): Promise<number | null> {
    const own = await this.#placeOn(ranking);
    const before = own && (await this.#reader.before(ranking, place));
    if (own === null || before === null) return null;
    const { entry } = own;
    return before + (entry !== null && compareStandings(ranking.board, entry, place) < 0 ? 1 : 0);
  }

  async keys(span: Span): Promise<string[] | null> {
    const keys = await this.#reader.keys(span);
    return keys && [...new Set([...keys, ...this.#own.keys])].toSorted();
  }

  /** The entry to add, if any: none where the ranking has the user, as long as it is not let go or has come back. Null: it is not known. */
  async #placeOn(ranking: Ranking): Promise<{ readonly entry: RankedEntry | null } | null> {
    const { standing } = this.#own;
    if (standing === null) return { entry: null };
    const places = await this.#reader.places(ranking, [standing.userId]);
    if (places === null || places[0] != null) return places && { entry: null };
    const position = await this.#reader.before(ranking, standing);
    const ahead = position === null || position === 0 ? [] : await this.#reader.page(ranking, position - 1, 1);
    if (position === null || ahead === null) return null;
    const [next] = ahead;
    const isShared = ranking.board.ties === 'shared' && next?.value === standing.value;
    return { entry: { ...standing, position, rank: isShared ? next.rank : position + 1 } };
  }
}

/** An entry that stands behind the one that is added; among equals that share a rank it keeps its own. */
function behindOwn({ board }: Ranking, own: RankedEntry, other: RankedEntry): RankedEntry {
  const isEqual = board.ties === 'shared' && other.value === own.value;
  return { ...other, position: other.position + 1, rank: isEqual ? other.rank : other.rank + 1 };
}
