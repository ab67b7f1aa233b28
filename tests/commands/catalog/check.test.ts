import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { isLocal } from '../../../src/commands/is-local.ts';
import { CATALOGS, folderWith, runCatalog } from './support.ts';

const FAULTY = `laurel: 1
locales: [en, ru]
eventTypes:
  login: { points: 5 }
  lap: { point: 5, details: { seconds: number } }
metrics:
  logins: { count: logn }
  quick: { count: lap, where: "details.secnds < 5" }
achievements:
  first: { name: { en: First }, when: { metric: login, atLeast: 1 } }
  second: { points: 1.5, when: manual }
  circle: { when: { achievement: circle } }
`;

describe('laurel catalog check', () => {
  it.each(['game.yaml', 'students.yaml', 'racing.yaml'])('finds %s valid, every text in every locale', async (file) => {
    const { status, stderr } = await runCatalog(CATALOGS, 'check', file, '--strict');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('says what a valid catalog holds', async () => {
    expect(await runCatalog(CATALOGS, 'check', 'game.yaml')).toEqual({
      status: 0,
      stdout: 'game.yaml: Laurel is valid: 3 event types, 3 metrics, 10 achievements, 3 leaderboards, 7 tests.\n',
      stderr: '',
    });
  });

  it('prints every fault in one run with its line, a caret and what was meant', async () => {
    const folder = await folderWith({ 'game.yaml': FAULTY });
    const { status, stdout, stderr } = await runCatalog(folder, 'check', '.');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatchInlineSnapshot(`
      "The catalog has 6 faults:

      game.yaml:5:10: The event type "lap" has no keyword "point"
        5 |   lap: { point: 5, details: { seconds: number } }
          |          ^
        did you mean "points"?

      game.yaml:7:20: There is no event type "logn"
        7 |   logins: { count: logn }
          |                    ^
        did you mean "login"?

      game.yaml:8:40: The details have no field "secnds"
        8 |   quick: { count: lap, where: "details.secnds < 5" }
          |                                        ^
        did you mean "seconds"?

      game.yaml:10:49: There is no metric "login"
        10 |   first: { name: { en: First }, when: { metric: login, atLeast: 1 } }
           |                                                 ^

      game.yaml:11:21: "points" must be an integer from 0 to 1000000000000
        11 |   second: { points: 1.5, when: manual }
           |                     ^

      game.yaml:12:3: "circle" stands in a circle: circle -> circle
        12 |   circle: { when: { achievement: circle } }
           |   ^
      "
    `);
  });

  it('gives the faults to machines as JSON on standard output', async () => {
    const folder = await folderWith({ 'sub/game.yaml': 'laurel: 1\nmetrics: { a: { cuont: x } }\n' });
    const { status, stdout, stderr } = await runCatalog(folder, 'check', 'sub', '--json');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(JSON.parse(stdout)).toMatchInlineSnapshot(`
      {
        "faults": [
          {
            "code": "missing",
            "column": 15,
            "file": "sub/game.yaml",
            "line": 2,
            "message": "A metric needs one of count, sum, distinct, run, min, max, latest",
          },
          {
            "code": "unknownKey",
            "column": 17,
            "file": "sub/game.yaml",
            "line": 2,
            "message": "The metric "a" has no keyword "cuont"",
            "suggestion": "count",
          },
        ],
        "valid": false,
      }
    `);
  });

  it('gives a valid catalog to machines as JSON', async () => {
    const { stdout } = await runCatalog(CATALOGS, 'check', 'racing.yaml', '--json');
    expect(JSON.parse(stdout)).toEqual({
      valid: true,
      name: 'Night Racer',
      locales: ['en', 'ru'],
      counts: { eventTypes: 10, metrics: 13, achievements: 15, leaderboards: 3, tests: 18 },
      missingTexts: {},
      faults: [],
    });
  });

  it('counts missing translations, and with --strict refuses them and what is no ICU message', async () => {
    const folder = await folderWith({
      'game.yaml': `laurel: 1
locales: [en, ru]
eventTypes:
  login: { name: Login, points: 5 }
  lap: { name: { en: Lap, ru: "{n, plural, one {круг}}" } }
`,
    });
    expect(await runCatalog(folder, 'check', 'game.yaml')).toEqual({
      status: 0,
      stdout: `game.yaml: Laurel is valid: 2 event types, 0 metrics, 0 achievements, 0 leaderboards, 0 tests.
1 text without ru: the en one is shown.
`,
      stderr: '',
    });
    expect(await runCatalog(folder, 'check', 'game.yaml', '--strict')).toMatchInlineSnapshot(`
      {
        "status": 1,
        "stderr": "The catalog has 2 faults:

      game.yaml:4:12: The ru text of "name" is missing
        4 |   login: { name: Login, points: 5 }
          |            ^

      game.yaml:5:32: The ru name of "lap" is no ICU message: a plural or select has no "other {...}"
        5 |   lap: { name: { en: Lap, ru: "{n, plural, one {круг}}" } }
          |                                ^
      ",
        "stdout": "",
      }
    `);
  });

  it('tells faults of reading and of meaning together, in files that are named as they were typed', async () => {
    const folder = await folderWith({
      'game/catalog.yaml':
        'laurel: 1\ninclude: [more/*.yaml]\neventTypes: { login: {} }\nmetrics: { a: { count: logn } }\n',
      'game/more/one.yaml': 'eventTypes: { login: { points: 5 } }\n',
    });
    const { status, stderr } = await runCatalog(folder, 'check', 'game');
    expect(status).toBe(1);
    expect(stderr).toMatchInlineSnapshot(`
      "The catalog has 2 faults:

      game/catalog.yaml:4:24: There is no event type "logn"
        4 | metrics: { a: { count: logn } }
          |                        ^
        did you mean "login"?

      game/more/one.yaml:1:15: "login" is already in catalog.yaml:3
        1 | eventTypes: { login: { points: 5 } }
          |               ^
      "
    `);
  });

  it('refuses details with a JSON Schema that could never take an event', async () => {
    const folder = await folderWith({
      'game.yaml': `laurel: 1
eventTypes:
  fine: { details: { a: string } }
  lap: { details: { type: object, properties: { a: { type: string, pattern: "(" } } } }
metrics: { laps: { count: lab } }
`,
    });
    const { status, stderr } = await runCatalog(folder, 'check', 'game.yaml');
    expect(status).toBe(1);
    expect(stderr).toMatchInlineSnapshot(`
      "The catalog has 2 faults:

      game.yaml:4:19: The JSON Schema of the details cannot be used: Invalid regular expression: /(/u: Unterminated group
        4 |   lap: { details: { type: object, properties: { a: { type: string, pattern: "(" } } } }
          |                   ^

      game.yaml:5:27: There is no event type "lab"
        5 | metrics: { laps: { count: lab } }
          |                           ^
        did you mean "lap"?
      "
    `);
  });
});

describe('hostile and mistaken input', () => {
  it('says that a file is not there', async () => {
    const folder = await folderWith({});
    for (const command of ['check', 'test', 'show']) {
      expect(await runCatalog(folder, command, 'nope.yaml')).toEqual({
        status: 1,
        stdout: '',
        stderr: 'There is no file or folder nope.yaml.\n',
      });
    }
  });

  it('says that a folder has no catalog', async () => {
    const folder = await folderWith({ 'one.yaml': '', 'two.yaml': '' });
    const { status, stderr } = await runCatalog(folder, 'check', '.');
    expect({ status, stderr: stderr.replace(folder, 'FOLDER') }).toEqual({
      status: 1,
      stderr: 'No catalog in FOLDER: expected one of catalog.yaml, catalog.yml, main.yaml, game.yaml, index.yaml\n',
    });
  });

  it('refuses what is neither a file nor a folder without reading it', async () => {
    expect(await runCatalog('/dev', 'check', 'zero')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'zero is neither a file nor a folder.\n',
    });
  });

  it.each([
    [
      'a file of 10 MB',
      `laurel: 1\n${'# filler\n'.repeat(1_200_000)}`,
      'A catalog may hold 1000000 characters at most',
    ],
    ['an alias bomb', aliasBomb(), 'The file holds too much here: too deep, or too many nodes or aliases'],
    ['deep nesting', `laurel: 1\nname: ${'['.repeat(5000)}`, 'The file is nested too deeply'],
    ['a prototype key', 'laurel: 1\nmetrics: { __proto__: { count: x } }\n', 'The key "__proto__" is not allowed'],
    ['binary rubbish', '\u0000\u0001\uFFFD: [', ''],
  ])('refuses %s with a clear text', async (_, text, message) => {
    const folder = await folderWith({ 'game.yaml': text });
    const { status, stderr } = await runCatalog(folder, 'check', 'game.yaml');
    expect(status).toBe(1);
    expect(stderr).toContain('game.yaml:');
    expect(stderr).toContain(message);
    expect(stderr.length).toBeLessThan(5000);
  });

  it('exits with 2 where the command line is wrong', async () => {
    for (const argv of [['check'], ['check', 'a', 'b'], ['check', 'a', '--nope'], ['nope'], [], ['strings']]) {
      expect([argv, (await runCatalog(CATALOGS, ...argv)).status]).toEqual([argv, 2]);
    }
  });

  it('exits with 0 where help was asked for', async () => {
    const { status, stdout } = await runCatalog(CATALOGS, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain('check [options] <path>');
  });

  it('shows no more than a hundred faults to people, and all to machines', async () => {
    const wrong = Array.from({ length: 150 }, (_, index) => `  a${index}: { when: { metric: nothing, atLeast: 1 } }`);
    const folder = await folderWith({ 'game.yaml': `laurel: 1\nachievements:\n${wrong.join('\n')}\n` });
    const { stderr } = await runCatalog(folder, 'check', 'game.yaml');
    expect(stderr).toMatch(/^The catalog has 150 faults:\n/);
    expect(stderr).toMatch(/\n\.\.\. and 50 more\.\n$/);
    const { stdout } = await runCatalog(folder, 'check', 'game.yaml', '--json');
    expect(JSON.parse(stdout).faults).toHaveLength(150);
  });

  it('reads a file whose folder holds other things', async () => {
    const folder = await folderWith({
      'game.yaml': 'laurel: 1\ninclude: [parts/*.yaml]\n',
      'parts/one.yaml': 'categories: { a: {} }\n',
    });
    await mkdir(path.join(folder, 'parts/folder.yaml'));
    expect((await runCatalog(folder, 'check', 'game.yaml')).status).toBe(0);
  });
});

test('a level gives data; points there are refused where they stand', async () => {
  const folder = await folderWith({
    'game.yaml': 'laurel: 1\nlevels: { base: 100, rewards: { 2: { data: { car: gt } }, 3: { points: 5 } } }\n',
  });
  const { status, stderr } = await runCatalog(folder, 'check', 'game.yaml');
  expect(status).toBe(1);
  expect(stderr).toMatch(/game\.yaml:2:\d+: .*points/);
});

test('commands on files never go to a running server', () => {
  for (const command of ['check', 'test', 'schema', 'strings', 'help', '--help'])
    expect([command, isLocal(['catalog', command])]).toEqual([command, true]);
  expect(isLocal(['catalog'])).toBe(true);
  for (const rest of ['a.yaml', '--json a.yaml', '--locale ru a.yaml', 'a.yaml --locale ru', '--help', '--to=http://x'])
    expect([rest, isLocal(['catalog', 'show', ...rest.split(' ')])]).toEqual([rest, true]);
  for (const rest of [[], ['--json'], ['--locale', 'ru'], ['--json', '--key', 'lk_x']])
    expect([rest, isLocal(['catalog', 'show', ...rest])]).toEqual([rest, false]);
  for (const command of ['plan', 'apply', 'rollback', 'export']) {
    expect([command, isLocal(['catalog', command])]).toEqual([command, false]);
  }
});

function aliasBomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 12; level++) {
    const items = Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ');
    lines.push(`a${level}: &a${level} [${items}]`);
  }
  return `laurel: 1\n${lines.join('\n')}\n`;
}
