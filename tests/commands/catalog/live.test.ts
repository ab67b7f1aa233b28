import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/commands/program.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../../support/laurel.ts';

const game = await readFile('catalogs/game.yaml', 'utf8');
const REVOCABLE = '  early: { points: 3, onChange: revoke, when: { metric: logins, atLeast: 9 } }\n';
const EARLY = '  early: { points: 3, when: { metric: logins, atLeast: 1 } }\n';

/** The commands over a live game: in the process that owns the database, and with `--to` from afar. */
describe.each(backends())('laurel catalog on the live game on %s', (backend) => {
  let laurel: TestLaurel;
  let folder: string;
  let key: string;
  beforeAll(async () => {
    laurel = await startLaurel(backend, { environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET } });
    key = await laurel.app.auth.createKey({ name: 'designer', scopes: ['catalog:write', 'events:write'], days: null });
    folder = await mkdtemp(join(tmpdir(), 'laurel-live-'));
    await writeFile(join(folder, 'next.yaml'), game.replace(/^achievements:\n/m, `achievements:\n${EARLY}`));
    await writeFile(join(folder, 'dearer.yaml'), game.replace(/^achievements:\n/m, `achievements:\n${REVOCABLE}`));
    await writeFile(
      join(folder, 'broken.yaml'),
      game.replace('metric: logins, atLeast: 1 ', 'metric: logns, atLeast: 1 '),
    );
  });
  afterEach(() => laurel.check());
  afterAll(async () => {
    await laurel.close();
    await rm(folder, { recursive: true });
  });

  const run = async (...argv: string[]) => {
    let [stdout, stderr] = ['', ''];
    const status = await runProgram(['catalog', ...argv], {
      withWorkbench: (work) =>
        work({
          config: undefined as never,
          database: laurel.database,
          clock: laurel.app.services.clock,
          auth: laurel.app.auth,
          live: async () => laurel.app.live,
          serving: true,
        }),
      serve: null,
      cwd: folder,
      output: {
        stdout: (text) => {
          stdout += text;
        },
        stderr: (text) => {
          stderr += text;
        },
      },
      version: 'test',
      remote: { url: undefined, key },
      signal: new AbortController().signal,
    });
    return { status, stdout, stderr };
  };
  const far = (...argv: string[]) => run(...argv, '--to', laurel.url);

  it('plans, applies, exports and rolls back, and says each', async () => {
    const headers = { authorization: `Bearer ${key}` };
    await laurel.query(
      'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename } }',
      { input: { user: { externalId: unique() }, type: 'login' } },
      headers,
    );
    expect(await run('plan', 'next.yaml')).toEqual({
      status: 0,
      stdout:
        'Compared with version 1:\n  achievements early added\nUsers who would unlock something: 1 (3 points, 0 XP)\n  early: 1 unlocks, 3 points\n',
      stderr: '100 %  1 of 1 users looked at\n',
    });
    const applied = await run('apply', 'next.yaml', '--expect', '1', '--note', 'early');
    expect(applied).toMatchObject({ status: 0, stdout: 'Version 2 is live.\n' });
    expect((await run('export')).stdout).toBe(await readFile(join(folder, 'next.yaml'), 'utf8'));
    expect((await run('export', '1')).stdout).toBe(game);
    expect(await run('apply', 'next.yaml', '--expect', '1')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'Version 2 is live: plan again.\n',
    });
    expect(await run('rollback')).toMatchObject({ status: 0, stdout: 'Version 3 is live: rollback to version 1.\n' });
    expect(await run('rollback', '77')).toMatchObject({ status: 1, stdout: '' });
  });

  it('does the same with a running Laurel from afar, with a key', async () => {
    const plan = await far('plan', 'next.yaml', '--json');
    expect(JSON.parse(plan.stdout)).toMatchObject({
      from: 3,
      definitions: [{ section: 'achievements', key: 'early' }],
    });
    expect(await far('apply', 'next.yaml', '--expect', '9')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'Version 3 is live\n',
    });
    expect(await far('apply', 'next.yaml')).toEqual({
      status: 0,
      stdout: 'Version 4 is live; users are brought up in the background.\n',
      stderr: '',
    });
    expect((await far('export')).stdout).toBe(await readFile(join(folder, 'next.yaml'), 'utf8'));
    const broken = await far('apply', 'broken.yaml');
    expect(broken.status).toBe(1);
    expect(broken.stderr).toMatch(/catalog\.yaml:\d+:\d+: .*did you mean "logins"/);
    expect(await far('rollback', '1')).toMatchObject({
      status: 0,
      stdout: 'Version 5 is live: rollback to version 1.\n',
    });
  });

  it('shows what is live, here and from afar, as it shows a file', async () => {
    await far('apply', 'next.yaml');
    const shown = await run('show', 'next.yaml', '--locale', 'ru');
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    expect(shown.stdout).toContain('early');
    expect(await run('show', '--locale', 'ru')).toEqual(shown);
    expect(await far('show', '--locale', 'ru')).toEqual(shown);
    expect(await far('show', '--json')).toEqual(await run('show', 'next.yaml', '--json'));
    expect(await run('show', '--locale', 'xx')).toMatchObject({ status: 2, stdout: '' });
    expect(await far('show', 'next.yaml')).toMatchObject({ status: 2, stdout: '' });
    expect(await far('show', '--key', 'lk_test_no')).toMatchObject({ status: 1, stdout: '' });
  });

  it.each([
    ['here', (...argv: string[]) => run(...argv)],
    ['from afar', (...argv: string[]) => far(...argv)],
  ])('takes achievements away only when it is allowed, and says so, %s', async (_where, command) => {
    await run('apply', 'next.yaml');
    const keeps = await command('plan', 'dearer.yaml');
    expect(keeps.stdout).toContain(
      '\n  early: 0 unlocks, 0 points; 1 holder would not earn it now and keep it unless applied with --allow-revoke\n',
    );
    const loses = await command('plan', 'dearer.yaml', '--allow-revoke');
    expect(loses.stdout).toContain('\nUsers who would lose something: 1 (3 points, 0 XP)\n');
    expect(loses.stdout).toContain('\n  early: 0 unlocks, 0 points; 1 holder would lose it, 3 points\n');
    expect(JSON.parse((await command('plan', 'dearer.yaml', '--json', '--allow-revoke')).stdout)).toMatchObject({
      allowRevoke: true,
      losers: 1,
      pointsTaken: 3,
      achievements: [{ key: 'early', holdersWhoWouldNot: 1, revocable: true, holdersWhoWouldLose: 1, pointsTaken: 3 }],
    });
    const kept = await command('apply', 'dearer.yaml');
    expect(kept).toMatchObject({ status: 0 });
    expect(kept.stdout).toMatch(
      /is live.*\nNobody loses anything: early would be taken .* only with --allow-revoke\.\n$/,
    );
    expect(await command('rollback')).toMatchObject({ status: 0 });
    const taken = await command('apply', 'dearer.yaml', '--allow-revoke');
    expect(taken.stdout).toMatch(/is live.*\nTaken from holders who would not earn them by the new rule: early\.\n$/);
    await laurel.app.live.versions.fill();
    const [row] = await laurel.database.query<{ held: number }>({
      text: `select count(*) as held from user_achievements where achievement = 'early' and revoked_at is null`,
      values: [],
    });
    expect(row).toEqual({ held: 0 });
  });

  it('says in words what stands in the way', async () => {
    expect(await far('plan', 'next.yaml', '--key', 'lk_test_no')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'This key is not valid\n',
    });
    expect(await run('plan', 'next.yaml', '--to', 'http://127.0.0.1:9')).toMatchObject({ status: 1, stdout: '' });
    expect(await run('plan', 'next.yaml', '--to', 'nowhere')).toEqual({
      status: 1,
      stdout: '',
      stderr: "'nowhere' is no address of a Laurel.\n",
    });
    expect(await run('apply', 'nothing.yaml')).toMatchObject({ status: 1, stdout: '' });
    expect(await run('apply', 'next.yaml', '--expect', 'x')).toMatchObject({ status: 2 });
  });
});
