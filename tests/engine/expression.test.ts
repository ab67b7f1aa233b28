import { describe, expect, test } from 'vitest';
import { compileExpression, wholeAmount } from '../../src/engine/expression.ts';
import type { DetailField } from '../../src/engine/expression-types.ts';
import { processorMs } from '../support/processor-time.ts';
import { catalogOf, event, faultsOf, MemoryUser, START } from './support.ts';

const details = new Map<string, DetailField>([
  ['seconds', { type: 'number', optional: false }],
  ['laps', { type: 'integer', optional: true }],
  ['track', { type: 'string', optional: true }],
  ['assists', { type: 'boolean', optional: true }],
  ['tags', { type: 'list', optional: true }],
  ['car', { type: 'other', optional: true }],
]);
const user = new Map<string, DetailField>([['class', { type: 'string', optional: true }]]);
const fields = { details, user };

function value(
  text: string,
  given: object = {},
  wanted: 'bool' | 'number' = 'number',
  attributes: object | null = null,
): unknown {
  const result = compileExpression(text, fields, wanted);
  if (!result.ok) return `fault: ${result.problem.message}`;
  const run = result.expression.run({ details: given as never, user: attributes as never });
  return run.ok ? run.value : `run: ${run.message}`;
}

describe('numbers just work', () => {
  test.each([
    ['details.seconds < 60 ? 20 : 10', { seconds: 59.9 }, 20],
    ['details.seconds < 60 ? 20 : 10', { seconds: 60 }, 10],
    ['details.laps + 1', { laps: 2 }, 3],
    ['details.seconds * 2 + details.laps', { seconds: 1.5, laps: 1 }, 4],
    ['7 / 2', {}, 3.5],
    ['7 % 4', {}, 3],
    ['-details.laps', { laps: 2 }, -2],
    ['floor(1.9) + ceil(1.1) + round(2.5) + abs(-3)', {}, 9],
    ['round(-2.5)', {}, -3],
    ['min(3, 1, 2) + max(3, 1, 2)', {}, 4],
    ['int(-1.5) + double(2)', {}, 1],
    ['size(details.track) + size(details.tags)', { track: 'abc', tags: [1, 2] }, 5],
    ['100 * (1.5 * 1.2)', {}, 179.99999999999997],
    ['1 / 0', {}, 'run: a finite number is needed here'],
    ['1.0e308 * 10', {}, 'run: a finite number is needed here'],
  ])('%s of %j is %j', (text, given, wanted) => {
    expect(value(text, given)).toBe(wanted);
  });
});

describe('conditions', () => {
  test.each([
    ['!details.assists', {}, true],
    ['!details.assists', { assists: true }, false],
    ['details.laps == 0', {}, true],
    ['details.track == ""', {}, true],
    ['details.track == ""', { track: null }, true],
    ['has(details.laps)', {}, false],
    ['has(details.laps)', { laps: 0 }, true],
    ['has(details.track) && details.track.startsWith("nor")', { track: 'north' }, true],
    ['details.track.endsWith("th") || details.track.contains("x")', { track: 'south' }, true],
    ['details.track in ["north", "south"]', { track: 'south' }, true],
    ['"rain" in details.tags', { tags: ['rain'] }, true],
    ['details.laps == 3', { laps: 3 }, true],
    ['details.laps != 3.0', { laps: 3 }, false],
    ['details.track >= "a"', { track: 'b' }, true],
    ['details.car.wheels == 4', { car: { wheels: 4 } }, true],
    ['details.car.wheels > 4', { car: {} }, 'run: numbers or texts are compared here'],
    ['has(details.car.wheels)', { car: {} }, false],
    ['string(details.laps) == "3"', { laps: 3 }, true],
    ['details.track + "!" == "a!"', { track: 'a' }, true],
  ])('%s of %j is %j', (text, given, wanted) => {
    expect(value(text, given, 'bool')).toBe(wanted);
  });

  test('attributes of the user are read beside the details', () => {
    expect(value('user.class == "racer"', {}, 'bool', { class: 'racer' })).toBe(true);
    expect(value('user.class == "racer"', {}, 'bool', null)).toBe(false);
  });

  test('what is inherited is not there', () => {
    const odd = new Map<string, DetailField>([['toString', { type: 'string', optional: true }]]);
    const result = compileExpression('has(details.toString)', { details: odd, user }, 'bool');
    expect(result.ok && result.expression.run({ details: {}, user: null })).toEqual({ ok: true, value: false });
  });
});

