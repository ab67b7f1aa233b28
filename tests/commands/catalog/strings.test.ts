import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../../src/commands/catalog/csv.ts';
import { editLocaleFile } from '../../../src/commands/catalog/locale-file.ts';
import { CATALOGS, folderWith, runCatalog } from './support.ts';

const GAME = `laurel: 1
locales: [en, ru, de]
include: [locales/*.yaml]
eventTypes:
  login: { name: Login, description: "Said, \\"hello\\"", points: 5 }
  lap: { points: 1 }
levels: { titles: { 1: Rookie, 10: { en: Driver, ru: Водитель } } }
achievements:
  first: { name: First, when: { count: login, atLeast: 1 } }
`;
const RU = `# checked by Anna
ru:
  achievements:
    # short, it must fit the badge
    first: { name: 'Первый' } # good
`;
const HEADER = 'section,key,text,en,ru,de\r\n';

const game = (): Promise<string> => folderWith({ 'game.yaml': GAME, 'locales/ru.yaml': RU });

async function importing(folder: string, csv: string, ...options: readonly string[]) {
  await writeFile(path.join(folder, 'texts.csv'), csv);
  return runCatalog(folder, 'strings', 'import', 'game.yaml', 'texts.csv', ...options);
}

const read = (folder: string, file: string): Promise<string> => readFile(path.join(folder, file), 'utf8');

describe('laurel catalog strings export', () => {
  it('prints every text, a column a locale', async () => {
    const { status, stdout, stderr } = await runCatalog(await game(), 'strings', 'export', 'game.yaml');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\r\n')).toEqual([
      'section,key,text,en,ru,de',
      'eventTypes,login,name,Login,,',
      'eventTypes,login,description,"Said, ""hello""",,',
      'achievements,first,name,First,Первый,',
      'levels,1,title,Rookie,,',
      'levels,10,title,Driver,Водитель,',
      '',
    ]);
  });

  it('writes a file, with a mark for programs that need it', async () => {
    const folder = await game();
    const ran = await runCatalog(folder, 'strings', 'export', 'game.yaml', '--out', 'texts.csv', '--bom');
    expect(ran).toEqual({ status: 0, stdout: 'texts.csv: 5 texts, 3 without ru, 5 without de.\n', stderr: '' });
    expect((await read(folder, 'texts.csv')).startsWith('\uFEFFsection,key,text,')).toBe(true);
  });

  it('says that it cannot write there', async () => {
    const ran = await runCatalog(await game(), 'strings', 'export', 'game.yaml', '--out', 'nowhere/texts.csv');
    expect(ran).toEqual({ status: 1, stdout: '', stderr: 'There is no file or folder nowhere/texts.csv.\n' });
  });

  it.each(['game.yaml', 'students.yaml', 'racing.yaml'])(
    'of %s is complete, and comes back as nothing to do',
    async (file) => {
      const folder = await folderWith({});
      await cp(CATALOGS, folder, { recursive: true });
      const { stdout } = await runCatalog(folder, 'strings', 'export', file);
      const rows = parseCsv(stdout).records.map((record) => record.map(({ value }) => value));
      expect(rows.length).toBeGreaterThan(30);
      expect(rows.flat().filter((value) => value === '')).toEqual([]);
      await writeFile(path.join(folder, 'texts.csv'), stdout);
      expect(await runCatalog(folder, 'strings', 'import', file, 'texts.csv')).toEqual({
        status: 0,
        stdout: `${rows.length - 1} texts as before.\n`,
        stderr: '',
      });
      expect((await readdir(folder, { recursive: true })).sort()).toEqual(
        [...(await readdir(CATALOGS, { recursive: true })), 'texts.csv'].sort(),
      );
    },
  );
});

