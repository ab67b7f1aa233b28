import type { LaurelError, Refusal } from './errors.ts';
import type { EventAnswer, QueuedEvent } from './event.ts';
import type { UserRef } from './operations.ts';

/**
 * Where the client keeps what must survive a restart: `localStorage`, React Native's AsyncStorage, a file. What `set` has resolved must
 * be there after a restart. One client at a time may use the same storage for the same user: two tabs need two storages, or a lock.
 */
export interface LaurelStorage {
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  set(key: string, value: string): unknown;
  remove(key: string): unknown;
}

/** Runs something once after `ms`; answers what calls it off. */
export type LaurelSchedule = (run: () => void, ms: number) => () => void;

/** As much of `fetch` as the client needs. */
export type LaurelFetch = (
  url: string,
  init: {
    readonly method: 'POST';
    readonly headers: Record<string, string>;
    readonly body: string;
    readonly signal: AbortSignal;
  },
) => Promise<{ readonly status: number; json(): Promise<unknown> }>;

/** How a client is set. */
export interface LaurelOptions {
  /** The GraphQL endpoint: `https://laurel.example/graphql`. The socket is opened at the same address. */
  readonly url: string;
  /** The player: whose messages are followed, and to whom what is recorded happens. Exactly one of its fields. */
  readonly user: UserRef;
  /**
   * The value of the Authorization header (`Bearer ...`), or null for none. Asked before each connection and each request, so answer a
   * fresh token; asked again after 4403 (expired). When it throws the client waits and asks again.
   */
  readonly authorization?: () => string | null | Promise<string | null>;
  /** In memory by default: then queued events and the place in the stream are lost with the process. */
  readonly storage?: LaurelStorage;
  /** Language of names and messages; the user's own by default. */
  readonly locale?: string;
  /** Most events that wait to be sent; 10,000 by default. Beyond it the oldest is refused with `QUEUE_FULL`. */
  readonly queueLimit?: number;
  /** An event is recorded; also one that an earlier run of the game had queued. */
  readonly onRecorded?: (event: QueuedEvent, answer: EventAnswer) => void;
  /** An event was refused for good and is no longer in the queue. */
  readonly onRefused?: (event: QueuedEvent, refusal: Refusal) => void;
  /** What went wrong. With `stops` the client does not go on by itself (signed out, no right); otherwise it does. */
  readonly onError?: (error: LaurelError) => void;
  /** `WebSocket` by default. */
  readonly webSocketImpl?: unknown;
  /** `fetch` by default. */
  readonly fetchImpl?: LaurelFetch;
  /** Milliseconds since 1970; `Date.now` by default. */
  readonly now?: () => number;
  /** 0 to 1; `Math.random` by default. */
  readonly random?: () => number;
  /** `setTimeout` by default. */
  readonly schedule?: LaurelSchedule;
  /** Names events; `crypto.randomUUID` by default, or made of `random` where there is none (React Native, plain http). */
  readonly uuid?: () => string;
  /** Prints documents that are syntax trees: `print` of the graphql package. Not needed for documents that are strings. */
  // biome-ignore lint/suspicious/noExplicitAny: graphql's print takes its own node types, which this module does not import.
  readonly print?: (document: any) => string;
}

/** The options with everything that may be left out filled in. */
export interface Parts
  extends Required<Omit<LaurelOptions, 'locale' | 'webSocketImpl' | 'print' | 'onError' | 'onRecorded' | 'onRefused'>> {
  readonly locale: string | null;
  readonly webSocketImpl: unknown;
  readonly print: ((document: unknown) => string) | null;
  /** Tells the game of an error; never throws. */
  readonly tell: (error: LaurelError) => void;
  readonly told: {
    readonly recorded: (event: QueuedEvent, answer: EventAnswer) => void;
    readonly refused: (event: QueuedEvent, refusal: Refusal) => void;
  };
}

/** Most events that wait, unless the game says otherwise. */
const QUEUE_LIMIT = 10_000;

/**
 * Fills in what was left out.
 * @throws TypeError when the user is not named by exactly one field, or the limit of the queue is not a positive integer
 */
export function readOptions(options: LaurelOptions): Parts {
  const { user, queueLimit = QUEUE_LIMIT, random = Math.random, onError, onRecorded, onRefused } = options;
  userKey(user);
  if (!Number.isSafeInteger(queueLimit) || queueLimit < 1) throw new TypeError('queueLimit is a positive integer');
  return {
    url: options.url,
    user,
    authorization: options.authorization ?? (() => null),
    storage: options.storage ?? memoryStorage(),
    locale: options.locale ?? null,
    queueLimit,
    webSocketImpl: options.webSocketImpl,
    fetchImpl: options.fetchImpl ?? ((url, init) => fetch(url, init)),
    now: options.now ?? Date.now,
    random,
    schedule: options.schedule ?? timers,
    uuid: options.uuid ?? (() => randomUuid(random)),
    print: options.print ?? null,
    tell: (error) => {
      try {
        onError?.(error);
      } catch {
        // A handler of errors that fails has nobody left to tell.
      }
    },
    told: { recorded: onRecorded ?? (() => undefined), refused: onRefused ?? (() => undefined) },
  };
}

/**
 * Names a user in the keys of the storage.
 * @throws TypeError when not exactly one field is set
 */
export function userKey({ id, externalId, username }: UserRef): string {
  const named = Object.entries({ id, externalId, username }).filter(([, value]) => value);
  const [by, value] = named[0] ?? [];
  if (by === undefined || named.length > 1) throw new TypeError('Name the user by one of id, externalId, username');
  return `${by}:${value}`;
}

/** Keeps everything until the process ends. */
export function memoryStorage(): LaurelStorage {
  const kept = new Map<string, string>();
  return {
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => {
      kept.set(key, value);
    },
    remove: (key) => {
      kept.delete(key);
    },
  };
}

const timers: LaurelSchedule = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

function randomUuid(random: () => number): string {
  if (typeof globalThis.crypto?.randomUUID === 'function') return globalThis.crypto.randomUUID();
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
}
