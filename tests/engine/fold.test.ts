import { describe, expect, test } from 'vitest';
import { fold } from '../../src/engine/fold.ts';
import { progressOf } from '../../src/engine/progress.ts';
import type { EventOutcome } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, HOUR, MemoryUser, MINUTE, SECOND, START } from './support.ts';

const unlockedBy = (outcomes: readonly EventOutcome[]): string[][] =>
  outcomes.map((outcome) =>
    outcome.kind === 'recorded'
      ? outcome.unlocked.map((row) => `${row.achievement}${row.tier > 0 ? `#${row.tier}` : ''}`)
      : [outcome.refusal.kind],
  );

const EVENTS = `
eventTypes:
  login: { points: 5 }
  win: { points: 30 }
  lose: { points: 0 }
  lap: { points: 0, xp: 10, details: { track: string?, seconds: number?, assists: boolean? } }
`;

describe('metrics', () => {
  test('each kind, scaled by its decimals; absent fields are skipped', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics:
  laps: { count: lap, where: { assists: false } }
  total: { sum: details.seconds, of: lap, decimals: 2 }
  best: { min: details.seconds, of: lap, decimals: 3 }
  worst: { max: details.seconds, of: lap }
  last: { latest: details.seconds, of: lap }
  tracks: { distinct: details.track, of: lap }
  record: { min: details.seconds, of: lap, by: details.track, decimals: 1 }
`),
    );
    user.record([
      event('lap', START, { track: 'north', seconds: 60.005 }),
      event('lap', START + 2, { track: 'south', seconds: 61.4999, assists: true }),
      event('lap', START + 1, { track: 'north', seconds: 59.95 }),
      event('lap', START + 3, { track: 'north' }),
      event('lap', START + 4, { seconds: 1.005 }),
      event('lap', START + 5, null),
    ]);
    expect(['laps', 'total', 'best', 'worst', 'last', 'tracks', 'record'].map((key) => user.value(key))).toEqual([
      5, 18247, 1005, 61, 1, 2, 600,
    ]);
    expect([user.value('record', 'north'), user.value('record', 'south')]).toEqual([600, 615]);
  });

  test('values of a period go by occurredAt, in the zone of the metric or of the user', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics:
  msk: { count: login, per: day, timezone: Europe/Moscow }
  own: { count: login, per: day, timezone: user }
`),
    );
    user.record([
      event('login', Date.parse('2026-03-01T22:00:00Z'), null, { timezone: 'America/New_York' }),
      event('login', Date.parse('2026-03-01T20:00:00Z'), null, { timezone: 'Asia/Tokyo' }),
    ]);
    expect([user.value('msk'), user.value('msk', '', '2026-03-01'), user.value('msk', '', '2026-03-02')]).toEqual([
      2, 1, 1,
    ]);
    expect([user.value('own', '', '2026-03-01'), user.value('own', '', '2026-03-02')]).toEqual([1, 1]);
  });

  test('a board makes the accumulators it ranks, of the score too', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
leaderboards: { week: { metric: score, per: week }, all: { metric: score }, xp: { metric: xp, per: month } }
`),
    );
    user.record([event('win', START), event('lap', START + DAY), event('win', START + 10 * DAY)]);
    expect([
      user.value('score'),
      user.value('score', '', '2026-W01'),
      user.value('score', '', '2026-W02'),
      user.value('xp', '', '2026-01'),
    ]).toEqual([60, 30, 30, 70]);
    expect(user.state.cells.get('score\u0000\u00002026-W01')?.achievedAt).toBe(START);
  });

  test('no more keys than allowed: what comes after counts for the known keys only', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { tracks: { count: lap, by: details.track, maxKeys: 2 } }
`),
    );
    for (const track of ['a', 'b', 'c', 'a', 'c']) user.record([event('lap', START, { track })]);
    expect(['a', 'b', 'c'].map((track) => user.value('tracks', track))).toEqual([2, 1, null]);
    expect(user.value('tracks')).toBe(2);
  });

  test('a key that was forgotten makes room', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { tracks: { count: lap, by: details.track, maxKeys: 2, keep: 1d } }
`),
    );
    for (const track of ['a', 'a', 'b']) user.record([event('lap', START, { track })]);
    const cells = new Map(user.state.cells);
    cells.delete('tracks\u0000a\u0000');
    user.state = { ...user.state, cells };
    user.record([event('lap', START + DAY, { track: 'c' })]);
    expect([user.value('tracks', 'c'), user.value('tracks')]).toEqual([1, 2]);
  });

  test('a value that would pass 2^53 - 1 refuses that event alone', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { total: { sum: details.seconds, of: lap } }
`),
    );
    const outcomes = user.record([
      event('lap', START, { seconds: 9_007_199_254_740_000 }),
      event('lap', START, { seconds: 992 }),
      event('lap', START, { seconds: 991 }),
    ]);
    expect(outcomes.map((one) => (one.kind === 'refused' ? one.refusal : one.kind))).toEqual([
      'recorded',
      { kind: 'valueOutOfRange', metric: 'total' },
      'recorded',
    ]);
    expect([user.value('total'), user.state.xp, user.state.totals.get('lap')?.count]).toEqual([
      Number.MAX_SAFE_INTEGER,
      20,
      2,
    ]);
  });

  test('a set remembers when each member came first, and the newest of these', () => {
    const user = new MemoryUser(catalogOf(`${EVENTS}\nmetrics: { tracks: { distinct: details.track, of: lap } }\n`));
    user.record([event('lap', START + 5, { track: 'a' }), event('lap', START + 9, { track: 'b' })]);
    user.record([event('lap', START + 2, { track: 'b' })]);
    expect(user.state.cells.get('tracks\u0000\u0000')).toMatchObject({ value: 2, achievedAt: START + 5 });
    expect(user.state.members.get('tracks\u0000\u0000\u0000b')).toBe(START + 2);
  });

  test('a set of one key and of one day looks at nothing else when a late event moves its newest first', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { speeds: { distinct: details.seconds, of: lap, by: details.track, per: day } }
`),
    );
    const lap = (at: number, track: string, seconds: number) => event('lap', START + at * HOUR, { track, seconds });
    user.record([lap(1, 'a', 1), lap(5, 'a', 2), lap(7, 'b', 3), lap(30, 'a', 4)]);
    user.record([lap(3, 'a', 2)]);
    const achieved = (by: string, period: string) =>
      user.state.cells.get(`speeds\u0000${by}\u0000${period}`)?.achievedAt;
    expect([
      achieved('a', '2026-01-01'),
      achieved('b', '2026-01-01'),
      achieved('a', '2026-01-02'),
      achieved('a', ''),
    ]).toEqual([START + 3 * HOUR, START + 7 * HOUR, START + 30 * HOUR, START + 30 * HOUR]);
  });

  test('points and XP that would pass 2^53 - 1 refuse the event', () => {
    const user = new MemoryUser(catalogOf(EVENTS));
    const most = Number.MAX_SAFE_INTEGER;
    const priced = (points: number, xp: number) => event('win', START, null, { priced: { points, xp } });
    const outcomes = user.record([priced(1, most), priced(1, 1), priced(most, 0), priced(most - 1, 0)]);
    expect(outcomes.map((one) => (one.kind === 'refused' ? one.refusal : one.kind))).toEqual([
      'recorded',
      { kind: 'valueOutOfRange', metric: 'xp' },
      { kind: 'valueOutOfRange', metric: 'score' },
      'recorded',
    ]);
  });

  test.each([
    ['points', 'totalPoints', { points: 1, xp: 0 }],
    ['XP', 'xp', { points: 0, xp: 1 }],
  ])(
    'an event whose unlock would take the %s past 2^53 - 1 is refused alone, with all that it did',
    (_, metric, gain) => {
      const user = new MemoryUser(
        catalogOf(`${EVENTS}
metrics: { laps: { count: lap } }
achievements:
  one: { points: 0, when: { metric: laps, atLeast: 1 } }
  follower: { points: ${gain.points}, xp: ${gain.xp}, when: { achievement: one } }
leaderboards: { all: { metric: totalPoints }, xp: { metric: xp, per: day } }
`),
      );
      const full = { points: Number.MAX_SAFE_INTEGER, xp: Number.MAX_SAFE_INTEGER };
      const outcomes = user.record([
        event('login', START, null, { priced: full }),
        event('lap', START + 1, null, { priced: { points: 0, xp: 0 } }),
        event('win', START + 2, null, { priced: { points: 0, xp: 0 } }),
      ]);
      expect(outcomes.map((one) => (one.kind === 'refused' ? one.refusal : one.kind))).toEqual([
        'recorded',
        { kind: 'valueOutOfRange', metric },
        'recorded',
      ]);
      const { score, xp, achievementPoints } = user.state;
      expect({
        score,
        xp,
        achievementPoints,
        ledger: user.ledger,
        laps: user.value('laps'),
        held: user.held(),
      }).toEqual({
        score: full.points,
        xp: full.xp,
        achievementPoints: 0,
        ledger: [],
        laps: null,
        held: [],
      });
    },
  );

  test('what is asked of the log lies in the time a database can name, in whole milliseconds', () => {
    const catalog = catalogOf(`${EVENTS}
metrics: { run: { run: win, brokenBy: lose }, burst: { count: win, within: 1d } }
achievements: { a: { endsAt: 2027-01-01T00:00:00Z, when: { metric: run, atLeast: 9 } } }
`);
    const user = new MemoryUser(catalog);
    user.record([event('win', START), event('win', START + 2)]);
    const { state } = user;
    const read = { ...state, unlocks: new Map([['a', []]]), totals: new Map([['win', null]]) };
    const result = fold(catalog, read, [event('win', START + 1)], START + 2);
    const asked = result.kind === 'needs' ? result.needs.history : [];
    expect(asked.length).toBeGreaterThanOrEqual(2);
    for (const { from, to } of asked) {
      expect([Number.isSafeInteger(from), Number.isSafeInteger(to), from < to]).toEqual([true, true, true]);
      expect([from >= Date.UTC(1970, 0, 1), to <= Date.UTC(10_000, 0, 1)]).toEqual([true, true]);
    }
  });

  test('a full window goes on being counted from the log', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { burst: { count: login, within: 1d } }
achievements: { many: { when: { metric: burst, atLeast: 601 } } }
`),
    );
    const logins = Array.from({ length: 600 }, (_, index) => event('login', START + index * SECOND));
    user.record(logins);
    expect(user.value('burst')).toBe(600);
    expect(user.held()).toEqual([]);
    user.record([event('login', START + HOUR)]);
    expect([user.value('burst'), user.held()]).toEqual([601, ['many']]);
    user.record([event('login', START + 2 * DAY)]);
    expect(user.value('burst')).toBe(601);
  });
});

