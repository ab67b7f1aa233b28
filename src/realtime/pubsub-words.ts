import type { Redis } from 'ioredis';
import { slotOf } from '../platform/redis-slots.ts';

/** How pub/sub is spoken: to one server, or to a node of a cluster. */
export interface PubSubWords {
  readonly message: 'message' | 'smessage';
  subscribe(client: Redis, channels: readonly string[]): Promise<unknown>;
  unsubscribe(client: Redis, channel: string): Promise<unknown>;
  /** Channels of one group may stand in one command. */
  groupOf(channel: string): number;
}

/** SUBSCRIBE. */
export const PLAIN: PubSubWords = {
  message: 'message',
  subscribe: (client, channels) => client.subscribe(...channels),
  unsubscribe: (client, channel) => client.unsubscribe(channel),
  groupOf: () => 0,
};

/** SSUBSCRIBE: a channel is where its slot is, and a command has one slot. */
export const SHARDED: PubSubWords = {
  message: 'smessage',
  subscribe: (client, channels) => client.ssubscribe(...channels),
  unsubscribe: (client, channel) => client.sunsubscribe(channel),
  groupOf: slotOf,
};
