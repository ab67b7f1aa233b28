import type { Bus } from './bus.ts';
import { type Log, textOf } from './log.ts';
import { type Schedule, systemSchedule } from './schedule.ts';
import type { Sweeper } from './sweeper.ts';
import type { Topic, Topics } from './topics.ts';

/** A stored message: `seq` is its place in the order of its key, and that order is the order of the commits. */
export interface StoredRow {
  readonly seq: number;
}

/** A row as the consumer gets it. */
export interface StoredItem<Row extends StoredRow> {
  readonly row: Row;
  /** It was stored before the stream was attached. */
  readonly replayed: boolean;
}

/** How a stored stream is opened; times in milliseconds. */
export interface StoredStreamOptions<T extends Topic, Row extends StoredRow> {
  readonly bus: Bus;
  /** Looks for rows nobody told of: while the bus is not healthy, when it recovered, and now and then. */
  readonly sweeper: Sweeper;
  readonly topic: T;
  readonly key: string;
  /** The `seq` the consumer knows last: everything stored after it comes first. Null: only what is stored from now on. */
  readonly after: number | null;
  /** The newest stored `seq` of the key, 0 without rows. */
  readonly newest: () => Promise<number>;
  /**
   * The next rows with `seq > after`, ascending, at most `limit`; fewer mean that there are no more. It may leave rows out (a
   * filter), and must see everything committed before it began (no replica that lags).
   */
  readonly read: (after: number, limit: number) => Promise<readonly Row[]>;
  /** The `seq` a message speaks of, so that a wake-up for what is known costs nothing; null: unknown. Default: always unknown. */
  readonly seqOf?: (payload: Topics[T]) => number | null;
  /** True for an error of `read` that no later attempt can heal (rows gone by retention): it ends the stream. Default: none. */
  readonly isFatal?: (error: unknown) => boolean;
  /** Rows of a page, the most that is held in memory. Default 100. */
  readonly pageSize?: number;
  /** The first pause after a failed read, doubled each time up to `maxRetryMs`; a wake-up cuts it short. Default 100. */
  readonly retryMs?: number;
  /** Default 5,000. */
  readonly maxRetryMs?: number;
  readonly logger: Log;
  readonly schedule?: Schedule;
}

/** The stream of the stored rows of one key. One consumer: a `next` while another is pending rejects. */
export type StoredStream<Row extends StoredRow> = AsyncIterableIterator<StoredItem<Row>, undefined> & {
  /** Ends the stream and releases everything at once, also while a `next` is pending (it resolves done) or before any. */
  return(): Promise<IteratorResult<StoredItem<Row>, undefined>>;
  /** As `return`, then rejects with `error`. */
  throw(error?: unknown): Promise<IteratorResult<StoredItem<Row>, undefined>>;
};

/**
 * Every row after the start exactly once, in the order of `seq`, without a gap, whatever the bus loses or doubles. Attaches to the
 * bus first, then takes the start position, so nothing falls between. Reads on demand only: a page when the consumer asks and
 * something new may be there. Rejects, with everything released, when `newest` fails; a failing `read` is logged and tried again.
 */
export async function openStoredStream<T extends Topic, Row extends StoredRow>(
  options: StoredStreamOptions<T, Row>,
): Promise<StoredStream<Row>> {
  const { bus, topic, key, seqOf = () => null, sweeper, after } = options;
  const reader = new Reader(options);
  try {
    reader.holds(await bus.subscribe(topic, key, (payload) => reader.hint(seqOf(payload))));
    reader.start(after, await options.newest());
  } catch (error) {
    reader.release();
    throw error;
  }
  reader.holds(sweeper.watch(key, reader));
  return reader;
}

interface Pending<Row extends StoredRow> {
  resolve(result: IteratorResult<StoredItem<Row>, undefined>): void;
  reject(error: unknown): void;
}

const done = { done: true, value: undefined } as const;

class Reader<T extends Topic, Row extends StoredRow> implements AsyncIterableIterator<StoredItem<Row>, undefined> {
  readonly #options: StoredStreamOptions<T, Row>;
  readonly #releases: (() => void)[] = [];
  /** The `seq` handed out or passed over last. */
  #last = 0;
  /** What was stored up to here was there before the stream. */
  #head = 0;
  /** The newest `seq` the database spoke of. */
  #target = 0;
  #checkedTo = 0;
  #mayHaveMore = false;
  #page: readonly Row[] = [];
  #at = 0;
  #pending: Pending<Row> | null = null;
  #isReading = false;
  #isOpen = true;
  #failures = 0;
  #cancelRetry: (() => void) | null = null;

