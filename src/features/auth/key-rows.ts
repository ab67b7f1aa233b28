import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Bus } from '../../realtime/bus.ts';
import { type KeyRow, readKey, updateUsed } from './store.ts';

/** The rows of server keys, as they were at most KEY_FRESH_MS ago. */
export interface KeyRows {
  /** Null where absent. */
  read(id: string): Promise<KeyRow | null>;
  /** Notes that a key was let in; writes it once a minute, behind the answer. */
  used(row: KeyRow): void;
  /** Calls `heard` whenever the key may have changed. Returns the function that ends the watch. */
  watch(id: string, heard: () => void): () => void;
  /** Call after the commit that changed a key: in all processes nobody believes what was read before. */
  changed(id: string): void;
  /** Watches at this moment; for the leak check of the tests. */
  size(): number;
  /** Lets go of the bus, and waits for what is still being written. */
  close(): Promise<void>;
}

/** What they stand on. */
export interface KeyRowParts {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a row is believed before it is read again, so that a revoked key ends within that time where a message is lost. */
const KEY_FRESH_MS = 1_000;
const MINUTE_MS = 60_000;
const MOST_REMEMBERED = 1_000;

/** Opens them; resolves once the bus hears. */
export async function openKeyRows({ database, bus, clock, logger }: KeyRowParts): Promise<KeyRows> {
  const remembered = new Map<string, { at: number; row: Promise<KeyRow | null> }>();
  const usedAt = new Map<string, number>();
  const watches = new Map<string, Set<() => void>>();
  const writes = new Set<Promise<void>>();
  let size = 0;
  const hear = (id: string): void => {
    remembered.delete(id);
    for (const heard of [...(watches.get(id) ?? [])]) heard();
  };
  const off = await bus.subscribe('key', 'all', ({ keyId }) => hear(keyId));
  return {
    read(id) {
      const now = clock.now();
      const known = remembered.get(id);
      if (known !== undefined && now - known.at < KEY_FRESH_MS) return known.row;
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      const row = readKey(database, id);
      remembered.set(id, { at: now, row });
      row.catch(() => remembered.delete(id));
      return row;
    },
    used({ id, lastUsedAt }) {
      const now = clock.now();
      const before = Math.max(lastUsedAt?.getTime() ?? 0, usedAt.get(id) ?? 0);
      if (now - before < MINUTE_MS) return;
      if (usedAt.size >= MOST_REMEMBERED) usedAt.clear();
      usedAt.set(id, now);
      const write = updateUsed(database, id, new Date(now))
        .catch((error: unknown) => logger.warn({ err: error, keyId: id }, 'the use of a key was not noted'))
        .finally(() => writes.delete(write));
      writes.add(write);
    },
    watch(id, heard) {
      const own = () => heard();
      const ofKey = watches.get(id) ?? new Set();
      watches.set(id, ofKey);
      ofKey.add(own);
      size += 1;
      return () => {
        if (!ofKey.delete(own)) return;
        size -= 1;
        if (ofKey.size === 0) watches.delete(id);
      };
    },
    changed(id) {
      hear(id);
      bus.publish('key', 'all', { keyId: id });
    },
    size: () => size,
    async close() {
      off();
      await Promise.all(writes);
    },
  };
}
