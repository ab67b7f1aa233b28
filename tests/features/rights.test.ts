import { generateKeyPairSync } from 'node:crypto';
import { type GraphQLObjectType, getNamedType, isCompositeType, isNonNullType, isObjectType } from 'graphql';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Right, rightOf } from '../../src/graphql/rights.ts';
import { sql } from '../../src/platform/sql.ts';
import { backends } from '../support/databases.ts';
import { eventually } from '../support/eventually.ts';
import { type Answer, type Listening, startLaurel, TEST_SECRET, type TestLaurel } from '../support/laurel.ts';

const AUTH_ON = { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET };
const ABSENT = '01890a5d-ac96-774b-bcce-b302099a8057';

/** Who asks, in the order of the columns below. */
const ROLES = [
  'anonymous',
  'self',
  'other',
  'events:write',
  'users:write',
  'events:read',
  'catalog:write',
  'admin',
  'moderator',
  'designer',
  'observer',
  'person who is admin',
] as const;
type Role = (typeof ROLES)[number];

/** Persons, with their role. */
const PEOPLE = [
  ['moderator', 'MODERATOR'],
  ['designer', 'DESIGNER'],
  ['observer', 'OBSERVER'],
  ['person who is admin', 'ADMIN'],
] as const;

/** Who reads the private fields of `hero`. */
const INSIDERS: readonly Role[] = [
  'self',
  'events:write',
  'users:write',
  'events:read',
  'admin',
  'moderator',
  'observer',
  'person who is admin',
];

/** Keys and persons who hold a right of the table, beside admins. */
const HOLDERS: Readonly<Record<Exclude<Right, 'same' | 'public' | 'signedIn' | 'own'>, readonly Role[]>> = {
  private: INSIDERS,
  isPlayer: ['self', 'other', 'moderator', 'designer', 'observer'],
  readsUsers: ['events:write', 'users:write', 'events:read', 'moderator', 'observer'],
  recordsEvents: ['self', 'other', 'events:write', 'moderator', 'designer'],
  eventsWrite: ['events:write'],
  eventsRead: ['events:read', 'observer'],
  usersWrite: ['users:write'],
  catalogWrite: ['catalog:write', 'designer'],
  administers: [],
  moderates: ['users:write', 'moderator'],
  observes: ['observer'],
  reviews: ['users:write', 'moderator', 'observer'],
  readsCatalog: ['catalog:write', 'designer', 'observer'],
};

/** Whether a caller holds a right of the table. */
function holds(role: Role, right: Right): boolean {
  if (right === 'same' || right === 'public') return true;
  if (right === 'signedIn') return role !== 'anonymous';
  if (right === 'own') return role === 'self';
  if (role === 'person who is admin') return true;
  return (role === 'admin' && right !== 'isPlayer') || HOLDERS[right].includes(role);
}

/** Root fields that refuse some who hold their right: what they ask for is somebody else's. */
const FINER = [
  'markNotificationsSeen',
  'deleteUser',
  'exportUser',
  'achievementUnlocked',
  'achievementProgressed',
  'userProgressed',
];

/** What comes of it: data, null, a refusal as data, UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT. */
const LETTERS = {
  d: 'data',
  n: 'null',
  r: 'refusal',
  U: 'UNAUTHENTICATED',
  F: 'FORBIDDEN',
  B: 'BAD_USER_INPUT',
} as const;

/** Each root field with an operation about the user `hero` and a letter a role. A field without a row fails the test. */
const ROOT: Readonly<
  Record<'Query' | 'Mutation' | 'Subscription', Readonly<Record<string, readonly [operation: string, letters: string]>>>
