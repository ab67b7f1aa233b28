import { describe, expect, test } from 'vitest';
import { rebuild } from '../../src/engine/rebuild.ts';
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

describe('a rule that is open again', () => {
  const again = catalogOf(`
eventTypes: { win: { points: 10 }, login: {} }
metrics: { wins: { count: win }, week: { count: win, per: week } }
achievements:
  hero: { when: { metric: wins, atLeast: 2 } }
  steps: { tiers: [{ at: 1 }, { at: 2 }, { at: 9 }], when: { metric: wins } }
  week: { when: { metric: week, atLeast: 2 } }
  early: { endsAt: 2026-01-03T00:00:00Z, when: { metric: wins, atLeast: 2 } }
  weekly: { repeat: week, when: { metric: week, atLeast: 2 } }
`);
  const wins = (from: number, count: number) => Array.from({ length: count }, (_, index) => event('win', from + index));
  const rows = (user: MemoryUser, key: string) =>
    user.state.unlocks.get(key)?.map(({ tier, period, unlockedAt, source, revokedAt }) => ({
      tier,
      period,
      at: unlockedAt,
      source,
      held: revokedAt === null,
    }));

  test('after revoke, grant and revoke, the next event that touches it decides, though no mark is crossed', () => {
    const user = new MemoryUser(again);
    user.record(wins(START, 3));
    user.revoke('hero', START + 10);
    user.record(wins(START + 11, 1));
    expect(user.held()).not.toContain('hero');
    user.grant('hero', START + 20);
    user.revoke('hero', START + 30);
    user.record([event('login', START + 40)]);
    expect(user.held()).not.toContain('hero');
    user.record(wins(START + 50, 1));
    expect(rows(user, 'hero')).toEqual([{ tier: 0, period: '', at: START + 50, source: 'rule', held: true }]);
    expect(user.state.cells.get('achievements\u0000\u0000')?.state).toBeNull();
  });

  test('a mark that was crossed while it was granted counts when the grant is taken', () => {
    const user = new MemoryUser(again);
    user.grant('hero', START);
    user.record(wins(START + 1, 5));
    user.revoke('hero', START + 10);
    user.record(wins(START + 11, 1));
    expect(user.held()).toContain('hero');
  });

  test('a grant of the first tier after a revoke of all opens those above', () => {
    const user = new MemoryUser(again);
    user.record(wins(START, 3));
    user.revoke('steps', START + 10);
    user.grant('steps', START + 20, 1);
    user.record(wins(START + 30, 1));
    expect(rows(user, 'steps')?.map(({ tier, source, held }) => [tier, source, held])).toEqual([
      [1, 'grant', true],
      [2, 'rule', true],
    ]);
  });

  test('what held in a window or before a gate closed is decided at the event at which it held', () => {
    const user = new MemoryUser(again);
    for (const key of ['week', 'early', 'weekly']) user.grant(key, START - DAY);
    user.record(wins(START, 2));
    for (const key of ['week', 'early', 'weekly']) user.revoke(key, START + 10);
    user.record(wins(START + 20 * DAY, 1));
    expect({ week: rows(user, 'week'), early: rows(user, 'early') }).toEqual({
      week: [{ tier: 0, period: '', at: START + 1, source: 'rule', held: true }],
      early: [{ tier: 0, period: '', at: START + 1, source: 'rule', held: true }],
    });
    expect(rows(user, 'weekly')).toContainEqual({
      tier: 0,
      period: '2026-W01',
      at: START + 1,
      source: 'rule',
      held: true,
    });
  });

  test('one that does not hold is judged as ever, when its value crosses the mark', () => {
    const user = new MemoryUser(again);
    user.record(wins(START, 1));
    user.grant('hero', START + 5);
    user.revoke('hero', START + 6);
    expect(user.state.cells.get('achievements\u0000\u0000')?.state).toBeNull();
    user.record(wins(START + 10, 1));
    expect(user.held()).toContain('hero');
  });

  test('a rule that a new catalog brings with retroactive: none is decided by the next event that touches it', () => {
    const before = new MemoryUser(catalogOf('eventTypes: { win: { points: 10 }, login: {} }'));
    before.record(wins(START, 5));
    const later = catalogOf(`
eventTypes: { win: { points: 10 }, login: {} }
metrics: { wins: { count: win } }
achievements:
  mole: { points: 9, retroactive: none, when: { metric: wins, atLeast: 2 } }
  follower: { points: 1, when: { achievement: mole } }
leaderboards: { points: { metric: totalPoints } }
`);
    const filled = rebuild(later, { userId: 'u', test: false, facts: [] }, before.log, START + DAY);
    expect(filled.decided).toEqual([]);
    const user = new MemoryUser(later);
    user.log.push(...before.log);
    user.state = { ...filled.state, unlocks: new Map() };
    expect([user.value('achievements'), user.value('totalPoints'), user.state.achievementPoints]).toEqual([0, 50, 0]);
    user.record([event('login', START + DAY)]);
    expect(user.held()).toEqual([]);
    user.record(wins(START + 2 * DAY, 1));
    expect([user.held(), user.value('achievements'), user.state.achievementPoints]).toEqual([
      ['follower', 'mole'],
      2,
      10,
    ]);
  });
});

