import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/databases.ts';
import { type Answer, startLaurel, type TestLaurel, unique } from '../support/laurel.ts';

const STATS = `query ($user: UserRef!, $last: Int) { stats(user: $user) {
  score achievementPoints totalPoints achievementsCount achievementsTotal completionPercent lastActivityAt
  recentEvents { type { key } occurredAt }
  byEventType { eventType { key } count points firstAt lastAt }
  byRarity { rarity unlocked total completionPercent }
  daily(last: $last) { date events points } } }`;
const NOW = Date.parse('2026-11-20T12:00:00.000Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (ms: number) => new Date(NOW + ms).toISOString();
const codesOf = ({ errors }: Answer) => errors.map(({ extensions }) => extensions['code']);

describe.each(backends())('statistics on %s', (backend) => {
  let laurel: TestLaurel;
  let now = NOW;
  beforeAll(async () => {
    laurel = await startLaurel(backend, { clock: { now: () => now } });
  });
  afterEach(async () => {
    now = NOW;
    await laurel.check();
  });
  afterAll(() => laurel.close());

  const create = async (input: object = {}) => {
    const externalId = unique();
    const { data } = await laurel.query(
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { __typename } }',
      {
        input: { externalId, ...input },
      },
    );
    expect(data.createUser.__typename).toBe('CreateUserSuccess');
    return externalId;
  };
  const record = async (externalId: string, events: readonly object[]) => {
    const { data } = await laurel.query(
      'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }',
      {
        input: { events: events.map((event) => ({ user: { externalId }, ...event })) },
      },
    );
    expect(data.recordEvents.recorded).toBe(events.length);
  };
  const stats = async (externalId: string, last?: number) =>
    (await laurel.query(STATS, { user: { externalId }, last })).data.stats;
  const rarities = (unlocked: readonly number[]) =>
    ['COMMON', 'UNCOMMON', 'RARE', 'EPIC', 'LEGENDARY'].map((rarity, index) => {
      const [total, own] = [[3, 2, 2, 2, 1][index] as number, unlocked[index] as number];
      return { rarity, unlocked: own, total, completionPercent: Math.round((own / total) * 10_000) / 100 };
    });

  it('of a user without events are zeros and nulls', async () => {
    expect(await stats(await create())).toEqual({
      score: 0,
      achievementPoints: 0,
      totalPoints: 0,
      achievementsCount: 0,
      achievementsTotal: 10,
      completionPercent: 0,
      lastActivityAt: null,
      recentEvents: [],
      byEventType: [],
      byRarity: rarities([0, 0, 0, 0, 0]),
      daily: [],
    });
  });

  it('of nobody are null', async () => {
    const { data, errors } = await laurel.query(STATS, { user: { externalId: unique() } });
    expect([data, errors]).toEqual([{ stats: null }, []]);
  });

  it('tell the whole story of a user', async () => {
    const player = await create();
    await record(player, [
      { type: 'login', occurredAt: at(-2 * DAY) },
      { type: 'find_secret', occurredAt: at(-DAY) },
      { type: 'find_secret', occurredAt: at(-DAY + HOUR) },
      { type: 'complete_level', occurredAt: at(-3 * HOUR) },
      { type: 'complete_level', occurredAt: at(-2 * HOUR) },
      { type: 'complete_level', occurredAt: at(-5 * DAY) },
      { type: 'find_secret', occurredAt: at(-HOUR) },
    ]);
    const whole = {
      score: 215,
      achievementPoints: 45,
      totalPoints: 260,
      achievementsCount: 3,
      achievementsTotal: 10,
      completionPercent: 30,
      lastActivityAt: at(-HOUR),
      recentEvents: [
        { type: { key: 'find_secret' }, occurredAt: at(-HOUR) },
        { type: { key: 'complete_level' }, occurredAt: at(-2 * HOUR) },
        { type: { key: 'complete_level' }, occurredAt: at(-3 * HOUR) },
        { type: { key: 'find_secret' }, occurredAt: at(-DAY + HOUR) },
        { type: { key: 'find_secret' }, occurredAt: at(-DAY) },
      ],
      byEventType: [
        { eventType: { key: 'find_secret' }, count: 3, points: 150, firstAt: at(-DAY), lastAt: at(-HOUR) },
        { eventType: { key: 'complete_level' }, count: 3, points: 60, firstAt: at(-5 * DAY), lastAt: at(-2 * HOUR) },
        { eventType: { key: 'login' }, count: 1, points: 5, firstAt: at(-2 * DAY), lastAt: at(-2 * DAY) },
      ],
      byRarity: rarities([3, 0, 0, 0, 0]),
      daily: [
        { date: '2026-11-20', events: 3, points: 90 },
        { date: '2026-11-19', events: 2, points: 100 },
        { date: '2026-11-18', events: 1, points: 5 },
        { date: '2026-11-15', events: 1, points: 20 },
      ],
    };
    expect(await stats(player)).toEqual(whole);
    const { data } = await laurel.query(
      'query ($by: UserRef!) { user(by: $by) { stats { score byRarity { unlocked } } } }',
      {
        by: { externalId: player },
      },
    );
    expect(data.user.stats).toEqual({ score: 215, byRarity: whole.byRarity.map(({ unlocked }) => ({ unlocked })) });
  });

  it.each([
    [1, ['2026-11-20']],
    [2, ['2026-11-20', '2026-11-19']],
    [3, ['2026-11-20', '2026-11-19', '2026-11-18']],
    [366, ['2026-11-20', '2026-11-19', '2026-11-18', '2026-11-07']],
  ])('of the last %i days hold whole days, today being one', async (last, dates) => {
    const player = await create();
    await record(player, [
      { type: 'login', occurredAt: '2026-11-20T00:00:00Z' },
      { type: 'login', occurredAt: '2026-11-19T23:59:59.999Z' },
      { type: 'login', occurredAt: '2026-11-18T00:00:00Z' },
      { type: 'login', occurredAt: '2026-11-18T13:00:00Z' },
      { type: 'login', occurredAt: '2026-11-07T13:00:00Z' },
    ]);
    expect((await stats(player, last)).daily.map(({ date }: { date: string }) => date)).toEqual(dates);
  });

  it.each([
    [
      'UTC',
      [
        ['2026-11-20', 2],
        ['2026-11-19', 2],
      ],
    ],
    [
      'Europe/Moscow',
      [
        ['2026-11-20', 3],
        ['2026-11-19', 1],
      ],
    ],
    [
      'Pacific/Kiritimati',
      [
        ['2026-11-21', 1],
        ['2026-11-20', 3],
      ],
    ],
    [
      'America/New_York',
      [
        ['2026-11-20', 1],
        ['2026-11-19', 3],
      ],
    ],
  ])("count days in the user's zone: %s", async (timezone, days) => {
    const player = await create({ timezone });
    const moments = ['2026-11-19T20:59:59Z', '2026-11-19T21:00:00Z', '2026-11-20T04:59:59Z', '2026-11-20T11:00:00Z'];
    await record(
      player,
      moments.map((occurredAt) => ({ type: 'login', occurredAt })),
    );
    const { daily } = await stats(player);
    expect(daily.map(({ date, events }: { date: string; events: number }) => [date, events])).toEqual(days);
    expect((await stats(player, 1)).daily).toEqual(daily.slice(0, 1));
  });

  it('know every zone that a user may have', async () => {
    const zones = [
      ...Intl.supportedValuesOf('timeZone'),
      'UTC',
      'Etc/GMT+3',
      'US/Pacific',
      'Asia/Kolkata',
      'europe/moscow',
    ];
    const users = zones.map((timezone, index) => ({ user: { externalId: `zone-${index}` }, timezone }));
    const { data } = await laurel.query(
      'mutation ($input: UpsertUsersInput!) { upsertUsers(input: $input) { refused } }',
      { input: { users } },
    );
    expect(data.upsertUsers.refused).toBe(0);
    for (let from = 0; from < users.length; from += 100) {
      const refs = users.slice(from, from + 100).map(({ user }) => user);
      const answer = await laurel.query(
        'query ($refs: [UserRef!]!) { usersBy(refs: $refs) { stats { daily(last: 1) { date } } } }',
        { refs },
      );
      expect(answer.errors).toEqual([]);
    }
  });

  it.each([0, -1, 367, null])('refuse daily(last: %j)', async (last) => {
    const player = await create();
    expect(codesOf(await laurel.query(STATS, { user: { externalId: player }, last }))).toEqual(['BAD_USER_INPUT']);
  });

  it('tell the level and the way to the next', async () => {
    const player = await create();
    const LEVEL =
      'query ($by: UserRef!) { user(by: $by) { level levelProgress { level title xp xpIntoLevel xpToNextLevel progress } } }';
    const level = async () => (await laurel.query(LEVEL, { by: { externalId: player } })).data.user;
    expect(await level()).toEqual({
      level: 1,
      levelProgress: { level: 1, title: null, xp: 0, xpIntoLevel: 0, xpToNextLevel: 1_000, progress: 0 },
    });
    await record(
      player,
      Array.from({ length: 35 }, () => ({ type: 'find_secret' })),
    );
    expect(await level()).toEqual({
      level: 2,
      levelProgress: { level: 2, title: null, xp: 1_750, xpIntoLevel: 750, xpToNextLevel: 750, progress: 0.5 },
    });
  });
});
