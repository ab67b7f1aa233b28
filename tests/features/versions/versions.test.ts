import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';

const APPLY = `mutation ($input: ApplyCatalogInput!) { applyCatalog(input: $input) {
  __typename ... on ApplyCatalogSuccess { catalog { version note appliedBy counts { achievements } } }
  ... on CatalogInvalidError { faults { file line column message suggestion } }
  ... on CatalogVersionConflictError { liveVersion } ... on Error { code } } }`;

const PLAN = `mutation ($input: PlanCatalogInput!) { planCatalog(input: $input) { __typename ... on PlanCatalogSuccess {
  from definitions { section key kind fields } metricsToFill users points xp
  achievements { key unlocks holdersWhoWouldNot points xp } } ... on Error { code } } }`;

const game = await readFile('catalogs/game.yaml', 'utf8');

/** The default catalog with one more achievement, on a metric that is new too. */
function withCaver(more: string): string {
  return game
    .replace(/^metrics:\n/m, 'metrics:\n  caves: { distinct: details.location, of: find_secret }\n')
    .replace(
      /^achievements:\n/m,
      `achievements:\n  caver: { name: { en: Caver, ru: Спелеолог }, points: 40, xp: 7, ${more} }\n`,
    );
}

describe.each(backends())('catalog versions on %s', (backend) => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel(backend);
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const secrets = async (externalId: string, ...locations: string[]) =>
    laurel.query('mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }', {
      input: {
        events: locations.map((location) => ({ user: { externalId }, type: 'find_secret', details: { location } })),
      },
    });
  const unlocked = async (externalId: string) =>
    (
      await laurel.query(
        `query ($by: UserRef!) { user(by: $by) { achievementPoints notifications { nodes { data } }
           achievements(status: UNLOCKED) { nodes { achievement { key } unlockedAt unlocks { version evidence { details } } } } } }`,
        { by: { externalId } },
      )
    ).data.user;
  const brought = () =>
    eventually('everybody is brought up', async () => {
      const rows = await laurel.database.query<{ behind: number }>({
        text: 'select count(*) as behind from users where catalog_version < (select live_version from installation)',
        values: [],
      });
      return rows[0]?.behind === 0;
    });

  it('fills a new metric from the log, unlocks what was earned at its date, silently, as the plan says', async () => {
    const [deep, shallow] = [unique('deep'), unique('shallow')];
    await secrets(deep, 'north', 'south', 'north', 'west');
    await secrets(shallow, 'north', 'north');
    const source = withCaver('when: { metric: caves, atLeast: 2 }');
    const plan = (await laurel.query(PLAN, { input: { source } })).data.planCatalog;
    expect(plan).toMatchObject({
      users: 1,
      points: 40,
      xp: 7,
      metricsToFill: ['caves'],
      achievements: [{ key: 'caver', unlocks: 1, holdersWhoWouldNot: 0, points: 40, xp: 7 }],
    });
    expect(plan.definitions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ section: 'metrics', key: 'caves', kind: 'added' }),
        expect.objectContaining({ section: 'achievements', key: 'caver', kind: 'added' }),
      ]),
    );
    expect((await unlocked(deep)).achievements.nodes).toHaveLength(1);
    const applied = await laurel.query(APPLY, { input: { source, expectedVersion: plan.from, note: 'caves' } });
    expect(applied.data.applyCatalog).toEqual({
      __typename: 'ApplyCatalogSuccess',
      catalog: { version: plan.from + 1, note: 'caves', appliedBy: 'admin', counts: { achievements: 11 } },
    });
    await brought();
    const holder = await unlocked(deep);
    const caver = holder.achievements.nodes.find(
      (node: { achievement: { key: string } }) => node.achievement.key === 'caver',
    );
    expect(caver.unlocks).toEqual([{ version: plan.from + 1, evidence: { details: { location: 'south' } } }]);
    expect(holder.achievementPoints).toBe(70);
    expect(holder.notifications.nodes.map((node: { data: { achievement: string } }) => node.data.achievement)).toEqual([
      'explorer',
    ]);
    expect((await unlocked(shallow)).achievements.nodes).toEqual([]);
  });

  it('tells the player where the achievement says notify, and gives nothing where it says none', async () => {
    const player = unique();
    await secrets(player, 'a', 'b', 'c');
    const source = withCaver('when: { metric: caves, atLeast: 2 }').replace(
      /^achievements:\n/m,
      `achievements:
  digger: { points: 3, retroactive: notify, when: { metric: caves, atLeast: 3 } }
  mole: { points: 9, retroactive: none, when: { metric: caves, atLeast: 2 } }
`,
    );
    await laurel.query(APPLY, { input: { source } });
    await brought();
    const holder = await unlocked(player);
    const keys = holder.achievements.nodes.map((node: { achievement: { key: string } }) => node.achievement.key);
    expect(keys).toContain('digger');
    expect(keys).not.toContain('mole');
    expect(holder.notifications.nodes.map((node: { data: { achievement: string } }) => node.data.achievement)).toEqual([
      'digger',
      'explorer',
      'caver',
    ]);
  });

  it('tells a player who is listening of an unlock that a new version gives, at once', async () => {
    const player = unique();
    await secrets(player, 'g', 'h');
    const toasts = await laurel.subscribe(
      'subscription ($user: UserRef!) { achievementUnlocked(user: $user) { replayed achievement { key } } }',
      { user: { externalId: player } },
    );
    const source = withCaver('when: { metric: caves, atLeast: 50 }').replace(
      /^achievements:\n/m,
      'achievements:\n  pair: { points: 1, retroactive: notify, when: { metric: caves, atLeast: 2 } }\n',
    );
    await laurel.query(APPLY, { input: { source } });
    const [toast] = await toasts.take(1);
    expect(toast.data.achievementUnlocked).toEqual({ replayed: false, achievement: { key: 'pair' } });
    await brought();
  });

  it('brings everybody up when one version follows another at once', async () => {
    const players = Array.from({ length: 150 }, () => unique());
    await laurel.query('mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }', {
      input: { events: players.map((externalId) => ({ user: { externalId }, type: 'login' })) },
    });
    for (const points of [1, 2, 3]) {
      const source = withCaver(`when: { metric: caves, atLeast: ${points} }`);
      await laurel.query(APPLY, { input: { source } });
    }
    await brought();
  });

  it('brings a user up when ingest meets the user first', async () => {
    const player = unique();
    await secrets(player, 'x', 'y', 'z', 'w');
    const { version } = laurel.app.services.catalog.live();
    await laurel.database.query({
      text: 'update users set catalog_version = 0 where external_id = $1',
      values: [player],
    });
    await laurel.query('mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename } }', {
      input: { user: { externalId: player }, type: 'login' },
    });
    const rows = await laurel.database.query({
      text: 'select catalog_version as version from users where external_id = $1',
      values: [player],
    });
    expect(rows).toEqual([{ version }]);
  });

  it('refuses faults, all of them with their places, and a version that has moved', async () => {
    const { version } = laurel.app.services.catalog.live();
    const broken = game
      .replace('when: { metric: logins, atLeast: 1 }', 'when: { metric: logns, atLeast: 1 }')
      .replace('points: 5 }', 'points: -5 }');
    const { data } = await laurel.query(APPLY, { input: { source: broken } });
    expect(data.applyCatalog).toMatchObject({ __typename: 'CatalogInvalidError', code: 'CATALOG_INVALID' });
    expect(data.applyCatalog.faults.length).toBeGreaterThan(1);
    expect(data.applyCatalog.faults).toEqual(
      expect.arrayContaining([expect.objectContaining({ suggestion: 'logins', file: 'catalog.yaml' })]),
    );
    const moved = await laurel.query(APPLY, { input: { source: game, expectedVersion: version + 5 } });
    expect(moved.data.applyCatalog).toEqual({
      __typename: 'CatalogVersionConflictError',
      code: 'CATALOG_VERSION_CONFLICT',
      liveVersion: version,
    });
    expect(laurel.app.services.catalog.live().version).toBe(version);
  });

  it('rolls back to the content of an older version as the next one, and holders keep what they have', async () => {
    const { version } = laurel.app.services.catalog.live();
    const player = unique();
    await secrets(player, 'p', 'q', 'r');
    const before = await unlocked(player);
    const { data } = await laurel.query(
      `mutation ($input: RollbackCatalogInput!) { rollbackCatalog(input: $input) {
         ... on ApplyCatalogSuccess { catalog { version counts { achievements } } } ... on Error { code } } }`,
      { input: { version: 1 } },
    );
    expect(data.rollbackCatalog).toEqual({ catalog: { version: version + 1, counts: { achievements: 10 } } });
    await brought();
    const after = await unlocked(player);
    expect(after.achievementPoints).toBe(before.achievementPoints);
    expect(after.achievements.nodes.map((node: { achievement: { key: string } }) => node.achievement.key)).toContain(
      'caver',
    );
  });

  it('refuses what cannot be kept, as bad input', async () => {
    for (const input of [
      { source: `${game}\n# \u0000` },
      { source: `${game}\n# \ud800` },
      { source: game, note: 'x'.repeat(501) },
    ]) {
      const { errors } = await laurel.query(APPLY, { input });
      expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['BAD_USER_INPUT']);
    }
  });

  it('gives no answer by a catalog that was replaced: another process knows a new event type at once', async () => {
    const other = await startLaurel(backend, { database: laurel.database });
    const source = `${game.replace(/^eventTypes:\n/m, `eventTypes:\n  jump: { points: 7 }\n`)}\n# ${unique()}`;
    await laurel.query(APPLY, { input: { source } });
    const { data } = await other.query(
      'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { ... on RecordEventSuccess { pointsAwarded } ... on Error { code } } }',
      { input: { user: { externalId: unique() }, type: 'jump' } },
    );
    expect(data.recordEvent).toEqual({ pointsAwarded: 7 });
    await brought();
    await other.close();
  });
});
