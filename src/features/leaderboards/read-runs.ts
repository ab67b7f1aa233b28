import { compareStandings, type Standing } from '../../engine/ranking.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import { bringUpUsers } from '../rebuild/service.ts';
import { useIndexes } from '../state/service.ts';
import type { StoredPeriod } from './period-store.ts';
import { type ClosingParts, shortStep } from './steps.ts';
import { readValues, type ValuePage, type ValuePlace, type ValueRow } from './values-store.ts';

/** The values of a period by key, each ranking in sorted runs: sorted a page at a time, merged when they are written. */
export type Runs = ReadonlyMap<string, readonly (readonly Standing[])[]>;

/** Users of one page, and values: some 10 ms on the embedded database. */
const USERS = 500;
const VALUES = 1_000;

/**
 * Reads the values of everybody whom boards show. All of them are in memory, 130 bytes each when measured: 130 MB for a million. A user whose
 * state is of an older catalog is brought up first, as an event would do it.
 */
export async function readRuns(
  parts: ClosingParts,
  { period, definition }: StoredPeriod,
  live: LiveCatalog,
  stopping: AbortSignal | undefined,
): Promise<Runs> {
  const { metric } = definition;
  const keyed = live.catalog.metrics.get(metric)?.by != null;
  const runs = new Map<string, Standing[][]>();
  for (let after: ValuePlace | null = null; ; ) {
    const page: ValuePage = { metric, period, keyed, after, users: USERS, limit: VALUES };
    const rows = await readPage(parts, page, live, stopping);
    const last = rows.at(-1);
    if (last === undefined) return runs;
    for (const [by, own] of Map.groupBy(rows.flatMap(standingOf), (value) => value.by)) {
      const run = own.map(({ by: _, ...standing }) => standing).sort((a, b) => compareStandings(definition, a, b));
      const known = runs.get(by);
      if (known === undefined) runs.set(by, [run]);
      else known.push(run);
    }
    const isCut = keyed && rows.length === VALUES;
    after = { userId: last.userId, by: isCut ? last.by : null };
  }
}

/** How often users may be found behind again: only as often as catalogs come. */
const MOST_LOOKS = 5;

async function readPage(
  parts: ClosingParts,
  page: ValuePage,
  { version }: LiveCatalog,
  stopping: AbortSignal | undefined,
): Promise<ValueRow[]> {
  for (let look = 1; ; look += 1) {
    const rows = await shortStep(parts.database, stopping, async (transaction) => {
      await useIndexes(transaction);
      return readValues(transaction, page);
    });
    const behind = new Set(rows.flatMap((row) => (row.version < version ? row.userId : [])));
    if (behind.size === 0) return rows;
    if (look === MOST_LOOKS) throw new Error(`${behind.size} users stay behind the live catalog`);
    await bringUpUsers(parts, [...behind]);
  }
}

function standingOf({ userId, by, value, achievedAt }: ValueRow): (Standing & { readonly by: string })[] {
  if (by === null || value === null || achievedAt === null) return [];
  return [{ by, userId, value, achievedAt: achievedAt.getTime() }];
}
