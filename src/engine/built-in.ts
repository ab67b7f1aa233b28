import type { Per } from './catalog.ts';
import type { Draft } from './draft.ts';
import type { Moment } from './moment.ts';
import { periodKeyAt } from './periods.ts';
import { ABSENT, type Cell, type CellRef, type Json, type Unlock } from './state.ts';

/** A cell of a built-in metric at a moment: the lifetime one (`per` is null), or that of a window a board cuts. */
interface Slot {
  readonly ref: CellRef;
  readonly key: string;
  readonly per: Per | null;
  /** Undefined: must be read first. */
  readonly before: Cell | null | undefined;
}

const NO_SLOTS: readonly Slot[] = [];

/** Which cells something feeds: also the windows that boards cut, or the lifetime one alone. */
export type FeedSpan = 'all' | 'lifetime';

/** Reads the cells that something at a moment feeds. */
function slotsAt(draft: Draft, metric: string, moment: Moment, span: FeedSpan = 'all'): readonly Slot[] {
  const known = draft.catalog.metrics.get(metric);
  if (known === undefined) return NO_SLOTS;
  const hasLifetime = known.lifetime || metric === 'achievements';
  if (!hasLifetime && known.periods.length === 0) return NO_SLOTS;
  const slots: Slot[] = [];
  const add = (per: Per | null, period: string): void => {
    const ref = { metric, by: '', period };
    const key = draft.keyOf(metric, '', period);
    slots.push({ ref, key, per, before: draft.cell(ref, key) });
  };
  if (hasLifetime) add(null, '');
  for (const per of span === 'all' ? known.periods : []) {
    const period = periodKeyAt(per, moment.at, moment.zone, draft.catalog.seasons);
    if (period !== '') add(per, period);
  }
  return slots;
}

/** Finds what must be read before something at a moment can feed a built-in metric. */
export function askBuiltIn(draft: Draft, metric: string, amount: number, moment: Moment, span: FeedSpan): void {
  if (amount !== 0) slotsAt(draft, metric, moment, span);
}

/** Feeds a built-in metric with what an event brings. */
export function feedBuiltIn(draft: Draft, metric: string, amount: number, moment: Moment, span: FeedSpan): void {
  if (amount === 0) return;
  for (const slot of slotsAt(draft, metric, moment, span)) {
    if (slot.before === undefined) continue;
    const eventAt = later(eventAtOf(slot.before), moment.at);
    put(draft, slot, (slot.before?.value ?? 0) + amount, eventAt, slot.before?.achievedAt ?? null);
  }
}

/** Counts an unlock row that is now held in every built-in metric, at the moment it was unlocked. */
export function countUnlock(draft: Draft, row: Unlock, zone: string | null): void {
  const moment: Moment = { at: row.unlockedAt, zone };
  for (const [metric, amount] of amountsOf(row)) {
    for (const slot of slotsAt(draft, metric, moment)) {
      if (slot.before === undefined) continue;
      const unlockAt = later(slot.before?.achievedAt ?? null, moment.at);
      put(draft, slot, (slot.before?.value ?? 0) + amount, eventAtOf(slot.before), unlockAt);
    }
  }
  for (const slot of slotsAt(draft, 'achievements', moment)) {
    if (slot.before === undefined) continue;
    const isFirst = !heldIn(draft, slot, row.achievement, zone).some((other) => !isSame(other, row));
    putCount(
      draft,
      slot,
      (slot.before?.value ?? 0) + (isFirst ? 1 : 0),
      later(slot.before?.achievedAt ?? null, moment.at),
    );
  }
}

/**
 * Takes a row that is no longer held out of every built-in metric, so that the cells are those of the events and rows that are left;
 * one with nothing left is absent. Every row of the user must have been read: the newest of those left may be any.
 */
export function uncountUnlock(draft: Draft, row: Unlock, zone: string | null): void {
  const moment: Moment = { at: row.unlockedAt, zone };
  for (const [metric, amount] of amountsOf(row)) {
    for (const slot of slotsAt(draft, metric, moment)) {
      if (slot.before === undefined) continue;
      const left = newestIn(draft, slot, zone, (other) => amountsOf(other).some(([name]) => name === metric));
      put(draft, slot, (slot.before?.value ?? 0) - amount, eventAtOf(slot.before), left);
    }
  }
  for (const slot of slotsAt(draft, 'achievements', moment)) {
    if (slot.before === undefined) continue;
    const isLast = heldIn(draft, slot, row.achievement, zone).length === 0;
    const value = (slot.before?.value ?? 0) - (isLast ? 1 : 0);
    putCount(
      draft,
      slot,
      value,
      newestIn(draft, slot, zone, () => true),
    );
  }
}

/** What a row brings to the built-in metrics of amounts. */
function amountsOf({ points, xp }: Unlock): (readonly [metric: string, amount: number])[] {
  const amounts = [['totalPoints', points] as const, ['xp', xp] as const];
  return amounts.filter(([, amount]) => amount !== 0);
}

function isSame(one: Unlock, other: Unlock): boolean {
  return one.achievement === other.achievement && one.tier === other.tier && one.period === other.period;
}

/** The rows of an achievement that are held and lie in a slot's window. */
function heldIn(draft: Draft, { per, ref }: Slot, achievement: string, zone: string | null): Unlock[] {
  return (draft.peekUnlocks(achievement) ?? []).filter(
    ({ revokedAt, unlockedAt }) =>
      revokedAt === null && (per === null || periodKeyAt(per, unlockedAt, zone, draft.catalog.seasons) === ref.period),
  );
}

function newestIn(draft: Draft, slot: Slot, zone: string | null, counts: (row: Unlock) => boolean): number | null {
  let newest: number | null = null;
  for (const achievement of draft.achievementsSeen()) {
    for (const row of heldIn(draft, slot, achievement, zone)) if (counts(row)) newest = later(newest, row.unlockedAt);
  }
  return newest;
}

function later(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

/** Beside a value that an unlock was the newest to feed stands the newest event that did. */
function eventAtOf(cell: Cell | null): number | null {
  const state = cell?.state ?? null;
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return cell?.achievedAt ?? null;
  const at = (state as { readonly [key: string]: Json })['eventAt'];
  return typeof at === 'number' ? at : null;
}

function put(draft: Draft, { key, ref, before }: Slot, value: number, eventAt: number | null, unlockAt: number | null) {
  const achievedAt = later(eventAt, unlockAt);
  const state = achievedAt === eventAt ? null : { eventAt };
  draft.setCell(key, ref, achievedAt === null ? ABSENT : { value, achievedAt, state }, before === null);
}

/** The count of achievements keeps notes beside it, in its lifetime cell. */
function putCount(draft: Draft, { key, ref, before }: Slot, value: number, achievedAt: number | null): void {
  const state = before?.state ?? null;
  const isLeft = achievedAt !== null || state !== null;
  draft.setCell(key, ref, isLeft ? { value, achievedAt, state } : ABSENT, before === null);
}
