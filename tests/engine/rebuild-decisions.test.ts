import { describe, expect, test } from 'vitest';
import { copyOf } from '../../src/engine/merge.ts';
import { Rebuild, rebuild } from '../../src/engine/rebuild.ts';
import type { Unlock } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, HOUR, MemoryUser, SECOND, START } from './support.ts';

const END = START + 100 * DAY;
const priced = { points: 10, xp: 10 };
const win = (at: number, timezone: string | null = null) => event('win', START + at, null, { timezone, priced });
const row = (achievement: string, at: number, more: Partial<Unlock> = {}): Unlock => ({
  achievement,
  tier: 0,
  period: '',
  unlockedAt: START + at,
  eventId: null,
  points: 0,
  xp: 0,
  source: 'grant',
  revokedAt: null,
  ...more,
});
const given = (rows: readonly Unlock[]) =>
  rows.map(({ achievement, tier, unlockedAt }) => [achievement, tier, unlockedAt - START]);

describe('a rolling window in a rebuild', () => {
  const catalog = catalogOf(`
eventTypes: { win: { points: 10 } }
metrics: { burst: { count: win, within: 1d }, wins: { count: win } }
achievements: { many: { when: { metric: burst, atLeast: 504 } } }
`);

  test('with more events than are kept is counted in those fed before', () => {
    const log = Array.from({ length: 504 }, (_, index) => win(index * SECOND));
    const parts = new Rebuild(catalog, { userId: 'u', test: false, facts: [] }, END);
    parts.take(log.slice(0, 502));
    parts.take(log.slice(502));
    expect(given(parts.finish().decided)).toEqual([['many', 0, 503 * SECOND]]);
  });
});

describe('decisions in a rebuild', () => {
  const rules = catalogOf(`
eventTypes: { win: { points: 10, xp: 10 } }
metrics: { wins: { count: win }, today: { count: win, per: day, timezone: user } }
levels: { thresholds: [0, 100] }
achievements:
  hand: { xp: 100, when: manual }
  other: { when: manual }
  steps: { tiers: [{ at: 1, points: 1 }, { at: 2, points: 2 }], when: { metric: wins } }
  level: { when: { level: 2 } }
  both: { when: { all: [{ achievement: other }, { metric: today, atLeast: 2 }] } }
`);
  const rebuilt = (facts: readonly Unlock[], ...log: ReturnType<typeof win>[]) =>
    rebuild(rules, { userId: 'u', test: false, facts }, log, END);

  test('come in the order of their moments and tiers, however they are given', () => {
    const first = win(5);
    const by = { source: 'rule', eventId: first.id } as const;
    const facts = [
      row('hand', 9, { xp: 100 }),
      row('steps', 5, { tier: 2, ...by }),
      row('steps', 5, { tier: 1, ...by }),
      row('other', 1),
    ];
    const { state, decided } = rebuilt(facts, first, win(6));
    expect(given(state.unlocks.get('steps') ?? [])).toEqual([
      ['steps', 1, 5],
      ['steps', 2, 5],
    ]);
    expect(given(decided)).toEqual([
      ['both', 0, 6],
      ['level', 0, 9],
    ]);
  });

  test('of an event come right after it, among events of one instant too', () => {
    const [first, second, third] = [win(5), win(5), win(5)];
    const facts = [row('hand', 5, { xp: 75, source: 'rule', eventId: second.id })];
    const { decided } = rebuilt(facts, first, second, third);
    expect(decided.map(({ achievement, eventId }) => [achievement, eventId])).toEqual([
      ['steps', first.id],
      ['steps', second.id],
      ['level', third.id],
    ]);
    const later = rebuilt([row('hand', 5, { xp: 75 })], first, second, third, win(6));
    expect(later.decided.map(({ achievement, eventId }) => [achievement, eventId])).toContainEqual(['level', null]);
  });

  test('are judged in the zone of the newest event before them', () => {
    const both = (...log: ReturnType<typeof win>[]) =>
      given(rebuilt([row('other', 17 * HOUR)], ...log).decided.filter(({ achievement }) => achievement === 'both'));
    const tokyo = [15.5, 16].map((hour) => win(hour * HOUR, 'Asia/Tokyo'));
    expect(both(...tokyo)).toEqual([['both', 0, 17 * HOUR]]);
    expect(both(win(0, 'Asia/Tokyo'), win(15.5 * HOUR), win(16 * HOUR))).toEqual([['both', 0, 17 * HOUR]]);
    // The newest event was in UTC, where today has one win.
    expect(both(...tokyo, win(16.5 * HOUR))).toEqual([]);
    expect(both(...tokyo, win(18 * HOUR))).toEqual([['both', 0, 17 * HOUR]]);
  });

  test('by hand decide nothing that held only at no event', () => {
    const log = [win(0), win(DAY)];
    const { decided, state } = rebuilt([row('other', HOUR)], ...log);
    expect(given(decided)).toEqual([
      ['steps', 1, 0],
      ['steps', 2, DAY],
    ]);
    expect(state.cells.get('achievements\u0000\u0000')?.state).toEqual({ off: ['other'] });
  });

  test('leave a ledger of their own kind alone: what they gave is in the sums once', () => {
    const { state, eventXp } = rebuilt([row('hand', 9, { points: 3, xp: 100 })], win(5), win(20));
    expect([state.score, state.achievementPoints, state.xp, eventXp]).toEqual([20, 6, 120, 20]);
  });
});

describe('what is judged anew', () => {
  const rules = catalogOf(`
eventTypes: { win: { points: 10 } }
metrics: { wins: { count: win } }
achievements:
  one: { points: 5, when: { metric: wins, atLeast: 1 } }
  nine: { points: 5, when: { metric: wins, atLeast: 9 } }
  none: { points: 5, retroactive: none, when: { metric: wins, atLeast: 1 } }
`);
  const anew = (facts: readonly Unlock[], ...keys: string[]) =>
    rebuild(rules, { userId: 'u', test: false, facts, anew: new Set(keys) }, [win(0), win(1)], END);

  test('keeps grants, forgets what was taken, and tells what the rules do not give', () => {
    const facts = [
      row('nine', 5, { points: 7 }),
      row('one', 5, { points: 7, source: 'rule' }),
      row('none', 5, { points: 7, revokedAt: START + 9 }),
    ];
    const { state, decided, unearned } = anew(facts, 'one', 'nine', 'none');
    expect([given(decided), given(unearned), state.achievementPoints]).toEqual([[['none', 0, 0]], [], 19]);
    const byRule = anew([row('nine', 5, { source: 'rule' })], 'nine');
    expect([given(byRule.decided), given(byRule.unearned)]).toEqual([[['one', 0, 0]], [['nine', 0, 5]]]);
  });

  test('is not held back by retroactive: none, which else leaves it to an event to come', () => {
    const { state, decided } = anew([]);
    expect(given(decided)).toEqual([['one', 0, 0]]);
    expect(state.cells.get('achievements\u0000\u0000')?.state).toEqual({ due: ['none'] });
  });
});

test('a rebuild of nothing is nothing', () => {
  const catalog = catalogOf('eventTypes: { win: {} }\n');
  const { state, ...rest } = rebuild(catalog, { userId: 'u', test: false, facts: [] }, [], END);
  const user = new MemoryUser(catalog);
  expect(rest).toEqual({ eventXp: 0, decided: [], unearned: [] });
  expect(copyOf(state)).toEqual(user.state);
});
