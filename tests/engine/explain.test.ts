import { describe, expect, test } from 'vitest';
import { explain, explainNeeds } from '../../src/engine/explain.ts';
import { answerFromMemory } from '../../src/engine/merge.ts';
import { cellKey, emptyState, historyKey, type UserState, wholeKey } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, HOUR, MemoryUser, START } from './support.ts';

const catalog = catalogOf(`
eventTypes:
  login: { points: 5 }
  win: { points: 10 }
  lap: { details: { track: string, seconds: number } }
seasons: { s1: { startsAt: 2026-02-01, endsAt: 2026-03-01 } }
metrics:
  wins: { count: win }
  quick: { count: lap, where: "details.seconds < 60" }
  record: { min: details.seconds, of: lap, by: details.track, decimals: 2 }
  last: { latest: details.seconds, of: lap, decimals: 1 }
streaks: { daily: { of: [login] } }
levels: { thresholds: [0, 15, 100] }
achievements:
  two: { when: { metric: wins, atLeast: 2 } }
  next: { requires: [two, hand], when: { metric: wins, atLeast: 3 } }
  hand: { when: manual }
  timed: { startsAt: 2026-01-10T00:00:00Z, endsAt: 2026-01-20T00:00:00Z, when: { metric: wins, atLeast: 9 } }
  winter: { season: s1, when: { metric: wins, atLeast: 9 } }
  draft: { status: draft, when: { metric: wins, atLeast: 9 } }
  locked: { status: locked, when: { metric: wins, atLeast: 9 } }
  steps: { tiers: [{ at: 1 }, { at: 2 }, { at: 9 }], when: { metric: wins } }
  weekly: { repeat: week, when: { count: win, per: week, atLeast: 1 } }
  quick: { when: { metric: quick, atLeast: 9 } }
  fast: { when: { metric: record, key: north, atMost: 58.5 } }
  slow: { when: { metric: last, above: 90 } }
  tracks: { when: { metric: record, atMost: 60, keys: 3 } }
  climb: { when: { level: 3 } }
  days: { when: { streak: daily, atLeast: 4 } }
  after: { when: { achievement: hand } }
  tree:
    when:
      all:
        - any: [{ metric: wins, atLeast: 9 }, { metric: quick, atLeast: 9 }]
        - { atLeast: 1, of: [{ achievement: hand }, { metric: wins, atLeast: 1 }] }
        - not: { metric: wins, atLeast: 3 }
`);
const at = (text: string): number => Date.parse(`2026-${text}Z`);

/** What an explanation says of a user, out of a state that holds only what was asked for. */
function explained(user: MemoryUser, key: string, now: number) {
  const reader = { timezone: null };
  const needs = explainNeeds(catalog, key, reader, now);
  const all = answerFromMemory(user.state, needs, user.log);
  const only = <T>(map: ReadonlyMap<string, T>, keys: readonly string[]): Map<string, T> =>
    new Map([...map].filter(([name]) => keys.includes(name)));
  const whole = needs.whole.map(({ metric, period }) => wholeKey(metric, period));
  const cells = [...all.cells].filter(([name]) => {
    const [metric = '', , period = ''] = name.split('\u0000');
    return whole.includes(wholeKey(metric, period)) || needs.cells.some((ref) => cellKey(ref) === name);
  });
  const { test: isTest, score, achievementPoints, xp, lastActivityAt } = user.state;
  const state: UserState = {
    ...emptyState({ userId: 'u', test: isTest, score, achievementPoints, xp, lastActivityAt }),
    cells: new Map(cells),
    whole: only(all.whole, whole),
    unlocks: only(all.unlocks, needs.achievements),
    streakDays: only(all.streakDays, needs.streaks),
    history: only(all.history, needs.history.map(historyKey)),
  };
  return explain(catalog, key, state, reader, now);
}

const gates = (user: MemoryUser, key: string, now: number) =>
  explained(user, key, now)?.gates.map(({ kind, what, isOpen }) => `${kind} ${what} ${isOpen}`);

