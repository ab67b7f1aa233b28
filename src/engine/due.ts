import { type Cascade, isClosed, judgeNow, judgePast } from './cascade.ts';
import type { Achievement } from './catalog.ts';
import { gatesOpen, judge } from './criteria.ts';
import { type Draft, lifetimeCell } from './draft.ts';
import type { Moment } from './moment.ts';
import { isBlocked, isOff, notesOf, setNotes } from './notes.ts';
import { isTouchedBy, replay } from './replay.ts';
import { isHeld, stepsReached } from './steps.ts';

/**
 * Judges the due rules that an event of this type touches. Each is then decided like any other: what lasts at this event, what looks
 * at time at the event at which it held. One that no longer holds anywhere is due no more.
 */
export function judgeDue(cascade: Cascade, type: string): void {
  const { draft } = cascade;
  const { off, due } = notesOf(lifetimeCell(draft, 'achievements'));
  if (due.length === 0) return;
  const { catalog } = draft;
  const touched = due
    .flatMap((key) => catalog.achievements.get(key) ?? [])
    .filter((achievement) => isTouchedBy(catalog, achievement, type))
    .sort((one, two) => one.ordinal - two.ordinal);
  if (touched.length === 0) return;
  const keys = new Set(touched.map(({ key }) => key));
  setNotes(draft, { off, due: due.filter((key) => !keys.has(key)) });
  for (const achievement of touched) {
    if (catalog.index.lasting.has(achievement.key)) judgeNow(cascade, achievement);
    else judgePast(cascade, achievement, null);
  }
}

/** Notes how these achievements stand after decisions: which are off, and which are due again. */
export function noteDecisions(draft: Draft, decided: readonly string[], moment: Moment): void {
  const known = notesOf(lifetimeCell(draft, 'achievements'));
  const keys = new Set(decided);
  const off = [...keys].filter((key) => isOff(draft.peekUnlocks(key) ?? []));
  const due = [...new Set([...decided, ...known.due])].filter((key) => {
    const achievement = draft.catalog.achievements.get(key);
    return achievement !== undefined && isDue(draft, achievement, moment);
  });
  setNotes(draft, { off: [...known.off.filter((key) => !keys.has(key)), ...off], due });
}

/** Whether a rule may decide and held at an event of the user. False, too, while something must be read for it. */
function isDue(draft: Draft, achievement: Achievement, moment: Moment): boolean {
  const rows = draft.unlocks(achievement.key);
  if (rows === undefined || isBlocked(rows)) return false;
  if (achievement.repeat === null && isClosed(achievement, rows, '')) return false;
  if (!draft.catalog.index.lasting.has(achievement.key)) {
    return replay(draft, achievement, null)?.some(({ step, period }) => !isHeld(rows, step.tier, period)) ?? false;
  }
  if (gatesOpen(draft, achievement, moment) !== true || judge(draft, achievement.when, moment) !== true) return false;
  return stepsReached(draft, achievement, moment).some(({ tier }) => !isHeld(rows, tier, ''));
}
