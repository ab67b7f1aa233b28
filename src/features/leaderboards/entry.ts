import type { Board } from '../../engine/catalog.ts';
import type { Standing } from '../../engine/ranking.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { decodeCursor, encodeCursor } from '../../graphql/pages.ts';
import { isUuid } from '../../platform/ids.ts';
import type { RankedEntry } from '../../ranking/rank-index.ts';
import type { BoardPeriod } from './board-periods.ts';
import type { OwnPlace } from './own-place.ts';

/** A ranking as a caller reads it: a board, one of its keys, one of its periods. */
export interface BoardView {
  readonly board: Board;
  /** '' for a board without keys; of a keyed one the best of all keys. */
  readonly by: string;
  readonly period: BoardPeriod;
  /** How many digits of final standings stand behind the point; null: those of the metric. */
  readonly decimals: number | null;
  /** What who looks brings to it for its own eyes alone, being in quarantine; null for everybody else. */
  readonly own: OwnPlace | null;
}

/** A place on a ranking. */
export interface BoardEntry {
  readonly view: BoardView;
  readonly entry: RankedEntry;
  /** The rank in the update before, to who follows the board. */
  readonly previousRank: number | null;
}

/** The place of an entry, for pages that go on from it however ranks have moved meanwhile. */
export function cursorOf({ view, entry }: BoardEntry): string {
  const { userId, value, achievedAt } = entry;
  return encodeCursor(JSON.stringify([view.board.key, view.by, view.period.period, value, achievedAt, userId]));
}

/**
 * The place in a cursor of this ranking.
 * @throws BAD_USER_INPUT for anything else, also for a cursor of another board, key or period
 */
export function placeOf({ board, by, period }: BoardView, cursor: string): Standing {
  const place = readPlace(cursor);
  if (place === null) throw badUserInput(`'${cursor.slice(0, 60)}' is no cursor of a leaderboard`);
  const [ownBoard, ownBy, ownPeriod, value, achievedAt, userId] = place;
  if (ownBoard !== board.key || ownBy !== by || ownPeriod !== period.period)
    throw badUserInput(`'${cursor.slice(0, 60)}' is a cursor of another leaderboard, key or period`);
  return { userId, value, achievedAt };
}

type Place = [board: string, by: string, period: string, value: number, achievedAt: number, userId: string];

function readPlace(cursor: string): Place | null {
  let place: unknown;
  try {
    place = JSON.parse(decodeCursor(cursor));
  } catch {
    return null;
  }
  if (!Array.isArray(place) || place.length !== 6) return null;
  const [board, by, period, value, achievedAt, userId] = place as unknown[];
  const isPlace =
    [board, by, period].every((text) => typeof text === 'string') &&
    [value, achievedAt].every(Number.isSafeInteger) &&
    typeof userId === 'string' &&
    isUuid(userId);
  return isPlace ? (place as Place) : null;
}
