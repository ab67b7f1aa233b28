import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/sql.ts';
import { type CatalogFile, writeCatalog } from '../../support/catalog-file.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';
import { DECISIONS_CATALOG, GRANT, REVOKE, SEEN } from './catalog.ts';

const keysOf = (list: { achievement: { key: string } }[]): string[] => list.map(({ achievement }) => achievement.key);

describe.each(backends())('grants and revokes on %s', (backend) => {
  let laurel: TestLaurel;
  let catalog: CatalogFile;
  beforeAll(async () => {
    catalog = await writeCatalog(DECISIONS_CATALOG);
    laurel = await startLaurel(backend, { environment: { LAUREL_CATALOG: catalog.path } });
  });
  afterEach(() => laurel.check());
  afterAll(async () => {
    await laurel.close();
    await catalog.remove();
  });

  const player = async (): Promise<{ externalId: string }> => {
    const externalId = unique();
    await laurel.query('mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }', {
      input: { user: { externalId } },
    });
    return { externalId };
  };
  const grant = async (user: object, achievement: string, more: object = {}) =>
    (await laurel.query(GRANT, { input: { user, achievement, ...more } })).data.grantAchievement;
  const revoke = async (user: object, achievement: string, more: object = {}) =>
    (await laurel.query(REVOKE, { input: { user, achievement, ...more } })).data.revokeAchievement;
  const seen = async (user: object) => (await laurel.query(SEEN, { user })).data.user;
  const record = async (user: object, type: string, times = 1) => {
    const answers: { achievement: { key: string } }[][] = [];
    for (let time = 0; time < times; time += 1) {
      const { data } = await laurel.query(
        `mutation ($input: RecordEventInput!) { recordEvent(input: $input) {
          ... on RecordEventSuccess { unlocked { achievement { key } } } ... on Error { code } } }`,
        { input: { user, type } },
      );
      answers.push(data.recordEvent.unlocked);
    }
    return answers.flatMap(keysOf);
  };
  const held = async (user: object) =>
    keysOf(
      (
        await laurel.query(
          `query ($user: UserRef!) { user(by: $user) { achievements(status: UNLOCKED) { nodes { achievement { key } } } } }`,
          { user },
        )
      ).data.user.achievements.nodes,
    );
  const ledger = (externalId: string) =>
    laurel.database.query<Record<string, unknown>>(sql`
      select l.source, l.achievement, l.tier, l.points, l.xp, l.reason, l.actor from ledger l join users u on u.id = l.user_id
      where u.external_id = ${externalId} order by l.id`);
  const outbox = (externalId: string, kind: string) =>
    laurel.database.query<{ payload: Record<string, unknown> }>(sql`
      select o.payload from outbox o join users u on u.id = o.user_id where u.external_id = ${externalId} and o.kind = ${kind} order by o.id`);

  it('gives an achievement by hand with all that follows, and tells the subscriber at once', async () => {
    const user = await player();
    const toasts = await laurel.subscribe(
      `subscription ($user: UserRef) { notificationReceived(user: $user) { cursor notification { kind title
        userAchievement { achievement { key } unlocked } levelUp { from to } } } }`,
      { user },
    );
    const answer = await grant(user, 'helper', { reason: 'helped at the fair' });
    expect(answer).toEqual({
      __typename: 'GrantAchievementSuccess',
      userAchievement: {
        achievement: { key: 'helper' },
        unlocked: true,
        tier: 0,
        timesUnlocked: 1,
        unlocks: [{ tier: 0, pointsAwarded: 7, xpAwarded: 60, version: 1, evidence: null }],
      },
      unlocked: ['helper', 'friend', 'climber', 'rich', 'trio'].map((key) => ({ achievement: { key } })),
      pointsAwarded: 33,
      xpAwarded: 60,
      levelUp: { from: 1, to: 2 },
      user: {
        score: 0,
        achievementPoints: 33,
        totalPoints: 33,
        level: 2,
        levelProgress: { xp: 60 },
        cursor: answer.cursor,
      },
      cursor: answer.cursor,
    });
    const items = (await toasts.take(6)).map((item) => item.data.notificationReceived);
    expect(items.map(({ notification }) => [notification.kind, notification.title, notification.levelUp])).toEqual([
      ...['Helper', 'Friend', 'Climber', 'Rich', 'Trio'].map((title) => [
        'ACHIEVEMENT_UNLOCKED',
        title,
        { from: 1, to: 2 },
      ]),
      ['LEVEL_UP', 'Level 2', { from: 1, to: 2 }],
    ]);
    expect(items.at(-1).cursor).toBe(answer.cursor);
  });

  it('keeps the reason and who decided in the ledger, for all that followed too', async () => {
    const user = await player();
    await grant(user, 'helper', { reason: 'helped at the fair' });
    await revoke(user, 'helper', { reason: 'it was somebody else' });
    const why = { actor: 'admin' };
    const given = { ...why, reason: 'helped at the fair', tier: 0, xp: 0 };
    const taken = { ...why, reason: 'it was somebody else', tier: 0, xp: 0, source: 'revoke' };
    expect(await ledger(user.externalId)).toEqual([
      { ...given, source: 'grant', achievement: 'helper', points: 7, xp: 60 },
      { ...given, source: 'achievement', achievement: 'friend', points: 3 },
      { ...given, source: 'achievement', achievement: 'climber', points: 20 },
      { ...given, source: 'achievement', achievement: 'rich', points: 1 },
      { ...given, source: 'achievement', achievement: 'trio', points: 2 },
      { ...taken, achievement: 'helper', points: -7, xp: -60 },
      { ...taken, achievement: 'friend', points: -3 },
      { ...taken, achievement: 'climber', points: -20 },
      { ...taken, achievement: 'rich', points: -1 },
      { ...taken, achievement: 'trio', points: -2 },
    ]);
  });

  it('leaves nothing of a grant that is revoked but the trail in the ledger', async () => {
    const user = await player();
    await record(user, 'login');
    const before = await seen(user);
    await grant(user, 'helper');
    expect(await seen(user)).not.toEqual(before);
    const answer = await revoke(user, 'helper');
    expect(answer).toMatchObject({
      __typename: 'RevokeAchievementSuccess',
      userAchievement: { achievement: { key: 'helper' }, unlocked: false, tier: 0, timesUnlocked: 0 },
      pointsTaken: 33,
      xpTaken: 60,
      levelDown: { from: 2, to: 1 },
      user: { score: 0, achievementPoints: 5, totalPoints: 5, level: 1, levelProgress: { xp: 5 } },
    });
    expect(await seen(user)).toEqual(before);
    expect(await held(user)).toEqual(['first']);
    expect(await ledger(user.externalId)).toHaveLength(11);
  });

  it('takes with an achievement what depended on it through others, levels, points and their number, and tells other systems', async () => {
    const user = await player();
    await grant(user, 'helper');
    const answer = await revoke(user, 'helper', { reason: 'cheated' });
    expect(answer.revoked).toEqual(
      ['helper', 'friend', 'climber', 'rich', 'trio'].map((key) => ({ achievement: { key }, unlocked: false })),
    );
    const announced = await outbox(user.externalId, 'ACHIEVEMENT_REVOKED');
    expect(announced.map(({ payload }) => payload)).toEqual(
      [
        { achievement: 'helper', points: 7, xp: 60 },
        { achievement: 'friend', points: 3, xp: 0 },
        { achievement: 'climber', points: 20, xp: 0 },
        { achievement: 'rich', points: 1, xp: 0 },
        { achievement: 'trio', points: 2, xp: 0 },
      ].map((row) => ({
        ...row,
        tier: 0,
        period: '',
        unlockedAt: expect.any(Number),
        revokedAt: expect.any(Number),
        reason: 'cheated',
        level: { from: 2, to: 1 },
      })),
    );
  });

  it('keeps a dependent that still holds for another reason', async () => {
    const user = await player();
    await record(user, 'login', 12);
    await grant(user, 'helper');
    expect(await held(user)).toEqual(['first', 'helper', 'friend', 'climber', 'rich', 'trio']);
    const answer = await revoke(user, 'helper');
    expect(keysOf(answer.revoked)).toEqual(['helper', 'friend', 'rich', 'trio']);
    expect(await held(user)).toEqual(['first', 'climber']);
    expect(answer.user).toMatchObject({ achievementPoints: 25, level: 2, levelProgress: { xp: 60 } });
  });

  it('gives what was taken again in its old row, with what follows, as often as one likes', async () => {
    const user = await player();
    const first = await grant(user, 'helper');
    for (let round = 0; round < 3; round += 1) {
      await revoke(user, 'helper');
      const again = await grant(user, 'helper');
      expect({ ...again, cursor: '', user: { ...again.user, cursor: '' } }).toEqual({
        ...first,
        cursor: '',
        user: { ...first.user, cursor: '' },
      });
    }
    const rows = await laurel.database.query(sql`
      select a.achievement, a.source from user_achievements a join users u on u.id = a.user_id
      where u.external_id = ${user.externalId} and a.revoked_at is null order by 1`);
    expect(rows).toEqual([
      { achievement: 'climber', source: 'rule' },
      { achievement: 'friend', source: 'rule' },
      { achievement: 'helper', source: 'grant' },
      { achievement: 'rich', source: 'rule' },
      { achievement: 'trio', source: 'rule' },
    ]);
  });

  it('does not let a rule give again what was taken from it, until it is granted; a revoked grant blocks nothing', async () => {
    const user = await player();
    expect(await record(user, 'login')).toEqual(['first']);
    expect(keysOf((await revoke(user, 'first')).revoked)).toEqual(['first']);
    expect(await record(user, 'login', 3)).toEqual([]);
    expect(await held(user)).toEqual([]);

    expect(await grant(user, 'first')).toMatchObject({
      pointsAwarded: 5,
      user: { achievementPoints: 5, levelProgress: { xp: 20 } },
    });
    expect(await record(user, 'login')).toEqual([]);
    expect(await held(user)).toEqual(['first']);

    await grant(user, 'regular');
    await revoke(user, 'regular');
    expect(await held(user)).toEqual(['first']);
    expect(await record(user, 'login', 15)).toContain('regular');
    const rows = await laurel.database.query(sql`
      select a.source, a.event_id is not null as evidence, a.revoked_at from user_achievements a join users u on u.id = a.user_id
      where u.external_id = ${user.externalId} and achievement = 'regular'`);
    expect(rows).toEqual([{ source: 'rule', evidence: true, revoked_at: null }]);
  });

  it('gives a tier with those below it, and takes it with those above it', async () => {
    const user = await player();
    expect(await record(user, 'win', 2)).toEqual(['weekly', 'winner']);
    expect(await grant(user, 'winner', { tier: 3 })).toMatchObject({
      userAchievement: {
        tier: 3,
        timesUnlocked: 3,
        unlocks: [{ tier: 3, pointsAwarded: 40 }, { tier: 2, pointsAwarded: 20, xpAwarded: 60 }, { tier: 1 }],
      },
      pointsAwarded: 83,
      xpAwarded: 60,
      levelUp: { from: 1, to: 2 },
    });
    expect(await revoke(user, 'winner', { tier: 2 })).toMatchObject({
      userAchievement: { unlocked: true, tier: 1, timesUnlocked: 1 },
      revoked: [
        { achievement: { key: 'winner' }, unlocked: true },
        ...['climber', 'rich', 'trio'].map((key) => ({ achievement: { key } })),
      ],
      levelDown: { from: 2, to: 1 },
    });
    expect(await record(user, 'win', 2)).toEqual(['climber', 'rich', 'trio', 'winner']);
    expect(await grant(user, 'winner', { tier: 4 })).toMatchObject({
      code: 'ACHIEVEMENT_TIER_NOT_FOUND',
      tierCount: 3,
    });
    expect(await grant(user, 'winner', { tier: 0 })).toMatchObject({ code: 'ACHIEVEMENT_TIER_NOT_FOUND' });
    expect(await grant(user, 'helper', { tier: 1 })).toMatchObject({
      code: 'ACHIEVEMENT_TIER_NOT_FOUND',
      tierCount: 0,
    });
  });

  it('takes a repeating achievement of every period, and grants it once a period', async () => {
    const user = await player();
    expect(await record(user, 'win')).toEqual(['weekly']);
    expect(await grant(user, 'weekly')).toMatchObject({ code: 'ACHIEVEMENT_ALREADY_HELD' });
    expect(await revoke(user, 'weekly')).toMatchObject({ pointsTaken: 4 });
    expect(await record(user, 'win')).toEqual(['winner']);
    expect(await grant(user, 'weekly')).toMatchObject({ userAchievement: { timesUnlocked: 1 }, pointsAwarded: 4 });
  });

  it('lets exactly one of twenty racing grants win, and exactly one of twenty racing revokes', async () => {
    const user = await player();
    const grants = await Promise.all(Array.from({ length: 20 }, () => grant(user, 'helper')));
    expect(grants.filter(({ __typename }) => __typename === 'GrantAchievementSuccess')).toHaveLength(1);
    expect(grants.filter(({ code }) => code === 'ACHIEVEMENT_ALREADY_HELD')).toHaveLength(19);
    expect((await ledger(user.externalId)).filter(({ achievement }) => achievement === 'helper')).toHaveLength(1);
    const revokes = await Promise.all(Array.from({ length: 20 }, () => revoke(user, 'helper')));
    expect(revokes.filter(({ __typename }) => __typename === 'RevokeAchievementSuccess')).toHaveLength(1);
    expect(revokes.filter(({ code }) => code === 'ACHIEVEMENT_NOT_HELD')).toHaveLength(19);
  });

  it('balances whatever comes at once: events, grants and revokes of the same user', async () => {
    const user = await player();
    const work = Array.from({ length: 30 }, (_, index) =>
      index % 3 === 0
        ? record(user, index % 2 === 0 ? 'login' : 'win')
        : (index % 3 === 1 ? grant : revoke)(user, ['first', 'winner', 'friend', 'helper'][index % 4] ?? 'first'),
    );
    await Promise.all(work);
    expect((await seen(user)).levelProgress.xp).toBeGreaterThan(0);
  });

  it('takes points out of the week in which they were given, whenever they are taken', async () => {
    const file = await writeCatalog(`
laurel: 1
name: Weeks
achievements: { helper: { points: 7, when: manual } }
leaderboards: { week: { metric: totalPoints, per: week } }`);
    let now = Date.parse('2026-03-10T12:00:00Z');
    const other = await startLaurel(backend, { clock: { now: () => now }, environment: { LAUREL_CATALOG: file.path } });
    const weeks = () =>
      other.database.query(sql`select period, value from metric_values where metric = 'totalPoints' order by 1`);
    const decide = (mutation: string) =>
      other.query(mutation, { input: { user: { externalId: 'anna' }, achievement: 'helper' } });
    try {
      await other.query('mutation { upsertUser(input: { user: { externalId: "anna" } }) { __typename } }');
      await decide(GRANT);
      now = Date.parse('2026-03-18T12:00:00Z');
      expect(await weeks()).toEqual([{ period: '2026-W11', value: 7 }]);
      await decide(REVOKE);
      expect(await weeks()).toEqual([]);
      await other.check();
    } finally {
      await other.close();
      await file.remove();
    }
  });

  it('brings a user of an older catalog version up before it decides', async () => {
    const user = await player();
    await record(user, 'login');
    await laurel.database.query(sql`update users set catalog_version = 0 where external_id = ${user.externalId}`);
    await laurel.database.query(sql`
      delete from metric_values v using users u where u.id = v.user_id and u.external_id = ${user.externalId}`);
    await grant(user, 'helper');
    expect((await seen(user)).metrics).toContainEqual({ key: 'logins', period: 'all', value: 1 });
    const rows = await laurel.database.query(
      sql`select catalog_version from users where external_id = ${user.externalId}`,
    );
    expect(rows).toEqual([{ catalog_version: 1 }]);
  });

  it('refuses what would pass 2^53-1, by itself or by what follows, and writes nothing', async () => {
    const user = await player();
    const coins = Number.MAX_SAFE_INTEGER - 8;
    await laurel.query('mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename } }', {
      input: { user, type: 'fortune', details: { coins } },
    });
    const before = [await seen(user), await ledger(user.externalId)];
    expect(await grant(user, 'helper')).toEqual({
      __typename: 'ValueOutOfRangeError',
      code: 'VALUE_OUT_OF_RANGE',
      message: 'The grant would take totalPoints out of range (2^53-1)',
    });
    const { data } = await laurel.query(GRANT, { input: { user, achievement: 'helper' } }, { 'accept-language': 'ru' });
    expect(data.grantAchievement.message).toBe('Выдача вывела бы totalPoints за допустимый предел (2^53-1)');
    expect([await seen(user), await ledger(user.externalId)]).toEqual(before);
  });

  it('refuses to take more than the books have, and writes nothing', async () => {
    const user = await player();
    await grant(user, 'helper');
    const take = (points: number) =>
      laurel.database.query(sql`
        update users set achievement_points = achievement_points - ${points}::bigint where external_id = ${user.externalId}`);
    await take(100);
    const before = await ledger(user.externalId);
    expect(await revoke(user, 'helper')).toEqual({
      __typename: 'BooksOutOfBalanceError',
      code: 'BOOKS_OUT_OF_BALANCE',
      message: 'The user has fewer points or XP than helper gave; run "laurel rebuild", then revoke it again',
    });
    expect([await ledger(user.externalId), (await held(user)).includes('helper')]).toEqual([before, true]);
    await take(-100);
    expect(await revoke(user, 'helper')).toMatchObject({ __typename: 'RevokeAchievementSuccess' });
  });

  it('refuses what it cannot do, in the language of the caller, and writes nothing', async () => {
    const user = await player();
    expect(await grant({ externalId: 'nobody' }, 'helper')).toMatchObject({ code: 'USER_NOT_FOUND' });
    expect(await revoke({ externalId: 'nobody' }, 'helper')).toMatchObject({ code: 'USER_NOT_FOUND' });
    expect(await grant(user, 'helpr')).toEqual({
      __typename: 'AchievementNotFoundError',
      code: 'ACHIEVEMENT_NOT_FOUND',
      message: 'Achievement helpr not found; did you mean helper?',
      suggestion: 'helper',
    });
    expect(await revoke(user, '\u0000')).toMatchObject({ code: 'ACHIEVEMENT_NOT_FOUND', suggestion: null });
    expect(await grant(user, 'x'.repeat(5_000))).toMatchObject({ code: 'ACHIEVEMENT_NOT_FOUND' });
    expect(await revoke(user, 'helper')).toEqual({
      __typename: 'AchievementNotHeldError',
      code: 'ACHIEVEMENT_NOT_HELD',
      message: 'The user does not have the achievement helper',
      userAchievement: { unlocked: false },
    });
    const { data } = await laurel.query(
      GRANT,
      { input: { user, achievement: 'winner', tier: 9 } },
      { 'accept-language': 'ru' },
    );
    expect(data.grantAchievement.message).toBe('У достижения winner 3 ступени, ступени 9 нет');
    const long = await laurel.query(GRANT, { input: { user, achievement: 'helper', reason: 'x'.repeat(501) } });
    expect(long.errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    const nul = await laurel.query(GRANT, { input: { user, achievement: 'helper', reason: 'a\u0000b' } });
    expect(nul.errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    expect(await ledger(user.externalId)).toEqual([]);
  });
});
