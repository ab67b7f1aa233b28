import { describe, expect, test } from 'vitest';
import { diffCatalogs } from '../../src/engine/diff.ts';
import { explain, explainNeeds } from '../../src/engine/explain.ts';
import { curveThresholds, levelAt, levelProgress } from '../../src/engine/levels.ts';
import { answerFromMemory } from '../../src/engine/merge.ts';
import { metricsNeeds, metricsView } from '../../src/engine/metrics-view.ts';
import { scaleValue, unscale, valueText } from '../../src/engine/numbers.ts';
import { progressNeeds, progressOf } from '../../src/engine/progress.ts';
import { rank } from '../../src/engine/ranking.ts';
import { ruleText } from '../../src/engine/rule-text.ts';
import { emptyState } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, MemoryUser, START } from './support.ts';

const TEXT = `
eventTypes:
  login: { points: 5 }
  win: { points: 30 }
  lap: { details: { track: string, seconds: number, assists: boolean? } }
metrics:
  wins: { count: win }
  wins_week: { count: win, per: week }
  clean: { count: lap, where: { seconds: { below: 60 }, assists: false } }
  distance: { sum: details.seconds, of: lap, decimals: 1, unit: km }
  record: { min: details.seconds, of: lap, by: details.track, decimals: 2, unit: s }
  run: { run: win, brokenBy: login }
streaks: { daily: { of: [login] } }
achievements:
  leaf: { when: { metric: wins, atLeast: 4 } }
  tiered: { tiers: [{ at: 2, points: 1 }, { at: 8, points: 1 }], when: { metric: wins } }
  all: { when: { all: [{ metric: wins, atLeast: 4 }, { metric: clean, atLeast: 2 }] } }
  any: { when: { any: [{ metric: wins, atLeast: 4 }, { metric: clean, atLeast: 2 }] } }
  fast: { when: { metric: record, key: north, atMost: 50 } }
  five: { when: { metric: record, atMost: 60, keys: 2 } }
  streak: { when: { streak: daily, atLeast: 4 } }
  level: { when: { level: 4 } }
  hand: { when: manual }
  gated: { requires: [hand], startsAt: 2027-01-01T00:00:00Z, when: { metric: clean, atLeast: 2 } }
`;
const catalog = catalogOf(TEXT);
const reader = { timezone: null };

function user(): MemoryUser {
  const player = new MemoryUser(catalog);
  player.record([
    event('win', START),
    event('win', START + 1),
    event('win', START + 2),
    event('login', START + 3),
    event('lap', START + 4, { track: 'north', seconds: 55.5 }),
    event('lap', START + 5, { track: 'south', seconds: 65 }),
    event('lap', START + 6, { track: 'north', seconds: 58, assists: true }),
  ]);
  return player;
}

/** Reads what was asked for, once. */
function readOnce(player: MemoryUser, needs: ReturnType<typeof progressNeeds>) {
  const { score, achievementPoints, xp, lastActivityAt } = player.state;
  const blank = emptyState({ userId: 'u', test: false, score, achievementPoints, xp, lastActivityAt });
  const full = answerFromMemory(player.state, needs, player.log);
  return { ...blank, ...full };
}

describe('progress', () => {
  const player = user();
  const of = (key: string, now = START + 10) => {
    const state = readOnce(player, progressNeeds(catalog, [key], reader, now));
    const { progress, current, target, tier, tierCount } = progressOf(catalog, key, state, reader, now);
    return [progress, current, target, tier, tierCount];
  };

  test.each([
    ['leaf', [0.75, 3, 4, 0, 0]],
    ['tiered', [0.375, 3, 8, 1, 2]],
    ['all', [(0.75 + 0.5) / 2, null, null, 0, 0]],
    ['any', [0.75, null, null, 0, 0]],
    ['fast', [0, null, null, 0, 0]],
    ['five', [0, null, null, 0, 0]],
    ['streak', [0.25, 1, 4, 0, 0]],
    ['level', [0.25, 1, 4, 0, 0]],
    ['hand', [0, null, null, 0, 0]],
    ['nothing', [0, null, null, 0, 0]],
  ])('of %s', (key, wanted) => {
    expect(of(key)).toEqual(wanted);
  });

  test('a streak that ended begins anew', () => {
    expect(of('streak', START + 10 * DAY)).toEqual([0, 0, 4, 0, 0]);
  });

  test('what is held is 1', () => {
    const winner = user();
    winner.record([event('win', START + 20)]);
    const state = readOnce(winner, progressNeeds(catalog, ['leaf'], reader, START));
    expect(progressOf(catalog, 'leaf', state, reader, START)).toMatchObject({
      progress: 1,
      current: 4,
      target: 4,
      timesUnlocked: 1,
    });
  });
});

