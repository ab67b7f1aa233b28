import type { Bus } from './bus.ts';
import { ListenerTable } from './listener-table.ts';
import type { Log } from './log.ts';

/** How a bus without a broker is used. */
export interface MemoryBusOptions {
  readonly logger: Log;
  /**
   * True when other processes work on the same database and no broker joins them: wake-ups of this process arrive at once, those
   * of the others never, so the bus says `healthy: false` for good and the sweeper polls. Default false: one process, all heard.
   */
  readonly otherProcesses?: boolean;
}

/**
 * The bus inside one process. Delivery is not part of `publish`: listeners run in a later microtask, in the order of publishing.
 * After `close` nothing is delivered and `subscribe` attaches nothing.
 */
export function createMemoryBus({ logger, otherProcesses = false }: MemoryBusOptions): Bus {
  const listeners = new ListenerTable(logger);
  let closed = false;
  return {
    healthy: !otherProcesses,
    subscribe: (topic, key, listener) => {
      if (closed) return Promise.resolve(() => {});
      const remove = listeners.add(`${topic}:${key}`, listener as (payload: unknown) => void);
      return Promise.resolve(() => {
        remove();
      });
    },
    publish: (topic, key, payload) => {
      const name = `${topic}:${key}`;
      if (listeners.has(name)) queueMicrotask(() => listeners.deliver(name, payload));
    },
    onRecovered: () => () => {},
    size: () => listeners.size,
    close: () => {
      closed = true;
      listeners.clear();
      return Promise.resolve();
    },
  };
}
