import { Redis, type RedisOptions } from 'ioredis';

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

/** One connection to Redis that comes back by itself. */
export interface RedisConnection {
  /**
   * The client. Nothing is queued: a command while the connection is away is rejected at once, and one in flight when it breaks
   * is never sent again; whoever calls it handles the rejection.
   */
  readonly client: Redis;
  /** Connected, past the handshake, and the last PING was answered in time. */
  readonly up: boolean;
  /** Calls `listener` each time the connection became usable. Returns the function that ends it. */
  onUp(listener: () => void): () => void;
  /** Calls `listener` each time the connection broke, or stopped answering. Returns the function that ends it. */
  onDown(listener: () => void): () => void;
  /** Ends it for good, also while Redis is away; resolves within `closeMs` or so, leaves no timer. Ending twice does nothing. */
  close(): Promise<void>;
}

/** The two connections of a process: one for commands, one that only listens. */
export interface RedisPair {
  readonly commands: RedisConnection;
  readonly subscriber: RedisConnection;
  /** Both are up. */
  readonly healthy: boolean;
  /** Closes both. Closing twice does nothing. */
  close(): Promise<void>;
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

/** Opens both connections without waiting for them: Redis may come later. Never throws for an absent Redis. */
export function openRedis(url: string, surroundings: RedisSurroundings): RedisPair {
  const commandTimeout = surroundings.figures?.commandTimeoutMs ?? defaultRedisFigures.commandTimeoutMs;
  // Commands in flight fail when the connection breaks (0 retries) instead of hanging until Redis is back.
  const commands = openConnection(url, 'commands', { maxRetriesPerRequest: 0, commandTimeout }, surroundings);
  const subscriber = openConnection(url, 'subscriber', { maxRetriesPerRequest: null }, surroundings);
  return {
    commands,
    subscriber,
    get healthy() {
      return commands.up && subscriber.up;
    },
    close: async () => {
      await Promise.all([commands.close(), subscriber.close()]);
    },
  };
}

// These hold the process open, as the sockets do: whoever awaits `close` is answered.
const systemSchedule = (run: () => void, ms: number): (() => void) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

function openConnection(
  url: string,
  role: 'commands' | 'subscriber',
  own: Pick<RedisOptions, 'maxRetriesPerRequest' | 'commandTimeout'>,
  { logger, figures: given, schedule = systemSchedule, random = Math.random }: RedisSurroundings,
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

  client.on('error', (error: Error) => report(error.message || error.name));
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
    get up() {
      return up && client.status === 'ready';
    },
    onUp: (listener) => add(ups, listener),
    onDown: (listener) => add(downs, listener),
    close: () => {
      closing ??= Promise.resolve().then(end);
      return closing;
    },
  };
}

function add(set: Set<() => void>, listener: () => void): () => void {
  const own = () => listener();
  set.add(own);
  return () => {
    set.delete(own);
  };
}
