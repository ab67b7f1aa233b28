import { describe, expect, test } from 'vitest';
import { runScenarios } from '../../src/engine/scenario.ts';
import { catalogOf } from './support.ts';

const HEAD = `
users: { attributes: { class: string? } }
eventTypes:
  login: { points: 5 }
  lap: { points: 0, xp: 10, details: { track: string?, seconds: number? }, maxLateness: 1d }
  once: { points: 1, limit: { per: day, count: 1 } }
  wild: { velocity: { per: day, count: 2 } }
  pricey: { points: "1 / details.n", details: { n: number? } }
metrics:
  logins: { count: login }
  racers: { count: login, where: { user.class: racer } }
  today: { count: login, per: day }
  total: { sum: details.seconds, of: lap }
  record: { min: details.seconds, of: lap, by: details.track }
streaks: { daily: { of: login } }
levels: { thresholds: [0, 20, 100] }
achievements:
  one: { points: 2, when: { metric: logins, atLeast: 1 } }
  three: { points: 3, when: { metric: logins, atLeast: 3 } }
  steps: { tiers: [{ at: 1 }, { at: 2 }, { at: 9 }], when: { metric: logins } }
  hand: { when: manual }
leaderboards:
  all: { metric: logins }
  day: { metric: logins, per: day }
  record: { metric: record, order: asc }
`;

/** What is not as expected, as \`what expected/actual\`. */
function differences(test: string): string[] {
  const [report] = runScenarios(catalogOf(`${HEAD}tests: [{ ${test} }]\n`), (_type, details) =>
    details['seconds'] === 'long' ? 'wrong' : null,
  );
  return (report?.differences ?? []).map(
    ({ what, expected, actual }) => `${what} ${JSON.stringify(expected)}/${JSON.stringify(actual)}`,
  );
}

describe('each thing that can be looked at', () => {
  const given =
    'user: { class: racer }, given: [login, { login: {}, times: 2, every: 1d }, { lap: { track: north, seconds: 5 } }, { grant: hand }]';

  test('is met where it is so', () => {
    const expected =
      'unlocked: [one, hand], locked: [], onlyUnlocked: [steps, hand, three, one], score: 15, achievementPoints: 5, totalPoints: 20, xp: 25, level: 2, tiers: { steps: 2, one: 0 }, metrics: { logins: 3, racers: 3, today: 1, total: 5, record/north: 5, score: 15 }, progress: { steps: [3, 9], three: 1 }, streaks: { daily: 2 }, longest: { daily: 2 }, boards: { all: [player], day: [player], record/north: [player], record: [player] }, refused: []';
    expect(differences(`${given}, expect: { ${expected} }`)).toEqual([]);
  });

  test('is told with what there was', () => {
    const expected =
      'unlocked: [one, nope], locked: [hand, nope], onlyUnlocked: [one], score: 1, achievementPoints: 1, totalPoints: 1, xp: 1, level: 1, tiers: { steps: 1 }, metrics: { logins: 1, record/south: 1 }, progress: { steps: 1, three: [1, 1] }, streaks: { daily: 1 }, longest: { daily: 1 }, boards: { all: [], record/south: [player] }, refused: [X]';
    const text = expected
      .replaceAll('nope', 'three')
      .replace('unlocked: [one, three], locked: [hand, three]', 'unlocked: [one], locked: [hand, three]');
    const held = '["one","steps","three","hand"]';
    expect(differences(`${given}, expect: { ${text} }`)).toEqual([
      `locked ["hand","three"]/${held}`,
      `onlyUnlocked ["one"]/${held}`,
      'score 1/15',
      'achievementPoints 1/5',
      'totalPoints 1/20',
      'xp 1/25',
      'level 1/2',
      'tiers.steps 1/2',
      'metrics.logins 1/3',
      'metrics.record/south 1/null',
      `progress.steps 1/${3 / 9}`,
      'progress.three [1,1]/[3,3]',
      'streaks.daily 1/2',
      'longest.daily 1/2',
      'boards.all []/["player"]',
      'boards.record/south ["player"]/[]',
      'refused ["X"]/[]',
    ]);
  });

  test('unlocked wants all of them, locked none', () => {
    const one = 'given: [login], expect:';
    expect(differences(`${one} { unlocked: [one, three] }`)).toEqual(['unlocked ["one","three"]/["one","steps"]']);
    expect(differences(`${one} { locked: [three, hand] }`)).toEqual([]);
    expect(differences(`${one} { locked: [three, one] }`)).toEqual(['locked ["three","one"]/["one","steps"]']);
    expect(
      differences(`given: [{ grant: hand }, { revoke: hand }], expect: { onlyUnlocked: [], locked: hand }`),
    ).toEqual([]);
  });
});