describe('gates', () => {
  const nobody = new MemoryUser(catalog);

  test('an ordinary rule has none', () => {
    expect(gates(nobody, 'two', START)).toEqual([]);
  });

  test.each([
    ['01-09T23:59:59.999', false, true],
    ['01-10T00:00', true, true],
    ['01-19T23:59:59.999', true, true],
    ['01-20T00:00', true, false],
  ])('of time, at %s', (now, started, lasting) => {
    expect(gates(nobody, 'timed', at(now))).toEqual([
      `startsAt 2026-01-10T00:00:00.000Z ${started}`,
      `endsAt 2026-01-20T00:00:00.000Z ${lasting}`,
    ]);
  });

  test.each([
    ['01-31T23:59:59.999', false],
    ['02-01T00:00', true],
    ['02-28T23:59:59.999', true],
    ['03-01T00:00', false],
  ])('of a season, at %s', (now, isOpen) => {
    expect(gates(nobody, 'winter', at(now))).toEqual([`season s1 ${isOpen}`]);
  });

  test('of a draft opens for test users, of a locked one for nobody', () => {
    const tester = new MemoryUser(catalog, true);
    expect([gates(nobody, 'draft', START), gates(tester, 'draft', START)]).toEqual([
      ['status draft false'],
      ['status draft true'],
    ]);
    expect([gates(nobody, 'locked', START), gates(tester, 'locked', START)]).toEqual([
      ['status locked false'],
      ['status locked false'],
    ]);
  });

  test('of what is required opens while it is held', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START), event('win', START + 1)]);
    expect(gates(user, 'next', START + 2)).toEqual(['requires two true', 'requires hand false']);
    user.revoke('two', START + 3);
    expect(gates(user, 'next', START + 4)).toEqual(['requires two false', 'requires hand false']);
  });

  test('a revoked rule is blocked, a revoked grant is not', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START), event('win', START + 1)]);
    expect(gates(user, 'two', START + 2)).toEqual([]);
    user.revoke('two', START + 3);
    user.grant('hand', START + 4);
    user.revoke('hand', START + 5);
    expect([gates(user, 'two', START + 6), gates(user, 'hand', START + 6)]).toEqual([['blocked two false'], []]);
    expect([explained(user, 'two', START + 6)?.state, explained(user, 'hand', START + 6)?.state]).toEqual([
      'revoked',
      'revoked',
    ]);
    expect(explained(user, 'two', START + 6)?.unlock).toBeNull();
  });
});

describe('the unlock that is told', () => {
  test('of tiers passed by one event is the highest', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START)]);
    user.record([event('win', START + 1)]);
    expect(explained(user, 'steps', START + 2)).toMatchObject({ state: 'unlocked', unlock: { tier: 2 } });
    const granted = new MemoryUser(catalog);
    granted.grant('steps', START, 3);
    expect(explained(granted, 'steps', START + 2)?.unlock).toMatchObject({ tier: 3, source: 'grant' });
  });

  test('of a repeatable one is the newest by its moment, whenever it was decided', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START + 14 * DAY)]);
    user.record([event('win', START)], START + 14 * DAY);
    expect(user.state.unlocks.get('weekly')?.map((row) => row.period)).toEqual(['2026-W03', '2026-W01']);
    expect(explained(user, 'weekly', START + 15 * DAY)?.unlock).toMatchObject({ period: '2026-W03' });
  });

  test('is none of those taken away', () => {
    const user = new MemoryUser(catalog);
    expect(explained(user, 'two', START)).toMatchObject({ state: 'locked', unlock: null });
  });
});