describe('limits', () => {
  const catalog = catalogOf(`
eventTypes: { lap: { points: 1, limit: { per: minute, count: 2 } } }
`);

  test('the window is fixed in occurredAt; the rest is refused with the time to wait', () => {
    const user = new MemoryUser(catalog);
    const outcomes = user.record(
      [0, 10, 20, 60].map((second) => event('lap', START + second * SECOND)),
      START + 20 * SECOND,
    );
    expect(outcomes.map((one) => (one.kind === 'refused' ? one.refusal : one.kind))).toEqual([
      'recorded',
      'recorded',
      { kind: 'limit', retryAfterMs: 40_000 },
      'recorded',
    ]);
    expect(user.state.score).toBe(3);
  });

  test('a late event counts in its own window', () => {
    const user = new MemoryUser(catalog);
    user.record([event('lap', START), event('lap', START + HOUR)]);
    user.record([event('lap', START + SECOND)], START + HOUR);
    const [outcome] = user.record([event('lap', START + 2 * SECOND)], START + HOUR);
    expect(outcome?.kind).toBe('refused');
    expect(user.state.score).toBe(3);
  });

  test('the log may hold the batch already: an event counts once it is accepted', () => {
    const user = new MemoryUser(catalog);
    user.record([event('lap', START), event('lap', START + HOUR)]);
    const late = [event('lap', START + SECOND), event('lap', START + 2 * SECOND)];
    user.log.push(...late);
    expect(unlockedBy(user.record(late, START + HOUR))).toEqual([[], ['limit']]);
  });

  test('an event of the log is not refused again, and keeps its price', () => {
    const user = new MemoryUser(catalog);
    const priced = { points: 2, xp: 7 };
    user.record([1, 2, 3].map((at) => event('lap', START + at, null, { priced })));
    expect([user.state.score, user.state.xp]).toEqual([6, 21]);
  });
});

