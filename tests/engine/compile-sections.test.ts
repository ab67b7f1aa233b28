import { describe, expect, test } from 'vitest';
import { compileCatalog } from '../../src/engine/compile.ts';
import type { SourceMap, SourceNode, SourceScalar } from '../../src/engine/source.ts';
import { faultsOf } from './support.ts';

/** Faults as `line:column code message -> suggestion`. */
function found(text: string, options: { strict?: boolean } = {}): string[] {
  return faultsOf(text, options).map(
    ({ line, column, code, message, suggestion }) =>
      `${line}:${column} ${code} ${message}${suggestion === undefined ? '' : ` -> ${suggestion}`}`,
  );
}

const BASE = `laurel: 1
locales: [en, ru]
users: { attributes: { class: string? } }
eventTypes: { login: { points: 5 }, lap: { details: { track: string, seconds: number } } }
metrics: { logins: { count: login }, weekly: { count: login, per: week, timezone: Europe/Moscow }, burst: { count: login, within: 60s }, record: { min: details.seconds, of: lap, by: details.track } }
`;
const SEASON = 'seasons: { s1: { startsAt: 2026-01-01, endsAt: 2026-02-01 } }\n';

describe('an achievement', () => {
  test.each([
    ['a: 5', '7:6 wrongType The achievement "a" must be a map'],
    ['"a b": { when: manual }', '7:3 outOfRange An achievement is named with letters, digits, _, - and .'],
    [`${'a'.repeat(65)}: { when: manual }`, '7:3 outOfRange An achievement is named with letters, digits, _, - and .'],
    ['a: { order: -1, when: manual }', '7:15 outOfRange "order" must be an integer of at least 0'],
    ['a: { order: x, when: manual }', '7:15 outOfRange "order" must be an integer of at least 0'],
    ['a: { xp: 1000000000001, when: manual }', '7:12 outOfRange "xp" must be an integer from 0 to 1000000000000'],
    ['a: { icon: [a], when: manual }', '7:14 wrongType "icon" must be a text'],
    ['a: { iconLocked: true, when: manual }', '7:20 wrongType "iconLocked" must be a text'],
    ['a: { platforms: steam, when: manual }', '7:19 wrongType platforms must be a map'],
    ['a: { platforms: { steam: [1] }, when: manual }', '7:28 wrongType "steam" must be a text'],
    [
      'a: { visibility: hiden, when: manual }',
      '7:20 outOfRange "visibility" must be one of public, hidden, secret -> hidden',
    ],
    ['a: { status: dead, when: manual }', '7:16 outOfRange "status" must be one of draft, live, locked'],
    ['a: { retroactive: loud, when: manual }', '7:21 outOfRange "retroactive" must be one of none, silent, notify'],
    ['a: { onChange: keeep, when: manual }', '7:18 outOfRange "onChange" must be one of keep, revoke -> keep'],
    ['a: { repeat: year, when: manual }', '7:16 outOfRange "repeat" must be one of day, week, month, season'],
    ['a: { repeat: season, when: manual }', '7:16 badPeriod The catalog declares no seasons'],
    ['a: { startsAt: 2026-02-01, endsAt: 2026-02-01, when: manual }', '7:38 badTime It ends before it starts'],
    [
      'a: { endsAt: never, when: manual }',
      '7:16 badTime "endsAt" must be a time such as 2026-12-01T10:00 or 2026-12-01T10:00:00Z',
    ],
    ['a: { requires: [b], when: manual }', '7:19 unknownName There is no achievement "b"'],
    ['a: { requires: { b: 1 }, when: manual }', '7:18 wrongType "requires" names one thing, or a list of them'],
    ['a: { tiers: 5, when: { metric: logins } }', '7:15 wrongType "tiers" is a list such as [ { at: 5, points: 10 } ]'],
    [
      'a: { tiers: [], when: { metric: logins } }',
      '7:15 wrongType "tiers" is a list such as [ { at: 5, points: 10 } ]',
    ],
    ['a: { tiers: [5], when: { metric: logins } }', '7:16 wrongType A tier must be a map'],
    ['a: { tiers: [{ points: 5 }], when: { metric: logins } }', '7:16 missing A tier needs "at"'],
    ['a: { tiers: [{ at: 1.5 }], when: { metric: logins } }', '7:22 outOfRange "at" must be an integer of at least 0'],
    ['a: { tiers: [{ at: -1 }], when: { metric: logins } }', '7:22 outOfRange "at" must be an integer of at least 0'],
    [
      'a: { tiers: [{ at: 1, pints: 1 }], when: { metric: logins } }',
      '7:25 unknownKey A tier has no keyword "pints" -> points',
    ],
    [
      'a: { tiers: [{ at: 1, xp: -1 }], when: { metric: logins } }',
      '7:29 outOfRange "xp" must be an integer from 0 to 1000000000000',
    ],
    ['a: { tiers: [{ at: 1 }], when: { level: 2 } }', '7:6 conflict Tiers need a rule of one counted leaf'],
    [
      'a: { tiers: [{ at: 1 }], when: { metric: logins, atLeast: 1 } }',
      '7:34 conflict The tiers say how much; leave the comparison out',
    ],
    [
      `a: { tiers: [${Array.from({ length: 101 }, (_, at) => `{ at: ${at} }`).join(', ')}], when: { metric: logins } }`,
      '7:15 wrongType "tiers" is a list such as [ { at: 5, points: 10 } ]',
    ],
    ['a: { progress: 50%, when: manual }', '7:18 wrongType progress must be a map'],
    ['a: { progress: { notify: 50% }, when: manual }', '7:20 unknownKey progress has no keyword "notify" -> notifyAt'],
    [
      'a: { progress: { notifyAt: 0% }, when: manual }',
      '7:30 outOfRange notifyAt takes shares such as 50%, above 0% and below 100%',
    ],
    [
      'a: { progress: { notifyAt: 100% }, when: manual }',
      '7:30 outOfRange notifyAt takes shares such as 50%, above 0% and below 100%',
    ],
    [
      'a: { progress: { notifyAt: x50% }, when: manual }',
      '7:30 outOfRange notifyAt takes shares such as 50%, above 0% and below 100%',
    ],
    ['a: { name: { en: [A] }, when: manual }', '7:20 wrongType A text must stand here'],
    ['a: { name: [A], when: manual }', '7:14 wrongType "name" must be a text, or a text a locale'],
    ['a: { name: null, when: manual }', '7:14 missingText "name" has no text'],
  ])('%s', (line, fault) => {
    const faults = found(`${BASE}achievements:\n  ${line}\n`);
    expect(faults[0] === undefined ? '' : faults.find((one) => one === fault)).toBe(fault);
    expect(faults.filter((one) => !one.includes('missingText') && !one.includes('A tier') && one !== fault)).toEqual(
      [],
    );
  });

  test.each([
    `${'a'.repeat(64)}: { when: manual }`,
    'a.b-c_1: { points: 1000000000000, xp: 1000000000000, when: manual }',
    `a: { tiers: [${Array.from({ length: 100 }, (_, at) => `{ at: ${at} }`).join(', ')}], when: { metric: logins } }`,
    'a: { progress: { notifyAt: [0.5%, 99.9%] }, when: manual }',
    'a: { startsAt: 2026-02-01, endsAt: 2026-02-01T00:00:01, when: manual }',
    'a: { icon: 5, data: [1, { a: null }], when: manual }',
  ])('allowed: %s', (line) => {
    expect(found(`${BASE}achievements:\n  ${line}\n`)).toEqual([]);
  });

  test('more than five thousand are refused before any is looked at', () => {
    const place = { file: 'game.yaml', line: 7, column: 3 };
    const map = (entries: SourceMap['entries']): SourceMap => ({ kind: 'map', place, entries });
    const scalar = (value: string | number): SourceScalar => ({ kind: 'scalar', place, value, textOffset: null });
    const entry = (key: string, value: SourceNode) => ({ key, keyPlace: place, value });
    const compiled = (count: number, rule: SourceNode) => {
      const achievements = Array.from({ length: count }, (_, at) => entry(`a${at}`, map([entry('when', rule)])));
      const result = compileCatalog(map([entry('laurel', scalar(1)), entry('achievements', map(achievements))]));
      return result.ok ? result.catalog.achievements.size : result.faults.map(({ message }) => message);
    };
    expect(compiled(5_000, scalar('manual'))).toBe(5_000);
    expect(compiled(5_001, scalar('wrong'))).toEqual(['At most 5000 achievements']);
  });
});

