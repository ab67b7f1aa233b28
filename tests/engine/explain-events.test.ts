import { expect, test } from 'vitest';
import { explain, explainNeeds } from '../../src/engine/explain.ts';
import { answerFromMemory } from '../../src/engine/merge.ts';
import type { FoldEvent } from '../../src/engine/state.ts';
import { catalogOf, DAY, event, MemoryUser, START } from './support.ts';

const catalog = catalogOf(`
eventTypes:
  login: {}
  lap: { details: { track: string?, seconds: number? } }
seasons: { s1: { startsAt: 2026-01-05, endsAt: 2026-01-10 } }
metrics:
  laps: { count: lap }
  total: { sum: details.seconds, of: lap }
  record: { min: details.seconds, of: lap, by: details.track, where: "details.seconds > 0 || !has(details.seconds)" }
streaks: { daily: { of: [login] } }
achievements:
  winter: { season: s1, when: { metric: laps, atLeast: 9 } }
  far: { when: { metric: total, atLeast: 900 } }
  north: { when: { metric: record, key: north, atMost: 1 } }
  any: { when: { metric: record, atMost: 1 } }
  days: { when: { streak: daily, atLeast: 9 } }
`);
const now = START + 20 * DAY;
const reader = { timezone: null };

function last(key: string, events: readonly FoldEvent[]) {
  const user = new MemoryUser(catalog);
  user.record(events, now);
  const state = answerFromMemory(user.state, explainNeeds(catalog, key, reader, now), user.log);
  const told = explain(catalog, key, state, reader, now);
  return [
    told?.lastMatching?.occurredAt ?? null,
    told?.lastNearly?.occurredAt ?? null,
    told?.lastNearly?.refusedBy ?? null,
  ];
}

const lap = (day: number, details: FoldEvent['details']) => event('lap', START + day * DAY, details);

test.each([
  ['what lies outside the season', 'winter', [lap(6, {}), lap(12, {})], 6, 12, 'outside season s1'],
  ['what lies before the season', 'winter', [lap(3, {})], null, 3, 'outside season s1'],
  ['an event without the value', 'far', [lap(1, { seconds: 5 }), lap(2, {})], 1, 2, 'no details.seconds'],
  [
    'an event without the key',
    'any',
    [lap(1, { track: 'a', seconds: 5 }), lap(2, { seconds: 5 })],
    1,
    2,
    'no details.track',
  ],
  [
    'an event of another key',
    'north',
    [lap(1, { track: 'north', seconds: 5 }), lap(2, { track: 'south', seconds: 5 })],
    1,
    2,
    'details.track is not north',
  ],
  [
    'the condition before what is missing',
    'north',
    [lap(1, { seconds: 0 })],
    null,
    1,
    'details.seconds > 0 || !has(details.seconds)',
  ],
])('%s does not count, and says why', (_, key, events, matching, nearly, refusedBy) => {
  const at = (day: number | null) => (day === null ? null : START + day * DAY);
  expect(last(key, events)).toEqual([at(matching), at(nearly), refusedBy]);
});

test('any key of a metric counts for a rule that names none', () => {
  expect(last('any', [lap(1, { track: 'south', seconds: 5 })])).toEqual([START + DAY, null, null]);
});

test('a streak has its last event too', () => {
  expect(last('days', [event('login', START), lap(1, {})])).toEqual([START, null, null]);
});

test('the newest thousand of the types are looked at, no more', () => {
  const laps = Array.from({ length: 1_001 }, (_, index) =>
    event('lap', START + DAY + index, index === 0 ? { seconds: 1 } : {}),
  );
  expect(last('far', laps)).toEqual([null, START + DAY + 1_000, 'no details.seconds']);
  expect(last('far', laps.slice(0, -1))).toEqual([START + DAY, START + DAY + 999, 'no details.seconds']);
});
