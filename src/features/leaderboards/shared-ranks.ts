import type { Logger } from '../../platform/logger.ts';
import { type LoadedEntry, type RankChange, type RankIndex, type Span, spanKey } from '../../ranking/rank-index.ts';
import { textOf } from '../../realtime/log.ts';
import { type Schedule, systemSchedule } from '../../realtime/schedule.ts';

/** How the index that several processes share is kept. */
export interface SharedRanksOptions {
  readonly index: RankIndex;
  readonly logger: Logger;
  /** What the rows of users say now, for all that is kept. */
  readonly reread: (userIds: readonly string[]) => AsyncIterable<readonly RankChange[]>;
  readonly schedule?: Schedule;
}

/** Between tries to bring what is owed. */
const RETRY_MS = 500;
/** Users who may be owed; with more the spans are loaded anew. */
const MOST_OWED = 20_000;
/** Users read anew at once. */
const PAID_AT_ONCE = 500;
/** Between tries to load a span that another process may be loading. */
const LOAD_AGAIN_MS = 1_000;

/**
 * The index of several processes from the side of one: what it could not bring there it owes, and until that is paid it does not
 * trust what it reads there.
 */
export class SharedRanks {
  readonly index: RankIndex;
  readonly #logger: Logger;
  readonly #reread: SharedRanksOptions['reread'];
  readonly #schedule: Schedule;
  readonly #loading = new Map<string, Promise<void>>();
  /** Spans to look at again: not loaded yet, or asked for a moment after. */
  readonly #again = new Set<string>();
  /** Spans with changes that were given up. */
  readonly #stale = new Map<string, Span>();
  /** Users whose changes did not arrive. They are read anew: after a load an old change might bring back who is gone. */
  readonly #owed = new Map<string, Map<string, Span>>();
  #cancel: (() => void) | null = null;
  #isPaying = false;
  #isFailing = false;
  #isClosed = false;

  constructor({ index, logger, reread, schedule = systemSchedule }: SharedRanksOptions) {
    this.index = index;
    this.#reread = reread;
    this.#logger = logger;
    this.#schedule = schedule;
  }

  /** Everything this process knows is there. */
  get isCurrent(): boolean {
    return this.#owed.size === 0 && this.#stale.size === 0 && !this.#isPaying;
  }

  /** Brings changes there, now or once it answers again. Never rejects. */
  async apply(changes: readonly RankChange[]): Promise<void> {
    if (!this.isCurrent) return this.#owe(changes);
    try {
      await this.index.apply(changes);
    } catch (error) {
      this.#logger.warn({ operation: 'ranks.apply', reason: textOf(error) }, 'shared ranks are behind');
      this.#owe(changes);
    }
  }

  /** Has a span loaded, in the background, again and again until somebody has done it. */
  ensure(span: Span, pages: () => AsyncIterable<readonly LoadedEntry[]>): void {
    const key = spanKey(span);
    if (this.#isClosed) return;
    if (this.#loading.has(key)) {
      this.#again.add(key);
      return;
    }
    const loading = this.#load(span, pages).finally(() => {
      this.#schedule(() => {
        this.#loading.delete(key);
        if (this.#again.delete(key)) this.ensure(span, pages);
      }, LOAD_AGAIN_MS);
    });
    this.#loading.set(key, loading);
  }

  /** Waits for what is being loaded; brings nothing any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await Promise.allSettled(this.#loading.values());
  }

  async #load(span: Span, pages: () => AsyncIterable<readonly LoadedEntry[]>): Promise<void> {
    try {
      const isThere = (await this.index.isLoaded(span)) || (await this.index.load(span, this.#untilClosed(pages())));
      // Another process may be at it, and die.
      if (!isThere) this.#again.add(spanKey(span));
      this.#isFailing = false;
    } catch (error) {
      this.#again.add(spanKey(span));
      if (!this.#isFailing && !this.#isClosed)
        this.#logger.warn({ operation: 'ranks.load', reason: textOf(error) }, 'shared ranks were not loaded yet');
      this.#isFailing = true;
    }
  }

  async *#untilClosed(pages: AsyncIterable<readonly LoadedEntry[]>): AsyncGenerator<readonly LoadedEntry[]> {
    for await (const page of pages) {
      if (this.#isClosed) throw new Error('the process ends');
      yield page;
    }
  }

  #owe(changes: readonly RankChange[]): void {
    for (const { userId, ranking } of changes) {
      const spans = this.#owed.get(userId) ?? new Map<string, Span>();
      this.#owed.set(userId, spans.set(spanKey(ranking), ranking));
    }
    if (this.#owed.size > MOST_OWED) this.#giveUp();
    this.#later();
  }

  #giveUp(): void {
    for (const spans of this.#owed.values()) for (const [key, span] of spans) this.#stale.set(key, span);
    this.#owed.clear();
  }

  #later(): void {
    if (this.#isClosed) return;
    this.#cancel ??= this.#schedule(() => {
      this.#cancel = null;
      void this.#pay().catch(() => this.#later());
    }, RETRY_MS);
  }

  async #pay(): Promise<void> {
    this.#isPaying = true;
    try {
      for (const [key, span] of this.#stale) {
        await this.index.drop(span);
        this.#stale.delete(key);
      }
      while (this.#owed.size > 0) await this.#paySome();
    } finally {
      this.#isPaying = false;
    }
  }

  async #paySome(): Promise<void> {
    const paid = [...this.#owed].slice(0, PAID_AT_ONCE);
    for (const [userId] of paid) this.#owed.delete(userId);
    try {
      for await (const changes of this.#reread(paid.map(([userId]) => userId))) await this.index.apply(changes);
    } catch (error) {
      for (const [userId, spans] of paid)
        this.#owed.set(userId, new Map([...spans, ...(this.#owed.get(userId) ?? [])]));
      throw error;
    }
  }
}