> = {
  Query: {
    viewer: ['{ viewer { id } }', 'nddnnnnndddd'],
    node: ['query ($hero: ID!) { node(id: $hero) { id } }', 'dddddddddddd'],
    nodes: ['query ($hero: ID!) { nodes(ids: [$hero]) { id } }', 'dddddddddddd'],
    user: ['{ user(by: { externalId: "hero" }) { id } }', 'Uddddddddddd'],
    usersBy: ['{ usersBy(refs: [{ externalId: "hero" }]) { id } }', 'Uddddddddddd'],
    users: ['{ users { totalCount } }', 'UFFdddFddFdd'],
    stats: ['{ stats(user: { externalId: "hero" }) { score } }', 'Udndddnddndd'],
    eventTypes: ['{ eventTypes { key } }', 'dddddddddddd'],
    achievements: ['{ achievements { totalCount } }', 'dddddddddddd'],
    achievement: ['{ achievement(key: "newcomer") { key } }', 'dddddddddddd'],
    leaderboards: ['{ leaderboards { key entries(first: 1) { nodes { rank } } } }', 'dddddddddddd'],
    leaderboard: ['{ leaderboard(key: "score") { around(user: { externalId: "hero" }) { rank } } }', 'dddddddddddd'],
    seasons: ['{ seasons { key } }', 'dddddddddddd'],
    catalog: ['{ catalog { version } }', 'dddddddddddd'],
    explain: ['{ explain(user: { externalId: "hero" }, achievement: "newcomer") { __typename } }', 'Udndddnddndd'],
    event: ['query ($event: ID!) { event(id: $event) { id } }', 'Udndddnddndd'],
    people: ['{ people { nodes { role } } }', 'UFFFFFFdFFdd'],
    serverKeys: ['{ serverKeys { nodes { id } } }', 'UFFFFFFdFFFd'],
    auditLog: ['{ auditLog { nodes { id } } }', 'UFFFFFFdFFdd'],
    domainEvents: ['{ domainEvents { cursor } }', 'UFFFFdFdFFdd'],
    rateLimit: ['{ rateLimit { limit } }', 'nnnnnnnnnnnn'],
    quarantinedUsers: ['{ quarantinedUsers { nodes { id } } }', 'UFFFdFFddFFd'],
    suspicions: ['{ suspicions { nodes { id } } }', 'UFFFdFFddFdd'],
  },
  Mutation: {
    signInAsGuest: ['mutation { signInAsGuest(input: { deviceToken: "x" }) { __typename } }', 'rrrrrrrrrrrr'],
    signUp: ['mutation { signUp(input: { username: "a", password: "x" }) { __typename } }', 'rrrrrrrrrrrr'],
    signIn: ['mutation { signIn(input: { login: "nobody", password: "x" }) { __typename } }', 'rrrrrrrrrrrr'],
    signInWithTelegram: ['mutation { signInWithTelegram(input: { initData: "x" }) { __typename } }', 'rrrrrrrrrrrr'],
    claimAdmin: [
      'mutation { claimAdmin(input: { token: "x", username: "boss", password: "long enough" }) { __typename } }',
      'rrrrrrrrrrrr',
    ],
    linkAccount: ['mutation { linkAccount(input: { password: "x" }) { __typename } }', 'UrrFFFFFrrrr'],
    changePassword: [
      'mutation { changePassword(input: { currentPassword: "x", newPassword: "y" }) { __typename } }',
      'UrrFFFFFrrrr',
    ],
    refreshTokens: ['mutation { refreshTokens(input: { refreshToken: "x" }) { __typename } }', 'rrrrrrrrrrrr'],
    signOut: ['mutation { signOut(input: {}) { __typename } }', 'UrrFFFFFrrrr'],
    signOutEverywhere: ['mutation { signOutEverywhere(input: {}) { __typename } }', 'UddFFFFFdddd'],
    createUser: ['mutation { createUser(input: { username: "x y " }) { __typename } }', 'UFFFrFFrFFFr'],
    upsertUser: ['mutation { upsertUser(input: { user: { externalId: "hero" } }) { __typename } }', 'UFFFdFFdFFFd'],
    upsertUsers: ['mutation { upsertUsers(input: { users: [] }) { created } }', 'UFFFdFFdFFFd'],
    recordEvent: [
      'mutation { recordEvent(input: { user: { externalId: "hero" }, type: "login", idempotencyKey: "k" }) { __typename } }',
      'UrrdFFFdrrFd',
    ],
    recordEvents: ['mutation { recordEvents(input: { events: [] }) { recorded } }', 'UdddFFFdddFd'],
    markNotificationsSeen: [
      'mutation { markNotificationsSeen(input: { user: { externalId: "hero" }, ids: [] }) { __typename } }',
      'UdFFdFFdFFFd',
    ],
    planCatalog: ['mutation { planCatalog(input: { source: "" }) { __typename } }', 'UFFFFFrrFrFr'],
    applyCatalog: ['mutation { applyCatalog(input: { source: "" }) { __typename } }', 'UFFFFFrrFrFr'],
    rollbackCatalog: ['mutation { rollbackCatalog(input: { version: 99 }) { __typename } }', 'UFFFFFrrFrFr'],
    grantAchievement: [
      'mutation { grantAchievement(input: { user: { externalId: "nobody" }, achievement: "newcomer" }) { __typename } }',
      'UFFFrFFrrFFr',
    ],
    revokeAchievement: [
      'mutation { revokeAchievement(input: { user: { externalId: "nobody" }, achievement: "newcomer" }) { __typename } }',
      'UFFFrFFrrFFr',
    ],
    hideFromLeaderboards: [
      'mutation { hideFromLeaderboards(input: { user: { externalId: "nobody" }, hidden: true }) { __typename } }',
      'UFFFrFFrrFFr',
    ],
    deleteUser: ['mutation { deleteUser(input: { user: { externalId: "nobody" } }) { __typename } }', 'UFFFrFFrFFFr'],
    exportUser: ['mutation { exportUser(input: { user: { externalId: "nobody" } }) { __typename } }', 'UFFFrFFrFFFr'],
    blockUser: ['mutation { blockUser(input: { user: { externalId: "nobody" } }) { __typename } }', 'UFFFrFFrrFFr'],
    unblockUser: ['mutation { unblockUser(input: { user: { externalId: "nobody" } }) { __typename } }', 'UFFFrFFrrFFr'],
    createServerKey: [
      'mutation { createServerKey(input: { name: "made", scopes: ["events:read"] }) { __typename } }',
      'UFFFFFFdFFFd',
    ],
    rotateServerKey: [`mutation { rotateServerKey(input: { key: "${ABSENT}" }) { __typename } }`, 'UFFFFFFrFFFr'],
    revokeServerKey: [`mutation { revokeServerKey(input: { key: "${ABSENT}" }) { __typename } }`, 'UFFFFFFrFFFr'],
    setRole: [
      'mutation { setRole(input: { user: { externalId: "nobody" }, role: ADMIN }) { __typename } }',
      'UFFFFFFrFFFr',
    ],
    quarantineUser: [
      'mutation { quarantineUser(input: { user: { externalId: "nobody" } }) { __typename } }',
      'UFFFrFFrrFFr',
    ],
    releaseUser: ['mutation { releaseUser(input: { user: { externalId: "nobody" } }) { __typename } }', 'UFFFrFFrrFFr'],
    decideSuspicion: [
      `mutation { decideSuspicion(input: { id: "${ABSENT}", verdict: CLEAR }) { __typename } }`,
      'UFFFrFFrrFFr',
    ],
    resetUser: ['mutation { resetUser(input: { user: { externalId: "nobody" } }) { __typename } }', 'UFFFrFFrrFFr'],
  },
  Subscription: {
    achievementUnlocked: [
      'subscription { achievementUnlocked(user: { externalId: "hero" }) { cursor } }',
      'UdFdddFddFdd',
    ],
    achievementProgressed: [
      'subscription { achievementProgressed(user: { externalId: "hero" }) { current } }',
      'UdFdddFddFdd',
    ],
    userProgressed: ['subscription { userProgressed(user: { externalId: "hero" }) { level } }', 'UdFdddFddFdd'],
    notificationReceived: ['subscription { notificationReceived { cursor } }', 'UddBBBBBdddd'],
    leaderboardUpdated: ['subscription { leaderboardUpdated(key: "score") { at } }', 'dddddddddddd'],
    eventRecorded: ['subscription { eventRecorded { id } }', 'UFFFFdFdFFdd'],
    domainEventPublished: ['subscription { domainEventPublished { id } }', 'UFFFFdFdFFdd'],
  },
};

