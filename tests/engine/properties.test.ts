import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold } from '../../src/engine/fold.ts';
import { answerFromMemory } from '../../src/engine/merge.ts';
import { emptyState, type FoldEvent, type UserState } from '../../src/engine/state.ts';
import { END, logs, RUNS, randomCatalog, thresholds } from './random.ts';
import { truthOf } from './reference.ts';
import { deepFreeze, MemoryUser, summary } from './support.ts';

const seed = Number(process.env['LAUREL_PROPERTY_SEED'] ?? Date.now() % 1_000_000_007);
const options = { numRuns: RUNS, seed };

/** Cuts a list at random places. */
function split(list: readonly FoldEvent[], cuts: readonly number[]): FoldEvent[][] {
  const parts: FoldEvent[][] = [];
  let rest = [...list];
  for (const cut of cuts) {
    const size = 1 + (cut % 5);
    if (rest.length <= size) break;
    parts.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return [...parts, rest];
}

const cuts = fc.array(fc.nat(20), { maxLength: 30 });
const shuffled = logs.chain((log) =>
  fc.tuple(fc.constant(log), fc.shuffledSubarray(log, { minLength: log.length, maxLength: log.length })),
);

describe(`properties (seed ${seed}, ${RUNS} runs)`, { timeout: 20_000 + RUNS * 200 }, () => {
  test('the engine agrees with the reference on random catalogs and logs, in any order and any batches', () => {
    fc.assert(
      fc.property(thresholds, shuffled, cuts, (at, [log, order], places) => {
        const user = new MemoryUser(randomCatalog(at));
        for (const batch of split(order, places)) user.record(batch, END);
        const truth = truthOf(log, at);
        const { metrics } = truth;
        // A loss that comes late parts a run that was already rewarded: such an unlock is a decision and stays.
        const mayStay = new Set(log.some((one) => one.type === 'lose') ? ['run', 'either', 'chained', 'level3'] : []);
        expect(user.held()).toEqual(expect.arrayContaining([...truth.held]));
        const held = user.held().filter((key) => truth.held.includes(key) || !mayStay.has(key));
        expect({
          score: user.state.score,
          held,
          wins: user.value('wins') ?? 0,
          quick: user.value('quick') ?? 0,
          seconds: user.value('seconds') ?? 0,
          best: user.value('best'),
          worst: user.value('worst'),
          tracks: user.value('tracks') ?? 0,
          run: user.value('run') ?? 0,
          burst: user.value('burst') ?? 0,
          busiestTrack: user.value('by_track') ?? 0,
        }).toEqual({
          score: truth.score,
          held: truth.held,
          wins: metrics['wins'],
          quick: metrics['quick'],
          seconds: metrics['seconds'],
          best: metrics['best'],
          worst: metrics['worst'],
          tracks: metrics['tracks'],
          run: metrics['run'],
          burst: metrics['burst'],
          busiestTrack: metrics['busiestTrack'],
        });
      }),
      options,
    );
  });

  test('any order of the same events gives the same metrics, members, streaks and score', () => {
    fc.assert(
      fc.property(thresholds, shuffled, (at, [log, order]) => {
        const catalog = randomCatalog(at);
        const one = new MemoryUser(catalog);
        const other = new MemoryUser(catalog);
        for (const event of log) one.record([event], END);
        for (const event of order) other.record([event], END);
        expect(metricsAlone(other)).toEqual(metricsAlone(one));
      }),
      options,
    );
  });

  test('a batch is the same as its events one by one, decisions and their moments included', () => {
    fc.assert(
      fc.property(thresholds, shuffled, cuts, (at, [, order], places) => {
        const catalog = randomCatalog(at);
        const one = new MemoryUser(catalog);
        const other = new MemoryUser(catalog);
        for (const event of order) one.record([event], END);
        for (const batch of split(order, places)) other.record(batch, END);
        expect(summary(other)).toEqual(summary(one));
        expect(other.outcomes).toEqual(one.outcomes);
        expect([...other.state.unlocks]).toEqual(
          expect.arrayContaining([...one.state.unlocks].filter(([, rows]) => rows.length > 0)),
        );
      }),
      options,
    );
  });

  test('what is remembered from batch to batch changes nothing', () => {
    fc.assert(
      fc.property(thresholds, shuffled, cuts, (at, [, order], places) => {
        const catalog = randomCatalog(at);
        const forgetful = new MemoryUser(catalog);
        const remembered = new MemoryUser(catalog, false, true);
        for (const batch of split(order, places)) {
          const outcomes = forgetful.record(batch, END);
          expect(remembered.record(batch, END)).toEqual(outcomes);
        }
        expect(summary(remembered)).toEqual(summary(forgetful));
      }),
      options,
    );
  });

  test('a fold changes nothing it is given and answers the same again', () => {
    fc.assert(
      fc.property(thresholds, logs, (at, log) => {
        const catalog = randomCatalog(at);
        let state: UserState = emptyState({
          userId: 'u',
          test: false,
          score: 0,
          achievementPoints: 0,
          xp: 0,
          lastActivityAt: null,
        });
        for (let round = 0; round < 8; round++) {
          const frozen = deepFreeze({ ...state, cells: new Map(state.cells) });
          const events = deepFreeze([...log]);
          const result = fold(catalog, frozen, events, END);
          expect(fold(catalog, frozen, events, END)).toEqual(result);
          if (result.kind === 'done') return;
          state = answerFromMemory(state, result.needs, []);
        }
        throw new Error('too many rounds');
      }),
      options,
    );
  });

  test('rounds of reading are few: three for a batch in order, six for any', () => {
    fc.assert(
      fc.property(thresholds, shuffled, (at, [, order]) => {
        const catalog = randomCatalog(at);
        const late = new MemoryUser(catalog);
        late.record(order, END);
        expect(late.rounds).toBeLessThanOrEqual(6);
        const user = new MemoryUser(catalog);
        user.record(
          order.toSorted((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1)),
          END,
        );
        expect(user.rounds).toBeLessThanOrEqual(3);
      }),
      options,
    );
  });

  test('grant then revoke is nothing: points, XP and level are what they were', () => {
    fc.assert(
      fc.property(thresholds, logs, fc.constantFrom('wins', 'either', 'chained', 'gated'), (at, log, key) => {
        const user = new MemoryUser(randomCatalog(at));
        user.record(log, END);
        if (user.held().includes(key)) return;
        const before = summary(user);
        expect(user.grant(key, END).kind).toBe('done');
        expect(user.held()).toContain(key);
        expect(user.revoke(key, END).kind).toBe('done');
        expect(summary(user)).toEqual(before);
      }),
      options,
    );
  });

  test('a rebuild from the log, with the decisions taken, is the live state', () => {
    fc.assert(
      fc.property(thresholds, shuffled, (at, [, order]) => {
        const catalog = randomCatalog(at);
        const live = new MemoryUser(catalog);
        for (const event of order) live.record([event], END);
        const rebuilt = new MemoryUser(catalog);
        const { achievementPoints, xp, unlocks } = live.state;
        const eventXp = live.log.reduce((sum, event) => sum + (event.priced?.xp ?? 0), 0);
        rebuilt.state = { ...rebuilt.state, achievementPoints, xp: xp - eventXp, unlocks };
        for (const event of live.log.toSorted((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1))) {
          rebuilt.record([event], END);
        }
        const before = withoutCount(summary(live));
        expect(withoutCount(summary(rebuilt))).toEqual(before);
      }),
      options,
    );
  });
});

/** The built-in metrics that unlocks feed. */
const FED: readonly string[] = ['achievements', 'totalPoints', 'xp'];
const isFed = (key: string): boolean => FED.includes(key.split('\u0000')[0] ?? '');

/** Without the cells that unlocks feed: they are those of decisions. */
function withoutCount(value: ReturnType<typeof summary>): unknown {
  const { cells, ...rest } = value as { cells: [string, unknown][] };
  return { ...rest, cells: cells.filter(([key]) => !isFed(key)) };
}

/** What is a function of the set of events: not the unlocks, nor what they brought. */
function metricsAlone(user: MemoryUser): unknown {
  const { cells, days, members, score } = summary(user) as { [key: string]: unknown };
  return {
    cells: (cells as [string, unknown][]).filter(([key]) => !isFed(key)),
    days,
    members,
    score,
  };
}
