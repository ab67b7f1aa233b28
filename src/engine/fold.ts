import { accumulate, type Update } from './accumulate.ts';
import { askBuiltIn, type FeedSpan, feedBuiltIn } from './built-in.ts';
import { type Cascade, notice, runCascade, startCascade } from './cascade.ts';
import type { Catalog, EventType } from './catalog.ts';
import { watchKey } from './catalog-index.ts';
import { judge } from './criteria.ts';
import { Draft, lifetimeCell, type Takes } from './draft.ts';
import { judgeDue } from './due.ts';
import { noticeLate } from './late.ts';
import { levelAt } from './levels.ts';
import { checkLimit, countWindows, passesVelocity } from './limits.ts';
import type { Moment } from './moment.ts';
import { MAX_VALUE } from './numbers.ts';
import { activeUnits, OPENING, OPENING_TYPE } from './opening.ts';
import { priceEvent } from './price.ts';
import { progressedBy } from './progressed.ts';
import { askFurther } from './reach.ts';
import { retiredType } from './retired.ts';
import type { EventOutcome, FoldEvent, FoldResult, Refusal, UserState } from './state.ts';
import { longestRun, newDays, streakView, withDays } from './streaks.ts';

/**
 * Folds new events of one user, in the order they arrived, into that user's state. Pure and total: it changes nothing it is
 * given, and a fault is a refusal of one event that leaves its neighbours alone. When the state lacks something it answers what
 * to read; read all of it, merge it in and call again. One round of reading is usual, a second when something may unlock.
 * `takes` may hold back unlocks that rules would give; a rebuild does.
 */
export function fold(
  catalog: Catalog,
  state: UserState,
  events: readonly FoldEvent[],
  now: number,
  takes: Takes | null = null,
): FoldResult {
  const overflows = new Map<number, string>();
  for (;;) {
    const draft = new Draft(catalog, state, now, takes);
    draft.batch = events;
    const outcomes: EventOutcome[] = [];
    for (const [index, event] of events.entries()) {
      const metric = overflows.get(index);
      outcomes.push(
        metric === undefined ? foldEvent(draft, event) : refuse(event, { kind: 'valueOutOfRange', metric }),
      );
      if (draft.overflow !== null) break;
    }
    if (draft.needs.any) askFurther(draft);
    if (draft.needs.any) return { kind: 'needs', needs: draft.needs.build() };
    if (draft.overflow === null) return { kind: 'done', change: draft.change(), outcomes };
    // What its unlocks would bring passes the range: the batch is folded again, this event refused.
    overflows.set(outcomes.length - 1, draft.overflow);
  }
}

function refuse(event: FoldEvent, refusal: Refusal): EventOutcome {
  return { kind: 'refused', event, refusal };
}

function foldEvent(draft: Draft, event: FoldEvent): EventOutcome {
  const type = event.type === OPENING ? OPENING_TYPE : typeOf(draft, event);
  if (type === undefined) return refuse(event, { kind: 'price', message: `there is no event type ${event.type}` });
  const priced = priceEvent(type, event);
  if (!priced.ok) return refuse(event, { kind: 'price', message: priced.message });
  const { points, xp } = priced;
  if (draft.score + draft.achievementPoints + points > MAX_VALUE)
    return refuse(event, { kind: 'valueOutOfRange', metric: 'score' });
  if (draft.xp + xp > MAX_VALUE) return refuse(event, { kind: 'valueOutOfRange', metric: 'xp' });
  const limit = event.priced === null ? checkLimit(draft, type, event) : null;
  if (limit?.kind === 'full') return refuse(event, { kind: 'limit', retryAfterMs: limit.retryAfterMs });
  const tooFast = event.priced === null && passesVelocity(draft, type, event);
  const asked = draft.needs.asked;
  const updates: Update[] = [];
  for (const metric of draft.catalog.index.byEventType.get(type.key)?.metrics ?? []) {
    if (!accumulate(draft, metric, event, updates))
      return refuse(event, { kind: 'valueOutOfRange', metric: metric.key });
  }
  askForRest(draft, type, event, points, xp, asked);
  if (draft.needs.asked > asked) return { ...NOTHING, event, points, xp };
  return accept(draft, type, event, { points, xp, tooFast, updates });
}

/** The type of an event; the log may hold one that is no longer declared. */
function typeOf({ catalog }: Draft, { type, priced }: FoldEvent): EventType | undefined {
  return catalog.eventTypes.get(type) ?? (priced === null ? undefined : retiredType(type));
}

const NOTHING = {
  kind: 'recorded',
  unlocked: [],
  progressed: [],
  levelUp: null,
  streaks: [],
  tooFast: false,
} as const;

/** Finds what else must be read before the event can be taken; the rarer things only when something is missing anyway. */
function askForRest(draft: Draft, type: EventType, event: FoldEvent, points: number, xp: number, asked: number): void {
  draft.total(type.key);
  lifetimeCell(draft, 'achievements');
  for (const streak of draft.catalog.index.byEventType.get(type.key)?.streaks ?? []) draft.streakDays(streak.key);
  if (draft.needs.asked === asked) return;
  const moment: Moment = { at: event.occurredAt, zone: event.timezone };
  const span = spanOf(type);
  askBuiltIn(draft, 'score', points, moment, span);
  askBuiltIn(draft, 'totalPoints', points, moment, span);
  askBuiltIn(draft, 'xp', xp, moment, span);
  askAlways(draft, type, moment);
}

