import { describe, expect, test } from 'vitest';
import { diffCatalogs } from '../../src/engine/diff.ts';
import { catalogOf } from './support.ts';

const TEXT = `
eventTypes:
  win: { points: 10 }
  lap: { points: "details.seconds", details: { track: string, seconds: number } }
seasons: { s1: { startsAt: 2026-02-01, endsAt: 2026-03-01 } }
metrics:
  wins: { count: win }
  quick: { count: lap, where: { seconds: { below: 60 } } }
  short: { count: lap, where: "details.seconds < 60" }
streaks: { daily: { of: [win] } }
categories: { start: { name: Start } }
levels: { thresholds: [0, 100], titles: { 1: Rookie } }
achievements:
  leaf: { points: 5, when: { metric: wins, atLeast: 4 } }
  low: { when: { metric: quick, atMost: 4 } }
  rare: { rarity: rare, when: { metric: wins, atLeast: 9 } }
  rares: { when: { achievements: { rarity: rare }, atLeast: 1 } }
  winter: { season: s1, when: { metric: wins, atLeast: 1 } }
leaderboards: { board: { metric: wins } }
`;
const before = catalogOf(TEXT);

function change(from: string, to: string) {
  expect(TEXT).toContain(from);
  const { definitions, ...rest } = diffCatalogs(before, catalogOf(TEXT.replace(from, to)));
  const told = definitions.map(
    ({ section, key, kind, formerly, fields, changesRule }) =>
      `${section} ${key} ${kind}${formerly === null ? '' : ` from ${formerly}`} [${fields.join(' ')}]${changesRule ? ' rule' : ''}`,
  );
  return { told, ...rest };
}

const NOTHING = { told: [], changesLevels: false, changesWindows: false, metricsToFill: [], achievementsToJudge: [] };

describe('a definition that changed names the fields that differ', () => {
  test.each([
    ['  win: { points: 10 }', '  win: { points: 11 }', 'eventTypes win changed [pointsText xpText points]'],
    ['details.seconds"', 'details.seconds * 2.0"', 'eventTypes lap changed [pointsText xpText points]'],
    ['seconds: number }', 'seconds: number, best: boolean? }', 'eventTypes lap changed [detailsSchema fields]'],
    ['{ startsAt', '{ name: Winter, startsAt', 'seasons s1 changed [name]'],
    ['of: [win] }', 'of: [win, lap] }', 'streaks daily changed [of]'],
    ['{ name: Start }', '{ name: Begin }', 'categories start changed [name]'],
    ['{ metric: wins } }', '{ metric: wins, order: asc } }', 'leaderboards board changed [order]'],
  ])('%s -> %s', (from, to, told) => {
    expect(change(from, to)).toEqual({ ...NOTHING, told: [told] });
  });
});

describe('windows of limits and velocities', () => {
  const windows = (from: string, to: string) => {
    const of = (more: string) => catalogOf(`eventTypes: { win: { points: 1 }, lap: { ${more} } }\n`);
    return diffCatalogs(of(from), of(to)).changesWindows;
  };

  test.each([
    ['points: 1', 'points: 1, limit: { per: day, count: 9 }', true],
    ['velocity: { per: day, count: 9 }', 'points: 1', true],
    ['velocity: { per: day, count: 9 }', 'limit: { per: day, count: 9 }', true],
    ['velocity: { per: day, count: 9 }', 'velocity: { per: hour, count: 9 }', true],
    ['velocity: { per: day, count: 9 }', 'velocity: { per: day, count: 8 }, onDoubt: quarantine', false],
    ['limit: { per: day, count: 9 }', 'limit: { per: day, count: 8 }, trust: high', false],
  ])('%s -> %s', (from, to, expected) => {
    expect(windows(from, to)).toBe(expected);
  });
});

