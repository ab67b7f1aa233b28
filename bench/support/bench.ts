/** How a run of the bench is set; every figure gets it. */
export interface Bench {
  readonly rounds: number;
  /** A check of the harness: one short round, nothing written. */
  readonly quick: boolean;
  /** A CPU profile of one more round of the server, after the measured ones. */
  readonly profile: boolean;
  /** Events of the long log of P4. */
  readonly logEvents: number;
  /** A database of the PostgreSQL server under which every run makes its own. */
  readonly postgresUrl: string;
  readonly redisUrl: string;
  /** Ends the run, after which all that it made is taken away. */
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
}

/** The smaller size in a quick run. */
export function sized(bench: Bench, full: number, quick: number): number {
  return bench.quick ? quick : full;
}

/** Users of every figure that has users. */
export const USERS = 10_000;
