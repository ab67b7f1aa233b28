import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Bus } from '../../realtime/bus.ts';
import type { CatalogService } from '../catalog/service.ts';

/** What the walks stand on. */
export interface RebuildParts {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly bus: Bus;
}
