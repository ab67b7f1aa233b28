import type { Board } from '../../engine/catalog.ts';
import { badUserInput } from '../../graphql/errors.ts';
import { type Page, type PageArguments, pageOf, pageRequest } from '../../graphql/pages.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { RankedEntry, Ranking, RankReader } from '../../ranking/rank-index.ts';
import type { Access } from '../auth/access.ts';
import type { CatalogService } from '../catalog/service.ts';
import { type BoardPeriod, currentPeriod, namedPeriod } from './board-periods.ts';
import { type BoardEntry, type BoardView, cursorOf, placeOf } from './entry.ts';
import { type HideRequest, hideUser } from './hiding.ts';
import type { RankKeeper } from './keeper.ts';
import { isKept } from './kept-spans.ts';
import { isKeyed } from './load-pages.ts';
import { RankingsWithOwn, readOwnPlaces, withDecimals } from './own-place.ts';
import { StoredStandings } from './past-periods.ts';
import { readPeriods, readPeriodsBy, type StoredPeriod } from './period-store.ts';
import { type PeriodStatus, statusAt } from './periods.ts';
import { decideQuarantine, type QuarantineRequest, quarantinedPage, tellQuarantines } from './quarantine.ts';
import type { QuarantinePlace } from './quarantine-store.ts';

/** Most entries on either side of a user. */
export const MOST_AROUND = 50;
/** Most periods of one list. */
const MOST_PERIODS = 100;

/** A period as a caller reads it. */
export interface PeriodView extends BoardPeriod {
  readonly status: PeriodStatus;
  /** When its standings are final, milliseconds since the epoch; null for a board without periods. */
  readonly finalAt: number | null;
}

/** Use cases of leaderboards. */
export interface LeaderboardService {
  /** All boards, in catalog order. */
  boards(): Board[];
  /**
   * A board in a period: null is the current one, `previous` and keys as in the API. Null for a board of seasons where there are none.
   * @throws BAD_USER_INPUT for a period that the board does not have
   */
  view(board: Board, by: string | null, period: string | null): BoardView | null;
  /** As `view`, for a period as it is stored; null where the board does not have it (any more). */
  viewOfPeriod(board: Board, by: string | null, period: string): BoardView | null;
  /** How many entries there are. */
  count(view: BoardView): Promise<number>;
  /** A page in order. @throws BAD_USER_INPUT for a foreign cursor */
  page(view: BoardView, args: PageArguments): Promise<Page<BoardEntry>>;
  /** A user with up to `radius` entries on either side; empty for who has no entry. @throws BAD_USER_INPUT for a radius out of 0..50 */
  around(view: BoardView, userId: string, radius: number): Promise<BoardEntry[]>;
  /** Where users stand, in the order asked; null for who has no entry. */
  places(view: BoardView, userIds: readonly string[]): Promise<(BoardEntry | null)[]>;
  /**
   * Rankings as a user sees them, in the order asked: one in quarantine finds itself at the place that it would have, all others the
   * rankings as they are.
   */
  seenBy(views: readonly BoardView[], userId: string): Promise<BoardView[]>;
  /** Whether a user sees boards otherwise than others. */
  isQuarantined(userId: string): Promise<boolean>;
  /** The keys of a keyed board that have entries, sorted. */
  keys(view: BoardView): Promise<string[]>;
  /**
   * Takes a user off all boards that are open, or puts it back; those of periods that are final stay. Answers the user's id.
   * @throws UserNotFoundError
   */
  hide(request: HideRequest): Promise<string>;
  /**
   * Takes a user off all boards that are open for everybody but itself, or releases it. Answers the user's id.
   * @throws UserNotFoundError
   */
  decideQuarantine(request: QuarantineRequest): Promise<string>;
  /** Who is in quarantine, longest first. @throws BAD_USER_INPUT for a foreign cursor */
  quarantined(args: PageArguments): Promise<Page<QuarantinePlace>>;
  /** What there is to say of a period. */
  periodOf(view: BoardView): Promise<PeriodView>;
  /** The newest periods, the current one first. @throws BAD_USER_INPUT for a number out of 1..100 */
  periods(board: Board, last: number): Promise<PeriodView[]>;
}

/** What the use cases stand on. */
export interface LeaderboardParts {
  readonly catalog: CatalogService;
  readonly clock: Clock;
  readonly ranks: RankKeeper;
  readonly database: Database;
  readonly ids: Ids;
  /** Knows, and is told at once, who is in quarantine. */
  readonly access: Pick<Access, 'changed' | 'isQuarantined'>;
}

