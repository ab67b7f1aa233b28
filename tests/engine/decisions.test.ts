import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rebuild } from '../../src/engine/rebuild.ts';
import type { FoldEvent, Unlock, UserState } from '../../src/engine/state.ts';
import { END, logs, type Operation, operations, RUNS, randomCatalog, thresholds } from './random.ts';
import { type Thresholds, truthOf } from './reference.ts';
import { MemoryUser } from './support.ts';

const seed = Number(process.env['LAUREL_PROPERTY_SEED'] ?? Date.now() % 1_000_000_007);
const shuffled = logs.chain((log) => fc.shuffledSubarray(log, { minLength: log.length, maxLength: log.length }));

/** Does what the operations say, one after the other, the events in the order given; `look` sees each step. */
function live(
  at: Thresholds,
  arriving: readonly FoldEvent[],
  steps: readonly Operation[],
  look: (user: MemoryUser, events: readonly FoldEvent[]) => void = () => {},
): MemoryUser {
  const user = new MemoryUser(randomCatalog(at));
  let taken = 0;
  for (const [index, step] of steps.entries()) {
    const now = END + index;
    const events = step.kind === 'record' ? arriving.slice(taken, taken + step.events) : [];
    taken += events.length;
    if (step.kind === 'grant') user.grant(step.achievement, now);
    else if (step.kind === 'revoke') user.revoke(step.achievement, now);
    else if (events.length > 0) user.record(events, now);
    look(user, events);
  }
  return user;
}

const there = <T>(map: ReadonlyMap<string, T | null>) =>
  Object.fromEntries([...map].filter(([, value]) => value !== null).sort());

function told({ cells, score, xp, achievementPoints }: UserState) {
  return { cells: there(cells), score, xp, achievementPoints };
}

const rowsOf = (user: MemoryUser): Unlock[] => [...user.state.unlocks.values()].flat();
const isBlocked = (rows: readonly Unlock[]): boolean =>
  rows.some((row) => row.source === 'rule' && row.revokedAt !== null);

/** The event types that move what a rule of random.ts looks at. */
const TOUCHED: { readonly [rule: string]: readonly string[] } = {
  wins: ['win'],
  quick: ['lap'],
  seconds: ['lap'],
  best: ['lap'],
  run: ['win', 'lose'],
  bestWeek: ['win'],
  burst: ['win'],
  gated: ['win'],
  clean: ['win', 'lap'],
  steps: ['win'],
  weekly: ['win'],
  weeklySteps: ['win'],
  trackBurst: ['lap'],
  hot: ['lap'],
  warm: ['lap'],
  handed: ['win', 'lose', 'lap'],
};

describe(`decisions (seed ${seed}, ${RUNS} runs)`, { timeout: 20_000 + RUNS * 200 }, () => {
  test('live is what the log and the rows come to, whatever was granted and taken, however often', () => {
    fc.assert(
      fc.property(thresholds, shuffled, operations, (at, arriving, steps) => {
        const user = live(at, arriving, steps);
        const input = { userId: 'u', test: false, facts: rowsOf(user) };
        const rebuilt = rebuild(user.catalog, input, user.log, END);
        expect(told(rebuilt.state)).toEqual(told(user.state));
        expect(rebuilt.decided).toEqual([]);
      }),
      { numRuns: RUNS, seed },
    );
  });

  test('what holds at an event of the user is held after the next event that touches it, unless it is blocked', () => {
    fc.assert(
      fc.property(thresholds, shuffled, operations, (at, arriving, steps) => {
        live(at, arriving, steps, (user, events) => {
          const truth = truthOf(user.log, at);
          const wanted = Object.keys(TOUCHED).filter(
            (rule) =>
              truth.held.includes(rule) &&
              !isBlocked(user.state.unlocks.get(rule) ?? []) &&
              events.some(({ type }) => TOUCHED[rule]?.includes(type)),
          );
          expect(user.held()).toEqual(expect.arrayContaining(wanted));
        });
      }),
      { numRuns: RUNS, seed },
    );
  });

  test('the ledger and the sums agree after every step', () => {
    fc.assert(
      fc.property(thresholds, shuffled, operations, (at, arriving, steps) => {
        live(at, arriving, steps, (user) => {
          const eventXp = user.log.reduce((sum, event) => sum + (event.priced?.xp ?? 0), 0);
          expect({ points: user.state.achievementPoints, xp: user.state.xp }).toEqual({
            points: user.ledger.reduce((sum, { points }) => sum + points, 0),
            xp: eventXp + user.ledger.reduce((sum, { xp }) => sum + xp, 0),
          });
        });
      }),
      { numRuns: RUNS, seed },
    );
  });
});
