/** A message as it came over a socket. */
export interface Received {
  /** What its text says; the text itself where that is no JSON. */
  readonly message: unknown;
  readonly type: unknown;
  /** The operation it speaks of; null: none. */
  readonly id: string | null;
  readonly bytes: number;
}

/** Reads the text of a message. */
export function receive(text: string): Received {
  const bytes = Buffer.byteLength(text);
  try {
    const message: unknown = JSON.parse(text);
    const { type = null, id = null } = (message ?? {}) as { type?: unknown; id?: unknown };
    return { message, type, id: typeof id === 'string' ? id : null, bytes };
  } catch {
    return { message: text, type: null, id: null, bytes };
  }
}

/**
 * Hands messages to the protocol, in order. What comes under the id of an operation that its client completed waits until that one is
 * over: graphql-ws would complete the new operation with the old, and never let go of it. `take` resolves when a message is done with,
 * one of type `subscribe` when its operation is over, and never rejects.
 */
export function createInbox(take: (received: Received) => Promise<void>): (received: Received) => void {
  const running = new Map<string, Promise<void>>();
  /** By the id of an operation that ends: what came under it since. */
  const waiting = new Map<string, Received[]>();
  const put = (received: Received): void => {
    const { type, id } = received;
    if (id === null) return void take(received);
    const queue = waiting.get(id);
    if (queue !== undefined) return void queue.push(received);
    const taken = take(received);
    const operation = running.get(id);
    if (type === 'subscribe') {
      running.set(id, taken);
      void taken.then(() => running.get(id) === taken && running.delete(id));
    } else if (type === 'complete' && operation !== undefined) {
      waiting.set(id, []);
      void operation.then(() => {
        const queued = waiting.get(id) ?? [];
        waiting.delete(id);
        for (const next of queued) put(next);
      });
    }
  };
  return put;
}