  constructor(options: StoredStreamOptions<T, Row>) {
    this.#options = options;
  }

  get checkedTo(): number {
    return this.#checkedTo;
  }

  holds(release: () => void): void {
    this.#releases.push(release);
  }

  start(after: number | null, head: number): void {
    this.#head = head;
    this.#last = after ?? head;
    this.#checkedTo = this.#last;
    this.#target = Math.max(this.#target, head);
    // A wake-up that came meanwhile may speak of a row after `head`.
    this.#mayHaveMore ||= this.#last < head;
  }

  wake(newest: number): void {
    this.#target = Math.max(this.#target, newest);
    this.hint(newest);
  }

  /** A message said that there is something new. Its `seq` is no truth: it may spare a read, never move a position. */
  hint(seq: number | null): void {
    if (!this.#isOpen || (seq !== null && seq <= this.#checkedTo)) return;
    this.#mayHaveMore = true;
    this.#stopRetry();
    this.#pull();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<StoredItem<Row>, undefined>> {
    if (!this.#isOpen) return Promise.resolve(done);
    if (this.#pending) return Promise.reject(new Error('a stored stream has one consumer'));
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#pull();
    });
  }

  return(): Promise<IteratorResult<StoredItem<Row>, undefined>> {
    this.release();
    return Promise.resolve(done);
  }

  throw(error?: unknown): Promise<IteratorResult<StoredItem<Row>, undefined>> {
    this.release();
    return Promise.reject(error);
  }

  release(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#page = [];
    this.#stopRetry();
    for (const release of this.#releases.splice(0)) release();
    this.#takePending()?.resolve(done);
  }

  /** Gives the waiting consumer a row of the page, or sees to the next page. */
  #pull(): void {
    if (!this.#pending || this.#isReading || !this.#isOpen) return;
    const row = this.#takeRow();
    if (row) this.#takePending()?.resolve({ done: false, value: { row, replayed: row.seq <= this.#head } });
    else if (this.#mayHaveMore && !this.#cancelRetry) void this.#read();
  }

  #takeRow(): Row | undefined {
    while (this.#at < this.#page.length) {
      const row = this.#page[this.#at];
      this.#at += 1;
      if (!row || row.seq <= this.#last) continue;
      this.#last = row.seq;
      return row;
    }
    this.#page = [];
    this.#at = 0;
    return undefined;
  }

  async #read(): Promise<void> {
    const { read, pageSize = 100, isFatal } = this.#options;
    const target = this.#target;
    this.#isReading = true;
    this.#mayHaveMore = false;
    try {
      const page = await read(this.#last, pageSize);
      if (!this.#isOpen) return;
      this.#page = page;
      this.#failures = 0;
      const end = page.at(-1)?.seq ?? 0;
      if (page.length >= pageSize) this.#mayHaveMore = true;
      else this.#checkedTo = Math.max(this.#checkedTo, target, end);
    } catch (error) {
      if (!this.#isOpen) return;
      this.#mayHaveMore = true;
      if (isFatal?.(error)) this.#fail(error);
      else this.#retryLater(error);
    } finally {
      this.#isReading = false;
    }
    this.#pull();
  }

  #fail(error: unknown): void {
    const pending = this.#takePending();
    this.release();
    pending?.reject(error);
  }

  #retryLater(error: unknown): void {
    const { retryMs = 100, maxRetryMs = 5_000, schedule = systemSchedule, logger, topic, key } = this.#options;
    const pauseMs = Math.min(maxRetryMs, retryMs * 2 ** Math.min(this.#failures, 20));
    this.#failures += 1;
    if (this.#failures === 1) logger.warn({ topic, key, reason: textOf(error) }, 'reading a stored stream failed');
    this.#cancelRetry = schedule(() => {
      this.#cancelRetry = null;
      this.#pull();
    }, pauseMs);
  }

  #stopRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
  }

  #takePending(): Pending<Row> | null {
    const pending = this.#pending;
    this.#pending = null;
    return pending;
  }
}
