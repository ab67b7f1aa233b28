import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isLocal } from '../../src/commands/is-local.ts';
import { runProgram } from '../../src/commands/program.ts';
import { authFor, type Workbench } from '../../src/commands/workbench.ts';
import { readConfig } from '../../src/config.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { sql } from '../../src/platform/sql.ts';
import { openTestDatabase, type TestDatabase } from '../support/databases.ts';

let opened: TestDatabase;
let bench: Workbench;
let opens = 0;

beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  const config = readConfig({ LAUREL_JWT_SECRET: 'abcdefghijklmnopqrstuvwxyz0123456789' });
  const database = opened.db;
  const live = () => Promise.reject(new Error('no catalog here'));
  bench = {
    config,
    database,
    clock: systemClock,
    auth: await authFor(config, database, systemClock),
    live,
    serving: true,
  };
  await database.query(sql`insert into users (id, username, external_id, display_name, created_at, updated_at, catalog_version)
    values ('0190a0a0-a0a0-7000-8000-000000000001', 'ann', 'a-1', 'Ann', now(), now(), 1)`);
});
beforeEach(() => {
  opens = 0;
});
afterAll(() => opened.dispose());

/** Runs a command as if inside a server. */
async function run(...argv: string[]) {
  let stdout = '';
  let stderr = '';
  const output = {
    stdout: (text: string) => {
      stdout += text;
    },
    stderr: (text: string) => {
      stderr += text;
    },
  };
  const status = await runProgram(argv, {
    withWorkbench: (work) => {
      opens += 1;
      return work(bench);
    },
    serve: null,
    cwd: process.cwd(),
    output,
    version: '1.2.3',
    remote: { url: undefined, key: undefined },
    signal: new AbortController().signal,
  });
  return { status, stdout, stderr };
}

describe('the command line', () => {
  it('says what it can do, and its version, with status 0', async () => {
    expect(await run('--version')).toEqual({ status: 0, stdout: '1.2.3\n', stderr: '' });
    const help = await run('--help');
    expect(help).toMatchObject({ status: 0, stderr: '' });
    for (const command of ['serve', 'migrate', 'keys', 'token', 'catalog'])
      expect(help.stdout).toContain(`\n  ${command}`);
    expect((await run('keys', 'create', '--help')).stdout).toContain('events:write,users:write,events:read');
  });

  it.each([
    [['toke'], 'unknown command'],
    [['token', '--nothing'], 'unknown option'],
    [['keys', 'create'], "'--name <name>' not specified"],
    [['keys', 'create', '--name'], 'argument missing'],
    [['keys', 'create', '--name', 'a', '--days', '0'], 'a whole number from 1 on is wanted'],
    [['keys', 'create', '--name', 'a', '--trust', 'none'], 'Allowed choices are low, normal, high'],
    [['migrate', 'down', '--steps', 'two'], 'a whole number from 1 on is wanted'],
  ])('answers wrong usage with status 2 and opens nothing: %j', async (argv, text) => {
    const { status, stdout, stderr } = await run(...argv);
    expect({ status, stdout, opens }).toEqual({ status: 2, stdout: '', opens: 0 });
    expect(stderr).toContain(text);
  });

  it('goes to the running server only with what needs its data', () => {
    const local = [[], ['serve'], ['help'], ['--version'], ['catalog', 'check', 'a.yaml']];
    const remote = [['keys', 'create'], ['token'], ['migrate', 'status'], ['migrate', 'down']];
    expect(local.map((argv) => isLocal(argv))).toEqual(local.map(() => true));
    expect(remote.map((argv) => isLocal(argv))).toEqual(remote.map(() => false));
  });

  it('does not serve twice, and keeps the tables under a running server', async () => {
    expect(await run('serve')).toEqual({ status: 1, stdout: '', stderr: 'A server runs here already.\n' });
    const down = await run('migrate', 'down', '--yes');
    expect(down).toEqual({
      status: 1,
      stdout: '',
      stderr: 'Stop the server first: it could not go on without its tables.\n',
    });
    expect(JSON.parse((await run('migrate', 'status')).stdout)).toMatchObject({ pending: [], drift: [] });
    expect(await run('migrate', 'up')).toEqual({ status: 0, stdout: 'Nothing to apply.\n', stderr: '' });
  });
});

