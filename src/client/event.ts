import type { Refusal } from './errors.ts';
import type { LaurelRecordEventsMutation } from './operations.ts';

/** What became of one event of a batch, as the server answers. */
export type EventResult = LaurelRecordEventsMutation['recordEvents']['results'][number];

/** A recorded event: its points, what it unlocked, the level it raised, the user's totals. `replayed`: it was recorded before. */
export type EventAnswer = Extract<EventResult, { __typename: 'RecordEventSuccess' }>;

/** An event as it waits in the queue. */
export interface QueuedEvent {
  /** Its name: however often it is sent, it counts once. */
  readonly idempotencyKey: string;
  readonly type: string;
  /** As given to `record`; absent without. */
  readonly details?: unknown;
  /** When it was recorded, by the clock of the device; RFC 3339. */
  readonly occurredAt: string;
}

/** What became of an event. */
export type EventOutcome =
  | { readonly status: 'recorded'; readonly answer: EventAnswer }
  | { readonly status: 'refused'; readonly refusal: Refusal }
  /** The client was closed first: it stays in the storage, and the next client sends it. */
  | { readonly status: 'waiting' };

/** An event that is safe in the queue. */
export interface RecordedEvent extends QueuedEvent {
  /** What became of it; never rejects. */
  readonly done: Promise<EventOutcome>;
}

/** Why an event was refused; null when the server took it. */
export function refusalOf(result: EventResult): Refusal | null {
  if (result.__typename === 'RecordEventSuccess') return null;
  return {
    code: result.code,
    message: result.message,
    retryAfterMs: 'retryAfterMs' in result ? result.retryAfterMs : null,
    issues: 'issues' in result ? result.issues : [],
    suggestion: 'suggestion' in result ? result.suggestion : null,
  };
}
