import type { Topic, Topics } from './topics.ts';

/** Hears the payloads of one topic and key. Must not throw. */
export type Listener<T extends Topic> = (payload: Topics[T]) => void;

/**
 * The wake-up line between processes. At most once, unordered across processes: every message is a hint, the rows are the truth.
 * Implementations: memory-bus.ts (one process), redis-bus.ts (many). One contract suite runs over both.
 */
export interface Bus {
  /**
   * Resolves once a later publish by anyone will be heard (with a broker: after its acknowledgement), or, while the broker is
   * away, at once: the bus then says `healthy: false`, and hears again after it came back. Resolves to the function that ends it;
   * ending twice does nothing.
   */
  subscribe<T extends Topic>(topic: T, key: string, listener: Listener<T>): Promise<() => void>;
  /** Sends to every subscriber of (topic, key), in all processes. Never throws and never waits for a broker that is away. */
  publish<T extends Topic>(topic: T, key: string, payload: Topics[T]): void;
  /** False while messages may be lost; whoever waits for wake-ups looks at the rows by itself meanwhile. */
  readonly healthy: boolean;
  /**
   * Called each time messages may have been missed and are heard again: everybody looks at the rows once. Returns the function
   * that ends it.
   */
  onRecovered(listener: () => void): () => void;
  /** Listeners attached at this moment, over all topics; for the leak check of the tests. */
  size(): number;
  /** Ends every subscription and connection. */
  close(): Promise<void>;
}