describe('the clock', () => {
  test('begins with 2026, and an event comes one second after the last', () => {
    expect(
      differences('given: [login, login, { login: {}, at: 2026-01-01T00:00:03Z }], expect: { metrics: { today: 3 } }'),
    ).toEqual([]);
    expect(
      differences('given: [{ wait: 86398s }, login, login], expect: { metrics: { today: 1, logins: 2 } }'),
    ).toEqual([]);
    expect(differences('given: [{ wait: 86397s }, login, login], expect: { metrics: { today: 2 } }')).toEqual([]);
  });

  test('repeats go on from where the first was, a second apart or as said', () => {
    const at = 'at: 2026-01-05T23:59:58Z';
    expect(
      differences(`given: [{ login: {}, ${at}, times: 3 }], expect: { metrics: { today: 1, logins: 3 } }`),
    ).toEqual([]);
    expect(differences(`given: [{ login: {}, ${at}, times: 2 }], expect: { metrics: { today: 2 } }`)).toEqual([]);
    expect(
      differences(`given: [{ login: {}, ${at}, times: 3, every: 1d }], expect: { longest: { daily: 3 } }`),
    ).toEqual([]);
    expect(differences('given: [{ login: {}, times: 3, every: 12h }], expect: { longest: { daily: 2 } }')).toEqual([]);
  });

  test('never goes back for an event that comes late', () => {
    const late = '{ login: {}, at: 2026-01-05T10:00:00Z }, { login: {}, at: 2026-01-03T10:00:00Z }';
    expect(differences(`given: [${late}, login], expect: { metrics: { today: 2, logins: 3 } }`)).toEqual([]);
  });
});

describe('what is refused', () => {
  test('is told by the code of the API, in order, and has no effect', () => {
    const given = `[once, once, { lap: { seconds: long } }, { wait: 2d }, { lap: {}, at: 2026-01-01T12:00:00Z }, pricey, { lap: { seconds: 9007199254740991 } }, { lap: { seconds: 1 } }]`;
    const refused = '[EVENT_LIMIT, INVALID_EVENT_DETAILS, EVENT_TIME, INVALID_EVENT_DETAILS, VALUE_OUT_OF_RANGE]';
    expect(differences(`given: ${given}, expect: { refused: ${refused}, score: 1, xp: 11 }`)).toEqual([]);
  });

  test('is not what is just old enough', () => {
    const given = '[{ login: {}, at: 2026-01-05T00:00:00Z }, { lap: {}, at: 2026-01-04T00:00:00Z }]';
    expect(differences(`given: ${given}, expect: { refused: [] }`)).toEqual([]);
  });
});

test('what passes its velocity is told by its type, in order, and counts', () => {
  const given = '[{ wild: {}, times: 4 }, login, { wild: {}, at: 2026-01-03T00:00:00Z }]';
  expect(differences(`given: ${given}, expect: { doubted: [wild, wild], refused: [] }`)).toEqual([]);
  expect(differences(`given: ${given}, expect: { doubted: [wild] }`)).toEqual(['doubted ["wild"]/["wild","wild"]']);
});

describe('players', () => {
  test('another player has no attributes of the first, and is looked at by name', () => {
    const given = 'user: { class: racer }, given: [login, { login: {}, player: anna }]';
    expect(differences(`${given}, expect: { metrics: { racers: 1 } }`)).toEqual([]);
    expect(differences(`${given}, expect: { player: anna, metrics: { racers: 0, logins: 1 } }`)).toEqual([]);
  });

  test('one who did nothing can be looked at too', () => {
    expect(differences('given: [], expect: { score: 0, onlyUnlocked: [], streaks: { daily: 0 } }')).toEqual([]);
    expect(differences('given: [login], expect: { player: bob, score: 1 }')).toEqual(['score 1/0']);
  });

  test('stand on a board in its order, in the window of now', () => {
    const given = 'given: [{ login: {}, times: 2, player: anna }, login, { wait: 1d }, { login: {}, player: bob }]';
    expect(differences(`${given}, expect: { boards: { all: [anna, player, bob], day: [bob] } }`)).toEqual([]);
  });

  test('of one moment stand by who came first', () => {
    const given = 'given: [{ login: {}, player: zoe }, { login: {}, player: anna }]';
    expect(differences(`${given}, expect: { boards: { all: [zoe, anna] } }`)).toEqual([]);
  });
});
