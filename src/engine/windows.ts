import type { Metric } from './catalog.ts';
import {
  byKeyOf,
  type Contributed,
  type Contribution,
  contributionOf,
  contributionsTo,
  type NextCell,
} from './contribution.ts';
import type { Draft } from './draft.ts';
import { MAX_VALUE } from './numbers.ts';
import type { Cell, CellRef, FoldEvent, Json } from './state.ts';

/** Entries kept beside a cell; a fuller window is read from the log. */
const MOST_ENTRIES = 500;

/** One event in a window: when, how much, which member. */
type Entry = readonly [at: number, amount: number, member: string];

/** What a window keeps beside its best: all its entries after `from`, at most a span before the newest. */
interface WindowState {
  readonly from: number;
  readonly entries: readonly Entry[];
}

/**
 * The next content of a rolling window's cell. Its value is the best the window ever held at an event; the entries of the newest
 * window are kept beside it. A late event reads the log around it, for it also raises the windows of the events after it.
 */
export function nextWindow(
  draft: Draft,
  metric: Metric,
  ref: CellRef,
  before: Cell | null,
  event: FoldEvent,
  contribution: Contribution,
): NextCell {
  const span = metric.withinMs ?? 0;
  const known = stateOf(before?.state ?? null);
  const entry: Entry = [event.occurredAt, contribution.amount, contribution.member ?? ''];
  const start = event.occurredAt - span;
  let best: Best;
  if (known === null || start >= known.from) {
    best = { value: heldBy(metric, [...(known?.entries ?? []), entry], event.occurredAt), at: event.occurredAt };
  } else {
    const around = contributionsTo(draft, metric, ref, event, { from: start + 1, to: event.occurredAt + span });
    if (around === undefined) return 'unknown';
    best = bestAround(metric, around.map(toEntry), event.occurredAt);
  }
  if (Math.abs(best.value) > MAX_VALUE) return 'outOfRange';
  const state = keep(known, entry, span);
  const value = before?.value ?? null;
  if (value === null || best.value > value) return { value: best.value, achievedAt: best.at, state };
  const reached = before?.achievedAt ?? best.at;
  return { value, achievedAt: best.value === value ? Math.min(reached, best.at) : reached, state };
}

/** The most a window held, and when it first did. */
interface Best {
  readonly value: number;
  readonly at: number;
}

/** The best of the windows that hold the event at hand: those that end at it, or at an event up to one span after it. */
function bestAround(metric: Metric, entries: readonly Entry[], at: number): Best {
  let best: Best = { value: heldBy(metric, entries, at), at };
  for (const [end] of entries) {
    if (end <= at) continue;
    const value = heldBy(metric, entries, end);
    if (value > best.value) best = { value, at: end };
  }
  return best;
}

function toEntry({ event, contribution }: Contributed): Entry {
  return [event.occurredAt, contribution.amount, contribution.member ?? ''];
}

/** What a window ending at an instant holds: count, sum, or different members. */
function heldBy(metric: Metric, entries: readonly Entry[], end: number): number {
  const start = end - (metric.withinMs ?? 0);
  const members = new Set<string>();
  let sum = 0;
  for (const [at, amount, member] of entries) {
    if (at <= start || at > end) continue;
    sum += amount;
    if (metric.kind === 'distinct') members.add(member);
  }
  return metric.kind === 'distinct' ? members.size : sum;
}

function keep(known: WindowState | null, entry: Entry, span: number): Json {
  const start = Math.max(entry[0] - span, known?.from ?? Number.NEGATIVE_INFINITY);
  const inside = [...(known?.entries ?? []), entry].filter(([at]) => at > start).sort((one, two) => one[0] - two[0]);
  // Of more than are kept the newest are; what is as old as one that is dropped is dropped with it.
  const from = inside.at(-MOST_ENTRIES - 1)?.[0] ?? start;
  return { from, entries: inside.filter(([at]) => at > from) };
}

function stateOf(state: Json): WindowState | null {
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return null;
  const { from, entries } = state as unknown as WindowState;
  return Array.isArray(entries) ? { from, entries } : null;
}

/** The value of a key's rolling window that ends at a moment; undefined when the log must be read for it. */
export function windowValue(
  draft: Draft,
  metric: Metric,
  by: string,
  cell: Cell | null,
  at: number,
): number | undefined {
  const known = stateOf(cell?.state ?? null);
  if (known === null) return 0;
  const start = at - (metric.withinMs ?? 0);
  if (start >= known.from) return heldBy(metric, known.entries, at);
  const types = [...metric.of];
  const events = draft.history({ types, from: start + 1, to: at + 1 });
  if (events === undefined) return undefined;
  const own = events.filter((event) => byKeyOf(metric, event) === by);
  return heldBy(
    metric,
    own.flatMap((event) => contributionEntry(draft, metric, event)),
    at,
  );
}

function contributionEntry(draft: Draft, metric: Metric, event: FoldEvent): Entry[] {
  const contribution = contributionOf(draft.catalog, metric, event);
  return contribution === null || contribution === 'outOfRange' ? [] : [toEntry({ event, contribution })];
}
