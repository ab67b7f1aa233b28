import { isClosed } from '../../engine/cascade.ts';
import type { Achievement, Catalog, Streak } from '../../engine/catalog.ts';
import { gatesOpen } from '../../engine/criteria.ts';
import { Draft } from '../../engine/draft.ts';
import type { Moment } from '../../engine/moment.ts';
import { periodKeyAt } from '../../engine/periods.ts';
import { type Progress, progressNeeds, progressOf, type Reader } from '../../engine/progress.ts';
import type { Needs, UserState } from '../../engine/state.ts';
import { type StreakView, streakUnit, streakView } from '../../engine/streaks.ts';

/** A streak is about to end when it does within this time. */
export const ENDING_MS = 86_400_000;

/** Something worth doing next. */
export type Recommended =
  | { readonly kind: 'streakEnding'; readonly streak: Streak; readonly view: StreakView; readonly leftMs: number }
  | { readonly kind: 'achievementNear'; readonly achievement: Achievement; readonly progress: Progress };

/** What must be read to recommend anything to a user; one reading is enough. */
export function recommendNeeds(catalog: Catalog, test: boolean, reader: Reader, now: number): Needs {
  const candidates = candidatesOf(catalog, test, now);
  const needs = progressNeeds(
    catalog,
    candidates.map(({ key }) => key),
    reader,
    now,
  );
  const required = candidates.flatMap(({ requires }) => requires);
  return {
    ...needs,
    achievements: [...new Set([...needs.achievements, ...required])],
    streaks: [...new Set([...needs.streaks, ...catalog.streaks.keys()])],
  };
}

/**
 * What is worth doing next, from a state that holds what `recommendNeeds` asked for: streaks about to end, the soonest first; then
 * the achievements that can be earned now, the nearest first, and in catalog order where they are equally near.
 */
export function recommend(catalog: Catalog, state: UserState, reader: Reader, now: number): Recommended[] {
  return [...endingStreaks(catalog, state, reader, now), ...nearAchievements(catalog, state, reader, now)];
}

/** Everybody may see it, and events could unlock it now. */
function candidatesOf(catalog: Catalog, test: boolean, now: number): Achievement[] {
  return [...catalog.achievements.values()].filter(({ visibility, status, when, startsAt, endsAt }) => {
    if (visibility !== 'public' || when.kind === 'manual') return false;
    if (status !== 'live' && !(status === 'draft' && test)) return false;
    return (startsAt === null || startsAt <= now) && (endsAt === null || now < endsAt);
  });
}

function endingStreaks(catalog: Catalog, state: UserState, { timezone }: Reader, now: number): Recommended[] {
  const ending = [...catalog.streaks.values()].flatMap((streak) => {
    const view = streakView(streak, state.streakDays.get(streak.key) ?? [], now, timezone);
    const isActiveNow = view.lastActiveDay === streakUnit(streak, now, timezone);
    if (view.current === 0 || view.endsAt === null || isActiveNow || view.endsAt - now > ENDING_MS) return [];
    return [{ kind: 'streakEnding', streak, view, leftMs: view.endsAt - now } as const];
  });
  return ending.toSorted((one, two) => one.leftMs - two.leftMs || two.view.current - one.view.current);
}

function nearAchievements(catalog: Catalog, state: UserState, reader: Reader, now: number): Recommended[] {
  const draft = new Draft(catalog, state, now);
  const moment: Moment = { at: now, zone: reader.timezone };
  const open = candidatesOf(catalog, state.test, now).filter((achievement) => {
    const { key, repeat } = achievement;
    const period = repeat === null ? '' : periodKeyAt(repeat, now, reader.timezone, catalog.seasons);
    if (repeat !== null && period === '') return false;
    return (
      gatesOpen(draft, achievement, moment) === true && !isClosed(achievement, state.unlocks.get(key) ?? [], period)
    );
  });
  return open
    .map((achievement) => ({
      kind: 'achievementNear' as const,
      achievement,
      progress: progressOf(catalog, achievement.key, state, reader, now),
    }))
    .toSorted(
      (one, two) => two.progress.progress - one.progress.progress || one.achievement.ordinal - two.achievement.ordinal,
    );
}
