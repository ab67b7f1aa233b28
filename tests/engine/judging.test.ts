import { describe, expect, test } from 'vitest';
import { catalogOf, DAY, event, HOUR, MemoryUser, START } from './support.ts';

const EVENTS = `
eventTypes:
  login: { points: 5 }
  win: { points: 30 }
  lap: { points: 0, details: { track: string?, seconds: number? } }
`;
const player = (text: string): MemoryUser => new MemoryUser(catalogOf(`${EVENTS}${text}`));
const lap = (at: number, track: string, seconds: number) => event('lap', START + at, { track, seconds });
const at = (text: string): number => Date.parse(`2026-${text}Z`);

describe('what a rule sees', () => {
  test('a tier of another achievement, and those above it', () => {
    const user = player(`
achievements:
  steps: { tiers: [{ at: 1 }, { at: 2 }, { at: 3 }], when: { count: win } }
  second: { when: { achievement: steps, tier: 2 } }
  any: { when: { achievement: steps } }
`);
    user.record([event('win', START)]);
    expect(user.held()).toEqual(['any', 'steps']);
    user.record([event('win', START + 1)]);
    expect(user.held()).toEqual(['any', 'second', 'steps']);
  });

  test('one key of a metric that moves both ways, and not another', () => {
    const user = player(`
metrics: { last: { latest: details.seconds, of: lap, by: details.track } }
achievements:
  north: { when: { metric: last, key: north, atLeast: 50 } }
  any: { when: { metric: last, atLeast: 90 } }
`);
    user.record([lap(0, 'north', 10), lap(1, 'south', 60)]);
    expect(user.held()).toEqual([]);
    user.record([lap(2, 'south', 95), lap(3, 'west', 1)]);
    expect(user.held()).toEqual(['any']);
    user.record([lap(4, 'north', 55)]);
    expect(user.held()).toEqual(['any', 'north']);
  });

  test('any key of a metric, not only the newest or the greatest', () => {
    const user = player(`
metrics:
  last: { latest: details.seconds, of: lap, by: details.track }
  laps: { count: lap, by: details.track }
  best: { min: details.seconds, of: lap, by: details.track }
achievements:
  high: { when: { all: [{ metric: last, atLeast: 90 }, { count: login, atLeast: 1 }] } }
  seldom: { when: { all: [{ metric: laps, atMost: 1 }, { count: login, atLeast: 1 }] } }
  slow: { when: { all: [{ metric: best, atLeast: 90 }, { count: login, atLeast: 1 }] } }
  never: { when: { all: [{ metric: laps, atMost: 0 }, { count: login, atLeast: 1 }] } }
`);
    user.record([lap(0, 'a', 95), lap(1, 'b', 10), lap(2, 'b', 20), event('login', START + 3)]);
    expect(user.held()).toEqual(['high', 'seldom', 'slow']);
  });

  test('keys that are enough in one window, not over several', () => {
    const user = player(`
metrics: { laps: { count: lap, by: details.track, per: week } }
achievements: { both: { when: { metric: laps, atLeast: 2, keys: 2 } } }
`);
    const week = 7 * DAY;
    user.record([lap(0, 'a', 1), lap(1, 'a', 1), lap(week, 'b', 1), lap(week + 1, 'b', 1)]);
    expect(user.held()).toEqual([]);
    user.record([lap(week + 2, 'a', 1)]);
    expect(user.held()).toEqual([]);
    user.record([lap(week + 3, 'a', 1)]);
    expect(user.held()).toEqual(['both']);
  });

  test('no value at all: every comparison is false', () => {
    const user = player(`
metrics:
  best: { min: details.seconds, of: lap }
  worst: { max: details.seconds, of: lap }
  last: { latest: details.seconds, of: lap }
  laps: { count: lap }
achievements:
  best: { when: { all: [{ metric: best, atMost: 99 }, { count: login, atLeast: 1 }] } }
  worst: { when: { all: [{ metric: worst, atMost: 99 }, { count: login, atLeast: 1 }] } }
  last: { when: { all: [{ metric: last, atMost: 99 }, { count: login, atLeast: 1 }] } }
  none: { when: { all: [{ metric: laps, atMost: 0 }, { count: login, atLeast: 1 }] } }
`);
    user.record([event('login', START)]);
    expect(user.held()).toEqual(['none']);
    user.record([lap(1, 'a', 50), event('login', START + 2)]);
    expect(user.held()).toEqual(['best', 'last', 'none', 'worst']);
  });

  test('outside every season a metric per season counts nothing', () => {
    const user = player(`
seasons: { s1: { startsAt: 2026-02-01, endsAt: 2026-03-01 } }
metrics: { wins: { count: win, per: season }, tracks: { count: lap, by: details.track, per: season } }
achievements:
  few: { when: { all: [{ metric: wins, atMost: 1 }, { count: login, atLeast: 1 }] } }
  wide: { when: { metric: tracks, atLeast: 1, keys: 2 } }
`);
    user.record([event('win', at('02-02T00:00')), event('win', at('02-03T00:00')), event('login', at('02-04T00:00'))]);
    expect(user.held()).toEqual([]);
    user.record([event('lap', at('03-02T00:00'), { track: 'a' }), event('lap', at('03-02T00:00'), { track: 'b' })]);
    expect(user.held()).toEqual([]);
    user.record([event('login', at('03-03T00:00'))]);
    expect(user.held()).toEqual(['few']);
  });

  test('score, XP, all points and the number of unlocks, without any board', () => {
    const user = player(`
levels: { thresholds: [0, 1000] }
achievements:
  score: { when: { metric: score, atLeast: 60 } }
  xp: { when: { metric: xp, atLeast: 65 } }
  points: { when: { points: 140 } }
  two: { when: { metric: achievements, atLeast: 2 } }
  hand: { points: 70, when: manual }
`);
    user.record([event('win', START)]);
    expect(user.held()).toEqual([]);
    user.record([event('win', START + 1)]);
    expect(user.held()).toEqual(['score']);
    user.record([event('login', START + 2)]);
    expect(user.held()).toEqual(['score', 'two', 'xp']);
    user.grant('hand', START + 3);
    expect(user.held()).toEqual(['hand', 'score', 'two', 'xp']);
    user.record([event('login', START + 4)]);
    expect(user.held()).toEqual(['hand', 'points', 'score', 'two', 'xp']);
  });

  test('achievements of others that are held, not those that were taken away', () => {
    const user = player(`
achievements:
  a: { rarity: rare, when: manual }
  b: { rarity: rare, when: manual }
  c: { when: manual }
  d: { when: manual }
  rares: { when: { achievements: { rarity: rare }, atLeast: 2 } }
`);
    user.grant('a', START);
    user.grant('c', START);
    user.revoke('a', START + 1);
    user.grant('b', START + 2);
    user.grant('d', START + 3);
    expect(user.held()).toEqual(['b', 'c', 'd']);
    user.grant('a', START + 4);
    expect(user.held()).toEqual(['a', 'b', 'c', 'd', 'rares']);
  });
});

