import { addListener } from './listeners.ts';
import { openConnection, type RedisConnection, type RedisSurroundings } from './redis-connection.ts';

/** The listening connections of a cluster, one to each node that holds slots, by the addresses of the nodes. */
export class RedisShards {
  readonly #open: (address: string) => RedisConnection;
  readonly #nodes = new Map<string, RedisConnection>();
  readonly #listeners = new Set<(haveMoved: boolean) => void>();
  readonly #closing: Promise<void>[] = [];
  #isClosed = false;

  /** `broke` is called where a connection went down, and its slots may be elsewhere by now. */
  constructor(seed: string, surroundings: RedisSurroundings, broke: () => void) {
    this.#open = (address) => {
      const connection = openConnection(
        urlOf(seed, address),
        'subscriber',
        { maxRetriesPerRequest: null },
        surroundings,
      );
      connection.onDown(broke);
      return connection;
    };
  }

  /** The connections of this moment. */
  get nodes(): ReadonlyMap<string, RedisConnection> {
    return this.#nodes;
  }

  /** The nodes are known, and every connection is up. */
  get up(): boolean {
    return this.#nodes.size > 0 && [...this.#nodes.values()].every(({ up }) => up);
  }

  /** The cluster was looked at: null where everything is where it was, else the addresses of all nodes that hold slots. */
  settle(holders: ReadonlySet<string> | null): void {
    if (this.#isClosed) return;
    for (const [address, connection] of this.#nodes) {
      if (holders === null || holders.has(address)) continue;
      this.#nodes.delete(address);
      this.#closing.push(connection.close());
    }
    for (const address of holders ?? []) {
      if (!this.#nodes.has(address)) this.#nodes.set(address, this.#open(address));
    }
    for (const listener of [...this.#listeners]) listener(holders !== null);
  }

  /** Calls `listener` after each look, with whether slots are elsewhere than before. Returns the function that ends it. */
  onLooked(listener: (haveMoved: boolean) => void): () => void {
    return addListener(this.#listeners, listener);
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#closing, ...[...this.#nodes.values()].map((connection) => connection.close())]);
  }
}

/** The URL of another node: credentials and transport are those of the whole cluster. */
function urlOf(seed: string, address: string): string {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  const url = new URL(seed);
  url.hostname = host.includes(':') ? `[${host}]` : host;
  url.port = address.slice(colon + 1);
  return url.href;
}