describe('a leaderboard', () => {
  test.each([
    ['b: 5', '7:6 wrongType The leaderboard "b" must be a map'],
    ['b: { order: asc }', '7:3 missing A leaderboard needs "metric"'],
    ['b: { metric: logins, ordr: asc }', '7:24 unknownKey The leaderboard "b" has no keyword "ordr" -> order'],
    ['b: { metric: logins, order: up }', '7:31 outOfRange "order" must be one of asc, desc'],
    ['b: { metric: logins, ties: none }', '7:30 outOfRange "ties" must be one of earliest, latest, shared'],
    ['b: { metric: logins, notifyOvertaken: 1 }', '7:41 wrongType "notifyOvertaken" must be true or false'],
    ['b: { metric: logins, finalAfter: 32d }', '7:36 outOfRange "finalAfter" must be at most 31d'],
    ['b: { metric: logins, timezone: UTC }', '7:24 conflict "timezone" belongs to "per"'],
    ['b: { metric: weekly, per: day }', '7:29 conflict "weekly" is already kept per week in Europe/Moscow'],
    [
      'b: { metric: weekly, per: week, timezone: UTC }',
      '7:29 conflict "weekly" is already kept per week in Europe/Moscow',
    ],
    ['b: { metric: burst, per: week }', '7:28 conflict A metric with "within" has no windows of the calendar'],
    [
      'b: { metric: logins, rewards: 5 }',
      '7:33 wrongType "rewards" is a list such as [ { ranks: 1..3, points: 100 } ]',
    ],
    ['b: { metric: logins, rewards: [5] }', '7:34 wrongType A reward must be a map'],
    [
      'b: { metric: logins, rewards: [{ rank: 1, percent: 5 }] }',
      '7:36 unknownKey A reward has no keyword "rank" -> ranks',
    ],
    ['b: { metric: logins, rewards: [{ ranks: 1, percent: 5 }] }', '7:34 missing A reward has "ranks" or "percent"'],
    [
      'b: { metric: logins, rewards: [{ ranks: 1, points: -5 }] }',
      '7:54 outOfRange "points" must be an integer of at least 0',
    ],
    [
      'b: { metric: logins, rewards: [{ ranks: 1, xp: 1.5 }] }',
      '7:50 outOfRange "xp" must be an integer of at least 0',
    ],
  ])('%s', (line, fault) => {
    expect(found(`${BASE}leaderboards:\n  ${line}\n`)).toEqual([fault]);
  });

  test.each(['0', '3..1', '1..', '..3', 'x1', '1..3x', '1234567890'])('no places are %s', (ranks) => {
    const text = `${BASE}leaderboards: { b: { metric: logins, rewards: [{ ranks: "${ranks}" }] } }\n`;
    expect(found(text)).toEqual(['6:57 outOfRange "ranks" is a place such as 1, or places such as 1..3']);
  });

  test.each([0, 101, 'x'])('no share is %s percent', (percent) => {
    const text = `${BASE}leaderboards: { b: { metric: logins, rewards: [{ percent: ${percent} }] } }\n`;
    expect(found(text)).toEqual(['6:59 outOfRange "percent" must be a number from 0.01 to 100']);
  });

  test('two boards of one metric cut a window in one zone', () => {
    const boards = (zone: string) =>
      `${BASE}leaderboards:\n  a: { metric: logins, per: week }\n  b: { metric: logins, per: week, timezone: ${zone} }\n  c: { metric: logins, per: day, timezone: ${zone} }\n`;
    expect(found(boards('UTC'))).toEqual([]);
    expect(found(boards('Asia/Tokyo'))).toEqual(['8:29 conflict "logins" is already kept per week in UTC']);
  });
});

