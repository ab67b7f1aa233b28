import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addExplainCommand } from '../../../src/commands/explain.ts';
import type { Workbench } from '../../../src/commands/workbench.ts';
import { readConfig } from '../../../src/config.ts';
import { type CatalogFile, writeCatalog } from '../../support/catalog-file.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../../support/laurel.ts';
import { EXPLAIN_CATALOG } from './catalog.ts';

const RULE = 'kind text holds current target';
const EXPLAIN = `query ($user: UserRef!, $achievement: String!) { explain(user: $user, achievement: $achievement) {
  achievement { key name } userAchievement { unlocked } state
  unlock { tier pointsAwarded evidence { id type { key } } }
  decision { kind tier reason actor }
  gates { kind what open }
  rule { ${RULE} of { ${RULE} of { ${RULE} of { ${RULE} } } } }
  lastMatching { event { id } refusedBy } lastNearly { event { id details } refusedBy } } }`;

const leaf = (text: string, holds: boolean, current: number | null, target: number | null, kind = 'METRIC') => ({
  kind,
  text,
  holds,
  current,
  target,
  of: [],
});

describe.each(backends())('explain on %s', (backend) => {
  let laurel: TestLaurel;
  let catalog: CatalogFile;
  let key = '';
  const clock = { now: () => now };
  let now = Date.parse('2026-03-10T12:00:00Z');
  beforeAll(async () => {
    catalog = await writeCatalog(EXPLAIN_CATALOG);
    laurel = await startLaurel(backend, {
      clock,
      environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET, LAUREL_CATALOG: catalog.path },
    });
    key = await laurel.app.auth.createKey({ name: 'all', scopes: ['admin'], days: null });
  });
  afterEach(() => laurel.check());
  afterAll(async () => {
    await laurel.close();
    await catalog.remove();
  });

  const asKey = () => ({ authorization: `Bearer ${key}` });
  const record = async (user: object, type: string, details: object | null = null) => {
    const { data } = await laurel.query(
      'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { ... on RecordEventSuccess { event { id } user { id } } } }',
      { input: { user, type, details } },
      asKey(),
    );
    now += 1_000;
    return { event: data.recordEvent.event.id as string, user: data.recordEvent.user.id as string };
  };
  const decide = (field: string, input: object) =>
    laurel.query(
      `mutation ($input: ${field[0]?.toUpperCase()}${field.slice(1)}Input!) { ${field}(input: $input) { __typename } }`,
      { input },
      asKey(),
    );
  const explained = async (user: object, achievement: string, headers: Record<string, string> = asKey()) => {
    const answer = await laurel.query(EXPLAIN, { user, achievement }, headers);
    expect(answer.errors).toEqual([]);
    return answer.data.explain;
  };
  const playerOf = async (userId: string) => ({
    authorization: `Bearer ${await laurel.app.auth.createToken(userId.slice('user_'.length))}`,
  });

  it('shows how far a counted rule is, the last event that counted and the one that nearly did', async () => {
    const user = { externalId: unique() };
    const quick = await record(user, 'lap', { track: 'north', seconds: 59 });
    const slow = await record(user, 'lap', { track: 'north', seconds: 61.5 });
    expect(await explained(user, 'sprinter')).toEqual({
      achievement: { key: 'sprinter', name: 'Sprinter' },
      userAchievement: { unlocked: false },
      state: 'LOCKED',
      unlock: null,
      decision: null,
      gates: [],
      rule: leaf('quick_laps >= 2', false, 1, 2),
      lastMatching: { event: { id: quick.event }, refusedBy: null },
      lastNearly: {
        event: { id: slow.event, details: { track: 'north', seconds: 61.5 } },
        refusedBy: 'seconds: {below: 60}',
      },
    });
  });

  it('shows the event that decided', async () => {
    const user = { externalId: unique() };
    const { event } = await record(user, 'login');
    expect(await explained(user, 'newcomer')).toMatchObject({
      state: 'UNLOCKED',
      userAchievement: { unlocked: true },
      unlock: { tier: 0, pointsAwarded: 5, evidence: { id: event, type: { key: 'login' } } },
      rule: leaf('logins >= 1', true, 1, 1),
      lastMatching: { event: { id: event } },
    });
    await record(user, 'login');
    expect(await explained(user, 'tiered')).toMatchObject({ state: 'UNLOCKED', unlock: { tier: 1, pointsAwarded: 1 } });
  });

  it('shows the whole tree of a rule, with every gate in the way', async () => {
    const user = { externalId: unique() };
    await record(user, 'login');
    await record(user, 'lap', { track: 'north', seconds: 59 });
    const { gates, rule } = await explained(user, 'devoted');
    expect(gates).toEqual([
      { kind: 'STARTS_AT', what: '2026-01-01T00:00:00.000Z', open: true },
      { kind: 'ENDS_AT', what: '2026-06-01T00:00:00.000Z', open: true },
      { kind: 'REQUIRES', what: 'newcomer', open: true },
      { kind: 'REQUIRES', what: 'shadow', open: false },
    ]);
    const any = '(level >= 3 or achievement shadow or record of north <= 58.5)';
    const some = '(1 of: 4 achievements, totalPoints >= 40)';
    expect(rule).toEqual({
      kind: 'ALL',
      text: `streak daily >= 3 and not quick_laps >= 5 and ${any} and ${some}`,
      holds: false,
      current: null,
      target: null,
      of: [
        leaf('streak daily >= 3', false, 1, 3, 'STREAK'),
        {
          kind: 'NOT',
          text: 'not quick_laps >= 5',
          holds: true,
          current: null,
          target: null,
          of: [leaf('quick_laps >= 5', false, 1, 5)],
        },
        {
          kind: 'ANY',
          text: any.slice(1, -1),
          holds: false,
          current: null,
          target: null,
          of: [
            leaf('level >= 3', false, 1, 3, 'LEVEL'),
            leaf('achievement shadow', false, null, null, 'ACHIEVEMENT'),
            leaf('record of north <= 58.5', false, 59, 58.5),
          ],
        },
        {
          kind: 'AT_LEAST',
          text: some.slice(1, -1),
          holds: false,
          current: null,
          target: null,
          of: [leaf('4 achievements', false, 1, 4, 'ACHIEVEMENTS'), leaf('totalPoints >= 40', false, 10, 40)],
        },
      ],
    });
    expect((await explained(user, 'snowman')).gates).toEqual([{ kind: 'SEASON', what: 'winter', open: false }]);
    expect((await explained(user, 'closed')).gates).toEqual([{ kind: 'STATUS', what: 'locked', open: false }]);
  });

  it('shows what was decided by hand, and the block that a revoke puts', async () => {
    const user = { externalId: unique() };
    await record(user, 'login');
    await decide('revokeAchievement', { user, achievement: 'newcomer', reason: 'a bot' });
    expect(await explained(user, 'newcomer')).toMatchObject({
      state: 'REVOKED',
      unlock: null,
      decision: { kind: 'REVOKE', tier: 0, reason: 'a bot', actor: expect.stringMatching(/^key /) },
      gates: [{ kind: 'BLOCKED', what: 'newcomer', open: false }],
      rule: { holds: true },
    });
    await decide('grantAchievement', { user, achievement: 'newcomer', reason: 'it was none' });
    expect(await explained(user, 'newcomer')).toMatchObject({
      state: 'UNLOCKED',
      unlock: { evidence: null },
      decision: { kind: 'GRANT', reason: 'it was none' },
      gates: [],
    });
    expect(await explained(user, 'helper')).toMatchObject({ rule: leaf('given by hand', false, null, null, 'MANUAL') });
  });

  it('tells a player neither the rule of what is hidden nor that there is something secret', async () => {
    const { user: userId } = await record({ externalId: unique() }, 'login');
    const user = { id: userId };
    const player = await playerOf(userId);
    expect(await explained(user, 'veiled', player)).toEqual({
      achievement: { key: 'veiled', name: 'Hidden achievement' },
      userAchievement: { unlocked: false },
      state: 'LOCKED',
      unlock: null,
      decision: null,
      gates: [],
      rule: null,
      lastMatching: null,
      lastNearly: null,
    });
    expect(await explained(user, 'veiled')).toMatchObject({
      achievement: { name: 'Veiled' },
      gates: [{ kind: 'REQUIRES', what: 'newcomer', open: true }],
      rule: leaf('quick_laps >= 3', false, 0, 3),
    });
    for (const unseen of ['shadow', 'draft', 'nothing']) expect(await explained(user, unseen, player)).toBeNull();
    expect(await explained(user, 'shadow')).toMatchObject({ rule: leaf('logins >= 100', false, 1, 100) });
    expect(await explained(user, 'nothing')).toBeNull();
    const devoted = await explained(user, 'devoted', player);
    expect(JSON.stringify(devoted)).not.toContain('shadow');
    expect(devoted.gates).toContainEqual({ kind: 'REQUIRES', what: '?', open: false });
    expect(devoted.rule.of[2].of[1]).toEqual(leaf('achievement ?', false, null, null, 'ACHIEVEMENT'));
    await decide('grantAchievement', { user, achievement: 'shadow', reason: 'a gift' });
    expect(await explained(user, 'shadow', player)).toMatchObject({
      state: 'UNLOCKED',
      decision: null,
      rule: { current: 1 },
    });
  });

  it('answers the user itself, keys and admins; null to other players, UNAUTHENTICATED to nobody', async () => {
    const { user: own } = await record({ externalId: unique() }, 'login');
    const { user: other } = await record({ externalId: unique() }, 'login');
    expect(await explained({ id: own }, 'newcomer', await playerOf(own))).toMatchObject({ state: 'UNLOCKED' });
    expect(await explained({ id: own }, 'newcomer', await playerOf(other))).toBeNull();
    expect(await explained({ externalId: 'nobody' }, 'newcomer')).toBeNull();
    const anonymous = await laurel.query(EXPLAIN, { user: { id: own }, achievement: 'newcomer' });
    expect(anonymous.errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    const catalogKey = await laurel.app.auth.createKey({ name: 'designer', scopes: ['catalog:write'], days: null });
    expect(await explained({ id: own }, 'newcomer', { authorization: `Bearer ${catalogKey}` })).toBeNull();
  });

  describe('laurel explain', () => {
    const run = async (...argv: string[]) => {
      const out = { stdout: '', stderr: '', status: 0 };
      const program = new Command('laurel').exitOverride();
      const output = {
        stdout: (text: string) => {
          out.stdout += text;
        },
        stderr: (text: string) => {
          out.stderr += text;
        },
      };
      const { database, app } = laurel;
      const live = async () => app.live;
      const bench: Workbench = { config: readConfig({}), database, clock, auth: app.auth, live, serving: true };
      const withWorkbench = <T>(work: (given: Workbench) => Promise<T>): Promise<T> => work(bench);
      addExplainCommand(program, { withWorkbench, output }, (code) => {
        out.status = code;
      });
      await program.parseAsync(['explain', ...argv], { from: 'user' }).catch((error: { exitCode?: number }) => {
        out.status = error.exitCode === 0 ? 0 : 2;
      });
      return out;
    };

    it('prints the tree, the gates and the last events', async () => {
      const externalId = unique();
      const user = { externalId };
      const login = await record(user, 'login');
      const slow = await record(user, 'lap', { track: 'north', seconds: 61.5 });
      const [, event] = slow.event.split('.');
      const at = new Date(now - 1_000).toISOString();
      expect(await run(`external:${externalId}`, 'devoted')).toEqual({
        stdout: [
          'devoted: locked',
          'Rule',
          '  [ ] all of',
          '    [ ] streak daily >= 3: 1 of 3',
          '    [x] not',
          '      [ ] quick_laps >= 5: 0 of 5',
          '    [ ] any of',
          '      [ ] level >= 3: 1 of 3',
          '      [ ] achievement shadow',
          '      [ ] record of north <= 58.5: 61.5 of 58.5',
          '    [ ] 1 of',
          '      [ ] 4 achievements: 1 of 4',
          '      [ ] totalPoints >= 40: 10 of 40',
          'Gates',
          '  [x] startsAt 2026-01-01T00:00:00.000Z',
          '  [x] endsAt 2026-06-01T00:00:00.000Z',
          '  [x] requires newcomer',
          '  [ ] requires shadow',
          `Last event that counted: lap ${event} of ${at}`,
          `Last event that nearly did: lap ${event} of ${at}, refused by seconds: {below: 60}`,
          '',
        ].join('\n'),
        stderr: '',
        status: 0,
      });
      const [, decisive] = login.event.split('.');
      const unlocked = await run(login.user, 'newcomer');
      expect(unlocked.stdout).toContain(
        `newcomer: unlocked since ${new Date(now - 2_000).toISOString()} by event ${decisive}\n`,
      );
      const json = await run(`external:${externalId}`, 'sprinter', '--json');
      expect(JSON.parse(json.stdout)).toMatchObject({
        achievement: 'sprinter',
        state: 'locked',
        rule: { kind: 'metric', current: 0, target: 2 },
        lastNearly: { eventId: event, refusedBy: 'seconds: {below: 60}', occurredAt: at },
      });
    });

    it('says what is wrong: 1 for who or what is absent, 2 for wrong usage', async () => {
      const { user } = await record({ externalId: unique() }, 'login');
      expect(await run('external:nobody', 'newcomer')).toEqual({
        stdout: '',
        stderr: 'There is no user with the externalId nobody.\n',
        status: 1,
      });
      expect(await run(user, 'nothing')).toMatchObject({
        stderr: 'The live catalog declares no achievement nothing.\n',
        status: 1,
      });
      expect(await run('somebody', 'newcomer')).toMatchObject({ status: 2 });
      expect((await run('--help')).stdout).toContain('external:ID        the game');
    });
  });
});
