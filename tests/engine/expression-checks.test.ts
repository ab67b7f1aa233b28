import { describe, expect, test } from 'vitest';
import { compileExpression, wholeAmount } from '../../src/engine/expression.ts';
import type { DetailField } from '../../src/engine/expression-types.ts';
import { faultsOf } from './support.ts';

const details = new Map<string, DetailField>([
  ['seconds', { type: 'number', optional: false }],
  ['laps', { type: 'integer', optional: true }],
  ['track', { type: 'string', optional: true }],
  ['assists', { type: 'boolean', optional: true }],
  ['tags', { type: 'list', optional: true }],
  ['car', { type: 'other', optional: true }],
]);
const fields = { details, user: new Map<string, DetailField>([['class', { type: 'string', optional: true }]]) };

/** The value of an expression, or `run: ...` where it fails at the moment. A fault of the text fails the test. */
function value(text: string, given: object, wanted: 'bool' | 'number'): unknown {
  const result = compileExpression(text, fields, wanted);
  if (!result.ok) throw new Error(result.problem.message);
  const run = result.expression.run({ details: given as never, user: null });
  return run.ok ? run.value : `run: ${run.message}`;
}

describe('operators', () => {
  test.each([
    ['details.laps <= 2', { laps: 2 }, true],
    ['details.laps <= 2', { laps: 3 }, false],
    ['details.laps <= 2', { laps: 1 }, true],
    ['details.laps > 2', { laps: 2 }, false],
    ['details.laps > 2', { laps: 3 }, true],
    ['details.laps >= 2', { laps: 1 }, false],
    ['details.track != "a"', { track: 'b' }, true],
    ['details.track != "a"', { track: 'a' }, false],
    ['details.assists && details.laps > 1', { assists: true, laps: 2 }, true],
    ['details.assists && details.laps > 1', { assists: true, laps: 1 }, false],
    ['details.assists && details.laps > 1', { assists: false, laps: 2 }, false],
    ['details.assists || details.laps > 1', { assists: false, laps: 1 }, false],
    ['details.assists || details.laps > 1', { assists: true, laps: 1 }, true],
    ['true', {}, true],
    ['details.assists == false', { assists: false }, true],
    ['details.laps in [1, 2]', { laps: 3 }, false],
    ['"rain" in details.tags', { tags: ['sun'] }, false],
  ])('%s of %j is %j', (text, given, wanted) => {
    expect(value(text, given, 'bool')).toBe(wanted);
  });

  test.each([
    ['details.seconds - 0.5', { seconds: 2 }, 1.5],
    ['details.track.size()', { track: 'abc' }, 3],
    ['details.tags.size() + size("ab")', { tags: [1] }, 3],
    ['details.assists ? 1 : 2', { assists: true }, 1],
    ['max(5)', {}, 5],
  ])('%s of %j is %d', (text, given, wanted) => {
    expect(value(text, given, 'number')).toBe(wanted);
  });
});

describe('a field whose schema says no more fits anywhere, and is judged when it is read', () => {
  test.each([
    ['details.car.flag', { flag: true }, true],
    ['details.car.flag', { flag: 5 }, 'run: the result is not true or false'],
    ['!details.car.flag', { flag: true }, false],
    ['!details.car.flag', { flag: 5 }, 'run: true or false is needed here'],
    ['details.car.name + "!" == "a!"', { name: 'a' }, true],
    ['"a" + details.car.name == "ab"', { name: 'b' }, true],
    ['details.car.left + details.car.right == 5', { left: 2, right: 3 }, true],
    ['details.car.left - details.car.right == 5', { left: 2, right: 'x' }, 'run: a finite number is needed here'],
    ['1 == details.car.wheels', { wheels: 1 }, true],
    ['details.car.wheels > 4', { wheels: 'x' }, 'run: numbers or texts are compared here'],
    ['4 < details.car.wheels', { wheels: 'x' }, 'run: numbers or texts are compared here'],
    ['details.car.name > "a"', { name: true }, 'run: numbers or texts are compared here'],
    ['"a" < details.car.name', { name: true }, 'run: numbers or texts are compared here'],
    ['details.car.name > "a"', { name: 'b' }, true],
    ['1 in details.car.laps', { laps: [1, 2] }, true],
    ['1 in details.car.laps', { laps: [2] }, false],
    ['1 in details.car.laps', { laps: 1 }, false],
    ['details.car.engine.power == 90', { engine: { power: 90 } }, true],
    ['has(details.car.engine.power)', { engine: {} }, false],
    ['size(details.car.name) == 3', { name: 'abc' }, true],
    ['size(details.car.name) == 0', { name: 5 }, true],
    ['size(details.car.name) == 0', { name: { length: 9 } }, true],
  ])('%s of a car %j is %j', (text, car, wanted) => {
    expect(value(text, { car }, 'bool')).toBe(wanted);
  });

  test.each(['text', [1, 2], null])('a part of %j is absent', (car) => {
    expect([
      value('has(details.car.length)', { car }, 'bool'),
      value('has(details.car.size)', { car }, 'bool'),
    ]).toEqual([false, false]);
  });

  test('a number is wanted and none comes', () => {
    expect(value('details.car', { car: 'fast' }, 'number')).toBe('run: the result is not a number');
    expect(value('details.car', { car: Number.POSITIVE_INFINITY }, 'number')).toBe('run: the result is not a number');
    expect(value('details.car', { car: 4 }, 'number')).toBe(4);
  });

  test('the two sides of ? : agree on the type that one of them declares', () => {
    for (const text of ['!(details.assists ? details.car.x : 1)', '!(details.assists ? 1 : details.car.x)']) {
      expect(compileExpression(text, fields, 'bool')).toEqual({
        ok: false,
        problem: { message: 'This must be true or false, not a number', offset: 2 },
      });
    }
  });

  test('whatever goes wrong while it runs is a fault of that event alone', () => {
    const text = value('string(details.car) == "a"', { car: { toString: 1, valueOf: 1 } }, 'bool');
    expect(text).toBe('run: the expression failed');
  });
});

