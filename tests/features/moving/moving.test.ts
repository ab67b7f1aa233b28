import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/commands/program.ts';
import type { Workbench } from '../../../src/commands/workbench.ts';
import { readConfig } from '../../../src/config.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';

const PLAYER = `query ($user: UserRef!) {
  user(by: $user) {
    displayName createdAt score achievementPoints level
    metrics { key by value }
    streaks { key current longest }
    achievements(status: UNLOCKED) {
      nodes { achievement { key } unlocks { tier unlockedAt pointsAwarded evidence { type { key } } } }
    }
    notifications { nodes { cursor } }
  }
}`;

const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

describe.each(backends())('a game that moves in, on %s', (backend) => {
  let laurel: TestLaurel;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'laurel-moving-'));
    laurel = await startLaurel(backend, { environment: { LAUREL_CATALOG: 'catalogs/racing.yaml' } });
  });
  afterEach(() => laurel.check());
  afterAll(async () => {
    await laurel.close();
    await rm(directory, { recursive: true });
  });

  /** Runs a command as if inside the server. */
  async function run(argv: readonly string[], lines: readonly (object | string)[]) {
    const file = join(directory, 'lines.ndjson');
    await writeFile(file, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
    let stdout = '';
    const { app, database } = laurel;
    const bench: Workbench = {
      config: readConfig({}),
      database,
      clock: systemClock,
      auth: app.auth,
      live: async () => app.live,
      serving: true,
    };
    const status = await runProgram([...argv, file], {
      withWorkbench: (work) => work(bench),
      serve: null,
      cwd: process.cwd(),
      output: {
        stdout: (text) => {
          stdout += text;
        },
        stderr: () => undefined,
      },
      version: '1',
      remote: { url: undefined, key: undefined },
      signal: new AbortController().signal,
    });
    return { status, stdout };
  }
  const importPlayers = (lines: readonly (object | string)[], ...more: string[]) =>
    run(['players', 'import', ...more], lines);
  const importEvents = (lines: readonly (object | string)[]) => run(['events', 'import'], lines);
  const player = async (externalId: string) => (await laurel.query(PLAYER, { user: { externalId } })).data.user;
  const record = async (externalId: string, type: string, details: object | null = null) =>
    laurel.query(
      'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename ... on RecordEventSuccess { unlocked { achievement { key } } } } }',
      { input: { user: { externalId }, type, details } },
    );
  const metric = (user: Awaited<ReturnType<typeof player>>, key: string) =>
    user.metrics.find((one: { key: string }) => one.key === key)?.value ?? null;

  it('counts as a write of the fold state, also when only fields of the user change', async () => {
    const externalId = unique();
    const version = async () =>
      (
        await laurel.database.query<{ version: number }>({
          text: 'select row_version as version from users where external_id = $1',
          values: [externalId],
        })
      )[0]?.version;
    await importPlayers([{ externalId, displayName: 'Ann' }]);
    const before = (await version()) ?? 0;
    await importPlayers([{ externalId, displayName: 'Bea' }]);
    expect(await version()).toBeGreaterThan(before);
  });

  it('imports a player with all that was reached, and goes on from there', async () => {
    const externalId = unique();
    const line = {
      externalId,
      displayName: 'Ann',
      createdAt: '2024-05-01T00:00:00Z',
      xp: 2_600,
      metrics: { score: 5_300, laps: 812, lap_record: { north: 58.2, south: 61 }, tracks: 4, win_run: 2 },
      unlocked: [
        { achievement: 'newcomer', at: '2024-05-01T10:00:00Z' },
        { achievement: 'collector', tier: 2, at: '2024-06-01T10:00:00Z' },
      ],
      streaks: { daily: { current: 3, longest: 9, lastActiveOn: daysAgo(1).slice(0, 10) } },
    };
    const { status, stdout } = await importPlayers([line]);
    expect(stdout).toContain('Imported 1 players; 0 were there already, 0 lines are refused.');
    expect(stdout).toContain('the rules unlocked north_ace for 1');
    expect(status).toBe(0);
    const user = await player(externalId);
    expect(user).toMatchObject({ displayName: 'Ann', createdAt: '2024-05-01T00:00:00.000Z', score: 5_300, level: 3 });
    expect([metric(user, 'laps'), metric(user, 'tracks'), metric(user, 'win_run')]).toEqual([812, 4, 2]);
    expect(user.streaks).toContainEqual({ key: 'daily', current: 3, longest: 9 });
    expect(user.notifications.nodes).toEqual([]);
    const unlocks = new Map(
      user.achievements.nodes.map((own: { achievement: { key: string }; unlocks: object[] }) => [
        own.achievement.key,
        own.unlocks,
      ]),
    );
    expect(unlocks.get('newcomer')).toEqual([
      { tier: 0, unlockedAt: '2024-05-01T10:00:00.000Z', pointsAwarded: 5, evidence: { type: { key: '@opening' } } },
    ]);
    expect(unlocks.get('collector')).toHaveLength(2);
    await record(externalId, 'login');
    await record(externalId, 'lap_finished', { track: 'west', seconds: 70 });
    const later = await player(externalId);
    expect([metric(later, 'laps'), metric(later, 'tracks'), later.score]).toEqual([813, 5, 5_305]);
    expect(later.streaks).toContainEqual({ key: 'daily', current: 4, longest: 9 });
  });

  it('replaces what a line brought when the externalId comes again, and passes over what is there already', async () => {
    const externalId = unique();
    const line = (laps: number) => ({
      externalId,
      xp: 10,
      metrics: { laps, score: laps },
      unlocked: [{ achievement: 'newcomer', at: daysAgo(9) }],
    });
    const first = line(20);
    await importPlayers([first]);
    await record(externalId, 'lap_finished', { track: 'north', seconds: 70 });
    expect((await importPlayers([first])).stdout).toContain('Imported 0 players; 1 were there already');
    expect(metric(await player(externalId), 'laps')).toBe(21);
    const { stdout } = await importPlayers([line(30), { externalId: unique() }]);
    expect(stdout).toContain('Imported 2 players; 0 were there already');
    const user = await player(externalId);
    expect([metric(user, 'laps'), user.score, user.achievementPoints]).toEqual([31, 30, 5]);
    // Without the achievement: what the line brought goes, what the rules gave since stays.
    await importPlayers([{ externalId, metrics: { laps: 1 } }]);
    const last = await player(externalId);
    expect([metric(last, 'laps'), last.score, last.achievementPoints]).toEqual([2, 0, 0]);
  });

  it('takes the last line of a player, wherever in the file the others stand', async () => {
    const names = Array.from({ length: 800 }, () => unique());
    const line = (externalId: string | undefined, laps: number) => ({ externalId, metrics: { laps } });
    const lines = names.map((name) => line(name, 1));
    const [near = '', far = '', both = ''] = names;
    const { stdout } = await importPlayers([
      ...lines.toSpliced(5, 0, line(near, 2), line(both, 2)),
      line(far, 3),
      line(both, 3),
    ]);
    // A line that another of its transaction replaces counts as one that was there already.
    expect(stdout).toContain('Imported 802 players; 2 were there already, 0 lines are refused.');
    const laps = await Promise.all(
      [near, far, both, names[700] ?? ''].map(async (name) => metric(await player(name), 'laps')),
    );
    expect(laps).toEqual([2, 3, 3, 1]);
  });

  it('keeps what happened here newer than what was brought, however late it is brought', async () => {
    const externalId = unique();
    await record(externalId, 'telemetry', { speed: 70 });
    await importPlayers([{ externalId, metrics: { speed_now: 5 } }]);
    expect(metric(await player(externalId), 'speed_now')).toBe(70);
  });

  it('writes nothing in a dry run, and says what would be unlocked', async () => {
    const externalId = unique();
    const { status, stdout } = await importPlayers(
      [{ externalId, metrics: { lap_record: { north: 50 } } }],
      '--dry-run',
    );
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(stdout).toContain('Would import 1 players');
    expect(stdout).toContain('the rules would unlock north_ace for 1');
    expect(await player(externalId)).toBeNull();
  });

  it('refuses wrong lines by number, with every fault, and imports the others', async () => {
    const externalId = unique();
    const { status, stdout } = await importPlayers([
      'not json',
      { externalId: '' },
      { externalId, metrics: { lap: 1, xp: 3 }, unlocked: [{ achievement: 'nothing', at: '2024-01-01T00:00:00Z' }] },
      '',
      { externalId, xp: -1 },
      { externalId, nonsense: true },
      { externalId, createdAt: daysAgo(-2) },
      { externalId, unlocked: [{ achievement: 'collector', tier: 9, at: daysAgo(1) }] },
      { externalId, metrics: { lap_record: { '\ud800': 60 } } },
      { externalId, metrics: { laps: 3 } },
    ]);
    expect(status).toBe(1);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 8)).toEqual([
      'line 1: is no JSON',
      expect.stringContaining('line 2: externalId'),
      'line 3: metrics.xp stands beside metrics, as xp; metrics.lap there is no such metric; unlocked.0 there is no achievement nothing',
      expect.stringContaining('line 5: xp is a whole number from 0 to 2^53-1'),
      expect.stringContaining('line 6: '),
      'line 7: createdAt lies ahead',
      'line 8: unlocked.0 collector has no such tier',
      'line 9: metrics.lap_record a key has 1 to 200 characters',
    ]);
    expect(stdout).toContain('Imported 1 players; 0 were there already, 8 lines are refused.');
    expect(metric(await player(externalId), 'laps')).toBe(3);
  });

  it('imports a log of any age once, silently, and counts it when it happened', async () => {
    const externalId = unique();
    const lap = (day: number, seconds: number) => ({
      user: { externalId },
      type: 'lap_finished',
      details: { track: 'north', seconds },
      occurredAt: daysAgo(400 - day),
    });
    const lines = [
      { user: { externalId }, type: 'login', occurredAt: daysAgo(500) },
      ...Array.from({ length: 30 }, (_, day) => lap(day, 58)),
      { user: { externalId }, type: 'lap', occurredAt: daysAgo(1) },
      { user: {}, type: 'login', occurredAt: daysAgo(1) },
      { user: { externalId }, type: 'login' },
      { user: { externalId }, type: 'login', occurredAt: daysAgo(-2) },
    ];
    const { status, stdout } = await importEvents(lines);
    expect(status).toBe(1);
    expect(stdout).toContain('line 32: Unknown event type lap');
    expect(stdout).toContain('line 33: Name a user by exactly one of');
    expect(stdout).toContain('line 34: occurredAt is a time');
    expect(stdout).toContain('line 35: occurredAt must lie between');
    expect(stdout).toContain('Imported 31 events; 0 were there already, 4 lines are refused.');
    expect(stdout).toContain('the rules unlocked sprinter for 1');
    const user = await player(externalId);
    expect([metric(user, 'laps'), user.notifications.nodes]).toEqual([30, []]);
    const sprinter = user.achievements.nodes.find(
      (own: { achievement: { key: string } }) => own.achievement.key === 'sprinter',
    );
    expect(Date.parse(sprinter.unlocks[0].unlockedAt)).toBeLessThan(Date.now() - 380 * DAY_MS);
    expect((await importEvents(lines)).stdout).toContain('Imported 0 events; 31 were there already');
    expect(metric(await player(externalId), 'laps')).toBe(30);
  });
});