describe('credentials', () => {
  it('makes a key with the scopes and the life that are asked for', async () => {
    const { status, stdout } = await run(
      'keys',
      'create',
      '--name',
      'game',
      '--scopes',
      'events:read, users:write',
      '--days',
      '7',
    );
    expect(status).toBe(0);
    const principal = await bench.auth.authenticate(`Bearer ${stdout.trim()}`);
    expect(principal).toMatchObject({ kind: 'key', scopes: ['events:read', 'users:write'] });
    const days = ((principal as { expiresAt: number }).expiresAt - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThanOrEqual(7);
  });

  it('lists, rotates and revokes keys, and tells no secret but a new one', async () => {
    const made = (
      await run('keys', 'create', '--name', 'turned', '--events-per-minute', '5', '--trust', 'low')
    ).stdout.trim();
    const [listed = ''] = (await run('keys', 'list', '--json')).stdout.split('\n');
    const { id } = JSON.parse(listed);
    expect(JSON.parse(listed)).toMatchObject({ name: 'turned', eventsPerMinute: 5, trust: 'low', revokedAt: null });
    const secret = made.split('_').at(-1) ?? '';
    expect(listed).not.toContain(secret);
    const rotated = (await run('keys', 'rotate', id, '--overlap', '60')).stdout.trim();
    for (const key of [made, rotated])
      expect(await bench.auth.authenticate(`Bearer ${key}`)).toMatchObject({ kind: 'key', keyId: id, trust: 'low' });
    expect(await run('keys', 'revoke', id)).toEqual({ status: 0, stdout: 'Revoked: turned\n', stderr: '' });
    for (const key of [made, rotated])
      await expect(bench.auth.authenticate(`Bearer ${key}`)).rejects.toMatchObject({
        extensions: { code: 'UNAUTHENTICATED', reason: 'REVOKED' },
      });
    expect((await run('keys', 'list')).stdout).toMatch(new RegExp(`${id}\\s+turned\\s.*low\\s+revoked `));
    expect(await run('keys', 'rotate', id)).toMatchObject({
      status: 1,
      stderr: 'The key was revoked or has expired; make another\n',
    });
    expect(await run('keys', 'revoke', 'serverKey_0190a0a0-a0a0-7000-8000-000000000001')).toMatchObject({
      status: 1,
      stderr: 'There is no such key\n',
    });
    const actions = await bench.database.query(
      sql`select action, actor from audit_log where subject = ${`serverKey_${id}`} order by id`,
    );
    expect(actions).toEqual(
      ['KEY_CREATED', 'KEY_ROTATED', 'KEY_REVOKED'].map((action) => ({ action, actor: 'command line' })),
    );
  });

  it.each([
    [['--scopes', 'all'], 'Unknown scope all'],
    [['--scopes', ','], 'at least one scope'],
    [['--days', '4000'], '1 to 3650 days'],
  ])('refuses a key with %j', async (argv, text) => {
    const { status, stdout, stderr } = await run('keys', 'create', '--name', 'game', ...argv);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(text);
  });

  it.each([
    ['--external-id', 'a-1'],
    ['--username', 'ann'],
    ['--id', 'user_0190a0a0-a0a0-7000-8000-000000000001'],
    ['--id', '0190a0a0-a0a0-7000-8000-000000000001'],
  ])('makes a token of the user with %s %s', async (option, value) => {
    const { status, stdout } = await run('token', option, value);
    expect(status).toBe(0);
    expect(await bench.auth.authenticate(`Bearer ${stdout.trim()}`)).toMatchObject({
      kind: 'player',
      userId: '0190a0a0-a0a0-7000-8000-000000000001',
    });
  });

  it.each([
    [['--external-id', 'nobody']],
    [['--id', 'nonsense']],
    [[]],
    [['--username', 'ann', '--external-id', 'a-1']],
  ])('makes no token for %j', async (argv) => {
    const { status, stdout, stderr } = await run('token', ...argv);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^\S.{10,}\n$/);
  });
});
