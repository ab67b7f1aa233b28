import { describe, expect, test } from 'vitest';
import { catalogOf, DAY, event, HOUR, MemoryUser, MINUTE, SECOND, START } from './support.ts';

const player = (per: string, count: number): MemoryUser =>
  new MemoryUser(catalogOf(`eventTypes: { lap: { limit: { per: ${per}, count: ${count} } }, free: {} }\n`));
const record = (user: MemoryUser, ...times: number[]) =>
  user
    .record(
      times.map((at) => event('lap', START + at)),
      START + 9 * DAY,
    )
    .map((outcome) => outcome.kind === 'recorded');
const cellOf = (user: MemoryUser) => user.state.cells.get('@limit\u0000lap\u0000');

describe('the window of a limit', () => {
  test.each([
    ['second', SECOND],
    ['minute', MINUTE],
    ['hour', HOUR],
    ['day', DAY],
  ])('of a %s ends with it', (per, span) => {
    expect(record(player(per, 1), 0, span - 1, span, 2 * span - 1, 2 * span)).toEqual([true, false, true, false, true]);
  });

  test('is counted in one cell, the newest one alone', () => {
    const user = player('minute', 2);
    const at = (minutes: number, value: number, achieved: number) => ({
      value,
      achievedAt: START + achieved,
      state: { start: START + minutes * MINUTE },
    });
    record(user, 5);
    expect(cellOf(user)).toEqual(at(0, 1, 5));
    record(user, 7);
    expect(cellOf(user)).toEqual(at(0, 2, 7));
    record(user, 8);
    expect(cellOf(user)).toEqual(at(0, 2, 7));
    record(user, MINUTE);
    expect(cellOf(user)).toEqual(at(1, 1, MINUTE));
    record(user, 9);
    expect(cellOf(user)).toEqual(at(1, 1, MINUTE));
  });

  test('that is older is counted in the log, where the event at hand may be already', () => {
    const user = player('minute', 2);
    record(user, 5, 3 * MINUTE);
    expect([record(user, 6), record(user, 7)]).toEqual([[true], [false]]);
    expect(record(user, 2 * MINUTE, 2 * MINUTE + 1, 2 * MINUTE + 2)).toEqual([true, true, false]);
  });

  test('is none where there is no limit, and for what the log gives back', () => {
    const user = player('minute', 1);
    user.record([event('free', START), event('free', START + 1)]);
    expect([...user.state.cells.keys()].filter((key) => key.startsWith('@limit'))).toEqual([]);
    user.record([0, 1, 2].map((at) => event('lap', START + at, null, { priced: { points: 0, xp: 0 } })));
    expect(cellOf(user)).toMatchObject({ value: 3 });
    expect(record(user, 3)).toEqual([false]);
  });
});
