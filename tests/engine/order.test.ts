import { describe, expect, test } from 'vitest';
import type { FoldEvent } from '../../src/engine/state.ts';
import { cell, everyWay } from './every-way.ts';
import { catalogOf, DAY, event, HOUR, MemoryUser, MINUTE, START } from './support.ts';

const EVENTS = `
eventTypes:
  win: { points: 30 }
  lose: { points: 0 }
  lap: { points: 0, details: { track: string?, seconds: number? } }
`;

const lap = (at: number, details: { [key: string]: string | number }) => event('lap', START + at, details);

describe('whatever the order of arrival', () => {
  test('events of one instant stand by their id: a run is broken by what lies between', () => {
    const events = ['win', 'lose', 'win', 'win'].map((type) => event(type, START));
    expect(
      everyWay(`${EVENTS}metrics: { run: { run: win, brokenBy: lose } }\n`, events, (user) => cell(user, 'run')),
    ).toEqual([[2, 0]]);
  });

  test('a run has its longest stretch, reached when it first was', () => {
    const events = ['win', 'win', 'lose', 'win', 'win'].map((type, index) => event(type, START + index));
    const look = (user: MemoryUser) => [cell(user, 'run'), user.state.cells.get('run\u0000\u0000')?.state];
    expect(everyWay(`${EVENTS}metrics: { run: { run: win, brokenBy: lose } }\n`, events, look)).toEqual([
      [[2, 1], { current: 2, at: START + 4, id: events[4]?.id }],
    ]);
  });

  test('the newest value is that of the newest event, of one instant that of the greatest id', () => {
    const events = [lap(1, { seconds: 10 }), lap(1, { seconds: 30 }), lap(1, { seconds: 20 }), lap(0, { seconds: 99 })];
    expect(
      everyWay(`${EVENTS}metrics: { last: { latest: details.seconds, of: lap } }\n`, events, (user) =>
        cell(user, 'last'),
      ),
    ).toEqual([[20, 1]]);
  });

  test('the best is achieved by the first event that reached it', () => {
    const events = [
      lap(5, { seconds: 10 }),
      lap(3, { seconds: 10 }),
      lap(9, { seconds: 12 }),
      lap(11, { seconds: 12 }),
    ];
    const text = 'metrics: { best: { min: details.seconds, of: lap }, worst: { max: details.seconds, of: lap } }\n';
    expect(everyWay(EVENTS + text, events, (user) => [cell(user, 'best'), cell(user, 'worst')])).toEqual([
      [
        [10, 3],
        [12, 9],
      ],
    ]);
  });

  test('a set counts each member once; the newest of the firsts is when it was reached', () => {
    const events = [
      lap(1, { track: 'a' }),
      lap(6, { track: 'b' }),
      lap(4, { track: 'b' }),
      lap(3, { track: 'c' }),
      lap(8, { track: 'a' }),
    ];
    expect(
      everyWay(`${EVENTS}metrics: { tracks: { distinct: details.track, of: lap } }\n`, events, (user) =>
        cell(user, 'tracks'),
      ),
    ).toEqual([[3, 4]]);
  });

  test('a sum and a count are achieved by the newest event that moved them', () => {
    const events = [lap(3, { seconds: 5 }), lap(1, { seconds: 2 }), lap(9, { seconds: 0 }), lap(7, {})];
    const text = 'metrics: { total: { sum: details.seconds, of: lap }, laps: { count: lap } }\n';
    expect(everyWay(EVENTS + text, events, (user) => [cell(user, 'total'), cell(user, 'laps')])).toEqual([
      [
        [7, 3],
        [4, 9],
      ],
    ]);
  });

  test('totals of a type know its first and its last', () => {
    const events = [3, 1, 2].map((minute) => event('win', START + minute * MINUTE));
    expect(everyWay(EVENTS, events, (user) => user.state.totals.get('win'))).toEqual([
      { count: 3, points: 90, firstAt: START + MINUTE, lastAt: START + 3 * MINUTE },
    ]);
  });
});

