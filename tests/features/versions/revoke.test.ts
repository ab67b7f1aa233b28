import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fillAll, type RebuildParts } from '../../../src/features/rebuild/service.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { createIds } from '../../../src/platform/ids.ts';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';

const APPLY = `mutation ($input: ApplyCatalogInput!) { applyCatalog(input: $input) {
  ... on ApplyCatalogSuccess { revokes kept catalog { version } } ... on Error { code message } } }`;
const PLAN = `mutation ($input: PlanCatalogInput!) { planCatalog(input: $input) { ... on PlanCatalogSuccess {
  users points losers pointsTaken xpTaken achievements {
    key unlocks points holdersWhoWouldNot revocable holdersWhoWouldLose pointsTaken } } ... on Error { code } } }`;

/** How a version lets one be a digger. */
interface Rules {
  readonly digger: number;
  readonly more?: string;
}

const game = ({ digger, more = '' }: Rules): string => `
laurel: 1
name: Digging
eventTypes: { dig: { points: 1, xp: 10 }, rest: { points: 1 } }
metrics: { digs: { count: dig } }
levels: { thresholds: [0, 500, 1000] }
achievements:
  digger: { points: 40, xp: 100, onChange: revoke, when: { metric: digs, atLeast: ${digger} } }
  famous: { points: 5, when: { achievement: digger } }
  either: { points: 3, when: { any: [ { achievement: digger }, { metric: digs, atLeast: 3 } ] } }
  steps: { onChange: revoke, tiers: [ { at: 1, points: 1 }, { at: ${digger + 1}, points: 2 }, { at: ${digger + 2}, points: 4 } ], when: { metric: digs } }
  settled: { points: 2, when: { metric: digs, atLeast: ${digger} } }
${more}`;

