import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Logger } from '../../platform/logger.ts';
import {
  type LoadedEntry,
  type RankChange,
  type RankIndex,
  type RankReader,
  type Span,
  spanKey,
} from '../../ranking/rank-index.ts';
import { textOf } from '../../realtime/log.ts';
import { systemSchedule } from '../../realtime/schedule.ts';
import type { CatalogService } from '../catalog/service.ts';
import type { ErasedUser } from '../state/touched.ts';
import type { Announcer } from './announcer.ts';
import { keptSpans } from './kept-spans.ts';
import { loadPages } from './load-pages.ts';
import { LocalRanks } from './local-ranks.ts';
import type { Overtaking } from './overtaking.ts';
import { BoardFinder, type WrittenUser } from './rank-changes.ts';
import type { TouchedRow } from './rank-store.ts';
import { RecentMap } from './recent-map.ts';
import { changesOfTouched, type Touched, touchedOf, wholeOf } from './refreshed.ts';
import { SharedRanks } from './shared-ranks.ts';
import { createTouchedFeed, type TouchedFeed } from './touched-feed.ts';

/** Keeps the ranks of open periods true to the rows, in this process and in the index that processes share. */
export interface RankKeeper {
  /** Names this process in the rows of touched users: what it wrote itself it need not be told. */
  readonly origin: string;
  /** A transaction of this process has committed; `rowId` is its row of touched users. */
  committed(users: readonly WrittenUser[], rowId: string | null): void;
  /** Reads users anew, of whom anything may have changed; resolves once reads see it. Never rejects. */
  refresh(userIds: readonly string[]): Promise<void>;
  /** As `refresh`, of a user who is erased. Never rejects. */
  erase(user: ErasedUser): Promise<void>;
  /**
   * Asks an index that has the span, loading it where none has.
   * @throws ApiError NOT_READY when that takes too long; the load goes on
   */
  ask<T>(span: Span, read: (index: RankReader) => Promise<T | null>): Promise<T>;
  /** Begins to follow the rows, and loads what goes on in the background. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** What a keeper stands on. */
export interface RankKeeperParts {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly announcer: Announcer;
  readonly overtaking: Overtaking;
  readonly local: RankIndex;
  /** Null: there are no other processes, or nothing that they share. */
  readonly shared: RankIndex | null;
  readonly origin: string;
  /** Whether this process looks after what others wrote and did not bring to the shared index: those who run jobs. */
  readonly minds: boolean;
}

/** Users who were erased a short while ago; those before them every index has let go. */
const MOST_ERASED = 20_000;
/** Transactions of far longer than a row takes to come through the feed. */
const MOST_CONFIRMED = 20_000;
/** Between looks at which spans are kept. */
const ROUND_MS = 60_000;
/** A local span beside a shared index, or of a period that is over, is let go when nobody asked for it so long. */
const IDLE_MS = 600_000;

/** Makes the keeper. */
export function createRankKeeper(parts: RankKeeperParts): RankKeeper {
  return new Keeper(parts);
}

class Keeper implements RankKeeper {
  readonly origin: string;
  readonly #parts: RankKeeperParts;
  readonly #feed: TouchedFeed;
  readonly #local: LocalRanks;
  readonly #shared: SharedRanks | null;
  /** Spans that somebody asked for or that go on, and when they were last asked for. */
  readonly #spans = new Map<string, { readonly span: Span; usedAt: number }>();
  /** Rows of touched users that this process has brought, the newest ones. */
  readonly #confirmed = new RecentMap<string, true>(MOST_CONFIRMED);
  readonly #erased = new RecentMap<string, number>(MOST_ERASED);
  #finder: { readonly version: number; readonly boards: BoardFinder } | null = null;
  #pending: { readonly changes: readonly RankChange[]; readonly isOwn: boolean }[] = [];
  #working: Promise<void> | null = null;
  #cancel: (() => void) | null = null;
  #isClosed = false;

  constructor(parts: RankKeeperParts) {
    this.#parts = parts;
    this.origin = parts.origin;
    this.#local = new LocalRanks(parts.local, (span) => this.#pagesOf(span));
    const { shared: index, logger } = parts;
    this.#shared =
      index === null
        ? null
        : new SharedRanks({ index, logger, reread: (userIds) => this.#changesOf(wholeOf(userIds)) });
    this.#feed = createTouchedFeed({
      database: parts.database,
      logger: parts.logger,
      take: (rows) => this.#takeRows(rows),
      missed: () => this.#forget(),
      fromOldest: parts.minds,
    });
  }

  committed(users: readonly WrittenUser[], rowId: string | null): void {
    if (rowId !== null) this.#confirmed.set(rowId, true);
    const boards = this.#boards();
    const changes = boards.changesOf(users.filter(({ shown }) => shown));
    if (changes.length > 0) void this.#take(changes, true);
    const { announcer } = this.#parts;
    const own = boards.changesOf(users.filter(({ seenByItself }) => seenByItself));
    for (const { ranking } of own) announcer.moved(ranking.board.key, ranking.by);
  }

  async refresh(userIds: readonly string[]): Promise<void> {
    try {
      await this.#refresh(wholeOf(userIds));
    } catch (error) {
      // What was written is committed; the feed brings it.
      this.#parts.logger.warn({ operation: 'ranks.refresh', reason: textOf(error) }, 'ranks come a moment later');
    }
  }

  erase(user: ErasedUser): Promise<void> {
    this.#erased.set(user.userId, user.version);
    return this.refresh([user.userId]);
  }

  async ask<T>(span: Span, read: (index: RankReader) => Promise<T | null>): Promise<T> {
    const shared = this.#shared;
    const known = this.#use(span);
    if (shared !== null) {
      const answer = shared.isCurrent ? await read(shared.index).catch(() => null) : null;
      if (answer !== null) return answer;
      this.#ensureShared(span);
    }
    known.usedAt = this.#parts.clock.now();
    return this.#local.ask(span, () => read(this.#local.index));
  }

