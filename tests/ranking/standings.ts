import { type Ranked, rank, type Standing } from '../../src/engine/ranking.ts';
import type { LoadedEntry, RankChange, RankedBoard, RankedEntry, Ranking } from '../../src/ranking/rank-index.ts';

/** Every order a board can have. */
export const BOARDS: readonly RankedBoard[] = (['desc', 'asc'] as const).flatMap((order) =>
  (['earliest', 'latest', 'shared'] as const).map((ties) => ({ key: 'laps', metric: 'laps', order, ties })),
);

/** The ranking of a board without periods and keys. */
export function rankingOf(board: Partial<RankedBoard> = {}, by = '', period = ''): Ranking {
  return { board: { key: 'laps', metric: 'laps', order: 'desc', ties: 'earliest', ...board }, period, by };
}

/** The id of a user; ids go up with the number. */
export function user(number: number): string {
  return `018f3b2c-9a7e-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** A change of a user's value. */
export function change(
  ranking: Ranking,
  userId: string,
  version: number,
  value: number | null,
  achievedAt = 0,
): RankChange {
  return { ranking, userId, version, standing: value === null ? null : { value, achievedAt } };
}

/** A row that a span is loaded with. */
export function row(userId: string, version: number, value: number, by = '', achievedAt = 0): LoadedEntry {
  return { userId, version, value, achievedAt, by };
}

/** The whole ranking as it should be. */
export function rankedOf(board: RankedBoard, standings: readonly Standing[]): RankedEntry[] {
  return rank(board, standings).map((ranked: Ranked, position) => ({ ...ranked, position }));
}

/** Pages as a source gives them. */
export async function* pagesOf(...pages: (readonly LoadedEntry[])[]): AsyncGenerator<readonly LoadedEntry[]> {
  yield* pages;
}