describe('sums', () => {
  test('a grant past 2^53 - 1 is refused, what follows from it counted in', () => {
    const richBy = (points: number) => {
      const user = new MemoryUser(catalog);
      user.state = { ...user.state, score: Number.MAX_SAFE_INTEGER - points };
      return user;
    };
    const refused = { kind: 'refused', reason: 'valueOutOfRange', metric: 'totalPoints' };
    expect(richBy(6).grant('helper', START)).toEqual(refused);
    expect(richBy(7).grant('helper', START)).toMatchObject({ kind: 'done' });
    expect(richBy(55).grant('hero', START)).toEqual(refused);
    expect(richBy(56).grant('hero', START)).toMatchObject({ kind: 'done' });
  });

  test('a revoke below 0 is refused, of what follows too: the books are wrong', () => {
    const poorBy = (points: number) => {
      const poor = new MemoryUser(catalog);
      poor.grant('hero', START);
      poor.state = { ...poor.state, achievementPoints: poor.state.achievementPoints - points };
      return poor.revoke('hero', START);
    };
    const refused = { kind: 'refused', reason: 'outOfBalance' };
    expect([poorBy(7), poorBy(6)]).toEqual([refused, refused]);
    expect(poorBy(0)).toMatchObject({ kind: 'done' });
  });

  test('what was given and taken leaves no cell, in no window', () => {
    const user = new MemoryUser(
      catalogOf(`
eventTypes: { win: { points: 10 } }
achievements: { helper: { points: 7, xp: 3, when: manual }, other: { points: 1, xp: 1, when: manual } }
leaderboards:
  a: { metric: totalPoints }
  b: { metric: totalPoints, per: day }
  c: { metric: xp, per: week }
  d: { metric: achievements, per: day }
`),
    );
    user.grant('other', START);
    const before = summary(user);
    for (let day = 0; day < 20; day += 4) {
      user.grant('helper', START + day * DAY);
      user.revoke('helper', START + (day + 1) * DAY);
    }
    expect(summary(user)).toEqual(before);
    user.revoke('other', START + 30 * DAY);
    expect([...user.state.cells.values()].filter((cell) => cell !== null)).toEqual([]);
  });

  test('a follower keeps the tiers that still hold', () => {
    const user = new MemoryUser(
      catalogOf(`
eventTypes: { win: { points: 0, xp: 10 } }
achievements:
  helper: { xp: 50, when: manual }
  rich: { tiers: [{ at: 10 }, { at: 60 }], when: { metric: xp } }
`),
    );
    user.record([event('win', START)]);
    user.grant('helper', START + 1);
    const tiers = () => user.state.unlocks.get('rich')?.flatMap((row) => (row.revokedAt === null ? [row.tier] : []));
    expect(tiers()).toEqual([1, 2]);
    user.revoke('helper', START + 2);
    expect(tiers()).toEqual([1]);
  });
});
