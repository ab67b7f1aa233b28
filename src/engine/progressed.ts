import type { Update } from './accumulate.ts';
import type { Goal, Watch } from './catalog.ts';
import { firstAbove, watchKey } from './catalog-index.ts';
import { type Draft, lifetimeCell } from './draft.ts';
import { notesOf } from './notes.ts';
import { unscale } from './numbers.ts';
import type { Progressed, Unlock } from './state.ts';

/** Of the rules that wait on one value, only the nearest are told. */
const NEAREST = 5;

/** The counted rules that moved towards their goal by these updates, and the announced marks they passed on the way. */
export function progressedBy(draft: Draft, updates: readonly Update[], unlocked: readonly Unlock[]): Progressed[] {
  let found: Map<string, Progressed> | null = null;
  for (const update of updates) {
    const { metric, ref } = update;
    if ((ref.period === '') !== (metric.per === null)) continue;
    if (ref.by !== '' && !draft.catalog.index.keyed.has(metric.key)) continue;
    const watch = draft.catalog.index.watches.get(watchKey(metric.key, ref.by === '' ? null : ref.by));
    if (watch === undefined || watch.goals.length === 0) continue;
    found ??= new Map();
    addProgress(watch, update, found);
  }
  if (found === null || found.size === 0) return [];
  const { off } = notesOf(lifetimeCell(draft, 'achievements'));
  if (off.length === 0 && unlocked.length === 0) return [...found.values()];
  return [...found.values()].filter((one) => !off.includes(one.achievement) && !isDone(one, unlocked, draft));
}

/** An untiered rule that unlocked with this event is told as an unlock, not as progress. */
function isDone(one: Progressed, unlocked: readonly Unlock[], draft: Draft): boolean {
  const tiers = draft.catalog.achievements.get(one.achievement)?.tiers.length ?? 0;
  return tiers === 0 && unlocked.some((row) => row.achievement === one.achievement);
}

function addProgress(watch: Watch, update: Update, found: Map<string, Progressed>): void {
  const before = update.before?.value ?? 0;
  const after = update.after.value ?? 0;
  if (after <= before) return;
  const add = (goal: Goal, milestone: boolean): void => {
    const { achievement, target } = goal;
    const known = found.get(achievement.key);
    if (known !== undefined && (known.milestone || !milestone)) return;
    const { decimals } = update.metric;
    found.set(achievement.key, {
      achievement: achievement.key,
      previous: unscale(before, decimals),
      current: unscale(after, decimals),
      target: unscale(target, decimals),
      milestone,
    });
  };
  const { milestones, goals } = watch;
  for (let index = firstAbove(milestones, before); index < milestones.length; index++) {
    const goal = milestones[index];
    if (goal === undefined || goal.at > after) break;
    if (goal.target > after) add(goal, true);
  }
  const first = firstAbove(goals, after);
  for (let index = first; index < first + NEAREST && index < goals.length; index++) {
    const goal = goals[index];
    if (goal !== undefined) add(goal, false);
  }
}
