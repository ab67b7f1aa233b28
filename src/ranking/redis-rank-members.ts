import type { Standing } from '../engine/ranking.ts';
import type { RankedBoard } from './rank-index.ts';

/** How many characters a moment takes: a sign, and 53 bits in base 32, which numbers are read back from exactly. */
export const MOMENT_LENGTH = 12;
/** Stands where a moment would, for a user who has no entry any more. */
export const NO_MOMENT = '-'.repeat(MOMENT_LENGTH);

/**
 * The score of a value: ascending scores are the order of the board. Text, for Lua would round a number to 14 digits.
 * @throws RangeError for what a double does not hold exactly
 */
export function scoreOf({ order }: RankedBoard, value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a scaled value: ${value}`);
  return String(order === 'desc' ? -value : value);
}

/** The value of a score. */
export function scaledValueOf({ order }: RankedBoard, score: string): number {
  // Subtracted, so that 0 does not come back as -0.
  return order === 'desc' ? 0 - Number(score) : Number(score);
}

/**
 * A moment as text of one width, whose order is that in which the board puts those who are equal.
 * @throws RangeError for what a double does not hold exactly
 */
export function momentOf({ ties }: RankedBoard, achievedAt: number): string {
  if (!Number.isSafeInteger(achievedAt)) throw new RangeError(`not a moment: ${achievedAt}`);
  const place = ties === 'latest' ? -achievedAt : achievedAt;
  const [sign, rest] = place < 0 ? ['-', place + Number.MAX_SAFE_INTEGER] : ['0', place];
  return sign + rest.toString(32).padStart(MOMENT_LENGTH - 1, '0');
}

/** The milliseconds of a moment. */
export function achievedAtOf({ ties }: RankedBoard, moment: string): number {
  const rest = Number.parseInt(moment.slice(1), 32);
  const place = moment.startsWith('-') ? rest - Number.MAX_SAFE_INTEGER : rest;
  // Subtracted, so that 0 does not come back as -0.
  return ties === 'latest' ? 0 - place : place;
}

/**
 * The standing behind a member of the sorted set, which is a moment and the user's id. Members of one score sort byte by byte, and so
 * as the engine orders standings, for ids that are ASCII, as UUIDs are.
 */
export function standingOf(board: RankedBoard, member: string, score: string): Standing {
  return {
    userId: member.slice(MOMENT_LENGTH),
    value: scaledValueOf(board, score),
    achievedAt: achievedAtOf(board, member.slice(0, MOMENT_LENGTH)),
  };
}