describe('an achievement', () => {
  test('whose points and rule both changed is judged again', () => {
    expect(
      change(
        'leaf: { points: 5, when: { metric: wins, atLeast: 4',
        'leaf: { points: 6, when: { metric: wins, atLeast: 5',
      ),
    ).toEqual({
      ...NOTHING,
      told: ['achievements leaf changed [points when] rule'],
      achievementsToJudge: ['leaf'],
    });
  });

  test('that wants little instead of much is another rule', () => {
    expect(change('quick, atMost: 4', 'quick, atLeast: 4')).toEqual({
      ...NOTHING,
      told: ['achievements low changed [when] rule'],
      achievementsToJudge: ['low'],
    });
  });

  test('that moves in the file, or is counted by another, is the same', () => {
    const moved = TEXT.replace('  leaf: { points: 5, when: { metric: wins, atLeast: 4 } }\n', '').replace(
      'leaderboards:',
      '  leaf: { points: 5, when: { metric: wins, atLeast: 4 } }\nleaderboards:',
    );
    expect(diffCatalogs(before, catalogOf(moved)).definitions).toEqual([]);
    expect(change('leaderboards:', '  more: { rarity: rare, when: manual }\nleaderboards:')).toEqual({
      ...NOTHING,
      told: ['achievements more added [] rule'],
      achievementsToJudge: ['more'],
    });
  });

  test('that is gone is archived and not judged; anything else that is gone is removed', () => {
    expect(change('  rare: { rarity: rare, when: { metric: wins, atLeast: 9 } }\n', '')).toEqual({
      ...NOTHING,
      told: ['achievements rare archived [] rule'],
    });
    expect(change('leaderboards: { board: { metric: wins } }', '')).toEqual({
      ...NOTHING,
      told: ['leaderboards board removed [] rule'],
    });
    expect(change('categories: { start: { name: Start } }', '')).toEqual({
      ...NOTHING,
      told: ['categories start removed [] rule'],
    });
  });

  test('that says its former name is renamed, if that one is gone', () => {
    expect(change('  leaf: { points: 5,', '  leave: { name: Leaf, formerly: [other, leaf], points: 5,')).toEqual({
      ...NOTHING,
      told: ['achievements leave renamed from leaf []'],
    });
    expect(change('  leaf: { points: 5,', '  leave: { name: Leaf, formerly: leaf, points: 6,')).toEqual({
      ...NOTHING,
      told: ['achievements leave renamed from leaf [points]'],
    });
    expect(change('  rare: {', '  leave: { formerly: leaf, when: manual }\n  rare: {').told).toEqual([
      'achievements leave added [] rule',
    ]);
  });

  test('whose former name is added to it has not changed', () => {
    expect(change('  leaf: {', '  leaf: { formerly: old,')).toEqual(NOTHING);
  });
});

describe('metrics to be filled from the log', () => {
  test('are those that count otherwise, those of rules and seasons with them', () => {
    expect(change('below: 60', 'below: 61').metricsToFill).toEqual(['quick']);
    expect(change('details.seconds < 60', 'details.seconds < 61').metricsToFill).toEqual(['short']);
    expect(change('wins: { count: win }', 'wins: { count: [win, lap] }').metricsToFill).toEqual(['wins', 'wins@s1']);
    const inline = change('quick, atMost: 4', 'quick, atMost: 4 } }\n  more: { when: { count: lap, atLeast: 1');
    expect(inline.metricsToFill).toEqual([expect.stringMatching(/^~/)]);
    expect(inline.told).toEqual(['achievements more added [] rule']);
  });

  test('are not those that only read otherwise', () => {
    const { told, metricsToFill } = change('wins: { count: win }', 'wins: { count: win, name: Victories, unit: x }');
    expect([told, metricsToFill]).toEqual([['metrics wins changed [unit name]'], []]);
  });

  test('are those that a season cuts which begins or ends at another time', () => {
    const seasons = '{ s1: { startsAt: 2026-02-01, endsAt: 2026-03-01 } }';
    const more = TEXT.replace(
      'board: { metric: wins }',
      'board: { metric: wins }, seasonal: { metric: quick, per: season }, scores: { metric: score, per: season }',
    );
    const moved = (to: string) =>
      diffCatalogs(catalogOf(more), catalogOf(more.replace(`seasons: ${seasons}`, `seasons: ${to}`))).metricsToFill;
    expect(moved(seasons.replace('02-01', '02-02'))).toEqual(['quick', 'score', 'wins@s1']);
    expect(moved(seasons.replace('03-01', '03-02'))).toEqual(['quick', 'score', 'wins@s1']);
    expect(moved(seasons.replace('03-01 ', '03-01, timezone: Asia/Tokyo '))).toEqual(['quick', 'score', 'wins@s1']);
    const same = '{ s1: { startsAt: 2026-02-01T00:00:00Z, endsAt: 2026-03-01T00:00:00Z, timezone: Asia/Tokyo } }';
    expect(moved(same)).toEqual([]);
    expect(moved(seasons.replace('{ s1', '{ s2: { startsAt: 2026-04-01, endsAt: 2026-05-01 }, s1'))).toEqual([
      ...['quick', 'score'],
    ]);
    expect(moved(seasons.replace('{ startsAt', '{ name: Winter, startsAt'))).toEqual([]);
  });

  test('are those to which a board gives another window', () => {
    expect(change('board: { metric: wins }', 'board: { metric: quick, per: week }').metricsToFill).toEqual(['quick']);
  });
});

test('levels move when a threshold does, not with a title', () => {
  expect(change('[0, 100]', '[0, 101]')).toEqual({ ...NOTHING, changesLevels: true });
  expect(change('Rookie', 'Novice')).toEqual(NOTHING);
});

test('before the first version everything is new', () => {
  const { definitions, changesLevels, metricsToFill, achievementsToJudge } = diffCatalogs(null, before);
  expect(
    new Set(definitions.map(({ kind, changesRule, fields }) => `${kind} ${changesRule} ${fields.length}`)),
  ).toEqual(new Set(['added true 0']));
  expect(definitions.map(({ key }) => key)).toEqual([
    ...['win', 'lap', 'wins', 'quick', 'short', 'score', 'xp', 'totalPoints', 'achievements', 's1', 'daily', 'start'],
    ...['leaf', 'low', 'rare', 'rares', 'winter', 'board'],
  ]);
  expect([changesLevels, metricsToFill.length, achievementsToJudge.length]).toEqual([true, 8, 5]);
});
