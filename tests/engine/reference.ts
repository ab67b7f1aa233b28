/**
 * A reference evaluator that shares no code with the engine: it looks at the whole set of events of a user at once, in
 * (occurredAt, id) order, and says what the metrics, the score and the unlocks must be. Slow and simple.
 */
import type { FoldEvent } from '../../src/engine/state.ts';

const DAY = 86_400_000;
const sorted = (events: readonly FoldEvent[]): FoldEvent[] =>
  events.toSorted((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1));
const number = (event: FoldEvent, field: string): number => Number(event.details?.[field] ?? 0);

/** What the reference says of the catalog of random.ts. */
export interface Truth {
  readonly metrics: { readonly [key: string]: number | null };
  readonly score: number;
  readonly longest: number;
  readonly held: readonly string[];
}

function longestRun(events: readonly FoldEvent[]): number {
  let run = 0;
  let best = 0;
  for (const event of events) {
    if (event.type === 'win') run += 1;
    if (event.type === 'lose') run = 0;
    best = Math.max(best, run);
  }
  return best;
}

/** The metrics of a set of events, scaled. */
export function metricsOf(events: readonly FoldEvent[]): Record<string, number | null> {
  const laps = events.filter((event) => event.type === 'lap');
  const seconds = laps.map((event) => Math.round(number(event, 'seconds') * 10));
  const wins = events.filter((event) => event.type === 'win');
  const week = (event: FoldEvent): number => Math.floor((event.occurredAt / DAY + 3) / 7);
  const perWeek = Map.groupBy(wins, week);
  const perTrack = Map.groupBy(laps, (event) => String(event.details?.['track']));
  const burst = wins.map(
    (end) => wins.filter((w) => w.occurredAt <= end.occurredAt && w.occurredAt > end.occurredAt - DAY).length,
  );
  const trackBurst = laps.map((end) => lapsBefore(laps, end, end.details?.['track']));
  return {
    wins: wins.length,
    quick: laps.filter((event) => number(event, 'seconds') < 5).length,
    seconds: seconds.reduce((sum, value) => sum + value, 0),
    best: seconds.length === 0 ? null : Math.min(...seconds),
    worst: seconds.length === 0 ? null : Math.max(...seconds),
    tracks: perTrack.size,
    run: longestRun(sorted(events)),
    bestWeek: Math.max(0, ...[...perWeek.values()].map((list) => list.length)),
    busiestTrack: Math.max(0, ...[...perTrack.values()].map((list) => list.length)),
    burst: Math.max(0, ...burst),
    trackBurst: Math.max(0, ...trackBurst),
  };
}

/** Laps of a track in the day that ends with an event. */
function lapsBefore(laps: readonly FoldEvent[], end: FoldEvent, track: unknown): number {
  return laps.filter(
    (lap) =>
      lap.occurredAt <= end.occurredAt && lap.occurredAt > end.occurredAt - DAY && lap.details?.['track'] === track,
  ).length;
}

/** At some lap: two of track a within a day (hot), or two on each of two tracks (warm), and two tracks so far. */
function bursts(events: readonly FoldEvent[]): string[] {
  const laps = events.filter((event) => event.type === 'lap');
  const held = laps.flatMap((end) => {
    const past = laps.filter(
      (lap) => lap.occurredAt < end.occurredAt || (lap.occurredAt === end.occurredAt && lap.id <= end.id),
    );
    const counts = ['a', 'b', 'c', 'd'].map((track) => lapsBefore(past, end, track));
    if (new Set(past.map((lap) => lap.details?.['track'])).size < 2) return [];
    return [
      ...((counts[0] ?? 0) >= 2 ? ['hot'] : []),
      ...(counts.filter((count) => count >= 2).length >= 2 ? ['warm'] : []),
    ];
  });
  return [...new Set(held)];
}

function longestStreak(events: readonly FoldEvent[]): number {
  const days = [...new Set(events.map((event) => Math.floor(event.occurredAt / DAY)))].sort((a, b) => a - b);
  let run = 0;
  let best = 0;
  for (const [index, day] of days.entries()) {
    run = index > 0 && days[index - 1] === day - 1 ? run + 1 : 1;
    best = Math.max(best, run);
  }
  return best;
}

/** The thresholds of the random catalog: one for each rule. */
export interface Thresholds {
  readonly [rule: string]: number;
}

/** What must be true after a set of events. Rules of random.ts that do not depend on the order of arrival. */
export function truthOf(events: readonly FoldEvent[], at: Thresholds): Truth {
  const m = metricsOf(events);
  const score = events.reduce(
    (sum, event) => sum + (event.type === 'win' ? 30 : event.type === 'lap' ? Math.floor(number(event, 'seconds')) : 1),
    0,
  );
  const longest = longestStreak(events);
  const held = new Set<string>();
  for (const rule of [
    'wins',
    'quick',
    'seconds',
    'worst',
    'tracks',
    'run',
    'bestWeek',
    'busiestTrack',
    'burst',
    'trackBurst',
  ]) {
    if ((m[rule] ?? -1) >= (at[rule === 'trackBurst' ? 'burst' : rule] ?? 0)) held.add(rule);
  }
  if (m['best'] !== null && (m['best'] ?? 0) <= (at['best'] ?? 0)) held.add('best');
  if (longest >= (at['longest'] ?? 0)) held.add('longest');
  if ((m['wins'] ?? 0) >= (at['wins'] ?? 0) && (m['tracks'] ?? 0) >= (at['tracks'] ?? 0)) held.add('both');
  if (held.has('run') || held.has('best')) held.add('either');
  if (held.has('either')) held.add('chained');
  if (m['wins'] !== 0) held.add('steps');
  if (held.has('bestWeek')) held.add('weekly');
  if (m['wins'] !== 0) held.add('weeklySteps');
  for (const rule of bursts(events)) held.add(rule);
  if (held.has('burst')) held.add('handed');
  if (gated(events, at)) held.add('gated');
  if (clean(events, at)) held.add('clean');
  // XP is the score, and 100 for each of these two; level 2 begins at 60, level 3 at 200.
  const xp = score + (held.has('wins') ? 100 : 0) + (held.has('chained') ? 100 : 0);
  if (xp >= 200) held.add('level3');
  return { metrics: m, score, longest, held: [...held].sort() };
}

/** Between day 3 and day 6 the wins so far must reach the mark, at an event that touches them. */
function gated(events: readonly FoldEvent[], at: Thresholds): boolean {
  let wins = 0;
  for (const event of sorted(events)) {
    if (event.type !== 'win') continue;
    wins += 1;
    const day = event.occurredAt / DAY - 20454;
    if (day >= 3 && day < 6 && wins >= (at['gated'] ?? 0)) return true;
  }
  return false;
}

/** So many wins of one week while the tracks so far are enough: two windows in one rule, so time matters. */
function clean(events: readonly FoldEvent[], at: Thresholds): boolean {
  const past: FoldEvent[] = [];
  for (const event of sorted(events)) {
    past.push(event);
    if (event.type !== 'win' && event.type !== 'lap') continue;
    const week = (one: FoldEvent): number => Math.floor((one.occurredAt / DAY + 3) / 7);
    const wins = past.filter((one) => one.type === 'win' && week(one) === week(event)).length;
    const tracks = new Set(past.filter((one) => one.type === 'lap').map((one) => one.details?.['track'])).size;
    if (wins >= (at['clean'] ?? 0) && tracks >= 2) return true;
  }
  return false;
}
