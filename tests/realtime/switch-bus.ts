import type { Bus } from '../../src/realtime/bus.ts';
import { createMemoryBus } from '../../src/realtime/memory-bus.ts';
import { createQuietLog } from './quiet-log.ts';

/** A bus whose health a test switches; while it is not healthy every message is lost. */
export interface SwitchBus extends Bus {
  /** Breaks the line, or mends it and tells everybody. */
  heal(isHealthy: boolean): void;
  /** Listeners of `onRecovered`. */
  readonly recoveries: number;
}

/** Makes one, healthy. */
export function createSwitchBus(): SwitchBus {
  const inner = createMemoryBus({ logger: createQuietLog() });
  const recovered = new Set<() => void>();
  let healthy = true;
  return {
    get healthy() {
      return healthy;
    },
    get recoveries() {
      return recovered.size;
    },
    heal: (isHealthy) => {
      healthy = isHealthy;
      if (isHealthy) for (const listener of [...recovered]) listener();
    },
    subscribe: (topic, key, listener) => inner.subscribe(topic, key, listener),
    publish: (topic, key, payload) => {
      if (healthy) inner.publish(topic, key, payload);
    },
    onRecovered: (listener) => {
      recovered.add(listener);
      return () => {
        recovered.delete(listener);
      };
    },
    size: () => inner.size(),
    close: () => inner.close(),
  };
}
