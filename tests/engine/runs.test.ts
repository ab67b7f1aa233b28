import { describe, expect, test } from 'vitest';
import { OPENING } from '../../src/engine/opening.ts';
import { cell, everyWay } from './every-way.ts';
import { catalogOf, event, MemoryUser, START } from './support.ts';

const TEXT = `
eventTypes: { win: {}, lose: {} }
metrics: { run: { run: win, brokenBy: lose } }
`;
const of = (type: string, at: number) => event(type, START + at);
const brought = (run: number, at: number) =>
  event(OPENING, START + at, { metrics: { run }, streaks: {} }, { priced: { points: 0, xp: 0 } });
const cellOf = (user: MemoryUser) => user.state.cells.get('run\u0000\u0000');

describe('a run', () => {
  test('goes on over a batch and begins anew after a break', () => {
    const user = new MemoryUser(catalogOf(TEXT));
    const events = [of('win', 0), of('win', 1), of('lose', 2), of('win', 3)];
    user.record(events);
    expect(cellOf(user)).toEqual({
      value: 2,
      achievedAt: START + 1,
      state: { current: 1, at: START + 3, id: events[3]?.id },
    });
  });

  test('that was broken before it began is none', () => {
    const user = new MemoryUser(catalogOf(TEXT));
    const lost = of('lose', 0);
    user.record([lost]);
    expect(cellOf(user)).toEqual({ value: 0, achievedAt: null, state: { current: 0, at: START, id: lost.id } });
  });

  test('is joined by a late event, and parted by a late break', () => {
    const events = [of('win', 0), of('win', 1), of('lose', 2), of('win', 3), of('win', 4)];
    expect(everyWay(TEXT, events, (user) => cell(user, 'run'))).toEqual([[2, 1]]);
    const user = new MemoryUser(catalogOf(TEXT));
    user.record([of('win', 0), of('win', 2), of('win', 6)]);
    user.record([of('lose', 1)], START + 6);
    expect(cell(user, 'run')).toEqual([2, 6]);
    user.record([of('win', 4)], START + 6);
    expect(cell(user, 'run')).toEqual([3, 6]);
  });
});

describe('a run that was reached elsewhere', () => {
  test('is the longest, and is not gone on with', () => {
    const user = new MemoryUser(catalogOf(TEXT));
    const opening = brought(3, 0);
    user.record([opening]);
    expect(cellOf(user)).toEqual({
      value: 3,
      achievedAt: START,
      state: { current: 0, at: START, id: opening.id },
    });
    user.record([of('win', 1)]);
    expect(cellOf(user)).toMatchObject({ value: 3, achievedAt: START, state: { current: 1 } });
  });

  test.each([
    ['as long as', 2],
    ['shorter than', 1],
  ])('and is %s the one at hand leaves it as it is, and unbroken', (_name, length) => {
    const user = new MemoryUser(catalogOf(TEXT));
    const opening = brought(length, 2);
    user.record([of('win', 0), of('win', 1), opening]);
    expect(cellOf(user)).toEqual({
      value: 2,
      achievedAt: START + 1,
      state: { current: 2, at: START + 2, id: opening.id },
    });
    user.record([of('win', 3)]);
    expect(cell(user, 'run')).toEqual([3, 3]);
  });
});
