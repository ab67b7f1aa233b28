import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/databases.ts';
import { type Answer, startLaurel, type TestLaurel, unique } from '../support/laurel.ts';

const ALL = [
  ['newcomer', 'Newcomer', 'Новичок', 'COMMON', 'loyalty', 5],
  ['regular', 'Regular', 'Постоянный игрок', 'UNCOMMON', 'loyalty', 25],
  ['veteran', 'Veteran', 'Ветеран', 'RARE', 'loyalty', 50],
  ['explorer', 'Explorer', 'Исследователь', 'COMMON', 'discovery', 30],
  ['treasure_hunter', 'Treasure hunter', 'Охотник за сокровищами', 'RARE', 'discovery', 100],
  ['secret_master', 'Master of secrets', 'Мастер секретов', 'EPIC', 'discovery', 250],
  ['beginner', 'Beginner', 'Начинающий', 'COMMON', 'mastery', 10],
  ['achiever', 'Achiever', 'Достигатор', 'UNCOMMON', 'mastery', 75],
  ['master', 'Master', 'Мастер', 'EPIC', 'mastery', 200],
  ['champion', 'Champion', 'Чемпион', 'LEGENDARY', 'mastery', 500],
] as const;
const KEYS = ALL.map(([key]) => key);
const NOW = Date.parse('2026-11-20T12:00:00.000Z');
const codesOf = ({ errors }: Answer) => errors.map(({ extensions }) => extensions['code']);
const keysOf = (page: { nodes: { key: string }[] }) => page.nodes.map(({ key }) => key);

