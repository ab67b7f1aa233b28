import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { plainValue } from '../../../src/engine/source.ts';
import { type CatalogFiles, parseCatalog } from '../../../src/features/catalog/parse.ts';
import { readCatalogFiles } from '../../../src/features/catalog/read-files.ts';
import { processorMs } from '../../support/processor-time.ts';

function faults(input: CatalogFiles): string[] {
  const parsed = parseCatalog(input);
  return parsed.ok
    ? []
    : parsed.faults.map(
        ({ file, line, column, code, suggestion }) =>
          `${file}:${line}:${column} ${code}${suggestion === undefined ? '' : ` ${suggestion}`}`,
      );
}

const one = (text: string): CatalogFiles => ({ main: 'game.yaml', files: { 'game.yaml': text } });

function plain(input: CatalogFiles): unknown {
  const parsed = parseCatalog(input);
  return parsed.ok ? plainValue(parsed.source) : parsed.faults;
}

describe('reading', () => {
  test('every node knows its place', () => {
    const parsed = parseCatalog(one('laurel: 1\neventTypes:\n  login: { points: 5 }\n'));
    const types = parsed.ok ? parsed.source.entries[1] : undefined;
    const login = types?.value.kind === 'map' ? types.value.entries[0] : undefined;
    expect(login?.keyPlace).toEqual({ file: 'game.yaml', line: 3, column: 3 });
    expect(login?.value.place).toEqual({ file: 'game.yaml', line: 3, column: 10 });
  });

  test('includes are merged section by section, in the order of names', () => {
    const files = {
      'game.yaml': 'laurel: 1\ninclude: [parts/*.yaml]\neventTypes: { login: { points: 5 } }\n',
      'parts/a.yaml': 'achievements: { a: { when: manual } }\n',
      'parts/b.yaml': 'achievements: { b: { when: manual } }\neventTypes: { lap: { points: 1 } }\n',
      'other/c.yaml': 'achievements: { c: { when: manual } }\n',
    };
    expect(plain({ main: 'game.yaml', files })).toEqual({
      laurel: 1,
      include: ['parts/*.yaml'],
      eventTypes: { login: { points: 5 }, lap: { points: 1 } },
      achievements: { a: { when: 'manual' }, b: { when: 'manual' } },
    });
  });

  test('a locale file adds its texts where they belong', () => {
    const files = {
      'game.yaml':
        'laurel: 1\nlocales: [en, ru]\ninclude: [ru.yaml]\nachievements: { a: { name: A, when: manual }, b: { name: { en: B }, when: manual } }\n',
      'ru.yaml': 'ru: { achievements: { a: { name: А, description: Первая }, b: { name: Б } } }\n',
    };
    expect(plain({ main: 'game.yaml', files })).toMatchObject({
      achievements: {
        a: { name: { en: 'A', ru: 'А' }, description: { ru: 'Первая' } },
        b: { name: { en: 'B', ru: 'Б' } },
      },
    });
  });

  test('an empty file is an empty catalog', () => {
    expect(plain(one(''))).toEqual({});
  });
});

describe('faults', () => {
  test.each([
    ['a list', '- a\n', ['game.yaml:1:1 wrongType']],
    ['broken YAML', 'a: [1\nb: 2\n', ['game.yaml:2:1 syntax']],
    ['a key twice', 'a: 1\nb: 2\na: 3\n', ['game.yaml:3:1 duplicateKey']],
    ['a key twice, deep', 'm:\n  x: { y: 1, y: 2 }\n', ['game.yaml:2:14 duplicateKey']],
    ['a prototype key', '__proto__: { polluted: true }\n', ['game.yaml:1:1 forbiddenKey']],
    [
      'a prototype key, deep',
      'a: { constructor: 1, b: { prototype: 2 } }\n',
      ['game.yaml:1:6 forbiddenKey', 'game.yaml:1:27 forbiddenKey'],
    ],
    ['a map as a key', '? { a: 1 }\n: 2\n', ['game.yaml:1:3 wrongType']],
    ['a file that is not there', 'include: [nowhere.yaml]\n', ['game.yaml:1:11 unknownFile']],
    ['an alias of nothing', 'a: *x\n', ['game.yaml:1:4 syntax']],
  ])('%s', (_name, text, wanted) => {
    expect(faults(one(text))).toEqual(wanted);
  });

  test('a key in two files, a header outside the main file, a text of an unknown key', () => {
    const files = {
      'game.yaml':
        'laurel: 1\nlocales: [en, ru]\ninclude: [a.yaml, ru.yaml]\nachievements: { sprinter: { when: manual } }\n',
      'a.yaml': 'name: Other\nachievements:\n  sprinter: { when: manual }\n',
      'ru.yaml': 'ru: { achievements: { sprintr: { name: А } } }\n',
    };
    expect(faults({ main: 'game.yaml', files })).toEqual([
      'a.yaml:1:1 conflict',
      'a.yaml:3:3 duplicateKey',
      'ru.yaml:1:23 unknownName sprinter',
    ]);
  });

  test('a main file that is not there', () => {
    expect(faults({ main: 'x.yaml', files: {} })).toEqual(['x.yaml:1:1 unknownFile']);
  });
});

