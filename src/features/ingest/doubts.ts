import type { EventOutcome } from '../../engine/state.ts';
import type { Cause, Doubt } from '../suspicions/service.ts';
import type { CheckedEvent } from './validate.ts';

/** Gathers what of a batch is recorded and doubted: for most batches nothing. */
export class Doubts {
  #found: Map<string, Doubt> | null = null;

  /** Notes an event that was recorded, where it is doubted. */
  note(userId: string, outcome: EventOutcome & { readonly kind: 'recorded' }, { type, isTrusted }: CheckedEvent): void {
    if (!isTrusted) this.#add(userId, 'TRUST', type, outcome.event.id);
    if (outcome.tooFast) this.#add(userId, 'VELOCITY', type, outcome.event.id);
  }

  all(): readonly Doubt[] {
    return [...(this.#found?.values() ?? [])];
  }

  #add(userId: string, cause: Cause, eventType: string, eventId: string): void {
    this.#found ??= new Map();
    const key = `${userId}/${cause}/${eventType}`;
    const { count, firstEventId } = this.#found.get(key) ?? { count: 0, firstEventId: eventId };
    this.#found.set(key, { userId, cause, eventType, count: count + 1, firstEventId, lastEventId: eventId });
  }
}
