import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Rebuild, rebuild } from '../../src/engine/rebuild.ts';
import type { UserState } from '../../src/engine/state.ts';
import { END, logs, RUNS, randomCatalog, thresholds } from './random.ts';
import { catalogOf, DAY, event, HOUR, MemoryUser, START } from './support.ts';

const seed = Number(process.env['LAUREL_PROPERTY_SEED'] ?? Date.now() % 1_000_000_007);
const shuffled = logs.chain((log) =>
  fc.tuple(fc.constant(log), fc.shuffledSubarray(log, { minLength: log.length, maxLength: log.length })),
);

const input = (user: MemoryUser) => ({ userId: 'u', test: false, facts: [...user.state.unlocks.values()].flat() });

/** What a state says apart from decisions, absent entries left out. */
function told({ cells, members, totals, streakDays, score, xp, achievementPoints, lastActivityAt }: UserState) {
  const there = <T>(map: ReadonlyMap<string, T | null>) =>
    Object.fromEntries([...map].filter(([, value]) => value !== null).sort());
  const days = Object.fromEntries([...streakDays].filter(([, list]) => list.length > 0));
  return {
    cells: there(cells),
    members: there(members),
    totals: there(totals),
    days,
    score,
    xp,
    achievementPoints,
    lastActivityAt,
  };
}

describe(`rebuild (seed ${seed}, ${RUNS} runs)`, { timeout: 20_000 + RUNS * 200 }, () => {
  test('a rebuild of a log whose events arrived in order is the live state, and decides nothing anew', () => {
    fc.assert(
      fc.property(thresholds, logs, (at, log) => {
        const user = new MemoryUser(randomCatalog(at));
        for (const one of log.toSorted((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1)))
          user.record([one], END);
        const rebuilt = rebuild(user.catalog, input(user), user.log, END);
        expect(told(rebuilt.state)).toEqual(told(user.state));
        expect(rebuilt.decided).toEqual([]);
        expect(rebuilt.eventXp).toBe(user.log.reduce((sum, { priced }) => sum + (priced?.xp ?? 0), 0));
      }),
      { numRuns: RUNS, seed },
    );
  });

  test('a rebuild is the live state whatever the order in which events arrived', () => {
    fc.assert(
      fc.property(thresholds, shuffled, (at, [, order]) => {
        const user = new MemoryUser(randomCatalog(at));
        for (const one of order) user.record([one], END);
        const rebuilt = rebuild(user.catalog, input(user), user.log, END);
        expect(told(rebuilt.state)).toEqual(told(user.state));
      }),
      { numRuns: RUNS, seed },
    );
  });

  test('a rebuild does not depend on the parts in which the log is fed', () => {
    fc.assert(
      fc.property(thresholds, logs, fc.integer({ min: 1, max: 7 }), (at, log, size) => {
        const user = new MemoryUser(randomCatalog(at));
        const inOrder = log.toSorted((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1));
        for (const one of inOrder) user.record([one], END);
        const whole = rebuild(user.catalog, input(user), user.log, END);
        const parts = new Rebuild(user.catalog, input(user), END);
        for (let from = 0; from < user.log.length; from += size) parts.take(user.log.slice(from, from + size));
        expect(told(parts.finish().state)).toEqual(told(whole.state));
      }),
      { numRuns: RUNS, seed },
    );
  });
});

const RULES = `
eventTypes: { win: { points: 10 } }
metrics: { wins: { count: win } }
levels: { thresholds: [0, 25, 60] }
achievements:
  three: { points: 5, xp: 7, when: { metric: wins, atLeast: 3 } }
  second_level: { points: 2, when: { level: 2 } }
  by_hand: { points: 9, xp: 40, when: manual }
  follower: { points: 1, when: { achievement: by_hand } }
  steps: { tiers: [ { at: 2, points: 1 }, { at: 4, points: 3 } ], when: { metric: wins } }
`;

