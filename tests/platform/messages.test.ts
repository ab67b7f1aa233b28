import { describe, expect, it } from 'vitest';
import { formatMessage, parseAcceptLanguage, pickLocale } from '../../src/platform/messages.ts';

describe('a message', () => {
  const DAYS = '{count, plural, one {# день} few {# дня} many {# дней} other {# дня}}';
  it.each([
    [1, '1 день'],
    [3, '3 дня'],
    [5, '5 дней'],
    [21, '21 день'],
  ])('has the Russian plural of %i', (count, text) => {
    expect(formatMessage(DAYS, 'ru', { count })).toBe(text);
  });

  it.each([
    ['no values', 'Plain', {}, 'Plain'],
    ['a value', 'Hello {name}', { name: 'Анна' }, 'Hello Анна'],
    ['a value that looks like a message', 'Hello {name}', { name: '{count, plural,' }, 'Hello {count, plural,'],
    ['tags', '<b>{name}</b>', { name: '<i>' }, '<b><i></b>'],
    ['a missing value', 'Hello {name}', {}, 'Hello {name}'],
    ['a faulty text', 'Hello {name', { name: 'Anna' }, 'Hello {name'],
    ['an empty text', '', {}, ''],
    ['large numbers', '{count, number}', { count: 9_007_199_254_740_991 }, '9,007,199,254,740,991'],
  ])('with %s', (_what, text, values, shown) => {
    expect(formatMessage(text, 'en', values as Record<string, string | number>)).toBe(shown);
  });

  it('in a locale nobody knows is answered as it stands', () => {
    expect(formatMessage('Hello {name}', 'not a locale', { name: 'Anna' })).toBe('Hello {name}');
  });
});

describe('the best locale', () => {
  it.each<[(string | null | undefined)[], string[], string]>([
    [['ru'], ['en', 'ru'], 'ru'],
    [['ru-RU'], ['en', 'ru'], 'ru'],
    [['RU'], ['en', 'ru'], 'ru'],
    [['pt'], ['en', 'pt-BR'], 'pt-BR'],
    [['pt-PT', 'pt-BR'], ['pt-BR'], 'pt-BR'],
    [['pt-BR'], ['pt-PT', 'pt-BR'], 'pt-BR'],
    [['de', 'ru'], ['en', 'ru'], 'ru'],
    [[null, undefined, '', 'ru'], ['en', 'ru'], 'ru'],
    [['de'], ['en', 'ru'], 'en'],
    [[], ['ru'], 'ru'],
    [['ru'], [], 'en'],
  ])('for %j of %j is %s', (wanted, available, best) => {
    expect(pickLocale(wanted, available)).toBe(best);
  });
});

describe('Accept-Language', () => {
  it.each<[string | null | undefined, string[]]>([
    ['ru', ['ru']],
    ['ru-RU, ru;q=0.9, en;q=0.8', ['ru-RU', 'ru', 'en']],
    ['en;q=0.2, ru;q=0.9', ['ru', 'en']],
    ['en;q=0, ru', ['ru']],
    ['en; q=0.5 , ru', ['ru', 'en']],
    ['*', []],
    ['fr-CH, *;q=0.5', ['fr-CH']],
    ['', []],
    [null, []],
    [undefined, []],
    [';;;,,,', []],
    ['../../etc/passwd', []],
    ['a'.repeat(9), []],
    [`${'x,'.repeat(300)}ru`, Array(250).fill('x')],
  ])('%j wants %j', (header, locales) => {
    expect(parseAcceptLanguage(header)).toEqual(locales);
  });
});
