import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inviteAdmin } from '../../../src/features/people/invites.ts';
import { createIds } from '../../../src/platform/ids.ts';
import { sql } from '../../../src/platform/sql.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../../support/laurel.ts';
import { as, dumped, newGuest, signIn, type Tokens } from '../auth/support.ts';

const GAME_SECRET = 'a secret of the game that is long enough';
const SET_ROLE = `mutation ($input: SetRoleInput!) { setRole(input: $input) {
  __typename ... on SetRoleSuccess { user { role } } ... on Error { code message } } }`;
const PEOPLE = '{ people(first: 100) { nodes { id role } } }';
const BLOCK = `mutation ($user: UserRef!) { blockUser(input: { user: $user }) { __typename ... on Error { code } } }`;
const DELETE = `mutation ($user: UserRef!) { deleteUser(input: { user: $user }) { __typename ... on Error { code } } }`;
const GRANT = `mutation ($user: UserRef!) { grantAchievement(input: { user: $user, achievement: "newcomer" }) {
  __typename ... on Error { code message } } }`;

describe.each(backends())('people on %s', (backend) => {
  let laurel: TestLaurel;
  let root: { authorization: string };
  let server: { authorization: string };
  let aheadMs = 0;

  beforeAll(async () => {
    laurel = await startLaurel(backend, {
      environment: {
        LAUREL_AUTH: 'on',
        LAUREL_JWT_SECRET: TEST_SECRET,
        LAUREL_GAME_JWT_SECRET: GAME_SECRET,
        LAUREL_GAME_JWT_ISSUER: 'game',
      },
      clock: { now: () => Date.now() + aheadMs },
    });
    const keyOf = async (scope: string) => ({
      authorization: `Bearer ${await laurel.app.auth.createKey({ name: scope, scopes: [scope], days: null })}`,
    });
    root = await keyOf('admin');
    server = await keyOf('users:write');
  });
  beforeEach(() => {
    aheadMs = 0;
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const setRole = async (id: string, role: string | null, headers: Record<string, string> = root) => {
    const { data, errors } = await laurel.query(SET_ROLE, { input: { user: { id }, role } }, headers);
    return data?.setRole ?? errors[0]?.extensions['code'];
  };
  const person = async (role: string | null): Promise<{ userId: string; tokens: Tokens }> => {
    const guest = await newGuest(laurel);
    if (role !== null) expect(await setRole(guest.userId, role)).toMatchObject({ user: { role } });
    return guest;
  };
  const codeOf = async (tokens: Tokens, query: string, variables: object = {}) => {
    const { data, errors } = await as(laurel, tokens, query, variables);
    return errors[0]?.extensions['code'] ?? Object.values(data as Record<string, { code?: string }>)[0]?.code ?? 'data';
  };

  it('get a role that is good at once for the tokens they have, and lose it so', async () => {
    const { userId, tokens } = await person(null);
    expect(await codeOf(tokens, PEOPLE)).toBe('FORBIDDEN');
    await setRole(userId, 'OBSERVER');
    expect(await codeOf(tokens, PEOPLE)).toBe('data');
    const { nodes } = (await laurel.query(PEOPLE, {}, root)).data.people;
    expect(nodes).toContainEqual({ id: userId, role: 'OBSERVER' });
    expect(await setRole(userId, null)).toMatchObject({ user: { role: null } });
    expect(await codeOf(tokens, PEOPLE)).toBe('FORBIDDEN');
    expect((await laurel.query(PEOPLE, {}, root)).data.people.nodes).not.toContainEqual(
      expect.objectContaining({ id: userId }),
    );
  });

  it('who lose their role are told no more of what they followed', async () => {
    const { userId, tokens } = await person('OBSERVER');
    const listening = await laurel.subscribe(
      'subscription { eventRecorded { type { key } } }',
      {},
      { authorization: `Bearer ${tokens.accessToken}` },
    );
    const record = () =>
      laurel.query(
        'mutation ($user: UserRef!) { recordEvent(input: { user: $user, type: "login" }) { __typename } }',
        { user: { externalId: unique() } },
        root,
      );
    await record();
    expect(await listening.take(1)).toEqual([{ data: { eventRecorded: { type: { key: 'login' } } } }]);
    await setRole(userId, null);
    expect(await listening.ended).toMatchObject({ code: 4403, reason: 'Role changed' });
    await record();
    expect(listening.items).toHaveLength(1);
  });

  it('always have an admin among them, also when two take each other’s role at once', async () => {
    await laurel.database.query(sql`update users set role = null where role = 'ADMIN'`);
    const [one, two] = [await person('ADMIN'), await person('ADMIN')];
    const outcomes = await Promise.all([setRole(one.userId, null), setRole(two.userId, 'OBSERVER')]);
    expect(outcomes.map(({ __typename }) => __typename).sort()).toEqual(['LastAdminError', 'SetRoleSuccess']);
    expect(outcomes.find(({ code }) => code !== undefined)).toEqual({
      __typename: 'LastAdminError',
      code: 'LAST_ADMIN',
      message: 'The last admin keeps the role; make another one first',
    });
    expect(await setRole('user_01890a5d-ac96-774b-bcce-b302099a8057', 'ADMIN')).toMatchObject({
      code: 'USER_NOT_FOUND',
    });
  });

  it('are decided over by admins alone', async () => {
    const { userId: id } = await person('OBSERVER');
    const moderator = await person('MODERATOR');
    const admin = await person('ADMIN');
    for (const query of [BLOCK, DELETE]) {
      const { errors } = await laurel.query(query, { user: { id } }, server);
      expect(errors[0]?.extensions['code']).toBe('FORBIDDEN');
    }
    expect(await codeOf(moderator.tokens, BLOCK, { user: { id } })).toBe('FORBIDDEN');
    expect(await codeOf(moderator.tokens, BLOCK, { user: { id: (await newGuest(laurel)).userId } })).toBe('data');
    expect(await codeOf(admin.tokens, BLOCK, { user: { id } })).toBe('data');
    expect(await codeOf(moderator.tokens, DELETE, { user: { id: moderator.userId } })).toBe('data');
  });

  it('who moderate give achievements to test users alone', async () => {
    const { tokens } = await person('MODERATOR');
    const { userId: id } = await newGuest(laurel);
    expect((await as(laurel, tokens, GRANT, { user: { id } })).data.grantAchievement).toEqual({
      __typename: 'TestUserRequiredError',
      code: 'TEST_USER_REQUIRED',
      message: 'This may be done to test users only',
    });
    const test = { user: { externalId: unique() }, test: true };
    await laurel.query(
      'mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }',
      { input: test },
      root,
    );
    expect(await codeOf(tokens, GRANT, { user: test.user })).toBe('data');
  });

  it('have no role by a token that the game signs', async () => {
    const externalId = unique();
    const token = await new SignJWT({ iss: 'game', aud: 'laurel', sub: externalId })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(GAME_SECRET));
    const headers = { authorization: `Bearer ${token}` };
    const { id } = (await laurel.query('{ viewer { id } }', {}, headers)).data.viewer;
    await setRole(id, 'ADMIN');
    const { data, errors } = await laurel.query('{ viewer { role } people { nodes { id } } }', {}, headers);
    expect([data, errors[0]?.extensions['code']]).toEqual([null, 'FORBIDDEN']);
  });

  describe('claim', () => {
    const parts = () => ({
      database: laurel.database,
      clock: { now: () => Date.now() + aheadMs },
      ids: createIds(),
    });
    const author = { actor: 'tester', requestId: null, isAdmin: true };
    const claim = (token: string, input: object = {}) =>
      signIn(laurel, 'claimAdmin', { token, username: unique('boss'), password: 'long enough', ...input });

    it('the role of an admin once, with an account that signs in', async () => {
      const { token } = await inviteAdmin(parts(), author);
      const { token: other } = await inviteAdmin(parts(), author);
      expect(await dumped(laurel)).not.toContain(token.slice(3));
      const username = unique('boss');
      expect(await claim(token, { username, password: 'short' })).toMatchObject({ code: 'INVALID_USER' });
      const { tokens, user } = await claim(token, { username });
      expect((await as(laurel, tokens, '{ viewer { id role } }')).data.viewer).toEqual({ id: user.id, role: 'ADMIN' });
      const again = await signIn(laurel, 'signIn', { login: username, password: 'long enough' });
      expect(await codeOf(again.tokens, PEOPLE)).toBe('data');
      for (const used of [token, other, 'la_nonsense'])
        expect(await claim(used)).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    });

    it('it for one of many at once', async () => {
      const { token } = await inviteAdmin(parts(), author);
      const claims = await Promise.all(Array.from({ length: 3 }, () => claim(token)));
      expect(claims.map(({ __typename }) => __typename).sort()).toEqual([
        'ClaimAdminSuccess',
        'InvalidCredentialsError',
        'InvalidCredentialsError',
      ]);
    });

    it('it within an hour', async () => {
      const { token } = await inviteAdmin(parts(), author);
      aheadMs = 3_600_001;
      expect(await claim(token)).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    });

    it('it at a start only while there is no admin', async () => {
      const { people } = laurel.app.services;
      expect(await people.inviteFirst()).toBeNull();
      const admins = await laurel.database.query<{ id: string }>(sql`
        update users set role = 'OBSERVER' where role = 'ADMIN' returning id`);
      const invite = await people.inviteFirst();
      expect(await claim(invite?.token ?? '')).toMatchObject({ __typename: 'ClaimAdminSuccess' });
      expect(admins.length).toBeGreaterThan(0);
    });
  });
});
