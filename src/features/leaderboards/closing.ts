import { compareStandings, rankSorted } from '../../engine/ranking.ts';
import { rewardOf } from '../../engine/reward.ts';
import type { LiveCatalog } from '../catalog/service.ts';
import { CatalogMovedError, holdCatalog } from '../state/live-transaction.ts';
import { writeState } from '../state/service.ts';
import { mergeRuns } from './merge-runs.ts';
import { openPeriods } from './open-periods.ts';
import { claimPeriod, endPeriods, finishPeriod, holdPeriod, readDue, type StoredPeriod } from './period-store.ts';
import { keepsValues } from './periods.ts';
import { type Runs, readRuns } from './read-runs.ts';
import { payRewards } from './rewards.ts';
import { type ClosingParts, shortStep } from './steps.ts';
import { deleteStandings, insertStandings, type NewStanding } from './values-store.ts';

/** What a run has done. */
export interface ClosingDone {
  /** Periods that became final. */
  readonly closed: number;
  /** Rewards that were paid. */
  readonly paid: number;
}

/** Places of one transaction: 12 ms on the embedded database, 24 at most, among 20,000. */
const WRITE = 500;
/** Periods of one run; the next one goes on. */
const MOST_DUE = 1_000;
/** Rankings of which the announcement tells the numbers. */
const MOST_TOLD = 100;

/**
 * Brings the periods of all boards to where they have to be by now: makes those that have begun, ends those that are over, writes the
 * final standings of those that late events move no more, and pays their rewards. Each of it happens once, whoever runs it and how often
 * at once, and however often it is interrupted: what an interrupted run has written of a period nobody reads, and the next one starts
 * that period over; a reward is paid in the transaction that says so. Of several runs at once the newest closes a period; the others stop.
 * @throws the reason of `stopping` when it was told to stop
 */
export async function closePeriods(parts: ClosingParts, stopping?: AbortSignal): Promise<ClosingDone> {
  const { database, catalog, clock, logger } = parts;
  await catalog.reload();
  const now = clock.now();
  await openPeriods(parts, now, stopping);
  await endPeriods(database, new Date(now));
  const closed = await closeDue(parts, new Date(now), stopping);
  const paid = await payRewards(parts, stopping);
  if (closed + paid > 0)
    logger.info({ operation: 'leaderboards.close', closed, paid }, 'periods of leaderboards closed');
  return { closed, paid };
}

/** Another run closes the period now. */
class ReplacedError extends Error {
  constructor({ board, period }: StoredPeriod) {
    super(`another run closes ${board} ${period}`);
    this.name = 'ReplacedError';
  }
}

async function closeDue(parts: ClosingParts, now: Date, stopping: AbortSignal | undefined): Promise<number> {
  const { database, ids, logger } = parts;
  const closer = ids.next();
  let closed = 0;
  for (const due of await readDue(database, now, MOST_DUE)) {
    try {
      if (await closePeriod(parts, due, closer, stopping)) closed += 1;
    } catch (error) {
      const isOvertaken = error instanceof ReplacedError || error instanceof CatalogMovedError;
      if (!isOvertaken) throw error;
      // Whoever took over does the rest too; after another catalog the next run starts over.
      logger.debug({ operation: 'leaderboards.close', reason: error.message }, 'a run gives way');
      break;
    }
  }
  return closed;
}

/** A period that a run closes, with the catalog by which it does. */
interface Closing {
  readonly parts: ClosingParts;
  readonly due: StoredPeriod;
  readonly live: LiveCatalog;
  readonly closer: string;
  readonly stopping: AbortSignal | undefined;
}

/**
 * Closes one period; false: it was closed already. One whose values are kept no more (its metric is gone, or is cut in other windows)
 * becomes final without standings and rewards.
 */
async function closePeriod(
  parts: ClosingParts,
  due: StoredPeriod,
  closer: string,
  stopping: AbortSignal | undefined,
): Promise<boolean> {
  stopping?.throwIfAborted();
  if (!(await claimPeriod(parts.database, due, closer))) return false;
  const live = parts.catalog.live();
  const closing: Closing = { parts, due, live, closer, stopping };
  const { metric, per } = due.definition;
  await clear(closing);
  const isKept = keepsValues(live.catalog, metric, per, due.period);
  const runs: Runs = isKept ? await readRuns(parts, due, live, stopping) : new Map();
  const hasRewards = await writeStandings(closing, runs);
  await finish(closing, runs, { isKept, hasRewards });
  return true;
}