describe('the rule as it stands', () => {
  const user = new MemoryUser(catalog);
  user.record([
    event('win', START),
    event('win', START + HOUR),
    event('login', START + 2 * HOUR),
    event('lap', START + 3 * HOUR, { track: 'north', seconds: 59.25 }),
    event('lap', START + 4 * HOUR, { track: 'south', seconds: 61.5 }),
  ]);
  const rule = (key: string, player = user) => {
    const view = explained(player, key, START + DAY)?.rule;
    return [view?.kind, view?.text, view?.holds, view?.current, view?.target];
  };

  test.each([
    ['two', ['metric', 'wins >= 2', true, 2, 2]],
    ['steps', ['metric', 'wins >= 1', true, 2, 1]],
    ['fast', ['metric', 'record of north <= 58.5', false, 59.25, 58.5]],
    ['slow', ['metric', 'last >= 90.1', false, 61.5, 90.1]],
    ['tracks', ['metric', 'record <= 60 in 3 keys', false, 1, 3]],
    ['climb', ['level', 'level >= 3', false, 2, 3]],
    ['days', ['streak', 'streak daily >= 4', false, 1, 4]],
    ['after', ['achievement', 'achievement hand', false, null, null]],
    ['hand', ['manual', 'given by hand', false, null, null]],
  ])('%s', (key, wanted) => {
    expect(rule(key)).toEqual(wanted);
  });

  test('without any value there is nothing to compare', () => {
    const nobody = new MemoryUser(catalog);
    expect(rule('fast', nobody)).toEqual(['metric', 'record of north <= 58.5', false, null, 58.5]);
    expect(rule('tracks', nobody)).toEqual(['metric', 'record <= 60 in 3 keys', false, 0, 3]);
  });

  test('a tree, branch by branch', () => {
    type View = NonNullable<ReturnType<typeof explained>>['rule'];
    const lines = (view: View, depth = 0): string[] => [
      `${' '.repeat(depth)}${view.kind} ${view.holds} ${view.current} ${view.target}`,
      ...view.of.flatMap((child) => lines(child, depth + 1)),
    ];
    const tree = explained(user, 'tree', START + DAY);
    expect(tree && lines(tree.rule)).toEqual([
      'all false null null',
      ' any false null null',
      '  metric false 2 9',
      '  metric false 1 9',
      ' atLeast true null null',
      '  achievement false null null',
      '  metric true 2 1',
      ' not true null null',
      '  metric false 2 3',
    ]);
  });
});

describe('the last events', () => {
  const user = new MemoryUser(catalog);
  const laps = [50, 70, 55, 80].map((seconds, index) => event('lap', START + index, { track: 'north', seconds }));
  user.record([...laps, event('win', START + 9)]);

  test('are the newest that counted and the newest that was refused, with the condition', () => {
    expect(explained(user, 'quick', START + DAY)).toMatchObject({
      lastMatching: { eventId: laps[2]?.id, type: 'lap', occurredAt: START + 2, refusedBy: null },
      lastNearly: { eventId: laps[3]?.id, type: 'lap', occurredAt: START + 3, refusedBy: 'details.seconds < 60' },
    });
  });

  test('belong to the metrics of the rule', () => {
    expect(explained(user, 'two', START + DAY)).toMatchObject({
      lastMatching: { type: 'win', occurredAt: START + 9 },
      lastNearly: null,
    });
    expect(explained(user, 'tree', START + DAY)).toMatchObject({
      lastMatching: { type: 'win', occurredAt: START + 9 },
      lastNearly: { type: 'lap', occurredAt: START + 3 },
    });
  });

  test('are none where the rule reads no event', () => {
    expect(explained(user, 'after', START + DAY)).toMatchObject({ lastMatching: null, lastNearly: null });
    expect(explainNeeds(catalog, 'after', { timezone: null }, START).history).toEqual([]);
    expect(explainNeeds(catalog, 'nothing', { timezone: null }, START).history).toEqual([]);
  });

  test('are looked for in ninety days, each type once, in order', () => {
    const [asked] = explainNeeds(catalog, 'tree', { timezone: null }, START + HOUR).history;
    expect(asked).toEqual({ types: ['lap', 'win'], from: START - 89 * DAY, to: START + DAY, newest: 1000 });
  });
});