describe.each(backends())('a version that takes achievements away on %s', (backend) => {
  let laurel: TestLaurel;
  let parts: RebuildParts;
  beforeAll(async () => {
    laurel = await startLaurel(backend);
    const { catalog, bus } = laurel.app.services;
    parts = { database: laurel.database, catalog, clock: systemClock, ids: createIds(), bus };
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const rows = async <Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> =>
    laurel.database.query<Row>({ text, values });
  const digs = async (externalId: string, times: number, type = 'dig') => {
    const events = Array.from({ length: times }, () => ({ user: { externalId }, type }));
    const { data } = await laurel.query(
      `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded results {
         ... on RecordEventSuccess { unlocked { achievement { key } } } } } }`,
      { input: { events } },
    );
    expect(data.recordEvents.recorded).toBe(times);
    return data.recordEvents.results.flatMap((one: { unlocked: { achievement: { key: string } }[] }) =>
      one.unlocked.map(({ achievement }) => achievement.key),
    );
  };
  /** What somebody holds, tiers with their number, and what the user row says. */
  const held = async (externalId: string) => {
    const [user] = await rows<{ id: string; points: number; xp: number; version: number }>(
      'select id, achievement_points as points, xp, catalog_version as version from users where external_id = $1',
      externalId,
    );
    const own = await rows<{ key: string }>(
      `select achievement || case when tier > 0 then ' ' || tier else '' end as key from user_achievements
       where user_id = $1::uuid and revoked_at is null order by 1`,
      user?.id,
    );
    return { ...user, keys: own.map(({ key }) => key) };
  };
  const revokeLines = async (externalId: string) =>
    rows<{ achievement: string; tier: number; points: number; xp: number; reason: string; actor: string }>(
      `select achievement, tier, l.points, l.xp, reason, actor from ledger l join users u on u.id = l.user_id
       where external_id = $1 and source = 'revoke' order by achievement, tier`,
      externalId,
    );
  const brought = () =>
    eventually('everybody is brought up', async () => {
      const [row] = await rows<{ behind: number }>(
        'select count(*) as behind from users where catalog_version < (select live_version from installation)',
      );
      return row?.behind === 0;
    });
  const apply = async (rules: Rules, allowRevoke = false) => {
    const { data } = await laurel.query(APPLY, { input: { source: game(rules), allowRevoke } });
    await brought();
    return data.applyCatalog;
  };
  /** Makes a version live and brings nobody up, as a process that is killed at once. */
  const flip = (rules: Rules, allowRevoke: boolean) =>
    parts.catalog.flip({
      files: { main: 'catalog.yaml', files: { 'catalog.yaml': game(rules) } },
      expectedVersion: null,
      author: { actor: 'tester', requestId: null, isAdmin: true },
      action: 'CATALOG_APPLIED',
      note: unique(),
      allowRevoke,
    });
  const planned = async (rules: Rules, allowRevoke = false) =>
    (await laurel.query(PLAN, { input: { source: game(rules), allowRevoke } })).data.planCatalog;
  const plannedOf = async (key: string, rules: Rules, allowRevoke = false) =>
    (await planned(rules, allowRevoke)).achievements.find((one: { key: string }) => one.key === key);

  it('takes nothing unless it is allowed, and says whose holders keep what', async () => {
    await apply({ digger: 2 });
    const player = unique();
    await digs(player, 2);
    const before = await held(player);
    expect(before.keys).toEqual(['digger', 'either', 'famous', 'settled', 'steps 1']);
    expect(await plannedOf('digger', { digger: 4 })).toEqual({
      key: 'digger',
      unlocks: 0,
      points: 0,
      holdersWhoWouldNot: 1,
      revocable: true,
      holdersWhoWouldLose: 0,
      pointsTaken: 0,
    });
    expect(await plannedOf('settled', { digger: 4 })).toMatchObject({ holdersWhoWouldNot: 1, revocable: false });
    expect(await apply({ digger: 4 })).toMatchObject({ revokes: [], kept: ['digger', 'steps'] });
    expect(await held(player)).toEqual({ ...before, version: expect.any(Number) });
    expect(await revokeLines(player)).toEqual([]);
  });

  it('takes what the new rule does not give, with what depended on it, and compensates, as the plan says', async () => {
    await apply({ digger: 2 });
    const [two, three, five, granted] = [unique('two'), unique('three'), unique('five'), unique('granted')];
    await digs(two, 2);
    await digs(three, 3);
    await digs(five, 6);
    await digs(granted, 1);
    const { data } = await laurel.query(
      'mutation ($input: GrantAchievementInput!) { grantAchievement(input: $input) { __typename } }',
      { input: { user: { externalId: granted }, achievement: 'digger', reason: 'a gift' } },
    );
    expect(data.grantAchievement.__typename).toBe('GrantAchievementSuccess');
    const [fiveBefore, grantedBefore] = [await held(five), await held(granted)];
    const plan = await planned({ digger: 4 }, true);
    const applied = await apply({ digger: 4 }, true);
    expect(applied).toMatchObject({ revokes: ['digger', 'steps'], kept: [] });
    const reason = `the rule of catalog version ${applied.catalog.version}`;
    expect(await held(two)).toMatchObject({ points: 3, xp: 20, keys: ['settled', 'steps 1'] });
    expect(await held(three)).toMatchObject({ points: 6, xp: 30, keys: ['either', 'settled', 'steps 1'] });
    expect(await revokeLines(two)).toEqual([
      { achievement: 'digger', tier: 0, points: -40, xp: -100, reason, actor: 'admin' },
      { achievement: 'either', tier: 0, points: -3, xp: 0, reason, actor: 'admin' },
      { achievement: 'famous', tier: 0, points: -5, xp: 0, reason, actor: 'admin' },
    ]);
    expect((await revokeLines(three)).map(({ achievement, tier }) => [achievement, tier])).toEqual([
      ['digger', 0],
      ['famous', 0],
      ['steps', 2],
    ]);
    for (const [who, before] of [[five, fiveBefore] as const, [granted, grantedBefore] as const])
      expect(await held(who)).toEqual({ ...before, version: applied.catalog.version });
    const [taken] = await rows<{ losers: number; points: number; xp: number }>(
      `select count(distinct user_id) as losers, -sum(points)::bigint as points, -sum(xp)::bigint as xp from ledger where reason = $1`,
      reason,
    );
    expect({ losers: plan.losers, points: plan.pointsTaken, xp: plan.xpTaken }).toEqual(taken);
    const either = plan.achievements.find((one: { key: string }) => one.key === 'either');
    const [{ lost } = { lost: 0 }] = await rows<{ lost: number }>(
      `select count(*) as lost from ledger where reason = $1 and achievement = 'either'`,
      reason,
    );
    expect(either).toMatchObject({ holdersWhoWouldLose: lost, revocable: false });
  });

  it('lets it be earned again by the new rule, with a toast, and by hand', async () => {
    await apply({ digger: 2 });
    const [player, other] = [unique(), unique()];
    await digs(player, 2);
    await digs(other, 2);
    await apply({ digger: 4 }, true);
    const toasts = await laurel.subscribe(
      'subscription ($user: UserRef!) { achievementUnlocked(user: $user) { achievement { key } } }',
      { user: { externalId: player } },
    );
    expect(await digs(player, 2)).toEqual(expect.arrayContaining(['digger', 'famous', 'either']));
    expect((await toasts.take(1))[0].data.achievementUnlocked.achievement.key).toBeTypeOf('string');
    expect((await held(player)).keys).toEqual(['digger', 'either', 'famous', 'settled', 'steps 1']);
    const { data } = await laurel.query(
      'mutation ($input: GrantAchievementInput!) { grantAchievement(input: $input) { __typename } }',
      { input: { user: { externalId: other }, achievement: 'digger', reason: 'a gift' } },
    );
    expect(data.grantAchievement.__typename).toBe('GrantAchievementSuccess');
    expect((await held(other)).keys).toContain('famous');
  });

  it('gives it back, dated when it was earned, when the version is rolled back; a rollback takes nothing', async () => {
    await apply({ digger: 2 });
    const player = unique();
    await digs(player, 2);
    const before = await held(player);
    const dates =
      'select achievement, tier, unlocked_at, points from user_achievements where user_id = $1::uuid order by 1, 2';
    const earned = await rows(dates, before.id);
    const { catalog } = await apply({ digger: 4 }, true);
    await digs(player, 1, 'rest');
    expect((await held(player)).keys).toEqual(['settled', 'steps 1']);
    const { data } = await laurel.query(
      `mutation ($input: RollbackCatalogInput!) { rollbackCatalog(input: $input) {
         ... on ApplyCatalogSuccess { revokes kept catalog { version } } ... on Error { code } } }`,
      { input: {} },
    );
    expect(data.rollbackCatalog).toEqual({
      revokes: [],
      kept: ['digger', 'steps'],
      catalog: { version: catalog.version + 1 },
    });
    await brought();
    expect(await held(player)).toEqual({ ...before, xp: (before.xp ?? 0) + 1, version: catalog.version + 1 });
    expect(await rows(dates, before.id)).toEqual(earned);
  });

  it('takes it when an event meets the user before the walk does, and once', async () => {
    await apply({ digger: 2 });
    const player = unique();
    await digs(player, 2);
    const { version } = await flip({ digger: 4 }, true);
    await digs(player, 1, 'rest');
    const after = await held(player);
    expect(after).toMatchObject({ version, keys: ['settled', 'steps 1'] });
    await brought();
    expect(await held(player)).toEqual(after);
    expect(await revokeLines(player)).toHaveLength(3);
  });

  it('judges who was passed over by the version that takes, and takes nothing that the next one gives', async () => {
    await apply({ digger: 2 });
    const [two, four] = [unique(), unique()];
    await digs(two, 2);
    await digs(four, 4);
    await flip({ digger: 3 }, true);
    // Only the version in between was allowed to take: who earns it by that one keeps it, though the next one is dearer.
    await apply({ digger: 9 });
    expect((await held(two)).keys).toEqual(['settled', 'steps 1']);
    expect((await held(four)).keys).toEqual(['digger', 'either', 'famous', 'settled', 'steps 1', 'steps 2']);
    await apply({ digger: 2 });
    const player = unique();
    await digs(player, 2);
    const before = await held(player);
    await flip({ digger: 4 }, true);
    const { catalog } = await apply({ digger: 2 });
    expect(await held(player)).toEqual({ ...before, version: catalog.version });
    expect(await revokeLines(player)).toEqual([]);
    const other = (atLeast: number) => `  other: { onChange: revoke, when: { metric: digs, atLeast: ${atLeast} } }\n`;
    await apply({ digger: 2, more: other(1) });
    await flip({ digger: 4, more: other(5) }, true);
    await apply({ digger: 2, more: other(5) });
    expect((await held(player)).keys).toEqual(before.keys);
    expect((await revokeLines(player)).map(({ achievement }) => achievement)).toEqual(['other']);
  });

  it('takes nothing where the achievement is locked, archived, or only a text or a price moved', async () => {
    await apply({ digger: 2, more: '  rested: { onChange: revoke, points: 1, when: { count: rest, atLeast: 1 } }\n' });
    const player = unique();
    await digs(player, 1, 'rest');
    const rested = async (text: string) => {
      const { revokes } = await apply({ digger: 2, more: text }, true);
      return { revokes, keys: (await held(player)).keys };
    };
    const kept = { revokes: [], keys: ['rested'] };
    expect(
      await rested('  rested: { onChange: revoke, points: 9, name: Rest, when: { count: rest, atLeast: 1 } }\n'),
    ).toEqual(kept);
    expect(await rested('  rested: { onChange: revoke, status: locked, when: { count: rest, atLeast: 5 } }\n')).toEqual(
      kept,
    );
    expect(await rested('')).toEqual(kept);
  });

  it('takes nothing from a test user that only the draft gave, and judges what a metric counts otherwise', async () => {
    const counted = (where: string) =>
      `  walker: { points: 4, onChange: revoke, when: { metric: walks, atLeast: 2 } }\n`.concat(where);
    const source = (least: number) =>
      game({ digger: 2, more: counted('') })
        .replace('rest: {', 'walk: { points: 1, details: { km: number } }, rest: {')
        .replace('digs: {', `walks: { count: walk, where: "details.km >= ${least}.0" }, digs: {`);
    await laurel.query(APPLY, { input: { source: source(1) } });
    await brought();
    const [near, far] = [unique(), unique()];
    for (const [externalId, km] of [
      [near, 2],
      [far, 20],
    ] as const)
      await laurel.query('mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }', {
        input: { events: [1, 2].map(() => ({ user: { externalId }, type: 'walk', details: { km } })) },
      });
    expect((await held(near)).keys).toEqual(['walker']);
    const { data } = await laurel.query(APPLY, { input: { source: source(10), allowRevoke: true } });
    await brought();
    expect(data.applyCatalog.revokes).toEqual(['walker']);
    expect([(await held(near)).keys, (await held(far)).keys]).toEqual([[], ['walker']]);
  });

  it('leaves the books and the fold in step after any run of events and versions', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('digs' as const), who: fc.nat(3), times: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ kind: fc.constant('version' as const), digger: fc.integer({ min: 1, max: 7 }), allow: fc.boolean() }),
      fc.record({ kind: fc.constant('flip' as const), digger: fc.integer({ min: 1, max: 7 }), allow: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const players = Array.from({ length: 4 }, () => unique());
        for (const one of steps) {
          if (one.kind === 'digs') await digs(players[one.who] ?? '', one.times);
          else if (one.kind === 'flip') await flip(one, one.allow);
          else await apply(one, one.allow);
        }
        for (const digger of [8, 3]) {
          await apply({ digger, more: `# ${unique()}\n` }, true);
          const wrong = await rows(
            `select external_id, coalesce(m.value, 0) as digs, a.tier
             from users u left join metric_values m on m.user_id = u.id and m.metric = 'digs'
             cross join (values ('digger', 0, 0), ('steps', 2, 1), ('steps', 3, 2)) as w (achievement, tier, more)
             left join user_achievements a on a.user_id = u.id and (a.achievement, a.tier) = (w.achievement, w.tier)
               and a.source = 'rule' and a.revoked_at is null
             where external_id = any($2::text[]) and (a.user_id is not null) <> (coalesce(m.value, 0) >= $1::int + w.more)`,
            digger,
            players,
          );
          expect(wrong).toEqual([]);
        }
        await laurel.check();
      }),
      { numRuns: Number(process.env['LAUREL_PROPERTY_RUNS'] ?? 0) > 100 ? 100 : 6 },
    );
  }, 120_000);

  it('goes on where an interrupted walk was, and takes everything once', async () => {
    await apply({ digger: 2 });
    const players = Array.from({ length: 250 }, () => unique('many'));
    const { data } = await laurel.query(
      'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }',
      { input: { events: players.flatMap((externalId) => [1, 2].map(() => ({ user: { externalId }, type: 'dig' }))) } },
    );
    expect(data.recordEvents.recorded).toBe(500);
    const { version } = await flip({ digger: 4 }, true);
    for await (const { done } of fillAll(parts)) if (done > 0) break;
    for await (const _ of fillAll(parts));
    await brought();
    const lines = await rows(
      `select achievement, count(*) as lines, count(distinct user_id) as users from ledger l join users u on u.id = l.user_id
       where external_id like 'many-%' and l.reason = $1 group by 1 order by 1`,
      `the rule of catalog version ${version}`,
    );
    expect(lines).toEqual(
      ['digger', 'either', 'famous'].map((achievement) => ({ achievement, lines: 250, users: 250 })),
    );
  });
});