/** Deletes what an interrupted run has left. */
async function clear({ parts, due, closer, stopping }: Closing): Promise<void> {
  for (let gone = WRITE; gone === WRITE; ) {
    gone = await shortStep(parts.database, stopping, async (transaction) => {
      if (!(await holdPeriod(transaction, due, closer))) throw new ReplacedError(due);
      return deleteStandings(transaction, due, WRITE);
    });
  }
}

/** Writes all places in their order; answers whether any of them is rewarded. */
async function writeStandings({ parts, due, closer, stopping }: Closing, runs: Runs): Promise<boolean> {
  let hasRewards = false;
  let batch: NewStanding[] = [];
  const flush = async (): Promise<void> => {
    const rows = batch;
    batch = [];
    await shortStep(parts.database, stopping, async (transaction) => {
      if (!(await holdPeriod(transaction, due, closer))) throw new ReplacedError(due);
      await insertStandings(transaction, due, rows);
    });
  };
  for (const place of placesOf(due, runs)) {
    hasRewards ||= place.reward !== null;
    batch.push(place);
    if (batch.length === WRITE) await flush();
  }
  if (batch.length > 0) await flush();
  return hasRewards;
}

/** The places of every ranking of a period, made one at a time. The best of all keys, which a keyed board ranks too, is not rewarded. */
function* placesOf({ definition, rewarded }: StoredPeriod, runs: Runs): Generator<NewStanding> {
  const { rewards } = definition;
  const isKeyed = [...runs.keys()].some((by) => by !== '');
  for (const [by, own] of [...runs].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const entries = entriesOf(own);
    const pays = rewarded && (by !== '' || !isKeyed);
    const sorted = mergeRuns(own, (one, other) => compareStandings(definition, one, other));
    let position = 0;
    for (const { rank, userId, value, achievedAt } of rankSorted(definition, sorted)) {
      position += 1;
      yield { by, position, rank, userId, value, achievedAt, reward: pays ? rewardOf(rewards, rank, entries) : null };
    }
  }
}

function entriesOf(runs: readonly (readonly unknown[])[]): number {
  return runs.reduce((sum, run) => sum + run.length, 0);
}

/** Makes the period final and announces it. */
async function finish(
  { parts, due, live, closer, stopping }: Closing,
  runs: Runs,
  { isKept, hasRewards }: { readonly isKept: boolean; readonly hasRewards: boolean },
): Promise<void> {
  const { database, catalog, clock, ids } = parts;
  await shortStep(database, stopping, async (transaction) => {
    // Numbers of two catalogs, of which one may scale them otherwise, do not belong in one ranking.
    await holdCatalog(catalog, live, transaction);
    if (!(await holdPeriod(transaction, due, closer))) throw new ReplacedError(due);
    const at = new Date(clock.now());
    const decimals = live.catalog.metrics.get(due.definition.metric)?.decimals ?? due.decimals;
    await finishPeriod(transaction, due, { at, decimals, hasRewards });
    const outbox = [
      { id: ids.next(), kind: 'LEADERBOARD_CLOSED', userId: null, payload: announcementOf(due, runs, isKept) },
    ];
    await writeState(transaction, { ...NOTHING, at, catalogVersion: live.version, outbox });
  });
}

const NOTHING = { events: [], users: [], ledger: [], notifications: [] } as const;

/** What other systems hear: the period, and how many stood on each ranking (of many, those with the most). */
function announcementOf(due: StoredPeriod, runs: Runs, isKept: boolean): object {
  const rankings = [...runs].map(([by, own]) => ({ by: by === '' ? null : by, entries: entriesOf(own) }));
  const largest = rankings.sort((one, other) => other.entries - one.entries).slice(0, MOST_TOLD);
  return {
    board: due.board,
    period: due.period,
    startsAt: due.startsAt.toISOString(),
    endsAt: due.endsAt.toISOString(),
    finalAt: due.finalAt.toISOString(),
    rewarded: due.rewarded,
    valuesKept: isKept,
    rankings: rankings.length,
    largest,
  };
}