describe('gates', () => {
  test('what is required must still be held', () => {
    const user = player(`
achievements:
  first: { when: manual }
  next: { requires: [first], when: { count: win, atLeast: 1 } }
`);
    user.grant('first', START);
    user.revoke('first', START + 1);
    user.record([event('win', START + 2)]);
    expect(user.held()).toEqual([]);
    user.grant('first', START + 3);
    expect(user.held()).toEqual(['first', 'next']);
  });

  test.each([
    ['2026-01-31T23:59:59.999Z', false],
    ['2026-02-01T00:00:00Z', true],
    ['2026-02-28T23:59:59.999Z', true],
    ['2026-03-01T00:00:00Z', false],
  ])('a season lets a rule on the level through in it alone: %s', (text, isHeld) => {
    const user = player(`
seasons: { s1: { startsAt: 2026-02-01, endsAt: 2026-03-01 } }
levels: { thresholds: [0, 30] }
achievements: { high: { season: s1, when: { level: 2 } } }
`);
    user.record([event('win', Date.parse(text))]);
    expect(user.held()).toEqual(isHeld ? ['high'] : []);
  });

  test('a second event of one day opens what the first came too early for', () => {
    const user = player(`
streaks: { daily: { of: login } }
achievements: { early: { startsAt: 2026-01-01T10:00, when: { streak: daily, atLeast: 1 } } }
`);
    user.record([event('login', START + 9 * HOUR)]);
    expect(user.held()).toEqual([]);
    user.record([event('login', START + 11 * HOUR)]);
    expect(user.state.unlocks.get('early')).toMatchObject([{ unlockedAt: START + 11 * HOUR }]);
  });
});