describe.each(backends())('rights on %s', (backend) => {
  let laurel: TestLaurel;
  const credentials = new Map<Role, string>();
  let heroId = '';
  let ids: { readonly hero: string; readonly event: string };
  const variables = () => ids;
  /** Cells of the table that were tried: field and caller. */
  const asked = new Set<string>();

  beforeAll(async () => {
    laurel = await startLaurel(backend, { environment: AUTH_ON });
    for (const scope of ROLES.slice(3, 8))
      credentials.set(scope, await laurel.app.auth.createKey({ name: scope, scopes: [scope], days: null }));
    const user = {
      externalId: 'hero',
      username: 'hero',
      email: 'hero@example.com',
      avatar: 'a.png',
      timezone: 'UTC',
      locale: 'en',
      attributes: { a: 1 },
    };
    const made = await ask(
      'admin',
      'mutation ($hero: CreateUserInput!, $rival: CreateUserInput!) { hero: createUser(input: $hero) { ... on CreateUserSuccess { user { id } } } rival: createUser(input: $rival) { ... on CreateUserSuccess { user { id } } } }',
      {
        hero: user,
        rival: { externalId: 'rival' },
      },
    );
    const recorded = await ask('admin', RECORD, {
      input: { user: { externalId: 'hero' }, type: 'login', idempotencyKey: 'k' },
    });
    ids = { hero: made.data.hero.user.id, event: recorded.data.recordEvent.event.id };
    heroId = ids.hero.slice(5);
    credentials.set('self', await laurel.app.auth.createToken(heroId));
    credentials.set('other', await laurel.app.auth.createToken(made.data.rival.user.id.slice(5)));
    for (const [who, role] of PEOPLE) {
      const { data } = await ask('admin', MAKE_PERSON, { input: { externalId: role } });
      const { id } = data.createUser.user;
      await ask('admin', SET_ROLE, { input: { user: { id }, role } });
      credentials.set(who, await laurel.app.auth.createToken(id.slice(5)));
    }
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const MAKE_PERSON =
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { ... on CreateUserSuccess { user { id } } } }';
  const SET_ROLE = 'mutation ($input: SetRoleInput!) { setRole(input: $input) { __typename } }';
  const RECORD =
    'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename ... on RecordEventSuccess { event { id } } ... on Error { code message } } }';
  const headersOf = (role: Role): Record<string, string> => {
    const credential = credentials.get(role);
    return credential === undefined ? {} : { authorization: `Bearer ${credential}` };
  };
  const ask = (role: Role, query: string, given: object = {}): Promise<Answer> =>
    laurel.query(query, given, headersOf(role));
  const rootFields = (type: string) => Object.keys((laurel.app.schema.getType(type) as GraphQLObjectType).getFields());

  it('are written down for every field of the root types', () => {
    for (const [type, rows] of Object.entries(ROOT)) {
      expect(
        rootFields(type).filter((field) => !(field in rows)),
        `rows of ${type} that this test lacks`,
      ).toEqual([]);
    }
  });

  it.each(
    Object.entries(ROOT).flatMap(([type, rows]) => Object.entries(rows).map(([field, row]) => [type, field, row[1]])),
  )('to %s.%s are those of the table of rights', (type = '', field = '', letters = '') => {
    const right = rightOf(type, field);
    if (right === undefined) throw new Error('it has no row');
    for (const [place, role] of ROLES.entries()) {
      const letter = letters[place] ?? '';
      if (!holds(role, right)) expect([role, letter]).toEqual([role, role === 'anonymous' ? 'U' : 'F']);
      else if (!FINER.includes(field)) expect([role, letter]).toEqual([role, expect.stringMatching(/^[dnrB]$/)]);
    }
  });

  describe.each(['Query', 'Mutation'] as const)('to a field of %s', (type) => {
    it.each(Object.entries(ROOT[type]))('%s are as the table says', async (field, [operation, letters]) => {
      if (!rootFields(type).includes(field)) return;
      const outcomes = await Promise.all(
        ROLES.map(async (role) => {
          // Each its own: who tries five times in vain is refused another one.
          const own = operation.replace('"nobody", password', `"nobody-${role}", password`);
          const answer = await ask(role, own, operation.includes('$') ? variables() : {});
          asked.add(`${type}.${field} ${role}`);
          const code = answer.errors[0]?.extensions['code'];
          if (code !== undefined) return [role, code];
          const value = answer.data[field];
          return [role, value === null ? 'null' : String(value.__typename).endsWith('Error') ? 'refusal' : 'data'];
        }),
      );
      expect(outcomes).toEqual(expected(letters));
    });
  });

  describe('to a subscription', () => {
    it.each(Object.entries(ROOT.Subscription))('%s are as the table says', async (field, [operation, letters]) => {
      const outcomes: [string, string][] = [];
      for (const role of ROLES) {
        const listening = await laurel.subscribe(operation, {}, headersOf(role));
        asked.add(`Subscription.${field} ${role}`);
        outcomes.push([role, (await refusalOf(listening))?.extensions.code ?? 'data']);
        await listening.stop();
        await eventually('it is let go', () => laurel.app.held().listeners === 0);
      }
      expect(outcomes).toEqual(expected(letters));
    });
  });

  function expected(letters: string) {
    return ROLES.map((role, index) => [role, LETTERS[letters[index] as keyof typeof LETTERS]]);
  }

  describe('to the fields of an object', () => {
    const PUBLIC = {
      User: [
        'achievementPoints',
        'achievements',
        'avatar',
        'displayName',
        'id',
        'leaderboardEntry',
        'level',
        'levelProgress',
        'score',
        'totalPoints',
      ],
      UserAchievement: [
        'achievement',
        'id',
        'progress',
        'tier',
        'timesUnlocked',
        'unlocked',
        'unlockedAt',
        'unlocks',
        'user',
      ],
    };
    /** For the user alone. */
    const OWN = ['sessions'];
    /** Null for everybody: the hero is neither blocked, nor in quarantine, nor a person with a role. */
    const NULL = ['block', 'quarantine', 'role'];
    const ARGUMENTS: Readonly<Record<string, string>> = { leaderboardEntry: '(leaderboard: "score")' };

    it.each([
      ['User', () => ids.hero],
      ['UserAchievement', () => `userAchievement_${heroId}.newcomer`],
    ] as const)('%s: strangers see the public ones, the user and keys all', async (type, id) => {
      const fields = Object.values((laurel.app.schema.getType(type) as GraphQLObjectType).getFields());
      const all = fields.map(({ name }) => name);
      const selection = fields.map((field) => {
        const named = laurel.app.schema.getType(String(field.type).replace(/[![\]]/g, ''));
        const required = field.args.some(
          (argument) => isNonNullType(argument.type) && argument.defaultValue === undefined,
        );
        if (required && ARGUMENTS[field.name] === undefined)
          throw new Error(`name the arguments of ${type}.${field.name}`);
        return `${field.name}${ARGUMENTS[field.name] ?? ''} ${isObjectType(named) ? '{ __typename }' : ''}`;
      });
      for (const role of ROLES) {
        const { data, errors } = await ask(
          role,
          `query ($id: ID!) { node(id: $id) { ... on ${type} { ${selection.join(' ')} } } }`,
          { id: id() },
        );
        expect(errors, role).toEqual([]);
        const seen = Object.keys(data.node).filter((name) => data.node[name] !== null);
        const insider = INSIDERS.includes(role);
        const own = role === 'self' ? NULL : [...NULL, ...OWN];
        expect(seen.sort(), role).toEqual(insider ? all.filter((name) => !own.includes(name)).sort() : PUBLIC[type]);
      }
    });

    it('evidence of an unlock is for the user and keys', async () => {
      const query =
        'query ($id: ID!) { node(id: $id) { ... on User { achievements { totalCount nodes { unlocks { evidence { id } } } } } } }';
      for (const role of ROLES) {
        const { data } = await ask(role, query, { id: ids.hero });
        const insider = INSIDERS.includes(role);
        const { totalCount, nodes } = data.node.achievements;
        expect([role, totalCount, nodes[0].unlocks]).toEqual([
          role,
          insider ? 10 : 1,
          [{ evidence: insider ? { id: ids.event } : null }],
        ]);
      }
    });

    it('a locked achievement and a message of another user are nobody’s', async () => {
      const [locked, message] = [`userAchievement_${heroId}.champion`, `notification_${heroId}.1`];
      for (const role of ROLES) {
        const { data } = await ask(role, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
          ids: [locked, message, ids.event],
        });
        const insider = INSIDERS.includes(role);
        expect([role, data.nodes]).toEqual([role, [locked, message, ids.event].map((id) => (insider ? { id } : null))]);
      }
    });
  });

  describe('to what not everybody may read', () => {
    /** Reaches an object of each such type; what is in it is what the test is about. */
    const PATHS: Readonly<Record<string, (fields: string) => string>> = {
      User: (fields) => `object: node(id: "${ids.hero}") { ... on User { ${fields} } }`,
      UserAchievement: (fields) =>
        `object: node(id: "userAchievement_${heroId}.newcomer") { ... on UserAchievement { ${fields} } }`,
      AchievementUnlock: (fields) =>
        `object: node(id: "userAchievement_${heroId}.newcomer") { ... on UserAchievement { unlocks { ${fields} } } }`,
      Catalog: (fields) => `object: catalog { ${fields} }`,
    };
    /** Of somebody who is blocked, in quarantine and has a role, for the hero is and has nothing of it. */
    const MARKED = ['User.block', 'User.quarantine', 'User.role'];
    const guarded = () =>
      Object.values(laurel.app.schema.getTypeMap()).flatMap((type) => {
        if (!isObjectType(type) || type.name in ROOT || type.name.startsWith('__')) return [];
        return Object.values(type.getFields()).flatMap((field) => {
          const right = rightOf(type.name, field.name);
          if (right === undefined) throw new Error(`${type.name}.${field.name} has no row`);
          return right === 'same' || right === 'public' ? [] : [{ type: type.name, field, right }];
        });
      });

    it('every field is null but for those of the table', async () => {
      const { data } = await ask('admin', MAKE_PERSON, { input: { externalId: 'marked' } });
      const marked = data.createUser.user.id;
      await ask('admin', SET_ROLE, { input: { user: { id: marked }, role: 'OBSERVER' } });
      await ask('admin', 'mutation ($user: UserRef!) { blockUser(input: { user: $user }) { __typename } }', {
        user: { id: marked },
      });
      await ask('admin', 'mutation ($user: UserRef!) { quarantineUser(input: { user: $user }) { __typename } }', {
        user: { id: marked },
      });
      for (const { type, field, right } of guarded()) {
        const path = PATHS[type];
        if (path === undefined) throw new Error(`say how to reach a ${type}`);
        const name = `${type}.${field.name}`;
        const isMarked = MARKED.includes(name);
        const query = `{ ${path(`${field.name} ${isCompositeType(getNamedType(field.type)) ? '{ __typename }' : ''}`)} }`;
        const outcomes = await Promise.all(
          ROLES.map(async (role) => {
            const answer = await ask(role, isMarked ? query.replace(ids.hero, marked) : query);
            asked.add(`${name} ${role}`);
            expect([name, role, answer.errors]).toEqual([name, role, []]);
            const object = answer.data.object.unlocks?.[0] ?? answer.data.object;
            return [role, object[field.name] !== null];
          }),
        );
        const sees = (role: Role) => holds(role, right) && !(isMarked && role === 'self');
        expect([name, outcomes]).toEqual([name, ROLES.map((role) => [role, sees(role)])]);
      }
    });

    it('no cell of the table was left out', () => {
      const roots = Object.entries(ROOT).flatMap(([type]) => rootFields(type).map((field) => `${type}.${field}`));
      const fields = [...roots, ...guarded().map(({ type, field }) => `${type}.${field.name}`)];
      const cells = fields.flatMap((field) => ROLES.map((role) => `${field} ${role}`));
      expect(cells.filter((cell) => !asked.has(cell))).toEqual([]);
      process.stdout.write(`rights on ${backend}: ${cells.length} of ${cells.length} cells, ${fields.length} fields\n`);
    });
  });

  describe('of a player: somebody else and nobody are answered alike', () => {
    const mutation = (name: string, type: string, input: string) =>
      `mutation ($user: UserRef!) { ${name}(input: { user: $user, ${input} }) { __typename ... on Error { code message } } } # ${type}`;
    it.each([
      ['stats', 'query ($user: UserRef!) { stats(user: $user) { score } }'],
      ['recordEvent', mutation('recordEvent', 'RecordEvent', 'type: "login"')],
      ['markNotificationsSeen', mutation('markNotificationsSeen', 'Mark', 'ids: []')],
      ['markNotificationsSeen up to a cursor', mutation('markNotificationsSeen', 'Mark', 'upTo: "x"')],
    ])('by %s', async (_what, query) => {
      for (const [there, absent] of [
        [{ id: ids.hero }, { id: `user_${ABSENT}` }],
        [{ externalId: 'hero' }, { externalId: 'nobody' }],
        [{ username: 'hero' }, { username: 'nobody' }],
      ]) {
        const [foreign, missing] = [
          await ask('other', query, { user: there }),
          await ask('other', query, { user: absent }),
        ];
        expect(plain(foreign)).toEqual(plain(missing));
      }
    });

    it.each([
      [
        'event',
        'query ($id: ID!) { event(id: $id) { id } }',
        () => [ids.event, `event_${heroId}.${ABSENT}`, `event_${ABSENT}.${ABSENT}`],
      ],
      [
        'node',
        'query ($id: ID!) { node(id: $id) { id } }',
        () => [
          ids.event,
          `notification_${heroId}.1`,
          `notification_${heroId}.9`,
          `userAchievement_${heroId}.champion`,
          `userAchievement_${ABSENT}.champion`,
        ],
      ],
    ])('by %s', async (_what, query, wanted) => {
      const answers = await Promise.all(wanted().map((id) => ask('other', query, { id })));
      expect(new Set(answers.map((answer) => JSON.stringify(plain(answer)))).size).toBe(1);
    });

    it.each(
      Object.keys(ROOT.Subscription).filter(
        (field) => !['eventRecorded', 'domainEventPublished', 'leaderboardUpdated'].includes(field),
      ),
    )('by subscribing to %s', async (field) => {
      const ends: unknown[] = [];
      for (const user of [{ id: ids.hero }, { id: ABSENT }, { username: 'nobody' }]) {
        const listening = await laurel.subscribe(
          `subscription ($user: UserRef!) { ${field}(user: $user) { __typename } }`,
          { user },
          headersOf('other'),
        );
        const error = await refusalOf(listening);
        ends.push([error?.message, error?.extensions.code]);
      }
      expect(ends).toEqual(Array(3).fill(['You may not do this', 'FORBIDDEN']));
    });
  });

  describe('a credential that does not verify', () => {
    const now = () => Math.floor(Date.now() / 1_000);
    const sign = (change: (jwt: SignJWT) => SignJWT, secret = TEST_SECRET, header: object = {}) =>
      change(
        new SignJWT({})
          .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header })
          .setIssuer('laurel')
          .setAudience('laurel')
          .setSubject(heroId)
          .setIssuedAt(now())
          .setExpirationTime(now() + 60),
      ).sign(new TextEncoder().encode(secret));
    const unsigned = (header: object, payload: object) =>
      [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const claims = () => ({ iss: 'laurel', aud: 'laurel', sub: heroId, iat: now(), exp: now() + 60 });
    const rs256 = () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      return new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt' }).sign(privateKey);
    };
    const key = () => String(credentials.get('admin'));
    const revoked = async () => {
      const made = await laurel.app.auth.createKey({ name: 'gone', scopes: ['admin'], days: null });
      await laurel.database.query(sql`update api_keys set revoked_at = now() where name = 'gone'`);
      return made;
    };
    const expired = async () => {
      const made = await laurel.app.auth.createKey({ name: 'old', scopes: ['admin'], days: 1 });
      await laurel.database.query(sql`update api_keys set expires_at = now() - interval '1 s' where name = 'old'`);
      return made;
    };

    it.each<[string, () => string | Promise<string>]>([
      ['forged', async () => `Bearer ${await sign((jwt) => jwt, 'another secret of more than thirty-two bytes')}`],
      [
        'expired',
        async () => `Bearer ${await sign((jwt) => jwt.setIssuedAt(now() - 120).setExpirationTime(now() - 60))}`,
      ],
      [
        'of too long a life',
        async () => `Bearer ${await sign((jwt) => jwt.setIssuedAt(now() - 3_600).setExpirationTime(now() + 60))}`,
      ],
      [
        'of the future',
        async () => `Bearer ${await sign((jwt) => jwt.setIssuedAt(now() + 3_600).setExpirationTime(now() + 3_660))}`,
      ],
      ['unsigned', () => `Bearer ${unsigned({ alg: 'none', typ: 'at+jwt' }, claims())}.`],
      ['of RS256', async () => `Bearer ${await rs256()}`],
      ['of HS512', async () => `Bearer ${await sign((jwt) => jwt, TEST_SECRET.repeat(2), { alg: 'HS512' })}`],
      ['for another audience', async () => `Bearer ${await sign((jwt) => jwt.setAudience('shop'))}`],
      ['of another issuer', async () => `Bearer ${await sign((jwt) => jwt.setIssuer('shop'))}`],
      ['of another type', async () => `Bearer ${await sign((jwt) => jwt, TEST_SECRET, { typ: 'JWT' })}`],
      [
        'without a subject',
        async () => `Bearer ${unsigned({ alg: 'HS256', typ: 'at+jwt' }, { ...claims(), sub: undefined })}.x`,
      ],
      ['for a subject that is no user id', async () => `Bearer ${await sign((jwt) => jwt.setSubject('hero'))}`],
      ['no token at all', () => 'Bearer abc'],
      ['empty', () => 'Bearer'],
      ['of another scheme', () => `Basic ${Buffer.from('hero:hero').toString('base64')}`],
      ['two at once', () => `Bearer ${key()} ${key()}`],
      ['a key with another secret', () => `Bearer ${key().slice(0, -43)}${'A'.repeat(43)}`],
      ['a key with another environment', () => `Bearer ${key().replace(/^lk_[a-z]+_/, 'lk_production_')}`],
      ['a key nobody made', () => `Bearer lk_development_${'0'.repeat(32)}_${'A'.repeat(43)}`],
      ['the stub of a key', () => 'Bearer lk_'],
      ['a revoked key', async () => `Bearer ${await revoked()}`],
      ['an expired key', async () => `Bearer ${await expired()}`],
    ])('(%s) is UNAUTHENTICATED, never anonymous, on both transports', async (what, make) => {
      const authorization = await make();
      const answer = await laurel.query('{ catalog { version } }', {}, { authorization });
      expect([answer.data, answer.errors.map(({ extensions }) => extensions['code'])]).toEqual([
        null,
        ['UNAUTHENTICATED'],
      ]);
      expect(JSON.stringify(answer.errors)).not.toMatch(/jose|jwt|sql|signature/i);
      const listening = await laurel.subscribe('subscription { eventRecorded { id } }', {}, { authorization });
      // Who had a key that was revoked need not come again.
      expect(await listening.ended).toMatchObject({ code: what === 'a revoked key' ? 4401 : 4403 });
    });

    it('and a good one is taken, whatever the case of its scheme', async () => {
      const viewer = async (authorization: string) =>
        (await laurel.query('{ viewer { id } }', {}, { authorization })).data;
      const token = await sign((jwt) => jwt);
      expect([await viewer(`Bearer ${token}`), await viewer(`bearer ${token}`)]).toEqual([
        { viewer: { id: ids.hero } },
        { viewer: { id: ids.hero } },
      ]);
    });

    it('the token of a user who is gone', async () => {
      const authorization = `Bearer ${await laurel.app.auth.createToken(ABSENT)}`;
      const { data, errors } = await laurel.query('{ viewer { id } catalog { version } }', {}, { authorization });
      expect([data, errors[0]?.extensions]).toMatchObject([null, { code: 'UNAUTHENTICATED', reason: 'SIGNED_OUT' }]);
    });
  });

  it('a player reads refusals and event types in its own language where the request names none', async () => {
    await ask(
      'admin',
      'mutation { upsertUser(input: { user: { externalId: "rival" }, locale: "ru" }) { __typename } }',
    );
    const send = (headers: object) =>
      laurel.query(
        RECORD,
        { input: { user: { externalId: 'hero' }, type: 'login' } },
        { ...headersOf('other'), ...headers },
      );
    const own = await send({ 'accept-language': '' });
    expect(own.data.recordEvent.message).toBe('Вы не можете сообщать о событиях login для этого пользователя');
    const asked = await send({ 'accept-language': 'en' });
    expect(asked.data.recordEvent.message).toBe('You may not report login events for this user');
    const types = async (headers: object) =>
      (await laurel.query('{ eventTypes { name description } }', {}, { ...headersOf('other'), ...headers })).data
        .eventTypes[0];
    expect(await types({ 'accept-language': '' })).toEqual({ name: 'Вход', description: 'Игрок вошёл в игру' });
    expect(await types({ 'accept-language': 'en' })).toEqual({ name: 'Login', description: 'The player signed in' });
  });
});

