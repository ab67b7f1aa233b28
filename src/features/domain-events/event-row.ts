import type { Json } from '../../engine/state.ts';

/** A domain event as it stands in the feed. */
export interface DomainEventRow {
  /** UUIDv7; the same however often it is delivered. */
  readonly id: string;
  readonly kind: string;
  /** Whom it is about; null for what is about nobody alone. */
  readonly userId: string | null;
  readonly payload: { readonly [key: string]: Json };
  readonly createdAt: Date;
  /** Its place in the feed. */
  readonly position: number;
}
