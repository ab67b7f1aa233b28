import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { aliasAndDirectiveRule, MOST_ALIASES, MOST_DIRECTIVES } from '../../src/graphql/document-limits.ts';
import { processorMs } from '../support/processor-time.ts';

const schema = buildSchema('type Query { a: Query b: Int }');
const faults = (text: string): string[] =>
  validate(schema, parse(text), [aliasAndDirectiveRule]).map(({ message }) => message);
const aliases = (count: number): string => Array.from({ length: count }, (_, at) => `a${at}: b`).join(' ');
const tooMany = (count: number) => [`The operation has ${count} aliases; at most ${MOST_ALIASES} are answered`];

describe('the aliases of an operation', () => {
  it.each<[string, string, string[]]>([
    ['fields', `{ ${aliases(15)} }`, []],
    ['one too many', `{ ${aliases(16)} }`, tooMany(16)],
    ['below each other', `{ x: a { y: a { ${aliases(14)} } } }`, tooMany(16)],
    ['in inline fragments', `{ ... { ${aliases(8)} } ... on Query { ${aliases(8)} } }`, tooMany(16)],
    ['in a fragment, each time it is spread', `{ ...F a { ...F } } fragment F on Query { ${aliases(8)} }`, tooMany(16)],
    ['in a fragment that nobody spreads', `{ b } fragment F on Query { ${aliases(16)} }`, []],
    [
      'in fragments inside fragments',
      `{ ...F } fragment F on Query { ...G a { ...G } } fragment G on Query { ${aliases(8)} }`,
      tooMany(16),
    ],
    ['in a fragment that spreads itself', `{ ...F } fragment F on Query { ${aliases(8)} a { ...F } }`, []],
    ['in a fragment that is not there', '{ ...F }', []],
    ['of each operation alone', `query A { ${aliases(15)} } query B { ${aliases(15)} }`, []],
    ['of one operation of two', `query A { ${aliases(15)} } query B { ${aliases(16)} }`, tooMany(16)],
  ])('%s', (_name, text, expected) => {
    expect(faults(text)).toEqual(expected);
  });

  it('are counted in the time the document takes, however often fragments are spread', () => {
    const fragments = Array.from(
      { length: 60 },
      (_, at) => `fragment F${at} on Query { a { ...F${at + 1} } x: a { ...F${at + 1} } }`,
    );
    const text = `{ ...F0 } ${fragments.join(' ')} fragment F60 on Query { b }`;
    expect(processorMs(() => expect(faults(text)).toEqual(tooMany(2 ** 60 - 1)))).toBeLessThan(100);
  });
});

it('the directives of an operation, wherever they stand', () => {
  const on = '@include(if: true)';
  const text = (count: number) =>
    `query ($v: Int ${on}) ${on} { b ${on} ... ${on} { b } ...F ${count === 6 ? on : ''} } fragment F on Query { b ${on} }`;
  expect(faults(text(5))).toEqual([]);
  expect(faults(text(6))).toEqual([`The operation has 6 directives; at most ${MOST_DIRECTIVES} are answered`]);
});
