import { type Log, textOf } from './log.ts';

/** Hears whatever was sent under a name. */
type Hear = (payload: unknown) => void;

/** Who listens under which name within this process. */
export class ListenerTable {
  readonly #byName = new Map<string, Set<Hear>>();
  readonly #logger: Log;
  #size = 0;

  constructor(logger: Log) {
    this.#logger = logger;
  }

  /** Listeners at this moment, over all names. */
  get size(): number {
    return this.#size;
  }

  /** True when somebody listens under `name`. */
  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /**
   * Adds a listener; the same function may be added twice and hears twice. Returns the function that removes it, which says
   * whether it was the last one of that name, and says so once only.
   */
  add(name: string, hear: Hear): () => boolean {
    const own: Hear = (payload) => hear(payload);
    const listeners = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, listeners.add(own));
    this.#size += 1;
    return () => {
      if (!listeners.delete(own)) return false;
      this.#size -= 1;
      if (listeners.size > 0) return false;
      this.#byName.delete(name);
      return true;
    };
  }

  /** Calls every listener of `name`; one that was removed by an earlier one is left out; one that throws is logged. */
  deliver(name: string, payload: unknown): void {
    const listeners = this.#byName.get(name);
    if (!listeners) return;
    for (const hear of [...listeners]) {
      if (!listeners.has(hear)) continue;
      try {
        hear(payload);
      } catch (error) {
        this.#logger.warn({ name, reason: textOf(error) }, 'a listener of the bus threw');
      }
    }
  }

  /** Removes everybody. */
  clear(): void {
    for (const listeners of this.#byName.values()) listeners.clear();
    this.#byName.clear();
    this.#size = 0;
  }
}
