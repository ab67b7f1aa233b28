import type { Database, Transaction } from '../../platform/database.ts';
import { isRetryable } from '../../platform/database-errors.ts';
import type { CatalogService, LiveCatalog } from '../catalog/service.ts';
import { LostRaceError } from './service.ts';

/** Another catalog is live than the one this process holds: load it and try again. */
export class CatalogMovedError extends Error {
  constructor(version: number) {
    super(`catalog version ${version} is live now`);
    this.name = 'CatalogMovedError';
  }
}

/** Whether a transaction that failed so may succeed when it is run again; nothing of it was written. */
export function mayRetry(error: unknown): boolean {
  return error instanceof CatalogMovedError || error instanceof LostRaceError || isRetryable(error);
}

/**
 * Holds a flip of the catalog off until the transaction ends, and checks that `live` is what the database has.
 * @throws CatalogMovedError when another version is live
 */
export async function holdCatalog(catalog: CatalogService, live: LiveCatalog, transaction: Transaction): Promise<void> {
  const [, version] = await Promise.all([catalog.share(transaction), catalog.liveVersion(transaction)]);
  if (version !== live.version) throw new CatalogMovedError(version);
}

const MOST_TRIES = 5;

/** Runs `work` in a transaction in which the catalog stays as it is; runs it again where the database or a flip asks for it. */
export async function liveTransaction<T>(
  { database, catalog }: { readonly database: Database; readonly catalog: CatalogService },
  work: (transaction: Transaction, live: LiveCatalog) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const live = catalog.live();
    try {
      return await database.transaction(async (transaction) => {
        await holdCatalog(catalog, live, transaction);
        return work(transaction, live);
      });
    } catch (error) {
      if (error instanceof CatalogMovedError) await catalog.reload();
      if (attempt === MOST_TRIES || !mayRetry(error)) throw error;
    }
  }
}
