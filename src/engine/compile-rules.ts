import type { Achievement, Levels, Metric } from './catalog.ts';
import { dependenciesOf } from './compile-index.ts';
import { type CompileContext, report } from './compile-reader.ts';
import { type Leaf, leavesOf } from './criterion.ts';
import { entryOf, type Place, type SourceEntry, type SourceNode } from './source.ts';

/** What rules are checked against as a whole. */
export interface RuleBook {
  readonly achievements: ReadonlyMap<string, Achievement>;
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly levels: Levels;
}

/** Names told of a circle. */
const MOST_SHOWN = 8;
/** Steps spent on looking for what an unlock may raise; a catalog that needs more is refused. */
const MOST_STEPS = 500_000;

/** Finds what only shows when all rules are known: cycles, and rules that could contradict themselves. */
export function checkRules(context: CompileContext, node: SourceNode | undefined, book: RuleBook): void {
  const entries = new Map((node?.kind === 'map' ? node.entries : []).map((entry) => [entry.key, entry]));
  for (const group of cyclesOf(book.achievements)) {
    const shown = group.length > MOST_SHOWN ? [...group.slice(0, MOST_SHOWN), '...'] : group;
    const others = [...shown, group[0] ?? ''].join(' -> ');
    for (const key of group) {
      const place = entries.get(key)?.keyPlace;
      if (place !== undefined) report(context, place, 'cycle', `"${key}" stands in a circle: ${others}`);
    }
  }
  if (context.faults.some((fault) => fault.code === 'cycle')) return;
  const lookers = lookersOf(book.achievements);
  const budget = { steps: MOST_STEPS };
  const levelsCount = book.levels.thresholds.length;
  for (const achievement of book.achievements.values()) {
    const place = whenPlace(entries.get(achievement.key));
    if (place === null) continue;
    for (const { leaf } of leavesOf(achievement.when)) {
      if (leaf.kind !== 'level' || leaf.bounds.low <= levelsCount) continue;
      report(
        context,
        place,
        'outOfRange',
        `There are only ${levelsCount} levels; level ${leaf.bounds.low} cannot be reached`,
      );
    }
    const raised = raisedAgainst(achievement, lookers, budget);
    if (budget.steps < 0) {
      report(context, place, 'tooLarge', 'The rules depend on each other in too many ways to be checked');
      return;
    }
    if (raised === null) continue;
    const message = `The rule of "${achievement.key}" is unstratified: it must not have ${raised}, and the unlock itself can raise that`;
    report(context, place, 'unstratified', message);
  }
}

function whenPlace(entry: SourceEntry | undefined): Place | null {
  const when = entry?.value.kind === 'map' ? entryOf(entry.value, 'when') : undefined;
  return when?.value.place ?? null;
}

/** What an unlock can raise: XP (and so the level), points, the number of achievements, the achievement itself. */
function raisedBy(achievement: Achievement): string[] {
  const { key, tiers, xp, points } = achievement;
  const raised = ['@achievements', key];
  if (xp > 0 || tiers.some((tier) => tier.xp > 0)) raised.push('@xp');
  if (points > 0 || tiers.some((tier) => tier.points > 0)) raised.push('@points');
  return raised;
}

/** The quantity a leaf looks at, among those an unlock can raise. */
function lookedAt(leaf: Leaf): string | null {
  if (leaf.kind === 'achievement') return leaf.achievement;
  if (leaf.kind === 'achievements') return '@achievements';
  if (leaf.kind === 'level') return '@xp';
  if (leaf.kind !== 'metric') return null;
  return { xp: '@xp', totalPoints: '@points', achievements: '@achievements' }[leaf.metric] ?? null;
}

/** Which achievements look at a quantity, or at another achievement. */
function lookersOf(all: ReadonlyMap<string, Achievement>): ReadonlyMap<string, readonly Achievement[]> {
  const lookers = new Map<string, Achievement[]>();
  for (const achievement of all.values()) {
    const seen = leavesOf(achievement.when).flatMap(({ leaf }) => lookedAt(leaf) ?? []);
    for (const quantity of new Set([...seen, ...achievement.requires])) {
      const list = lookers.get(quantity) ?? [];
      list.push(achievement);
      lookers.set(quantity, list);
    }
  }
  return lookers;
}

/** Something the rule wants small that its own unlock can raise, directly or through what follows; null when there is none. */
function raisedAgainst(
  achievement: Achievement,
  lookers: ReadonlyMap<string, readonly Achievement[]>,
  budget: { steps: number },
): string | null {
  const wantedSmall = leavesOf(achievement.when).flatMap(({ leaf, negated }) => {
    const isCapped = leaf.kind === 'metric' && leaf.bounds.high !== Number.POSITIVE_INFINITY;
    const isFloored = leaf.kind !== 'metric' || leaf.bounds.low !== Number.NEGATIVE_INFINITY;
    const quantity = (negated ? isFloored : isCapped) ? lookedAt(leaf) : null;
    return quantity === null ? [] : [quantity];
  });
  if (wantedSmall.length === 0) return null;
  const reached = new Set(raisedBy(achievement));
  for (const quantity of reached) {
    if (budget.steps < 0) return null;
    for (const other of lookers.get(quantity) ?? []) {
      budget.steps -= 1;
      if (other.key !== achievement.key) for (const raised of raisedBy(other)) reached.add(raised);
    }
  }
  const found = wantedSmall.find((quantity) => reached.has(quantity));
  return found === undefined ? null : found.replace('@', 'more ');
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
