import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Ids } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import type { RandomNames } from '../../platform/random.ts';
import type { Bus } from '../../realtime/bus.ts';
import type { CatalogService } from '../catalog/service.ts';
import type { CheckedEvent } from './validate.ts';

/** What recording stands on. */
export interface IngestParts {
  readonly database: Database;
  readonly catalog: CatalogService;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly names: RandomNames;
  readonly logger: Logger;
}

/** A checked event with the place of its answer. */
export interface PlacedEvent {
  readonly place: number;
  readonly event: CheckedEvent;
}
