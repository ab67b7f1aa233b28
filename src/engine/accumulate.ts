import type { Metric } from './catalog.ts';
import { byKeyOf, type Contribution, contributionOf, contributionsTo, type NextCell } from './contribution.ts';
import type { Draft } from './draft.ts';
import { MAX_VALUE } from './numbers.ts';
import { broughtTo, OPENING } from './opening.ts';
import { periodKeyAt } from './periods.ts';
import { nextRun } from './runs.ts';
import type { Cell, CellRef, FoldEvent, Json } from './state.ts';
import { nextWindow } from './windows.ts';

/** One cell about to change. */
export interface Update {
  readonly metric: Metric;
  readonly ref: CellRef;
  readonly key: string;
  readonly before: Cell | null;
  readonly after: Cell;
  /** The newly seen (or earlier seen) member of a distinct cell. */
  readonly member: { readonly name: string; readonly firstAt: number } | null;
}

/** Adds to `updates` what an event does to a metric. False when a value would pass 2^53 - 1. */
export function accumulate(draft: Draft, metric: Metric, event: FoldEvent, updates: Update[]): boolean {
  if (event.type === OPENING) return accumulateOpening(draft, metric, event, updates);
  const contribution = contributionOf(draft.catalog, metric, event);
  if (contribution === null) return true;
  if (contribution === 'outOfRange') return false;
  const by = byKeyOf(metric, event);
  if (by === null) return true;
  if (!update(draft, metric, by, '', event, contribution, updates)) return false;
  for (const per of metric.periods) {
    const period = periodKeyAt(per, event.occurredAt, event.timezone, draft.catalog.seasons);
    if (period !== '' && !update(draft, metric, by, period, event, contribution, updates)) return false;
  }
  return true;
}

/** An opening brings lifetime values, for any number of keys. */
function accumulateOpening(draft: Draft, metric: Metric, event: FoldEvent, updates: Update[]): boolean {
  for (const { by, amount } of broughtTo(metric, event)) {
    if (!update(draft, metric, by, '', event, { amount, member: null, breaks: false }, updates)) return false;
  }
  return true;
}

function update(
  draft: Draft,
  metric: Metric,
  by: string,
  period: string,
  event: FoldEvent,
  contribution: Contribution,
  updates: Update[],
): boolean {
  const ref: CellRef = { metric: metric.key, by, period };
  const key = draft.keyOf(metric.key, by, period);
  const before = draft.cell(ref, key);
  if (metric.by === null) return apply(draft, metric, ref, key, before, event, contribution, updates);
  // Beside its keys a metric with `by` keeps the best of them, under the empty key.
  const bestRef: CellRef = { metric: metric.key, by: '', period };
  const bestKey = draft.keyOf(metric.key, '', period);
  const best = updates.findLast(({ key: other }) => other === bestKey)?.after ?? draft.cell(bestRef, bestKey);
  if (before === undefined || best === undefined) {
    if (before !== undefined || best !== undefined) return true;
    return contribution.member === null || apply(draft, metric, ref, key, before, event, contribution, updates);
  }
  const count = before === null ? keyCount(draft, metric, period, best) : 0;
  if (count === null || (before === null && count >= metric.maxKeys)) return true;
  const length = updates.length;
  if (!apply(draft, metric, ref, key, before, event, contribution, updates)) return false;
  const made = updates[length];
  if (made === undefined) return true;
  const fallen = fellBack(metric, made, best) ? bestOfAll(draft, metric, made, best) : undefined;
  if (fallen === null) return true;
  const after = fallen ?? bestAfter(metric, best, made, before === null ? count + 1 : null);
  if (after !== null) updates.push({ metric, ref: bestRef, key: bestKey, before: best, after, member: null });
  return true;
}

/** How many keys there are; asks for the keys themselves only when the number kept says that there is no room. */
function keyCount(draft: Draft, metric: Metric, period: string, best: Cell | null): number | null {
  const kept = Number(field(best?.state ?? null, 'keys') ?? 0);
  if (kept < metric.maxKeys) return kept;
  return draft.whole(metric.key, period)?.length ?? null;
}

function apply(
  draft: Draft,
  metric: Metric,
  ref: CellRef,
  key: string,
  before: Cell | null | undefined,
  event: FoldEvent,
  contribution: Contribution,
  updates: Update[],
): boolean {
  let member: Update['member'] = null;
  let after: NextCell;
  if (contribution.member !== null && metric.withinMs === null) {
    const firstAt = draft.member({ ...ref, member: contribution.member });
    if (firstAt === undefined || before === undefined) return true;
    if (firstAt === null || event.occurredAt < firstAt)
      member = { name: contribution.member, firstAt: event.occurredAt };
    after = nextDistinct(draft, metric, ref, before, event, firstAt);
  } else {
    if (before === undefined) return true;
    after = nextCell(draft, metric, ref, before, event, contribution);
  }
  if (after === 'outOfRange') return false;
  if (after === 'unknown') return true;
  if (after === 'same' && member === null) return true;
  const content = after === 'same' ? (before ?? { value: 0, achievedAt: null, state: null }) : after;
  updates.push({ metric, ref, key, before, after: content, member });
  return true;
}

function nextCell(
  draft: Draft,
  metric: Metric,
  ref: CellRef,
  before: Cell | null,
  event: FoldEvent,
  contribution: Contribution,
): NextCell {
  if (metric.withinMs !== null) return nextWindow(draft, metric, ref, before, event, contribution);
  switch (metric.kind) {
    case 'run':
      return nextRun(draft, metric, ref, before, event, contribution);
    case 'min':
    case 'max':
      return nextBest(metric.kind, before, event, contribution.amount);
    case 'latest':
      return nextLatest(before, event, contribution.amount);
    default:
      return nextSum(before, event, contribution.amount);
  }
}