describe('a rolling window', () => {
  const text =
    'metrics: { burst: { count: win, within: 60s }, sum: { sum: details.seconds, of: lap, within: 60s }, kinds: { distinct: details.track, of: lap, within: 60s } }\n';
  const wins = (...seconds: number[]) => seconds.map((second) => event('win', START + second * 1000));

  test('leaves out the event that lies a whole span before, and holds one a moment later', () => {
    expect(everyWay(EVENTS + text, wins(0, 30, 60), (user) => cell(user, 'burst'))).toEqual([[2, 30_000]]);
    expect(everyWay(EVENTS + text, wins(0.001, 30, 60), (user) => cell(user, 'burst'))).toEqual([[3, 60_000]]);
  });

  test('keeps the most it ever held, and when it first did', () => {
    expect(everyWay(EVENTS + text, wins(0, 10, 200, 210), (user) => cell(user, 'burst'))).toEqual([[2, 10_000]]);
    expect(everyWay(EVENTS + text, wins(0, 100, 110, 120), (user) => cell(user, 'burst'))).toEqual([[3, 120_000]]);
  });

  test('sums, and counts members once', () => {
    const laps = [
      lap(0, { track: 'a', seconds: 5 }),
      lap(1_000, { track: 'a', seconds: 7 }),
      lap(59_000, { track: 'b', seconds: 1 }),
      lap(61_000, { track: 'c', seconds: 2 }),
    ];
    expect(everyWay(EVENTS + text, laps, (user) => [cell(user, 'sum'), cell(user, 'kinds')])).toEqual([
      [
        [13, 59_000],
        [2, 59_000],
      ],
    ]);
  });
});

describe('a rule that looks at a rolling window', () => {
  test('sees the one that ends at the event, whatever was held before', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}
metrics: { burst: { count: win, within: 60s } }
achievements: { calm: { when: { all: [{ metric: burst, atMost: 0 }, { count: lap, atLeast: 1 }] } } }
`),
    );
    user.record([event('win', START), event('win', START + 1)]);
    user.record([lap(59_999, {})]);
    expect(user.held()).toEqual([]);
    user.record([lap(60_001, {})]);
    expect(user.held()).toEqual(['calm']);
  });

  test('is judged again at the events after one that came late', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}\nachievements: { three: { when: { count: win, within: 60s, atLeast: 3 } } }\n`),
    );
    user.record([event('win', START + 10_000), event('win', START + 50_000), event('win', START + HOUR)]);
    expect(user.held()).toEqual([]);
    const late = event('win', START);
    user.record([late], START + HOUR);
    expect(user.state.unlocks.get('three')).toMatchObject([{ unlockedAt: START + 50_000, eventId: late.id }]);
  });
});

describe('2^53 - 1', () => {
  const refused = (user: MemoryUser, one: FoldEvent) => {
    const [outcome] = user.record([one]);
    return outcome?.kind === 'refused' ? outcome.refusal : outcome?.kind;
  };

  test('is the most the score and the points of achievements come to together', () => {
    const user = new MemoryUser(catalogOf(EVENTS));
    user.state = { ...user.state, achievementPoints: Number.MAX_SAFE_INTEGER - 30 };
    expect(refused(user, event('win', START))).toBe('recorded');
    expect(refused(user, event('win', START))).toEqual({ kind: 'valueOutOfRange', metric: 'score' });
  });

  test('is the most of a sum, below zero too, and of a rolling one', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const user = new MemoryUser(catalogOf(`${EVENTS}\nmetrics: { total: { sum: details.seconds, of: lap } }\n`));
    expect(refused(user, lap(0, { seconds: -most }))).toBe('recorded');
    expect(refused(user, lap(1, { seconds: -1 }))).toEqual({ kind: 'valueOutOfRange', metric: 'total' });
    const rolling = new MemoryUser(
      catalogOf(`${EVENTS}\nmetrics: { total: { sum: details.seconds, of: lap, within: 1d } }\n`),
    );
    expect(refused(rolling, lap(0, { seconds: most }))).toBe('recorded');
    expect(refused(rolling, lap(1, { seconds: 1 }))).toEqual({ kind: 'valueOutOfRange', metric: 'total' });
    expect(refused(rolling, lap(DAY, { seconds: 1 }))).toBe('recorded');
  });

  test('is the most of a single value, as it is scaled', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}\nmetrics: { best: { max: details.seconds, of: lap, decimals: 6 } }\n`),
    );
    expect(refused(user, lap(0, { seconds: 9e15 }))).toEqual({ kind: 'valueOutOfRange', metric: 'best' });
    expect(refused(user, lap(0, { seconds: 9e9 }))).toBe('recorded');
  });
});