describe.each(backends())('achievements on %s', (backend) => {
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

  const record = async (externalId: string, types: readonly string[], more: object = {}) => {
    const events = types.map((type) => ({ user: { externalId }, type, ...more }));
    const { data } = await laurel.query(
      'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }',
      { input: { events } },
    );
    expect(data.recordEvents.recorded).toBe(types.length);
  };
  const times = (count: number, type: string) => Array.from({ length: count }, () => type);

  describe('the list', () => {
    const LIST = `query ($filter: AchievementFilter, $first: Int, $last: Int, $after: String, $before: String) {
      achievements(filter: $filter, first: $first, last: $last, after: $after, before: $before) {
        totalCount nodes { key } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
    const list = async (variables: object, headers?: Record<string, string>) =>
      (await laurel.query(LIST, variables, headers)).data.achievements;

    it('names everything that can be unlocked in catalog order, in English and Russian', async () => {
      const { data } = await laurel.query(`{ achievements { totalCount nodes {
        id key name ru: name(locale: "ru") rarity points xp tierCount visibility order icon iconLocked data version
        category { key } unlockedCount unlockedPercent } } }`);
      const order = new Map<string, number>();
      expect(data.achievements).toEqual({
        totalCount: 10,
        nodes: ALL.map(([key, name, ru, rarity, category, points]) => {
          order.set(category, (order.get(category) ?? 0) + 1);
          return {
            id: `achievement_${key}`,
            key,
            name,
            ru,
            rarity,
            points,
            xp: 0,
            tierCount: 0,
            visibility: 'PUBLIC',
            order: order.get(category),
            icon: null,
            iconLocked: null,
            data: null,
            version: 1,
            category: { key: category },
            unlockedCount: 0,
            unlockedPercent: 0,
          };
        }),
      });
    });

    it.each([
      [{ rarity: 'EPIC' }, ['secret_master', 'master']],
      [{ category: 'discovery' }, ['explorer', 'treasure_hunter', 'secret_master']],
      [{ search: 'MASTER' }, ['secret_master', 'master']],
      [{ rarity: 'EPIC', category: 'mastery', search: 'mas' }, ['master']],
      [{ rarity: null, category: null, search: null }, KEYS],
      [{ category: 'nothing' }, []],
      [{ search: '%' }, []],
    ])('filtered by %j', async (filter, keys) => {
      const page = await list({ filter });
      expect([keysOf(page), page.totalCount]).toEqual([keys, keys.length]);
    });

    it('searches in the language of the answer', async () => {
      expect(keysOf(await list({ filter: { search: 'мастер' } }, { 'accept-language': 'ru' }))).toEqual([
        'secret_master',
        'master',
      ]);
      expect(keysOf(await list({ filter: { search: 'мастер' } }))).toEqual([]);
    });

    it('pages forwards and backwards', async () => {
      const first = await list({ first: 4 });
      const second = await list({ first: 4, after: first.pageInfo.endCursor });
      const third = await list({ first: 4, after: second.pageInfo.endCursor });
      expect([first, second, third].map(keysOf)).toEqual([KEYS.slice(0, 4), KEYS.slice(4, 8), KEYS.slice(8)]);
      expect(third.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
      const back = await list({ last: 4, before: third.pageInfo.startCursor });
      expect([keysOf(back), back.pageInfo, back.totalCount]).toEqual([KEYS.slice(4, 8), second.pageInfo, 10]);
    });

    it.each([
      [{ first: 101 }],
      [{ last: -1 }],
      [{ first: 1, last: 1 }],
      [{ after: 'x' }],
      [{ filter: { search: 'x'.repeat(101) } }],
      [{ filter: { category: '\u0000' } }],
    ])('refuses %j', async (variables) => {
      expect(codesOf(await laurel.query(LIST, variables))).toEqual(['BAD_USER_INPUT']);
    });

    it('finds one by its key, and null for a key nobody declared', async () => {
      const { data } = await laurel.query(
        '{ achievement(key: "champion") { key name description } none: achievement(key: "nobody") { key } }',
      );
      expect(data).toEqual({
        achievement: { key: 'champion', name: 'Champion', description: 'Complete 25 levels' },
        none: null,
      });
    });
  });

  describe('of a user', () => {
    const OWN = `query ($by: UserRef!, $status: UserAchievementStatus, $orderBy: UserAchievementOrder, $first: Int, $after: String) { user(by: $by) {
      achievements(status: $status, orderBy: $orderBy, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { id achievement { key } unlocked unlockedAt progress current target progressText tier timesUnlocked
          unlocks { unlockedAt tier period version pointsAwarded xpAwarded evidence { type { key } } } } } } }`;
    const own = async (externalId: string, variables: object = {}) =>
      (await laurel.query(OWN, { by: { externalId }, ...variables })).data.user.achievements;
    const ownKeys = async (externalId: string, variables: object) =>
      (await own(externalId, variables)).nodes.map((node: { achievement: { key: string } }) => node.achievement.key);

    it('tells what is unlocked, locked, in progress and how far, in each order', async () => {
      const player = unique();
      now = NOW - 60_000;
      await record(player, times(5, 'login'));
      now = NOW;
      await record(player, times(6, 'find_secret'));
      const all = await own(player);
      const { data } = await laurel.query('query ($by: UserRef!) { user(by: $by) { id } }', {
        by: { externalId: player },
      });
      expect(all.nodes.slice(1, 3)).toEqual([
        {
          id: `userAchievement_${data.user.id.slice(5)}.regular`,
          achievement: { key: 'regular' },
          unlocked: true,
          unlockedAt: new Date(NOW - 60_000).toISOString(),
          progress: 1,
          current: 5,
          target: 5,
          progressText: '5 / 5',
          tier: 0,
          timesUnlocked: 1,
          unlocks: [
            {
              unlockedAt: new Date(NOW - 60_000).toISOString(),
              tier: 0,
              period: null,
              version: 1,
              pointsAwarded: 25,
              xpAwarded: 0,
              evidence: { type: { key: 'login' } },
            },
          ],
        },
        {
          id: `userAchievement_${data.user.id.slice(5)}.veteran`,
          achievement: { key: 'veteran' },
          unlocked: false,
          unlockedAt: null,
          progress: 0.5,
          current: 5,
          target: 10,
          progressText: '5 / 10',
          tier: 0,
          timesUnlocked: 0,
          unlocks: [],
        },
      ]);
      expect(all.nodes.map((node: { progress: number }) => node.progress)).toEqual([
        1,
        1,
        0.5,
        1,
        0.6,
        6 / 25,
        0,
        0,
        0,
        0,
      ]);
      expect([all.totalCount, await ownKeys(player, {})]).toEqual([10, KEYS]);
      expect(await ownKeys(player, { status: 'UNLOCKED' })).toEqual(['newcomer', 'regular', 'explorer']);
      expect(await ownKeys(player, { status: 'IN_PROGRESS' })).toEqual(['veteran', 'treasure_hunter', 'secret_master']);
      expect(await ownKeys(player, { status: 'LOCKED' })).toEqual(
        KEYS.filter((key) => !['newcomer', 'regular', 'explorer'].includes(key)),
      );
      expect(await ownKeys(player, { status: 'LOCKED', orderBy: 'PROGRESS', first: 4 })).toEqual([
        'treasure_hunter',
        'veteran',
        'secret_master',
        'beginner',
      ]);
      expect(await ownKeys(player, { status: 'UNLOCKED', orderBy: 'UNLOCKED_AT' })).toEqual([
        'explorer',
        'newcomer',
        'regular',
      ]);
      const first = await own(player, { orderBy: 'PROGRESS', first: 4 });
      const rest = await ownKeys(player, { orderBy: 'PROGRESS', after: first.pageInfo.endCursor });
      expect(rest).toEqual(['veteran', 'secret_master', 'beginner', 'achiever', 'master', 'champion']);
      expect((await own(player, { status: null, orderBy: null })).nodes).toEqual(all.nodes);
    });

    it.each([0, 1, 101, -1])('shows `unlocks(first: %i)` or refuses it', async (first) => {
      const player = unique();
      await record(player, ['login']);
      const answer = await laurel.query(
        'query ($by: UserRef!, $first: Int) { user(by: $by) { achievements(first: 1) { nodes { unlocks(first: $first) { tier } } } } }',
        { by: { externalId: player }, first },
      );
      if (first < 0 || first > 100) expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
      else expect(answer.data.user.achievements.nodes[0].unlocks).toHaveLength(first);
    });
  });

  describe('languages', () => {
    const NAMES = `query ($by: UserRef!, $locale: String) { user(by: $by) {
      achievements(first: 1) { nodes { achievement { name(locale: $locale) description(locale: $locale) category { name(locale: $locale) } } } }
      events { nodes { type { name(locale: $locale) } } }
      stats { byEventType { eventType { description(locale: $locale) } } }
      notifications { nodes { title body } } } }`;
    const EN = [
      'Newcomer',
      'Sign in for the first time',
      'Loyalty',
      'Login',
      'The player signed in',
      'Newcomer',
      'Congratulations! You unlocked: Newcomer',
    ];
    const RU = [
      'Новичок',
      'Войдите в игру в первый раз',
      'Верность',
      'Вход',
      'Игрок вошёл в игру',
      'Новичок',
      'Поздравляем! Вы получили достижение: Новичок',
    ];

    it.each([
      [
        'the argument before Accept-Language',
        null,
        'ru',
        { 'accept-language': 'en' },
        [...RU.slice(0, 5), ...EN.slice(5)],
      ],
      ['Accept-Language before the user', 'en', null, { 'accept-language': 'ru-RU, en;q=0.8' }, RU],
      ['the user before the catalog', 'ru', null, {}, RU],
      ['the user where nobody speaks what was asked for', 'ru', 'fr', { 'accept-language': 'de' }, RU],
      ["the catalog's first", null, null, {}, EN],
      ['a region of a language', 'en-GB', null, { 'accept-language': '' }, EN],
      ['nothing that is malformed', 'ru', '!!', { 'accept-language': ';;;q=x' }, RU],
    ])('take %s', async (_what, userLocale, locale, headers, texts) => {
      const externalId = unique();
      await laurel.query('mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }', {
        input: { user: { externalId }, locale: userLocale },
      });
      await record(externalId, ['login']);
      // The HTTP client would fill in a language of its own.
      const { data } = await laurel.query(NAMES, { by: { externalId }, locale }, { 'accept-language': '', ...headers });
      const [{ achievement }] = data.user.achievements.nodes;
      const [{ title, body }] = data.user.notifications.nodes;
      const [{ type }] = data.user.events.nodes;
      const [{ eventType }] = data.user.stats.byEventType;
      const ofAchievement = [achievement.name, achievement.description, achievement.category.name];
      expect([...ofAchievement, type.name, eventType.description, title, body]).toEqual(texts);
    });

    it('tell the event types and categories too', async () => {
      const { data } = await laurel.query(
        '{ eventTypes { key name description en: name(locale: "en") } achievement(key: "explorer") { category { name } } }',
        {},
        { 'accept-language': 'ru' },
      );
      expect(data).toEqual({
        eventTypes: [
          { key: 'login', name: 'Вход', description: 'Игрок вошёл в игру', en: 'Login' },
          {
            key: 'complete_level',
            name: 'Уровень пройден',
            description: 'Игрок прошёл уровень',
            en: 'Level completed',
          },
          { key: 'find_secret', name: 'Секрет найден', description: 'Игрок нашёл секрет', en: 'Secret found' },
        ],
        achievement: { category: { name: 'Открытия' } },
      });
    });
  });
});

describe.each(backends())('how common an achievement is, on %s', (backend) => {
  let laurel: TestLaurel;
  let now = NOW;
  beforeAll(async () => {
    laurel = await startLaurel(backend, { clock: { now: () => now } });
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  it('is counted anew after 60 s, over users who are no test users', async () => {
    const upsert = 'mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }';
    const login = async (externalId: string, test = false) => {
      await laurel.query(upsert, { input: { user: { externalId }, test } });
      await laurel.query('mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename } }', {
        input: { user: { externalId }, type: 'login' },
      });
    };
    const common = async () =>
      (
        await laurel.query(
          '{ achievement(key: "newcomer") { unlockedCount unlockedPercent } none: achievement(key: "champion") { unlockedCount unlockedPercent } }',
        )
      ).data;
    const none = { unlockedCount: 0, unlockedPercent: 0 };
    await login('anna');
    await login('tester', true);
    await laurel.query(upsert, { input: { user: { externalId: 'boris' } } });
    await laurel.query(upsert, { input: { user: { externalId: 'vera' } } });
    expect(await common()).toEqual({ achievement: { unlockedCount: 1, unlockedPercent: 33.33 }, none });
    await login('boris');
    now += 59_999;
    expect(await common()).toEqual({ achievement: { unlockedCount: 1, unlockedPercent: 33.33 }, none });
    now += 1;
    expect(await common()).toEqual({ achievement: { unlockedCount: 2, unlockedPercent: 66.67 }, none });
  });
});
