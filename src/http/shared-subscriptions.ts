import type { ExecutionResult } from 'graphql';
import type { WebSocket } from 'ws';

/** What a subscription gives: its events, or why there are none. */
export type Subscribed = AsyncIterable<ExecutionResult> | ExecutionResult;

/** Runs a subscription once for all who want the same: one execution and one serialised payload an event. */
export interface SharedSubscriptions {
  /**
   * Joins those who want what `key` names, opening it for the first. Events go straight to the socket as `next` messages under `id`, for
   * who joins later the state of that moment first; the iterator that is answered gives none, it only ends when the subscription does, or leaves when it is returned.
   */
  join(key: string, open: () => Promise<Subscribed>, socket: WebSocket, id: string): Promise<Subscribed>;
  /** Subscriptions that run; for the leak check of the tests. */
  size(): number;
}

/** Sockets that are written to before others get their turn. */
const CHUNK = 1_000;
/** Bytes that may wait in a socket; with more it misses states until they are sent. */
const MOST_WAITING_BYTES = 64 * 1_024;
/** A state that is older is read anew for who joins, milliseconds. */
const FRESH_MS = 1_000;
const TAIL = Buffer.from('}');
const DONE = { done: true, value: undefined } as const;

/** Makes it. `write` turns a result into what clients see, errors dressed. */
export function createSharedSubscriptions(write: (result: ExecutionResult) => object): SharedSubscriptions {
  const groups = new Map<string, Group>();
  return {
    async join(key, open, socket, id) {
      const group = groups.get(key) ?? new Group(open, write, () => groups.delete(key));
      groups.set(key, group);
      const member = group.add(socket, id);
      const refused = await group.opened;
      return refused ?? member;
    },
    size: () => groups.size,
  };
}

class Group {
  /** Null once events come; else the answer instead of them. */
  readonly opened: Promise<ExecutionResult | null>;
  readonly #reopen: () => Promise<Subscribed>;
  readonly #write: (result: ExecutionResult) => object;
  readonly #empty: () => void;
  readonly #members = new Set<Member>();
  #events: AsyncIterator<ExecutionResult> | null = null;
  #latest: Buffer | null = null;
  #latestAt = 0;
  #refreshing: Promise<void> | null = null;
  #isOver = false;

  constructor(open: () => Promise<Subscribed>, write: (result: ExecutionResult) => object, empty: () => void) {
    this.#reopen = open;
    this.#write = write;
    this.#empty = empty;
    this.opened = this.#open(open);
  }

  add(socket: WebSocket, id: string): Member {
    const member = new Member(socket, id, () => {
      this.#members.delete(member);
      if (this.#members.size === 0) this.#end(null);
    });
    this.#members.add(member);
    if (this.#latest !== null) void this.#welcome(member);
    return member;
  }

  /** What does not move the subscription may have changed since its latest event: a joiner is shown the state of now. */
  async #welcome(member: Member): Promise<void> {
    if (performance.now() - this.#latestAt > FRESH_MS) {
      this.#refreshing ??= this.#refresh().finally(() => {
        this.#refreshing = null;
      });
      await this.#refreshing;
    }
    if (this.#latest !== null && this.#members.has(member)) member.show(this.#latest);
  }

  async #refresh(): Promise<void> {
    const before = this.#latest;
    try {
      const subscribed = await this.#reopen();
      if (!(Symbol.asyncIterator in subscribed)) return;
      const events = subscribed[Symbol.asyncIterator]();
      const first = await events.next();
      await events.return?.();
      // An event that came meanwhile is newer.
      if (!first.done && this.#latest === before) this.#keep(first.value);
    } catch {
      // What is known is shown instead.
    }
  }

  #keep(event: ExecutionResult): Buffer {
    this.#latest = Buffer.from(JSON.stringify(this.#write(event)));
    this.#latestAt = performance.now();
    return this.#latest;
  }

  async #open(open: () => Promise<Subscribed>): Promise<ExecutionResult | null> {
    try {
      const subscribed = await open();
      if (!(Symbol.asyncIterator in subscribed)) {
        this.#end(null);
        return subscribed;
      }
      this.#events = subscribed[Symbol.asyncIterator]();
      // All may have left meanwhile.
      if (this.#isOver) void this.#events.return?.();
      else void this.#pump(this.#events);
      return null;
    } catch (error) {
      this.#end(error);
      throw error;
    }
  }

  async #pump(events: AsyncIterator<ExecutionResult>): Promise<void> {
    try {
      for (let event = await events.next(); !event.done; event = await events.next()) {
        await this.#deliver(this.#keep(event.value));
      }
      this.#end(null);
    } catch (error) {
      this.#end(error);
    }
  }

  async #deliver(payload: Buffer): Promise<void> {
    let count = 0;
    for (const member of [...this.#members]) {
      // Who joined or left meanwhile has the latest, or wants none.
      if (this.#members.has(member)) member.show(payload);
      count += 1;
      if (count % CHUNK === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#empty();
    void this.#events?.return?.();
    for (const member of [...this.#members]) member.end(error);
  }
}

/** One who wants it: what its protocol sees as the events of its operation. */
class Member implements AsyncIterableIterator<ExecutionResult, undefined> {
  readonly #socket: WebSocket;
  readonly #head: Buffer;
  readonly #leave: () => void;
  readonly #ended = Promise.withResolvers<typeof DONE>();
  #waiting: Buffer | null = null;
  #sending = 0;
  #isOver = false;

  constructor(socket: WebSocket, id: string, leave: () => void) {
    this.#socket = socket;
    this.#head = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
    this.#leave = leave;
    this.#ended.promise.catch(() => undefined);
  }

  /** Sends a state, or the one that is newest once those before it are sent and the socket has room. */
  show(payload: Buffer): void {
    const socket = this.#socket;
    if (this.#isOver || socket.readyState !== socket.OPEN) return;
    // Nothing of its own under way: nobody would bring it later.
    if (this.#sending > 0 && socket.bufferedAmount > MOST_WAITING_BYTES) {
      this.#waiting = payload;
      return;
    }
    this.#waiting = null;
    this.#sending += 1;
    socket.send(Buffer.concat([this.#head, payload, TAIL]), { binary: false }, () => {
      this.#sending -= 1;
      const next = this.#waiting;
      this.#waiting = null;
      if (next !== null) this.show(next);
    });
  }

  end(error: unknown): void {
    this.#isOver = true;
    if (error === null) this.#ended.resolve(DONE);
    else this.#ended.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    return this.#ended.promise;
  }

  return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    if (!this.#isOver) {
      this.end(null);
      this.#leave();
    }
    return Promise.resolve(DONE);
  }
}
