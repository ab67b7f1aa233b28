import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../../support/laurel.ts';

const game = (status: string): string => `
laurel: 1
name: Drafts
eventTypes: { dig: { points: 1 } }
metrics: { digs: { count: dig } }
achievements:
  first: { points: 1, when: { metric: digs, atLeast: 1 } }
  coming: { points: 20, status: ${status}, when: { metric: digs, atLeast: 2 } }
  after: { points: 3, when: { achievement: coming } }
`;

/** A draft is seen and earned by test users alone, until it is live. */
describe.each(backends())('a draft achievement on %s', (backend) => {
  let laurel: TestLaurel;
  let headers: { authorization: string };
  beforeAll(async () => {
    laurel = await startLaurel(backend, { environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET } });
    const scopes = ['catalog:write', 'events:write', 'users:write', 'events:read'];
    headers = { authorization: `Bearer ${await laurel.app.auth.createKey({ name: 'game', scopes, days: null })}` };
    await apply('draft');
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const apply = async (status: string) => {
    const { data } = await laurel.query(
      'mutation ($input: ApplyCatalogInput!) { applyCatalog(input: $input) { __typename } }',
      { input: { source: game(status) } },
      headers,
    );
    expect(data.applyCatalog.__typename).toBe('ApplyCatalogSuccess');
    await eventually('everybody is brought up', async () => {
      const [row] = await laurel.database.query<{ behind: number }>({
        text: 'select count(*) as behind from users where catalog_version < (select live_version from installation)',
        values: [],
      });
      return row?.behind === 0;
    });
  };
  const create = async (test: boolean) => {
    const { data } = await laurel.query(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { ... on CreateUserSuccess { user { id } } } }',
      { input: { externalId: unique(), test } },
      headers,
    );
    const id: string = data.createUser.user.id;
    const token = await laurel.app.auth.createToken(id.replace('user_', ''));
    return { id, own: { authorization: `Bearer ${token}` } };
  };
  const dig = async (id: string) =>
    (
      await laurel.query(
        `mutation ($input: RecordEventInput!) { recordEvent(input: $input) {
           ... on RecordEventSuccess { unlocked { achievement { key } } } } }`,
        { input: { user: { id }, type: 'dig' } },
        headers,
      )
    ).data.recordEvent.unlocked.map((one: { achievement: { key: string } }) => one.achievement.key);
  /** What a player sees: the list, the draft itself, the own achievements and how many there are. */
  const seen = async (own: Record<string, string>) => {
    const { data } = await laurel.query(
      `{ achievements { nodes { key } } achievement(key: "coming") { key }
         viewer { achievementPoints stats { achievementsTotal } achievements { nodes { achievement { key } unlocked } } } }`,
      {},
      own,
    );
    const { achievements, achievement, viewer } = data;
    return {
      listed: achievements.nodes.map(({ key }: { key: string }) => key),
      one: achievement?.key ?? null,
      points: viewer.achievementPoints,
      total: viewer.stats.achievementsTotal,
      own: viewer.achievements.nodes.map((node: { achievement: { key: string }; unlocked: boolean }) => [
        node.achievement.key,
        node.unlocked,
      ]),
    };
  };

  it('is seen, earned and told to test users only; live, it is given to all who earned it', async () => {
    const [tester, player] = [await create(true), await create(false)];
    const toasts = await laurel.subscribe(
      'subscription { achievementUnlocked { achievement { key } } }',
      {},
      tester.own,
    );
    const quiet = await laurel.subscribe(
      'subscription { achievementUnlocked { achievement { key } } }',
      {},
      player.own,
    );
    expect([await dig(tester.id), await dig(tester.id)]).toEqual([['first'], ['coming', 'after']]);
    expect([await dig(player.id), await dig(player.id)]).toEqual([['first'], []]);
    const keys = (items: { data: { achievementUnlocked: { achievement: { key: string } } } }[]) =>
      items.map(({ data }) => data.achievementUnlocked.achievement.key);
    expect(keys(await toasts.take(3))).toEqual(['first', 'coming', 'after']);
    expect(keys(await quiet.take(1))).toEqual(['first']);
    expect(await seen(tester.own)).toEqual({
      listed: ['first', 'coming', 'after'],
      one: 'coming',
      points: 24,
      total: 3,
      own: [
        ['first', true],
        ['coming', true],
        ['after', true],
      ],
    });
    expect(await seen(player.own)).toEqual({
      listed: ['first', 'after'],
      one: null,
      points: 1,
      total: 2,
      own: [
        ['first', true],
        ['after', false],
      ],
    });
    const before = await seen(tester.own);
    await apply('live');
    expect(await seen(tester.own)).toEqual(before);
    expect(await seen(player.own)).toEqual(before);
    const { data } = await laurel.query(
      '{ viewer { notifications { nodes { data } } achievements { nodes { unlockedAt unlocks { version } } } } }',
      {},
      player.own,
    );
    expect(data.viewer.notifications.nodes).toHaveLength(1);
    expect(data.viewer.achievements.nodes[1].unlocks).toEqual([
      { version: laurel.app.services.catalog.live().version },
    ]);
    // What was given for the past is silent: the live stream brought nothing after the first.
    expect(keys(quiet.items)).toEqual(['first']);
  });

  it('is kept by test users who earned it when it becomes a draft again, and hidden from others who do not hold it', async () => {
    const player = await create(false);
    await apply('draft');
    await dig(player.id);
    await dig(player.id);
    expect((await seen(player.own)).own).toEqual([
      ['first', true],
      ['after', false],
    ]);
  });
});