describe('hostile files are refused within 100 ms', () => {
  // What the first file costs beside is the reader getting ready.
  beforeAll(() => void parseCatalog(one('a: &a [x]\nb: *a\n')));

  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 0; level < 12; level++) {
    const name = String.fromCharCode(98 + level);
    const before = String.fromCharCode(97 + level);
    bomb.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(', ')}]`);
  }

  test.each([
    ['ten megabytes', 'a: b\n'.repeat(2_000_000)],
    ['ten megabytes of one line', `a: ${'x'.repeat(10_000_000)}`],
    ['an alias bomb', `${bomb.join('\n')}\n`],
    ['an anchor that holds itself', 'a: &a { b: *a }\n'],
    ['brackets a hundred thousand deep', '['.repeat(100_000)],
    ['maps a hundred deep', `${'{a: '.repeat(100)}1${'}'.repeat(100)}`],
    ['a ladder of dashes', '- '.repeat(50_000)],
    ['a ladder of question marks', '? '.repeat(50_000)],
    ['blocks a thousand deep', Array.from({ length: 900 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['a prototype key', 'achievements: { __proto__: { when: manual } }\n'],
    ['a control character', 'a: \u0000b\u0001: [\n'],
  ])('%s', (_name, text) => {
    let ok = true;
    const ms = processorMs(() => {
      ok = parseCatalog(one(text)).ok;
    });
    expect(ms).toBeLessThan(100);
    expect(ok).toBe(false);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('ten thousand keys in one map are read without a fault, and quickly', () => {
    const text = Array.from({ length: 5_000 }, (_, index) => `key_${index}: 1`).join('\n');
    const ms = processorMs(() => expect(parseCatalog(one(text)).ok).toBe(true));
    expect(ms).toBeLessThan(1500);
  });

  test('a glob cannot be made slow', () => {
    const files = { 'game.yaml': `include: ["${'*a'.repeat(90)}b"]\n`, [`${'a'.repeat(300)}`]: '' };
    const ms = processorMs(() => expect(faults({ main: 'game.yaml', files })).toEqual(['game.yaml:1:11 unknownFile']));
    expect(ms).toBeLessThan(100);
  });
});

describe('from disk', () => {
  const made: string[] = [];
  afterEach(() => {
    for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
  });

  function folderWith(files: Record<string, string>): string {
    const folder = mkdtempSync(path.join(tmpdir(), 'laurel-catalog-'));
    made.push(folder);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    return folder;
  }

  test('a file alone, or with what it may include', async () => {
    const folder = folderWith({
      'game.yaml': 'laurel: 1\n',
      'racing.yaml': 'laurel: 1\ninclude: [parts/*.yaml]\n',
      'parts/a.yaml': 'achievements: {}\n',
    });
    expect(await readCatalogFiles(path.join(folder, 'game.yaml'))).toEqual({
      main: 'game.yaml',
      files: { 'game.yaml': 'laurel: 1\n' },
    });
    const racing = await readCatalogFiles(path.join(folder, 'racing.yaml'));
    expect([racing.main, Object.keys(racing.files).sort()]).toEqual([
      'racing.yaml',
      ['game.yaml', 'parts/a.yaml', 'racing.yaml'],
    ]);
  });

  test('a folder has a main file, or is refused', async () => {
    expect((await readCatalogFiles(folderWith({ 'catalog.yaml': 'laurel: 1\n', 'x.yaml': '' }))).main).toBe(
      'catalog.yaml',
    );
    expect((await readCatalogFiles(folderWith({ 'only.yaml': 'laurel: 1\n' }))).main).toBe('only.yaml');
    await expect(readCatalogFiles(folderWith({ 'a.yaml': '', 'b.yaml': '' }))).rejects.toThrow('No catalog in');
  });
});
