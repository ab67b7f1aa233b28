import { asLaurelError } from './errors.ts';
import type { Parts } from './options.ts';

/** How far a player's messages were handled, in the storage. */
export interface Progress {
  /** The stored place; null without one. */
  read(): Promise<string | null>;
  /** The place is stored once all of `handled` and everything before it have resolved. */
  follow(cursor: string, handled: readonly Promise<void>[]): void;
  /** Resolves when what is handled is stored. */
  idle(): Promise<void>;
}

/** Keeps the place under `key`. A storage that fails is told; messages are then repeated after a restart, never missed. */
export function createProgress({ storage, tell }: Pick<Parts, 'storage' | 'tell'>, key: string): Progress {
  const pending: { readonly cursor: string; isHandled: boolean }[] = [];
  let wanted: string | null = null;
  let writing: Promise<void> | null = null;
  const write = async (): Promise<void> => {
    while (wanted !== null) {
      const cursor: string = wanted;
      wanted = null;
      try {
        await storage.set(key, cursor);
      } catch (thrown) {
        tell(asLaurelError(thrown, 'STORAGE'));
      }
    }
    writing = null;
  };
  const settle = (): void => {
    for (let [first] = pending; first?.isHandled; [first] = pending) {
      wanted = first.cursor;
      pending.shift();
    }
    if (wanted !== null) writing ??= write();
  };
  return {
    read: async () => (await storage.get(key)) ?? null,
    follow(cursor, handled) {
      const entry = { cursor, isHandled: handled.length === 0 };
      pending.push(entry);
      if (entry.isHandled) return settle();
      let left = handled.length;
      for (const one of handled) {
        void one.then(() => {
          left -= 1;
          entry.isHandled = left === 0;
          settle();
        });
      }
    },
    async idle() {
      await writing;
    },
  };
}
