import { type Draft, lifetimeCell, lifetimeRef } from './draft.ts';
import { ABSENT, type Cell, type Json, type Unlock } from './state.ts';

/** What the cell `achievements` keeps beside their number. */
export interface Notes {
  /** Granted or taken away by hand: their progress is not told. */
  readonly off: readonly string[];
  /** Not held and not blocked, though the rule held at an event of the user: the next event that touches it decides. */
  readonly due: readonly string[];
}

/** The notes a cell carries. */
export function notesOf(cell: Cell | null | undefined): Notes {
  const state = cell?.state ?? null;
  if (typeof state !== 'object' || state === null || Array.isArray(state)) return NONE;
  const { off, due } = state as { readonly [key: string]: Json };
  return { off: wordsOf(off), due: wordsOf(due) };
}

const NONE: Notes = { off: [], due: [] };

function wordsOf(list: Json | undefined): readonly string[] {
  return Array.isArray(list) ? list.map(String) : [];
}

/** Notes as a cell keeps them: sorted, without empty lists, null when there is nothing to note. */
export function notesState({ off, due }: Notes): Json {
  if (off.length === 0 && due.length === 0) return null;
  return {
    ...(off.length > 0 && { off: [...new Set(off)].sort() }),
    ...(due.length > 0 && { due: [...new Set(due)].sort() }),
  };
}

/** Writes notes to the cell, which must have been read. */
export function setNotes(draft: Draft, notes: Notes): void {
  const cell = lifetimeCell(draft, 'achievements');
  if (cell === undefined) return;
  const state = notesState(notes);
  if (cell === null && state === null) return;
  const ref = lifetimeRef('achievements');
  const isEmpty = state === null && (cell?.value ?? 0) === 0;
  draft.setCell(
    draft.keyOf(ref.metric, '', ''),
    ref,
    isEmpty ? ABSENT : { value: cell?.value ?? 0, achievedAt: cell?.achievedAt ?? null, state },
    cell === null,
  );
}

/** Whether an achievement stands as decided by hand: granted and held, or taken away from its rule. */
export function isOff(rows: readonly Unlock[]): boolean {
  return rows.some(({ source, revokedAt }) => (source === 'grant') === (revokedAt === null));
}

/** Whether a revoke took the achievement from its rule: nothing but a grant gives it again. */
export function isBlocked(rows: readonly Unlock[]): boolean {
  return rows.some(({ source, revokedAt }) => source === 'rule' && revokedAt !== null);
}