/** Rules that are judged at every touch are asked for in the first round already. */
function askAlways(draft: Draft, type: EventType, moment: Moment): void {
  for (const metric of draft.catalog.index.byEventType.get(type.key)?.metrics ?? []) {
    for (const achievement of draft.catalog.index.watches.get(metric.key)?.always ?? []) {
      draft.unlocks(achievement.key);
      judge(draft, achievement.when, moment);
    }
  }
}

/** What was found of an event before it is taken. */
interface Judged {
  readonly points: number;
  readonly xp: number;
  readonly tooFast: boolean;
  readonly updates: readonly Update[];
}

function accept(
  draft: Draft,
  type: EventType,
  event: FoldEvent,
  { points, xp, tooFast, updates }: Judged,
): EventOutcome {
  const moment: Moment = { at: event.occurredAt, zone: event.timezone };
  const isLate = draft.lastActivityAt !== null && event.occurredAt < draft.lastActivityAt;
  const cascade = startCascade(draft, moment, event.id, isLate ? event : null);
  const levelBefore = levelAt(draft.catalog.levels, draft.xp);
  for (const update of updates) commit(cascade, update);
  if (isLate) noticeLate(cascade, event);
  score(cascade, points, xp, levelBefore, spanOf(type));
  if (type !== OPENING_TYPE) {
    countType(draft, type.key, event, points);
    countWindows(draft, type, event);
    draft.lastActivityAt = Math.max(draft.lastActivityAt ?? event.occurredAt, event.occurredAt);
  }
  draft.accept(event, points, xp);
  const streaks = keepStreaks(cascade, type, event);
  judgeDue(cascade, type.key);
  runCascade(cascade);
  const level = levelAt(draft.catalog.levels, draft.xp);
  return {
    kind: 'recorded',
    event,
    points,
    xp,
    unlocked: cascade.unlocked,
    progressed: progressedBy(draft, updates, cascade.unlocked),
    levelUp: level > levelBefore ? { from: levelBefore, to: level } : null,
    streaks,
    tooFast,
  };
}

/** Writes a cell, and notices the rules that look at it: those of its key, of each key, of the metric. */
function commit(cascade: Cascade, update: Update): void {
  const { metric, ref, before, after } = update;
  cascade.draft.setCell(update.key, ref, after, before === null);
  if (update.member !== null) cascade.draft.setMember({ ...ref, member: update.member.name }, update.member.firstAt);
  if ((ref.period === '') !== (metric.per === null)) return;
  const valueBefore = before?.value ?? null;
  if (ref.by === '') {
    notice(cascade, metric.key, valueBefore, after.value);
    return;
  }
  if (!cascade.draft.catalog.index.keyed.has(metric.key)) return;
  notice(cascade, watchKey(metric.key, ref.by), valueBefore, after.value);
  notice(cascade, watchKey(metric.key, '*'), valueBefore, after.value);
}

/** What was reached elsewhere was reached in no window of a board. */
function spanOf(type: EventType): FeedSpan {
  return type === OPENING_TYPE ? 'lifetime' : 'all';
}

function score(cascade: Cascade, points: number, xp: number, levelBefore: number, span: FeedSpan): void {
  const { draft, moment } = cascade;
  feedBuiltIn(draft, 'score', points, moment, span);
  feedBuiltIn(draft, 'totalPoints', points, moment, span);
  feedBuiltIn(draft, 'xp', xp, moment, span);
  if (points !== 0) {
    draft.score += points;
    notice(cascade, 'score', draft.score - points, draft.score);
    const total = draft.score + draft.achievementPoints;
    notice(cascade, 'totalPoints', total - points, total);
  }
  if (xp === 0) return;
  draft.xp += xp;
  notice(cascade, 'xp', draft.xp - xp, draft.xp);
  const level = levelAt(draft.catalog.levels, draft.xp);
  if (level !== levelBefore) notice(cascade, '@level', levelBefore, level);
}

function countType(draft: Draft, type: string, event: FoldEvent, points: number): void {
  const known = draft.total(type) ?? null;
  const at = event.occurredAt;
  draft.setTotal(type, {
    count: (known?.count ?? 0) + 1,
    points: (known?.points ?? 0) + points,
    firstAt: Math.min(known?.firstAt ?? at, at),
    lastAt: Math.max(known?.lastAt ?? at, at),
  });
}

/** Adds the event's day to its streaks; answers those whose current or longest run changed. */
function keepStreaks(cascade: Cascade, type: EventType, event: FoldEvent): string[] {
  const { draft } = cascade;
  const changed: string[] = [];
  for (const streak of draft.catalog.index.byEventType.get(type.key)?.streaks ?? []) {
    const days = draft.streakDays(streak.key) ?? [];
    const units = activeUnits(streak, event);
    const after = withDays(days, units);
    if (after === days) {
      if (units.length > 0) notice(cascade, `@streak:${streak.key}`, 0, 0);
      continue;
    }
    draft.addStreakDays(streak.key, newDays(days, units), after);
    const before = streakView(streak, days, draft.now, event.timezone);
    const view = streakView(streak, after, draft.now, event.timezone);
    if (before.current !== view.current || before.longest !== view.longest) changed.push(streak.key);
    notice(cascade, `@streak:${streak.key}`, longestRun(streak, days), view.longest);
  }
  return changed;
}
