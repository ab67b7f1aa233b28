import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { lockDirectory } from '../../src/platform/data-directory.ts';
import { openEmbedded } from '../../src/platform/embedded-database.ts';
import { sql } from '../../src/platform/sql.ts';
import { audit } from '../support/auditor.ts';
import { eventually } from '../support/eventually.ts';
import { listen, post, unique } from '../support/laurel.ts';
import {
  endProcesses,
  type Folder,
  type LaurelProcess,
  makeFolder,
  runLaurel,
  startProcess,
} from '../support/processes.ts';

const RECORD = `mutation ($input: RecordEventInput!) {
  recordEvent(input: $input) {
    __typename
    ... on RecordEventSuccess { replayed event { id } user { score } unlocked { achievement { key } } }
  }
}`;
const TOASTS = 'subscription ($user: UserRef!) { achievementUnlocked(user: $user) { achievement { key } } }';
const PROFILE = `query ($by: UserRef!) {
  user(by: $by) { score achievements(status: UNLOCKED) { nodes { achievement { key } } } notifications { unseenCount } }
}`;
const CLAIM = `mutation ($input: ClaimAdminInput!) {
  claimAdmin(input: $input) { __typename }
}`;
const SLOW = { timeout: 180_000 };

let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(async () => {
  await endProcesses();
  await folder.remove();
});

const start = (environment: Readonly<Record<string, string>> = {}): Promise<LaurelProcess> =>
  startProcess({ LAUREL_DATA: folder.path, LOG_LEVEL: 'warn', ...environment });
const run = (...argv: string[]) => runLaurel(argv, { LAUREL_DATA: folder.path });
const record = async (url: string, externalId: string, type: string, idempotencyKey?: string) =>
  (await post(url, RECORD, { input: { user: { externalId }, type, idempotencyKey } })).data.recordEvent;

/** What the books of a stopped server say. */
async function auditFolder(): Promise<string[]> {
  const lock = await lockDirectory(folder.path, systemClock);
  const db = await openEmbedded({ directory: lock });
  await audit(db);
  const events = await db.query<{ id: string }>(sql`select id from event_log`);
  await db.close();
  await lock.release();
  return events.map(({ id }) => id);
}

it(
  'serves a newcomer on an empty folder, stops with exit 0 on SIGTERM, and has all of it after a restart',
  SLOW,
  async () => {
    const first = await start();
    const player = unique();
    await post(first.url, 'mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }', {
      input: { user: { externalId: player } },
    });
    const toasts = await listen(first.url, TOASTS, { user: { externalId: player } });
    const login = await record(first.url, player, 'login');
    expect(login).toMatchObject({ user: { score: 5 }, unlocked: [{ achievement: { key: 'newcomer' } }] });
    await record(first.url, player, 'find_secret');
    await record(first.url, player, 'find_secret');
    const third = await record(first.url, player, 'find_secret');
    expect(third).toMatchObject({ user: { score: 155 }, unlocked: [{ achievement: { key: 'explorer' } }] });
    const items = await toasts.take(2);
    expect(items.map((item) => item.data.achievementUnlocked.achievement.key)).toEqual(['newcomer', 'explorer']);
    expect(await first.end('SIGTERM')).toBe(0);
    expect(await toasts.ended).toMatchObject({ code: 1012 });
    await toasts.stop();
    const second = await start();
    expect((await post(second.url, PROFILE, { by: { externalId: player } })).data.user).toEqual({
      score: 155,
      achievements: { nodes: [{ achievement: { key: 'newcomer' } }, { achievement: { key: 'explorer' } }] },
      notifications: { unseenCount: 2 },
    });
    expect(await second.end('SIGINT')).toBe(0);
    expect(await auditFolder()).toHaveLength(4);
  },
);

it('loses no acknowledged event when it is killed under load, and its lock is taken over at once', SLOW, async () => {
  const acknowledged = new Map<string, { player: string; id: string }>();
  for (let round = 0; round < 3; round += 1) {
    const server = await start();
    for (const [key, { player, id }] of acknowledged) {
      expect(await record(server.url, player, 'login', key)).toMatchObject({ replayed: true, event: { id } });
    }
    const before = acknowledged.size;
    let alive = true;
    const loaded = Promise.withResolvers<void>();
    const load = async (player: string): Promise<void> => {
      while (alive) {
        const key = unique('key');
        const answer = await record(server.url, player, 'login', key).catch(() => null);
        if (answer?.__typename === 'RecordEventSuccess') acknowledged.set(key, { player, id: answer.event.id });
        if (acknowledged.size >= before + 60) loaded.resolve();
      }
    };
    const loads = Array.from({ length: 8 }, (_, index) => load(`player-${index % 4}`));
    await loaded.promise;
    expect(await server.end('SIGKILL')).toBe('SIGKILL');
    alive = false;
    await Promise.all(loads);
  }
  const stored = new Set(await auditFolder());
  // The global id of an event names its user and, after the dot, itself.
  const ids = [...acknowledged.values()].map(({ id }) => id.split('.').at(-1) ?? '');
  expect(ids.filter((id) => !stored.has(id))).toEqual([]);
  expect(ids.length).toBeGreaterThanOrEqual(180);
});

