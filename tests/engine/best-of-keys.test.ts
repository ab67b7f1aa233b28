import { describe, expect, test } from 'vitest';
import { cell, everyWay } from './every-way.ts';
import { catalogOf, event, MemoryUser, START } from './support.ts';

const EVENTS = `
eventTypes:
  lap: { details: { track: string?, seconds: number? } }
  crash: { details: { track: string? } }
`;
const lap = (at: number, track: string, seconds = 1) => event('lap', START + at, { track, seconds });
const crash = (at: number, track: string) => event('crash', START + at, { track });
const bestState = (user: MemoryUser, metric: string) => user.state.cells.get(`${metric}\u0000\u0000`)?.state;

describe('the best of all keys, whatever the order of arrival', () => {
  test('is that of the key that has it, achieved when that key did', () => {
    const events = [lap(5, 'a', 10), lap(3, 'b', 10), lap(9, 'a', 8), lap(7, 'c', 8)];
    const text = `${EVENTS}metrics:
  best: { min: details.seconds, of: lap, by: details.track }
  most: { max: details.seconds, of: lap, by: details.track }
  last: { latest: details.seconds, of: lap, by: details.track }
`;
    expect(everyWay(text, events, (user) => [cell(user, 'best'), cell(user, 'most'), cell(user, 'last')])).toEqual([
      [
        [8, 7],
        [10, 3],
        [8, 9],
      ],
    ]);
  });

  test('of newest values is the one with the greatest id where several are of one instant', () => {
    const events = [lap(1, 'a', 10), lap(1, 'b', 30), lap(1, 'c', 20), lap(0, 'd', 99)];
    const text = `${EVENTS}metrics: { last: { latest: details.seconds, of: lap, by: details.track } }\n`;
    expect(everyWay(text, events, (user) => [cell(user, 'last'), bestState(user, 'last')])).toEqual([
      [[20, 1], { keys: 4, id: events[2]?.id }],
    ]);
  });

  test('of sums is left to another key when one falls back', () => {
    const events = [lap(1, 'a', 10), lap(2, 'b', 7), lap(3, 'a', -5), lap(4, 'c', 7)];
    const text = `${EVENTS}metrics: { total: { sum: details.seconds, of: lap, by: details.track } }\n`;
    const look = (user: MemoryUser) => [cell(user, 'total'), cell(user, 'total', 'a'), bestState(user, 'total')];
    expect(everyWay(text, events, look)).toEqual([[[7, 2], [5, 3], { keys: 3, fell: true }]]);
  });

  test('of sums may lie below zero', () => {
    const events = [lap(1, 'a', -1), lap(2, 'b', -7), lap(3, 'a', -9)];
    const text = `${EVENTS}metrics: { total: { sum: details.seconds, of: lap, by: details.track } }\n`;
    expect(everyWay(text, events, (user) => cell(user, 'total'))).toEqual([[-7, 2]]);
  });

  test('of runs is left to another key when a late event parts one', () => {
    const events = [lap(0, 'a'), lap(2, 'a'), lap(3, 'b'), crash(1, 'a'), lap(4, 'b')];
    const text = `${EVENTS}metrics: { run: { run: lap, brokenBy: crash, by: details.track } }\n`;
    const look = (user: MemoryUser) => [cell(user, 'run'), cell(user, 'run', 'a'), bestState(user, 'run')];
    expect(everyWay(text, events, look)).toEqual([[[2, 4], [1, 0], { keys: 2 }]]);
  });

  test('of runs comes later where a late event parts the first of two that are equal', () => {
    const text = `${EVENTS}metrics: { run: { run: lap, brokenBy: crash, by: details.track } }\n`;
    const events = [lap(0, 'a'), lap(2, 'a'), crash(3, 'a'), lap(4, 'a'), lap(5, 'a')];
    const user = new MemoryUser(catalogOf(text));
    user.record(events);
    expect(cell(user, 'run')).toEqual([2, 2]);
    user.record([crash(1, 'a')], START + 5);
    expect(cell(user, 'run')).toEqual([2, 5]);
  });
});

describe('2^53 - 1', () => {
  const most = Number.MAX_SAFE_INTEGER;
  const kinds = (user: MemoryUser, ...events: ReturnType<typeof lap>[]) =>
    user.record(events).map((outcome) => (outcome.kind === 'refused' ? outcome.refusal : outcome.kind));
  const refused = { kind: 'valueOutOfRange', metric: 'total' };

  test('is the most of a sum of one key; the others go on', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}metrics: { total: { sum: details.seconds, of: lap, by: details.track } }\n`),
    );
    expect(kinds(user, lap(0, 'a', most), lap(1, 'a', 1), lap(2, 'b', 1))).toEqual(['recorded', refused, 'recorded']);
    expect([user.value('total'), user.value('total', 'a'), user.value('total', 'b')]).toEqual([most, most, 1]);
  });

  test('is the most of a window, though the sum of all time has room', () => {
    const user = new MemoryUser(
      catalogOf(`${EVENTS}metrics: { total: { sum: details.seconds, of: lap, per: day } }\n`),
    );
    const day = 86_400_000;
    expect(kinds(user, lap(0, 'a', -most), lap(day, 'a', most), lap(day + 1, 'a', 1))).toEqual([
      'recorded',
      'recorded',
      refused,
    ]);
    expect([user.value('total'), user.value('total', '', '2026-01-02')]).toEqual([0, most]);
  });
});
