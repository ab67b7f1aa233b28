/** What one run of the load generator does. */
export interface Job {
  /**
   * `batch`: recordEvents over HTTP; `single`: recordEvent over HTTP; `socket`: recordEvent over one WebSocket;
   * `empty`: a mutation that does nothing, over HTTP; `boardTop`, `boardNames`, `boardAround`, `boardEntry`: reads of the board `score`, over HTTP.
   */
  readonly kind: 'batch' | 'single' | 'socket' | 'empty' | 'boardTop' | 'boardNames' | 'boardAround' | 'boardEntry';
  /** Servers, `http://host:port`; callers are dealt out to them in turn. */
  readonly urls: readonly string[];
  /** Bearer credential; null: none is sent. */
  readonly key: string | null;
  /** Names the run; idempotency keys are `<run>-<number>`. Letters, digits, dots. */
  readonly run: string;
  /** The events are of `player-0` up to this many. */
  readonly users: number;
  /** Calls under way at any time: connections of HTTP, operations of a WebSocket. */
  readonly inFlight: number;
  /** Events of a call; 1 but for `batch`. */
  readonly perCall: number;
  /** Sends no more than so many events (calls, for `empty`). */
  readonly most: number;
  /** Sends nothing more after so long; what is under way is waited for. */
  readonly seconds: number;
  /** Where the acknowledgements are looked up at the end; null: nowhere. */
  readonly databaseUrl: string | null;
}

/** What the load generator saw. */
export interface Loaded {
  /** Events (calls, for `empty`) that were acknowledged. */
  readonly acknowledged: number;
  /** From the first call to the last answer. */
  readonly seconds: number;
  /** Of a call, milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of one core that the generator itself used. */
  readonly cpuShare: number;
  /** The same of its own PostgreSQL process, where the job is done by statements of its own; else null. */
  readonly databaseShare: number | null;
  /** How often each other answer came. */
  readonly refused: Readonly<Record<string, number>>;
  /** What the database says of the acknowledged keys; null when it was not asked. */
  readonly check: KeyCheck | null;
}

/** Acknowledged idempotency keys against the log. */
export interface KeyCheck {
  readonly checked: number;
  /** Acknowledged and not in the log. */
  readonly lost: number;
  /** In the log more than once. */
  readonly doubled: number;
}

/** The value below which this share of them lies; sorts in place. */
export function quantile(values: Float64Array, share: number): number {
  values.sort();
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
}
