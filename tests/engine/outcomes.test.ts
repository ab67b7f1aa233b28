import { describe, expect, test } from 'vitest';
import { fold } from '../../src/engine/fold.ts';
import { answerFromMemory } from '../../src/engine/merge.ts';
import type { FoldEvent } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, MemoryUser, START } from './support.ts';

const catalog = catalogOf(`
eventTypes:
  win: { points: 10, xp: 4 }
  lap: { details: { track: string, seconds: number } }
metrics:
  wins: { count: win }
  best: { min: details.seconds, of: lap }
  laps: { count: lap, by: details.track }
  tracks: { distinct: details.track, of: lap }
streaks: { daily: { of: win } }
levels: { thresholds: [0, 8, 100] }
achievements:
  two: { points: 5, xp: 1, when: { metric: wins, atLeast: 2 } }
  nine: { when: { metric: wins, atLeast: 9 } }
`);
const lap = (at: number, track: string, seconds: number) => event('lap', START + at, { track, seconds });

/** What folding one event answers, with all that is asked for read. */
function folded(user: MemoryUser, one: FoldEvent, now = START + DAY) {
  let { state } = user;
  for (let round = 0; round < 5; round += 1) {
    const result = fold(user.catalog, state, [one], now);
    if (result.kind === 'done') return result;
    state = answerFromMemory(state, result.needs, user.log);
  }
  throw new Error('too many rounds');
}
/** The cells an event writes, by metric and key. */
const written = (user: MemoryUser, one: FoldEvent) =>
  folded(user, one).change.cells.map(({ metric, by }) => (by === '' ? metric : `${metric}/${by}`));

describe('what an event did', () => {
  test('is told whole: points, XP, progress, a streak; no level where none was reached', () => {
    const first = event('win', START);
    expect(folded(new MemoryUser(catalog), first, START)).toEqual({
      kind: 'done',
      outcomes: [
        {
          kind: 'recorded',
          event: first,
          points: 10,
          xp: 4,
          unlocked: [],
          progressed: [
            { achievement: 'two', previous: 0, current: 1, target: 2, milestone: false },
            { achievement: 'nine', previous: 0, current: 1, target: 9, milestone: false },
          ],
          levelUp: null,
          streaks: ['daily'],
          tooFast: false,
        },
      ],
      change: {
        score: 10,
        achievementPoints: 0,
        xp: 4,
        lastActivityAt: START,
        cells: [{ metric: 'wins', by: '', period: '', value: 1, achievedAt: START, state: null }],
        members: [],
        totals: [{ type: 'win', count: 1, points: 10, firstAt: START, lastAt: START }],
        streakDays: [{ streak: 'daily', day: START / DAY }],
        unlocks: [],
        ledger: [],
      },
    });
  });

  test('with an unlock: the row, the ledger, the level that the XP of both reached', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START)]);
    const second = event('win', START + 1);
    const { outcomes, change } = folded(user, second);
    const row = {
      achievement: 'two',
      tier: 0,
      period: '',
      unlockedAt: START + 1,
      eventId: second.id,
      points: 5,
      xp: 1,
      source: 'rule',
      revokedAt: null,
    };
    expect(outcomes).toEqual([
      {
        kind: 'recorded',
        event: second,
        points: 10,
        xp: 4,
        unlocked: [row],
        progressed: [{ achievement: 'nine', previous: 1, current: 2, target: 9, milestone: false }],
        levelUp: { from: 1, to: 2 },
        streaks: [],
        tooFast: false,
      },
    ]);
    expect([change.unlocks, change.ledger, change.streakDays]).toEqual([
      [row],
      [
        {
          source: 'achievement',
          achievement: 'two',
          tier: 0,
          period: '',
          eventId: second.id,
          points: 5,
          xp: 1,
        },
      ],
      [],
    ]);
  });
});

describe('what did not change is not written', () => {
  test('a best value that is equalled later or at the same instant, or not reached', () => {
    const user = new MemoryUser(catalog);
    user.record([lap(5, 'a', 50)]);
    const best = (one: FoldEvent) => written(user, one).includes('best');
    expect([best(lap(9, 'a', 50)), best(lap(5, 'a', 50)), best(lap(9, 'a', 60))]).toEqual([false, false, false]);
    expect([best(lap(4, 'a', 50)), best(lap(9, 'a', 40))]).toEqual([true, true]);
  });

  test('a member that was seen at that instant or before', () => {
    const user = new MemoryUser(catalog);
    user.record([lap(5, 'a', 50), lap(7, 'b', 50)]);
    const members = (one: FoldEvent) => folded(user, one).change.members;
    const ref = { metric: 'tracks', by: '', period: '' };
    expect([members(lap(5, 'a', 50)), members(lap(9, 'b', 50))]).toEqual([[], []]);
    expect([members(lap(4, 'a', 50)), members(lap(9, 'c', 50))]).toEqual([
      [{ ...ref, member: 'a', firstAt: START + 4 }],
      [{ ...ref, member: 'c', firstAt: START + 9 }],
    ]);
  });

  test('the best of all keys, where a key comes up to it at the same instant', () => {
    const user = new MemoryUser(catalog);
    user.record([lap(5, 'a', 50), lap(5, 'a', 50), lap(5, 'b', 50)]);
    expect(written(user, lap(5, 'b', 50))).toEqual(['laps/b']);
    expect(written(user, lap(5, 'a', 50))).toEqual(['laps/a', 'laps']);
    expect(written(user, lap(5, 'c', 50))).toEqual(['laps/c', 'laps', 'tracks']);
  });
});
