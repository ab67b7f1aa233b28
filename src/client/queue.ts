import { asLaurelError, LaurelError, type Refusal, stopping } from './errors.ts';
import type { EventOutcome, QueuedEvent, RecordedEvent } from './event.ts';
import type { Requests } from './http.ts';
import type { Parts } from './options.ts';
import { createQueueStore } from './queue-store.ts';
import { BATCH, refuse, run, type Sender } from './sender.ts';
import { createWaiting } from './waiting.ts';

/** Events on their way to the server. */
export interface EventQueue {
  /**
   * Resolves once the event is in the storage.
   * @throws LaurelError CLOSED; TypeError for details that JSON cannot hold; what the storage throws when it cannot keep the event (then it is not queued)
   */
  record(type: string, details?: unknown): Promise<RecordedEvent>;
  /** Tries at once instead of waiting out a failure. */
  retryNow(): void;
  /** The line is there again: tries at once, unless the server asked to wait. */
  connected(): void;
  /** Stops sending. What waits stays in the storage. */
  close(): Promise<void>;
}

/** Makes the queue of one player and starts to send what an earlier run left. */
export function createEventQueue(parts: Parts, requests: Requests, key: string): EventQueue {
  const sender = createSender(parts, requests, key);
  const { store, waiting, entries } = sender;
  const loaded = load(sender);
  // `record` meets the error again.
  const isLoaded = loaded.then(
    () => true,
    (thrown: unknown) => {
      parts.tell(stopping(asLaurelError(thrown, 'STORAGE')));
      return false;
    },
  );
  let running: Promise<void> = Promise.resolve();
  const start = (): void => {
    if (sender.isRunning || sender.isClosed) return;
    sender.isRunning = true;
    running = run(sender, isLoaded);
  };
  start();
  return {
    async record(type, details) {
      if (sender.isClosed) throw new LaurelError('CLOSED', 'The client is closed');
      const event = newEvent(parts, type, details);
      await loaded;
      const stored = await store.append(event);
      const { promise: done, resolve } = deferred<EventOutcome>();
      if (sender.isClosed) resolve({ status: 'waiting' });
      else entries.push({ ...stored, settle: resolve });
      await shed(sender);
      start();
      return { ...event, done };
    },
    retryNow: () => waiting.wake(),
    connected() {
      if (!sender.isAskedToWait) waiting.wake();
    },
    async close() {
      sender.isClosed = true;
      waiting.close();
      await running;
      await store.idle();
      for (const entry of entries) entry.settle({ status: 'waiting' });
    },
  };
}

function createSender(parts: Parts, requests: Requests, key: string): Sender {
  return {
    parts,
    requests,
    store: createQueueStore(parts.storage, key, parts.tell),
    waiting: createWaiting(parts),
    entries: [],
    inFlight: 0,
    most: BATCH,
    failures: 0,
    isAskedToWait: false,
    isClosed: false,
    isRunning: false,
  };
}

async function load({ store, entries }: Sender): Promise<void> {
  for (const stored of await store.load()) entries.push({ ...stored, settle: () => undefined });
}

function newEvent({ uuid, now }: Parts, type: string, details: unknown): QueuedEvent {
  const event = { idempotencyKey: uuid(), type, occurredAt: new Date(now()).toISOString() };
  return details === undefined ? event : { ...event, details };
}

/** Makes room: the oldest that is not on its way to the server goes. */
async function shed(sender: Sender): Promise<void> {
  const { entries, inFlight, parts } = sender;
  const [oldest] = entries.length > parts.queueLimit ? entries.slice(inFlight, inFlight + 1) : [];
  if (oldest !== undefined) await refuse(sender, [oldest], fullRefusal(parts.queueLimit));
}

function fullRefusal(limit: number): Refusal {
  const message = `More than ${limit} events wait to be sent; the oldest was given up`;
  return { code: 'QUEUE_FULL', message, retryAfterMs: null, issues: [], suggestion: null };
}

/** As Promise.withResolvers, which browsers and React Native of today do not all have. */
function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