describe('laurel catalog strings import', () => {
  it('changes and adds texts in the locale file, and leaves comments and quotes as they were', async () => {
    const folder = await game();
    const ran = await importing(
      folder,
      `${HEADER}achievements,first,name,First,Самый первый,\r\neventTypes,login,name,Login,Вход,\r\nlevels,1,title,Rookie,Новичок,\r\n`,
    );
    expect(ran).toEqual({
      status: 0,
      stdout: 'locales/ru.yaml: 2 texts added, 1 changed.\n0 texts as before.\n',
      stderr: '',
    });
    expect(await read(folder, 'locales/ru.yaml')).toBe(`# checked by Anna
ru:
  achievements:
    # short, it must fit the badge
    first: { name: 'Самый первый' } # good
  eventTypes:
    login:
      name: Вход
  levels:
    titles:
      1: Новичок
`);
    expect(await read(folder, 'game.yaml')).toBe(GAME);
    expect((await runCatalog(folder, 'strings', 'export', 'game.yaml')).stdout).toContain('login,name,Login,Вход,\r\n');
  });

  it('makes a new locale file, of all locales or of the one asked for', async () => {
    const csv = `${HEADER}eventTypes,login,name,Login,Вход,Anmeldung\r\nachievements,first,name,,,"Der\r\nErste"\r\n`;
    const folder = await game();
    const ran = await importing(folder, csv, '--locale', 'de');
    expect(ran.stdout).toBe('locales/de.yaml: 2 texts added, 0 changed.\n0 texts as before.\n');
    expect(await read(folder, 'locales/de.yaml')).toBe(
      'de:\n  eventTypes:\n    login:\n      name: Anmeldung\n  achievements:\n    first:\n      name: |-\n        Der\n        Erste\n',
    );
    expect(await read(folder, 'locales/ru.yaml')).toBe(RU);
    expect((await importing(folder, csv)).stdout).toBe(
      'locales/ru.yaml: 1 text added, 0 changed.\n2 texts as before.\n',
    );
  });

  it('writes where --write says, and tells when the catalog does not include that yet', async () => {
    const folder = await game();
    const csv = `${HEADER}eventTypes,login,name,Login,,Anmeldung\r\n`;
    expect(
      (await importing(folder, csv, '--write', 'texts/new')).stdout,
    ).toBe(`texts/new/de.yaml: 1 text added, 0 changed.
  game.yaml does not include this file yet: add texts/new/*.yaml to its include.
0 texts as before.
`);
    const outside = await folderWith({});
    const ran = await importing(folder, csv, '--write', outside);
    expect(ran.status).toBe(0);
    expect(ran.stdout).toContain('include reaches only files beside it and below');
    expect(await read(outside, 'de.yaml')).toBe('de:\n  eventTypes:\n    login:\n      name: Anmeldung\n');
  });

  it('takes semicolons, tabs, a byte order mark, columns in another order, and bare CR', async () => {
    for (const csv of [
      '\uFEFFsection;key;text;en;de\r\nachievements;first;name;First;Erster\r\n',
      'key\ttext\tde\tsection\nfirst\tname\tErster\tachievements\n',
      'section,key,text,de\rachievements,first,name,Erster\r',
    ]) {
      const folder = await game();
      expect((await importing(folder, csv)).stdout).toBe(
        'locales/de.yaml: 1 text added, 0 changed.\n0 texts as before.\n',
      );
    }
  });

  it('tells which translations were made of another text', async () => {
    const ran = await importing(await game(), `${HEADER}eventTypes,login,name,Sign in,Вход,\r\n`);
    expect(ran).toEqual({
      status: 0,
      stdout: `locales/ru.yaml: 1 text added, 0 changed.
texts.csv:2: translated from "Sign in"; the en text is now "Login".
0 texts as before.
`,
      stderr: '',
    });
  });

  it('refuses all when anything is wrong, each by its line', async () => {
    const folder = await game();
    const ran = await importing(
      folder,
      `section,key,text,en,ru,fr
achievments,first,name,,x,
achievements,frist,name,,x,
achievements,first,title,,x,
achievements,first,name,,"{n, plural, one {x}}",
achievements,first,name,,x,
levels,10,title,,Шофёр,
eventTypes,login,name,,Вход,,,more
eventTypes,login,description,,"Вход,
`,
    );
    expect(ran.status).toBe(1);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toMatchInlineSnapshot(`
      "Nothing is written: texts.csv has 9 faults:

      texts.csv:1:24: There is no column "fr": the catalog has the locales en, ru, de
        1 | section,key,text,en,ru,fr
          |                        ^

      texts.csv:2:1: The catalog has no texts in a section "achievments"
        2 | achievments,first,name,,x,
          | ^
        did you mean "achievements"?

      texts.csv:3:14: In achievements there are no texts of "frist"
        3 | achievements,frist,name,,x,
          |              ^
        did you mean "first"?

      texts.csv:4:20: first has no text called "title"
        4 | achievements,first,title,,x,
          |                    ^

      texts.csv:5:26: The ru text is no ICU message: a plural or select has no "other {...}"
        5 | achievements,first,name,,"{n, plural, one {x}}",
          |                          ^

      texts.csv:6:1: This text stands in line 5 already
        6 | achievements,first,name,,x,
          | ^

      texts.csv:7:18: The ru text stands in game.yaml:7, which is no locale file: change it there
        7 | levels,10,title,,Шофёр,
          |                  ^

      texts.csv:8:31: There are only 6 columns
        8 | eventTypes,login,name,,Вход,,,more
          |                               ^

      texts.csv:9:31: The quote that opens here is not closed
        9 | eventTypes,login,description,,"Вход,
          |                               ^
      "
    `);
    expect(await read(folder, 'locales/ru.yaml')).toBe(RU);
  });

  it.each([
    [
      'no header',
      'achievements,first,name,First,Erster,\r\n',
      'The first line must name the columns section, key, text, en, ru, de; missing: section, key, text',
    ],
    ['an empty file', '', 'The first line must name the columns'],
    ['no column with translations', 'section,key,text,en\r\n', 'There is no column ru or de'],
    ['a column twice', 'section,key,text,ru,ru\r\n', 'The column "ru" stands here twice'],
  ])('refuses %s', async (_, csv, message) => {
    const ran = await importing(await game(), csv);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(message);
  });

  it('refuses files that are missing, too large, folders, or not UTF-8', async () => {
    const folder = await game();
    await writeFile(path.join(folder, 'latin.csv'), Buffer.from([0x73, 0xe4, 0xff, 0x0a]));
    await writeFile(path.join(folder, 'large.csv'), Buffer.alloc(4_000_001, 0x61));
    const ran = (file: string) => runCatalog(folder, 'strings', 'import', 'game.yaml', file);
    expect((await ran('nope.csv')).stderr).toBe('There is no file or folder nope.csv.\n');
    expect((await ran('locales')).stderr).toBe('locales is no file.\n');
    expect((await ran('latin.csv')).stderr).toBe('latin.csv is not UTF-8 text: save it as "CSV UTF-8".\n');
    expect((await ran('large.csv')).stderr).toBe('large.csv is too large: 4 MB at most.\n');
    expect((await ran('large.csv')).status).toBe(1);
  });

  it('refuses the first locale: its texts stand in the catalog itself', async () => {
    const ran = await importing(await game(), HEADER, '--locale', 'en');
    expect(ran).toEqual({
      status: 2,
      stdout: '',
      stderr: 'en is the first locale: its texts stand in the catalog itself.\n',
    });
  });

  it('refuses to write into a file that is no locale file, or is broken', async () => {
    const csv = `${HEADER}eventTypes,login,name,Login,,Anmeldung\r\n`;
    for (const text of ['categories: { a: {} }\n', 'de: [\n']) {
      const folder = await game();
      await writeFile(path.join(folder, 'de.yaml'), text);
      expect(await importing(folder, csv, '--write', '.')).toEqual({
        status: 1,
        stdout: '',
        stderr: 'de.yaml is no locale file (a map of en, ru, de): nothing is written.\n',
      });
      expect(await read(folder, 'de.yaml')).toBe(text);
    }
  });

  it('refuses to change a text that others repeat by an alias', async () => {
    const ru = 'ru: { achievements: { first: { name: &one Раз } }, eventTypes: { login: { name: *one } } }\n';
    const folder = await folderWith({ 'game.yaml': GAME, 'locales/ru.yaml': ru });
    const ran = await importing(folder, `${HEADER}achievements,first,name,First,Два,\r\n`);
    expect(ran).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'Nothing is written: locales/ru.yaml: ru.achievements.first.name: other texts repeat this one by &one; change it by hand.\n',
    });
    expect((await importing(folder, `${HEADER}eventTypes,login,name,Login,Два,\r\n`)).status).toBe(0);
    expect(await read(folder, 'locales/ru.yaml')).toBe(
      'ru: { achievements: { first: { name: &one Раз } }, eventTypes: { login: { name: Два } } }\n',
    );
  });
});

