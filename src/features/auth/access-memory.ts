import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Bus } from '../../realtime/bus.ts';
import { readAccess, type UserAccess } from './access-store.ts';

/** How long rows are believed where every message arrives, and where messages may be lost, milliseconds. */
const FRESH_MS = 5_000;
const DOUBTFUL_MS = 1_000;
const MOST_REMEMBERED = 50_000;
/** Most users of one statement. */
const MOST_PER_READ = 10_000;

/** What memory of access stands on. */
export interface AccessMemoryParts {
  readonly database: Database;
  /** Its health decides how long rows are believed. */
  readonly bus: Pick<Bus, 'healthy'>;
  readonly clock: Clock;
}

/** How users stand, as it was read last. Reads of one moment are one statement. Null: there is no such user. */
export class AccessMemory {
  readonly #parts: AccessMemoryParts;
  readonly #loader: DataLoader<string, UserAccess | null>;
  readonly #remembered = new LRUCache<string, { readonly at: number; readonly access: Promise<UserAccess | null> }>({
    max: MOST_REMEMBERED,
  });

  constructor(parts: AccessMemoryParts) {
    this.#parts = parts;
    this.#loader = new DataLoader((userIds) => readInOrder(parts.database, userIds), {
      cache: false,
      maxBatchSize: MOST_PER_READ,
    });
  }

  /** What is believed at this moment. */
  believed(userId: string): Promise<UserAccess | null> {
    const { bus, clock } = this.#parts;
    const known = this.#remembered.get(userId);
    const isFresh = known !== undefined && clock.now() - known.at < (bus.healthy ? FRESH_MS : DOUBTFUL_MS);
    return isFresh ? known.access : this.read(userId);
  }

  /** What the rows say now. */
  read(userId: string): Promise<UserAccess | null> {
    const access = this.#loader.load(userId);
    this.#remembered.set(userId, { at: this.#parts.clock.now(), access });
    access.catch(() => this.#remembered.delete(userId));
    return access;
  }

  /** It changed. */
  forget(userId: string): void {
    this.#remembered.delete(userId);
  }
}

async function readInOrder(database: Database, userIds: readonly string[]): Promise<(UserAccess | null)[]> {
  const rows = new Map((await readAccess(database, userIds)).map((row) => [row.userId, row]));
  return userIds.map((userId) => rows.get(userId) ?? null);
}
