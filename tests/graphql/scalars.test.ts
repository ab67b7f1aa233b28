import { type GraphQLScalarType, parseValue } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildSchema } from '../../src/graphql/schema.ts';

const schema = buildSchema();
const scalar = (name: string) => schema.getType(name) as GraphQLScalarType;

describe('DateTime', () => {
  it.each([
    ['2026-11-20T08:15:30Z', '2026-11-20T08:15:30.000Z'],
    ['2026-11-20T08:15:30.123456789Z', '2026-11-20T08:15:30.123Z'],
    ['2026-11-20T08:15:30.5+03:00', '2026-11-20T05:15:30.500Z'],
    ['2026-11-20t08:15:30z', '2026-11-20T08:15:30.000Z'],
    ['2024-02-29T23:59:59-12:00', '2024-03-01T11:59:59.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('reads %s as %s', (text, instant) => {
    expect(scalar('DateTime').serialize(scalar('DateTime').parseValue(text))).toBe(instant);
  });

  it.each([
    '',
    'now',
    '2026-11-20',
    '2026-11-20T08:15:30',
    '2026-11-20 08:15:30Z',
    '2026-11-20T08:15Z',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T23:60:00Z',
    '2026-11-20T23:59:60Z',
    '2026-11-20T00:00:00+24:00',
    '2026-11-20T00:00:00+0300',
    '+012026-11-20T00:00:00Z',
    '2026-11-20T08:15:30Z\n',
    1_763_626_530_000,
    null,
    true,
    {},
    [],
  ])('refuses %j', (value) => {
    expect(() => scalar('DateTime').parseValue(value)).toThrow(/^DateTime \(RFC 3339\) cannot represent/);
  });
});

describe('Date', () => {
  it.each(['2026-11-20', '2024-02-29', '0001-01-01'])('reads %s', (text) => {
    expect(scalar('Date').serialize(scalar('Date').parseValue(text))).toBe(text);
  });

  it.each(['', '2026-11-31', '2025-02-29', '2026-1-1', '2026-11-20T00:00:00Z', 20261120, null])(
    'refuses %j',
    (value) => {
      expect(() => scalar('Date').parseValue(value)).toThrow(/^Date \(YYYY-MM-DD\) cannot represent/);
    },
  );
});

describe('SafeInt', () => {
  const MOST = 9_007_199_254_740_991;
  it.each([0, -1, MOST, -MOST])('is %i', (value) => {
    expect([scalar('SafeInt').parseValue(value), scalar('SafeInt').serialize(BigInt(value))]).toEqual([value, value]);
  });

  it.each([MOST + 1, -MOST - 1, 1.5, '1', Number.NaN, Number.POSITIVE_INFINITY, null, true])('is not %j', (value) => {
    expect(() => scalar('SafeInt').parseValue(value)).toThrow(/^SafeInt cannot represent/);
  });

  it('refuses to answer a number that would not be exact', () => {
    expect(() => scalar('SafeInt').serialize(2n ** 53n)).toThrow(/cannot represent/);
  });
});

describe('JSON', () => {
  const literal = (text: string, variables: Record<string, unknown> = {}) =>
    scalar('JSON').parseLiteral(parseValue(text), variables);

  it.each<[string, unknown]>([
    ['null', null],
    ['1', 1],
    ['-1.5e3', -1_500],
    ['"я"', 'я'],
    ['true', true],
    ['ENUM', 'ENUM'],
    ['[1, [2, { a: null }]]', [1, [2, { a: null }]]],
    ['{ a: { b: [] }, c: "" }', { a: { b: [] }, c: '' }],
    ['{ a: $x, b: $missing }', { a: [1], b: null }],
  ])('written in an operation as %s', (text, value) => {
    expect(literal(text, { x: [1] })).toEqual(value);
  });

  it('takes __proto__ for a key like any other', () => {
    const value = literal('{ __proto__: { admin: true } }') as Record<string, unknown>;
    expect([Object.keys(value), Object.getPrototypeOf(value) === Object.prototype, value['admin']]).toEqual([
      ['__proto__'],
      true,
      undefined,
    ]);
  });

  it('takes 64 levels, and refuses 65 however it is sent', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(scalar('JSON').parseValue(JSON.parse(nested(64)))).toEqual(JSON.parse(nested(64)));
    for (const levels of [66, 100_000])
      expect(() => scalar('JSON').parseValue(JSON.parse(nested(levels)))).toThrow(/more than 64 levels deep/);
    expect(() => literal(nested(66))).toThrow(/more than 64 levels deep/);
  });

  it('refuses a number that has no JSON form', () => {
    expect(() => scalar('JSON').parseValue(JSON.parse('{"a":[1e400]}'))).toThrow(
      'JSON holds a number that is too large',
    );
    expect(() => literal('{ a: -1e400 }')).toThrow('JSON holds a number that is too large');
  });
});
