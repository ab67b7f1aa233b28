import { addListener } from '../platform/listeners.ts';
import type { RedisCluster } from '../platform/redis-cluster.ts';
import type { Channels } from './channels.ts';
import type { Log } from './log.ts';
import { SHARDED } from './pubsub-words.ts';
import { RedisChannels } from './redis-channels.ts';

/**
 * The channels of a cluster: each at the node that has its slot, moved after the slot at the next look. ioredis has the like
 * (`shardedSubscribers`), but resubscribes without anybody knowing when, and leaves an SSUBSCRIBE that met MOVED without an answer.
 */
export class ShardedChannels implements Channels {
  readonly #cluster: RedisCluster;
  readonly #logger: Log;
  readonly #nodes = new Map<string, RedisChannels>();
  /** Each wanted channel, and the node it was asked for at; null: nobody knows one. */
  readonly #wanted = new Map<string, string | null>();
  readonly #heard: (readonly [event: string, listener: (...args: unknown[]) => void])[] = [];
  readonly #recovered = new Set<() => void>();
  readonly #offLooked: () => void;

  constructor(cluster: RedisCluster, logger: Log) {
    this.#cluster = cluster;
    this.#logger = logger;
    this.#offLooked = cluster.shards.onLooked((haveMoved) => {
      if (haveMoved) this.#follow();
      for (const node of this.#nodes.values()) node.retry();
    });
    this.#follow();
  }

  get healthy(): boolean {
    return this.#cluster.shards.up && [...this.#nodes.values()].every(({ healthy }) => healthy);
  }

  hears(channel: string): boolean {
    return this.#at(channel)?.hears(channel) ?? false;
  }

  async settled(channel: string): Promise<void> {
    await this.#at(channel)?.settled(channel);
  }

  onRecovered(listener: () => void): () => void {
    return addListener(this.#recovered, listener);
  }

  on(event: string, listener: (...args: unknown[]) => void): this {
    this.#heard.push([event, listener]);
    for (const node of this.#nodes.values()) node.on(event, listener);
    return this;
  }

  subscribe(channel: string, acknowledge: (error: null) => void): void {
    this.#ask(channel);
    acknowledge(null);
  }

  unsubscribe(channel: string): void {
    this.#at(channel)?.unsubscribe(channel);
    this.#wanted.delete(channel);
  }

  punsubscribe(): void {}

  close(): void {
    this.#offLooked();
    for (const node of this.#nodes.values()) node.close();
    this.#nodes.clear();
    this.#wanted.clear();
    this.#recovered.clear();
  }

  #at(channel: string): RedisChannels | undefined {
    return this.#nodes.get(this.#wanted.get(channel) ?? '');
  }

  #ask(channel: string): void {
    const address = this.#cluster.nodeOf(channel);
    this.#wanted.set(channel, address);
    this.#nodes.get(address ?? '')?.subscribe(channel, () => {});
  }

  /** Takes nodes and slots for what they are now, and asks for each channel where it is not asked for yet. */
  #follow(): void {
    const { nodes } = this.#cluster.shards;
    for (const [address, node] of this.#nodes) {
      if (nodes.has(address)) continue;
      node.close();
      this.#nodes.delete(address);
    }
    for (const [address, connection] of nodes) {
      if (this.#nodes.has(address)) continue;
      const node = new RedisChannels(connection, this.#logger, SHARDED);
      for (const [event, listener] of this.#heard) node.on(event, listener);
      node.onRecovered(() => this.#tellRecovered());
      this.#nodes.set(address, node);
    }
    const moved = [...this.#wanted].filter(([channel, address]) => this.#cluster.nodeOf(channel) !== address);
    for (const [channel] of moved) {
      this.#at(channel)?.unsubscribe(channel);
      this.#ask(channel);
    }
    if (moved.length === 0) return;
    void Promise.all(moved.map(([channel]) => this.settled(channel))).then(() => this.#tellRecovered());
  }

  #tellRecovered(): void {
    for (const listener of [...this.#recovered]) listener();
  }
}
