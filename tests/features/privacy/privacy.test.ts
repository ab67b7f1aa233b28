import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { archiveEvents } from '../../../src/features/archive/service.ts';
import { sql } from '../../../src/platform/sql.ts';
import { writeCatalog } from '../../support/catalog-file.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';
import { as, bearer, newGuest, viewerOf } from '../auth/support.ts';
import { BOARDS_CATALOG, clockAt, closer, record, upsert } from '../leaderboards/closing-support.ts';

const DELETE = `mutation ($user: UserRef!) { deleteUser(input: { user: $user }) {
  __typename ... on DeleteUserSuccess { userId deletedEvents } ... on Error { code } } }`;
const EXPORT = `mutation ($user: UserRef!, $after: String) { exportUser(input: { user: $user, after: $after }) {
  __typename ... on ExportUserSuccess { data next } ... on Error { code } } }`;
const LINK =
  'mutation ($input: LinkAccountInput!) { linkAccount(input: $input) { __typename ... on Error { code message } } }';
const SECRET = 'anna@example.org';
const PASSWORD = 'correct horse battery';

describe.each(backends())('a person on %s', (backend) => {
  const clock = clockAt('2026-10-20T12:00:00Z');
  let laurel: TestLaurel;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    const file = await writeCatalog(BOARDS_CATALOG);
    remove = file.remove;
    laurel = await startLaurel(backend, { clock, environment: { LAUREL_CATALOG: file.path } });
  });
  afterEach(() => laurel.check());
  afterAll(async () => {
    await laurel.close();
    await remove();
  });

  const ref = (externalId: string) => ({ user: { externalId } });
  const idOf = async (externalId: string): Promise<string> => {
    const { data } = await laurel.query('query ($user: UserRef!) { user(by: $user) { id } }', ref(externalId));
    return data.user?.id ?? '';
  };
  const names = async (board: string, period: string): Promise<string[]> => {
    const { data, errors } = await laurel.query(
      `query ($board: String!, $period: String) { leaderboard(key: $board) { entries(period: $period) {
        nodes { rank user { displayName username score achievements { totalCount } } } } } }`,
      { board, period },
    );
    expect(errors).toEqual([]);
    // biome-ignore lint/suspicious/noExplicitAny: what a query answered.
    return data.leaderboard.entries.nodes.map(({ rank, user }: any) => `${rank} ${user.displayName} ${user.score}`);
  };
  /** Tables that name a user, and how many of their rows name this one. */
  const rowsOf = async (id: string): Promise<Record<string, number>> => {
    const uuid = id.slice('user_'.length);
    const tables = await laurel.database.query<{ name: string }>(sql`
      select c.table_name as name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
      where c.table_schema = 'public' and c.column_name = 'user_id' and t.table_type = 'BASE TABLE'
        and c.table_name !~ '^events_' order by 1`);
    expect(tables.length).toBeGreaterThan(10);
    const counts = await Promise.all(
      tables.map(async ({ name }) => {
        const text = `select count(*)::int as count from ${name} where user_id = $1::uuid`;
        const [row] = await laurel.database.query<{ count: number }>({ text, values: [uuid] });
        return [name, row?.count ?? 0] as const;
      }),
    );
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  };

  it('is erased with all that was stored, and the others close up', async () => {
    const [anna, bert, cleo] = [unique('anna'), unique('bert'), unique('cleo')];
    await upsert(laurel, anna, { displayName: 'Anna', email: SECRET, attributes: { phone: '555' } });
    await upsert(laurel, bert, { displayName: 'Bert' });
    await upsert(laurel, cleo, { displayName: 'Cleo' });
    for (const [name, wins] of [
      [anna, 3],
      [bert, 2],
      [cleo, 1],
    ] as const) {
      for (let win = 0; win < wins; win += 1) await record(laurel, name, 'win', '2026-10-20T11:00:00Z');
    }
    await record(laurel, anna, 'lap', '2026-10-20T11:00:00Z', { track: 'north', seconds: 60 });
    await closer(laurel, clock)();
    clock.set('2026-10-21T12:00:00Z');
    await closer(laurel, clock)();
    expect(await names('daily', '2026-10-20')).toEqual(['1 Anna 3', '2 Bert 2', '3 Cleo 1']);
    expect(await names('all_time', 'current')).toEqual(['1 Anna 3', '2 Bert 2', '3 Cleo 1']);
    const id = await idOf(anna);

    const { data, errors } = await laurel.query(DELETE, ref(anna));
    expect(errors).toEqual([]);
    expect(data.deleteUser).toEqual({ __typename: 'DeleteUserSuccess', userId: id, deletedEvents: 4 });

    expect(await names('all_time', 'current')).toEqual(['1 Bert 2', '2 Cleo 1']);
    expect(await names('daily', '2026-10-20')).toEqual(['1 Deleted player 0', '2 Bert 2', '3 Cleo 1']);
    expect(await rowsOf(id)).toEqual({ leaderboard_standings: expect.any(Number), outbox: 1 });
    const { data: gone } = await laurel.query(
      `query ($user: UserRef!, $id: ID!) { user(by: $user) { id } node(id: $id) { id } usersBy(refs: [{ id: $id }]) { id }
        leaderboard(key: "tracks", by: "north") { entryCount } users(search: "Anna") { totalCount } }`,
      { ...ref(anna), id },
    );
    expect(gone).toEqual({
      user: null,
      node: null,
      usersBy: [null],
      leaderboard: { entryCount: 0 },
      users: { totalCount: 0 },
    });
    const { data: again } = await laurel.query(DELETE, ref(anna));
    expect(again.deleteUser).toEqual({ __typename: 'UserNotFoundError', code: 'USER_NOT_FOUND' });
    const { data: byId } = await laurel.query(
      `mutation ($id: ID!) { recordEvent(input: { user: { id: $id }, type: "win" }) { __typename } }`,
      { id },
    );
    expect(byId.recordEvent).toEqual({ __typename: 'UserNotFoundError' });

    await record(laurel, anna, 'win', '2026-10-21T11:00:00Z');
    const anew = await idOf(anna);
    expect(anew).not.toBe(id);
    expect((await names('all_time', 'current')).length).toBe(3);
    clock.set('2026-10-20T12:00:00Z');
  });

  it('gets all that is stored of it, page by page', async () => {
    const dora = unique('dora');
    await upsert(laurel, dora, { displayName: 'Dora', attributes: { phone: '777' } });
    await record(laurel, dora, 'win', '2026-10-20T11:00:00Z');
    await record(laurel, dora, 'lap', '2026-10-20T11:30:00Z', { track: 'south', seconds: 61 });
    const { data, errors } = await laurel.query(EXPORT, ref(dora));
    expect(errors).toEqual([]);
    const { data: stored, next } = data.exportUser;
    expect(next).toBeNull();
    expect(stored.user).toMatchObject([
      { external_id: dora, display_name: 'Dora', attributes: { phone: '777' }, score: 1 },
    ]);
    expect(stored.events).toMatchObject([
      { type: 'win', occurredAt: '2026-10-20T11:00:00.000Z', points: 1 },
      { type: 'lap', details: { track: 'south', seconds: 61 } },
    ]);
    expect(stored.metrics.length).toBeGreaterThan(3);
    // Whatever names the user is handed out: a table that comes must come here too.
    const names = {
      event_type_totals: 'totals',
      metric_values: 'metrics',
      metric_members: 'members',
      streak_days: 'days',
      user_achievements: 'unlocks',
      ledger: 'ledger',
      notifications: 'notifications',
      leaderboard_standings: 'places',
      outbox: 'announced',
      sessions: 'sessions',
      identities: 'identities',
      passwords: 'passwords',
      events: 'events',
    };
    for (const [table, count] of Object.entries(await rowsOf(await idOf(dora))))
      expect({ table, rows: stored[names[table as keyof typeof names]]?.length }).toEqual({ table, rows: count });

    const before = new Date('2026-10-20T11:15:00Z');
    for await (const _ of archiveEvents(laurel.database, { before, dryRun: false, gently: false }));
    const { data: archived } = await laurel.query(EXPORT, ref(dora));
    expect(archived.exportUser.data.events).toEqual(stored.events);
    const { data: page } = await laurel.query(EXPORT, { ...ref(dora), after: encoded(stored.events[0].id) });
    expect(page.exportUser.data).toMatchObject({ events: [{ type: 'lap' }] });
    expect(Object.keys(page.exportUser.data)).toEqual(['events']);
    const { errors: refused } = await laurel.query(EXPORT, { ...ref(dora), after: 'x' });
    expect(refused[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  it('has its devices and ways to sign in handed out without a secret, and erased', async () => {
    const guest = await newGuest(laurel);
    const name = unique('guest');
    const byId = { user: { id: guest.userId } };
    const exported = async () => (await laurel.query(EXPORT, byId)).data.exportUser.data;
    const asGuest = await exported();
    expect([asGuest.sessions.length, asGuest.identities.length, asGuest.passwords.length]).toEqual([1, 1, 0]);
    await as(laurel, guest.tokens, LINK, {
      input: { username: name, email: `${name}@example.org`, password: PASSWORD },
    });
    const stored = await exported();
    expect([stored.identities.length, stored.passwords.length]).toEqual([0, 1]);
    const hidden = await laurel.database.query<{ secret: string }>(sql`
      select encode(refresh_hash, 'hex') as secret from sessions union all select hash from passwords
      union all select subject from identities where kind = 'DEVICE'`);
    expect(hidden.length).toBeGreaterThan(1);
    const text = JSON.stringify([asGuest, stored]);
    expect(hidden.filter(({ secret }) => text.includes(secret))).toEqual([]);
    const listening = await laurel.subscribe(
      'subscription { notificationReceived { cursor } }',
      {},
      bearer(guest.tokens),
    );
    await laurel.query(DELETE, byId);
    expect(await rowsOf(guest.userId)).toEqual({ outbox: 1 });
    expect(await listening.ended).toMatchObject({ code: 4401 });
    expect(await viewerOf(laurel, guest.tokens)).toBe('UNAUTHENTICATED SIGNED_OUT');
  });

  it('decides alone over its own data, beside keys that write users', async () => {
    const closed = await startLaurel(backend, {
      database: laurel.database,
      environment: { LAUREL_AUTH: 'on' },
      clock,
    });
    try {
      const [own, other] = [unique('own'), unique('other')];
      await upsert(laurel, own, {});
      await upsert(laurel, other, {});
      const token = await closed.app.auth.createToken((await idOf(own)).slice('user_'.length));
      const reader = await closed.app.auth.createKey({ name: 'reads', scopes: ['events:read'], days: 1 });
      const writer = await closed.app.auth.createKey({ name: 'writes', scopes: ['users:write'], days: 1 });
      const code = async (operation: string, of: string, credential: string | null): Promise<string> => {
        const headers = credential === null ? {} : { authorization: `Bearer ${credential}` };
        const { data, errors } = await closed.query(operation, ref(of), headers as Record<string, string>);
        const [error] = errors;
        // biome-ignore lint/suspicious/noExplicitAny: one field of two.
        return error === undefined ? (Object.values(data)[0] as any).__typename : String(error.extensions['code']);
      };
      for (const operation of [EXPORT, DELETE]) {
        expect(await code(operation, own, null)).toBe('UNAUTHENTICATED');
        expect(await code(operation, own, reader)).toBe('FORBIDDEN');
        expect(await code(operation, other, token)).toBe('FORBIDDEN');
        expect(await code(operation, unique(), token)).toBe('FORBIDDEN');
      }
      expect(await code(EXPORT, own, token)).toBe('ExportUserSuccess');
      expect(await code(EXPORT, other, writer)).toBe('ExportUserSuccess');
      expect(await code(DELETE, own, token)).toBe('DeleteUserSuccess');
      expect(await code(EXPORT, own, token)).toBe('UNAUTHENTICATED');
      expect(await code(DELETE, other, writer)).toBe('DeleteUserSuccess');
    } finally {
      await closed.close();
    }
  });
});

function encoded(id: string): string {
  return Buffer.from(id).toString('base64url');
}
