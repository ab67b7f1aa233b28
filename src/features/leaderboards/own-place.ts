import type { Standing } from '../../engine/ranking.ts';
import type { Queryable } from '../../platform/database.ts';
import type { RankedEntry, Ranking, RankReader } from '../../ranking/rank-index.ts';
import type { BoardView } from './entry.ts';
import { readCellsOf } from './rank-store.ts';

/** What a user would bring to a ranking if boards showed it; null where that is nothing. */
export async function standingOf(
  on: Queryable,
  { board, by, period }: BoardView,
  { userId, keyed }: { readonly userId: string; readonly keyed: boolean },
): Promise<Standing | null> {
  const cells = await readCellsOf(on, [userId], [{ metric: board.metric, period: period.period, keyed }]);
  const cell = cells.find((one) => one.metric !== null && one.by === by);
  return cell === undefined ? null : { userId, value: cell.value, achievedAt: cell.achievedAt.getTime() };
}

/** The place that a standing would have in a ranking it is not in; null while the index does not know. */
export async function wouldBePlace(
  reader: Pick<RankReader, 'before' | 'page'>,
  ranking: Ranking,
  standing: Standing,
): Promise<RankedEntry | null> {
  const position = await reader.before(ranking, standing);
  if (position === null) return null;
  const ahead = position === 0 ? [] : await reader.page(ranking, position - 1, 1);
  if (ahead === null) return null;
  const [next] = ahead;
  const isShared = ranking.board.ties === 'shared' && next?.value === standing.value;
  return { ...standing, position, rank: isShared ? next.rank : position + 1 };
}