describe('unlocks', () => {
  test('the event that crosses the threshold decides, once', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { wins: { count: win } }
achievements: { three: { points: 7, xp: 9, when: { metric: wins, atLeast: 3 } } }
`),
    );
    const wins = [1, 2, 3, 4].map((at) => event('win', START + at));
    expect(unlockedBy(user.record(wins))).toEqual([[], [], ['three'], []]);
    expect(user.state.unlocks.get('three')).toEqual([
      {
        achievement: 'three',
        tier: 0,
        period: '',
        unlockedAt: START + 3,
        eventId: wins[2]?.id,
        points: 7,
        xp: 9,
        source: 'rule',
        revokedAt: null,
      },
    ]);
    expect([user.state.score, user.state.achievementPoints, user.state.xp]).toEqual([120, 7, 129]);
  });

  test('each comparison means what it says, on scaled values', () => {
    const rule = (test: string): string => `{ when: { metric: best, ${test} } }`;
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { best: { min: details.seconds, of: lap, decimals: 1 } }
achievements:
  most: ${rule('atMost: 58.5')}
  under: ${rule('below: 58.5')}
  least: ${rule('atLeast: 58.5')}
  over: ${rule('above: 58.5')}
  exact: ${rule('equals: 58.5')}
  between: ${rule('above: 58, below: 58.6')}
`),
    );
    expect(
      unlockedBy(
        user.record([
          event('lap', START, { seconds: 58.6 }),
          event('lap', START + 1, { seconds: 58.54 }),
          event('lap', START + 2, { seconds: 58.4 }),
        ]),
      ),
    ).toEqual([['least', 'over'], ['most', 'exact', 'between'], ['under']]);
  });

  test('above and below leave the bound itself out', () => {
    const catalog = catalogOf(`${EVENTS}
metrics: { best: { min: details.seconds, of: lap, decimals: 1 } }
achievements:
  over: { when: { metric: best, above: 58.5 } }
  under: { when: { metric: best, below: 58.5 } }
  least: { when: { metric: best, atLeast: 58.5 } }
  most: { when: { metric: best, atMost: 58.5 } }
`);
    const user = new MemoryUser(catalog);
    expect(unlockedBy(user.record([event('lap', START, { seconds: 58.5 })]))).toEqual([['least', 'most']]);
  });

  test('a window in a rule with more leaves is looked at whenever it is touched', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
achievements: { both: { when: { all: [{ count: win, within: 60s, atLeast: 2 }, { count: lap, atLeast: 1 }] } } }
`),
    );
    const times = [0, 1, HOUR, 2 * HOUR, 2 * HOUR + SECOND];
    const events = times.map((time, index) => event(index === 2 ? 'lap' : 'win', START + time));
    expect(unlockedBy(user.record(events))).toEqual([[], [], [], [], ['both']]);
  });

  test('several tiers by one event, ascending, each with its points', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { total: { sum: details.seconds, of: lap, decimals: 1 } }
achievements: { far: { tiers: [{ at: 5, points: 1 }, { at: 10.5, points: 2 }, { at: 20, points: 4, xp: 50 }], when: { metric: total } } }
`),
    );
    const outcomes = user.record([
      event('lap', START, { seconds: 4.9 }),
      event('lap', START, { seconds: 5.6 }),
      event('lap', START, { seconds: 100 }),
    ]);
    expect(unlockedBy(outcomes)).toEqual([[], ['far#1', 'far#2'], ['far#3']]);
    expect([user.state.achievementPoints, user.state.xp]).toEqual([7, 80]);
  });

  test('once a period, where it repeats; a late event unlocks its own period', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { week: { count: win, per: week } }
achievements: { hero: { points: 10, repeat: week, when: { metric: week, atLeast: 2 } } }
`),
    );
    const week = 7 * DAY;
    user.record([
      event('win', START),
      event('win', START + week),
      event('win', START + week),
      event('win', START + week),
    ]);
    expect(user.state.unlocks.get('hero')?.map((row) => row.period)).toEqual(['2026-W02']);
    user.record([event('win', START + HOUR)]);
    expect(user.state.unlocks.get('hero')?.map((row) => row.period)).toEqual(['2026-W02', '2026-W01']);
    expect(user.state.achievementPoints).toBe(20);
  });

  test('tiers that repeat begin anew in every period', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { week: { count: win, per: week } }
achievements: { climb: { repeat: week, tiers: [{ at: 1, points: 1 }, { at: 3, points: 2 }], when: { metric: week } } }
`),
    );
    const told = (outcomes: readonly EventOutcome[]) =>
      outcomes.flatMap((one) =>
        one.kind === 'recorded' ? one.unlocked.map((row) => `${row.tier} ${row.period}`) : [],
      );
    expect(told(user.record([0, 1, 2].map((at) => event('win', START + 14 * DAY + at))))).toEqual([
      '1 2026-W03',
      '2 2026-W03',
    ]);
    expect(progressOf(user.catalog, 'climb', user.state, { timezone: null }, START + 21 * DAY)).toMatchObject({
      progress: 0,
      current: 0,
      target: 1,
      tier: 2,
    });
    expect(told(user.record([event('win', START + 21 * DAY), event('win', START + 7 * DAY)]))).toEqual([
      '1 2026-W04',
      '1 2026-W02',
    ]);
    expect(user.state.achievementPoints).toBe(5);
  });

  test('a rolling window of a key, of any key, and of so many keys', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { burst: { count: lap, within: 1m, by: details.track } }
achievements:
  north: { when: { metric: burst, key: north, atLeast: 2 } }
  any: { when: { metric: burst, atLeast: 3 } }
  two: { when: { metric: burst, atLeast: 2, keys: 2 } }
`),
    );
    const laps = (tracks: string, from: number) =>
      [...tracks].map((track, index) =>
        event('lap', from + index * SECOND, { track: track === 'n' ? 'north' : track }),
      );
    user.record(laps('nab', START));
    user.record(laps('ab', START + HOUR));
    expect(user.held()).toEqual([]);
    user.record(laps('nn', START + 2 * HOUR));
    user.record(laps('aa', START + 3 * HOUR));
    expect(user.held()).toEqual(['north']);
    user.record(laps('abab', START + 4 * HOUR));
    expect(user.held()).toEqual(['north', 'two']);
    user.record(laps('b', START + 4 * HOUR + 30 * SECOND));
    expect(user.held()).toEqual(['any', 'north', 'two']);
    expect([user.value('burst', 'b'), user.value('burst', 'north'), user.value('burst')]).toEqual([3, 2, 3]);
  });

  test('combinators and `not`', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { wins: { count: win }, logins: { count: login }, laps: { count: lap } }
achievements:
  all: { when: { all: [{ metric: wins, atLeast: 1 }, { metric: laps, atLeast: 1 }] } }
  any: { when: { any: [{ metric: wins, atLeast: 1 }, { metric: laps, atLeast: 1 }] } }
  two: { when: { atLeast: 2, of: [{ metric: wins, atLeast: 1 }, { metric: laps, atLeast: 1 }, { metric: logins, atLeast: 1 }] } }
  clean: { when: { all: [{ metric: laps, atLeast: 2 }, { not: { count: lose, atLeast: 1 } }] } }
`),
    );
    expect(
      unlockedBy(
        user.record([event('login', START), event('lap', START + 1), event('win', START + 2), event('lap', START + 3)]),
      ),
    ).toEqual([[], ['any', 'two'], ['all'], ['clean']]);
    const loser = new MemoryUser(user.catalog);
    expect(unlockedBy(loser.record([event('lose', START), event('lap', START + 1), event('lap', START + 2)]))).toEqual([
      [],
      ['any'],
      [],
    ]);
  });

  test('XP lifts the level that unlocks the next, until nothing changes, whatever the order of the catalog', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
levels: { thresholds: [0, 100, 200, 300] }
achievements:
  d: { when: { achievement: c } }
  c: { points: 1000, when: { level: 3 } }
  b: { xp: 100, when: { level: 2 } }
  a: { xp: 70, when: { count: win, atLeast: 1 } }
  rich: { xp: 100, when: { points: 1000 } }
`),
    );
    const [outcome] = user.record([event('win', START)]);
    expect(outcome).toMatchObject({
      unlocked: [
        { achievement: 'a' },
        { achievement: 'b' },
        { achievement: 'c' },
        { achievement: 'rich' },
        { achievement: 'd' },
      ],
      levelUp: { from: 1, to: 4 },
    });
    expect(user.rounds).toBeLessThanOrEqual(3);
  });

  test('one reading is enough for a chain of thirty', () => {
    const chain = Array.from(
      { length: 30 },
      (_, index) =>
        `  a${index}: { xp: 1, when: ${index === 0 ? '{ count: win, atLeast: 1 }' : `{ achievement: a${index - 1} }`} }`,
    );
    const user = new MemoryUser(catalogOf(`${EVENTS}\nachievements:\n${chain.join('\n')}\n`));
    user.record([event('win', START)]);
    expect([user.held().length, user.rounds]).toEqual([30, 2]);
  });

  test('what an undecided unlock may bring to later events of the batch is read with it', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
levels: { thresholds: [0, 100, 130] }
achievements:
  first: { xp: 70, when: { count: win, atLeast: 1 } }
  later: { when: { level: 3 } }
`),
    );
    const outcomes = user.record([event('win', START), event('win', START + 1)]);
    expect([unlockedBy(outcomes), user.rounds]).toEqual([[['first'], ['later']], 2]);
  });

  test('an event that unlocks nothing needs one reading, or none when all is known', () => {
    const user = new MemoryUser(
      catalogOf(
        `${EVENTS}\nmetrics: { wins: { count: win } }\nachievements: { ten: { when: { metric: wins, atLeast: 10 } } }\n`,
      ),
    );
    user.record([event('win', START)]);
    expect(user.rounds).toBe(1);
  });

  test('all achievements, and some of a rarity', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
achievements:
  a: { rarity: rare, when: { count: win, atLeast: 1 } }
  b: { rarity: rare, when: { count: login, atLeast: 1 } }
  hand: { when: manual }
  weekly: { repeat: week, when: { count: win, atLeast: 5 } }
  soon: { startsAt: 2027-01-01T00:00:00Z, when: { count: win, atLeast: 1 } }
  rares: { when: { achievements: { rarity: rare }, atLeast: 2 } }
  platinum: { points: 500, when: { achievements: all } }
`),
    );
    expect(unlockedBy(user.record([event('win', START), event('login', START + 1)]))).toEqual([
      ['a'],
      ['b', 'rares', 'platinum'],
    ]);
  });

  test('keys of a metric: a named one, any, and so many', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { record: { min: details.seconds, of: lap, by: details.track } }
achievements:
  north: { when: { metric: record, key: north, atMost: 58 } }
  any: { when: { metric: record, atMost: 58 } }
  two: { when: { metric: record, atMost: 60, keys: 2 } }
  slow: { when: { metric: record, atLeast: 90 } }
`),
    );
    const lap = (track: string, seconds: number) => event('lap', START, { track, seconds });
    expect(
      unlockedBy(
        user.record([lap('south', 57), lap('south', 56), lap('north', 59), lap('north', 58), lap('west', 95)]),
      ),
    ).toEqual([['any'], [], ['two'], ['north'], ['slow']]);
  });
});