describe('levels', () => {
  test.each([
    ['5', '6:9 wrongType levels must be a map'],
    ['{ base: 0 }', '6:17 outOfRange "base" must be an integer of at least 1'],
    ['{ multiplier: 0.9 }', '6:23 outOfRange "multiplier" must be a number from 1 to 100'],
    ['{ multiplier: 101 }', '6:23 outOfRange "multiplier" must be a number from 1 to 100'],
    ['{ max: 10001 }', '6:16 outOfRange "max" must be an integer from 1 to 10000'],
    ['{ thresholds: [0, 5], base: 5 }', '6:31 conflict "thresholds" leaves no place for "base"'],
    ['{ thresholds: [0, 5], multiplier: 5 }', '6:31 conflict "thresholds" leaves no place for "multiplier"'],
    ['{ thresholds: [0, 5], max: 5 }', '6:31 conflict "thresholds" leaves no place for "max"'],
    ['{ thresholds: 5 }', '6:23 wrongType "thresholds" is a list of XP that begins with 0'],
    ['{ thresholds: [] }', '6:23 wrongType "thresholds" is a list of XP that begins with 0'],
    ['{ thresholds: [0, x] }', '6:27 curve A threshold is an integer of at most 2^53 - 1'],
    ['{ thresholds: [0, 1.5] }', '6:27 curve A threshold is an integer of at most 2^53 - 1'],
    ['{ thresholds: [-1, 5] }', '6:24 curve A threshold is an integer of at most 2^53 - 1'],
    ['{ thresholds: [0, 5], titles: { 3: Far } }', '6:41 outOfRange There are levels 1 to 2'],
    ['{ thresholds: [0, 5], titles: { 0: Far } }', '6:41 outOfRange There are levels 1 to 2'],
    ['{ thresholds: [0, 5], titles: { 1.5: Far } }', '6:41 outOfRange There are levels 1 to 2'],
    ['{ thresholds: [0, 5], titles: Far }', '6:39 wrongType titles must be a map'],
    ['{ thresholds: [0, 5], rewards: { 3: { data: 1 } } }', '6:42 outOfRange There are levels 1 to 2'],
    ['{ thresholds: [0, 5], rewards: { 2: 5 } }', '6:45 wrongType A reward of a level must be a map'],
    [
      '{ thresholds: [0, 5], rewards: { 2: { dta: 5 } } }',
      '6:47 unknownKey A reward of a level has no keyword "dta" -> data',
    ],
    ['{ thresholds: [0, 5], rewards: 5 }', '6:40 wrongType rewards must be a map'],
    ['{ thresholds: [0, 5], tiles: {} }', '6:31 unknownKey levels has no keyword "tiles" -> titles'],
  ])('%s', (levels, fault) => {
    expect(found(`${BASE}levels: ${levels}\n`)).toContain(fault);
  });

  test.each([
    '{ base: 1, multiplier: 1, max: 10000 }',
    '{ max: 1 }',
    '{ thresholds: [0] }',
    '{ thresholds: [0, 9007199254740991] }',
  ])('allowed: %s', (levels) => {
    expect(found(`${BASE}levels: ${levels}\n`)).toEqual([]);
  });
});

