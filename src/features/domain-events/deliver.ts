import type { Queryable } from '../../platform/database.ts';
import type { DomainEventRow } from './event-row.ts';
import type { RelayedRow } from './relay.ts';
import { readByIds } from './store.ts';

/** The domain events of one user that one round has relayed, by id, in the order of the feed. */
export interface Delivery {
  /** The user; `-` for what is about nobody alone. Deliveries of one key follow each other. */
  readonly key: string;
  readonly ids: readonly string[];
}

/** Makes one delivery a user. */
export function deliveriesOf(events: readonly RelayedRow[]): Delivery[] {
  const byUser = Map.groupBy(events, ({ userId }) => userId ?? '-');
  return [...byUser].map(([key, own]) => ({ key, ids: own.map(({ id }) => id) }));
}

/** The domain events of deliveries, in the order of the feed; those that are gone from it are left out. */
export async function readDeliveries(on: Queryable, deliveries: readonly Delivery['ids'][]): Promise<DomainEventRow[]> {
  return readByIds(on, deliveries.flat());
}