describe('what is refused when the catalog loads', () => {
  test.each([
    ['details.secnds < 60', 'bool', 'The details have no field "secnds"', 8, 'seconds'],
    [
      'detals.seconds < 60',
      'bool',
      '"detals" is not known here; expressions read details.<field> and user.<attribute>',
      0,
      'details',
    ],
    ['user.clas == "a"', 'bool', 'The user has no field "clas"', 5, 'class'],
    ['details.seconds', 'bool', 'This must be true or false, not a number', 0, undefined],
    ['details.track', 'number', 'This must be a number, not a text', 0, undefined],
    ['details.seconds < "60"', 'bool', '"<" compares or joins two values of one type', 18, undefined],
    ['details.track - 1', 'number', '"-" compares or joins two values of one type', 16, undefined],
    ['details.assists + details.assists', 'number', '"+" takes numbers', 0, undefined],
    ['details.assists ? 1 : "a"', 'number', 'Both sides of ? : must be of one type', 22, undefined],
    ['details.seconds ? 1 : 2', 'number', 'This must be true or false, not a number', 0, undefined],
    ['flor(1.5)', 'number', 'There is no function "flor"', 0, 'floor'],
    ['floor("a")', 'number', 'This must be a number, not a text', 6, undefined],
    ['floor(1, 2)', 'number', 'floor() takes one number', 0, undefined],
    [
      'details.track.matches("(a+)+$")',
      'bool',
      'matches() is not allowed; use startsWith, endsWith or contains',
      14,
      undefined,
    ],
    ['[1, 2].exists(x, x > 1)', 'bool', 'There is no method "exists"', 7, undefined],
    ['details.track in ["a", 2]', 'bool', 'The list holds another type', 23, undefined],
    ['timestamp("2026-01-01T00:00:00Z") > 1', 'bool', 'There is no function "timestamp"', 0, undefined],
    ['null == 1', 'bool', 'This kind of value is not supported here', 0, undefined],
  ] as const)('%s', (text, wanted, message, offset, suggestion) => {
    const result = compileExpression(text, fields, wanted);
    const problem = suggestion === undefined ? { message, offset } : { message, offset, suggestion };
    expect(result).toEqual({ ok: false, problem });
  });

  test.each(['', '1 +', '((((', '"', 'a b', '1 +* 2', '{}', '{"a": 1}', 'x.y.z', 'has(1)', 'details'])(
    'broken: %s',
    (text) => {
      expect(compileExpression(text, fields, 'bool').ok).toBe(false);
    },
  );
});

describe('hostile expressions are refused within 100 ms', () => {
  test.each([
    ['a hundred thousand characters', `1${' + 1'.repeat(25_000)}`],
    ['deep brackets', `${'('.repeat(900)}1${')'.repeat(900)}`],
    ['many nodes', `1${'+1'.repeat(900)} > 0`],
    ['deep nots', `${'!'.repeat(1900)}true`],
    ['long list', `1 in [${'1,'.repeat(900)}1]`],
    ['many ternaries', `${'true ? '.repeat(200)}true${' : true'.repeat(200)}`],
  ])('%s', (_name, text) => {
    let ok = true;
    const ms = processorMs(() => {
      ok = compileExpression(text, fields, 'bool').ok;
    });
    expect(ms).toBeLessThan(100);
    expect(ok).toBe(false);
  });
});

test('a fault in a catalog points at the character inside the expression', () => {
  const text = `laurel: 1
eventTypes:
  lap: { xp: "details.secnds < 60 ? 20 : 10", details: { seconds: number } }
metrics:
  quick: { count: lap, where: details.seconds < limit }
`;
  expect(faultsOf(text).map(({ line, column, suggestion }) => [line, column, suggestion])).toEqual([
    [3, 23, 'seconds'],
    [5, 49, undefined],
  ]);
});

test('amounts: within 1e-9 of an integer it is that one, else floored, never below 0', () => {
  expect([179.99999999999997, 1.9, 1.999, -3, 0.0000000001, 2.0000000001].map(wholeAmount)).toEqual([
    180, 1, 1, 0, 0, 2,
  ]);
});

test('a price that fails refuses the event, a condition that fails is false', () => {
  const catalog = catalogOf(`
eventTypes: { lap: { points: "60 / details.seconds", details: { seconds: number } } }
metrics: { odd: { count: lap, where: "1 / details.seconds > 0" }, laps: { count: lap } }
`);
  const player = new MemoryUser(catalog);
  const [refused] = player.record([event('lap', START, { seconds: 0 })]);
  expect(refused).toMatchObject({
    kind: 'refused',
    refusal: { kind: 'price', message: 'points of lap: a finite number is needed here' },
  });
  expect(player.value('laps')).toBeNull();
  player.record([event('lap', START, { seconds: 7 })]);
  expect([player.state.score, player.value('laps'), player.value('odd')]).toEqual([8, 1, 1]);
});
