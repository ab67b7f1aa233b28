import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from '../../graphql/errors.ts';
import { type LoadedEntry, type RankIndex, type Span, spanKey } from '../../ranking/rank-index.ts';

/** A load may keep a reader waiting for so long, milliseconds. */
const PATIENCE_MS = 3_000;

/** The index of this process: what is asked of it is loaded first. */
export class LocalRanks {
  readonly index: RankIndex;
  readonly #pages: (span: Span) => AsyncIterable<readonly LoadedEntry[]>;
  readonly #loading = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(index: RankIndex, pages: (span: Span) => AsyncIterable<readonly LoadedEntry[]>) {
    this.index = index;
    this.#pages = pages;
  }

  /**
   * Asks, loading the span where it is not loaded.
   * @throws ApiError NOT_READY when that takes too long; the load goes on
   */
  async ask<T>(span: Span, read: () => Promise<T | null>): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    do {
      await within(this.load(span), deadline - performance.now());
      const answer = await read();
      if (answer !== null) return answer;
    } while (performance.now() < deadline);
    throw notReady();
  }

  /** Has a span loaded. */
  async load(span: Span): Promise<void> {
    if (await this.index.isLoaded(span)) return;
    const key = spanKey(span);
    const loading =
      this.#loading.get(key) ??
      this.index
        .load(span, this.#untilClosed(span))
        .then(() => undefined)
        .finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    await loading;
  }

  /** Whether any of these is loaded, or anything is being loaded. */
  async has(spans: Iterable<Span>): Promise<boolean> {
    if (this.#loading.size > 0) return true;
    for (const span of spans) if (await this.index.isLoaded(span)) return true;
    return false;
  }

  /** Breaks off what is being loaded. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#loading.values());
  }

  async *#untilClosed(span: Span): AsyncGenerator<readonly LoadedEntry[]> {
    for await (const page of this.#pages(span)) {
      if (this.#isClosed) throw new Error('the process ends');
      yield page;
    }
  }
}

function notReady(): ApiError {
  return new ApiError('NOT_READY', 'Ranks are being loaded; ask again', { retryAfterMs: 1_000 });
}

/** Waits for it at most so long. @throws NOT_READY when it takes longer, and what it rejects with */
async function within(work: Promise<void>, ms: number): Promise<void> {
  const stop = new AbortController();
  const late = pause(Math.max(0, ms), undefined, { signal: stop.signal, ref: false }).then(
    () => Promise.reject(notReady()),
    () => undefined,
  );
  try {
    await Promise.race([work, late]);
  } finally {
    stop.abort();
    work.catch(() => undefined);
  }
}
