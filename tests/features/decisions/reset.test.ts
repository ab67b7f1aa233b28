import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/sql.ts';
import { type CatalogFile, writeCatalog } from '../../support/catalog-file.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../../support/laurel.ts';
import { DECISIONS_CATALOG, GRANT, RESET, REVOKE, SEEN } from './catalog.ts';

const RECORD = `mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename
  ... on RecordEventSuccess { replayed cursor unlocked { achievement { key } } } ... on Error { code } } }`;
const TOASTS = `subscription ($user: UserRef, $after: String) { notificationReceived(user: $user, after: $after) {
  cursor replayed notification { kind title } } }`;

describe.each(backends())('resetUser on %s', (backend) => {
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
  const record = async (user: object, type: string, more: object = {}) =>
    (await laurel.query(RECORD, { input: { user, type, ...more } })).data.recordEvent;
  const grant = (user: object, achievement: string) => laurel.query(GRANT, { input: { user, achievement } });
  const revoke = (user: object, achievement: string) => laurel.query(REVOKE, { input: { user, achievement } });
  const reset = async (user: object) => (await laurel.query(RESET, { input: { user } })).data.resetUser;
  const seen = async (user: object) => (await laurel.query(SEEN, { user })).data.user;

  it('leaves a user as it was on the first day, with the place of its messages where it was', async () => {
    const user = await player();
    const before = await seen(user);
    await record(user, 'login');
    await record(user, 'win');
    await grant(user, 'helper');
    await revoke(user, 'first');
    const answer = await reset(user);
    expect(answer).toEqual({
      __typename: 'ResetUserSuccess',
      eventsDeleted: 2,
      cursor: answer.cursor,
      user: {
        score: 0,
        achievementPoints: 0,
        totalPoints: 0,
        level: 1,
        levelProgress: { xp: 0 },
        cursor: answer.cursor,
      },
    });
    expect(await seen(user)).toEqual(before);
    const tables = [
      'events',
      'event_type_totals',
      'metric_values',
      'metric_members',
      'streak_days',
      'user_achievements',
      'ledger',
      'notifications',
    ];
    for (const table of tables) {
      const rows = await laurel.database.query({
        text: `select count(*) as count from ${table} t join users u on u.id = t.user_id where u.external_id = $1`,
        values: [user.externalId],
      });
      expect(rows, table).toEqual([{ count: 0 }]);
    }
  });

  it('starts the fold anew: blocks are gone, rules unlock again, keys may be used again', async () => {
    const user = await player();
    await record(user, 'login', { idempotencyKey: 'once' });
    await revoke(user, 'first');
    await reset(user);
    expect(await record(user, 'login', { idempotencyKey: 'once' })).toMatchObject({
      replayed: false,
      unlocked: [{ achievement: { key: 'first' } }],
    });
  });

  it('keeps the cursor of the newest message good and expires the older ones, never a silent gap', async () => {
    const user = await player();
    const { cursor: first } = await record(user, 'login');
    const { cursor: newest } = await record(user, 'win');
    const live = await laurel.subscribe(TOASTS, { user });
    await reset(user);
    await record(user, 'login');
    const [item] = await live.take(1);
    expect(item.data.notificationReceived).toMatchObject({ replayed: false, notification: { title: 'First' } });

    const again = await laurel.subscribe(TOASTS, { user, after: newest });
    expect((await again.take(1))[0].data.notificationReceived).toMatchObject({
      cursor: item.data.notificationReceived.cursor,
      replayed: true,
    });
    const late = await laurel.subscribe(TOASTS, { user, after: first });
    await late.ended;
    expect(late.items).toMatchObject([{ errors: [{ extensions: { code: 'CURSOR_EXPIRED' } }] }]);
  });

  it('lets events and resets of a user at once leave books that balance', async () => {
    const user = await player();
    await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        index % 6 === 5 ? reset(user) : record(user, index % 2 === 0 ? 'login' : 'win'),
      ),
    );
  });

  it('tells other systems, and refuses an unknown user', async () => {
    const user = await player();
    await record(user, 'login');
    await reset(user);
    const rows = await laurel.database.query<{ kind: string; payload: object }>(sql`
      select o.kind, o.payload from outbox o join users u on u.id = o.user_id
      where u.external_id = ${user.externalId} and o.kind = 'USER_RESET'`);
    expect(rows).toEqual([{ kind: 'USER_RESET', payload: { lastSeq: 1 } }]);
    expect(await reset({ externalId: 'nobody' })).toMatchObject({ code: 'USER_NOT_FOUND' });
  });
});