/** Makes the use cases. */
export function createLeaderboardService(parts: LeaderboardParts): LeaderboardService {
  return new Leaderboards(parts);
}

/** What a period without entries answers. */
const EMPTY: RankReader = {
  count: async () => 0,
  page: async () => [],
  places: async (_ranking, userIds) => userIds.map(() => null),
  before: async () => 0,
  keys: async () => [],
};

class Leaderboards implements LeaderboardService {
  readonly #parts: LeaderboardParts;
  readonly #standings: StoredStandings;

  constructor(parts: LeaderboardParts) {
    this.#parts = parts;
    this.#standings = new StoredStandings(parts.database);
  }

  boards(): Board[] {
    return [...this.#catalog.leaderboards.values()];
  }

  view(board: Board, by: string | null, name: string | null): BoardView | null {
    const period = namedPeriod(board, this.#catalog, name, this.#now);
    if (period !== null) return { board, by: by ?? '', period, decimals: null, own: null };
    if (name === null || name === 'current' || name === 'previous') return null;
    throw badUserInput(`'${name.slice(0, 60)}' is no period of ${board.key}`);
  }

  viewOfPeriod(board: Board, by: string | null, period: string): BoardView | null {
    const named = namedPeriod(board, this.#catalog, period === '' ? 'all' : period, this.#now);
    return named === null ? null : { board, by: by ?? '', period: named, decimals: null, own: null };
  }

  async count(view: BoardView): Promise<number> {
    return (await this.#ask(view, (reader, ranking) => reader.count(ranking))).answer;
  }

  async page(view: BoardView, args: PageArguments): Promise<Page<BoardEntry>> {
    const request = pageRequest(args);
    const after = request.after === null ? null : placeOf(view, request.after);
    const before = request.before === null ? null : placeOf(view, request.before);
    const { answer: entries, seen } = await this.#ask(view, async (reader, ranking) => {
      const from = after === null ? 0 : await reader.before(ranking, after);
      const to = before === null ? await reader.count(ranking) : await reader.before(ranking, before);
      if (from === null || to === null) return null;
      // One more to tell whether there is more, and one for who stands at the cursor itself.
      const reach = request.limit + 2;
      const start = request.backwards ? Math.max(from, to - reach) : from;
      return reader.page(ranking, start, Math.max(0, Math.min(reach, to - start)));
    });
    const isAt = ({ userId, value, achievedAt }: RankedEntry): boolean =>
      after !== null && userId === after.userId && value === after.value && achievedAt === after.achievedAt;
    const rows = entries.filter((entry) => !isAt(entry)).map((entry) => ({ view: seen, entry, previousRank: null }));
    const kept = request.backwards ? rows.slice(-(request.limit + 1)) : rows.slice(0, request.limit + 1);
    return pageOf(request, kept, cursorOf);
  }

  async around(view: BoardView, userId: string, radius: number): Promise<BoardEntry[]> {
    if (!Number.isInteger(radius) || radius < 0 || radius > MOST_AROUND)
      throw badUserInput(`radius: 0 to ${MOST_AROUND}, not ${radius}`);
    const { answer: entries, seen } = await this.#ask(view, async (reader, ranking) => {
      const places = await reader.places(ranking, [userId]);
      const position = places?.[0]?.position;
      if (position === undefined) return places === null ? null : [];
      const from = Math.max(0, position - radius);
      return reader.page(ranking, from, position + radius + 1 - from);
    });
    return entries.map((entry) => ({ view: seen, entry, previousRank: null }));
  }

  async places(view: BoardView, userIds: readonly string[]): Promise<(BoardEntry | null)[]> {
    const { answer: places, seen } = await this.#ask(view, (reader, ranking) => reader.places(ranking, userIds));
    return places.map((entry) => entry && { view: seen, entry, previousRank: null });
  }

