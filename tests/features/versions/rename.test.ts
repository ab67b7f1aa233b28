import { writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { importPlayers } from '../../../src/features/moving/players.ts';
import { fillAll, type RebuildParts, rebuildAll } from '../../../src/features/rebuild/service.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { createIds } from '../../../src/platform/ids.ts';
import { systemRandomNames } from '../../../src/platform/random.ts';
import { writeCatalog } from '../../support/catalog-file.ts';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';

const APPLY = `mutation ($input: ApplyCatalogInput!) { applyCatalog(input: $input) {
  ... on ApplyCatalogSuccess { catalog { version } } ... on Error { code message } } }`;
const PLAN = `mutation ($input: PlanCatalogInput!) { planCatalog(input: $input) { ... on PlanCatalogSuccess {
  definitions { section key kind formerly } users points losers pointsTaken achievements {
    key unlocks holdersWhoWouldNot holdersWhoWouldLose } } ... on Error { code message } } }`;
const PROFILE = `query ($by: UserRef!, $key: String!) { user(by: $by) { id score achievementPoints level
    stats { achievementsCount completionPercent byRarity { unlocked } }
    achievements(status: UNLOCKED) { nodes { id achievement { key name } unlockedAt tier timesUnlocked
      unlocks { unlockedAt tier period version pointsAwarded xpAwarded evidence { id } } } }
    events { nodes { unlocked { achievement { key } } } }
    notifications { nodes { title body icon data userAchievement { achievement { key } unlocked } } } }
  explain(user: $by, achievement: $key) { state achievement { key } unlock { pointsAwarded } decision { kind reason } } }`;

const game = (achievements: string): string => `
laurel: 1
name: Renames
eventTypes: { dig: { points: 1 }, rest: { points: 0 } }
metrics: { digs: { count: dig } }
levels: { thresholds: [0, 50, 100] }
achievements:
  first: { points: 1, when: { metric: digs, atLeast: 1 } }
${achievements}# ${unique()}
`;
const RULE = 'points: 40, xp: 60, when: { metric: digs, atLeast: 3 }';

describe.each(backends())('renamed achievements on %s', (backend) => {
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
  const brought = () =>
    eventually('everybody is brought up', async () => {
      const [row] = await rows<{ behind: number }>(
        'select count(*) as behind from users where catalog_version < (select live_version from installation)',
      );
      return row?.behind === 0;
    });
  const apply = async (achievements: string, allowRevoke = false): Promise<number> => {
    const { data } = await laurel.query(APPLY, { input: { source: game(achievements), allowRevoke } });
    expect(data.applyCatalog).toHaveProperty('catalog');
    await brought();
    return data.applyCatalog.catalog.version;
  };
  const rollback = async (version: number) => {
    const { data } = await laurel.query(
      'mutation ($input: RollbackCatalogInput!) { rollbackCatalog(input: $input) { __typename } }',
      { input: { version } },
    );
    expect(data.rollbackCatalog.__typename).toBe('ApplyCatalogSuccess');
    await brought();
  };
  const plan = async (achievements: string, allowRevoke = false) =>
    (await laurel.query(PLAN, { input: { source: game(achievements), allowRevoke } })).data.planCatalog;
  const digs = async (externalId: string, times: number, type = 'dig'): Promise<string[]> => {
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
  const decide = async (what: 'grant' | 'revoke', externalId: string, achievement: string, reason = 'by hand') => {
    const name = `${what[0]?.toUpperCase()}${what.slice(1)}Achievement`;
    const { data } = await laurel.query(
      `mutation ($input: ${name}Input!) { ${what}Achievement(input: $input) {
         __typename ... on ${name}Success { userAchievement { achievement { key } unlocked } } ... on Error { code } } }`,
      { input: { user: { externalId }, achievement, reason } },
    );
    return data[`${what}Achievement`];
  };
  const profile = async (externalId: string, key = 'first') =>
    (await laurel.query(PROFILE, { by: { externalId }, key })).data;
  const keysOf = ({ user }: Awaited<ReturnType<typeof profile>>): string[] =>
    user.achievements.nodes.map((node: { achievement: { key: string } }) => node.achievement.key).sort();
  /** The rows of somebody's unlocks but for their keys, by key. */
  const unlocks = async (externalId: string) => {
    const found = await rows<{ achievement: string; tier: number }>(
      `select a.* from user_achievements a join users u on u.id = a.user_id where external_id = $1
       order by achievement, tier, period`,
      externalId,
    );
    return found.map(({ achievement, ...row }) => [achievement, row] as const);
  };
  const held = async (externalId: string) =>
    (
      await rows<{ key: string }>(
        `select achievement || ' ' || a.points as key from user_achievements a join users u on u.id = a.user_id
         where external_id = $1 and revoked_at is null order by 1`,
        externalId,
      )
    ).map(({ key }) => key);
  const books = (externalId: string) =>
    rows(
      `select u.score, u.achievement_points, u.xp, u.last_seq, (select count(*) from ledger l where l.user_id = u.id) as lines,
         (select count(*) from outbox o where o.user_id = u.id) as announced from users u where external_id = $1`,
      externalId,
    );
  /** Puts a user back to an older version: rows under the keys of that time. */
  const putBack = async (externalId: string, version: number, keys: Readonly<Record<string, string>>) => {
    for (const [now, then] of Object.entries(keys)) {
      await rows(
        `update user_achievements a set achievement = $2 from users u
         where u.id = a.user_id and external_id = $1 and achievement = $3`,
        externalId,
        then,
        now,
      );
    }
    await rows('update users set catalog_version = $2 where external_id = $1', externalId, version);
  };

  it('keep their holders: same unlocks under the new key, nothing told, nothing given, and the plan says so', async () => {
    const [digger, shallow] = [unique('digger'), unique('shallow')];
    await apply(`  digger: { icon: old.png, ${RULE} }\n  famous: { points: 3, when: { achievement: digger } }\n`);
    await digs(digger, 3);
    await digs(shallow, 2);
    const before = await profile(digger, 'digger');
    const [rowsBefore, booksBefore] = [await unlocks(digger), await books(digger)];
    const [version] = await rows<{ version: number }>(
      'select row_version as version from users where external_id = $1',
      digger,
    );
    const next = `  miner: { name: Miner, icon: new.png, formerly: [digger], ${RULE} }\n  famous: { points: 3, when: { achievement: miner } }\n`;
    expect(await plan(next)).toEqual({
      definitions: [{ section: 'achievements', key: 'miner', kind: 'renamed', formerly: 'digger' }],
      ...{ users: 0, points: 0, losers: 0, pointsTaken: 0, achievements: [] },
    });
    await apply(next);
    const named = (key: string): string => (key === 'digger' ? 'miner' : key);
    expect(await unlocks(digger)).toEqual(
      rowsBefore.map(([key, row]) => [named(key), row]).toSorted(([one], [two]) => (`${one}` < `${two}` ? -1 : 1)),
    );
    expect(await books(digger)).toEqual(booksBefore);
    const [now] = await rows<{ version: number }>(
      'select row_version as version from users where external_id = $1',
      digger,
    );
    expect(now?.version).toBeGreaterThan(version?.version ?? 0);
    const after = await profile(digger, 'miner');
    expect(after).toEqual(
      JSON.parse(
        JSON.stringify(before)
          .replaceAll('"key":"digger"', '"key":"miner"')
          .replaceAll('.digger"', '.miner"')
          .replaceAll('Digger', 'Miner')
          .replaceAll('old.png', 'new.png'),
      ),
    );
    expect(after.explain).toMatchObject({ state: 'UNLOCKED', achievement: { key: 'miner' } });
    expect(await digs(digger, 4)).toEqual([]);
    expect(await digs(shallow, 1)).toEqual(['miner', 'famous']);
    for await (const { repaired } of rebuildAll(parts)) expect(repaired).toBe(0);
  });

  it('answer by the keys they had: to queries, global ids, explanations and decisions', async () => {
    const [asked, given] = [unique('asked'), unique('given')];
    await apply(`  digger: { ${RULE} }\n`);
    await digs(asked, 3);
    await digs(given, 1);
    const { user } = await profile(asked);
    await apply(`  miner: { formerly: digger, ${RULE} }\n`);
    const { data } = await laurel.query(
      `query ($ids: [ID!]!, $by: UserRef!) { achievement(key: "digger") { key unlockedCount }
         nodes(ids: $ids) { ... on Achievement { key } ... on UserAchievement { unlocked achievement { key } } }
         explain(user: $by, achievement: "digger") { state achievement { key } } }`,
      {
        ids: ['achievement_digger', `userAchievement_${user.id.replace('user_', '')}.digger`],
        by: { externalId: asked },
      },
    );
    expect(data).toEqual({
      achievement: { key: 'miner', unlockedCount: expect.any(Number) },
      nodes: [{ key: 'miner' }, { unlocked: true, achievement: { key: 'miner' } }],
      explain: { state: 'UNLOCKED', achievement: { key: 'miner' } },
    });
    expect(data.achievement.unlockedCount).toBeGreaterThan(0);
    expect(await decide('grant', given, 'digger')).toEqual({
      __typename: 'GrantAchievementSuccess',
      userAchievement: { achievement: { key: 'miner' }, unlocked: true },
    });
    expect(await decide('revoke', given, 'digger')).toMatchObject({ __typename: 'RevokeAchievementSuccess' });
    expect(await held(given)).toEqual(['first 1']);
  });

  it('keep tiers, periods, grants with their reason, and what was taken, blocked as before', async () => {
    const [climber, taken, given] = [unique('climber'), unique('taken'), unique('given')];
    const steps = 'tiers: [ { at: 1, points: 2 }, { at: 3, points: 4 }, { at: 9, points: 8 } ], when: { metric: digs }';
    const daily = 'points: 1, repeat: day, when: { count: dig, per: day, atLeast: 2 }';
    await apply(`  steps: { ${steps} }\n  daily: { ${daily} }\n  digger: { ${RULE} }\n`);
    for (const who of [climber, taken]) await digs(who, 4);
    await digs(given, 1);
    await decide('grant', given, 'digger', 'for the help');
    await decide('revoke', taken, 'digger');
    await decide('revoke', taken, 'steps');
    const before = await Promise.all([climber, taken, given].map(unlocks));
    await apply(
      `  stairs: { formerly: [steps], ${steps} }\n  today: { formerly: [daily], ${daily} }\n  miner: { formerly: [digger], ${RULE} }\n`,
    );
    const names: Readonly<Record<string, string>> = { steps: 'stairs', daily: 'today', digger: 'miner' };
    const renamed = before.map((own) => own.map(([key, row]) => [names[key] ?? key, row] as const));
    const sorted = (own: readonly (readonly [string, object])[]) =>
      own.toSorted(([a, one], [b, two]) => (a + JSON.stringify(one) < b + JSON.stringify(two) ? -1 : 1));
    expect((await Promise.all([climber, taken, given].map(unlocks))).map(sorted)).toEqual(renamed.map(sorted));
    expect((await profile(given, 'miner')).explain.decision).toEqual({ kind: 'GRANT', reason: 'for the help' });
    expect((await profile(taken, 'miner')).explain.state).toBe('REVOKED');
    expect(await digs(taken, 6)).toEqual([]);
    expect(await digs(climber, 5)).toEqual(['stairs']);
    expect((await digs(given, 2)).sort()).toEqual(['stairs', 'today']);
  });

  it('come with a user over several renames at the next event, and are shown so before', async () => {
    const late = unique('late');
    const from = await apply(`  digger: { ${RULE} }\n`);
    await apply(`  miner: { formerly: [digger], ${RULE} }\n`);
    await apply(`  collier: { formerly: [miner], ${RULE} }\n`);
    await digs(late, 3);
    const [before, rowsBefore] = [await profile(late, 'collier'), await unlocks(late)];
    await putBack(late, from, { collier: 'digger' });
    expect(keysOf(await profile(late))).toEqual(['collier', 'first']);
    expect(await digs(late, 1)).toEqual([]);
    expect(await unlocks(late)).toEqual(rowsBefore);
    const after = await profile(late, 'collier');
    expect([after.user.achievementPoints, after.user.achievements, after.explain]).toEqual([
      before.user.achievementPoints,
      before.user.achievements,
      before.explain,
    ]);
  });

  it('go on where a fill was interrupted', async () => {
    const many = Array.from({ length: 500 }, (_, index) => `many-${index}`);
    const from = await apply('  digger: { points: 40, when: { metric: digs, atLeast: 1 } }\n');
    await laurel.query('mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }', {
      input: { events: many.map((externalId) => ({ user: { externalId }, type: 'dig' })) },
    });
    await apply('  miner: { formerly: [digger], points: 40, when: { metric: digs, atLeast: 1 } }\n');
    await rows(
      `update user_achievements a set achievement = 'digger' from users u
       where u.id = a.user_id and achievement = 'miner' and external_id like 'many-%'`,
    );
    await rows(`update users set catalog_version = $1 where external_id like 'many-%'`, from);
    for await (const { done } of fillAll(parts)) if (done > 0) break;
    const [half] = await rows<{ behind: number }>(
      'select count(*) as behind from users where catalog_version = $1',
      from,
    );
    expect(half?.behind).toBeGreaterThan(0);
    for await (const _ of fillAll(parts));
    const found = await rows(
      `select achievement, count(*) as count from user_achievements a join users u on u.id = a.user_id
       where external_id like 'many-%' group by 1 order by 1`,
    );
    expect(found).toEqual([
      { achievement: 'first', count: many.length },
      { achievement: 'miner', count: many.length },
    ]);
  });

  it('of several keys become one, shown once, and a rollback brings each back to its own', async () => {
    const [one, other, both, caught] = [unique('one'), unique('other'), unique('both'), unique('caught')];
    const apart = '  north: { points: 10, when: manual }\n  south: { points: 20, when: manual }\n';
    const from = await apply(apart);
    for (const who of [one, other, both, caught]) await digs(who, 1);
    for (const who of [one, both, caught]) await decide('grant', who, 'north');
    for (const who of [other, both, caught]) await decide('grant', who, 'south');
    await apply('  pole: { points: 30, formerly: [north, south], when: manual }\n');
    expect(await Promise.all([one, other, both].map(held))).toEqual([
      ['first 1', 'pole 10'],
      ['first 1', 'pole 20'],
      ['first 1', 'pole 10', 'south 20'],
    ]);
    const shown = await profile(both, 'pole');
    expect([keysOf(shown), shown.user.stats.achievementsCount, shown.user.achievementPoints]).toEqual([
      ['first', 'pole'],
      2,
      31,
    ]);
    expect(await decide('revoke', caught, 'pole')).toMatchObject({ userAchievement: { unlocked: false } });
    expect([await held(caught), (await profile(caught)).user.achievementPoints]).toEqual([['first 1'], 1]);
    await rollback(from);
    expect(await Promise.all([one, other, both, caught].map(held))).toEqual([
      ['first 1', 'north 10'],
      ['first 1', 'south 20'],
      ['first 1', 'north 10', 'south 20'],
      ['first 1'],
    ]);
  });

  it('may become one that was there; a rollback takes out of it what had come', async () => {
    const [one, other, both] = [unique('one'), unique('other'), unique('both')];
    const from = await apply('  east: { points: 10, when: manual }\n  west: { points: 20, when: manual }\n');
    for (const who of [one, other, both]) await digs(who, 1);
    for (const who of [one, both]) await decide('grant', who, 'east');
    for (const who of [other, both]) await decide('grant', who, 'west');
    const before = await Promise.all([one, other, both].map(unlocks));
    await apply('  west: { points: 20, formerly: [east], when: manual }\n');
    expect(await Promise.all([one, other, both].map(held))).toEqual([
      ['first 1', 'west 10'],
      ['first 1', 'west 20'],
      ['east 10', 'first 1', 'west 20'],
    ]);
    expect(keysOf(await profile(both))).toEqual(['first', 'west']);
    await rollback(from);
    expect(await Promise.all([one, other, both].map(unlocks))).toEqual(before);
  });

  it('lift no block: who has the new one taken away by hand keeps the old one beside it', async () => {
    const caught = unique('caught');
    await apply(`  digger: { ${RULE} }\n  miner: { points: 5, when: { metric: digs, atLeast: 2 } }\n`);
    await digs(caught, 3);
    await decide('revoke', caught, 'miner');
    const merged = '  miner: { formerly: [digger], points: 5, when: { metric: digs, atLeast: 2 } }\n';
    await apply(merged);
    expect(await digs(caught, 2)).toEqual([]);
    expect(await held(caught)).toEqual(['digger 40', 'first 1']);
    const { user, explain } = await profile(caught, 'miner');
    expect([explain.state, user.achievementPoints, user.stats.achievementsCount]).toEqual(['REVOKED', 41, 2]);
    expect(await decide('revoke', caught, 'digger')).toMatchObject({ __typename: 'RevokeAchievementSuccess' });
    expect(await held(caught)).toEqual(['first 1']);
  });

  it('come with a catalog that is followed in development too', async () => {
    const file = await writeCatalog(game(`  digger: { ${RULE} }\n`));
    const environment = { LAUREL_CATALOG: file.path };
    const first = await startLaurel(backend, { environment });
    await first.query('mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }', {
      input: { events: Array.from({ length: 3 }, () => ({ user: { externalId: 'followed' }, type: 'dig' })) },
    });
    await writeFile(file.path, game(`  miner: { formerly: [digger], ${RULE} }\n`));
    const second = await startLaurel(backend, { environment, database: first.database });
    await eventually('the player is brought up', async () => {
      const found = await first.database.query<{ achievement: string }>({
        text: `select achievement from user_achievements where achievement <> 'first'`,
        values: [],
      });
      return found[0]?.achievement === 'miner';
    });
    await second.check();
    await second.close();
    await first.close();
    await file.remove();
  });

  it('go back with a rollback, with what was earned since, and forth again', async () => {
    const [early, since] = [unique('early'), unique('since')];
    const from = await apply(`  digger: { ${RULE} }\n`);
    await digs(early, 3);
    const to = await apply(`  miner: { formerly: [digger], ${RULE} }\n`);
    await digs(since, 3);
    const before = await Promise.all([early, since].map(books));
    expect(await plan(`  digger: { ${RULE} }\n`)).toEqual({
      definitions: [{ section: 'achievements', key: 'digger', kind: 'renamed', formerly: 'miner' }],
      ...{ users: 0, points: 0, losers: 0, pointsTaken: 0, achievements: [] },
    });
    await rollback(from);
    expect(await Promise.all([early, since].map(held))).toEqual([
      ['digger 40', 'first 1'],
      ['digger 40', 'first 1'],
    ]);
    const { user } = await profile(since);
    const told = user.notifications.nodes.map(({ title, data }: { title: string; data: { achievement?: string } }) => [
      title,
      data.achievement,
    ]);
    expect(told).toContainEqual(['Digger', 'miner']);
    await rollback(to);
    expect(await Promise.all([early, since].map(held))).toEqual([
      ['first 1', 'miner 40'],
      ['first 1', 'miner 40'],
    ]);
    expect(await Promise.all([early, since].map(books))).toEqual(before);
    expect([await digs(early, 1), await digs(since, 1)]).toEqual([[], []]);
  });

  it('leave the old key to another achievement, and each toast to the one it told of', async () => {
    const player = unique();
    await apply(`  digger: { ${RULE} }\n`);
    await digs(player, 3);
    await apply(`  miner: { formerly: [digger], ${RULE} }\n`);
    await apply(
      `  miner: { formerly: [digger], ${RULE} }\n  digger: { name: Spade, points: 7, when: { count: rest, atLeast: 1 } }\n`,
    );
    expect(await digs(player, 1, 'rest')).toEqual(['digger']);
    expect(await held(player)).toEqual(['digger 7', 'first 1', 'miner 40']);
    const { user } = await profile(player);
    const toasts = user.notifications.nodes.flatMap((node: { title: string; data: { achievement?: string } }) =>
      node.data.achievement === 'digger' ? [node.title] : [],
    );
    expect(toasts).toEqual(['Spade', 'Miner']);
  });

  it('are taken by their new rule where they say so, also from who comes over versions that took them before', async () => {
    const [weak, late, strong] = [unique('weak'), unique('late'), unique('strong')];
    const from = await apply(
      `  sleeper: { points: 40, xp: 60, when: { count: rest, atLeast: 3 } }\n  famous: { points: 3, when: { achievement: sleeper } }\n`,
    );
    for (const who of [weak, late]) await digs(who, 3, 'rest');
    await digs(strong, 5, 'rest');
    const harder = (key: string, more = '') =>
      `  ${key}: { ${more} onChange: revoke, points: 40, xp: 60, when: { count: rest, atLeast: 5 } }
  famous: { points: 3, when: { achievement: ${key} } }\n`;
    expect(await plan(harder('dreamer', 'formerly: [sleeper],'), true)).toMatchObject({
      losers: 2,
      achievements: [
        { key: 'dreamer', unlocks: 0, holdersWhoWouldNot: 2, holdersWhoWouldLose: 2 },
        { key: 'famous', unlocks: 0, holdersWhoWouldLose: 2 },
      ],
    });
    await apply(harder('sleeper'), true);
    await apply(harder('dreamer', 'formerly: [sleeper],'));
    expect(await Promise.all([weak, strong].map(held))).toEqual([[], ['dreamer 40', 'famous 3']]);
    await decide('grant', late, 'dreamer');
    await rows(
      `update user_achievements a set source = 'rule' from users u where u.id = a.user_id and external_id = $1`,
      late,
    );
    await putBack(late, from, { dreamer: 'sleeper' });
    expect(await digs(late, 1)).toEqual(['first']);
    expect(await held(late)).toEqual(['first 1']);
  });

  it('are replaced when a player is imported anew', async () => {
    const externalId = unique('moved');
    const line = (at: string) =>
      JSON.stringify({ externalId, unlocked: [{ achievement: at.startsWith('2020') ? 'digger' : 'miner', at }] });
    const bring = (text: string) =>
      importPlayers({ ...parts, names: systemRandomNames }, [{ number: 1, text }], { dryRun: false });
    await apply(`  digger: { ${RULE} }\n`);
    expect(await bring(line('2020-01-01T00:00:00Z'))).toMatchObject({ imported: 1, refused: [] });
    await apply(`  miner: { formerly: [digger], ${RULE} }\n`);
    expect(await held(externalId)).toEqual(['miner 40']);
    expect(await bring(line('2021-01-01T00:00:00Z'))).toMatchObject({ imported: 1, refused: [] });
    expect(await held(externalId)).toEqual(['miner 40']);
    const { user } = await profile(externalId);
    expect([user.achievementPoints, user.achievements.nodes[0].unlockedAt]).toEqual([40, '2021-01-01T00:00:00.000Z']);
  });
});
