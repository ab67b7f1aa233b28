import { describe, expect, it } from 'vitest';
import {
  decodeCursor,
  encodeCursor,
  type PageArguments,
  pageOf,
  pageOfList,
  pageRequest,
} from '../../src/graphql/pages.ts';

const ALL = ['a', 'b', 'c', 'd', 'e'];
const cursor = encodeCursor;
const page = (args: PageArguments, all: readonly string[] = ALL) => {
  const { edges, pageInfo } = pageOfList(args, all, (key) => key);
  expect(pageInfo.startCursor).toBe(edges.at(0)?.cursor ?? null);
  expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor ?? null);
  return [edges.map(({ node }) => node).join(''), pageInfo.hasPreviousPage, pageInfo.hasNextPage];
};

describe('a page of a list', () => {
  it.each<[PageArguments, string, previous: boolean, next: boolean]>([
    [{}, 'abcde', false, false],
    [{ first: 2 }, 'ab', false, true],
    [{ first: 5 }, 'abcde', false, false],
    [{ first: 0 }, '', false, true],
    [{ first: 2, after: cursor('b') }, 'cd', true, true],
    [{ first: 2, after: cursor('d') }, 'e', true, false],
    [{ after: cursor('e') }, '', true, false],
    [{ last: 2 }, 'de', true, false],
    [{ last: 0 }, '', true, false],
    [{ last: 2, before: cursor('d') }, 'bc', true, true],
    [{ last: 2, before: cursor('b') }, 'a', false, true],
    [{ before: cursor('a') }, '', false, false],
    [{ first: 2, after: cursor('a'), before: cursor('e') }, 'bc', true, true],
    [{ last: 2, after: cursor('a'), before: cursor('e') }, 'cd', true, true],
    [{ after: cursor('d'), before: cursor('b') }, '', true, false],
    [{ first: null, last: null, after: null, before: null }, 'abcde', false, false],
  ])('%j is %s', (args, nodes, previous, next) => {
    expect(page(args)).toEqual([nodes, previous, next]);
  });

  it('has 20 rows unless it is told', () => {
    const all = Array.from({ length: 30 }, (_, index) => String.fromCharCode(97 + index));
    expect(page({}, all)).toEqual([all.slice(0, 20).join(''), false, true]);
    expect(page({ before: cursor(all[29] ?? '') }, all)).toEqual([all.slice(0, 20).join(''), false, true]);
  });

  it.each([{ after: '' }, { after: 'x' }, { before: cursor('z') }, { after: '\u0000' }])(
    'refuses the cursor of %j',
    (args) => {
      expect(() => page(args)).toThrow(/is no cursor of this list/);
    },
  );
});

describe('a page request', () => {
  it.each([{ first: 101 }, { first: -1 }, { last: 101 }, { last: 1.5 }, { first: Number.NaN }])(
    'refuses %j',
    (args) => {
      expect(() => pageRequest(args)).toThrow(/a page has 0 to 100 rows/);
    },
  );

  it('refuses first with last', () => {
    expect(() => pageRequest({ first: 0, last: 0 })).toThrow('first and last cannot go together');
  });

  it('is forwards by default and backwards with last', () => {
    expect(pageRequest({ after: 'x' })).toEqual({ limit: 20, backwards: false, after: 'x', before: null });
    expect(pageRequest({ last: 100, before: 'y' })).toEqual({ limit: 100, backwards: true, after: null, before: 'y' });
  });
});

it('a page of rows read with one more keeps the right end', () => {
  const forwards = pageOf(pageRequest({ first: 2 }), ['a', 'b', 'c'], encodeCursor);
  const backwards = pageOf(pageRequest({ last: 2 }), ['a', 'b', 'c'], encodeCursor);
  expect([forwards, backwards].map(({ edges }) => edges.map(({ node }) => node))).toEqual([
    ['a', 'b'],
    ['b', 'c'],
  ]);
});

it.each(['', 'newcomer', 'я 1.2', '\u0000'])('a cursor of %j comes back', (place) => {
  expect(decodeCursor(encodeCursor(place))).toBe(place);
});
