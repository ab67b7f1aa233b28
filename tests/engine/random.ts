import fc from 'fast-check';
import type { Catalog } from '../../src/engine/catalog.ts';
import type { FoldEvent } from '../../src/engine/state.ts';
import type { Thresholds } from './reference.ts';
import { catalogOf, DAY, HOUR, START } from './support.ts';

/** A catalog with every metric kind, whose thresholds are random. */
export function randomCatalog(at: Thresholds): Catalog {
  return catalogOf(`
eventTypes:
  win: { points: 30 }
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
streaks: { daily: { of: [win, lose, lap] } }
levels: { thresholds: [0, 60, 200] }
achievements:
  level3: { when: { level: 3 } }
  chained: { xp: 100, when: { achievement: either } }
  wins: { xp: 100, when: { metric: wins, atLeast: ${at['wins']} } }
  quick: { when: { metric: quick, atLeast: ${at['quick']} } }
  seconds: { when: { metric: seconds, atLeast: ${(at['seconds'] ?? 0) / 10} } }
  worst: { when: { metric: worst, atLeast: ${(at['worst'] ?? 0) / 10} } }
  best: { when: { metric: best, atMost: ${(at['best'] ?? 0) / 10} } }
  tracks: { when: { metric: tracks, atLeast: ${at['tracks']} } }
  run: { when: { metric: run, atLeast: ${at['run']} } }
  bestWeek: { when: { metric: week, atLeast: ${at['bestWeek']} } }
  busiestTrack: { when: { metric: by_track, atLeast: ${at['busiestTrack']} } }
  burst: { when: { metric: burst, atLeast: ${at['burst']} } }
  longest: { when: { streak: daily, atLeast: ${at['longest']} } }
  both: { when: { all: [{ metric: wins, atLeast: ${at['wins']} }, { metric: tracks, atLeast: ${at['tracks']} }] } }
  either: { when: { any: [{ metric: run, atLeast: ${at['run']} }, { metric: best, atMost: ${(at['best'] ?? 0) / 10} }] } }
  gated: { startsAt: 2026-01-04T00:00:00Z, endsAt: 2026-01-07T00:00:00Z, when: { metric: wins, atLeast: ${at['gated']} } }
  clean: { when: { all: [{ metric: week, atLeast: ${at['clean']} }, { metric: tracks, atLeast: 2 }] } }
leaderboards:
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