function nextSum(before: Cell | null, event: FoldEvent, amount: number): NextCell {
  const value = (before?.value ?? 0) + amount;
  if (value > MAX_VALUE || value < -MAX_VALUE) return 'outOfRange';
  const last = before?.achievedAt ?? null;
  const achievedAt = amount !== 0 && (last === null || event.occurredAt > last) ? event.occurredAt : last;
  const hasFallen = amount < 0 || (before !== null && before.state !== null);
  return { value, achievedAt, state: hasFallen ? FALLEN : null };
}

/** Beside a sum from which something was taken: it may have been higher than it is. */
const FALLEN = { fell: true };

function nextBest(kind: 'min' | 'max', before: Cell | null, event: FoldEvent, amount: number): NextCell {
  const best = before?.value ?? null;
  const isBetter = best === null || (kind === 'min' ? amount < best : amount > best);
  if (isBetter) return { value: amount, achievedAt: event.occurredAt, state: null };
  if (amount !== best || event.occurredAt >= (before?.achievedAt ?? Number.POSITIVE_INFINITY)) return 'same';
  return { value: best, achievedAt: event.occurredAt, state: null };
}

function nextLatest(before: Cell | null, event: FoldEvent, amount: number): NextCell {
  const at = before?.achievedAt ?? Number.NEGATIVE_INFINITY;
  const id = String(before?.state ?? '');
  const isNewer = event.occurredAt > at || (event.occurredAt === at && event.id > id);
  return isNewer ? { value: amount, achievedAt: event.occurredAt, state: event.id } : 'same';
}

/**
 * Only the first event of each member contributes, so achievedAt is the newest of these firsts. When a late event moves that very
 * one back, the second newest is not known here and the log is read.
 */
function nextDistinct(
  draft: Draft,
  metric: Metric,
  ref: CellRef,
  before: Cell | null,
  event: FoldEvent,
  firstAt: number | null,
): NextCell {
  const last = before?.achievedAt ?? null;
  if (firstAt === null) {
    const achievedAt = Math.max(last ?? event.occurredAt, event.occurredAt);
    return { value: (before?.value ?? 0) + 1, achievedAt, state: null };
  }
  if (event.occurredAt >= firstAt || firstAt !== last) return 'same';
  const all = contributionsTo(draft, metric, ref, event, null);
  if (all === undefined) return 'unknown';
  const firsts = new Map<string, number>();
  for (const { event: one, contribution } of all) {
    const member = contribution.member ?? '';
    firsts.set(member, Math.min(firsts.get(member) ?? one.occurredAt, one.occurredAt));
  }
  return { value: before?.value ?? 0, achievedAt: Math.max(...firsts.values()), state: null };
}

/** The best over all keys, and how many keys there are. */
function bestAfter(metric: Metric, best: Cell | null, made: Update, keys: number | null): Cell | null {
  const value = made.after.value;
  const known = best?.value ?? null;
  const improves = value !== null && (known === null || isBetter(metric, value, known, made, best));
  const { keys: kept, ...rest } = (best?.state ?? {}) as { readonly [key: string]: Json };
  const fell = metric.kind === 'sum' && made.after.state !== null && rest['fell'] === undefined ? FALLEN : {};
  if (!improves && keys === null && fell !== FALLEN) return null;
  const count = keys ?? Number(kept ?? 1);
  if (!improves)
    return { value: known, achievedAt: best?.achievedAt ?? null, state: { keys: count, ...rest, ...fell } };
  // The newest of one instant is the one with the greatest id, so that id is kept.
  const state: Json = metric.kind === 'latest' ? { id: made.after.state } : { ...rest, ...fell };
  return { value, achievedAt: made.after.achievedAt, state: { keys: count, ...state } };
}

/** Whether the key that held the best has fallen back, or reached it later: a run that a late event parted, a sum that fell. */
function fellBack(metric: Metric, { before, after }: Update, best: Cell | null): boolean {
  if (metric.kind !== 'run' && metric.kind !== 'sum') return false;
  if (before === null || before.value !== best?.value) return false;
  if (after.value !== before.value) return (after.value ?? 0) < (before.value ?? 0);
  return (after.achievedAt ?? 0) > (before.achievedAt ?? 0);
}

/** The best of every key, read anew; null when the keys must be read first. */
function bestOfAll(draft: Draft, metric: Metric, made: Update, best: Cell | null): Cell | null {
  const { period, by } = made.ref;
  const keys = draft.whole(metric.key, period);
  if (keys === undefined) return null;
  const fell = metric.kind === 'sum' ? FALLEN : {};
  let found: Cell = { ...made.after, state: { ...(best?.state as object), ...fell } };
  for (const other of keys) {
    const cell = other === by ? null : (draft.peekCell(draft.keyOf(metric.key, other, period)) ?? null);
    const value = cell?.value ?? null;
    if (cell === null || value === null) continue;
    if (isBetter(metric, value, found.value ?? value, { ...made, after: cell }, found))
      found = { ...cell, state: found.state };
  }
  return found;
}

function isBetter(metric: Metric, value: number, known: number, made: Update, best: Cell | null): boolean {
  const at = made.after.achievedAt ?? 0;
  const knownAt = best?.achievedAt ?? 0;
  if (metric.kind === 'latest')
    return (
      at > knownAt || (at === knownAt && String(made.after.state) > String(field(best?.state ?? null, 'id') ?? ''))
    );
  if (value === known) return at < knownAt;
  return metric.kind === 'min' ? value < known : value > known;
}

function field(state: Json, name: string): Json | undefined {
  return typeof state === 'object' && state !== null && !Array.isArray(state)
    ? (state as { readonly [key: string]: Json })[name]
    : undefined;
}
