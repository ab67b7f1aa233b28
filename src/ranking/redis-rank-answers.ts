import type { RankedBoard, RankedEntry } from './rank-index.ts';
import { standingOf } from './redis-rank-members.ts';

/** What the script of a page answers: how many have a better score than the first entry, and member and score of each in turn. */
export type PageAnswer = readonly [] | readonly [ahead: number, entries: readonly string[]];

/** What the script of places answers: null, or where a user stands; [] where nobody does. */
export type PlacesAnswer = readonly (
  | readonly [member: string, score: string, position: number, ahead: number]
  | null
)[];

/** The entries of a page that begins at position `from`. */
export function entriesOf(board: RankedBoard, from: number, [ahead = 0, flat = []]: PageAnswer): RankedEntry[] {
  const entries: RankedEntry[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const standing = standingOf(board, flat[at] ?? '', flat[at + 1] ?? '');
    const position = from + entries.length;
    const last = entries.at(-1);
    const shared = last === undefined ? ahead + 1 : last.value === standing.value ? last.rank : position + 1;
    entries.push({ ...standing, position, rank: board.ties === 'shared' ? shared : position + 1 });
  }
  return entries;
}

/** Where `count` users stand. */
export function placesOf(board: RankedBoard, count: number, answer: PlacesAnswer): (RankedEntry | null)[] {
  return Array.from({ length: count }, (_, at) => {
    const found = answer[at] ?? null;
    if (found === null) return null;
    const [member, score, position, ahead] = found;
    return { ...standingOf(board, member, score), position, rank: ahead + 1 };
  });
}