describe('metrics as a player reads them', () => {
  const player = user();
  const view = (keys: string[] | null, by: string | null, period: string | null) => {
    const query = { keys, by, period };
    const state = readOnce(player, metricsNeeds(catalog, query, reader, START));
    return metricsView(catalog, query, state, reader, START).map(({ key, period: at, value, valueText: text }) => [
      key,
      at,
      value,
      text,
    ]);
  };

  test('by key, by `by`, by period, with their unit', () => {
    expect(view(['distance', 'record'], null, null)).toEqual([
      ['distance', 'all', 178.5, '178.5 km'],
      ['record', 'all', 55.5, '55.50 s'],
    ]);
    expect(view(['record'], 'south', null)).toEqual([['record', 'all', 65, '65.00 s']]);
    expect(view(null, null, 'current')).toEqual([['wins_week', '2026-W01', 3, '3']]);
    expect(view(['wins_week'], null, '2025-W52')).toEqual([['wins_week', '2025-W52', 0, '0']]);
    expect(view(['record'], 'west', null)).toEqual([]);
  });

  test('all the named ones, the built-in too, and none that stand inside rules', () => {
    expect(view(null, null, null).map(([key]) => key)).toEqual([
      'wins',
      'wins_week',
      'clean',
      'distance',
      'record',
      'run',
      'score',
      'xp',
      'totalPoints',
      'achievements',
    ]);
  });

  test('a run shows the longest and the current one', () => {
    const state = readOnce(player, metricsNeeds(catalog, { keys: ['run'], by: null, period: null }, reader, START));
    expect(metricsView(catalog, { keys: ['run'], by: null, period: null }, state, reader, START)[0]).toMatchObject({
      value: 3,
      current: 0,
    });
  });
});

describe('explain', () => {
  const explained = (player: MemoryUser, key: string) => {
    const now = START + DAY;
    return explain(catalog, key, readOnce(player, explainNeeds(catalog, key, reader, now)), reader, now);
  };

  test('why not yet: each leaf with current and target, the gates, the last events', () => {
    const player = user();
    const [, , , , matching, , nearly] = player.log;
    expect(explained(player, 'gated')).toEqual({
      achievement: 'gated',
      state: 'locked',
      unlock: null,
      gates: [
        { kind: 'startsAt', what: '2027-01-01T00:00:00.000Z', isOpen: false },
        { kind: 'requires', what: 'hand', isOpen: false },
      ],
      rule: { kind: 'metric', text: 'clean >= 2', holds: false, current: 1, target: 2, of: [] },
      lastMatching: { eventId: matching?.id, type: 'lap', occurredAt: START + 4, refusedBy: null },
      lastNearly: { eventId: nearly?.id, type: 'lap', occurredAt: START + 6, refusedBy: 'assists: false' },
    });
  });

  test('why unlocked: the event that decided', () => {
    const player = user();
    const [deciding] = player.record([event('win', START + 20)]);
    expect(explained(player, 'leaf')).toMatchObject({
      state: 'unlocked',
      unlock: { eventId: deciding?.event.id, unlockedAt: START + 20 },
      rule: { holds: true, current: 4 },
    });
  });

  test('a tree, a best time, a block', () => {
    const player = user();
    player.record([event('win', START + 20)]);
    player.revoke('leaf', START + 30);
    expect(explained(player, 'leaf')).toMatchObject({ state: 'revoked', gates: [{ kind: 'blocked', isOpen: false }] });
    expect(explained(player, 'all')?.rule.of.map(({ text, holds }) => [text, holds])).toEqual([
      ['wins >= 4', true],
      ['clean >= 2', false],
    ]);
    expect(explained(player, 'fast')?.rule).toMatchObject({ text: 'record of north <= 50', current: 55.5, target: 50 });
    expect(explained(player, 'five')?.rule).toMatchObject({ current: 1, target: 2 });
    expect(explained(player, 'nothing')).toBeNull();
  });

  test('rules in words', () => {
    const inline = catalogOf(
      `${TEXT}  x: { when: { atLeast: 2, of: [{ level: 3 }, { not: { count: lap, where: "details.seconds < 60", atLeast: 1 } }, { any: [{ streak: daily, atLeast: 3 }, { achievement: leaf }] }] } }\n`,
    );
    const rule = inline.achievements.get('x')?.when;
    expect(rule && ruleText(inline, rule)).toBe(
      '2 of: level >= 3, not count lap where details.seconds < 60 >= 1, (streak daily >= 3 or achievement leaf)',
    );
  });
});

