import type { FoldEvent } from '../../src/engine/state.ts';
import { catalogOf, MemoryUser, START } from './support.ts';

/** Every order of a few things. */
function orders<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((one, index) => orders(list.toSpliced(index, 1)).map((rest) => [one, ...rest]));
}

/** Folds the events one by one in every order, and as one batch of every order; answers what differs of it. */
export function everyWay(text: string, events: readonly FoldEvent[], look: (user: MemoryUser) => unknown): unknown[] {
  const catalog = catalogOf(text);
  const now = Math.max(...events.map((one) => one.occurredAt));
  const found = orders(events).flatMap((order) => {
    const single = new MemoryUser(catalog);
    for (const one of order) single.record([one], now);
    const batch = new MemoryUser(catalog);
    batch.record(order, now);
    return [look(single), look(batch)];
  });
  return [...new Set(found.map((one) => JSON.stringify(one)))].map((one) => JSON.parse(one));
}

/** The value of a cell, and when it was achieved, from START on. */
export function cell(user: MemoryUser, metric: string, by = '', period = ''): (number | null | undefined)[] {
  const found = user.state.cells.get(`${metric}\u0000${by}\u0000${period}`);
  return [found?.value, found === null || found === undefined ? null : (found.achievedAt ?? START) - START];
}