describe('seasons, streaks, categories', () => {
  test.each([
    ['seasons: { s: 5 }', '6:15 wrongType The season "s" must be a map'],
    ['seasons: { s: { startsAt: 2026-01-01, endsAt: 2026-01-01 } }', '6:47 badTime The season ends before it starts'],
    ['seasons: { s: { endsAt: 2026-01-02 } }', '6:12 missing A season needs "startsAt"'],
    [
      'seasons: { s: { startsAt: 2026-01-01, endsAt: 2026-01-02, timezone: user } }',
      '6:69 badZone There is no time zone "user"',
    ],
    [
      'seasons: { s: { startsAt: 2026-01-01, endsAt: 2026-01-02, nam: S } }',
      '6:59 unknownKey The season "s" has no keyword "nam" -> name',
    ],
    ['streaks: { d: 5 }', '6:15 wrongType The streak "d" must be a map'],
    ['streaks: { d: { per: day } }', '6:12 missing A streak needs "of", the event types that keep it'],
    ['streaks: { d: { of: logn } }', '6:21 unknownName There is no event type "logn" -> login'],
    ['streaks: { d: { of: login, per: month } }', '6:33 outOfRange "per" must be one of day, week'],
    ['streaks: { d: { of: login, frezes: {} } }', '6:28 unknownKey The streak "d" has no keyword "frezes" -> freezes'],
    ['streaks: { d: { of: login, freezes: 5 } }', '6:37 wrongType freezes must be a map'],
    ['streaks: { d: { of: login, freezes: { strt: 1 } } }', '6:39 unknownKey freezes has no keyword "strt" -> start'],
    [
      'streaks: { d: { of: login, freezes: { start: 1001 } } }',
      '6:46 outOfRange "start" must be an integer from 0 to 1000',
    ],
    [
      'streaks: { d: { of: login, freezes: { earnEvery: 0 } } }',
      '6:50 outOfRange "earnEvery" must be an integer from 1 to 10000',
    ],
    ['streaks: { d: { of: login, freezes: { start: 2, max: 1 } } }', '6:54 outOfRange "max" is below "start"'],
    ['categories: { c: 5 }', '6:18 wrongType The category "c" must be a map'],
    ['categories: { c: { order: -1 } }', '6:27 outOfRange "order" must be an integer of at least 0'],
    ['categories: { c: { nme: C } }', '6:20 unknownKey The category "c" has no keyword "nme" -> name'],
    ['categories: 5', '6:13 wrongType categories must be a map'],
    ['achievements: 5', '6:15 wrongType achievements must be a map'],
    ['leaderboards: 5', '6:15 wrongType leaderboards must be a map'],
    ['streaks: 5', '6:10 wrongType streaks must be a map'],
    ['seasons: 5', '6:10 wrongType seasons must be a map'],
  ])('%s', (line, fault) => {
    expect(found(`${BASE}${line}\n`)).toEqual([fault]);
  });

  test('an empty section is no section', () => {
    expect(found(`${BASE}seasons:\nstreaks:\ncategories:\nlevels:\nachievements:\nleaderboards:\ntests:\n`)).toEqual(
      [],
    );
    expect(found(`${BASE}${SEASON}streaks: { d: { of: login, freezes: { start: 1000, max: 1000 } } }\n`)).toEqual([]);
  });
});
