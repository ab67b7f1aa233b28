import { describe, expect, test } from 'vitest';
import { grant, revoke } from '../../src/engine/decide.ts';
import { answerFromMemory } from '../../src/engine/merge.ts';
import { catalogOf, event, MemoryUser, START } from './support.ts';

const catalog = catalogOf(`
eventTypes: { win: { points: 10, xp: 0 } }
metrics: { wins: { count: win } }
levels: { thresholds: [0, 40, 90] }
achievements:
  hero: { points: 5, xp: 50, when: { metric: wins, atLeast: 2 } }
  steps: { tiers: [{ at: 1, points: 1, xp: 1 }, { at: 2, points: 2, xp: 2 }, { at: 3, points: 4, xp: 4 }], when: { metric: wins } }
`);
const wins = (count: number) => Array.from({ length: count }, (_, index) => event('win', START + index));
/** Takes an achievement with a tier, with all that is asked for read. */
const take = (user: MemoryUser, achievement: string, tier: number, now: number) => {
  const input = { achievement, tier, timezone: null };
  let state = user.state;
  for (let round = 0; round < 5; round += 1) {
    const result = revoke(user.catalog, state, input, now);
    if (result.kind !== 'needs') return result;
    state = answerFromMemory(state, result.needs, user.log);
  }
  throw new Error('too many rounds');
};

describe('a revoke', () => {
  test('writes the row, the ledger and the sums, and nothing else', () => {
    const user = new MemoryUser(catalog);
    const [, second] = wins(2).map((one, index) => {
      user.record([one]);
      return { ...one, index };
    });
    const result = user.revoke('hero', START + 9);
    const gone = {
      achievement: 'hero',
      tier: 0,
      period: '',
      unlockedAt: second?.occurredAt,
      eventId: second?.id,
      points: 5,
      xp: 50,
      source: 'rule',
      revokedAt: START + 9,
    };
    expect(result).toEqual({
      kind: 'done',
      unlocked: [],
      revoked: [gone],
      level: { from: 2, to: 1 },
      change: {
        score: 20,
        achievementPoints: 3,
        xp: 3,
        lastActivityAt: START + 1,
        cells: [
          {
            metric: 'achievements',
            by: '',
            period: '',
            value: 1,
            achievedAt: START + 1,
            state: { off: ['hero'] },
          },
        ],
        members: [],
        totals: [],
        streakDays: [],
        unlocks: [gone],
        ledger: [{ source: 'revoke', achievement: 'hero', tier: 0, period: '', eventId: null, points: -5, xp: -50 }],
      },
    });
  });

  test('of a tier takes it and those above it', () => {
    const user = new MemoryUser(catalog);
    user.record(wins(3));
    const result = take(user, 'steps', 2, START + 9);
    expect(result.kind === 'done' && result.revoked.map(({ tier }) => tier)).toEqual([2, 3]);
    expect(take(user, 'steps', 4, START + 9)).toEqual({ kind: 'refused', reason: 'notHeld' });
  });

  test('reaches what the catalog no longer has', () => {
    const user = new MemoryUser(catalog);
    user.record(wins(2));
    const later = new MemoryUser(catalogOf('eventTypes: { win: { points: 10 } }\n'));
    later.state = user.state;
    const result = later.revoke('hero', START + 9);
    expect(result.kind === 'done' && result.revoked.map(({ achievement }) => achievement)).toEqual(['hero']);
    expect([later.state.achievementPoints, later.state.xp]).toEqual([3, 3]);
  });

  test('that would take XP below 0 is refused', () => {
    const user = new MemoryUser(catalog);
    user.grant('hero', START);
    user.state = { ...user.state, xp: 49 };
    expect(user.revoke('hero', START)).toEqual({ kind: 'refused', reason: 'outOfBalance' });
    expect(user.held()).toEqual(['hero']);
  });
});

test('a grant that would take points past 2^53 - 1 counts what achievements gave before', () => {
  const user = new MemoryUser(catalog);
  const most = Number.MAX_SAFE_INTEGER;
  user.state = { ...user.state, score: 10, achievementPoints: most - 14 };
  const refused = { kind: 'refused', reason: 'valueOutOfRange' };
  expect(user.grant('hero', START)).toEqual({ ...refused, metric: 'totalPoints' });
  user.state = { ...user.state, score: 9, xp: most - 49 };
  expect(user.grant('hero', START)).toEqual({ ...refused, metric: 'xp' });
});

