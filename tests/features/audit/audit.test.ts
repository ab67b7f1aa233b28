import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pruneAudit } from '../../../src/features/audit/service.ts';
import { sql } from '../../../src/platform/sql.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../../support/laurel.ts';
import { newGuest } from '../auth/support.ts';

const DAY_MS = 86_400_000;
const LOG = `query ($first: Int, $after: String, $last: Int, $before: String, $actor: String, $action: AuditAction) {
  auditLog(first: $first, after: $after, last: $last, before: $before, actor: $actor, action: $action) {
    nodes { actor person { id } action subject requestId before after } pageInfo { endCursor startCursor hasNextPage } } }`;

interface Entry {
  readonly actor: string;
  readonly person: { readonly id: string } | null;
  readonly action: string;
  readonly subject: string;
  readonly requestId: string;
  readonly before: unknown;
  readonly after: unknown;
}

describe.each(backends())('the audit log on %s', (backend) => {
  let laurel: TestLaurel;
  /** An admin who is a person. */
  let admin: { readonly id: string; readonly headers: { authorization: string } };

  beforeAll(async () => {
    laurel = await startLaurel(backend, { environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET } });
    const { userId, tokens } = await newGuest(laurel);
    const root = await laurel.app.auth.createKey({ name: 'root', scopes: ['admin'], days: null });
    await laurel.query(
      'mutation ($user: UserRef!) { setRole(input: { user: $user, role: ADMIN }) { __typename } }',
      { user: { id: userId } },
      { authorization: `Bearer ${root}` },
    );
    admin = { id: userId, headers: { authorization: `Bearer ${tokens.accessToken}` } };
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const log = async (variables: object = {}) => {
    const { data, errors } = await laurel.query(LOG, variables, admin.headers);
    expect(errors).toEqual([]);
    return data.auditLog;
  };
  /** Runs a mutation; answers its result and what was written down with it, oldest first. */
  const act = async (field: string, input: object, selection = '__typename') => {
    const count = async () => (await laurel.database.query(sql`select id from audit_log`)).length;
    const before = await count();
    const name = field.charAt(0).toUpperCase() + field.slice(1);
    const { data, errors, headers } = await laurel.query(
      `mutation ($input: ${name}Input!) { ${field}(input: $input) { ${selection} } }`,
      { input },
      admin.headers,
    );
    expect(errors).toEqual([]);
    const first = (await count()) - before;
    const entries: Entry[] = first === 0 ? [] : (await log({ first })).nodes.reverse();
    for (const entry of entries) {
      expect(entry.requestId).toBe(headers.get('x-request-id'));
      expect([entry.actor, entry.person]).toEqual([`admin ${admin.id.slice(5)}`, { id: admin.id }]);
    }
    const written = entries.map(({ action, subject, before: old, after }) => [action, subject, old, after]);
    return { result: data[field], written };
  };
  const newUser = async (test = false) => {
    const { result } = await act(
      'createUser',
      { externalId: unique(), test },
      '... on CreateUserSuccess { user { id } }',
    );
    return result.user.id as string;
  };

  it('tells of keys, and never a secret', async () => {
    const input = { name: 'game', scopes: ['events:write'], eventsPerMinute: 5 };
    const made = await act('createServerKey', input, '... on CreateServerKeySuccess { secret key { id } }');
    const { secret, key } = made.result;
    expect(made.written).toEqual([['KEY_CREATED', key.id, null, { ...input, expiresAt: null, trust: 'normal' }]]);
    const rotated = await act('rotateServerKey', { key: key.id, overlapSeconds: 9 });
    expect(rotated.written).toEqual([['KEY_ROTATED', key.id, null, { overlapSeconds: 9 }]]);
    const revoked = await act('revokeServerKey', { key: key.id });
    expect(revoked.written).toEqual([['KEY_REVOKED', key.id, { name: 'game' }, null]]);
    expect((await act('revokeServerKey', { key: key.id })).written).toEqual([]);
    expect(JSON.stringify((await log({ first: 100 })).nodes)).not.toContain(secret.slice(-43));
  });

  it('tells of roles and blocks, once for each', async () => {
    const id = await newUser();
    const user = { id };
    expect((await act('setRole', { user, role: 'DESIGNER' })).written).toEqual([
      ['ROLE_SET', id, { role: null }, { role: 'DESIGNER' }],
    ]);
    expect((await act('setRole', { user, role: 'DESIGNER' })).written).toEqual([]);
    const until = new Date(Date.now() + DAY_MS).toISOString();
    const block = { user, until, reason: 'cheating' };
    expect((await act('blockUser', block)).written).toEqual([
      ['USER_BLOCKED', id, { until: null }, { until, reason: 'cheating' }],
    ]);
    expect((await act('blockUser', block)).written).toEqual([]);
    expect((await act('unblockUser', { user })).written).toEqual([['USER_UNBLOCKED', id, { until }, {}]]);
    expect((await act('hideFromLeaderboards', { user, hidden: true, reason: 'bot' })).written).toEqual([
      ['USER_HIDDEN', id, null, { reason: 'bot' }],
    ]);
    expect((await act('hideFromLeaderboards', { user, hidden: true })).written).toEqual([]);
    expect((await act('hideFromLeaderboards', { user, hidden: false })).written).toEqual([
      ['USER_SHOWN', id, null, { reason: null }],
    ]);
    expect((await act('quarantineUser', { user, reason: 'speed' })).written).toEqual([
      ['USER_QUARANTINED', id, null, { reason: 'speed' }],
    ]);
    expect((await act('quarantineUser', { user, reason: 'speed' })).written).toEqual([]);
    expect((await act('releaseUser', { user })).written).toEqual([['USER_RELEASED', id, null, null]]);
  });

  it('tells of achievements by hand, of resets and of who was erased', async () => {
    const id = await newUser(true);
    const user = { id };
    const achievement = 'newcomer';
    const grant = { user, achievement, reason: 'a prize' };
    const told = { achievement, tier: null, reason: 'a prize', unlocks: 1 };
    expect((await act('grantAchievement', grant)).written).toEqual([['ACHIEVEMENT_GRANTED', id, null, told]]);
    expect((await act('grantAchievement', grant)).written).toEqual([]);
    expect((await act('revokeAchievement', grant)).written).toEqual([['ACHIEVEMENT_REVOKED', id, null, told]]);
    expect((await act('resetUser', { user })).written).toEqual([['USER_RESET', id, null, { events: 0 }]]);
    expect((await act('deleteUser', { user })).written).toEqual([['USER_DELETED', id, null, { events: 0 }]]);
  });

  it('tells of catalogs that became live', async () => {
    const { data } = await laurel.query('{ catalog { version files { path text } } }', {}, admin.headers);
    const { version, files } = data.catalog;
    const source = `${files[0].text}\n# changed\n`;
    expect((await act('applyCatalog', { source, note: 'changed' })).written).toEqual([
      [
        'CATALOG_APPLIED',
        `catalog_${version + 1}`,
        { version },
        { version: version + 1, checksum: expect.any(String), note: 'changed', revokes: [] },
      ],
    ]);
    expect((await act('applyCatalog', { source })).written).toEqual([]);
    expect((await act('rollbackCatalog', {})).written).toMatchObject([
      ['CATALOG_ROLLED_BACK', `catalog_${version + 2}`, { version: version + 1 }, { version: version + 2 }],
    ]);
    expect((await act('applyCatalog', { source: 'nonsense' })).written).toEqual([]);
  });

  it('is written with the act or not at all', async () => {
    const id = await newUser();
    await laurel.database.script('alter table audit_log rename to audit_log_gone');
    try {
      for (const mutation of [
        'setRole(input: { user: $user, role: OBSERVER })',
        'blockUser(input: { user: $user })',
        'hideFromLeaderboards(input: { user: $user, hidden: true })',
        'grantAchievement(input: { user: $user, achievement: "newcomer" })',
        'resetUser(input: { user: $user })',
        'deleteUser(input: { user: $user })',
      ]) {
        const query = `mutation ($user: UserRef!) { ${mutation} { __typename } }`;
        const { errors } = await laurel.query(query, { user: { id } }, admin.headers);
        expect([mutation, errors[0]?.extensions['code']]).toEqual([mutation, 'INTERNAL_SERVER_ERROR']);
      }
    } finally {
      await laurel.database.script('alter table audit_log_gone rename to audit_log');
    }
    const query = `query ($id: ID!) { node(id: $id) { ... on User {
      role block { reason } hiddenOnLeaderboards achievementPoints } } }`;
    const { data } = await laurel.query(query, { id }, admin.headers);
    expect(data.node).toEqual({ role: null, block: null, hiddenOnLeaderboards: false, achievementPoints: 0 });
  });

  it('is read in pages, newest first, of one actor or one action', async () => {
    const all: Entry[] = (await log({ first: 100 })).nodes;
    const pages: Entry[] = [];
    let after: string | null = null;
    do {
      const { nodes, pageInfo } = await log({ first: 3, after });
      pages.push(...nodes);
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(pages).toEqual(all);
    expect((await log({ last: 2 })).nodes).toEqual(all.slice(-2));
    expect((await log({ first: 100, action: 'ROLE_SET' })).nodes).toEqual(
      all.filter(({ action }) => action === 'ROLE_SET'),
    );
    const byCommand: Entry[] = (await log({ first: 100, actor: 'command line' })).nodes;
    expect(byCommand.map(({ action, person, requestId }) => [action, person, requestId])).toEqual([
      ['KEY_CREATED', null, null],
    ]);
    const { errors } = await laurel.query(LOG, { after: 'nonsense' }, admin.headers);
    expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });

  it('is never changed, and loses only what is older than its time', async () => {
    const { database } = laurel;
    await expect(database.query(sql`update audit_log set actor = 'nobody'`)).rejects.toThrow();
    const count = async () => (await database.query(sql`select id from audit_log`)).length;
    const before = await count();
    const [old] = await database.query<{ id: string }>(sql`
      insert into audit_log (id, at, actor, action, subject)
      values (gen_random_uuid(), now() - interval '31 days', 'command line', 'USER_RESET', 'user_x') returning id`);
    expect(old).toBeDefined();
    const clock = { now: () => Date.now() };
    expect(await pruneAudit({ database, clock }, null)).toBe(0);
    expect(await pruneAudit({ database, clock }, 30)).toBe(1);
    expect(await count()).toBe(before);
  });
});