describe('gates', () => {
  const catalog = catalogOf(`${EVENTS}
seasons: { s1: { startsAt: 2026-02-01, endsAt: 2026-03-01 } }
metrics: { wins: { count: win } }
achievements:
  first: { when: { count: login, atLeast: 1 } }
  next: { requires: [first], when: { metric: wins, atLeast: 2 } }
  holidays: { startsAt: 2026-01-10T00:00:00Z, endsAt: 2026-01-20T00:00:00Z, when: { metric: wins, atLeast: 3 } }
  winter: { season: s1, when: { metric: wins, atLeast: 2 } }
  draft: { status: draft, when: { metric: wins, atLeast: 1 } }
  locked: { status: locked, when: { metric: wins, atLeast: 1 } }
`);
  const at = (text: string): number => Date.parse(`2026-${text}T12:00:00Z`);

  test('what is required opens the gate at once when it comes', () => {
    const user = new MemoryUser(catalog);
    expect(unlockedBy(user.record([event('win', START), event('win', START + 1), event('login', START + 2)]))).toEqual([
      [],
      [],
      ['first', 'next'],
    ]);
  });

  test('a gate of time opens for the next event that touches the rule', () => {
    const user = new MemoryUser(catalog);
    expect(
      unlockedBy(
        user.record(
          [at('01-01'), at('01-02'), at('01-03'), at('01-10'), at('01-11')].map((time) => event('win', time)),
        ),
      ),
    ).toEqual([[], [], [], ['holidays'], []]);
  });

  test('its first instant is inside', () => {
    const user = new MemoryUser(catalog);
    const wins = [at('01-01'), at('01-02'), Date.parse('2026-01-10T00:00:00Z')].map((time) => event('win', time));
    expect(unlockedBy(user.record(wins)).flat()).toEqual(['holidays']);
  });

  test('its end is outside', () => {
    const user = new MemoryUser(catalog);
    const wins = [at('01-01'), at('01-02'), Date.parse('2026-01-20T00:00:00Z')].map((time) => event('win', time));
    expect(unlockedBy(user.record(wins)).flat()).toEqual([]);
  });

  test('a late event completes the rule at a later event that was inside', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', at('01-05')), event('win', at('01-12')), event('win', at('01-25'))]);
    expect(user.held()).toEqual([]);
    const late = event('win', at('01-03'));
    user.record([late], at('01-25'));
    expect(user.state.unlocks.get('holidays')).toMatchObject([{ unlockedAt: at('01-12'), eventId: late.id }]);
  });

  test('a late event does not complete a rule that held only outside', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', at('01-25')), event('win', at('01-26'))]);
    user.record([event('win', at('01-12'))], at('01-26'));
    expect(user.held()).toEqual([]);
  });

  test('the past is judged with the achievements of the time', () => {
    const timed = catalogOf(`${EVENTS}
achievements:
  first: { when: { count: login, atLeast: 1 } }
  both: { endsAt: 2026-01-20T00:00:00Z, when: { all: [{ count: win, atLeast: 1 }, { achievement: first }] } }
`);
    const user = new MemoryUser(timed);
    user.record([event('login', at('01-25'))]);
    user.record([event('win', at('01-12'))], at('01-25'));
    expect(user.held()).toEqual(['first']);
    user.record([event('login', at('01-11'))], at('01-25'));
    expect(user.held()).toEqual(['first']);
    const early = new MemoryUser(timed);
    early.record([event('login', at('01-11')), event('login', at('01-25'))]);
    early.record([event('win', at('01-12'))], at('01-25'));
    expect(early.held()).toEqual(['both', 'first']);
  });

  test('in a season only what happened in it counts', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', at('01-25')), event('win', at('01-26')), event('win', at('02-02'))]);
    expect(user.held()).toEqual([]);
    user.record([event('win', at('02-03'))]);
    expect(user.held()).toEqual(['winter']);
  });

  test('a draft is for test users, a locked one for nobody', () => {
    const player = new MemoryUser(catalog);
    const tester = new MemoryUser(catalog, true);
    player.record([event('win', START)]);
    tester.record([event('win', START)]);
    expect([player.held(), tester.held()]).toEqual([[], ['draft']]);
  });
});

