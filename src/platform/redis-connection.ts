import { Redis, type RedisCommander, type RedisOptions } from 'ioredis';
import { addListener } from './listeners.ts';

/** What a connection needs of a logger (pino has this shape). Must not throw. */
export interface RedisLog {
  warn(details: object, message: string): void;
  info(details: object, message: string): void;
}

/** The figures of a connection, all in milliseconds. */
export interface RedisFigures {
  /** From one answered PING to the next. */
  readonly heartbeatMs: number;
  /** A PING, or the handshake after connecting, that is not answered by then has failed. */
  readonly deadlineMs: number;
  /** A TCP connection that is not open by then has failed. */
  readonly connectTimeoutMs: number;
  /** A command that is not answered by then is rejected (commands connection only). */
  readonly commandTimeoutMs: number;
  /** The longest pause before the next attempt to connect. */
  readonly maxRetryMs: number;
  /** How long a connection may take to close politely before its socket is destroyed. */
  readonly closeMs: number;
}

/** The defaults: a connection that died without a word is noticed within heartbeatMs + deadlineMs, 5 s. */
export const defaultRedisFigures: RedisFigures = {
  heartbeatMs: 3_000,
  deadlineMs: 2_000,
  connectTimeoutMs: 3_000,
  commandTimeoutMs: 2_000,
  maxRetryMs: 2_000,
  closeMs: 200,
};

/** What sends commands to Redis, one server or a cluster of them, and comes back by itself. */
export interface RedisCommands {
  /**
   * The client. Nothing is queued: a command while the connection is away is rejected at once, and one in flight when it breaks
   * is never sent again; whoever calls it handles the rejection. In a cluster a command goes where its first key is.
   */
  readonly client: RedisCommander;
  /**
   * The server that keeps `key`, for what is asked of a server and not of a key. Another object each time it may be another server or
   * another run of it, unless `onDown` was called in between.
   * @throws Error while it is away
   */
  serverOf(key: string): Redis;
  /** Connected, past the handshake, and the last PING was answered in time. */
  readonly up: boolean;
  /** Calls `listener` each time the connection became usable. Returns the function that ends it. */
  onUp(listener: () => void): () => void;
  /** Calls `listener` each time the connection broke, or stopped answering. Returns the function that ends it. */
  onDown(listener: () => void): () => void;
  /** Ends it for good, also while Redis is away; resolves within `closeMs` or so, leaves no timer. Ending twice does nothing. */
  close(): Promise<void>;
}

/** One connection to one server. */
export interface RedisConnection extends RedisCommands {
  readonly client: Redis;
}

/** Timers and chance, replaced by tests. `schedule` runs once after `ms` and returns the function that calls it off. */
export interface RedisSurroundings {
  readonly logger: RedisLog;
  readonly figures?: Partial<RedisFigures>;
  readonly schedule?: (run: () => void, ms: number) => () => void;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** The pause before attempt `attempt` (1, 2, ...): doubling from 100 ms up to `maxMs`, of it a random half to the whole. */
export function reconnectDelayMs(attempt: number, maxMs: number, random: () => number): number {
  const ceiling = Math.min(maxMs, 100 * 2 ** Math.min(attempt - 1, 20));
  return Math.round(ceiling * (0.5 + random() / 2));
}

/** The timers of a connection. They hold the process open, as its sockets do: whoever awaits `close` is answered. */
export const connectionSchedule = (run: () => void, ms: number): (() => void) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** Opens a connection without waiting for it: Redis may come later. Never throws for an absent Redis. */
export function openConnection(
  url: string,
  role: 'commands' | 'subscriber',
  own: Pick<RedisOptions, 'maxRetriesPerRequest' | 'commandTimeout'>,
  { logger, figures: given, schedule = connectionSchedule, random = Math.random }: RedisSurroundings,
): RedisConnection {
  const figures = { ...defaultRedisFigures, ...given };
  const client = new Redis(url, {
    ...own,
    connectionName: `laurel-${role}`,
    // Resubscribing and resending by the client itself are promises nobody awaits: closing meanwhile would end the process.
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    connectTimeout: figures.connectTimeoutMs,
    disconnectTimeout: figures.closeMs,
    retryStrategy: (attempt) => reconnectDelayMs(attempt, figures.maxRetryMs, random),
  });
  const ups = new Set<() => void>();
  const downs = new Set<() => void>();
  let up = false;
  let closing: Promise<void> | null = null;
  let reported = false;
  let cancel = () => {};

  const wait = (run: () => void, ms: number) => {
    cancel();
    cancel = schedule(run, ms);
  };
  const report = (reason: string) => {
    if (reported || closing) return;
    reported = true;
    logger.warn({ role, reason }, 'redis is away');
  };
  const down = (reason: string) => {
    cancel();
    report(reason);
    if (!up) return;
    up = false;
    for (const listener of [...downs]) listener();
  };
  const giveUp = (reason: string) => {
    down(reason);
    client.disconnect(true);
  };
  const beat = () => {
    let answered = false;
    client.ping().then(
      () => {
        answered = true;
        if (up) wait(beat, figures.heartbeatMs);
      },
      () => {},
    );
    const judge = () => {
      if (!answered) giveUp('no answer to PING');
    };
    // The answer may lie unread in the socket after a long turn of our own: give it one more turn of the loop.
    wait(() => wait(judge, 0), figures.deadlineMs);
  };

  client.on('error', (error: Error) => {
    // Redis said what nobody asked for: a slot left the node and took its channels along. Answers are no longer told apart.
    if (error.message.startsWith('Command queue state error')) giveUp('slots moved');
    else report(error.message || error.name);
  });
  // The client leaves the SSUBSCRIBE that met this without an answer for ever.
  client.on('moved', () => giveUp('slots moved'));
  client.on('connect', () => {
    if (!closing) wait(() => giveUp('no answer to the handshake'), figures.deadlineMs);
  });
  client.on('ready', () => {
    if (closing) return;
    if (reported) logger.info({ role }, 'redis is back');
    reported = false;
    up = true;
    wait(beat, figures.heartbeatMs);
    for (const listener of [...ups]) listener();
  });
  client.on('close', () => down('connection closed'));

  const end = () =>
    new Promise<void>((resolve) => {
      down('closing');
      if (client.status === 'end') return resolve();
      // Between two attempts there is no socket and so no end to await: wait out the timer the client sets all the same.
      const giveUpWaiting = schedule(resolve, figures.closeMs + 50);
      client.once('end', () => {
        giveUpWaiting();
        resolve();
      });
      client.disconnect();
    });

  return {
    client,
    serverOf: () => client,
    get up() {
      return up && client.status === 'ready';
    },
    onUp: (listener) => addListener(ups, listener),
    onDown: (listener) => addListener(downs, listener),
    close: () => {
      closing ??= Promise.resolve().then(end);
      return closing;
    },
  };
}
