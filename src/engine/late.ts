import type { Cascade } from './cascade.ts';
import { watchKey } from './catalog-index.ts';
import { byKeyOf, contributionOf } from './contribution.ts';
import type { FoldEvent, Json } from './state.ts';

/**
 * Notices the rules that a late event may complete at its own moment without moving what their metrics come to now: a value that was
 * the newest then, a best time that was not too good yet, a sum from which something was taken since.
 */
export function noticeLate({ draft, again }: Cascade, event: FoldEvent): void {
  const { catalog } = draft;
  for (const metric of catalog.index.byEventType.get(event.type)?.metrics ?? []) {
    const by = byKeyOf(metric, event);
    const contribution = by === null ? null : contributionOf(catalog, metric, event);
    if (by === null || contribution === null) continue;
    const hasFallen = metric.kind === 'sum' && saysFell(draft.peekCell(draft.keyOf(metric.key, '', ''))?.state);
    const names = by === '' ? [metric.key] : [metric.key, watchKey(metric.key, by), watchKey(metric.key, '*')];
    for (const watch of names.flatMap((name) => catalog.index.watches.get(name) ?? [])) {
      for (const achievement of watch.late) again.set(achievement.ordinal, achievement);
      for (const achievement of hasFallen ? watch.fallen : []) again.set(achievement.ordinal, achievement);
    }
  }
}

/** Whether something was taken from a sum, or from that of any of its keys. */
function saysFell(state: Json | undefined): boolean {
  return typeof state === 'object' && state !== null && 'fell' in state;
}