describe('what an event tells', () => {
  const catalog = catalogOf(`${EVENTS}
metrics: { wins: { count: win } }
streaks: { daily: { of: [login] } }
achievements:
  ten: { progress: { notifyAt: [50%, 90%] }, when: { metric: wins, atLeast: 10 } }
  two: { when: { metric: wins, atLeast: 2 } }
`);

  test('progress towards what is near, with the marks that were passed', () => {
    const user = new MemoryUser(catalog);
    const outcomes = user.record(Array.from({ length: 10 }, (_, index) => event('win', START + index)));
    const told = outcomes.map((one) =>
      one.kind === 'recorded'
        ? one.progressed.map((p) => `${p.achievement} ${p.previous}>${p.current}/${p.target}${p.milestone ? '!' : ''}`)
        : [],
    );
    expect([told[0], told[1], told[4], told[5], told[8], told[9]]).toEqual([
      ['two 0>1/2', 'ten 0>1/10'],
      ['ten 1>2/10'],
      ['ten 4>5/10!'],
      ['ten 5>6/10'],
      ['ten 8>9/10!'],
      [],
    ]);
  });

  test('streaks whose run changed', () => {
    const user = new MemoryUser(catalog);
    const outcomes = user.record(
      [event('login', START), event('login', START + HOUR), event('login', START + DAY)],
      START + DAY,
    );
    expect(outcomes.map((one) => (one.kind === 'recorded' ? one.streaks : null))).toEqual([['daily'], [], ['daily']]);
    expect(user.state.streakDays.get('daily')).toEqual([20_454, 20_455]);
  });

  test('totals by type and the last activity', () => {
    const user = new MemoryUser(catalog);
    user.record([event('win', START + MINUTE), event('win', START), event('login', START + 2)]);
    expect(user.state.totals.get('win')).toEqual({ count: 2, points: 60, firstAt: START, lastAt: START + MINUTE });
    expect(user.state.lastActivityAt).toBe(START + MINUTE);
  });
});