  async seenBy(views: readonly BoardView[], userId: string): Promise<BoardView[]> {
    if (!(await this.isQuarantined(userId))) return [...views];
    const { metrics } = this.#catalog;
    const rankings = views.map(({ board: { metric }, by, period: { period } }) => {
      return { metric, by, period, keyed: isKeyed(metrics, metric) };
    });
    const places = await readOwnPlaces(this.#parts.database, userId, rankings);
    return views.map((view, at) => ({ ...view, own: places[at] ?? null }));
  }

  isQuarantined(userId: string): Promise<boolean> {
    return this.#parts.access.isQuarantined(userId);
  }

  async keys(view: BoardView): Promise<string[]> {
    const { answer } = await this.#ask(view, (reader, ranking) => reader.keys(ranking));
    return answer.filter((key) => key !== '');
  }

  async hide(request: HideRequest): Promise<string> {
    const userId = await hideUser(this.#parts, request);
    await this.#parts.ranks.refresh([userId]);
    return userId;
  }

  async decideQuarantine(request: QuarantineRequest): Promise<string> {
    const userId = await decideQuarantine(this.#parts, request);
    await tellQuarantines(this.#parts, [userId], request.quarantine !== null);
    return userId;
  }

  quarantined(args: PageArguments): Promise<Page<QuarantinePlace>> {
    return quarantinedPage(this.#parts.database, args);
  }

  async periodOf({ board, period }: BoardView): Promise<PeriodView> {
    return this.#viewOf(board, period, await this.#pastOf(board, period));
  }

  async periods(board: Board, last: number): Promise<PeriodView[]> {
    if (!Number.isInteger(last) || last < 1 || last > MOST_PERIODS)
      throw badUserInput(`last: 1 to ${MOST_PERIODS}, not ${last}`);
    const current = currentPeriod(board, this.#catalog, this.#now);
    if (current === null) return [];
    if (current.startsAt === null) return [this.#viewOf(board, current, null)];
    const stored = await readPeriods(this.#parts.database, board.key, last);
    const own = this.#viewOf(board, current, stored.find(({ period }) => period === current.period) ?? null);
    // Of a board that was cut otherwise before, those periods cannot be named any more.
    const past = stored.filter(
      ({ period, startsAt }) =>
        period !== current.period &&
        startsAt.getTime() <= this.#now &&
        namedPeriod(board, this.#catalog, period, this.#now) !== null,
    );
    return [own, ...past.map((row) => this.#viewOf(board, boundsOf(row), row))].slice(0, last);
  }

  get #catalog() {
    return this.#parts.catalog.live().catalog;
  }

  get #now(): number {
    return this.#parts.clock.now();
  }

  /** The stored row of a period that is over; null where there is none, and for one that is on. */
  async #pastOf(board: Board, { period, endsAt }: BoardPeriod): Promise<StoredPeriod | null> {
    if (endsAt === null || this.#now < endsAt) return null;
    const [row] = await readPeriodsBy(this.#parts.database, [{ board: board.key, period }]);
    return row ?? null;
  }

  #viewOf(board: Board, period: BoardPeriod, past: StoredPeriod | null): PeriodView {
    const { endsAt } = period;
    if (endsAt === null) return { ...period, status: 'OPEN', finalAt: null };
    const finalAt = past?.finalAt.getTime() ?? endsAt + board.finalAfterMs;
    return { ...period, status: statusAt({ endsAt, isFinal: past?.status === 'FINAL' }, this.#now), finalAt };
  }

  /**
   * Asks whoever knows: the index for what may still move, the stored standings for what is final. Of a period of which nothing is known
   * nobody has a place.
   */
  async #ask<T>(
    view: BoardView,
    read: (reader: RankReader, ranking: Ranking) => Promise<T | null>,
  ): Promise<{ answer: T; seen: BoardView }> {
    const { board, by, period } = view;
    const ranking: Ranking = { board, by, period: period.period };
    const past = await this.#pastOf(board, period);
    const isFinal = past?.status === 'FINAL';
    const today = this.#catalog.metrics.get(board.metric)?.decimals ?? 0;
    const own = view.own && withDecimals(view.own, today, isFinal ? past.decimals : today);
    const readAsSeen = (reader: RankReader): Promise<T | null> =>
      read(own === null ? reader : new RankingsWithOwn(reader, own), ranking);
    if (!isFinal && (past !== null || isKept(board, period, this.#now)))
      return { answer: await this.#parts.ranks.ask(ranking, readAsSeen), seen: view };
    const answer = await (isFinal ? readAsSeen(this.#standings) : read(EMPTY, ranking));
    if (answer === null) throw new Error('standings that are stored always answer');
    return { answer, seen: isFinal ? { ...view, decimals: past.decimals } : view };
  }
}

function boundsOf({ period, startsAt, endsAt }: StoredPeriod): BoardPeriod {
  return { period, key: period, startsAt: startsAt.getTime(), endsAt: endsAt.getTime() };
}
