import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OPENING, type Opening, openingFaults } from '../../src/engine/opening.ts';
import { rebuild } from '../../src/engine/rebuild.ts';
import type { FoldEvent, Json } from '../../src/engine/state.ts';
import { END, logs, RUNS, randomCatalog, thresholds } from './random.ts';
import { catalogOf, DAY, event, HOUR, MemoryUser, START } from './support.ts';

const seed = Number(process.env['LAUREL_PROPERTY_SEED'] ?? Date.now() % 1_000_000_007);

function opening(details: Partial<Opening>, at = START - 100 * DAY, priced = { points: 0, xp: 0 }): FoldEvent {
  return {
    id: 'opening',
    type: OPENING,
    details: { metrics: {}, streaks: {}, ...details } as unknown as { [key: string]: Json },
    occurredAt: at,
    attributes: null,
    timezone: null,
    priced,
  };
}

const catalog = catalogOf(`
eventTypes:
  win: { points: 30 }
  lose: {}
  lap: { details: { track: string, seconds: number } }
metrics:
  wins: { count: win }
  total: { sum: details.seconds, of: lap, decimals: 1 }
  best: { min: details.seconds, of: lap, decimals: 1 }
  records: { min: details.seconds, of: lap, by: details.track, decimals: 1 }
  tracks: { distinct: details.track, of: lap }
  last: { latest: details.seconds, of: lap, decimals: 1 }
  run: { run: win, brokenBy: [lose] }
  week: { count: win, per: week }
  burst: { count: win, within: 60s }
streaks:
  daily: { of: [win] }
  weekly: { of: [win], per: week, freezes: { start: 1, max: 2 } }
levels: { thresholds: [0, 100, 500] }
achievements:
  ten: { points: 7, when: { metric: wins, atLeast: 10 } }
  quick: { when: { metric: records, atMost: 60, keys: 2 } }
  faithful: { when: { streak: daily, atLeast: 30 } }
  expert: { when: { level: 3 } }
leaderboards:
  score: { metric: score }
  score_weekly: { metric: score, per: week }
`);

describe('an opening entry', () => {
  test('brings what was reached: values, best of each key, runs, streaks, score and level; what it completes is unlocked', () => {
    const user = new MemoryUser(catalog);
    user.record([
      opening(
        {
          metrics: {
            wins: 9,
            total: 100.5,
            best: 50,
            records: { north: 58.2, south: 70 },
            tracks: 4,
            last: 61,
            run: 5,
            week: 2,
          },
          streaks: {
            daily: { current: 3, longest: 12, lastActiveOn: '2025-12-31' },
            weekly: { current: 2, longest: 2, lastActiveOn: '2025-12-30' },
          },
        },
        START - DAY,
        { points: 270, xp: 150 },
      ),
    ]);
    const value = (name: string, by?: string) => user.value(name, by);
    expect([value('wins'), value('total'), value('best'), value('records', 'north'), value('records')]).toEqual([
      9, 1005, 500, 582, 582,
    ]);
    expect([value('tracks'), value('last'), value('run'), value('week')]).toEqual([4, 610, 5, 2]);
    expect({ score: user.state.score, xp: user.state.xp, active: user.state.lastActivityAt }).toEqual({
      score: 270,
      xp: 150,
      active: null,
    });
    expect(user.held()).toEqual([]);
    // One more of each goes on from there.
    user.record([event('win', START), event('lap', START + HOUR, { track: 'south', seconds: 59 })]);
    expect([value('wins'), value('total'), value('best'), value('tracks'), value('last'), value('run')]).toEqual([
      10, 1595, 500, 5, 590, 5,
    ]);
    expect(user.held()).toEqual(['quick', 'ten']);
  });

  test('brings nothing to windows: neither to those of boards nor to rolling ones', () => {
    const user = new MemoryUser(catalog);
    user.record([opening({ metrics: { wins: 3, burst: 9 } }, START, { points: 90, xp: 0 })]);
    const periods = [...user.state.cells.keys()].filter((key) => !key.endsWith('\u0000'));
    expect(periods).toEqual([]);
    expect(user.value('burst')).toBeNull();
  });

  test('a streak goes on from the last active day; the longest run before it stands', () => {
    const user = new MemoryUser(catalog);
    const daily = { current: 29, longest: 40, lastActiveOn: '2025-12-31' };
    user.record([opening({ streaks: { daily: { ...daily, longest: 29 } } })]);
    expect(user.held()).toEqual([]);
    user.record([event('win', START)]);
    expect(user.held()).toEqual(['faithful']);
    const other = new MemoryUser(catalog);
    other.record([opening({ streaks: { daily } })]);
    expect(other.held()).toEqual(['faithful']);
    expect(other.state.streakDays.get('daily')).toHaveLength(69);
  });

  test('a late loss parts a run, and leaves the one that was brought', () => {
    const user = new MemoryUser(catalog);
    user.record([opening({ metrics: { run: 2 } })]);
    for (const at of [1, 2, 4]) user.record([event('win', START + at * HOUR)]);
    expect(user.value('run')).toBe(3);
    user.record([event('lose', START + 3 * HOUR)], START + 5 * HOUR);
    expect(user.value('run')).toBe(2);
  });

  test('the log with it comes to the same in any order, and a rebuild is the live state', () => {
    const brought = fc.record({
      metrics: fc.record({
        wins: fc.nat(9),
        seconds: fc.nat(300).map((tenths) => tenths / 10),
        best: fc.integer({ min: 1, max: 60 }).map((tenths) => tenths / 10),
        tracks: fc.nat(3),
        run: fc.nat(4),
        by_track: fc.dictionary(fc.constantFrom('a', 'b', 'x'), fc.nat(5)),
      }),
      streaks: fc.record({
        daily: fc
          .tuple(fc.nat(3), fc.nat(9))
          .map(([current, more]) => ({ current, longest: current + more, lastActiveOn: '2025-12-31' })),
      }),
    });
    const shuffled = fc
      .tuple(logs, brought)
      .map(([log, details]) => [...log, opening(details, START - DAY, { points: 40, xp: 40 })])
      .chain((log) =>
        fc.tuple(fc.constant(log), fc.shuffledSubarray(log, { minLength: log.length, maxLength: log.length })),
      );
    fc.assert(
      fc.property(thresholds, shuffled, (at, [log, order]) => {
        const random = randomCatalog(at);
        const [one, other] = [new MemoryUser(random), new MemoryUser(random)];
        for (const each of log) one.record([each], END);
        for (const each of order) other.record([each], END);
        const folded = (user: MemoryUser) => ({
          cells: cellsOf(user.state),
          days: [...user.state.streakDays],
          score: user.state.score,
        });
        expect(folded(other)).toEqual(folded(one));
        const facts = [...other.state.unlocks.values()].flat();
        const rebuilt = rebuild(random, { userId: 'u', test: false, facts }, other.log, END);
        expect(rebuilt.decided).toEqual([]);
        expect({
          cells: cellsOf(rebuilt.state),
          days: [...rebuilt.state.streakDays],
          score: rebuilt.state.score,
        }).toEqual(folded(other));
      }),
      { numRuns: RUNS, seed },
    );
  });
});

