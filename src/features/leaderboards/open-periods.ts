import type { Period } from '../../engine/periods.ts';
import { compiledOrNull, type LiveCatalog } from '../catalog/service.ts';
import { useIndexes } from '../state/service.ts';
import { insertPast, type KnownPeriods, type NewPeriod, readKnown, upsertCurrent } from './period-store.ts';
import {
  boardPeriodAt,
  type PeriodicBoard,
  periodicBoards,
  periodsBefore,
  periodsOver,
  seasonsBegun,
} from './periods.ts';
import { type ClosingParts, shortStep } from './steps.ts';
import { readValuedPeriods } from './values-store.ts';

/** Periods that one run makes of a board at most; the next run goes on. */
const MOST_MISSED = 100;
/** How far back a board that is new looks for periods: a daily one some months, a weekly one two years. */
const MOST_PAST = 100;
/** Users of one look for past periods: some ms, where they have a hundred days each. */
const LOOK = 100;

/**
 * Makes the rows of what periods there are: of each board the current one, and all that passed since the last one that is known, in
 * order. A board that is new, new in windows of this unit, or was not there for a while, gets those of the past in which somebody has a
 * value; they are not rewarded. A row that is open says what the catalog says now, until its time is over.
 */
export async function openPeriods(parts: ClosingParts, now: number, stopping?: AbortSignal): Promise<void> {
  const live = parts.catalog.live();
  const known = await readKnown(parts.database);
  const past: NewPeriod[] = [];
  const current: NewPeriod[] = [];
  for (const board of periodicBoards(live.catalog)) {
    const last = known.find(({ board: key, unit }) => key === board.key && unit === board.per.unit);
    const { over, reachesNow } = await periodsToMake(parts, live, board, { last, now, stopping });
    past.push(...over);
    const period = boardPeriodAt(board, now, live.catalog.seasons);
    // The next run goes on after the last one that is made.
    if (period !== null && reachesNow) current.push(rowOf(live, board, period, true));
  }
  await shortStep(parts.database, stopping, async (transaction) => {
    await insertPast(transaction, past);
    await upsertCurrent(transaction, current);
  });
}

/** The periods of a board that are over and have no row; some may have one, which stays. */
async function periodsToMake(
  parts: ClosingParts,
  live: LiveCatalog,
  board: PeriodicBoard,
  { last, now, stopping }: { last: KnownPeriods | undefined; now: number; stopping: AbortSignal | undefined },
): Promise<{ over: NewPeriod[]; reachesNow: boolean }> {
  if (board.per.unit === 'season') return { over: seasonsToMake(live, board, { last, now }), reachesNow: true };
  if (last !== undefined) {
    const missed = periodsOver(board, { from: last.endsAt.getTime(), now, most: MOST_MISSED });
    if (missed.length === 0 || (await wasThroughout(parts, live, board, last))) {
      const over = missed.map((period) => rowOf(live, board, period, true));
      return { over, reachesNow: missed.length < MOST_MISSED };
    }
  }
  const past = periodsBefore(board, now, MOST_PAST);
  const valued = await valuedPeriods(parts, board, past, stopping);
  const over = past.filter(({ key }) => valued.has(key)).map((period) => rowOf(live, board, period, false));
  return { over, reachesNow: true };
}

/** Of seasons there are few: all that are over. One that was over when the catalog came that declares it was nobody's goal. */
function seasonsToMake(
  live: LiveCatalog,
  board: PeriodicBoard,
  { last, now }: { last: KnownPeriods | undefined; now: number },
): NewPeriod[] {
  const isKnown = new Set(last?.seasons);
  const appliedAt = live.appliedAt.getTime();
  return seasonsBegun(live.catalog.seasons, now)
    .filter(({ key, endsAt }) => endsAt <= now && !isKnown.has(key))
    .map((season) => rowOf(live, board, season, last !== undefined && season.endsAt > appliedAt));
}

/** How many versions may be looked through for one in which a board was not there. */
const MOST_VERSIONS = 50;

/** Whether every catalog since the one that a board was last seen in has it, in windows of the same unit: else it is a new board. */
async function wasThroughout(
  { catalog }: ClosingParts,
  { version: upTo }: LiveCatalog,
  { key, per }: PeriodicBoard,
  { version: from }: KnownPeriods,
): Promise<boolean> {
  if (upTo - from > MOST_VERSIONS) return false;
  for (let version = from + 1; version < upTo; version += 1) {
    const files = await catalog.sourceOf(version);
    const before = files === null ? null : compiledOrNull(files);
    if (before?.leaderboards.get(key)?.per?.unit !== per.unit) return false;
  }
  return true;
}

function rowOf({ version, catalog }: LiveCatalog, board: PeriodicBoard, period: Period, rewarded: boolean): NewPeriod {
  const { metric, order, ties, per, rewards, finalAfterMs } = board;
  return {
    board: board.key,
    period: period.key,
    startsAt: period.startsAt,
    endsAt: period.endsAt,
    finalAt: period.endsAt + finalAfterMs,
    definition: { metric, order, ties, per, rewards, version },
    decimals: catalog.metrics.get(metric)?.decimals ?? 0,
    rewarded,
  };
}

/** Of these periods those in which somebody has a value. Reads all users, a page a step, unless every period was found before. */
async function valuedPeriods(
  { database }: ClosingParts,
  { metric }: PeriodicBoard,
  periods: readonly Period[],
  stopping: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const keys = periods.map(({ key }) => key);
  const found = new Set<string>();
  for (let after: string | null = null; found.size < keys.length; ) {
    const missing = keys.filter((key) => !found.has(key));
    const page: { periods: string[]; last: string | null } = await shortStep(
      database,
      stopping,
      async (transaction) => {
        await useIndexes(transaction);
        return readValuedPeriods(transaction, { metric, periods: missing, after, users: LOOK });
      },
    );
    for (const key of page.periods) found.add(key);
    if (page.last === null) break;
    after = page.last;
  }
  return found;
}