describe('decisions in a rebuild', () => {
  const wins = (count: number) => Array.from({ length: count }, (_, index) => event('win', START + index * HOUR));

  test('unlocks that no row has are dated at the event that completed the rule, with its points', () => {
    const log = wins(4).map((one) => ({ ...one, priced: { points: 10, xp: 10 } }));
    const { decided, state } = rebuild(catalogOf(RULES), { userId: 'u', test: false, facts: [] }, log, END);
    expect(
      decided.map(({ achievement, tier, unlockedAt, eventId, points }) => [
        achievement,
        tier,
        unlockedAt,
        eventId,
        points,
      ]),
    ).toEqual([
      ['steps', 1, START + HOUR, log[1]?.id, 1],
      ['three', 0, START + 2 * HOUR, log[2]?.id, 5],
      ['second_level', 0, START + 2 * HOUR, log[2]?.id, 2],
      ['steps', 2, START + 3 * HOUR, log[3]?.id, 3],
    ]);
    expect({ score: state.score, xp: state.xp, points: state.achievementPoints }).toEqual({
      score: 40,
      xp: 47,
      points: 11,
    });
  });

  test('a decision that was taken keeps what it gave then, though the definition gives more now', () => {
    const user = new MemoryUser(catalogOf(RULES));
    user.record(wins(3));
    const dearer = catalogOf(RULES.replace('three: { points: 5, xp: 7', 'three: { points: 500, xp: 700'));
    const { decided, state } = rebuild(dearer, input(user), user.log, END);
    expect(decided).toEqual([]);
    expect({ xp: state.xp, points: state.achievementPoints }).toEqual({
      xp: user.state.xp,
      points: user.state.achievementPoints,
    });
  });

  test('a grant comes at its moment: what follows from it is not dated before', () => {
    const user = new MemoryUser(catalogOf(RULES));
    const [first, second] = wins(2);
    if (first === undefined || second === undefined) throw new Error('two wins');
    user.record([first]);
    user.grant('by_hand', START + HOUR / 2);
    user.record([second]);
    const rebuilt = rebuild(user.catalog, input(user), user.log, END);
    expect(rebuilt.decided).toEqual([]);
    expect(told(rebuilt.state)).toEqual(told(user.state));
    const levelled = user.state.unlocks.get('second_level')?.[0];
    const forgotten = {
      ...input(user),
      facts: input(user).facts.filter(({ achievement }) => achievement !== 'second_level'),
    };
    expect(
      rebuild(user.catalog, forgotten, user.log, END).decided.map(({ achievement, unlockedAt }) => [
        achievement,
        unlockedAt,
      ]),
    ).toEqual([['second_level', levelled?.unlockedAt]]);
  });

  test('what was revoked is not decided again, and gives nothing', () => {
    const user = new MemoryUser(catalogOf(RULES));
    user.record(wins(3));
    user.revoke('three', START + DAY);
    const { decided, state } = rebuild(user.catalog, input(user), user.log, END);
    expect(decided).toEqual([]);
    expect(state.unlocks.get('three')?.every(({ revokedAt }) => revokedAt !== null)).toBe(true);
    expect(state.xp).toBe(user.state.xp);
  });

  test('what a rule gives beyond a grant is due: the next event that touches it decides', () => {
    const given = { period: '', eventId: null, points: 1, xp: 0, source: 'grant' as const, revokedAt: null };
    const facts = [{ ...given, achievement: 'steps', tier: 1, unlockedAt: START }];
    const log = wins(4).map((one) => ({ ...one, priced: { points: 10, xp: 10 } }));
    const { decided, state } = rebuild(catalogOf(RULES), { userId: 'u', test: false, facts }, log, END);
    expect(decided.filter(({ achievement }) => achievement === 'steps')).toEqual([]);
    expect(state.cells.get('achievements\u0000\u0000')?.state).toEqual({ due: ['steps'], off: ['steps'] });
  });

  test('what follows from a decision is judged in the zone the user had', () => {
    const rules = catalogOf(`
eventTypes: { win: { points: 10 } }
metrics: { today: { count: win, per: day, timezone: user } }
achievements:
  by_hand: { when: manual }
  both: { when: { all: [{ achievement: by_hand }, { metric: today, atLeast: 2 }] } }
`);
    const timezone = 'Asia/Tokyo';
    // 23:00 and 01:00 UTC: one day in Tokyo, two in UTC.
    const log = [START - HOUR, START + HOUR].map((at) =>
      event('win', at, null, { timezone, priced: { points: 10, xp: 10 } }),
    );
    const given = { tier: 0, period: '', eventId: null, points: 0, xp: 0, source: 'grant' as const, revokedAt: null };
    const facts = [{ ...given, achievement: 'by_hand', unlockedAt: START + 2 * HOUR }];
    const { decided } = rebuild(rules, { userId: 'u', test: false, facts }, log, END);
    expect(decided.map(({ achievement, unlockedAt }) => [achievement, unlockedAt])).toEqual([
      ['both', START + 2 * HOUR],
    ]);
  });
});