describe('each fault says what is wrong, and where', () => {
  test.each([
    ['details.track.length', 'bool', 'There is no "length" in it', 14, undefined],
    ['details.secnds.x', 'bool', 'The details have no field "secnds"', 8, 'seconds'],
    [
      'usr.class == "a"',
      'bool',
      '"usr" is not known here; expressions read details.<field> and user.<attribute>',
      0,
      'user',
    ],
    [
      'laps > 1',
      'bool',
      '"laps" is not known here; expressions read details.<field> and user.<attribute>',
      0,
      undefined,
    ],
    ['has(1)', 'bool', 'A field such as details.seconds must stand here', 4, undefined],
    ['has()', 'bool', 'has() takes one field', 0, undefined],
    ['has(details.laps, details.track)', 'bool', 'has() takes one field', 0, undefined],
    ['hass(details.laps)', 'bool', 'There is no function "hass"', 0, 'has'],
    ['min()', 'number', 'min() needs a value', 0, undefined],
    ['size()', 'number', 'size() needs a value', 0, undefined],
    ['size(1) > 0', 'bool', 'size() measures a text or a list', 5, undefined],
    ['size(true) > 0', 'bool', 'size() measures a text or a list', 5, undefined],
    ['details.track.size(1) > 0', 'bool', 'There is no method "size"', 14, undefined],
    ['details.track.strip()', 'bool', 'There is no method "strip"', 14, undefined],
    ['details.track.toString()', 'bool', 'There is no method "toString"', 14, undefined],
    ['details.track.startsWith()', 'bool', 'startsWith() takes one text', 14, undefined],
    ['details.track.startsWith("a", "b")', 'bool', 'startsWith() takes one text', 14, undefined],
    ['details.laps.contains("a")', 'bool', 'This must be a text, not a number', 0, undefined],
    ['details.track.contains(1)', 'bool', 'This must be a text, not a number', 23, undefined],
    ['details.tags && true', 'bool', 'This must be true or false, not a list', 0, undefined],
    ['1 in details.track', 'bool', 'This must be a list, not a text', 5, undefined],
    ['details.assists < true', 'bool', '"<" compares numbers or texts', 0, undefined],
    ['details.tags >= details.tags', 'bool', '">=" compares numbers or texts', 0, undefined],
    ['details.car.x > false', 'bool', '">" compares numbers or texts', 0, undefined],
    ['[1] <= details.car.x', 'bool', '"<=" compares numbers or texts', 0, undefined],
    ['details.laps == "a"', 'bool', '"==" compares or joins two values of one type', 16, undefined],
    ['details.assists - details.assists', 'number', '"-" takes numbers', 0, undefined],
    ['details.car.x * "2"', 'number', '"*" takes numbers', 0, undefined],
    ['details.track * details.track', 'number', '"*" takes numbers', 0, undefined],
    ['details.tags[0] == 1', 'bool', '"[]" is not supported here', 0, undefined],
    ['{}', 'bool', '"map" is not supported here', 0, undefined],
    ['details.tags', 'number', 'This must be a number, not a list', 0, undefined],
    ['details.laps', 'bool', 'This must be true or false, not a number', 0, undefined],
    ['details.laps +', 'number', 'Unexpected token: EOF', 14, undefined],
    ['1 +* 2', 'number', 'Unexpected token: MULTIPLY', 3, undefined],
  ] as const)('%s', (text, wanted, message, offset, suggestion) => {
    const problem = suggestion === undefined ? { message, offset } : { message, offset, suggestion };
    expect(compileExpression(text, fields, wanted)).toStrictEqual({ ok: false, problem });
  });

  test('two thousand characters are allowed, one more is refused', () => {
    expect(compileExpression('1'.padEnd(2_000), fields, 'number').ok).toBe(true);
    expect(compileExpression('1'.padEnd(2_001), fields, 'number')).toEqual({
      ok: false,
      problem: { message: 'An expression may hold 2000 characters at most', offset: 0 },
    });
  });

  test('in a catalog the fault has its code; in a text of several lines it points at where that begins', () => {
    const text = `laurel: 1
eventTypes:
  lap: { details: { seconds: number } }
metrics:
  plain: { count: lap, where: details.secnds < 60 }
  folded:
    count: lap
    where: >-
      details.seconds > 5 &&
      details.secnds < 60
`;
    const told = faultsOf(text).map(({ line, column, code, suggestion }) => [line, column, code, suggestion]);
    expect(told).toEqual([
      [5, 39, 'badExpression', 'seconds'],
      [8, 12, 'badExpression', 'seconds'],
    ]);
  });
});

test('an amount a hair below an integer is that integer, whichever side it lies on', () => {
  expect([2 - 5e-10, 2 - 5e-9, 2 + 5e-10, -0.5, -1e-12].map(wholeAmount)).toEqual([2, 1, 2, 0, 0]);
});
