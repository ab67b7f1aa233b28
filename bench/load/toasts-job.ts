/** The achievement that a player's nth event unlocks is called so, with n behind it. */
export const KEY = 'login_';

/** What one run of the generator of events and toasts does. */
export interface ToastsJob {
  /** The server, `http://host:port`. */
  readonly url: string;
  /** The server's process: its processor time is told. */
  readonly pid: number;
  /** Authorization of the game server that records. */
  readonly key: string;
  /** Signs the tokens of the players that follow. */
  readonly secret: string;
  /** Whose PostgreSQL processes' time is told. */
  readonly databaseUrl: string;
  /** Names the run; idempotency keys are `<run>-<number>`. */
  readonly run: string;
  /** `player-<n>` from this one on, each on a socket of its own; nobody has recorded an event of them yet. */
  readonly firstPlayer: number;
  readonly sockets: number;
  /** Events a second, whatever the server does. */
  readonly perSecond: number;
  /** Of sending that is not counted, and of sending that is. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Keep-alive connections that events are sent over; an event for which none is free waits, and its time runs. */
  readonly connections: number;
}

/** What the generator saw. Times in milliseconds from the moment an event was to be sent; shares of one core. */
export interface Toasted {
  /** Counted events; each was answered. */
  readonly sent: number;
  /** Toasts of them, each counted once, and those that came again. */
  readonly delivered: number;
  readonly doubled: number;
  /** From the first counted event to the last toast. */
  readonly elapsedSeconds: number;
  readonly toast: Spread;
  readonly answer: Spread;
  /** How late events were sent: for want of a free connection, or by a busy generator. */
  readonly lag: Spread;
  readonly serverShare: number | null;
  readonly databaseShare: number | null;
  readonly generatorShare: number;
  readonly perCoreSecond: number | null;
}

/** A spread of times. */
export interface Spread {
  readonly p50Ms: number;
  readonly p99Ms: number;
}
