import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../support/laurel.ts';

const FIELDS =
  'username email externalId displayName avatar timezone locale attributes test score achievementPoints totalPoints level';
const CREATE = `mutation ($input: CreateUserInput!) { createUser(input: $input) { __typename
  ... on CreateUserSuccess { user { id createdAt ${FIELDS} } }
  ... on InvalidUserError { issues { path message } }
  ... on Error { code message } } }`;
const UPSERT = `mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename
  ... on UpsertUserSuccess { created user { id ${FIELDS} } }
  ... on InvalidUserError { issues { path message } }
  ... on Error { code message } } }`;
const LIST = `query ($search: String, $first: Int, $last: Int, $after: String, $before: String) {
  users(search: $search, first: $first, last: $last, after: $after, before: $before) {
    totalCount nodes { username } edges { cursor }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

describe.each(backends())('users on %s', (backend) => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel(backend);
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const create = async (input: object) => (await laurel.query(CREATE, { input })).data.createUser;
  const upsert = async (input: object) => (await laurel.query(UPSERT, { input })).data.upsertUser;
  const faults = async (input: object) =>
    (await create(input)).issues?.map(({ path, message }: { path: string; message: string }) => `${path} ${message}`) ??
    [];
  const count = async () => (await laurel.query('{ users { totalCount } }')).data.users.totalCount;

  describe('createUser', () => {
    it('makes a user of nothing, with a name of its own and zeros', async () => {
      const { user } = await create({});
      expect(user).toEqual({
        id: expect.stringMatching(/^user_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/),
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        username: expect.stringMatching(/^player_[a-z2-9]{8}$/),
        email: null,
        externalId: null,
        displayName: user.username,
        avatar: null,
        timezone: null,
        locale: null,
        attributes: {},
        test: false,
        score: 0,
        achievementPoints: 0,
        totalPoints: 0,
        level: 1,
      });
    });

    it('keeps every field as it was sent', async () => {
      const input = {
        username: unique('Анна '),
        email: `${unique('Anna')}@Example.com`,
        externalId: unique('steam:'),
        displayName: "Анна \u{1f431} O'Neil % _ \\",
        avatar: 'https://example.com/a.png',
        timezone: 'Europe/Moscow',
        locale: 'ru-RU',
        attributes: { vip: true, nested: { list: [1, null, '\\u0000'] }, constructor: 'knight' },
        test: true,
      };
      const { user } = await create(input);
      expect(user).toMatchObject(input);
      const read = await laurel.query(`query ($by: UserRef!) { user(by: $by) { id ${FIELDS} } }`, {
        by: { id: user.id },
      });
      expect(read.data.user).toEqual({ ...user, createdAt: undefined });
    });

    it.each([
      ['username', 'USERNAME_TAKEN', 'The username {value} is taken'],
      ['email', 'EMAIL_TAKEN', 'The e-mail {value} is taken'],
    ])('refuses a %s that somebody has, whatever the case', async (field, code, message) => {
      const value = `${unique('Taken')}@example.com`;
      await create({ [field]: value });
      for (const again of [value, value.toUpperCase()]) {
        expect(await create({ [field]: again })).toMatchObject({ code, message: message.replace('{value}', again) });
      }
    });

    it('refuses an externalId that somebody has, and takes one in another case', async () => {
      const externalId = unique('Ext');
      await create({ externalId });
      expect(await create({ externalId })).toEqual({
        __typename: 'ExternalIdTakenError',
        code: 'EXTERNAL_ID_TAKEN',
        message: `The externalId ${externalId} is taken`,
      });
      expect(await create({ externalId: externalId.toUpperCase() })).toMatchObject({ __typename: 'CreateUserSuccess' });
    });

    it('makes one user when 20 callers want the same name at once', async () => {
      const username = unique();
      const answers = await Promise.all(Array.from({ length: 20 }, () => create({ username })));
      expect(answers.map(({ code }) => code ?? 'created').sort()).toEqual([
        ...Array(19).fill('USERNAME_TAKEN'),
        'created',
      ]);
    });

    it('names every fault at once and writes nothing', async () => {
      const before = await count();
      const found = await faults({
        username: ' x',
        email: 'nobody',
        externalId: 'a\u0000b',
        displayName: '',
        avatar: 'x'.repeat(501),
        timezone: 'Mars/Olympus',
        locale: 'not a tag',
        attributes: [1],
      });
      expect(found).toEqual([
        'username starts or ends with white space',
        'email is no e-mail address',
        'externalId holds control characters',
        'displayName is empty',
        'avatar has at most 500 characters',
        'timezone is no IANA time zone',
        'locale is no language tag',
        'attributes is no object',
      ]);
      expect(await count()).toBe(before);
    });

    it.each([
      ['username has at most 50 characters', { username: 'x'.repeat(51) }],
      ['username holds control characters', { username: 'a\u001b[31m' }],
      ['username holds half a character (a lone surrogate)', { username: 'a\ud800' }],
      ['email has at most 100 characters', { email: `${'x'.repeat(95)}@example.com` }],
      ['email is no e-mail address', { email: 'a@b' }],
      ['externalId has at most 200 characters', { externalId: 'x'.repeat(201) }],
      ['displayName has at most 100 characters', { displayName: 'x'.repeat(101) }],
      ['displayName holds control characters', { displayName: 'two\nlines' }],
      ['timezone is no IANA time zone', { timezone: '+03:00' }],
      ['timezone is no IANA time zone', { timezone: '' }],
      ['locale is no language tag', { locale: 'en_US' }],
      ['attributes has more than 4096 bytes of JSON', { attributes: { note: 'x'.repeat(4_086) } }],
      ['attributes holds a NUL character, which the database cannot keep', { attributes: { note: 'a\u0000' } }],
      ['attributes holds half a character (a lone surrogate)', { attributes: { 'a\ud800': 1 } }],
    ])('refuses: %s', async (fault, input) => {
      expect(await faults(input)).toEqual([fault]);
    });

    it('takes the longest of everything', async () => {
      const input = {
        username: unique('x'.repeat(41)),
        email: `${unique('x'.repeat(40))}@${'y'.repeat(38)}.example`,
        externalId: unique('x'.repeat(191)),
        displayName: 'd'.repeat(100),
        avatar: 'a'.repeat(500),
        attributes: { note: 'x'.repeat(4_085) },
      };
      expect((await create(input)).user).toMatchObject(input);
    });

    it.each([
      ['a number past what a double holds', '{"attributes":{"x":1e400}}', 'JSON holds a number that is too large'],
      [
        '65 levels',
        `{"attributes":${'[['.repeat(32)}[1]${']]'.repeat(32)}}`,
        'JSON is nested more than 64 levels deep',
      ],
    ])('refuses attributes with %s as a malformed request', async (_what, input, message) => {
      const response = await fetch(`${laurel.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', connection: 'close' },
        body: `{"query":${JSON.stringify(CREATE)},"variables":{"input":${input}}}`,
      });
      const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] };
      expect(errors.map(({ message: text, extensions }) => [extensions.code, text])).toEqual([
        ['BAD_USER_INPUT', expect.stringContaining(message)],
      ]);
    });

    it('says it in Russian to whoever asks for Russian', async () => {
      const username = unique();
      await create({ username });
      const { data } = await laurel.query(CREATE, { input: { username } }, { 'accept-language': 'ru-RU,en;q=0.5' });
      expect(data.createUser).toEqual({
        __typename: 'UsernameTakenError',
        code: 'USERNAME_TAKEN',
        message: `Имя пользователя ${username} уже занято`,
      });
    });
  });

  describe('upsertUser', () => {
    it.each(['externalId', 'username'])(
      'creates by %s, changes what is named, leaves what is absent or null',
      async (by) => {
        const user = { [by]: unique() };
        const made = await upsert({ user, email: `${unique()}@example.com`, locale: 'ru', attributes: { a: 1 } });
        expect(made).toMatchObject({ created: true, user: { ...user, locale: 'ru', attributes: { a: 1 } } });
        const changed = await upsert({
          user,
          email: null,
          locale: 'en',
          displayName: 'Neu',
          attributes: null,
          test: null,
        });
        expect(changed).toEqual({ ...made, created: false, user: { ...made.user, locale: 'en', displayName: 'Neu' } });
        expect(await upsert({ user })).toEqual(changed);
      },
    );

    it('changes a user by id, and renames one', async () => {
      const { user } = await create({ username: unique() });
      const [username, externalId] = [unique(), unique()];
      const changed = await upsert({ user: { id: user.id }, username, externalId });
      expect(changed).toMatchObject({ created: false, user: { id: user.id, username, externalId } });
      const bare = await upsert({ user: { id: user.id.slice(5) } });
      expect(bare).toEqual(changed);
    });

    it('refuses an id that nobody has', async () => {
      const id = '01890a5d-ac96-774b-bcce-b302099a8057';
      expect(await upsert({ user: { id }, locale: 'ru' })).toEqual({
        __typename: 'UserNotFoundError',
        code: 'USER_NOT_FOUND',
        message: `User with ID ${id} not found`,
      });
    });

    it('refuses what another user has, and faulty fields, and changes nothing', async () => {
      const [anna, boris] = [unique(), unique()];
      await create({ username: anna, email: `${anna}@example.com`, externalId: anna });
      const before = await upsert({ user: { username: boris } });
      const user = { username: boris };
      expect(await upsert({ user, username: anna })).toMatchObject({ code: 'USERNAME_TAKEN' });
      expect(await upsert({ user, email: `${anna}@EXAMPLE.com` })).toMatchObject({ code: 'EMAIL_TAKEN' });
      expect(await upsert({ user, externalId: anna })).toMatchObject({ code: 'EXTERNAL_ID_TAKEN' });
      expect(await upsert({ user, email: 'x', displayName: '' })).toMatchObject({
        code: 'INVALID_USER',
        issues: [{ path: 'email' }, { path: 'displayName' }],
      });
      expect(await upsert({ user })).toEqual({ ...before, created: false });
    });

    it('refuses to create one user under two names', async () => {
      const [one, other] = [unique(), unique()];
      expect(await upsert({ user: { externalId: one }, externalId: other })).toMatchObject({
        code: 'INVALID_USER',
        issues: [{ path: 'externalId', message: 'is not user.externalId, and there is no such user to change' }],
      });
    });

    it.each([
      ['no field', {}],
      ['two fields', { id: '01890a5d-ac96-774b-bcce-b302099a8057', username: 'a' }],
      ['an empty field', { username: '' }],
      ['a malformed id', { id: 'user_1' }],
      ['an id of another type', { id: 'achievement_01890a5d-ac96-774b-bcce-b302099a8057' }],
      ['a NUL character', { externalId: 'a\u0000' }],
      ['a name that is too long', { username: 'x'.repeat(51) }],
    ])('refuses a reference with %s', async (_what, user) => {
      const { data, errors } = await laurel.query(UPSERT, { input: { user } });
      expect([data, errors.map(({ extensions }) => extensions['code'])]).toEqual([null, ['BAD_USER_INPUT']]);
    });

    it('ignores fields of a reference that a serialiser sent as null or empty', async () => {
      const externalId = unique();
      const made = await upsert({ user: { id: null, username: '', externalId } });
      expect(made).toMatchObject({ created: true, user: { externalId } });
    });

    it.each(['externalId', 'username'])('makes one user when 20 callers upsert one %s at once', async (by) => {
      const name = unique();
      const input = { user: { [by]: name }, externalId: name, username: name, email: `${name}@example.com` };
      const answers = await Promise.all(Array.from({ length: 20 }, () => upsert(input)));
      expect(answers.filter(({ created }) => created === true)).toHaveLength(1);
      expect(answers.filter(({ created }) => created === false)).toHaveLength(19);
      expect(new Set(answers.map(({ user }) => user.id)).size).toBe(1);
    });
  });

  it.each(['İbrahim', 'ΟΔΥΣΣΕΥΣ', 'Ёжик', 'straße'])(
    'finds %s again, whatever the case rules of this language',
    async (name) => {
      const username = `${name} ${unique()}`;
      const upsert =
        'mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { ... on UpsertUserSuccess { created } ... on Error { code } } }';
      const input = { user: { username } };
      expect((await laurel.query(upsert, { input })).data.upsertUser).toEqual({ created: true });
      expect((await laurel.query(upsert, { input })).data.upsertUser).toEqual({ created: false });
      const found = await laurel.query('query ($by: UserRef!) { user(by: $by) { username } }', { by: { username } });
      expect(found.data.user).toEqual({ username });
    },
  );

  describe('upsertUsers', () => {
    const UPSERTS = `mutation ($input: UpsertUsersInput!) { upsertUsers(input: $input) { created refused results { __typename
      ... on UpsertUserSuccess { created user { externalId } } ... on Error { code } } } }`;

    it('takes 1,000 users, each by itself, in order, and names the bad ones', async () => {
      const taken = unique();
      await create({ email: `${taken}@example.com` });
      const users = Array.from({ length: 1_000 }, (_, index) => ({
        user: { externalId: `${taken}-${index}` },
        locale: 'ru',
      }));
      const bad = new Map([
        [
          10,
          {
            input: { user: { externalId: `${taken}-9` }, locale: 'en' },
            result: { __typename: 'UpsertUserSuccess', created: false, user: { externalId: `${taken}-9` } },
          },
        ],
        [
          20,
          {
            input: { user: { externalId: 'x' }, email: 'none' },
            result: { __typename: 'InvalidUserError', code: 'INVALID_USER' },
          },
        ],
        [
          30,
          {
            input: { user: { externalId: 'x' }, email: `${taken}@example.com` },
            result: { __typename: 'EmailTakenError', code: 'EMAIL_TAKEN' },
          },
        ],
        [
          40,
          {
            input: { user: { id: '01890a5d-ac96-774b-bcce-b302099a8057' } },
            result: { __typename: 'UserNotFoundError', code: 'USER_NOT_FOUND' },
          },
        ],
        [
          50,
          {
            input: { user: { externalId: 'x' }, externalId: 'y' },
            result: { __typename: 'InvalidUserError', code: 'INVALID_USER' },
          },
        ],
      ]);
      const input = { users: users.map((user, index) => bad.get(index)?.input ?? user) };
      const { data } = await laurel.query(UPSERTS, { input });
      expect(data.upsertUsers).toEqual({
        created: 995,
        refused: 4,
        results: users.map(
          ({ user }, index) => bad.get(index)?.result ?? { __typename: 'UpsertUserSuccess', created: true, user },
        ),
      });
    });

    it('writes nothing when a reference of the list is malformed', async () => {
      const before = await count();
      const { data, errors } = await laurel.query(UPSERTS, {
        input: { users: [{ user: { externalId: unique() } }, { user: {} }] },
      });
      expect([data, errors.map(({ extensions }) => extensions['code']), await count()]).toEqual([
        null,
        ['BAD_USER_INPUT'],
        before,
      ]);
    });

    it('refuses 1,001 users', async () => {
      const users = Array.from({ length: 1_001 }, () => ({ user: { externalId: 'x' } }));
      const { errors } = await laurel.query(UPSERTS, { input: { users } });
      expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['BAD_USER_INPUT']);
    });
  });

  describe('reads', () => {
    it('finds a user by id, bare UUID, externalId, and username whatever the case; null when absent', async () => {
      const name = unique('Name');
      const { user } = await create({ username: name, externalId: name });
      const refs = [
        { id: user.id },
        { id: user.id.slice(5).toUpperCase() },
        { externalId: name },
        { username: name.toUpperCase() },
        { externalId: name.toUpperCase() },
        { username: unique() },
        { id: '01890a5d-ac96-774b-bcce-b302099a8057' },
        { externalId: name },
      ];
      const { data } = await laurel.query('query ($refs: [UserRef!]!) { usersBy(refs: $refs) { id } }', { refs });
      const here = { id: user.id };
      expect(data.usersBy).toEqual([here, here, here, here, null, null, null, here]);
      const one = await laurel.query('query ($by: UserRef!) { user(by: $by) { id } }', { by: { username: unique() } });
      expect([one.data, one.errors]).toEqual([{ user: null }, []]);
    });

    it('refuses more than 100 references', async () => {
      const refs = Array.from({ length: 101 }, () => ({ username: 'a' }));
      const { errors } = await laurel.query('query ($refs: [UserRef!]!) { usersBy(refs: $refs) { id } }', { refs });
      expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['BAD_USER_INPUT']);
    });

    it('has no viewer where the caller is no player', async () => {
      const { data } = await laurel.query('{ viewer { id } }');
      expect(data).toEqual({ viewer: null });
    });
  });
});

