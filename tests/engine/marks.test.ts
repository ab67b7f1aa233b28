import { describe, expect, test } from 'vitest';
import { isClosed, notice, runCascade, startCascade } from '../../src/engine/cascade.ts';
import { Draft } from '../../src/engine/draft.ts';
import { emptyState, type Unlock } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, MemoryUser, START } from './support.ts';

const catalog = catalogOf(
  `
eventTypes: { win: {}, lap: { details: { seconds: number } } }
metrics:
  wins: { count: win }
  total: { sum: details.seconds, of: lap }
  best: { min: details.seconds, of: lap }
achievements:
  two: { when: { metric: wins, atLeast: 2 } }
  five: { when: { metric: wins, atLeast: 5 } }
  also: { when: { metric: wins, atLeast: 5 } }
  ten: { when: { metric: wins, atLeast: 10 } }
  any: { when: { metric: total, atLeast: 0 } }
  fifty: { when: { metric: best, atMost: 50 } }
  forty: { when: { metric: best, atMost: 40 } }
  gated: { startsAt: 2025-01-01, when: { metric: wins, atLeast: 2 } }
  steps: { tiers: [{ at: 1 }, { at: 2 }], when: manual }
`.replace('when: manual', 'when: { metric: total }'),
);

const blank = emptyState({ userId: 'u', test: false, score: 0, achievementPoints: 0, xp: 0, lastActivityAt: null });
const noticed = (name: string, before: number | null, after: number | null, isLate = false) => {
  const draft = new Draft(catalog, blank, START);
  const late = isLate ? event('win', START) : null;
  const cascade = startCascade(draft, { at: START, zone: null }, null, late);
  notice(cascade, name, before, after);
  const keys = (rules: Cascade['waiting']) => [...rules.values()].map(({ key }) => key);
  return { waiting: keys(cascade.waiting), again: keys(cascade.again) };
};
type Cascade = ReturnType<typeof startCascade>;

describe('a rule that only rises is judged when its value passes its mark', () => {
  test.each([
    [null, 1, []],
    [null, 2, ['two']],
    [0, 5, ['two', 'five', 'also']],
    [2, 4, []],
    [2, 5, ['five', 'also']],
    [5, 5, []],
    [5, 2, []],
    [9, 11, ['ten']],
    [null, null, []],
  ])('from %j to %j wins', (before, after, keys) => {
    expect(noticed('wins', before, after)).toEqual({ waiting: ['gated', ...keys], again: [] });
  });

  test.each([
    [null, 0, ['any']],
    [null, -1, []],
    [-1, 0, ['any']],
    [0, 1, ['steps']],
    [null, null, []],
    [-5, null, []],
  ])('at nothing as well: from %j to %j in all', (before, after, keys) => {
    expect(noticed('total', before, after).waiting).toEqual(keys);
  });

  test('and one that only falls when its value comes down to it', () => {
    const steps: [number | null, number | null][] = [
      [null, 60],
      [null, 50],
      [null, 30],
      [60, 50],
      [60, 45],
      [50, 45],
      [50, 40],
      [45, 45],
      [30, 60],
      [60, null],
    ];
    expect(steps.map(([before, after]) => noticed('best', before, after).waiting)).toEqual([
      [],
      ['fifty'],
      ['forty', 'fifty'],
      ['fifty'],
      ['fifty'],
      [],
      ['forty'],
      [],
      [],
      [],
    ]);
  });

  test('while one that looks at time is judged at every touch, and over the past where an event comes late', () => {
    expect(noticed('wins', 7, 7, true)).toEqual({ waiting: ['gated'], again: ['gated'] });
    expect(noticed('nothing', 0, 9, true)).toEqual({ waiting: [], again: [] });
  });
});

test('a cascade leaves nothing waiting behind it', () => {
  const draft = new Draft(catalog, { ...blank, unlocks: new Map([['gated', []]]) }, START);
  const cascade = startCascade(draft, { at: START, zone: null }, null, event('win', START));
  notice(cascade, 'wins', 0, 5);
  runCascade(cascade);
  expect([draft.waiting.size, draft.again.size]).toEqual([0, 0]);
});

describe('nothing is left to unlock', () => {
  const row = (more: Partial<Unlock>): Unlock => ({
    achievement: 'two',
    tier: 0,
    period: '',
    unlockedAt: START,
    eventId: null,
    points: 0,
    xp: 0,
    source: 'rule',
    revokedAt: null,
    ...more,
  });
  const closed = (key: string, rows: Partial<Unlock>[], period = '') => {
    const achievement = catalog.achievements.get(key);
    return achievement && isClosed(achievement, rows.map(row), period);
  };

  test('of what is held in the period, by rule or by hand', () => {
    expect([
      closed('two', []),
      closed('two', [{}]),
      closed('two', [{ source: 'grant' }]),
      closed('two', [{ period: '2026-W01' }]),
      closed('two', [{ period: '2026-W01' }], '2026-W01'),
    ]).toEqual([false, true, true, false, true]);
  });

  test('of what was taken from its rule, but not of a grant that was taken', () => {
    expect([
      closed('two', [{ revokedAt: START }]),
      closed('two', [{ source: 'grant', revokedAt: START }]),
      closed('two', [{ revokedAt: START, period: 'x' }]),
    ]).toEqual([true, false, true]);
  });

  test('of tiers that are all held', () => {
    expect([closed('steps', [{ tier: 1 }]), closed('steps', [{ tier: 1 }, { tier: 2 }])]).toEqual([false, true]);
  });
});

