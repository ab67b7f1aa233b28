import { addListener } from '../platform/listeners.ts';
import type { RedisConnection } from '../platform/redis-connection.ts';
import type { Channels } from './channels.ts';
import { type Log, textOf } from './log.ts';
import { PLAIN, type PubSubWords } from './pubsub-words.ts';

/** At most this many channels in one SUBSCRIBE, so that the heartbeat gets a turn in between. */
const chunkSize = 1_000;

interface Attachment {
  state: 'waiting' | 'heard' | 'refused';
  readonly waiters: (() => void)[];
}

/**
 * The channels of one subscriber connection: which are wanted, and which of them Redis acknowledged on the connection of this
 * moment. Stands between graphql-redis-subscriptions and the client: the library sees subscribing succeed at once (told of a
 * failure or of an unsubscribe before the acknowledgement it would leave promises unhandled and references behind), while the
 * sending, the acknowledgements and the resubscribing after a lost connection are done here.
 */
export class RedisChannels implements Channels {
  readonly #connection: RedisConnection;
  readonly #logger: Log;
  readonly #words: PubSubWords;
  readonly #attachments = new Map<string, Attachment>();
  readonly #recovered = new Set<() => void>();
  readonly #releases: (() => void)[];
  /** Counts the connections; answers that belong to an earlier one are of no interest. */
  #generation = 0;
  #resubscribed = false;
  #refused = 0;
  /** A refusal was logged, and stands. */
  #isReported = false;

  constructor(connection: RedisConnection, logger: Log, words: PubSubWords = PLAIN) {
    this.#connection = connection;
    this.#logger = logger;
    this.#words = words;
    this.#releases = [connection.onUp(() => this.#up()), connection.onDown(() => this.#down())];
    if (connection.up) this.#up();
  }

  get healthy(): boolean {
    return this.#connection.up && this.#resubscribed && this.#refused === 0;
  }

  /** Channels wanted at this moment. */
  get size(): number {
    return this.#attachments.size;
  }

  hears(channel: string): boolean {
    return this.#connection.up && this.#attachments.get(channel)?.state === 'heard';
  }

  settled(channel: string): Promise<void> {
    const attachment = this.#attachments.get(channel);
    if (attachment?.state !== 'waiting' || !this.#connection.up) return Promise.resolve();
    return new Promise((resolve) => {
      attachment.waiters.push(resolve);
    });
  }

  onRecovered(listener: () => void): () => void {
    return addListener(this.#recovered, listener);
  }

  on(event: string, listener: (...args: unknown[]) => void): this {
    this.#connection.client.on(event === 'message' ? this.#words.message : event, listener);
    return this;
  }

  subscribe(channel: string, acknowledge: (error: null) => void): void {
    this.#attachments.set(channel, { state: 'waiting', waiters: [] });
    if (this.#connection.up) void this.#send([channel]);
    acknowledge(null);
  }

  unsubscribe(channel: string): void {
    const attachment = this.#attachments.get(channel);
    if (!attachment) return;
    this.#attachments.delete(channel);
    if (attachment.state === 'refused') this.#refused -= 1;
    release(attachment);
    // Lost with the connection or not, nothing is left to do about a failure: a new connection starts without channels.
    if (this.#connection.up) this.#words.unsubscribe(this.#connection.client, channel).catch(() => {});
  }

  punsubscribe(): void {}

  /** Asks again for the channels that were refused. */
  retry(): void {
    if (this.#refused === 0 || !this.#resubscribed || !this.#connection.up) return;
    const refused = [...this.#attachments].filter(([, { state }]) => state === 'refused');
    for (const [, attachment] of refused) attachment.state = 'waiting';
    this.#refused = 0;
    this.#resubscribed = false;
    this.#sendAll(refused.map(([channel]) => channel));
  }

  close(): void {
    this.#generation += 1;
    for (const off of this.#releases) off();
    for (const channel of [...this.#attachments.keys()]) this.unsubscribe(channel);
    this.#recovered.clear();
    this.#resubscribed = false;
  }

  #up(): void {
    this.#down();
    this.#sendAll([...this.#attachments.keys()]);
  }

  /** Resubscribed is who was answered to all of it. */
  #sendAll(channels: readonly string[]): void {
    const generation = this.#generation;
    const groups = Map.groupBy(channels, (channel) => this.#words.groupOf(channel));
    const sent: Promise<void>[] = [];
    for (const group of groups.values()) {
      for (let at = 0; at < group.length; at += chunkSize) sent.push(this.#send(group.slice(at, at + chunkSize)));
    }
    void Promise.all(sent).then(() => {
      if (generation !== this.#generation) return;
      this.#resubscribed = true;
      if (this.#refused === 0) this.#isReported = false;
      for (const listener of [...this.#recovered]) listener();
    });
  }

  #down(): void {
    this.#generation += 1;
    this.#resubscribed = false;
    this.#refused = 0;
    for (const attachment of this.#attachments.values()) {
      attachment.state = 'waiting';
      release(attachment);
    }
  }

  /** Never rejects; does not settle when the connection is lost before the answer. */
  async #send(channels: readonly string[]): Promise<void> {
    const generation = this.#generation;
    const sent = channels.map((channel) => [channel, this.#attachments.get(channel)] as const);
    const settle = (state: Attachment['state']) => {
      if (generation !== this.#generation) return;
      for (const [channel, attachment] of sent) {
        if (!attachment || this.#attachments.get(channel) !== attachment) continue;
        attachment.state = state;
        if (state === 'refused') this.#refused += 1;
        release(attachment);
      }
    };
    try {
      await this.#words.subscribe(this.#connection.client, channels);
      settle('heard');
    } catch (error) {
      // Without a connection it is no refusal: the next connection asks again.
      if (!this.#connection.up) return settle('waiting');
      settle('refused');
      const details = { channels: channels.length, reason: textOf(error) };
      if (!this.#isReported) this.#logger.warn(details, 'redis refused a subscription');
      this.#isReported = true;
    }
  }
}

function release(attachment: Attachment): void {
  for (const resolve of attachment.waiters.splice(0)) resolve();
}