it('keeps its folder to itself, and runs commands of others inside', SLOW, async () => {
  const server = await start();
  const second = await run('serve');
  expect(second).toMatchObject({ ending: 1, stdout: '' });
  expect(second.stderr).toMatch(
    new RegExp(`^${folder.path} is in use by process ${server.pid}\\. Two processes .* stop that one first\\.\n$`),
  );
  const player = unique();
  await record(server.url, player, 'login');

  const [made, token, status, down] = await Promise.all([
    run('keys', 'create', '--name', 'game'),
    run('token', '--external-id', player),
    run('migrate', 'status'),
    run('migrate', 'down', '--yes'),
  ]);
  expect(made).toEqual({ ending: 0, stdout: expect.stringMatching(/^lk_development_\w+_[\w-]{43}\n$/), stderr: '' });
  expect(token).toMatchObject({ ending: 0, stderr: '' });
  const key = made.stdout.trim();
  const viewer = (credential: string) =>
    post(server.url, '{ viewer { externalId } }', {}, { authorization: `Bearer ${credential}` });
  expect((await viewer(token.stdout.trim())).data).toEqual({ viewer: { externalId: player } });
  expect((await viewer(key)).data).toEqual({ viewer: null });
  expect((await viewer(key.slice(0, -1))).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  expect(JSON.parse(status.stdout)).toMatchObject({ pending: [], changed: [], drift: [], unknown: [] });
  expect(down).toEqual({
    ending: 1,
    stdout: '',
    stderr: 'Stop the server first: it could not go on without its tables.\n',
  });
  expect((await record(server.url, player, 'login')).user.score).toBe(10);
  expect(await server.end()).toBe(0);

  const alone = await run('keys', 'create', '--name', 'other', '--scopes', 'events:read');
  expect(alone).toMatchObject({ ending: 0, stderr: '' });
  expect((await run('migrate', 'status')).ending).toBe(0);
  expect((await run('token', '--external-id', player)).ending).toBe(0);
  const again = await start({ LAUREL_AUTH: 'on' });
  const read = async (credential: string) =>
    (await post(again.url, '{ users { totalCount } }', {}, { authorization: `Bearer ${credential}` })).data?.users;
  expect(await read(key)).toEqual({ totalCount: 1 });
  expect(await read(alone.stdout.trim())).toEqual({ totalCount: 1 });
  await claimsOnce(again);
  expect(await again.end()).toBe(0);
});

/** The first admin comes by the link that the start printed; then `admin invite` prints others. */
async function claimsOnce(server: LaurelProcess): Promise<void> {
  const tokenIn = (text: string) => new RegExp(`^  ${server.url}/claim#(la_[\\w-]{43})$`, 'm').exec(text)?.[1];
  await eventually('the first admin is invited', () => tokenIn(server.output()) !== undefined);
  const claim = async (token: string | undefined) =>
    (await post(server.url, CLAIM, { input: { token, username: unique('boss'), password: 'long enough' } })).data;
  expect(await claim(tokenIn(server.output()))).toEqual({ claimAdmin: { __typename: 'ClaimAdminSuccess' } });
  expect(await claim(tokenIn(server.output()))).toEqual({ claimAdmin: { __typename: 'InvalidCredentialsError' } });
  const { stdout } = await run('admin', 'invite');
  expect(await claim(tokenIn(stdout))).toEqual({ claimAdmin: { __typename: 'ClaimAdminSuccess' } });
}

it('archives old events inside the server, which goes on', SLOW, async () => {
  const server = await start();
  const player = unique();
  const input = {
    user: { externalId: player },
    type: 'login',
    occurredAt: new Date(Date.now() - 3 * 86_400_000).toISOString(),
    idempotencyKey: 'old',
  };
  const first = (await post(server.url, RECORD, { input })).data.recordEvent;
  await record(server.url, player, 'login');
  const today = new Date().toISOString().slice(0, 10);
  const said = await run('events', 'archive', '--before', today);
  expect(said).toMatchObject({
    ending: 0,
    stdout: `Archived 1 events of 1 users from before ${today}T00:00:00.000Z.\n`,
  });
  expect(said.stderr).toContain('100 %  1 of 1 users looked at\n');
  const again = (await post(server.url, RECORD, { input })).data.recordEvent;
  expect(again).toMatchObject({ replayed: true, event: first.event, user: { score: 10 } });
  expect(await run('events', 'archive', '--before', '2999-01-01')).toMatchObject({ ending: 1 });
  expect(await server.end()).toBe(0);
  const alone = await run('events', 'archive', '--before', today, '--dry-run');
  expect(alone).toMatchObject({ ending: 0, stdout: 'Nothing to archive.\n' });
});

it('prints a key that works with LAUREL_AUTH=key, and nothing works without it', SLOW, async () => {
  const server = await start({ LAUREL_AUTH: 'key' });
  const key = /Key of this start \(Authorization: Bearer \.\.\.\): (\S+)/.exec(server.output())?.[1];
  expect(key).toMatch(/^lk_development_/);
  const users = (headers: Readonly<Record<string, string>>) =>
    post(server.url, '{ users { totalCount } }', {}, headers);
  expect((await users({ authorization: `Bearer ${key}` })).data.users).toEqual({ totalCount: 0 });
  expect((await users({})).errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  expect(await server.end()).toBe(0);
  expect((await start()).output()).not.toContain('lk_');
});

it('says so when its port is taken, and leaves the folder free', SLOW, async () => {
  const other = await makeFolder();
  const server = await startProcess({ LAUREL_DATA: other.path, LOG_LEVEL: 'warn' });
  const { port } = new URL(server.url);
  const taken = await runLaurel(['serve'], { LAUREL_DATA: folder.path, LOG_LEVEL: 'warn', PORT: port });
  expect(taken).toEqual({
    ending: 1,
    stdout: '',
    stderr: `Port ${port} of 127.0.0.1 is in use by another program; stop it, or set PORT to another one.\n`,
  });
  expect(await server.end()).toBe(0);
  await other.remove();
  expect(await auditFolder()).toEqual([]);
});
