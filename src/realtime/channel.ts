/** The consumer took its items too slowly: `bound` of them were waiting when another came. */
export class OverflowError extends Error {
  /** Items that were waiting. */
  readonly bound: number;

  constructor(bound: number) {
    super(`the consumer is too slow: ${bound} items are waiting`);
    this.name = 'OverflowError';
    this.bound = bound;
  }
}

/** How a channel is made. */
export interface ChannelOptions {
  /** Items that may wait, at least 1. */
  readonly bound: number;
  /** What the item too many does. `fail`: the channel fails with an OverflowError. */
  readonly overflow: 'fail';
  /** Lets go of the source. Called once: on `return`, `throw`, `end`, `fail` or overflow, whichever comes first. Must not throw. */
  readonly release: () => void;
}

/** A bounded line from a source that pushes to one consumer that pulls. */
export interface Channel<T> extends AsyncIterableIterator<T, undefined> {
  /** Hands over an item; nothing happens after the end. */
  push(item: T): void;
  /** No more items: those waiting are still handed out, then the iteration is done. */
  end(): void;
  /** Breaks off: items waiting are dropped, the pending or else the following `next` rejects with `error`, later ones are done. */
  fail(error: Error): void;
  /** Ends for the consumer and releases the source at once, also while a `next` is pending (it resolves done) or before any. */
  return(): Promise<IteratorResult<T, undefined>>;
  /** As `return`, then rejects with `error`. */
  throw(error?: unknown): Promise<IteratorResult<T, undefined>>;
  /** Items waiting. */
  readonly waiting: number;
}

interface Pending<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: Error): void;
}

const done = { done: true, value: undefined } as const;

/** Makes a channel. One consumer: a `next` while another is pending rejects. */
export function createChannel<T>({ bound, release }: ChannelOptions): Channel<T> {
  const items: T[] = [];
  let pending: Pending<T> | null = null;
  let failure: Error | null = null;
  let isOpen = true;

  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    release();
  };
  const takePending = () => {
    const taken = pending;
    pending = null;
    return taken;
  };
  const fail = (error: Error) => {
    if (!isOpen) return;
    items.length = 0;
    const waiter = takePending();
    if (!waiter) failure = error;
    close();
    waiter?.reject(error);
  };
  const finish = () => {
    items.length = 0;
    failure = null;
    close();
    takePending()?.resolve(done);
  };

  const channel: Channel<T> = {
    [Symbol.asyncIterator]: () => channel,
    get waiting() {
      return items.length;
    },
    push: (item) => {
      if (!isOpen) return;
      const waiter = takePending();
      if (waiter) waiter.resolve({ done: false, value: item });
      else if (items.length >= bound) fail(new OverflowError(bound));
      else items.push(item);
    },
    end: () => {
      close();
      takePending()?.resolve(done);
    },
    fail,
    next: () => {
      if (pending) return Promise.reject(new Error('a channel has one consumer'));
      if (failure) {
        const error = failure;
        failure = null;
        return Promise.reject(error);
      }
      // An item may itself be undefined: the length says whether there is one.
      if (items.length > 0) return Promise.resolve({ done: false, value: items.shift() as T });
      if (!isOpen) return Promise.resolve(done);
      return new Promise((resolve, reject) => {
        pending = { resolve, reject };
      });
    },
    return: () => {
      finish();
      return Promise.resolve(done);
    },
    throw: (error) => {
      finish();
      return Promise.reject(error);
    },
  };
  return channel;
}
