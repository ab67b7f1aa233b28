import { describe, expect, it } from 'vitest';
import { CATALOGS, folderWith, runCatalog } from './support.ts';

const GAME = `laurel: 1
name: Small game
eventTypes:
  login: { points: 5 }
  lap: { points: 1, details: { seconds: number } }
metrics: { logins: { count: login } }
achievements:
  first: { when: { metric: logins, atLeast: 1 } }
  third: { when: { metric: logins, atLeast: 3 } }
tests:
  - name: one login
    given: [login]
    expect: { score: 5, unlocked: [first], locked: [third] }
  - name: everything wrong
    given: [login]
    expect:
      score: 6
      unlocked: [first, third]
      locked: [first]
      onlyUnlocked: [third]
      metrics: { logins: 2 }
      progress: { third: [2, 3] }
  - name: details are validated as those of real events
    given: [lap, { lap: { seconds: fast } }, { lap: { seconds: 1, more: 1 } }, { lap: { seconds: 1 } }]
    expect: { score: 1, refused: [INVALID_EVENT_DETAILS, INVALID_EVENT_DETAILS, INVALID_EVENT_DETAILS] }
`;

describe('laurel catalog test', () => {
  it.each([
    ['game.yaml', 7],
    ['students.yaml', 15],
    ['racing.yaml', 17],
  ])('passes all tests of %s', async (file, least) => {
    const { status, stdout, stderr } = await runCatalog(CATALOGS, 'test', file);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toMatch(new RegExp(`^${file}: `));
    expect(lines.at(-1)).toBe(`${lines.length - 1} tests passed.`);
    expect(lines.length - 1).toBeGreaterThanOrEqual(least);
    expect(lines.slice(0, -1).every((line) => line.startsWith('pass  '))).toBe(true);
  });

  it('names each test, and every difference with its place', async () => {
    const folder = await folderWith({ 'game.yaml': GAME });
    const { status, stdout } = await runCatalog(folder, 'test', 'game.yaml');
    expect(status).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
      "game.yaml: Small game
      pass  one login
      FAIL  everything wrong
            game.yaml:17:14: score: expected 6, got 5
              17 |       score: 6
                 |              ^
            game.yaml:18:17: should be unlocked: third; unlocked: first
              18 |       unlocked: [first, third]
                 |                 ^
            game.yaml:19:15: should be locked: first
              19 |       locked: [first]
                 |               ^
            game.yaml:20:21: should be unlocked: third; should be locked: first
              20 |       onlyUnlocked: [third]
                 |                     ^
            game.yaml:21:26: metrics.logins: expected 2, got 1
              21 |       metrics: { logins: 2 }
                 |                          ^
            game.yaml:22:26: progress.third: expected [2,3], got [1,3]
              22 |       progress: { third: [2, 3] }
                 |                          ^
      pass  details are validated as those of real events
      1 of 3 tests failed, 2 passed.
      "
    `);
  });

  it('runs only the tests that --name picks', async () => {
    const folder = await folderWith({ 'game.yaml': GAME });
    for (const pattern of ['ONE', 'one*in', '*ne lo*']) {
      expect(await runCatalog(folder, 'test', 'game.yaml', '--name', pattern)).toEqual({
        status: 0,
        stdout: 'game.yaml: Small game\npass  one login\n1 test passed.\n',
        stderr: '',
      });
    }
  });

  it('refuses a name no test has: a typing error must not pass', async () => {
    const folder = await folderWith({ 'game.yaml': GAME });
    expect(await runCatalog(folder, 'test', 'game.yaml', '--name', 'two logins')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'game.yaml has no test with "two logins" in its name.\n',
    });
  });

  it('says that a catalog has no tests', async () => {
    const folder = await folderWith({ 'game.yaml': 'laurel: 1\nname: Silent\n' });
    expect(await runCatalog(folder, 'test', '.')).toEqual({
      status: 0,
      stdout: '.: Silent has no tests.\n',
      stderr: '',
    });
  });

  it('prints the faults of a catalog that does not compile', async () => {
    const folder = await folderWith({ 'game.yaml': 'laurel: 2\n' });
    expect(await runCatalog(folder, 'test', 'game.yaml')).toMatchInlineSnapshot(`
      {
        "status": 1,
        "stderr": "The catalog has 1 fault:

      game.yaml:1:9: This Laurel reads format version 1
        1 | laurel: 2
          |         ^
      ",
        "stdout": "",
      }
    `);
  });

  it('gives results to machines as JSON', async () => {
    const folder = await folderWith({ 'game.yaml': GAME.replace(/ {2}- name: details[\s\S]*/, '') });
    const { status, stdout } = await runCatalog(folder, 'test', 'game.yaml', '--json');
    expect(status).toBe(1);
    const { tests, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ valid: true, name: 'Small game', passed: 1, failed: 1 });
    expect(tests[0]).toEqual({
      name: 'one login',
      file: 'game.yaml',
      line: 11,
      column: 5,
      passed: true,
      differences: [],
    });
    expect(tests[1].differences[0]).toEqual({
      file: 'game.yaml',
      line: 17,
      column: 14,
      what: 'score',
      expected: 6,
      actual: 5,
      message: 'score: expected 6, got 5',
    });
    const broken = await folderWith({ 'game.yaml': 'laurel: 2\n' });
    const faults = await runCatalog(broken, 'test', 'game.yaml', '--json');
    expect(faults.status).toBe(1);
    expect(JSON.parse(faults.stdout)).toMatchObject({ valid: false, faults: [{ file: 'game.yaml', line: 1 }] });
  });

  it('names a test in an included file by that file', async () => {
    const folder = await folderWith({
      'game/catalog.yaml': 'laurel: 1\ninclude: [tests/*.yaml]\neventTypes: { login: { points: 5 } }\n',
      'game/tests/one.yaml': 'tests:\n  - name: wrong\n    given: [login]\n    expect: { score: 6 }\n',
    });
    expect((await runCatalog(folder, 'test', 'game')).stdout).toMatchInlineSnapshot(`
      "game: Laurel
      FAIL  wrong
            game/tests/one.yaml:4:22: score: expected 6, got 5
              4 |     expect: { score: 6 }
                |                      ^
      1 of 1 test failed, 0 passed.
      "
    `);
  });
});
