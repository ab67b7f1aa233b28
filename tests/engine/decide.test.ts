import { describe, expect, test } from 'vitest';
import { catalogOf, DAY, event, MemoryUser, START, summary } from './support.ts';

const catalog = catalogOf(`
eventTypes: { win: { points: 10 }, login: { points: 1 } }
metrics: { wins: { count: win } }
levels: { thresholds: [0, 100, 200] }
achievements:
  hero: { points: 50, xp: 100, when: { metric: wins, atLeast: 2 } }
  second: { points: 5, when: { level: 2 } }
  third: { points: 1, when: { achievement: second } }
  either: { when: { any: [{ achievement: hero }, { metric: wins, atLeast: 3 }] } }
  needs: { requires: [hero], when: { count: login, atLeast: 1 } }
  tiered: { tiers: [{ at: 5, points: 1 }, { at: 10, points: 2 }, { at: 20, points: 4 }], when: { metric: wins } }
  weekly: { points: 3, repeat: week, when: { count: win, atLeast: 100, per: week } }
  helper: { points: 7, when: manual }
`);

describe('a grant', () => {
  test('brings points, XP, the level, and what follows from them', () => {
    const user = new MemoryUser(catalog);
    const result = user.grant('hero', START);
    expect(result).toMatchObject({
      kind: 'done',
      level: { from: 1, to: 2 },
      unlocked: [
        { achievement: 'hero', source: 'grant', eventId: null },
        { achievement: 'second', source: 'rule' },
        { achievement: 'third' },
        { achievement: 'either' },
      ],
    });
    expect([user.state.achievementPoints, user.state.xp, user.held()]).toEqual([
      56,
      100,
      ['either', 'hero', 'second', 'third'],
    ]);
    expect(
      result.kind === 'done' &&
        result.change.ledger.map(({ source, achievement, points, xp }) => [source, achievement, points, xp]),
    ).toEqual([
      ['grant', 'hero', 50, 100],
      ['achievement', 'second', 5, 0],
      ['achievement', 'third', 1, 0],
      ['achievement', 'either', 0, 0],
    ]);
  });

  test('is refused where there is nothing to give', () => {
    const user = new MemoryUser(catalog);
    user.grant('helper', START);
    expect([
      user.grant('helper', START),
      user.grant('nothing', START),
      user.grant('helper', START, 2),
      user.grant('tiered', START, 4),
    ]).toEqual(
      ['alreadyHeld', 'unknownAchievement', 'unknownTier', 'unknownTier'].map((reason) => ({
        kind: 'refused',
        reason,
      })),
    );
  });

  test('of a tier brings those below; the rule goes on from there', () => {
    const user = new MemoryUser(catalog);
    user.grant('tiered', START, 2);
    expect([user.state.achievementPoints, user.state.unlocks.get('tiered')?.map((row) => row.tier)]).toEqual([
      3,
      [1, 2],
    ]);
    user.record(Array.from({ length: 20 }, (_, index) => event('win', START + index)));
    expect(user.state.unlocks.get('tiered')?.map((row) => row.tier)).toEqual([1, 2, 3]);
  });

  test('of a repeatable one is for the period of now', () => {
    const user = new MemoryUser(catalog);
    user.grant('weekly', START);
    expect(user.grant('weekly', START + DAY)).toEqual({ kind: 'refused', reason: 'alreadyHeld' });
    expect(user.grant('weekly', START + 7 * DAY).kind).toBe('done');
    expect(user.state.achievementPoints).toBe(6);
  });

  test('is not announced as progress any more', () => {
    const user = new MemoryUser(catalog);
    user.grant('hero', START);
    const [outcome] = user.record([event('win', START)]);
    expect(outcome?.kind === 'recorded' && outcome.progressed.map((one) => one.achievement)).toEqual(['tiered']);
  });
});

describe('a revoke', () => {
  test('compensates, lowers the level, and takes what only followed from it', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START), event('win', START + 1)]);
    expect([user.held(), user.state.xp]).toEqual([['either', 'hero', 'second', 'third'], 120]);
    const result = user.revoke('hero', START + 5);
    expect(result).toMatchObject({ kind: 'done', level: { from: 2, to: 1 } });
    expect(result.kind === 'done' && result.revoked.map((row) => row.achievement)).toEqual([
      'hero',
      'second',
      'third',
      'either',
    ]);
    expect([user.held(), user.state.achievementPoints, user.state.xp]).toEqual([[], 0, 20]);
  });

  test('leaves what still holds by itself', () => {
    const user = new MemoryUser(catalog);
    user.record([0, 1, 2].map((at) => event('win', START + at)));
    user.revoke('hero', START + 5);
    expect(user.held()).toEqual(['either']);
  });

  test('blocks the rule until it is granted; what followed may be earned again', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START), event('win', START + 1)]);
    user.revoke('hero', START + 5);
    user.record([event('win', START + 6)]);
    expect(user.held()).toEqual(['either']);
    user.record(Array.from({ length: 7 }, (_, index) => event('win', START + 10 + index)));
    expect(user.held()).toEqual(['either', 'second', 'third', 'tiered']);
    expect(user.grant('hero', START + 20).kind).toBe('done');
    expect(user.held()).toContain('hero');
  });

  test('blocks a rule that is judged at every touch as well', () => {
    const gated = catalogOf(`
eventTypes: { win: { points: 1 } }
achievements: { early: { startsAt: 2025-01-01T00:00:00Z, when: { count: win, atLeast: 1 } } }
`);
    const user = new MemoryUser(gated);
    user.record([event('win', START)]);
    user.revoke('early', START + 1);
    user.record([event('win', START + 2)]);
    expect(user.held()).toEqual([]);
    user.grant('early', START + 3);
    expect(user.held()).toEqual(['early']);
  });

  test('of a grant leaves no block', () => {
    const user = new MemoryUser(catalog);
    user.grant('hero', START);
    user.revoke('hero', START + 1);
    user.record([event('win', START + 2), event('win', START + 3)]);
    expect(user.held()).toContain('hero');
  });

  test('of what is not held, or is nothing, is refused', () => {
    const user = new MemoryUser(catalog);
    expect([user.revoke('hero', START), user.revoke('nothing', START)]).toEqual([
      { kind: 'refused', reason: 'notHeld' },
      { kind: 'refused', reason: 'unknownAchievement' },
    ]);
  });

  test('after a grant leaves every sum as it was', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START), event('login', START)]);
    const before = summary(user) as { [key: string]: unknown };
    user.grant('hero', START);
    user.revoke('hero', START);
    const after = summary(user) as { [key: string]: unknown };
    for (const key of ['score', 'xp', 'achievementPoints', 'days']) expect(after[key]).toEqual(before[key]);
    // `needs` had only waited for its gate: that unlock is a decision of its own and stays.
    expect(user.held()).toEqual(['needs']);
  });
});
