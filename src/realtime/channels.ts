/**
 * The channels of a process: what graphql-redis-subscriptions sees of its connections, and what the bus asks beside it.
 * Implementations: redis-channels.ts (one server), sharded-channels.ts (a cluster).
 */
export interface Channels {
  /** Every wanted channel that was not asked for a moment ago is being heard. */
  readonly healthy: boolean;
  /** Redis acknowledged this channel on the connection of this moment. */
  hears(channel: string): boolean;
  /** Resolves when the channel is heard, or at once when it cannot be (Redis away or unwilling, or not wanted). Never rejects. */
  settled(channel: string): Promise<void>;
  /** Called each time messages may have been missed and the channels wanted at that moment are acknowledged again. */
  onRecovered(listener: () => void): () => void;
  /** For the library: messages, as event `message`. */
  on(event: string, listener: (...args: unknown[]) => void): this;
  /** For the library: somebody wants this channel. */
  subscribe(channel: string, acknowledge: (error: null) => void): void;
  /** For the library: nobody wants this channel any more. */
  unsubscribe(channel: string): void;
  /** For the library, which calls it beside every `unsubscribe`; there are no patterns here. */
  punsubscribe(): void;
  /** Lets go of the connections; does not close them. Whoever waits is told. */
  close(): void;
}
