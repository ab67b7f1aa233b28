import type { Progressed, Unlock } from '../../engine/state.ts';
import type { Refusal } from '../../graphql/errors.ts';
import type { EventRow } from './event-row.ts';

/** The event and all its effects are committed. */
export interface Recorded {
  readonly kind: 'recorded';
  readonly userId: string;
  readonly event: EventRow;
  readonly unlocked: readonly Unlock[];
  /** The catalog version whose rules decided. */
  readonly version: number;
  /** The user's language. */
  readonly locale: string | null;
  readonly progressed: readonly Progressed[];
  readonly levelUp: { readonly from: number; readonly to: number } | null;
  /** Streaks that changed. */
  readonly streaks: readonly string[];
  /** The user's newest notification after this event. */
  readonly lastSeq: number;
}

/** It was recorded before with the same key and payload. */
export interface Replayed {
  readonly kind: 'replayed';
  readonly userId: string;
  readonly event: EventRow;
  readonly lastSeq: number;
}

/** What became of one event. */
export type RecordOutcome = Recorded | Replayed | Refusal;
