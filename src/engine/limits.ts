import type { EventType, WindowCount } from './catalog.ts';
import type { Draft } from './draft.ts';
import { type Cell, cellKey, type FoldEvent, type Json } from './state.ts';

const WINDOW_MS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** The cells that count the newest window of an event type; their names are no metric's. */
type Counter = '@limit' | '@velocity';

/** What a limit says of an event. */
export type LimitVerdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'full'; readonly retryAfterMs: number };

/** Whether a limit refuses an event. */
export function checkLimit(draft: Draft, type: EventType, event: FoldEvent): LimitVerdict {
  if (type.limit === null) return { kind: 'open' };
  const count = countSoFar(draft, '@limit', type.limit, event);
  if (count === undefined) return { kind: 'unknown' };
  if (count < type.limit.count) return { kind: 'open' };
  const { end } = windowOf(type.limit, event);
  return { kind: 'full', retryAfterMs: Math.max(1, end - draft.now) };
}

/** Whether an event is one more than the velocity of its type allows in its window. False also where that must be read first. */
export function passesVelocity(draft: Draft, { velocity }: EventType, event: FoldEvent): boolean {
  if (velocity === null) return false;
  const count = countSoFar(draft, '@velocity', velocity, event);
  return count !== undefined && count >= velocity.count;
}

/** Counts an accepted event for the limit and the velocity of its type. */
export function countWindows(draft: Draft, { limit, velocity }: EventType, event: FoldEvent): void {
  if (limit !== null) countOne(draft, '@limit', limit, event);
  if (velocity !== null) countOne(draft, '@velocity', velocity, event);
}

/** Windows are fixed in occurredAt, in UTC. */
function windowOf({ per }: WindowCount, { occurredAt }: FoldEvent): { readonly start: number; readonly end: number } {
  const span = WINDOW_MS[per];
  const start = Math.floor(occurredAt / span) * span;
  return { start, end: start + span };
}

/**
 * How many events of its type stand in the window of an event, before it. The newest window is counted in a cell; an event of an older
 * one counts in the log. Undefined: it must be read first.
 */
function countSoFar(draft: Draft, counter: Counter, window: WindowCount, event: FoldEvent): number | undefined {
  const { start, end } = windowOf(window, event);
  const ref = refOf(counter, event);
  const cell = draft.cell(ref, cellKey(ref));
  if (cell === undefined) return undefined;
  const newest = startOf(cell);
  if (start >= newest) return start > newest ? 0 : (cell?.value ?? 0);
  return draft.history({ types: [event.type], from: start, to: end })?.length;
}

function countOne(draft: Draft, counter: Counter, window: WindowCount, event: FoldEvent): void {
  const { start } = windowOf(window, event);
  const ref = refOf(counter, event);
  const key = cellKey(ref);
  const cell = draft.cell(ref, key) ?? null;
  const newest = startOf(cell);
  if (start < newest) return;
  const counted = start > newest ? null : cell;
  const value = (counted?.value ?? 0) + 1;
  const achievedAt = Math.max(counted?.achievedAt ?? event.occurredAt, event.occurredAt);
  draft.setCell(key, ref, { value, achievedAt, state: { start } }, cell === null);
}

function refOf(metric: Counter, { type }: FoldEvent) {
  return { metric, by: type, period: '' };
}

function startOf(cell: Cell | null): number {
  const state = cell?.state ?? null;
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return Number.NEGATIVE_INFINITY;
  return Number((state as { readonly [key: string]: Json })['start'] ?? 0);
}