describe('the limit of an event type', () => {
  const limited = () =>
    new MemoryUser(catalogOf('eventTypes: { lap: { points: 1, limit: { per: minute, count: 2 } } }\n'));
  const kinds = (user: MemoryUser, ...seconds: number[]) =>
    user
      .record(
        seconds.map((second) => event('lap', START + second * 1000)),
        START + DAY,
      )
      .map((outcome) => outcome.kind);

  test('begins anew with each window', () => {
    expect(kinds(limited(), 0, 1, 60, 61, 62)).toEqual(['recorded', 'recorded', 'recorded', 'recorded', 'refused']);
  });

  test('goes on in the newest window after an event came late', () => {
    const user = limited();
    expect(kinds(user, 600)).toEqual(['recorded']);
    expect(kinds(user, 0)).toEqual(['recorded']);
    expect(kinds(user, 601, 602)).toEqual(['recorded', 'refused']);
  });

  test('counts of one batch what lies in the same window, its first instant included and its end not', () => {
    const user = limited();
    kinds(user, 3600);
    expect(kinds(user, 0, 60, 120, 1, 2)).toEqual(['recorded', 'recorded', 'recorded', 'recorded', 'refused']);
  });

  test('tells the time to wait by the clock of the server, at least a millisecond', () => {
    const user = limited();
    const wait = (now: number) => {
      const [, , outcome] = new MemoryUser(user.catalog).record(
        [0, 1, 2].map((second) => event('lap', START + second)),
        now,
      );
      return outcome?.kind === 'refused' ? outcome.refusal : outcome?.kind;
    };
    expect([wait(START + 2), wait(START + 59_999), wait(START + DAY)]).toEqual([
      { kind: 'limit', retryAfterMs: 59_998 },
      { kind: 'limit', retryAfterMs: 1 },
      { kind: 'limit', retryAfterMs: 1 },
    ]);
  });
});

describe('streaks that an event changed', () => {
  const streaks = (before: number[], day: number, now: number) => {
    const user = player('streaks: { daily: { of: login } }\n');
    const logins = (days: number[]) => days.map((one) => event('login', START + one * DAY));
    user.record(logins(before), START + now * DAY);
    const [outcome] = user.record(logins([day]), START + now * DAY);
    return outcome?.kind === 'recorded' ? outcome.streaks : null;
  };

  test.each([
    ['the current run begins anew, the longest stays', [0, 1, 2], 5, 5, ['daily']],
    ['the longest grows in the past, the current run stays', [0, 2, 20], 1, 20, ['daily']],
    ['both grow', [0], 1, 1, ['daily']],
    ['a lonely day of the past changes neither', [0, 1, 20], 5, 20, []],
    ['the same day again', [0], 0, 0, []],
  ])('%s', (_name, before, day, now, wanted) => {
    expect(streaks(before, day, now)).toEqual(wanted);
  });
});
