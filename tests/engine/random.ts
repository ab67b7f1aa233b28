import fc from 'fast-check';
import type { Catalog } from '../../src/engine/catalog.ts';
import type { FoldEvent } from '../../src/engine/state.ts';
import type { Thresholds } from './reference.ts';
import { catalogOf, DAY, HOUR, START } from './support.ts';

/** A catalog with every metric kind, whose thresholds are random. */
export function randomCatalog(at: Thresholds): Catalog {
  return catalogOf(`
eventTypes:
  win: { points: 30, limit: { per: day, count: 1000 }, velocity: { per: day, count: 2 } }
  lose: { points: 1 }
  lap: { points: "details.seconds", details: { track: string, seconds: number } }
metrics:
  wins: { count: win }
  quick: { count: lap, where: "details.seconds < 5" }
  seconds: { sum: details.seconds, of: lap, decimals: 1 }
  best: { min: details.seconds, of: lap, decimals: 1 }
  worst: { max: details.seconds, of: lap, decimals: 1 }
  tracks: { distinct: details.track, of: lap }
  run: { run: win, brokenBy: [lose] }
  week: { count: win, per: week }
  by_track: { count: lap, by: details.track }
  burst: { count: win, within: 1d }
  track_burst: { count: lap, within: 1d, by: details.track }
streaks: { daily: { of: [win, lose, lap] } }
levels: { thresholds: [0, 60, 200] }
achievements:
  level3: { when: { level: 3 } }
  chained: { xp: 100, when: { achievement: either } }
  wins: { points: 5, xp: 100, when: { metric: wins, atLeast: ${at['wins']} } }
  quick: { points: 3, when: { metric: quick, atLeast: ${at['quick']} } }
  seconds: { when: { metric: seconds, atLeast: ${(at['seconds'] ?? 0) / 10} } }
  worst: { when: { metric: worst, atLeast: ${(at['worst'] ?? 0) / 10} } }
  best: { when: { metric: best, atMost: ${(at['best'] ?? 0) / 10} } }
  tracks: { when: { metric: tracks, atLeast: ${at['tracks']} } }
  run: { when: { metric: run, atLeast: ${at['run']} } }
  bestWeek: { points: 2, when: { metric: week, atLeast: ${at['bestWeek']} } }
  busiestTrack: { when: { metric: by_track, atLeast: ${at['busiestTrack']} } }
  burst: { when: { metric: burst, atLeast: ${at['burst']} } }
  longest: { when: { streak: daily, atLeast: ${at['longest']} } }
  both: { when: { all: [{ metric: wins, atLeast: ${at['wins']} }, { metric: tracks, atLeast: ${at['tracks']} }] } }
  either: { when: { any: [{ metric: run, atLeast: ${at['run']} }, { metric: best, atMost: ${(at['best'] ?? 0) / 10} }] } }
  gated: { points: 1, startsAt: 2026-01-04T00:00:00Z, endsAt: 2026-01-07T00:00:00Z, when: { metric: wins, atLeast: ${at['gated']} } }
  clean: { when: { all: [{ metric: week, atLeast: ${at['clean']} }, { metric: tracks, atLeast: 2 }] } }
  steps: { tiers: [{ at: 1, points: 1 }, { at: 3, points: 2 }, { at: 6, points: 4 }], when: { metric: wins } }
  weekly: { points: 4, repeat: week, when: { metric: week, atLeast: ${at['bestWeek']} } }
  weeklySteps: { repeat: week, tiers: [{ at: 1, points: 1 }, { at: 3, points: 2 }], when: { metric: week } }
  trackBurst: { when: { metric: track_burst, atLeast: ${at['burst']} } }
  hot: { when: { all: [{ metric: track_burst, key: a, atLeast: 2 }, { metric: tracks, atLeast: 2 }] } }
  warm: { when: { all: [{ metric: track_burst, atLeast: 2, keys: 2 }, { metric: tracks, atLeast: 2 }] } }
  by_hand: { points: 7, when: manual }
  handed: { points: 1, when: { any: [{ achievement: by_hand }, { metric: burst, atLeast: ${at['burst']} }] } }
leaderboards:
  points: { metric: totalPoints }
  points_daily: { metric: totalPoints, per: day }
  xp_weekly: { metric: xp, per: week }
  held: { metric: achievements }
  held_daily: { metric: achievements, per: day }
  score: { metric: score }
  score_weekly: { metric: score, per: week }
  tracks_daily: { metric: tracks, per: day }
`);
}

const small = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most });

/** Random thresholds, in the range random logs reach now and then. */
export const thresholds: fc.Arbitrary<Thresholds> = fc.record({
  wins: small(8),
  quick: small(5),
  seconds: small(400),
  best: small(60),
  worst: small(99),
  tracks: small(4),
  run: small(4),
  bestWeek: small(6),
  busiestTrack: small(5),
  burst: small(4),
  longest: small(5),
  gated: small(6),
  clean: small(5),
});

/** Random logs of ten days; equal instants included. */
export const logs: fc.Arbitrary<FoldEvent[]> = fc
  .array(
    fc.record({
      type: fc.constantFrom('win', 'win', 'lose', 'lap', 'lap'),
      at: fc.integer({ min: 0, max: 10 * 24 - 1 }),
      track: fc.constantFrom('a', 'b', 'c', 'd'),
      seconds: fc.integer({ min: 0, max: 99 }),
    }),
    { minLength: 1, maxLength: 24 },
  )
  .map((list) =>
    list.map(({ type, at, track, seconds }, index) => ({
      id: `e${String(index).padStart(4, '0')}`,
      type,
      occurredAt: START + at * HOUR,
      details: type === 'lap' ? { track, seconds: seconds / 10 } : null,
      attributes: null,
      timezone: null,
      priced: null,
    })),
  );

/** The day the random logs end. */
export const END = START + 10 * DAY;

/** How many runs a property gets; more in the full profile. */
export const RUNS = Number(process.env['LAUREL_PROPERTY_RUNS'] ?? 150);

/** What may happen to a user, besides time going on. */
export type Operation =
  | { readonly kind: 'record'; readonly events: number }
  | { readonly kind: 'grant' | 'revoke'; readonly achievement: string };

const DECIDED = [
  'wins',
  'quick',
  'seconds',
  'best',
  'run',
  'bestWeek',
  'burst',
  'gated',
  'clean',
  'steps',
  'weekly',
  'weeklySteps',
  'trackBurst',
  'hot',
];

/** Random decisions between the parts of a log. The same few achievements come again and again. */
export const operations: fc.Arbitrary<Operation[]> = fc
  .uniqueArray(fc.constantFrom(...DECIDED, 'by_hand', 'handed', 'chained', 'level3'), { minLength: 1, maxLength: 3 })
  .chain((keys) =>
    fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('record' as const), events: small(4) }),
        fc.record({
          kind: fc.constantFrom('grant' as const, 'revoke' as const),
          achievement: fc.constantFrom(...keys),
        }),
      ),
      { minLength: 4, maxLength: 24 },
    ),
  );
