import { describe, expect, test } from 'vitest';
import { catalogOf, DAY, event, HOUR, MemoryUser, START } from './support.ts';

const EVENTS = `
users: { attributes: { class: string? } }
eventTypes:
  win: { points: 30 }
  lose: { points: 0 }
  lap: { points: 0, details: { track: string?, seconds: number?, best: boolean?, laps: integer? } }
`;
const player = (text: string): MemoryUser => new MemoryUser(catalogOf(`${EVENTS}${text}`));
type Details = NonNullable<ReturnType<typeof event>['details']>;
const lap = (at: number, details: Details) => event('lap', START + at, details);

describe('the keys of a metric', () => {
  const keyed = (...keys: Details[string][]) => {
    const user = player('metrics: { laps: { count: lap, by: details.track } }\n');
    user.record(keys.map((track, index) => lap(index, { track: track ?? null })));
    const found = [...user.state.cells].flatMap(([key, cell]) =>
      cell !== null && cell.value !== null && key.startsWith('laps\u0000')
        ? [`${key.split('\u0000')[1]}=${cell.value}`]
        : [],
    );
    return found.sort();
  };

  test('are texts, and numbers and truth values as they are written', () => {
    expect(keyed('a', 5, '5', true, 1.5)).toEqual(['1.5=1', '5=2', '=2', 'a=1', 'true=1']);
  });

  test('an event without one, with a list or a map, or with an empty text is skipped', () => {
    expect(keyed(null, '', ['a'], { a: 1 }, 'a')).toEqual(['=1', 'a=1']);
  });

  test('have two hundred characters at most, and no zero character', () => {
    const long = 'k'.repeat(200);
    expect(keyed(long, `${long}k`, 'a\u0000b')).toEqual(['=1', `${long}=1`]);
  });

  test('may come from the user', () => {
    const user = player('metrics: { wins: { count: win, by: user.class } }\n');
    user.record([event('win', START, null, { attributes: { class: 'racer' } }), event('win', START + 1)]);
    expect([user.value('wins'), user.value('wins', 'racer')]).toEqual([1, 1]);
  });

  test('are as many as allowed in each window by itself', () => {
    const user = player('metrics: { laps: { count: lap, by: details.track, maxKeys: 1, per: day } }\n');
    user.record([
      lap(0, { track: 'a' }),
      lap(1, { track: 'b' }),
      lap(DAY, { track: 'b' }),
      lap(DAY + 1, { track: 'a' }),
    ]);
    expect(
      [
        ['a', ''],
        ['b', ''],
        ['a', '2026-01-01'],
        ['b', '2026-01-01'],
        ['b', '2026-01-02'],
        ['a', '2026-01-02'],
      ].map(([by, period]) => user.value('laps', by, period)),
    ).toEqual([2, null, 1, null, 1, null]);
  });
});

describe('the members of a set', () => {
  const members = (...values: Details[string][]) => {
    const user = player('metrics: { tracks: { distinct: details.track, of: lap } }\n');
    user.record(values.map((track, index) => lap(index, { track: track ?? null })));
    return user.value('tracks');
  };

  test('are different values, whatever their kind', () => {
    expect(members('a', 'b', 'a', 5, 5, true, ['a'], ['a'], { x: 1 }, { x: 2 })).toBe(7);
  });

  test('a value with a zero character, and an absent one, are none', () => {
    expect(members('a\u0000b', null)).toBeNull();
    expect(members('')).toBe(1);
  });

  test('of a window are counted by themselves', () => {
    const user = player('metrics: { tracks: { distinct: details.track, of: lap, per: day } }\n');
    user.record([lap(0, { track: 'a' }), lap(1, { track: 'b' }), lap(DAY, { track: 'a' })]);
    expect([
      user.value('tracks'),
      user.value('tracks', '', '2026-01-01'),
      user.value('tracks', '', '2026-01-02'),
    ]).toEqual([2, 2, 1]);
  });

  test('of a key are counted by themselves; the best key is the one with most', () => {
    const user = player('metrics: { speeds: { distinct: details.seconds, of: lap, by: details.track } }\n');
    const laps: [string, number][] = [
      ['a', 1],
      ['a', 2],
      ['b', 1],
      ['a', 1],
      ['b', 5],
      ['b', 6],
    ];
    user.record(laps.map(([track, seconds], index) => lap(index, { track, seconds })));
    expect([user.value('speeds', 'a'), user.value('speeds', 'b'), user.value('speeds')]).toEqual([2, 3, 3]);
    expect(user.state.cells.get('speeds\u0000\u0000')).toMatchObject({ achievedAt: START + 5, state: { keys: 2 } });
  });
});

describe('the amount an event brings', () => {
  test('is a number; anything else is skipped', () => {
    const user = player('metrics: { total: { sum: details.seconds, of: lap, decimals: 1 }, n: { count: lap } }\n');
    user.record([lap(0, { seconds: 1.25 }), lap(1, { seconds: '7' }), lap(2, { seconds: null }), lap(3, {})]);
    expect([user.value('total'), user.value('n')]).toEqual([13, 4]);
  });

  test('of a condition that fails is none, for a set and for a run too', () => {
    const user = player(`metrics:
  tracks: { distinct: details.track, of: lap, where: { best: true } }
  run: { run: lap, brokenBy: lose, where: { best: true } }
`);
    user.record([
      lap(0, { track: 'a', best: true }),
      lap(1, { track: 'b' }),
      lap(2, { track: 'c', best: true }),
      event('lose', START + 3),
      lap(4, { track: 'a', best: true }),
    ]);
    expect([user.value('tracks'), user.value('run')]).toEqual([2, 2]);
  });

  test('to a metric of a season is none outside it: its first instant is in it, its end is not', () => {
    const user = player(`seasons: { s1: { startsAt: 2026-02-01, endsAt: 2026-03-01 } }
achievements: { winter: { season: s1, when: { count: win, atLeast: 2 } } }
`);
    const win = (text: string) => event('win', Date.parse(text));
    user.record([win('2026-01-31T23:59:59.999Z'), win('2026-02-01T00:00:00Z'), win('2026-03-01T00:00:00Z')]);
    expect(user.held()).toEqual([]);
    user.record([win('2026-02-28T23:59:59.999Z')], Date.parse('2026-03-01T00:00:00Z'));
    expect(user.held()).toEqual(['winter']);
  });
});

describe('a late event of a window', () => {
  test('is judged with the events of that window alone, in the zone each was recorded in', () => {
    const user = player(`metrics: { run: { run: win, brokenBy: lose, per: day, timezone: user } }\n`);
    const tokyo = { timezone: 'Asia/Tokyo' };
    const at = (hour: number, type = 'win') => event(type, START + hour * HOUR, null, tokyo);
    user.record([at(14), at(16), at(20), at(39)]);
    user.record([at(18, 'lose')], START + 40 * HOUR);
    expect([user.value('run'), user.value('run', '', '2026-01-01'), user.value('run', '', '2026-01-02')]).toEqual([
      2, 1, 1,
    ]);
    expect(user.value('run', '', '2026-01-03')).toBe(1);
  });
});
