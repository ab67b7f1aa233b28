/** What one run of the fan-out generator does. */
export interface FanOutJob {
  /** The server, `http://host:port`; both its sockets and its updates go to `/graphql`. */
  readonly url: string;
  /** The server's process: its processor time and memory are told. */
  readonly pid: number;
  /** What an update is: an event recorded with this key; null: a control message with the number of the update. */
  readonly key: string | null;
  /** Whose PostgreSQL processes' time is told; null: it has no database. */
  readonly databaseUrl: string | null;
  /** Names the run; idempotency keys are `<run>-<update>`. */
  readonly run: string;
  /** Clients, each with one socket and one subscription. */
  readonly sockets: number;
  /** Number of the first update of this run: those before it have been made. */
  readonly firstUpdate: number;
  /** Updates that are not counted. */
  readonly warmUps: number;
  /** Updates that are; fewer, down to 3, when they take longer than so many seconds. */
  readonly updates: number;
  readonly seconds: number;
}

/** What the fan-out generator saw. Shares are of one core, from the request of a counted update to its last arrival; null: cannot be read. */
export interface FannedOut {
  /** From the first client that connects to the first frame of the last. */
  readonly subscribeSeconds: number;
  /**
   * Of each counted update, milliseconds to the arrival at the last client: `fromAnswer` from the answer to what triggered it, or from the
   * first arrival where that comes before; `fromSend` from the moment it was sent.
   */
  readonly fromAnswerMs: readonly number[];
  readonly fromSendMs: readonly number[];
  /** Of a message, without the head of its frame. */
  readonly messageBytes: number;
  /** Frames that were none of the awaited updates: repeated or late ones. */
  readonly otherFrames: number;
  readonly serverShare: number | null;
  readonly databaseShare: number | null;
  readonly generatorShare: number;
  /** Deliveries a second of processor of the server and PostgreSQL: the same on a busy machine. */
  readonly perCoreSecond: number | null;
  /** What resident memory of the server grew by while all subscribed, a socket. */
  readonly kbPerSocket: number | null;
}