test('a grant asks for the rows of the achievement first, and is refused without reading where there is nothing to give', () => {
  const { state } = new MemoryUser(catalog);
  const give = (achievement: string, tier?: number) =>
    grant(catalog, state, { achievement, timezone: null, ...(tier === undefined ? {} : { tier }) }, START);
  expect([give('nothing'), give('steps', 0), give('steps', 4), give('hero', 1)]).toEqual([
    { kind: 'refused', reason: 'unknownAchievement' },
    { kind: 'refused', reason: 'unknownTier' },
    { kind: 'refused', reason: 'unknownTier' },
    { kind: 'refused', reason: 'unknownTier' },
  ]);
  expect([give('steps', 1).kind, give('steps', 3).kind, give('hero', 0).kind]).toEqual(['needs', 'needs', 'needs']);
});

describe('what followed from an achievement goes with it when its rule is false now', () => {
  const TEXT = `
eventTypes: { win: { points: 0 } }
levels: { thresholds: [0, 40] }
`;
  const around = (rules: string, more: (user: MemoryUser) => void = () => {}) => {
    const user = new MemoryUser(
      catalogOf(`${TEXT}achievements:\n  ${rules}\n  hand: { rarity: rare, points: 9, xp: 50, when: manual }\n`),
    );
    more(user);
    user.grant('hand', START);
    const held = user.held().filter((key) => key !== 'hand');
    user.revoke('hand', START + 1);
    return [held, user.held()];
  };

  test.each([
    ['the achievement', '{ achievement: hand }'],
    ['so many achievements', '{ achievements: { rarity: rare } }'],
    ['the level', '{ level: 2 }'],
    ['points', '{ points: 9 }'],
    ['XP', '{ metric: xp, atLeast: 50 }'],
    ['the number of achievements', '{ metric: achievements, atLeast: 1 }'],
    ['one of several', '{ all: [{ any: [{ level: 2 }, { count: win, atLeast: 1 }] }, { points: 1 }] }'],
  ])('by %s', (name, when) => {
    const own = name === 'the number of achievements';
    expect(around(`one: { when: ${when} }`)).toEqual([['one'], own ? ['one'] : []]);
  });

  test('one after another, wherever they stand', () => {
    expect(
      around(
        'third: { when: { achievement: second } }\n  second: { when: { achievement: first } }\n  first: { when: { achievement: hand } }',
      ),
    ).toEqual([['first', 'second', 'third'], []]);
  });

  test('but not what was granted by hand, nor what looks at events alone', () => {
    expect(
      around('one: { when: { achievement: hand } }\n  two: { when: { count: win, atLeast: 1 } }', (user) => {
        user.grant('one', START - 1);
        user.record([event('win', START - 1)]);
      }),
    ).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ]);
  });

  test('nor what held at an event and would not hold now', () => {
    expect(
      around('one: { when: { all: [{ count: win, atLeast: 1 }, { count: win, atMost: 1 }] } }', (user) => {
        user.record([event('win', START - 2), event('win', START - 1)]);
      }),
    ).toEqual([['one'], ['one']]);
    expect(
      around('one: { when: { any: [{ achievement: hand }, { count: win, per: day, atLeast: 1 }] } }', (user) => {
        user.record([event('win', START - 9 * 86_400_000)]);
      }),
    ).toEqual([['one'], ['one']]);
  });

  test('nor again what was taken before; it may be earned anew, unless it was taken by itself', () => {
    const user = new MemoryUser(
      catalogOf(`${TEXT}achievements:
  one: { when: { achievement: hand } }
  two: { when: { achievement: hand } }
  hand: { when: manual }
`),
    );
    user.grant('hand', START);
    user.revoke('two', START + 1);
    const result = user.revoke('hand', START + 2);
    expect(result.kind === 'done' && result.revoked.map(({ achievement }) => achievement)).toEqual(['hand', 'one']);
    const row = (key: string) =>
      user.state.unlocks
        .get(key)
        ?.map(({ source, revokedAt }) => [source, revokedAt === null ? null : revokedAt - START]);
    expect([row('one'), row('two'), row('hand')]).toEqual([[['grant', 2]], [['rule', 1]], [['grant', 2]]]);
    user.grant('hand', START + 3);
    expect(user.held()).toEqual(['hand', 'one']);
  });
});

test('a grant lifts the block of every tier, and leaves what the rule gave as it is', () => {
  const user = new MemoryUser(catalog);
  user.record(wins(1));
  user.grant('steps', START + 1, 2);
  const rows = () => user.state.unlocks.get('steps')?.map(({ tier, source, revokedAt }) => [tier, source, revokedAt]);
  expect(rows()).toEqual([
    [1, 'rule', null],
    [2, 'grant', null],
  ]);
  user.revoke('steps', START + 2);
  expect(rows()).toEqual([
    [1, 'rule', START + 2],
    [2, 'grant', START + 2],
  ]);
  user.grant('steps', START + 3, 1);
  expect(rows()).toEqual([
    [2, 'grant', START + 2],
    [1, 'grant', null],
  ]);
});