describe.each(backends())('decisions by hand in production on %s', (backend) => {
  let laurel: TestLaurel;
  const keys = new Map<string, string>();
  beforeAll(async () => {
    laurel = await startLaurel(backend, {
      environment: { NODE_ENV: 'production', LAUREL_JWT_SECRET: TEST_SECRET, LAUREL_CATALOG: 'catalogs/game.yaml' },
    });
    for (const scope of ['admin', 'users:write', 'events:write', 'catalog:write'])
      keys.set(scope, await laurel.app.auth.createKey({ name: scope, scopes: [scope], days: null }));
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const send = (credential: string | undefined, query: string, input: object) =>
    laurel.query(query, { input }, credential === undefined ? {} : { authorization: `Bearer ${credential}` });
  const newUser = async (test: boolean): Promise<{ id: string }> => {
    const { data } = await send(
      keys.get('admin'),
      'mutation ($input: CreateUserInput!) { createUser(input: $input) { ... on CreateUserSuccess { user { id } } } }',
      { test },
    );
    return data.createUser.user;
  };

  it('resets test users alone', async () => {
    const refused = await send(keys.get('admin'), RESET, { user: await newUser(false) });
    expect(refused.data.resetUser).toEqual({
      __typename: 'TestUserRequiredError',
      code: 'TEST_USER_REQUIRED',
      message: 'This may be done to test users only',
    });
    const done = await send(keys.get('users:write'), RESET, { user: await newUser(true) });
    expect(done.data.resetUser).toMatchObject({ __typename: 'ResetUserSuccess', eventsDeleted: 0 });
  });

  it.each([
    ['grantAchievement', GRANT],
    ['revokeAchievement', REVOKE],
    ['resetUser', RESET],
  ])('takes %s from the scope users:write and admins, from nobody else', async (field, query) => {
    const user = await newUser(true);
    const player = await laurel.app.auth.createToken(user.id.slice('user_'.length));
    const input = { user, ...(field === 'resetUser' ? {} : { achievement: 'newcomer' }) };
    const codeOf = async (credential: string | undefined) =>
      (await send(credential, query, input)).errors[0]?.extensions['code'] ?? null;
    expect({
      anonymous: await codeOf(undefined),
      player: await codeOf(player),
      events: await codeOf(keys.get('events:write')),
      catalog: await codeOf(keys.get('catalog:write')),
      users: await codeOf(keys.get('users:write')),
      admin: await codeOf(keys.get('admin')),
    }).toEqual({
      anonymous: 'UNAUTHENTICATED',
      player: 'FORBIDDEN',
      events: 'FORBIDDEN',
      catalog: 'FORBIDDEN',
      users: null,
      admin: null,
    });
  });

  it('names the key that decided in the ledger', async () => {
    const user = await newUser(false);
    await send(keys.get('users:write'), GRANT, { user, achievement: 'newcomer', reason: 'a prize' });
    const rows = await laurel.database.query(sql`
      select reason, actor from ledger where user_id = ${user.id.slice('user_'.length)}::uuid`);
    expect(rows).toEqual([{ reason: 'a prize', actor: expect.stringMatching(/^key [0-9a-f-]{36}$/) }]);
  });
});