/** Cells that events feed alone: those of unlocks depend on the order of decisions. */
function cellsOf({ cells }: MemoryUser['state']): Json {
  const fedByUnlocks = ['achievements', 'totalPoints', 'xp'];
  const own = [...cells].filter(([key, cell]) => cell !== null && !fedByUnlocks.includes(key.split('\u0000')[0] ?? ''));
  return Object.fromEntries(own.toSorted(([a], [b]) => (a < b ? -1 : 1))) as unknown as Json;
}

describe('the faults of an opening', () => {
  test.each([
    [{ metrics: { win: 1 } }, 'metrics.win there is no such metric'],
    [{ metrics: { burst: 1 } }, 'metrics.burst a rolling window begins anew'],
    [{ metrics: { wins: 1.5 } }, 'metrics.wins is a whole number from 0 on'],
    [{ metrics: { wins: -1 } }, 'metrics.wins is a whole number from 0 on'],
    [{ metrics: { total: 2 ** 53 } }, 'metrics.total is out of range (2^53-1)'],
    [{ metrics: { records: 5 } }, 'metrics.records has one value a key: name them'],
    [{ metrics: { wins: { a: 1 } } }, 'metrics.wins has one value, without keys'],
    [{ metrics: { records: { '': 1 } } }, 'metrics.records a key has 1 to 200 characters'],
    [
      { streaks: { nightly: { current: 1, longest: 1, lastActiveOn: '2026-01-01' } } },
      'streaks.nightly there is no such streak',
    ],
    [
      { streaks: { daily: { current: 2, longest: 1, lastActiveOn: '2026-01-01' } } },
      'streaks.daily the longest run is at least the current one',
    ],
    [
      { streaks: { daily: { current: 1, longest: 1e9, lastActiveOn: '2026-01-01' } } },
      'streaks.daily has 0 to 36500 active units',
    ],
    [
      { streaks: { daily: { current: 1, longest: 1, lastActiveOn: '2026-02-30' } } },
      'streaks.daily lastActiveOn is a date, as in 2026-11-21',
    ],
  ])('%j', (details, text) => {
    const faults = openingFaults(catalog, { metrics: {}, streaks: {}, ...(details as Partial<Opening>) });
    expect(faults.map(({ path, message }) => `${path} ${message}`)).toEqual([text]);
  });

  test('none, where all fits', () => {
    const daily = { current: 0, longest: 0, lastActiveOn: '2026-01-01' };
    expect(openingFaults(catalog, { metrics: { wins: 0, records: { a: 1.5 } }, streaks: { daily } })).toEqual([]);
  });
});
