import type { Json } from '../../engine/state.ts';

/** An event of the log as it is read. */
export interface EventRow {
  readonly userId: string;
  readonly id: string;
  readonly type: string;
  readonly details: Json;
  readonly points: number;
  readonly xp: number;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly idempotencyKey: string | null;
}
