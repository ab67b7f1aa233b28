import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BoardReward } from '../../src/engine/catalog.ts';
import { answerFromMemory, applyChange } from '../../src/engine/merge.ts';
import { rebuild } from '../../src/engine/rebuild.ts';
import { type Gift, type RewardResult, reward, rewardOf } from '../../src/engine/reward.ts';
import { cellKey, emptyState, type UserState } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, HOUR, MemoryUser, START } from './support.ts';

const catalog = catalogOf(`
name: Rewards
eventTypes: { win: { points: 1, xp: 1 } }
levels: { thresholds: [0, 50, 1000] }
achievements:
  climber: { points: 20, xp: 5, when: { level: 2 } }
  rich: { points: 1, when: { points: 100 } }
  helper: { points: 3, xp: 30, when: manual }
leaderboards: { xp_week: { metric: xp, per: week }, total: { metric: totalPoints } }
`);
const blank = emptyState({
  userId: 'anna',
  test: false,
  score: 0,
  achievementPoints: 0,
  xp: 0,
  lastActivityAt: null,
});

function give(state: UserState, gifts: readonly Gift[], now = START): Exclude<RewardResult, { kind: 'needs' }> {
  for (let known = state; ; ) {
    const result = reward(catalog, known, { gifts, timezone: null }, now);
    if (result.kind !== 'needs') return result;
    known = answerFromMemory(known, result.needs, []);
  }
}

describe('the reward of a place', () => {
  const rule = (more: Partial<BoardReward>): BoardReward => ({
    ranks: null,
    percent: null,
    points: 0,
    xp: 0,
    data: null,
    ...more,
  });

  it('is the first that fits it', () => {
    const rewards = [rule({ ranks: { from: 1, to: 1 } }), rule({ percent: 50 }), rule({ ranks: { from: 1, to: 9 } })];
    expect([1, 2, 5, 6, 9, 10].map((rank) => rewardOf(rewards, rank, 10))).toEqual([0, 1, 1, 2, 2, null]);
  });

  it.each([
    [10, 10, 1],
    [10, 11, 2],
    [10, 1, 1],
    [7, 100, 7],
    [0.01, 10_000, 1],
    [0.01, 10_001, 2],
    [14.3, 1_000, 143],
    [100, 3, 3],
    [33.3, 3, 1],
  ])('of %d percent of %d entries goes to the first %d', (percent, entries, last) => {
    const rewards = [rule({ percent })];
    expect([rewardOf(rewards, last, entries), rewardOf(rewards, last + 1, entries)]).toEqual([0, null]);
  });
});

describe('a reward that is given', () => {
  it('feeds points beside the score, XP and levels, and what follows from them', () => {
    const done = give(blank, [
      { points: 60, xp: 30, period: '2026-W01' },
      { points: 20, xp: 20, period: '2026-W01' },
    ]);
    if (done.kind !== 'done') throw new Error(done.kind);
    expect(done.level).toEqual({ from: 1, to: 2 });
    expect(done.unlocked.map(({ achievement }) => achievement)).toEqual(['climber', 'rich']);
    expect(done.change).toMatchObject({ score: 0, achievementPoints: 101, xp: 55, lastActivityAt: null });
    expect(done.change.ledger.map(({ source, points, xp }) => [source, points, xp])).toEqual([
      ['reward', 60, 30],
      ['reward', 20, 20],
      ['achievement', 20, 5],
      ['achievement', 1, 0],
    ]);
    expect(done.change.cells.map(({ metric, period, value }) => [metric, period, value])).toEqual(
      expect.arrayContaining([
        ['totalPoints', '', 101],
        ['xp', '2026-W01', 55],
      ]),
    );
  });

  it('is refused whole where a sum would pass 2^53 - 1', () => {
    const rich = { ...blank, achievementPoints: Number.MAX_SAFE_INTEGER - 5 };
    expect(give(rich, [{ points: 6, xp: 0, period: '' }])).toEqual({ kind: 'refused', metric: 'totalPoints' });
    expect(give({ ...blank, xp: Number.MAX_SAFE_INTEGER }, [{ points: 0, xp: 1, period: '' }])).toEqual({
      kind: 'refused',
      metric: 'xp',
    });
  });

  it('is part of the fold: a rebuild comes to the same', () => {
    const at = START + 3 * DAY;
    const done = give(blank, [{ points: 100, xp: 60, period: '2026-W01' }], at);
    if (done.kind !== 'done') throw new Error(done.kind);
    const live = applyChange(blank, done.change);
    const rewards = [{ at, points: 100, xp: 60 }];
    const input = { userId: 'anna', test: false, facts: done.unlocked, rewards };
    const { state, eventXp, decided } = rebuild(catalog, input, [], at + DAY);
    expect([eventXp, decided]).toEqual([0, []]);
    expect([state.achievementPoints, state.xp]).toEqual([live.achievementPoints, live.xp]);
    for (const ref of [
      { metric: 'totalPoints', by: '', period: '' },
      { metric: 'xp', by: '', period: '2026-W01' },
    ])
      expect(state.cells.get(cellKey(ref))).toEqual(live.cells.get(cellKey(ref)));
    const anew = rebuild(catalog, { ...input, facts: [] }, [], at + DAY);
    expect(anew.decided.map(({ achievement }) => achievement)).toEqual(['climber', 'rich']);
  });

  it('is part of the fold, in any order with events, late ones too, grants and revokes', () => {
    const step = fc.oneof(
      fc.record({ hoursAgo: fc.integer({ min: 0, max: 300 }) }),
      fc.record({ points: fc.constantFrom(0, 7, 60), xp: fc.constantFrom(0, 3, 30) }),
      fc.record({ grant: fc.constantFrom('helper', 'climber') }),
      fc.record({ revoke: fc.constantFrom('helper', 'climber', 'rich') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
        const user = new MemoryUser(catalog);
        const rewards: { at: number; points: number; xp: number }[] = [];
        let now = START + 30 * DAY;
        for (const what of steps) {
          now += HOUR;
          if ('hoursAgo' in what) user.record([event('win', now - what.hoursAgo * HOUR)], now);
          else if ('grant' in what) user.grant(what.grant, now);
          else if ('revoke' in what) user.revoke(what.revoke, now);
          else {
            user.reward([{ ...what, period: '2026-W01' }], now);
            rewards.push({ ...what, at: now });
          }
        }
        const facts = [...user.state.unlocks.values()].flat();
        const { state, eventXp } = rebuild(catalog, { userId: 'u', test: false, facts, rewards }, user.log, now);
        const paid = user.ledger.reduce((sum, line) => ({ points: sum.points + line.points, xp: sum.xp + line.xp }), {
          points: 0,
          xp: 0,
        });
        expect([paid.points, eventXp + paid.xp]).toEqual([user.state.achievementPoints, user.state.xp]);
        expect([state.score, state.achievementPoints, state.xp]).toEqual([
          user.state.score,
          user.state.achievementPoints,
          user.state.xp,
        ]);
        expect(valuesOf(state)).toEqual(valuesOf(user.state));
      }),
      { numRuns: 300 },
    );
  });
});

/** The cells of amounts, with when they were reached. */
function valuesOf({ cells }: UserState): unknown[] {
  return [...cells]
    .filter(([key, cell]) => cell !== null && /^(xp|totalPoints)/.test(key))
    .map(([key, cell]) => [key, cell?.value, cell?.achievedAt])
    .sort();
}