  async start(): Promise<void> {
    await this.#feed.begin();
    this.#round();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#feed.close();
    await Promise.allSettled([this.#local.close(), this.#working, this.#shared?.close()]);
    await this.#parts.overtaking.close();
    this.#parts.announcer.close();
  }

  #boards(): BoardFinder {
    const { version, catalog } = this.#parts.catalog.live();
    if (this.#finder?.version !== version) this.#finder = { version, boards: new BoardFinder(catalog) };
    return this.#finder.boards;
  }

  #use(span: Span): { usedAt: number } {
    const key = spanKey(span);
    const known = this.#spans.get(key) ?? { span, usedAt: 0 };
    this.#spans.set(key, known);
    return known;
  }

  /** Which spans are kept changes with the time and with the catalog. */
  #round(): void {
    const { catalog, clock, local, shared } = this.#parts;
    const now = clock.now();
    const { current, past } = keptSpans(catalog.live().catalog, now);
    for (const span of [...current, ...past]) this.#use(span);
    const kept = new Set(current.map(spanKey));
    const known = new Set([...current, ...past].map(spanKey));
    for (const [key, { span, usedAt }] of this.#spans) {
      const isIdle = now - usedAt > IDLE_MS && (shared !== null || !kept.has(key));
      if (isIdle) void local.drop(span);
      if (!isIdle || known.has(key)) continue;
      this.#spans.delete(key);
      // Of periods Redis forgets by itself; a board that is gone, or ranks something else now, it would keep for ever.
      if (span.period === '') shared?.drop(span).catch((error: unknown) => this.#warn(error));
    }
    this.#loadKept(current).catch((error: unknown) => this.#warn(error));
    if (!this.#isClosed) this.#cancel = systemSchedule(() => this.#round(), ROUND_MS);
  }

  /** One after the other: others want the database too. */
  async #loadKept(spans: readonly Span[]): Promise<void> {
    for (const span of spans) {
      if (this.#parts.shared !== null) this.#ensureShared(span);
      else await this.#local.load(span);
    }
  }

  #warn(error: unknown): void {
    this.#parts.logger.warn({ operation: 'ranks.load', reason: textOf(error) }, 'ranks were not loaded');
  }

  #ensureShared(span: Span): void {
    this.#shared?.ensure(span, () => this.#pagesOf(span));
  }

  #pagesOf(span: Span): AsyncIterable<readonly LoadedEntry[]> {
    return loadPages(this.#parts.database, span, this.#parts.catalog.live().catalog);
  }

  /** Rows were missed: what was made of earlier ones is read anew. */
  async #forget(): Promise<void> {
    const { local, shared, minds } = this.#parts;
    for (const span of this.#known()) {
      await local.drop(span);
      if (minds) await shared?.drop(span);
    }
  }

  /** Spans that are kept or were asked for; others may have loaded them where this process did not. */
  #known(): Span[] {
    const { current, past } = keptSpans(this.#parts.catalog.live().catalog, this.#parts.clock.now());
    for (const span of [...current, ...past]) this.#use(span);
    return [...this.#spans.values()].map(({ span }) => span);
  }

  async #takeRows(rows: readonly TouchedRow[]): Promise<void> {
    const { shared, minds, catalog } = this.#parts;
    // Of a board that came a moment ago somebody else may have loaded ranks.
    if (minds && shared !== null) await catalog.reload();
    const spans = this.#known();
    for (const { users, erased: version } of rows) {
      if (version !== undefined) for (const userId of users) this.#erased.set(userId, version);
    }
    const usesLocal = shared === null || (await this.#local.has(spans));
    const wanted = rows.filter(({ id, origin }) => {
      // Its own it has brought, but for one whose COMMIT was not answered.
      if (origin === this.origin) return !this.#confirmed.has(id);
      // With a shared index, whoever wrote brings it there; but for what is written beside the API.
      return usesLocal || (minds && origin === undefined);
    });
    if (wanted.length > 0) await this.#refresh(touchedOf(wanted));
  }

  async #refresh(touched: Touched): Promise<void> {
    for await (const changes of this.#changesOf(touched)) await this.#take(changes);
  }

  #changesOf(touched: Touched): AsyncGenerator<RankChange[]> {
    const { database, catalog, local, shared } = this.#parts;
    const indexes = shared === null ? [local] : [local, shared];
    const { metrics } = catalog.live().catalog;
    return changesOfTouched(database, touched, this.#known(), { indexes, metrics, erased: this.#erased });
  }

  /** Changes are taken in one after the other; resolves once these are. */
  #take(changes: readonly RankChange[], isOwn = false): Promise<void> {
    this.#pending.push({ changes, isOwn });
    this.#working ??= this.#work();
    return this.#working;
  }

  async #work(): Promise<void> {
    const { local, announcer, overtaking } = this.#parts;
    const index = this.#parts.shared ?? local;
    // What is committed in this turn goes together.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const pending = this.#pending;
      this.#pending = [];
      const changes = pending.flatMap((one) => one.changes);
      // Who moved elsewhere is told of there.
      const own = pending.flatMap((one) => (one.isOwn ? one.changes : []));
      try {
        await overtaking.during(index, own, async () => {
          await Promise.all([local.apply(changes), this.#shared?.apply(changes)]);
        });
      } catch (error) {
        this.#parts.logger.error({ err: error, operation: 'ranks.apply' }, 'ranks were not brought up');
      }
      for (const { ranking } of changes) announcer.moved(ranking.board.key, ranking.by);
    }
    this.#working = null;
  }
}
