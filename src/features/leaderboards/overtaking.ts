import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { type RankChange, type RankedEntry, type Ranking, type RankReader, spanKey } from '../../ranking/rank-index.ts';
import type { Bus } from '../../realtime/bus.ts';
import { textOf } from '../../realtime/log.ts';
import type { CatalogService } from '../catalog/service.ts';
import { lockUsers } from '../state/service.ts';
import { currentPeriod } from './board-periods.ts';
import { insertOvertaken, type Overtaken } from './overtaking-store.ts';

/** What telling stands on. */
export interface OvertakingParts {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** Tells users who were passed on boards that say `notifyOvertaken`. */
export interface Overtaking {
  /** Applies changes of players' own events, and tells whom they passed: those right behind their new places. */
  during(index: RankReader, changes: readonly RankChange[], apply: () => Promise<void>): Promise<void>;
  /** Waits for what is being told. */
  close(): Promise<void>;
}

/** Of those whom one user passes at once, so many are told: the ones right behind. */
const MOST_PASSED = 10;
/** A user is told of one board at most once in this time, milliseconds. */
const QUIET_MS = 3_600_000;
/** Batches that may wait to be told; what comes then is not told. */
const MOST_WAITING = 100;

/** Users of one ranking who may have moved. */
interface Watched {
  readonly ranking: Ranking;
  readonly userIds: readonly string[];
}

/**
 * Makes it. Who was passed is known in memory only: a process that ends before it told them tells nobody, and of two that move users
 * at the same moment either may miss one.
 */
export function createOvertaking(parts: OvertakingParts): Overtaking {
  const { database, catalog, bus, clock, ids, logger } = parts;
  let telling: Promise<void> = Promise.resolve();
  let waiting = 0;

  const watchedOf = (changes: readonly RankChange[]): Watched[] => {
    const { leaderboards, seasons } = catalog.live().catalog;
    const own = changes.filter(({ ranking, standing }) => {
      const board = leaderboards.get(ranking.board.key);
      if (standing === null || board?.notifyOvertaken !== true) return false;
      return currentPeriod(board, { seasons }, clock.now())?.period === ranking.period;
    });
    const groups = Map.groupBy(own, ({ ranking }) => `${spanKey(ranking)}/${ranking.by}`);
    return [...groups.values()].flatMap((group) => {
      const [first] = group;
      return first === undefined
        ? []
        : [{ ranking: first.ranking, userIds: [...new Set(group.map(({ userId }) => userId))] }];
    });
  };
  const tell = async (passed: readonly Overtaken[]): Promise<void> => {
    // Of a keyed board the best of all keys moves too.
    const overtaken = [...new Map(passed.map((one) => [`${one.userId}/${one.board}`, one])).values()];
    const userIds = [...new Set(overtaken.map(({ userId }) => userId))];
    const at = new Date(clock.now());
    const told = await database.transaction(async (transaction) => {
      await lockUsers(transaction, userIds);
      return insertOvertaken(transaction, overtaken, { at, ids, quietSince: new Date(at.getTime() - QUIET_MS) });
    });
    for (const { userId, seq } of told) bus.publish('notification', userId, { seq });
  };
  return {
    async during(index, changes, apply) {
      const watched = watchedOf(changes);
      if (watched.length === 0) return apply();
      const before = await Promise.all(watched.map((one) => placesOf(index, one)));
      await apply();
      const overtaken = (
        await Promise.all(watched.map((one, at) => passedBy(index, one, before[at] ?? new Map())))
      ).flat();
      if (overtaken.length === 0 || waiting >= MOST_WAITING) return;
      waiting += 1;
      telling = telling
        .then(() => tell(overtaken))
        .catch((error: unknown) =>
          logger.warn({ operation: 'ranks.overtaken', reason: textOf(error) }, 'users were not told who passed them'),
        )
        .finally(() => {
          waiting -= 1;
        });
    },
    close: () => telling,
  };
}

type Places = ReadonlyMap<string, RankedEntry | null>;

/** Where they stand; empty while the index does not know. */
async function placesOf(index: RankReader, { ranking, userIds }: Watched): Promise<Places> {
  const places = await index.places(ranking, userIds).catch(() => null);
  return new Map(places === null ? [] : userIds.map((userId, at) => [userId, places[at] ?? null]));
}

async function passedBy(index: RankReader, watched: Watched, before: Places): Promise<Overtaken[]> {
  const { ranking } = watched;
  const after = await placesOf(index, watched);
  const overtaken = new Map<string, Overtaken>();
  for (const [userId, now] of after) {
    const then = before.get(userId);
    if (now === null || then === undefined) continue;
    // Who comes new passes everybody behind.
    const passed = (then?.position ?? Number.POSITIVE_INFINITY) - now.position;
    if (passed <= 0) continue;
    const behind = await index.page(ranking, now.position + 1, Math.min(passed, MOST_PASSED)).catch(() => null);
    for (const entry of behind ?? []) {
      const own = before.get(entry.userId);
      const wasBehind = own === null || (own !== undefined && then !== null && own.position > then.position);
      if (wasBehind || overtaken.has(entry.userId)) continue;
      overtaken.set(entry.userId, { userId: entry.userId, ...placeOf(ranking), rank: entry.rank, passedBy: userId });
    }
  }
  return [...overtaken.values()];
}

function placeOf({ board, by, period }: Ranking): Pick<Overtaken, 'board' | 'by' | 'period'> {
  return { board: board.key, by, period };
}
