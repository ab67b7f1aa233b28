/** What one run over a structure of ranks does. */
export interface RanksJob {
  /** `order`: that of `laurel` alone, asked by entry number. */
  readonly structure: 'laurel' | 'array' | 'order';
  readonly users: number;
  /** Operations of each kind that are measured, after a quarter as many that are not. */
  readonly reads: number;
  readonly updates: number;
}

/** What it saw. Rates are a second of processor, those of the garbage collector's threads included. */
export interface RanksSeen {
  readonly loadSeconds: number;
  /** The longest that others had to wait for their turn during the load, milliseconds. */
  readonly longestTurnMs: number;
  /** Where a random user stands, one a call. */
  readonly ranksPerSecond: number;
  /** The same, fifty a call. */
  readonly manyRanksPerSecond: number;
  /** Ten entries from a random position on; pages, not entries. */
  readonly pagesPerSecond: number;
  /** Random users get random values, five hundred a call as a batch of ingest brings them. */
  readonly updatesPerSecond: number;
  /** What is held after the load and the updates: array buffers, and the heap, in units of 1,000,000 bytes. */
  readonly buffersMb: number;
  readonly heapMb: number;
}

/** What a run over the order alone saw: a second of processor, random entries and random new values, one a call. */
export interface OrderSeen {
  readonly positionsPerSecond: number;
  readonly movesPerSecond: number;
}
