import { describe, expect, it } from 'vitest';
import { emptyState, type OwnState } from '../../../src/engine/state.ts';
import { RememberedStates } from '../../../src/features/state/remembered.ts';
import type { UserRow } from '../../../src/features/state/user-row.ts';

const rowOf = (id: string, rowVersion: number, more: Partial<UserRow> = {}): UserRow => ({
  id,
  test: false,
  timezone: null,
  locale: null,
  attributes: {},
  score: 5,
  achievementPoints: 0,
  xp: 5,
  lastActivityAt: null,
  lastSeq: 0,
  catalogVersion: 1,
  archivedTo: null,
  blockedUntil: null,
  onLeaderboards: true,
  quarantined: false,
  rowVersion,
  ...more,
});
const bare = { test: false, score: 5, achievementPoints: 0, xp: 5, lastActivityAt: null };
const stateOf = (userId: string, totals = 1): OwnState => {
  const state = emptyState({ userId, ...bare });
  for (let type = 0; type < totals; type += 1) state.totals.set(`type${type}`, null);
  return state;
};

describe('remembered states', () => {
  it('are given back as long as the row has the version they were kept with', () => {
    const states = new RememberedStates();
    const state = stateOf('a');
    states.keep(state, 7);
    expect(states.take(rowOf('a', 7))).toBe(state);
  });

  it('are forgotten when the row has another version: the row alone is known', () => {
    const states = new RememberedStates();
    states.keep(stateOf('a'), 7);
    expect(states.take(rowOf('a', 8))).toEqual(emptyState({ userId: 'a', ...bare }));
    expect(states.take(rowOf('a', 7))).toEqual(emptyState({ userId: 'a', ...bare }));
  });

  it('belong to whoever took them until they are kept again', () => {
    const states = new RememberedStates();
    const state = stateOf('a');
    states.keep(state, 7);
    states.take(rowOf('a', 7));
    expect(states.take(rowOf('a', 7))).not.toBe(state);
    states.keep(state, 8);
    expect(states.take(rowOf('a', 8))).toBe(state);
  });

  it('say what the row says of test users, and nothing of the log', () => {
    const states = new RememberedStates();
    const state = stateOf('a');
    state.history.set('*', []);
    states.keep(state, 7);
    const taken = states.take(rowOf('a', 7, { test: true }));
    expect([taken.test, taken.history.size]).toEqual([true, 0]);
  });

  it('are bounded: the least recently used go first, a very large one is not kept', () => {
    const states = new RememberedStates(100);
    const kept = ['a', 'b', 'c'].map((id) => stateOf(id, 30));
    for (const state of kept) states.keep(state, 1);
    expect(['c', 'b', 'a'].map((id) => kept.includes(states.take(rowOf(id, 1))))).toEqual([true, true, false]);
    const large = stateOf('d', 101);
    states.keep(large, 1);
    expect(states.take(rowOf('d', 1))).not.toBe(large);
  });

  it('are gone when all is forgotten', () => {
    const states = new RememberedStates();
    const state = stateOf('a');
    states.keep(state, 7);
    states.clear();
    expect(states.take(rowOf('a', 7))).not.toBe(state);
  });
});
