import type { Metric } from './catalog.ts';
import { type Contributed, type Contribution, contributionsTo, type NextCell } from './contribution.ts';
import type { Draft } from './draft.ts';
import { OPENING } from './opening.ts';
import type { Cell, CellRef, FoldEvent, Json } from './state.ts';

/** What a run keeps beside its longest: the run that goes on, and the newest event it has seen. */
interface RunState {
  readonly current: number;
  readonly at: number;
  readonly id: string;
}

/**
 * The next content of a run's cell: the longest run of events that nothing broke, in (occurredAt, id) order. An event newer than
 * all before it costs nothing; a late one reads the log, for it may join two runs or part one.
 */
export function nextRun(
  draft: Draft,
  metric: Metric,
  ref: CellRef,
  before: Cell | null,
  event: FoldEvent,
  contribution: Contribution,
): NextCell {
  const known = stateOf(before?.state ?? null);
  const isNewest =
    known === null || event.occurredAt > known.at || (event.occurredAt === known.at && event.id > known.id);
  if (isNewest) return step(before, known, event, contribution);
  const all = contributionsTo(draft, metric, ref, event, null);
  return all === undefined ? 'unknown' : refold(all);
}

function step(before: Cell | null, known: RunState | null, event: FoldEvent, contribution: Contribution): Cell {
  if (event.type === OPENING) return opened(before, known, event, contribution.amount);
  const current = contribution.breaks ? 0 : (known?.current ?? 0) + 1;
  const longest = before?.value ?? 0;
  const state: Json = { current, at: event.occurredAt, id: event.id };
  if (current > longest) return { value: current, achievedAt: event.occurredAt, state };
  return { value: longest, achievedAt: before?.achievedAt ?? null, state };
}

/** A run that was reached elsewhere: it may be the longest, and neither goes on nor breaks what goes on. */
function opened(before: Cell | null, known: RunState | null, event: FoldEvent, longest: number): Cell {
  const state: Json = { current: known?.current ?? 0, at: event.occurredAt, id: event.id };
  const held = before?.value ?? 0;
  if (longest > held) return { value: longest, achievedAt: event.occurredAt, state };
  return { value: held, achievedAt: before?.achievedAt ?? null, state };
}

function refold(all: readonly Contributed[]): Cell {
  let cell: Cell | null = null;
  for (const { event, contribution } of all) cell = step(cell, stateOf(cell?.state ?? null), event, contribution);
  return cell ?? { value: 0, achievedAt: null, state: null };
}

function stateOf(state: Json): RunState | null {
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return null;
  const { current, at, id } = state as { readonly [key: string]: Json };
  return { current: Number(current ?? 0), at: Number(at ?? 0), id: String(id ?? '') };
}
