import type { Achievement, Levels, Metric } from './catalog.ts';
import { dependenciesOf } from './compile-index.ts';
import { type CompileContext, report } from './compile-reader.ts';
import type { Place, SourceNode } from './source.ts';

/** What rules are checked against as a whole. */
export interface RuleBook {
  readonly achievements: ReadonlyMap<string, Achievement>;
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly levels: Levels;
}

/** Finds what only shows when all rules are known: cycles, and rules that could contradict themselves. */
export function checkRules(context: CompileContext, node: SourceNode | undefined, book: RuleBook): void {
  const places = new Map<string, Place>();
  if (node?.kind === 'map') for (const entry of node.entries) places.set(entry.key, entry.keyPlace);
  for (const group of cyclesOf(book.achievements)) {
    for (const key of group) {
      const place = places.get(key);
      const others = [...group, group[0] ?? key].join(' -> ');
      if (place !== undefined) report(context, place, 'cycle', `"${key}" stands in a circle: ${others}`);
    }
  }
}

/** Groups of achievements that need each other (Tarjan's strongly connected components of more than one, or of a self-loop). */
export function cyclesOf(achievements: ReadonlyMap<string, Achievement>): string[][] {
  const edges = new Map([...achievements].map(([key, achievement]) => [key, [...dependenciesOf(achievement)]]));
  return components(edges).filter((group) => {
    const [only] = group;
    return group.length > 1 || (only !== undefined && (edges.get(only)?.includes(only) ?? false));
  });
}

/** Tarjan's algorithm without recursion, so that a long chain cannot exhaust the stack. */
export function components(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const found: string[][] = [];
  for (const root of edges.keys()) {
    if (order.has(root)) continue;
    const work: { key: string; next: number }[] = [{ key: root, next: 0 }];
    while (work.length > 0) {
      const step = work.at(-1);
      if (step === undefined) break;
      if (step.next === 0) {
        order.set(step.key, order.size);
        low.set(step.key, order.size - 1);
        open.push(step.key);
        isOpen.add(step.key);
      }
      const target = edges.get(step.key)?.[step.next];
      step.next += 1;
      if (target !== undefined) {
        if (!edges.has(target)) continue;
        if (!order.has(target)) work.push({ key: target, next: 0 });
        else if (isOpen.has(target)) low.set(step.key, Math.min(low.get(step.key) ?? 0, order.get(target) ?? 0));
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent !== undefined) low.set(parent.key, Math.min(low.get(parent.key) ?? 0, low.get(step.key) ?? 0));
      if (low.get(step.key) !== order.get(step.key)) continue;
      const group = open.splice(open.lastIndexOf(step.key));
      for (const key of group) isOpen.delete(key);
      found.push(group);
    }
  }
  return found;
}
