import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/graphql/context.ts';
import { textIn, wantedLocales } from '../../src/graphql/locale.ts';

const asking = (locales: readonly string[]) => ({ locales }) as unknown as Context;

describe('the locales to try', () => {
  it.each<[string | null, string[], string | null | undefined, string[]]>([
    ['de', ['ru', 'fr'], 'en', ['de', 'ru', 'fr', 'en']],
    [null, ['ru'], null, ['ru']],
    [null, [], 'en', ['en']],
    [null, [], undefined, []],
  ])('are argument %j, request %j, user %j: %j', (argument, request, own, wanted) => {
    expect(wantedLocales(asking(request), own, argument)).toEqual(wanted);
  });
});

describe('a catalog text', () => {
  const text = { ru: 'Новичок', en: 'Newcomer', 'pt-BR': 'Novato' };
  it.each<[string[], string]>([
    [[], 'Newcomer'],
    [['ru'], 'Новичок'],
    [['RU-ru'], 'Новичок'],
    [['de', 'ru'], 'Новичок'],
    [['pt'], 'Novato'],
    [['xx', '', '!!'], 'Newcomer'],
  ])('wanted in %j is %s', (wanted, shown) => {
    expect(textIn(text, wanted, ['en', 'ru'])).toBe(shown);
  });

  it("begins with the catalog's first locale that it has, not with its own", () => {
    expect(textIn(text, [], ['de', 'ru', 'en'])).toBe('Новичок');
    expect(textIn({ fr: 'Débutant' }, [], ['en'])).toBe('Débutant');
    expect(textIn({}, ['ru'], ['en'])).toBe('');
  });

  it('that is no ICU message is shown as it stands', () => {
    expect(textIn({ en: 'Level {' }, [], ['en'])).toBe('Level {');
  });
});
