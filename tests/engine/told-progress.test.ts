import { describe, expect, test } from 'vitest';
import type { FoldEvent } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, MemoryUser, START } from './support.ts';

const EVENTS = `
eventTypes:
  win: { points: 1 }
  lap: { details: { track: string?, seconds: number? } }
`;

/** What each event tells of progress: `key previous>current/target`, `!` for an announced mark. */
function told(user: MemoryUser, ...events: FoldEvent[]): string[][] {
  return user
    .record(events, START + 60 * DAY)
    .map((outcome) =>
      outcome.kind === 'recorded'
        ? outcome.progressed.map(
            ({ achievement, previous, current, target, milestone }) =>
              `${achievement} ${previous}>${current}/${target}${milestone ? '!' : ''}`,
          )
        : [],
    );
}

const lap = (at: number, details: { [key: string]: string | number }) => event('lap', START + at, details);

test('a metric with windows tells of the window of the event, not of all time', () => {
  const user = new MemoryUser(
    catalogOf(`${EVENTS}
metrics: { week: { count: win, per: week } }
achievements: { hero: { when: { metric: week, atLeast: 20 } } }
`),
  );
  const week = 7 * DAY;
  expect(told(user, event('win', START), event('win', START + 1), event('win', START + week))).toEqual([
    ['hero 0>1/20'],
    ['hero 1>2/20'],
    ['hero 0>1/20'],
  ]);
});

test('values are told as a player reads them', () => {
  const user = new MemoryUser(
    catalogOf(`${EVENTS}
metrics: { total: { sum: details.seconds, of: lap, decimals: 2 } }
achievements: { far: { when: { metric: total, atLeast: 10.5 } } }
`),
  );
  expect(told(user, lap(0, { seconds: 1.25 }), lap(1, { seconds: 2 }))).toEqual([
    ['far 0>1.25/10.5'],
    ['far 1.25>3.25/10.5'],
  ]);
});

test('a key of a metric has progress of its own beside that of any key', () => {
  const user = new MemoryUser(
    catalogOf(`${EVENTS}
metrics: { laps: { count: lap, by: details.track } }
achievements:
  north: { when: { metric: laps, key: north, atLeast: 5 } }
  any: { when: { metric: laps, atLeast: 3 } }
`),
  );
  expect(told(user, lap(0, { track: 'north' }), lap(1, { track: 'south' }), lap(2, { track: 'south' }))).toEqual([
    ['north 0>1/5', 'any 0>1/3'],
    [],
    ['any 1>2/3'],
  ]);
});

test('a value that stands or falls tells nothing', () => {
  const user = new MemoryUser(
    catalogOf(`${EVENTS}
metrics:
  tracks: { distinct: details.track, of: lap }
  total: { sum: details.seconds, of: lap }
achievements:
  collector: { when: { metric: tracks, atLeast: 5 } }
  far: { when: { metric: total, atLeast: 100 } }
`),
  );
  told(user, lap(5, { track: 'a', seconds: 10 }));
  expect(told(user, lap(3, { track: 'a' }), lap(6, { seconds: -2 }), lap(7, { seconds: 0 }))).toEqual([[], [], []]);
});

test('of many rules on one value the five nearest are told', () => {
  const rules = [9, 3, 5, 4, 8, 7, 6].map((mark) => `  r${mark}: { when: { metric: wins, atLeast: ${mark} } }`);
  const user = new MemoryUser(
    catalogOf(`${EVENTS}\nmetrics: { wins: { count: win } }\nachievements:\n${rules.join('\n')}\n`),
  );
  expect(told(user, event('win', START), event('win', START + 1), event('win', START + 2))).toEqual([
    ['r3 0>1/3', 'r4 0>1/4', 'r5 0>1/5', 'r6 0>1/6', 'r7 0>1/7'],
    ['r3 1>2/3', 'r4 1>2/4', 'r5 1>2/5', 'r6 1>2/6', 'r7 1>2/7'],
    ['r4 2>3/4', 'r5 2>3/5', 'r6 2>3/6', 'r7 2>3/7', 'r8 2>3/8'],
  ]);
});

describe('tiers and announced marks', () => {
  const catalog = catalogOf(`${EVENTS}
metrics: { total: { sum: details.seconds, of: lap } }
achievements:
  steps: { progress: { notifyAt: [50%] }, tiers: [{ at: 10 }, { at: 20 }, { at: 40 }], when: { metric: total } }
  half: { progress: { notifyAt: [25%, 50%] }, when: { metric: total, atLeast: 40 } }
`);
  const seconds = (value: number) => lap(0, { seconds: value });

  test('the nearest tier is the goal; a mark on the way to it is announced', () => {
    const user = new MemoryUser(catalog);
    expect(told(user, seconds(4), seconds(1), seconds(1))).toEqual([
      ['steps 0>4/10', 'half 0>4/40'],
      ['steps 4>5/10!', 'half 4>5/40'],
      ['steps 5>6/10', 'half 5>6/40'],
    ]);
  });

  test('a mark whose goal was passed with it is not announced; a tier that unlocks goes on to the next', () => {
    expect(told(new MemoryUser(catalog), seconds(12))).toEqual([['half 0>12/40!', 'steps 0>12/20']]);
  });

  test('several marks at once are one; a mark on which a tier stands is told by its unlock', () => {
    expect(told(new MemoryUser(catalog), seconds(20))).toEqual([['half 0>20/40!', 'steps 0>20/40']]);
  });

  test('an unlock is no progress any more, its neighbours go on', () => {
    const user = new MemoryUser(catalog);
    told(user, seconds(39));
    expect(told(user, seconds(1))).toEqual([[]]);
    expect(user.held()).toEqual(['half', 'steps']);
  });
});

test('what was granted or taken away by hand is not told, others are', () => {
  const user = new MemoryUser(
    catalogOf(`${EVENTS}
metrics: { wins: { count: win } }
achievements:
  one: { when: { metric: wins, atLeast: 1 } }
  three: { when: { metric: wins, atLeast: 3 } }
  four: { when: { metric: wins, atLeast: 4 } }
  draft: { status: draft, when: { metric: wins, atLeast: 4 } }
`),
  );
  user.grant('four', START);
  expect(told(user, event('win', START), event('win', START + 1))).toEqual([['three 0>1/3'], ['three 1>2/3']]);
});
