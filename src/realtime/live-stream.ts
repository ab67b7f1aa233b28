import type { Bus } from './bus.ts';
import { createChannel } from './channel.ts';
import type { Topic, Topics } from './topics.ts';

/** How much a live stream holds for its consumer. */
export interface LiveStreamOptions {
  /** Messages that may wait; one more ends the stream with an OverflowError. Default 100. */
  readonly bound?: number;
}

/**
 * The messages of one topic and key from now on, for what is stored nowhere: what is missed while the broker is away stays missed.
 * Resolves once a later publish will be heard. `return` releases the bus at once.
 */
export async function openLiveStream<T extends Topic>(
  bus: Bus,
  topic: T,
  key: string,
  { bound = 100 }: LiveStreamOptions = {},
): Promise<AsyncIterableIterator<Topics[T], undefined>> {
  let isReleased = false;
  let off = () => {};
  const channel = createChannel<Topics[T]>({
    bound,
    overflow: 'fail',
    release: () => {
      isReleased = true;
      off();
    },
  });
  off = await bus.subscribe(topic, key, (payload) => channel.push(payload));
  // It may have overflowed before the broker's acknowledgement came.
  if (isReleased) off();
  return channel;
}
