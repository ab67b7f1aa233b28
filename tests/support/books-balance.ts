import { expect } from 'vitest';
import { readCatalogFiles } from '../../src/features/catalog/read-files.ts';
import { openCatalog } from '../../src/features/catalog/service.ts';
import { audit as auditFold } from '../../src/features/rebuild/service.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Database } from '../../src/platform/database.ts';
import { createIds } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMemoryBus } from '../../src/realtime/memory-bus.ts';
import { audit } from './auditor.ts';

/** Fails when the books of a database do not balance, or its state is not the fold of its log: what `TestLaurel.check` does, for servers of other processes. */
export async function checkBooks(database: Database): Promise<void> {
  await audit(database);
  const logger = createLogger({ level: 'silent' });
  const catalog = await openCatalog({
    database,
    clock: systemClock,
    logger,
    environment: 'development',
    readFiles: () => readCatalogFiles('catalogs/game.yaml'),
    follow: false,
  });
  const bus = createMemoryBus({ logger });
  const parts = { database, catalog, clock: systemClock, ids: createIds(), bus };
  for await (const { found } of auditFold(parts)) expect(found).toEqual([]);
  await bus.close();
}
