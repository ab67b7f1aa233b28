import { describe, expect, test } from 'vitest';
import { fold } from '../../src/engine/fold.ts';
import { catalogOf, DAY, event, MemoryUser, SECOND, START } from './support.ts';

const EVENTS = `
eventTypes:
  win: { points: 1 }
  lap: { details: { track: string?, seconds: number?, assists: boolean? } }
`;
const player = (text: string): MemoryUser => new MemoryUser(catalogOf(`${EVENTS}${text}`));
const lap = (second: number, details: { [key: string]: string | number | boolean } = {}) =>
  event('lap', START + second * SECOND, details);
const laps = (count: number, details: { [key: string]: string | number | boolean }) =>
  Array.from({ length: count }, (_, index) => lap(index, details));
const cellOf = (user: MemoryUser, metric: string, by = '') => user.state.cells.get(`${metric}\u0000${by}\u0000`);

describe('a rolling window over (t - d, t]', () => {
  const burst = 'metrics: { burst: { count: lap, within: 60s } }\n';

  test('keeps when, how much and who of each event in the newest one', () => {
    const user = player(`metrics:
  kinds: { distinct: details.track, of: lap, within: 60s }
  total: { sum: details.seconds, of: lap, within: 60s, decimals: 1 }
`);
    user.record([lap(0, { track: 'a', seconds: 1.5 }), lap(60, { track: 'b', seconds: 2 })]);
    expect([cellOf(user, 'kinds'), cellOf(user, 'total')]).toEqual([
      { value: 1, achievedAt: START, state: { from: START, entries: [[START + 60_000, 1, 'b']] } },
      { value: 20, achievedAt: START + 60_000, state: { from: START, entries: [[START + 60_000, 20, '']] } },
    ]);
  });

  test('a late event raises the windows of the events after it, not those before', () => {
    const user = player(burst);
    user.record([lap(0), lap(10), lap(20)]);
    user.record([lap(15)], START + DAY);
    expect(cellOf(user, 'burst')).toMatchObject({ value: 4, achievedAt: START + 20_000 });
  });

  test('a late event with a negative amount is in no window that ended before it', () => {
    const user = player('metrics: { total: { sum: details.seconds, of: lap, within: 60s } }\n');
    user.record([lap(0, { seconds: -5 })]);
    expect(cellOf(user, 'total')).toMatchObject({ value: -5, achievedAt: START });
    user.record([lap(10, { seconds: 3 }), lap(200, { seconds: -9 })]);
    expect(cellOf(user, 'total')).toMatchObject({ value: -2, achievedAt: START + 10_000 });
    user.record([lap(65, { seconds: -4 })], START + DAY);
    expect(cellOf(user, 'total')).toMatchObject({ value: -1, achievedAt: START + 65_000 });
  });

  test('a late event reads the log one span before it and one after, and no more', () => {
    const user = player(burst);
    user.record([lap(0), lap(100)]);
    const late = lap(90);
    const totals = new Map([['lap', null]]);
    const cells = new Map([...user.state.cells, ['achievements\u0000\u0000', null] as const]);
    const result = fold(user.catalog, { ...user.state, cells, totals }, [late], START + DAY);
    expect(result.kind === 'needs' && result.needs.history).toEqual([
      { types: ['lap', '@opening'], from: START + 30_001, to: START + 150_000 },
    ]);
  });

  test('reads nothing for an event of the same instant as the newest, nor for one after it', () => {
    const user = player(burst);
    const rounds = [0, 0, 5, 90].map((second) => {
      user.record([lap(second)]);
      return user.rounds;
    });
    expect([rounds, user.value('burst')]).toEqual([[1, 1, 1, 1], 3]);
  });
});

describe('a rolling window with more than five hundred events', () => {
  test('keeps the newest five hundred, and what is as old as a dropped one is dropped with it', () => {
    const user = player('metrics: { burst: { count: lap, within: 1d } }\n');
    user.record([lap(0), lap(0), lap(0), ...Array.from({ length: 499 }, (_, index) => lap(index + 1))]);
    const state = cellOf(user, 'burst')?.state as { from: number; entries: number[][] };
    expect([user.value('burst'), state.from, state.entries.length, state.entries[0]]).toEqual([
      502,
      START,
      499,
      [START + SECOND, 1, ''],
    ]);
  });

  test('counts all of one instant from the log', () => {
    const user = player('achievements: { many: { when: { count: lap, within: 1d, atLeast: 502 } } }\n');
    user.record(Array.from({ length: 501 }, () => lap(0)));
    expect(user.held()).toEqual([]);
    user.record([lap(0)]);
    expect(user.held()).toEqual(['many']);
  });

  test('looks in the log at the events of its own key that pass its condition', () => {
    const text = (atLeast: number) => `
metrics: { clean: { count: lap, by: details.track, where: { assists: false }, within: 1d } }
achievements:
  many: { when: { all: [{ metric: clean, key: a, atLeast: ${atLeast} }, { count: win, atLeast: 1 }] } }
`;
    const held = (atLeast: number) => {
      const user = player(text(atLeast));
      user.record([
        ...laps(501, { track: 'a', assists: false }),
        ...laps(3, { track: 'b', assists: false }),
        ...laps(3, { track: 'a', assists: true }),
        event('win', START + 600 * SECOND),
      ]);
      return user.held();
    };
    expect([held(501), held(502)]).toEqual([['many'], []]);
  });

  test('looks in the log from one span before the moment on: that very instant is outside', () => {
    const rule = (atLeast: number) =>
      `{ when: { all: [{ metric: burst, atLeast: ${atLeast} }, { count: win, atLeast: 1 }] } }`;
    const user = player(`
metrics: { burst: { count: lap, within: 510s } }
achievements: { all: ${rule(510)}, rest: ${rule(509)} }
`);
    user.record([...laps(510, {}), event('win', START + 510 * SECOND)]);
    expect(user.held()).toEqual(['rest']);
  });

  test('leaves out what the log has and the metric could not hold', () => {
    const user = player(`
metrics: { total: { sum: details.seconds, of: lap, within: 1d, decimals: 6 } }
achievements:
  far: { when: { all: [{ metric: total, atLeast: 501 }, { count: win, atLeast: 1 }] } }
`);
    user.record(laps(501, { seconds: 1 }));
    user.log.push(lap(30, { seconds: 1e16 }));
    user.record([event('win', START + 600 * SECOND)]);
    expect(user.held()).toEqual(['far']);
  });
});

test('a rule on a rolling window reads no log at the newest event, nor after it', () => {
  const user = player(`
metrics: { burst: { count: lap, within: 60s } }
achievements:
  quick: { when: { all: [{ metric: burst, atLeast: 9 }, { count: win, atLeast: 9 }] } }
`);
  const rounds = [lap(0), lap(10), event('win', START + 10 * SECOND), event('win', START + DAY)].map((one) => {
    user.record([one]);
    return user.rounds;
  });
  expect(rounds).toEqual([1, 1, 1, 1]);
});
