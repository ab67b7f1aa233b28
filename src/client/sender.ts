import { asLaurelError, LaurelError, type Refusal } from './errors.ts';
import { type EventOutcome, type EventResult, refusalOf } from './event.ts';
import type { Requests } from './http.ts';
import { LaurelRecordEventsDocument } from './operations.ts';
import type { Parts } from './options.ts';
import type { QueueStore, StoredEvent } from './queue-store.ts';
import { type Waiting, waitMsAfter } from './waiting.ts';

/** An event that waits, and who waits for it. */
export interface Entry extends StoredEvent {
  readonly settle: (outcome: EventOutcome) => void;
}

/** What sends the events of a queue. */
export interface Sender {
  readonly parts: Parts;
  readonly requests: Requests;
  readonly store: QueueStore;
  readonly waiting: Waiting;
  /** In order; the first `inFlight` of them are on their way. */
  readonly entries: Entry[];
  inFlight: number;
  /** Most events in the next request. */
  most: number;
  /** In a row. */
  failures: number;
  /** The server said how long to wait. */
  isAskedToWait: boolean;
  isClosed: boolean;
  isRunning: boolean;
}

/** Most events in one request. */
export const BATCH = 100;

/** Sends what waits, one batch after another, until nothing is left or the sender is closed. Never rejects. */
export async function run(sender: Sender, isLoaded: Promise<boolean>): Promise<void> {
  const mayRun = await isLoaded;
  while (mayRun && !sender.isClosed && sender.entries.length > 0) {
    const batch = sender.entries.slice(0, sender.most);
    sender.inFlight = batch.length;
    const waitMs = await deliver(sender, batch);
    sender.inFlight = 0;
    if (waitMs > 0 && !sender.isClosed) await sender.waiting.wait(waitMs);
  }
  // In the same turn as the last look at the entries, or an event that comes now would find it running.
  sender.isRunning = false;
}

/** Gives events up, and tells. */
export async function refuse(sender: Sender, gone: readonly Entry[], refusal: Refusal): Promise<void> {
  await remove(sender, gone);
  for (const entry of gone) settle(sender, entry, { status: 'refused', refusal });
}

/** Sends one batch. Answers the milliseconds to wait before the next. */
async function deliver(sender: Sender, batch: readonly Entry[]): Promise<number> {
  const { parts, requests } = sender;
  const sentAt = new Date(parts.now()).toISOString();
  const events = batch.map(({ event }) => ({ ...event, user: parts.user, sentAt }));
  try {
    const { recordEvents } = await requests.send(LaurelRecordEventsDocument, { events });
    const isDone = await takeIn(sender, batch, recordEvents.results);
    if (!isDone) throw new LaurelError('TEMPORARILY_UNAVAILABLE', 'Not all events could be recorded now');
    sender.failures = 0;
    sender.most = Math.min(BATCH, sender.most * 2);
    return 0;
  } catch (thrown) {
    return await fail(sender, batch, asLaurelError(thrown, 'NETWORK'));
  }
}

/** Takes in what the server said of a batch. Answers whether nothing of it is to be sent again. */
async function takeIn(sender: Sender, batch: readonly Entry[], results: readonly EventResult[]): Promise<boolean> {
  const done = batch.flatMap((entry, index) => {
    const result = results[index];
    return result === undefined || result.__typename === 'TemporarilyUnavailableError' ? [] : [{ entry, result }];
  });
  await remove(
    sender,
    done.map(({ entry }) => entry),
  );
  for (const { entry, result } of done) {
    const refusal = refusalOf(result);
    if (refusal !== null) settle(sender, entry, { status: 'refused', refusal });
    else if (result.__typename === 'RecordEventSuccess') settle(sender, entry, { status: 'recorded', answer: result });
  }
  return done.length === batch.length;
}

async function fail(sender: Sender, batch: readonly Entry[], error: LaurelError): Promise<number> {
  if (sender.isClosed) return 0;
  const { code, message, path } = error;
  // Without a path the operation itself was refused (a server of another version): that is no fault of the events.
  const isOfEvents = path !== null && (code === 'BAD_USER_INPUT' || code === 'FORBIDDEN');
  // One malformed event fails its batch: halve it until it stands alone.
  if (isOfEvents && batch.length > 1) {
    sender.most = Math.ceil(batch.length / 2);
    return 0;
  }
  if (isOfEvents) {
    await refuse(sender, batch, { code, message, retryAfterMs: null, issues: [], suggestion: null });
    return 0;
  }
  sender.parts.tell(error);
  sender.failures += 1;
  sender.isAskedToWait = error.retryAfterMs !== null;
  return waitMsAfter(error, sender.failures - 1, sender.parts.random);
}

async function remove({ entries, store, parts }: Sender, gone: readonly Entry[]): Promise<void> {
  const places = new Set(gone.map(({ at }) => at));
  entries.splice(0, entries.length, ...entries.filter(({ at }) => !places.has(at)));
  // What stays in a storage that fails is sent again by the next run, and counts once.
  await store.remove([...places]).catch((thrown: unknown) => parts.tell(asLaurelError(thrown, 'STORAGE')));
}

function settle({ parts }: Sender, entry: Entry, outcome: Exclude<EventOutcome, { status: 'waiting' }>): void {
  entry.settle(outcome);
  try {
    if (outcome.status === 'recorded') parts.told.recorded(entry.event, outcome.answer);
    else parts.told.refused(entry.event, outcome.refusal);
  } catch (thrown) {
    parts.tell(asLaurelError(thrown, 'HANDLER'));
  }
}
