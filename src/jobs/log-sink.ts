import type { DomainEventRow } from '../features/domain-events/event-row.ts';
import type { Logger } from '../platform/logger.ts';

/** Writes a line of the log for each domain event. */
export function logDomainEvents(logger: Logger, events: readonly DomainEventRow[]): void {
  for (const { id, kind, userId, payload, createdAt, position } of events) {
    logger.info(
      { operation: 'domain-event', id, type: kind, userId, at: createdAt.toISOString(), position, data: payload },
      'domain event',
    );
  }
}
