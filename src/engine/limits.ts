import type { EventType } from './catalog.ts';
import type { Draft } from './draft.ts';
import { type Cell, cellKey, type FoldEvent, type Json } from './state.ts';

const WINDOW_MS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** The cell that counts the newest window of an event type; its name is no metric's. */
function limitRef(type: string) {
  return { metric: '@limit', by: type, period: '' };
}

/** What a limit says of an event. */
export type LimitVerdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'full'; readonly retryAfterMs: number };

/** Windows are fixed in occurredAt, in UTC. The newest one is counted in a cell; an event of an older one counts in the log. */
export function checkLimit(draft: Draft, type: EventType, event: FoldEvent): LimitVerdict {
  if (type.limit === null) return { kind: 'open' };
  const span = WINDOW_MS[type.limit.per];
  const start = Math.floor(event.occurredAt / span) * span;
  const ref = limitRef(type.key);
  const cell = draft.cell(ref, cellKey(ref));
  if (cell === undefined) return { kind: 'unknown' };
  const newest = startOf(cell);
  let count = start > newest ? 0 : (cell?.value ?? 0);
  if (start < newest) {
    const events = draft.history({ types: [type.key], from: start, to: start + span });
    if (events === undefined) return { kind: 'unknown' };
    count = events.length;
  }
  if (count < type.limit.count) return { kind: 'open' };
  return { kind: 'full', retryAfterMs: Math.max(1, start + span - draft.now) };
}

/** Counts an accepted event. */
export function countLimit(draft: Draft, type: EventType, event: FoldEvent): void {
  if (type.limit === null) return;
  const span = WINDOW_MS[type.limit.per];
  const start = Math.floor(event.occurredAt / span) * span;
  const ref = limitRef(type.key);
  const key = cellKey(ref);
  const cell = draft.cell(ref, key) ?? null;
  const newest = startOf(cell);
  if (start < newest) return;
  const counted = start > newest ? null : cell;
  const value = (counted?.value ?? 0) + 1;
  const achievedAt = Math.max(counted?.achievedAt ?? event.occurredAt, event.occurredAt);
  draft.setCell(key, ref, { value, achievedAt, state: { start } }, cell === null);
}

function startOf(cell: Cell | null): number {
  const state = cell?.state ?? null;
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return Number.NEGATIVE_INFINITY;
  return Number((state as { readonly [key: string]: Json })['start'] ?? 0);
}