describe.each(backends())('the list of users on %s', (backend) => {
  let laurel: TestLaurel;
  const names = ['anna', 'Boris', '50%', '50x', 'a_b', 'axb', 'back\\slash', 'backXslash', 'Вера', 'zed'];
  beforeAll(async () => {
    laurel = await startLaurel(backend);
    for (const username of names) {
      await laurel.query(CREATE, { input: { username, ...(username === 'zed' ? { displayName: 'Annabel' } : {}) } });
    }
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const list = async (variables: object) => (await laurel.query(LIST, variables)).data.users;
  const namesOf = (page: { nodes: { username: string }[] }) => page.nodes.map(({ username }) => username);

  it.each([
    ['an', ['anna', 'zed']],
    ['BOR', ['Boris']],
    ['50%', ['50%']],
    ['a_', ['a_b']],
    ['back\\', ['back\\slash']],
    ['вер', ['Вера']],
    ['%', []],
    ['', names],
    [null, names],
    ["' or 1=1 --", []],
    ['\ud800', []],
  ])('searches for %j by the letters themselves', async (search, found) => {
    const page = await list({ search });
    expect([namesOf(page), page.totalCount]).toEqual([found, found.length]);
  });

  it('walks forwards and backwards over the same rows', async () => {
    const forwards: string[][] = [];
    for (let after: string | null = null, more = true; more; ) {
      const page = await list({ first: 4, after });
      forwards.push(namesOf(page));
      expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
      [after, more] = [page.pageInfo.endCursor, page.pageInfo.hasNextPage];
    }
    expect(forwards).toEqual([names.slice(0, 4), names.slice(4, 8), names.slice(8)]);
    const backwards: string[][] = [];
    for (let before: string | null = null, more = true; more; ) {
      const page = await list({ last: 4, before });
      backwards.push(namesOf(page));
      expect(page.pageInfo.hasNextPage).toBe(before !== null);
      [before, more] = [page.pageInfo.startCursor, page.pageInfo.hasPreviousPage];
    }
    expect(backwards).toEqual([names.slice(6), names.slice(2, 6), names.slice(0, 2)]);
  });

  it('answers what lies between two cursors, from either end', async () => {
    const { edges } = await list({});
    const cursors = edges.map(({ cursor }: { cursor: string }) => cursor);
    const between = { after: cursors[1], before: cursors[8] };
    expect(namesOf(await list(between))).toEqual(names.slice(2, 8));
    expect(namesOf(await list({ ...between, first: 2 }))).toEqual(names.slice(2, 4));
    expect(namesOf(await list({ ...between, last: 2 }))).toEqual(names.slice(6, 8));
    expect(namesOf(await list({ after: cursors[8], before: cursors[1] }))).toEqual([]);
    expect(namesOf(await list({ search: 'a', after: cursors[0], first: 1 }))).toEqual(['a_b']);
  });

  it('answers an empty page for `first: 0`, with the count', async () => {
    expect(await list({ first: 0 })).toEqual({
      totalCount: 10,
      nodes: [],
      edges: [],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  it.each([
    [{ first: 101 }],
    [{ first: -1 }],
    [{ last: 101 }],
    [{ last: -1 }],
    [{ first: 1, last: 1 }],
    [{ after: 'nonsense' }],
    [{ before: '' }],
    [{ after: Buffer.from('\u0000').toString('base64url') }],
    [{ search: 'a\u0000' }],
    [{ search: 'x'.repeat(101) }],
  ])('refuses %j', async (variables) => {
    const { data, errors } = await laurel.query(LIST, variables);
    expect([data, errors.map(({ extensions }) => extensions['code'])]).toEqual([null, ['BAD_USER_INPUT']]);
  });
});
