import DataLoader from 'dataloader';
import { createPageLoader } from '../../platform/batch-pages.ts';
import type { Database } from '../../platform/database.ts';
import type { EventRow } from './event-row.ts';
import { type EventPage, readEventPages, readEvents } from './store.ts';

/** Names an event: its user and its own id. */
export interface EventRef {
  readonly userId: string;
  readonly id: string;
}

/** Batching reads of the log. */
export interface EventLoaders {
  /** Null where absent. */
  readonly byRef: DataLoader<EventRef, EventRow | null, string>;
  /** Newest first. */
  readonly pages: ReturnType<typeof createPageLoader<EventPage, EventRow>>;
}

/** Makes the loaders of one operation. */
export function createEventLoaders(database: Database): EventLoaders {
  return {
    byRef: new DataLoader<EventRef, EventRow | null, string>(
      async (refs) => {
        const rows = new Map((await readEvents(database, refs)).map((row) => [keyOf(row), row]));
        return refs.map((ref) => rows.get(keyOf(ref)) ?? null);
      },
      { cacheKeyFn: keyOf },
    ),
    pages: createPageLoader((userIds, args: EventPage) => readEventPages(database, userIds, args)),
  };
}

function keyOf({ userId, id }: EventRef): string {
  return `${userId}/${id}`;
}