describe('a diff of two catalogs', () => {
  const changed = (from: string, to: string) => diffCatalogs(catalog, catalogOf(TEXT.replace(from, to)));

  test('the same text has none', () => {
    expect(diffCatalogs(catalog, catalogOf(TEXT))).toEqual({
      definitions: [],
      changesLevels: false,
      changesWindows: false,
      metricsToFill: [],
      achievementsToJudge: [],
    });
  });

  test('a rule that changed is to be judged; a text is not', () => {
    expect(
      changed('leaf: { when: { metric: wins, atLeast: 4 } }', 'leaf: { when: { metric: wins, atLeast: 5 } }'),
    ).toMatchObject({
      definitions: [{ section: 'achievements', key: 'leaf', kind: 'changed', fields: ['when'], changesRule: true }],
      metricsToFill: [],
      achievementsToJudge: ['leaf'],
    });
    expect(changed('hand: { when', 'hand: { points: 5, name: Hand, when')).toMatchObject({
      definitions: [{ key: 'hand', fields: ['points'], changesRule: false }],
      achievementsToJudge: [],
    });
  });

  test('a condition that changed makes the metric be filled anew', () => {
    expect(changed('below: 60', 'below: 61')).toMatchObject({
      definitions: [{ section: 'metrics', key: 'clean', fields: ['where'] }],
      metricsToFill: ['clean'],
    });
    expect(changed('unit: km', 'unit: mi').metricsToFill).toEqual([]);
  });

  test('added, archived, renamed, levels', () => {
    expect(changed('  level: {', '  level_4: {')).toMatchObject({
      definitions: [
        { key: 'level_4', kind: 'added', changesRule: true },
        { key: 'level', kind: 'archived' },
      ],
      changesLevels: false,
      changesWindows: false,
      achievementsToJudge: ['level_4'],
    });
    expect(changed('streaks:', 'levels: { base: 500 }\nstreaks:').changesLevels).toBe(true);
    expect(diffCatalogs(null, catalog).definitions.filter((one) => one.section === 'achievements').length).toBe(10);
    expect(
      changed(
        '  level: { when: { level: 4 } }',
        '  climber: { formerly: [level], when: { level: 4 } }',
      ).definitions.filter((one) => one.section === 'achievements'),
    ).toMatchObject([{ key: 'climber', kind: 'renamed', formerly: 'level' }]);
  });
});

describe('levels', () => {
  const thresholds = curveThresholds(1000, 1.5, 50) ?? [];

  test('the curve of the requirements, exactly', () => {
    expect([2, 3, 4, 5, 6, 10, 25, 50].map((level) => thresholds[level - 1])).toEqual([
      1000, 2500, 4750, 8125, 13_187, 74_883, 33_666_213, 850_161_998_263,
    ]);
  });

  test('a curve past 2^53 - 1 is none', () => {
    expect([
      curveThresholds(1000, 2, 44)?.length,
      curveThresholds(1000, 2, 45),
      curveThresholds(1, 100, 10_000),
    ]).toEqual([44, null, null]);
  });

  test.each([
    [0, 1, 0, 1000, 0],
    [999, 1, 999, 1, 0.999],
    [1000, 2, 0, 1500, 0],
    [1750, 2, 750, 750, 0.5],
    [850_161_998_262, 49, 283_387_333_427, 1, 283_387_333_427 / 283_387_333_428],
    [850_161_998_263, 50, 0, null, 1],
    [900_000_000_000, 50, 49_838_001_737, null, 1],
  ])('%d XP is level %d', (xp, level, xpIntoLevel, xpToNextLevel, progress) => {
    const levels = { thresholds, titles: new Map(), data: new Map() };
    expect(levelProgress(levels, xp)).toEqual({ level, xp, xpIntoLevel, xpToNextLevel, progress });
    expect(levelAt(levels, xp)).toBe(level);
  });
});

describe('numbers', () => {
  test.each([
    [1.005, 2, 101],
    [-1.005, 2, -101],
    [2.5, 0, 3],
    [-2.5, 0, -3],
    [0.1 + 0.2, 1, 3],
    [58.4999, 3, 58_500],
    [1e-9, 6, 0],
    [4_503_599_627_370.495, 2, 450_359_962_737_050],
    [9_007_199_254_740_991, 0, 9_007_199_254_740_991],
    [9_007_199_254_740_992, 0, null],
    [1e15, 3, null],
    [Number.NaN, 0, null],
    [-0, 0, 0],
  ])('%d with %d decimals is %d', (value, decimals, scaled) => {
    expect(scaleValue(value, decimals)).toBe(scaled);
  });

  test('and back', () => {
    expect([unscale(58_501, 3), valueText(58_500, 3, 's'), valueText(7, 0, null), valueText(-5, 1, 'km')]).toEqual([
      58.501,
      '58.500 s',
      '7',
      '-0.5 km',
    ]);
  });
});

test('ranks: distinct by who came first or last, or shared', () => {
  const standings = [
    { userId: 'a', value: 10, achievedAt: 3 },
    { userId: 'b', value: 20, achievedAt: 2 },
    { userId: 'c', value: 20, achievedAt: 1 },
    { userId: 'd', value: 5, achievedAt: 1 },
    { userId: 'e', value: 20, achievedAt: 1 },
  ];
  const by = (order: 'asc' | 'desc', ties: 'earliest' | 'latest' | 'shared') =>
    rank({ order, ties }, standings).map(({ rank: place, userId }) => `${place}${userId}`);
  expect(by('desc', 'earliest')).toEqual(['1c', '2e', '3b', '4a', '5d']);
  expect(by('desc', 'latest')).toEqual(['1b', '2c', '3e', '4a', '5d']);
  expect(by('asc', 'shared')).toEqual(['1d', '2a', '3c', '3e', '3b']);
});
