import { describe, expect, test } from 'vitest';
import { formatFault, nearest } from '../../src/engine/format-fault.ts';
import type { Fault } from '../../src/engine/source.ts';

const fault: Fault = { file: 'game.yaml', line: 2, column: 3, code: 'missing', message: 'It is missing' };

describe('a fault as it is printed', () => {
  test('shows its line with a caret; a tab is one place wide, the end of the line is trimmed', () => {
    expect(formatFault(fault, 'laurel: 1\n\ta: 5  \r\nb: 6')).toBe(
      ['game.yaml:2:3: It is missing', '  2 |  a: 5', '    |   ^'].join('\n'),
    );
  });

  test('leaves the line out when there is no text, no such line, or nothing in it', () => {
    const alone = 'game.yaml:2:3: It is missing';
    expect([formatFault(fault), formatFault(fault, 'laurel: 1'), formatFault(fault, 'laurel: 1\n   \nb: 6')]).toEqual([
      alone,
      alone,
      alone,
    ]);
  });

  test('shows two hundred characters of a long line, and none when the place lies beyond', () => {
    const text = `laurel: 1\n${'x'.repeat(300)}`;
    expect(formatFault({ ...fault, column: 200 }, text).split('\n')).toEqual([
      'game.yaml:2:200: It is missing',
      `  2 | ${'x'.repeat(200)}`,
      `    | ${' '.repeat(199)}^`,
    ]);
    expect(formatFault({ ...fault, column: 201 }, text)).toBe('game.yaml:2:201: It is missing');
  });

  test('says what was probably meant, with or without the line', () => {
    expect(formatFault({ ...fault, suggestion: 'logins' })).toBe(
      'game.yaml:2:3: It is missing\n  did you mean "logins"?',
    );
  });
});

describe('the nearest name', () => {
  test.each([
    ['logn', ['login', 'logout'], 'login'],
    ['lgoin', ['login'], 'login'],
    ['abdc', ['abcd'], 'abcd'],
    ['LOGIN', ['login'], 'login'],
    ['logins', ['login', 'logins2'], 'login'],
    ['login', ['xlogin', 'login'], 'login'],
    ['ab', ['ba'], 'ba'],
    ['ab', ['cd'], undefined],
    ['a', ['b'], undefined],
    ['lapfinished', ['lap_finished'], 'lap_finished'],
    ['kitten', ['sitting'], undefined],
    ['kittens', ['sitting'], 'sitting'],
    ['kittenss', ['sitting'], undefined],
    ['saturday', ['sunday'], 'sunday'],
    ['abcdef', ['abcxyz'], undefined],
    ['abcdefg', ['abcxyzg'], 'abcxyzg'],
    ['ca', ['abc'], undefined],
    ['', ['a'], undefined],
    ['x', [], undefined],
  ] as const)('of %s in %j is %s', (name, names, wanted) => {
    expect(nearest(name, names)).toBe(wanted);
  });

  test('of names as near as each other is the first', () => {
    expect(nearest('cat', ['car', 'bat'])).toBe('car');
  });

  test('is not looked for when the name is longer than 64 characters, nor beyond two thousand names', () => {
    const long = 'a'.repeat(64);
    expect([nearest(`${long.slice(1)}b`, [long]), nearest(`${long}b`, [long])]).toEqual([long, undefined]);
    const others = (count: number) => Array.from({ length: count }, (_, index) => `other name ${index}`);
    expect([nearest('logn', [...others(1_999), 'login']), nearest('logn', [...others(2_000), 'login'])]).toEqual([
      'login',
      undefined,
    ]);
  });
});
