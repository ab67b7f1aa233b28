import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CatalogFile, writeCatalog } from '../../support/catalog-file.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';
import { EXPLAIN_CATALOG } from './catalog.ts';

/** Statements by which the server looks after itself at any moment: ranks that load, rows of others, the live catalog. */
const ITS_OWN: readonly string[] = [
  'catalog.live_version',
  'leaderboards.feed_ends',
  'leaderboards.read_cell_page',
  'leaderboards.read_cells_of',
  'leaderboards.read_touched',
];
const RECOMMENDED = `kind reason progress userAchievement { achievement { key } progress } streak { key current endsAt }`;
const QUERY = `query ($user: UserRef!, $first: Int) { user(by: $user) { recommendations(first: $first) { ${RECOMMENDED} } } }`;

describe.each(backends())('recommendations on %s', (backend) => {
  let laurel: TestLaurel;
  let catalog: CatalogFile;
  let now = Date.parse('2026-03-10T12:00:00Z');
  beforeAll(async () => {
    catalog = await writeCatalog(EXPLAIN_CATALOG);
    laurel = await startLaurel(backend, {
      clock: { now: () => now },
      environment: { LAUREL_CATALOG: catalog.path },
    });
  });
  afterEach(() => laurel.check());
  afterAll(async () => {
    await laurel.close();
    await catalog.remove();
  });

  const mutate = async (field: string, input: object) => {
    const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input`;
    const { data, errors } = await laurel.query(
      `mutation ($input: ${type}!) { ${field}(input: $input) { __typename } }`,
      { input },
    );
    expect(errors).toEqual([]);
    return data[field].__typename as string;
  };
  const record = (user: object, type: string, details: object | null = null) =>
    mutate('recordEvent', { user, type, details });
  const recommended = async (user: object, first = 10, headers: Record<string, string> = {}) =>
    (await laurel.query(QUERY, { user, first }, headers)).data.user.recommendations;
  const keysOf = (
    list: { userAchievement: { achievement: { key: string } } | null; streak: { key: string } | null }[],
  ) => list.map(({ userAchievement, streak }) => userAchievement?.achievement.key ?? `streak ${streak?.key}`);

  it('names the nearest achievements that can be earned now, each with its reason', async () => {
    const user = { externalId: unique() };
    await record(user, 'login');
    await record(user, 'login');
    await record(user, 'login');
    await record(user, 'lap', { track: 'north', seconds: 59 });
    expect(await recommended(user)).toEqual([
      {
        kind: 'ACHIEVEMENT_NEAR',
        reason: 'Regular: 1 to go (3 of 4)',
        progress: 0.75,
        userAchievement: { achievement: { key: 'regular' }, progress: 0.75 },
        streak: null,
      },
      {
        kind: 'ACHIEVEMENT_NEAR',
        reason: 'Sprinter: 1 to go (1 of 2)',
        progress: 0.5,
        userAchievement: { achievement: { key: 'sprinter' }, progress: 0.5 },
        streak: null,
      },
      {
        kind: 'ACHIEVEMENT_NEAR',
        reason: 'Tiered: 3 to go (3 of 6)',
        progress: 0.5,
        userAchievement: { achievement: { key: 'tiered' }, progress: 0.5 },
        streak: null,
      },
    ]);
    expect(keysOf(await recommended(user, 1))).toEqual(['regular']);
    expect(
      (await recommended(user, 2, { 'accept-language': 'ru' })).map(({ reason }: { reason: string }) => reason),
    ).toEqual(['Постоянный: осталось 1 (3 из 4)', 'Спринтер: осталось 1 (1 из 2)']);
  });

  it('leaves out what is held, hidden, secret, locked, a draft, manual, behind a gate or blocked', async () => {
    const user = { externalId: unique() };
    await mutate('upsertUser', { user });
    expect(keysOf(await recommended(user))).toEqual(['newcomer', 'regular', 'sprinter', 'tiered']);
    await record(user, 'login');
    await mutate('revokeAchievement', { user, achievement: 'newcomer' });
    await mutate('grantAchievement', { user, achievement: 'sprinter' });
    expect(keysOf(await recommended(user))).toEqual(['tiered', 'regular']);
    const tester = { externalId: unique() };
    await mutate('upsertUser', { user: tester, test: true });
    expect(keysOf(await recommended(tester))).toEqual(['newcomer', 'regular', 'sprinter', 'tiered', 'draft']);
  });

  it('shows a composite rule by its share, once its gates are open', async () => {
    const user = { externalId: unique() };
    await record(user, 'login');
    await mutate('grantAchievement', { user, achievement: 'shadow' });
    const found = (await recommended(user)).find(
      ({ userAchievement }: { userAchievement: { achievement: { key: string } } }) =>
        userAchievement.achievement.key === 'devoted',
    );
    // streak 1 of 3, not: holds, any: the secret one is held, at least: no share of its own.
    expect(found).toMatchObject({ reason: 'Devoted: 58% done', progress: (1 / 3 + 1 + 1) / 4 });
  });

  it('puts a streak that ends within 24 hours first, unless the user was active today', async () => {
    const user = { externalId: unique() };
    await record(user, 'login');
    const first = now;
    expect((await recommended(user))[0].kind).toBe('ACHIEVEMENT_NEAR');
    now += 11.5 * 3_600_000;
    expect((await recommended(user))[0].kind).toBe('ACHIEVEMENT_NEAR');
    now = Date.parse('2026-03-11T18:30:00Z');
    expect((await recommended(user))[0]).toEqual({
      kind: 'STREAK_ENDING',
      reason: 'Days in a row: 1 day in a row, 5 hours left to go on',
      progress: 1,
      userAchievement: null,
      streak: { key: 'daily', current: 1, endsAt: '2026-03-12T00:00:00.000Z' },
    });
    const russian = async () => (await recommended(user, 1, { 'accept-language': 'ru' }))[0].reason;
    expect(await russian()).toBe('Дней подряд: 1 день подряд, чтобы продолжить, осталось 5 часов');
    now = Date.parse('2026-03-11T23:30:00Z');
    expect(await russian()).toBe('Дней подряд: 1 день подряд, чтобы продолжить, осталось меньше часа');
    await record(user, 'login');
    expect((await recommended(user))[0].kind).toBe('ACHIEVEMENT_NEAR');
    now = Date.parse('2026-03-14T12:00:00Z');
    expect((await recommended(user))[0].kind).toBe('ACHIEVEMENT_NEAR');
    now = first;
  });

  it('warns of a weekly streak on the last day of its week alone', async () => {
    const user = { externalId: unique() };
    const first = now;
    await record(user, 'lap', { track: 'north', seconds: 70 });
    now = Date.parse('2026-03-17T12:00:00Z');
    expect((await recommended(user))[0].kind).toBe('ACHIEVEMENT_NEAR');
    now = Date.parse('2026-03-22T12:00:00Z');
    expect((await recommended(user))[0]).toMatchObject({
      reason: 'Weeks in a row: 1 week in a row, 12 hours left to go on',
      streak: { key: 'weekly', endsAt: '2026-03-23T00:00:00.000Z' },
    });
    now = first;
  });

  it('does not warn who was active today, though tomorrow has only 23 hours', async () => {
    const user = { externalId: unique() };
    const first = now;
    now = Date.parse('2026-03-28T22:30:00Z');
    await mutate('upsertUser', { user, timezone: 'Europe/Berlin' });
    await record(user, 'login');
    expect((await recommended(user))[0].kind).toBe('ACHIEVEMENT_NEAR');
    now = first;
  });

  it('reads for fifty users with as many statements as for one', async () => {
    const users = Array.from({ length: 50 }, () => ({ externalId: unique() }));
    for (const user of users) await record(user, 'login');
    const query = `query ($refs: [UserRef!]!) { usersBy(refs: $refs) { recommendations { kind reason userAchievement { unlocked } streak { key } } } }`;
    const statements = async (refs: object[]) => {
      const spy = vi.spyOn(laurel.database, 'query');
      const { data, errors } = await laurel.query(query, { refs });
      const names = spy.mock.calls.map(([{ text }]) => /^\/\* ([\w.]+) \*\//.exec(text)?.[1] ?? text);
      spy.mockRestore();
      expect(errors).toEqual([]);
      expect(data.usersBy).toHaveLength(refs.length);
      expect(
        data.usersBy.every(({ recommendations }: { recommendations: object[] }) => recommendations.length === 3),
      ).toBe(true);
      return names.filter((name) => !ITS_OWN.includes(name)).sort();
    };
    const one = await statements(users.slice(0, 1));
    expect(one.length).toBeGreaterThan(2);
    expect(await statements(users)).toEqual(one);
  });

  it('are null to strangers', async () => {
    const closed = await startLaurel(backend, {
      database: laurel.database,
      environment: { LAUREL_AUTH: 'on', LAUREL_CATALOG: catalog.path },
      clock: { now: () => now },
    });
    try {
      const users = [{ externalId: unique() }, { externalId: unique() }];
      for (const user of users) await record(user, 'login');
      const { data } = await laurel.query('query ($refs: [UserRef!]!) { usersBy(refs: $refs) { id } }', {
        refs: users,
      });
      const [own, other] = data.usersBy.map(({ id }: { id: string }) => id);
      const token = await closed.app.auth.createToken(own.slice('user_'.length));
      const seen = await closed.query(
        'query ($refs: [UserRef!]!) { usersBy(refs: $refs) { id recommendations(first: 1) { kind } } }',
        { refs: [{ id: own }, { id: other }] },
        { authorization: `Bearer ${token}` },
      );
      expect(seen.data.usersBy).toEqual([
        { id: own, recommendations: [{ kind: 'ACHIEVEMENT_NEAR' }] },
        { id: other, recommendations: null },
      ]);
    } finally {
      await closed.close();
    }
  });
});