describe('a rule whose gate opened by the clock waits for an event that touches what it looks at', () => {
  const TEXT = `
eventTypes: { win: { points: 30, xp: 30 }, look: {} }
levels: { thresholds: [0, 30, 1000] }
`;
  const gate = 'startsAt: 2026-01-02T00:00:00Z';
  test.each([
    ['points', '{ points: 30 }', 'xp: 1', 30],
    ['XP', '{ metric: xp, atLeast: 30 }', 'points: 1', 30],
    ['the level', '{ level: 2 }', 'xp: 1, points: 1', 1000],
  ])('%s, which an unlock leaves as they were', (_name, when, gain, more) => {
    const user = new MemoryUser(
      catalogOf(`${TEXT}achievements:
  looked: { ${gain}, when: { count: look, atLeast: 1 } }
  gated: { ${gate}, when: ${when} }
`),
    );
    user.record([event('win', START)]);
    user.record([event('look', START + 2 * DAY)]);
    expect(user.held()).toEqual(['looked']);
    // Nor does one more XP reach a level.
    if (more === 1000) user.record([event('win', START + 2.5 * DAY, null, { priced: { points: 1, xp: 1 } })]);
    expect(user.held()).toEqual(['looked']);
    user.record([event('win', START + 3 * DAY, null, { priced: { points: more, xp: more } })]);
    expect(user.held()).toEqual(['gated', 'looked']);
  });

  test('the number of achievements, which one more tier leaves as it was', () => {
    const user = new MemoryUser(
      catalogOf(`${TEXT}achievements:
  looked: { tiers: [{ at: 1, points: 1 }, { at: 2, points: 1 }], when: { count: look } }
  gated: { ${gate}, when: { metric: achievements, atLeast: 1 } }
`),
    );
    user.record([event('look', START)]);
    user.record([event('look', START + 2 * DAY)]);
    expect([user.held(), user.state.achievementPoints]).toEqual([['looked'], 2]);
  });
});

describe('the order of judging', () => {
  test('is that of the catalog, then again: a rule that raises its own value waits for the next pass', () => {
    const user = new MemoryUser(
      catalogOf(`
eventTypes: { win: { points: 0, xp: 100 } }
achievements:
  climb: { tiers: [{ at: 100, xp: 100 }, { at: 200 }], when: { metric: xp } }
  rich: { when: { metric: xp, atLeast: 150 } }
`),
    );
    const [outcome] = user.record([event('win', START)]);
    expect(
      outcome?.kind === 'recorded' && outcome.unlocked.map(({ achievement, tier }) => [achievement, tier]),
    ).toEqual([
      ['climb', 1],
      ['rich', 0],
      ['climb', 2],
    ]);
  });
});

describe('a rule that repeats in a season', () => {
  test('is given once in each, and not between them', () => {
    const user = new MemoryUser(
      catalogOf(`
eventTypes: { win: {} }
metrics: { wins: { count: win } }
seasons: { s1: { startsAt: 2026-01-02, endsAt: 2026-01-03 }, s2: { startsAt: 2026-01-05, endsAt: 2026-01-06 } }
achievements: { again: { repeat: season, when: { metric: wins, atLeast: 1 } } }
`),
    );
    for (const day of [0, 1, 1.5, 3, 4, 9]) user.record([event('win', START + day * DAY)]);
    expect(user.state.unlocks.get('again')?.map(({ period, unlockedAt }) => [period, unlockedAt - START])).toEqual([
      ['s1', DAY],
      ['s2', 4 * DAY],
    ]);
  });
});

describe('a late event', () => {
  test('gives of tiers behind a gate those that were missing, and gives nothing twice', () => {
    const user = new MemoryUser(
      catalogOf(`
eventTypes: { win: {} }
achievements:
  climb: { endsAt: 2026-01-09T00:00:00Z, tiers: [{ at: 1, points: 1 }, { at: 3, points: 5 }], when: { count: win } }
`),
    );
    user.record([event('win', START + DAY), event('win', START + 2 * DAY), event('win', START + 20 * DAY)]);
    expect(user.state.achievementPoints).toBe(1);
    const [outcome] = user.record([event('win', START)], START + 20 * DAY);
    expect(outcome?.kind === 'recorded' && outcome.unlocked).toMatchObject([{ tier: 2, unlockedAt: START + 2 * DAY }]);
    expect(user.state.achievementPoints).toBe(6);
  });

  test('reads no log for a rule that is held', () => {
    const user = new MemoryUser(
      catalogOf(`
eventTypes: { win: {} }
achievements: { early: { endsAt: 2026-01-09T00:00:00Z, when: { count: win, atLeast: 1 } } }
`),
    );
    user.record([event('win', START + DAY)]);
    user.record([event('win', START)], START + DAY);
    expect([user.held(), user.rounds]).toEqual([['early'], 1]);
  });
});
