import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import type { RedisLinks } from '../platform/redis.ts';
import type { Bus } from './bus.ts';
import type { Channels } from './channels.ts';
import { ListenerTable } from './listener-table.ts';
import { type Log, textOf } from './log.ts';
import { isTopic, readPayload } from './payloads.ts';
import { RedisChannels } from './redis-channels.ts';
import { ShardedChannels } from './sharded-channels.ts';

/** What a bus over Redis is made of. */
export interface RedisBusOptions {
  readonly redis: RedisLinks;
  /** The UUID of the installation: pub/sub ignores database numbers, so the name alone keeps installations apart. */
  readonly installationId: string;
  readonly logger: Log;
}

/**
 * The bus over Redis: one SUBSCRIBE (SSUBSCRIBE in a cluster) per topic, key and process, on channel
 * `laurel:<installation id>:<topic>:<key>`. A message for
 * this process that Redis will not bring back to it (away, or the channel not acknowledged) is delivered to it directly, so a
 * lone process goes on as if nothing had happened; around a reconnect a message may come twice. `close` closes the pair too.
 */
export function createRedisBus({ redis, installationId, logger }: RedisBusOptions): Bus {
  const prefix = `laurel:${installationId}:`;
  const listeners = new ListenerTable(logger);
  const channels = channelsOf(redis, logger);
  const library = new RedisPubSub({
    publisher: publisherOf(redis),
    // The library calls `on`, `subscribe`, `unsubscribe` and `punsubscribe` of it, and nothing else.
    subscriber: channels as unknown as Redis,
    deserializer: (message, { channel }) => {
      const topic = channel.slice(prefix.length).split(':', 1)[0] ?? '';
      const payload = isTopic(topic) ? readPayload(topic, message.toString()) : null;
      if (payload === null) logger.warn({ channel }, 'malformed message dropped');
      return payload;
    },
  });
  const subscriptions = new Map<string, Promise<number>>();
  let closed = false;
  /** Sending failed last, and that was logged. */
  let isFailing = false;

  const attach = (channel: string, hear: (payload: unknown) => void): (() => void) => {
    const isFirst = !listeners.has(channel);
    const remove = listeners.add(channel, hear);
    if (isFirst) {
      const subscription = library.subscribe(channel, (payload: unknown) => {
        if (payload !== null) listeners.deliver(channel, payload);
      });
      subscriptions.set(channel, subscription);
    }
    return () => {
      if (!remove()) return;
      const subscription = subscriptions.get(channel);
      subscriptions.delete(channel);
      // Never within a delivery of the library, whose loop does not survive it; the id comes a microtask later.
      void subscription?.then((id) => library.unsubscribe(id));
    };
  };
  return {
    get healthy() {
      return !closed && channels.healthy;
    },
    subscribe: async (topic, key, listener) => {
      if (closed) return () => {};
      const channel = `${prefix}${topic}:${key}`;
      const detach = attach(channel, listener as (payload: unknown) => void);
      await channels.settled(channel);
      return detach;
    },
    publish: (topic, key, payload) => {
      const channel = `${prefix}${topic}:${key}`;
      const isUp = redis.commands.up;
      if (listeners.has(channel) && !(isUp && channels.hears(channel))) {
        queueMicrotask(() => listeners.deliver(channel, payload));
      }
      if (!isUp) return;
      library.publish(channel, payload).then(
        () => {
          isFailing = false;
        },
        (error: unknown) => {
          if (!isFailing) logger.warn({ channel, reason: textOf(error) }, 'messages are not sent');
          isFailing = true;
          listeners.deliver(channel, payload);
        },
      );
    },
    onRecovered: (listener) => channels.onRecovered(listener),
    size: () => listeners.size,
    close: async () => {
      if (!closed) {
        closed = true;
        listeners.clear();
        subscriptions.clear();
        channels.close();
      }
      await redis.close();
    },
  };
}

function channelsOf(redis: RedisLinks, logger: Log): Channels {
  return 'shards' in redis ? new ShardedChannels(redis, logger) : new RedisChannels(redis.subscriber, logger);
}

/** The library calls `publish` of it, and nothing else. */
function publisherOf({ commands: { client }, ...redis }: RedisLinks): Redis {
  const publish = (channel: string, text: string) =>
    'shards' in redis ? client.spublish(channel, text) : client.publish(channel, text);
  return { publish } as unknown as Redis;
}