describe('editing a locale file', () => {
  it('keeps line ends, indentation and one-line maps of the file', () => {
    expect(
      editLocaleFile('ru:\r\n    metrics:\r\n        laps: { name: Круги }\r\n', [
        { path: ['ru', 'metrics', 'wins', 'name'], value: 'Победы: все' },
        { path: ['ru', 'metrics', 'laps', 'name'], value: '2048' },
      ]),
    ).toBe('ru:\r\n    metrics:\r\n        laps: { name: "2048" }\r\n        wins: { name: "Победы: все" }\r\n');
  });

  it('finds keys that are numbers, and fills what is empty', () => {
    expect(
      editLocaleFile('ru:\n  levels:\n    titles:\n      10: Водитель\n  metrics:\n', [
        { path: ['ru', 'levels', 'titles', '10'], value: 'Шофёр' },
        { path: ['ru', 'metrics', '007', 'name'], value: 'Агент' },
      ]),
    ).toBe('ru:\n  levels:\n    titles:\n      10: Шофёр\n  metrics:\n    "007":\n      name: Агент\n');
  });

  it('begins a file that has only a comment', () => {
    expect(editLocaleFile('# by Anna\n', [{ path: ['ru', 'streaks', 'daily', 'name'], value: 'Дни' }])).toBe(
      '# by Anna\n\nru:\n  streaks:\n    daily:\n      name: Дни\n',
    );
  });
});
