import { describe, expect, test } from 'vitest';
import { isOff, notesOf, notesState } from '../../src/engine/notes.ts';
import { catalogOf, DAY, event, MemoryUser, START } from './support.ts';

const catalog = catalogOf(`
eventTypes: { win: { points: 10 }, lose: {} }
metrics: { wins: { count: win }, losses: { count: lose }, week: { count: win, per: week } }
achievements:
  zeta: { points: 1, when: { metric: wins, atLeast: 2 } }
  alpha: { points: 2, when: { metric: wins, atLeast: 2 } }
  beta: { points: 4, when: { metric: losses, atLeast: 1 } }
  gate: { when: manual }
  gated: { requires: [gate], when: { metric: wins, atLeast: 1 } }
  weekly: { repeat: week, when: { metric: week, atLeast: 2 } }
  steps: { tiers: [{ at: 1 }, { at: 2 }], when: { metric: losses } }
`);
const notes = (user: MemoryUser) => user.state.cells.get('achievements\u0000\u0000')?.state ?? null;
const of = (type: string, at: number) => event(type, START + at);
const unlockedBy = (user: MemoryUser, type: string, at: number) =>
  user
    .record([of(type, at)])
    .flatMap((one) =>
      one.kind === 'recorded' ? one.unlocked.map(({ achievement, tier }) => [achievement, tier]) : [],
    );

describe('what is noted after decisions', () => {
  test('of a rule that held: while it is granted that it is, once the grant is taken that it is due', () => {
    const user = new MemoryUser(catalog);
    user.grant('zeta', START);
    expect(notes(user)).toEqual({ off: ['zeta'] });
    user.record([of('win', 1), of('win', 2)]);
    expect(notes(user)).toEqual({ off: ['zeta'] });
    user.revoke('zeta', START + 3);
    expect(notes(user)).toEqual({ due: ['zeta'] });
  });

  test('of a rule that never held: nothing once the grant is taken', () => {
    const user = new MemoryUser(catalog);
    user.record([of('win', 0)]);
    user.grant('zeta', START + 1);
    user.grant('gated', START + 1);
    expect(notes(user)).toEqual({ off: ['gated', 'zeta'] });
    user.revoke('zeta', START + 2);
    expect(notes(user)).toEqual({ off: ['gated'] });
    // What it requires is not held: the gate is closed.
    user.revoke('gated', START + 2);
    expect(notes(user)).toBeNull();
  });

  test('of a rule that was taken away: that it is off, not that it is due', () => {
    const user = new MemoryUser(catalog);
    user.record([of('win', 0), of('win', 1)]);
    user.revoke('alpha', START + 2);
    user.revoke('weekly', START + 2);
    expect(notes(user)).toEqual({ off: ['alpha', 'weekly'] });
    user.grant('beta', START + 3);
    expect(notes(user)).toEqual({ off: ['alpha', 'beta', 'weekly'] });
  });

  test('of tiers: those that are left when the first alone is granted again', () => {
    const user = new MemoryUser(catalog);
    user.record([of('lose', 0)]);
    user.revoke('steps', START + 1);
    user.grant('steps', START + 2, 1);
    expect(notes(user)).toEqual({ off: ['steps'] });
    user.record([of('lose', 3)]);
    user.revoke('steps', START + 4);
    user.grant('steps', START + 5, 1);
    expect(notes(user)).toEqual({ due: ['steps'], off: ['steps'] });
  });

  test('of one that repeats: only a period in which it held and is not held', () => {
    const user = new MemoryUser(catalog);
    user.record([of('win', 0), of('win', 1), of('win', 7 * DAY)]);
    user.grant('weekly', START + 8 * DAY);
    user.revoke('weekly', START + 9 * DAY);
    expect(user.held()).not.toContain('weekly');
    user.grant('weekly', START + 9 * DAY);
    expect(notes(user)).toEqual({ due: ['weekly'], off: ['weekly'] });
  });
});

