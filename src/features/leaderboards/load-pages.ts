import type { Catalog } from '../../engine/catalog.ts';
import type { Database } from '../../platform/database.ts';
import type { LoadedEntry, Span } from '../../ranking/rank-index.ts';
import { useIndexes } from '../state/service.ts';
import { type BoardCell, readCellPage } from './rank-store.ts';

/** Whether a metric has keys; one that is gone may have had. */
export function isKeyed(metrics: Catalog['metrics'], key: string): boolean {
  return metrics.get(key)?.by !== null;
}

/** Users of one page: some 10 ms of the one connection of the embedded database. */
const USERS = { embedded: 400, postgres: 2_000 } as const;

/** Reads all entries of a span, page by page in the order of users: each user's values and version are of one moment. */
export async function* loadPages(
  database: Database,
  { board, period }: Span,
  { metrics }: Pick<Catalog, 'metrics'>,
): AsyncGenerator<LoadedEntry[]> {
  const cell = { metric: board.metric, period, keyed: isKeyed(metrics, board.metric) };
  for (let after: string | null = null; ; ) {
    const from: string | null = after;
    const rows: BoardCell[] = await database.transaction(async (transaction) => {
      // A plan from when the tables were small would read all of them for each page.
      await useIndexes(transaction);
      const page = { after: from, limit: USERS[database.kind] };
      return readCellPage(transaction, cell, page);
    });
    after = rows.at(-1)?.userId ?? null;
    if (after === null) return;
    yield rows.flatMap(({ userId, version, shown, metric, by, value, achievedAt }) =>
      shown && metric !== null ? [{ userId, by, version, value, achievedAt: achievedAt.getTime() }] : [],
    );
  }
}
