import type { Draft } from './draft.ts';
import type { Moment } from './moment.ts';
import { periodKeyAt } from './periods.ts';
import type { Cell, CellRef, Json, Unlock } from './state.ts';

/** What the cell `achievements` keeps beside their number: those granted or taken away by hand, which need no progress. */
export function offList(cell: Cell | null | undefined): readonly string[] {
  const state = cell?.state ?? null;
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return [];
  const off = (state as { readonly [key: string]: Json })['off'];
  return Array.isArray(off) ? off.map(String) : [];
}

/** Whether an achievement stands as decided by hand: granted and held, or taken away from its rule. */
export function isOff(rows: readonly Unlock[]): boolean {
  return rows.some(({ source, revokedAt }) => (source === 'grant') === (revokedAt === null));
}

/** Writes the list, sorted; an empty one leaves no trace. */
export function setOffList(draft: Draft, keys: readonly string[]): void {
  const ref = { metric: 'achievements', by: '', period: '' };
  const key = draft.keyOf('achievements', '', '');
  const cell = draft.cell(ref, key);
  if (cell === undefined || (cell === null && keys.length === 0)) return;
  const state = keys.length === 0 ? null : { off: keys.toSorted() };
  draft.setCell(key, ref, { value: cell?.value ?? 0, achievedAt: cell?.achievedAt ?? null, state }, cell === null);
}

/**
 * Feeds a built-in metric: its lifetime cell where a board ranks it, and the windows that boards cut. With `dry` nothing is
 * written: it only finds what must be read.
 */
export function feedBuiltIn(draft: Draft, key: string, amount: number, moment: Moment, dry: boolean): void {
  const metric = draft.catalog.metrics.get(key);
  if (metric === undefined || amount === 0) return;
  if (metric.lifetime || key === 'achievements')
    feedCell(draft, { metric: key, by: '', period: '' }, amount, moment.at, dry);
  for (const per of metric.periods) {
    const period = periodKeyAt(per, moment.at, moment.zone, draft.catalog.seasons);
    if (period !== '') feedCell(draft, { metric: key, by: '', period }, amount, moment.at, dry);
  }
}

function feedCell(draft: Draft, ref: CellRef, amount: number, at: number, dry: boolean): void {
  const key = draft.keyOf(ref.metric, ref.by, ref.period);
  const before = draft.cell(ref, key);
  if (before === undefined || dry) return;
  const achievedAt = amount > 0 ? Math.max(before?.achievedAt ?? at, at) : (before?.achievedAt ?? at);
  draft.setCell(
    key,
    ref,
    { value: (before?.value ?? 0) + amount, achievedAt, state: before?.state ?? null },
    before === null,
  );
}