describe('the event that decides what is due', () => {
  const open = () => {
    const user = new MemoryUser(catalog);
    for (const key of ['zeta', 'alpha', 'beta']) user.grant(key, START - DAY);
    user.record([of('win', 0), of('win', 1), of('lose', 2)]);
    for (const key of ['alpha', 'beta', 'zeta']) user.revoke(key, START + 3);
    return user;
  };

  test('takes what it touches in the order of the catalog, and leaves the rest due', () => {
    const user = open();
    expect(notes(user)).toEqual({ due: ['alpha', 'beta', 'zeta'] });
    expect(unlockedBy(user, 'win', 10)).toEqual([
      ['zeta', 0],
      ['alpha', 0],
    ]);
    expect(notes(user)).toEqual({ due: ['beta'] });
    expect(unlockedBy(user, 'lose', 11)).toEqual([
      ['beta', 0],
      ['steps', 2],
    ]);
    expect(notes(user)).toBeNull();
  });

  test('leaves what the catalog no longer has; the next decision forgets it', () => {
    const { state } = open();
    const user = new MemoryUser(
      catalogOf(`
eventTypes: { win: { points: 10 }, lose: {} }
metrics: { wins: { count: win } }
achievements: { zeta: { points: 1, when: { metric: wins, atLeast: 2 } }, hand: { when: manual } }
`),
    );
    user.state = state;
    expect(unlockedBy(user, 'lose', 10)).toEqual([]);
    expect(unlockedBy(user, 'win', 10)).toEqual([['zeta', 0]]);
    expect(notes(user)).toEqual({ due: ['alpha', 'beta'] });
    user.grant('hand', START + 11);
    expect(notes(user)).toEqual({ off: ['hand'] });
  });
});

describe('notes', () => {
  test('are sorted, each key once, without empty lists', () => {
    expect([
      notesState({ off: ['b', 'a', 'b'], due: [] }),
      notesState({ off: [], due: ['d', 'c', 'd'] }),
      notesState({ off: [], due: [] }),
    ]).toEqual([{ off: ['a', 'b'] }, { due: ['c', 'd'] }, null]);
  });

  test('are read as they were kept; a cell without any has none', () => {
    const cell = (state: ReturnType<typeof notesState>) => ({ value: 1, achievedAt: START, state });
    const none = { off: [], due: [] };
    expect([
      notesOf(cell({ off: ['a'], due: ['b'] })),
      notesOf(cell({ due: ['b'] })),
      notesOf(cell(null)),
      notesOf(cell(['a'])),
      notesOf(null),
    ]).toEqual([{ off: ['a'], due: ['b'] }, { off: [], due: ['b'] }, none, none, none]);
  });

  test('tell of an achievement with several rows that it is off when one of them is a grant', () => {
    const row = { achievement: 'a', tier: 1, period: '', unlockedAt: START, eventId: null, points: 0, xp: 0 };
    const byRule = { ...row, source: 'rule', revokedAt: null } as const;
    const byHand = { ...row, tier: 2, source: 'grant', revokedAt: null } as const;
    expect([isOff([byRule]), isOff([byRule, byHand]), isOff([{ ...byHand, revokedAt: START }])]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

test('tiers of a streak are reached by its longest run', () => {
  const user = new MemoryUser(
    catalogOf(`
eventTypes: { login: {} }
streaks: { daily: { of: login } }
achievements: { faithful: { tiers: [{ at: 1 }, { at: 3 }, { at: 4 }], when: { streak: daily } } }
`),
  );
  for (const day of [0, 1, 2, 9]) user.record([event('login', START + day * DAY)]);
  expect(user.state.unlocks.get('faithful')?.map(({ tier, unlockedAt }) => [tier, unlockedAt - START])).toEqual([
    [1, 0],
    [2, 2 * DAY],
  ]);
});
