import { LaurelError } from './errors.ts';
import type { QueuedEvent } from './event.ts';
import type { LaurelStorage } from './options.ts';

/** A stored event and its place. */
export interface StoredEvent {
  readonly at: number;
  readonly event: QueuedEvent;
}

/** Events in the storage, in order. What a call has resolved survives a restart; calls are carried out one after another. */
export interface QueueStore {
  /** What an earlier run left, in order; the entries that cannot be read are told and passed over. Call once, first. */
  load(): Promise<StoredEvent[]>;
  append(event: QueuedEvent): Promise<StoredEvent>;
  remove(places: readonly number[]): Promise<void>;
  /** Resolves when everything asked for is done. */
  idle(): Promise<void>;
}

/**
 * One key an event (`<prefix>:<place>`), and one for the first and the next place (`<prefix>`), so that recording costs the same however
 * many wait. The entry is written before the span that makes it count, and removed before the span that forgets it: a crash between leaves
 * an entry that is written over, or a place without one. A place between may be empty.
 */
export function createQueueStore(
  storage: LaurelStorage,
  prefix: string,
  tell: (error: LaurelError) => void,
): QueueStore {
  const places = new Set<number>();
  let next = 0;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
  const keyOf = (at: number): string => `${prefix}:${at}`;
  const writeSpan = async (): Promise<void> => {
    const [first = next] = places;
    await storage.set(prefix, JSON.stringify([first, next]));
  };
  const read = async (at: number): Promise<StoredEvent[]> => {
    const text = await storage.get(keyOf(at));
    if (text === null || text === undefined) return [];
    const event = parsed(text) as QueuedEvent | null;
    if (typeof event?.idempotencyKey === 'string' && typeof event.type === 'string') return [{ at, event }];
    tell(new LaurelError('STORAGE', `A queued event cannot be read: ${keyOf(at)}`));
    return [];
  };
  return {
    load: () =>
      inTurn(async () => {
        const [from, to] = spanOf(await storage.get(prefix));
        next = to;
        const found = await Promise.all(Array.from({ length: to - from }, (_, index) => read(from + index)));
        const events = found.flat();
        for (const { at } of events) places.add(at);
        return events;
      }),
    append: (event) =>
      inTurn(async () => {
        const at = next;
        await storage.set(keyOf(at), JSON.stringify(event));
        next += 1;
        places.add(at);
        await writeSpan();
        return { at, event };
      }),
    remove: (gone) =>
      inTurn(async () => {
        for (const at of gone) {
          places.delete(at);
          await storage.remove(keyOf(at));
        }
        await writeSpan();
      }),
    idle: () => inTurn(async () => undefined),
  };
}

/** Insertion order is the order of the places, so the first of the set is the first that is kept. */
function spanOf(text: string | null | undefined): readonly [number, number] {
  const span = parsed(text ?? '');
  if (!Array.isArray(span)) return [0, 0];
  const [from, to] = span as unknown[];
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && Number(from) <= Number(to)
    ? [Number(from), Number(to)]
    : [0, 0];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
