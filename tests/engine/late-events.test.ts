import { describe, expect, test } from 'vitest';
import { fold } from '../../src/engine/fold.ts';
import { OPENING } from '../../src/engine/opening.ts';
import type { FoldEvent } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, HOUR, MemoryUser, START } from './support.ts';

const EVENTS = `
eventTypes:
  win: { details: { track: string?, fair: boolean? } }
  lose: { details: { track: string? } }
  lap: { details: { seconds: number } }
`;
const player = (text: string): MemoryUser => new MemoryUser(catalogOf(`${EVENTS}${text}`));
const of = (type: string, hour: number, details: FoldEvent['details'] = null) =>
  event(type, START + hour * HOUR, details);
const opening = (run: number | { [key: string]: number }) =>
  event(OPENING, START - DAY, { metrics: { run }, streaks: {} }, { priced: { points: 0, xp: 0 } });
const LAST = Date.UTC(10_000, 0, 1);

/** What a late event asks of the log, all else being read. */
function asked(user: MemoryUser, late: FoldEvent) {
  const { state, catalog } = user;
  const cells = new Map([['achievements\u0000\u0000', null], ...state.cells]);
  const totals = new Map([[late.type, null]]);
  const result = fold(catalog, { ...state, cells, totals }, [late], START + DAY);
  return result.kind === 'needs' ? result.needs.history : null;
}

describe('a late event of a run', () => {
  const types = ['win', 'lose', OPENING];

  test('reads its types in all time, and for a window that window with two days before it and after', () => {
    const user = player('metrics: { run: { run: win, brokenBy: lose, per: week } }\n');
    user.record([of('win', 1), of('win', 9)]);
    expect(asked(user, of('lose', 5))).toEqual([
      { types, from: 0, to: LAST },
      { types, from: Date.UTC(2025, 11, 29) - 2 * DAY, to: Date.UTC(2026, 0, 5) + 2 * DAY },
    ]);
  });

  test('counts once, though the log may hold it already', () => {
    const user = player('metrics: { run: { run: win, brokenBy: lose } }\n');
    user.record([of('win', 1), of('win', 9)]);
    const late = of('win', 5);
    user.log.push(late);
    user.record([late], START + DAY);
    expect(user.value('run')).toBe(3);
  });

  test('is judged with the events that pass its condition, of its own key', () => {
    const user = player(
      'metrics: { run: { run: win, brokenBy: lose, by: details.track, where: "has(details.fair) && details.fair" } }\n',
    );
    const win = (hour: number, track: string, fair = true) => of('win', hour, { track, fair });
    user.record([win(1, 'a'), win(2, 'a', false), win(3, 'b'), win(4, 'b'), win(9, 'a')]);
    user.record([win(5, 'a')], START + DAY);
    expect([user.value('run', 'a'), user.value('run', 'b'), user.value('run')]).toEqual([3, 2, 3]);
    user.record([of('lose', 2, { track: 'a' })], START + DAY);
    expect([user.value('run', 'a'), user.value('run', 'b'), user.value('run')]).toEqual([2, 2, 2]);
  });

  test('is judged in each window it lies in', () => {
    const user = player(
      'metrics: { run: { run: win, brokenBy: lose } }\nleaderboards: { d: { metric: run, per: day }, w: { metric: run, per: week } }\n',
    );
    user.record([20, 22, 25, 27].map((hour) => of('win', hour)));
    const values = () => ['', '2026-01-01', '2026-01-02', '2026-W01'].map((period) => user.value('run', '', period));
    expect(values()).toEqual([4, 2, 2, 4]);
    user.record([of('lose', 21)], START + 2 * DAY);
    expect(values()).toEqual([3, 1, 2, 3]);
  });

  test('goes beside what an opening brought to its key, which is in no window', () => {
    const user = player('metrics: { run: { run: win, brokenBy: lose, by: details.track, per: day } }\n');
    const win = (hour: number) => of('win', hour, { track: 'a' });
    user.record([opening({ a: 2, b: 5 }), win(1), win(9)]);
    user.record([of('lose', 5, { track: 'a' })], START + DAY);
    expect([user.value('run', 'a'), user.value('run', 'b'), user.value('run', 'a', '2026-01-01')]).toEqual([2, 5, 1]);
  });
});

test('a late event of a window leaves out what the log has and the metric could not hold', () => {
  const user = player('metrics: { total: { sum: details.seconds, of: lap, within: 1d, decimals: 6 } }\n');
  user.record([of('lap', 1, { seconds: 1 }), of('lap', 9, { seconds: 2 })]);
  user.log.push(of('lap', 3, { seconds: 1e16 }));
  user.record([of('lap', 5, { seconds: 4 })], START + DAY);
  expect(user.value('total')).toBe(7_000_000);
});

test('an opening that would take a sum past 2^53 - 1 is refused', () => {
  const user = player('metrics: { run: { count: win } }\n');
  user.record([of('win', 1)]);
  const [outcome] = user.record([opening(Number.MAX_SAFE_INTEGER)], START + DAY);
  expect(outcome?.kind === 'refused' && outcome.refusal).toEqual({ kind: 'valueOutOfRange', metric: 'run' });
  expect(user.value('run')).toBe(1);
});
