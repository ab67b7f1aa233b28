import type { Board } from './catalog.ts';

/** What a user brings to a board: the scaled value, and when it was reached. */
export interface Standing {
  readonly userId: string;
  readonly value: number;
  readonly achievedAt: number;
}

/** A place on a board. */
export interface Ranked extends Standing {
  readonly rank: number;
}

/** The order of a board: by value, then who got there first (or last), then user id: total, so that pages never overlap. */
export function compareStandings(board: Pick<Board, 'order' | 'ties'>, one: Standing, two: Standing): number {
  if (one.value !== two.value) return board.order === 'desc' ? two.value - one.value : one.value - two.value;
  if (one.achievedAt !== two.achievedAt) {
    return board.ties === 'latest' ? two.achievedAt - one.achievedAt : one.achievedAt - two.achievedAt;
  }
  return one.userId < two.userId ? -1 : one.userId > two.userId ? 1 : 0;
}

/** Ranks users: `earliest` and `latest` give distinct ranks, `shared` gives equals one rank and skips as many: 1, 2, 2, 4. */
export function rank(board: Pick<Board, 'order' | 'ties'>, standings: readonly Standing[]): Ranked[] {
  return [
    ...rankSorted(
      board,
      standings.toSorted((one, two) => compareStandings(board, one, two)),
    ),
  ];
}

/** Ranks users who come in the order of the board, one after the other. */
export function* rankSorted(board: Pick<Board, 'ties'>, sorted: Iterable<Standing>): Generator<Ranked> {
  let position = 0;
  let shared = 0;
  let before: number | null = null;
  for (const standing of sorted) {
    position += 1;
    if (board.ties !== 'shared' || standing.value !== before) shared = position;
    before = standing.value;
    yield { ...standing, rank: shared };
  }
}
