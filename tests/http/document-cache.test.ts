import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createDocumentCache } from '../../src/http/document-cache.ts';
import { createOperations } from '../../src/http/operations.ts';

describe('what is remembered of documents', () => {
  it('is what was asked for last, in bounded room', () => {
    const cache = createDocumentCache<number>({ mostOfOne: 100, mostOfAll: 2_000 });
    const text = (at: number) => String(at).padStart(10, ' ');
    cache.remember('often', 0);
    for (let at = 1; at <= 1_000; at += 1) {
      cache.remember(text(at), at);
      expect(cache.get('often')).toBe(0);
    }
    const kept = Array.from({ length: 1_000 }, (_, at) => at + 1).filter((at) => cache.get(text(at)) !== undefined);
    expect(kept.at(-1)).toBe(1_000);
    expect(kept.length).toBeGreaterThan(5);
    expect(kept.length).toBeLessThan(15);
  });

  it('is not a text that is long, and the first value of any other', () => {
    const cache = createDocumentCache<number>({ mostOfOne: 100, mostOfAll: 2_000 });
    expect(cache.remember('x'.repeat(101), 1)).toBe(1);
    expect(cache.get('x'.repeat(101))).toBeUndefined();
    expect(cache.remember('x'.repeat(100), 2)).toBe(2);
    expect(cache.get('x'.repeat(100))).toBe(2);
  });
});

describe('operations', () => {
  const operations = createOperations(buildSchema('type Query { a: Int }'), { development: true });

  it('read and check a document once, also one that is refused', () => {
    const document = operations.parse('{ a }');
    expect(operations.parse('{ a }')).toBe(document);
    expect(operations.validate(document)).toBe(operations.validate(document));
    const caught = (text: string): unknown => {
      try {
        return operations.parse(text);
      } catch (error) {
        return error;
      }
    };
    expect(caught('{ a')).toBeInstanceOf(Error);
    expect(caught('{ a')).toBe(caught('{ a'));
  });
});