describe('without LAUREL_AUTH=on', () => {
  it.each([
    ['off', {}, 'anybody', 'data'],
    ['off', { authorization: 'Bearer nonsense' }, 'a credential that does not verify', 'UNAUTHENTICATED'],
    ['key', {}, 'anybody', 'UNAUTHENTICATED'],
    ['key', { authorization: 'Bearer lk_start' }, 'the start key', 'data'],
    ['key', { authorization: 'Bearer lk_other' }, 'another key', 'UNAUTHENTICATED'],
  ])('with LAUREL_AUTH=%s and %j, %s is answered %s', async (mode, headers, _who, outcome) => {
    const laurel = await startLaurel('embedded', { environment: { LAUREL_AUTH: mode }, startKey: 'lk_start' });
    try {
      const { errors } = await laurel.query('{ users { totalCount } }', {}, headers as Record<string, string>);
      expect(errors[0]?.extensions['code'] ?? 'data').toBe(outcome);
      await laurel.check();
    } finally {
      await laurel.close();
    }
  });
});

interface Refused {
  readonly message: string;
  readonly extensions: { readonly code: string };
}

/** Why a subscription ended, whichever way it was told; undefined while it runs. */
async function refusalOf(listening: Listening): Promise<Refused | undefined> {
  if (!listening.isOver()) return undefined;
  const end = await listening.ended;
  const errors: readonly Refused[] = Array.isArray(end) ? end : (listening.items[0]?.errors ?? []);
  return errors[0];
}

/** An answer without what differs from request to request. */
function plain({ status, data, errors }: Answer) {
  return {
    status,
    data,
    errors: errors.map(({ extensions: { requestId: _, ...extensions }, ...error }) => ({ ...error, extensions })),
  };
}
