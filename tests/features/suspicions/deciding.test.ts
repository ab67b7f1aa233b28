import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pruneSuspicions } from '../../../src/features/suspicions/prune.ts';
import { sql } from '../../../src/platform/sql.ts';
import { backends } from '../../support/databases.ts';
import { unique } from '../../support/laurel.ts';
import { statementsOf } from '../support/statements.ts';
import { type DoubtGround, HOUR, MINUTE, NOW, SUSPICION, type Suspicion, startDoubts } from './ground.ts';

const LIST = `query ($first: Int, $last: Int, $after: String, $before: String, $status: SuspicionStatus) {
  suspicions(first: $first, last: $last, after: $after, before: $before, status: $status) {
    nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
const ABSENT = 'suspicion_01890a5d-ac96-774b-bcce-b302099a8057';

describe.each(backends())('a reviewer of suspicions on %s', (backend) => {
  let ground: DoubtGround;
  let low: string;
  beforeAll(async () => {
    ground = await startDoubts(backend);
    low = await ground.key('LOW');
  });
  beforeEach(() => {
    ground.now = NOW;
  });
  afterEach(() => ground.laurel.check());
  afterAll(() => ground.close());

  /** A user with one open suspicion. */
  const suspect = async (type = 'sure'): Promise<{ name: string; id: string; suspicion: Suspicion }> => {
    const name = unique('suspect');
    const id = await ground.create(name);
    await ground.record(name, type, [{}], low);
    const [suspicion] = await ground.suspicions(name);
    if (suspicion === undefined) throw new Error('nothing is suspected');
    return { name, id, suspicion };
  };
  const ask = (query: string, variables: object = {}, credential: string | null = null) =>
    ground.laurel.query(query, variables, ground.as(credential));
  const writtenOf = async (subject: string) => {
    const { data } = await ask('{ auditLog(first: 100) { nodes { actor action subject requestId before after } } }');
    return data.auditLog.nodes.filter((one: { subject: string }) => one.subject === subject);
  };

  it('clears one: it is written down, and what is doubted next opens another', async () => {
    const { name, id, suspicion } = await suspect();
    ground.now = NOW + MINUTE;
    const closed = {
      ...suspicion,
      verdict: 'CLEAR',
      note: 'a fast friend',
      decidedAt: new Date(NOW + MINUTE).toISOString(),
      decidedBy: 'admin',
    };
    expect(await ground.decide(suspicion.id, 'CLEAR', 'a fast friend')).toEqual({
      __typename: 'DecideSuspicionSuccess',
      suspicion: closed,
    });
    expect(await ground.suspicions(name)).toEqual([]);
    expect(await ground.suspicions(name, 'DECIDED')).toEqual([closed]);
    expect(await writtenOf(suspicion.id)).toEqual([
      {
        actor: 'admin',
        action: 'SUSPICION_DECIDED',
        subject: suspicion.id,
        requestId: expect.any(String),
        before: null,
        after: { user: id, cause: 'TRUST', eventType: 'sure', verdict: 'CLEAR', note: 'a fast friend' },
      },
    ]);
    expect(await ground.quarantineOf(name)).toBeNull();
    await ground.record(name, 'sure', [{}], low);
    const [again] = await ground.suspicions(name);
    expect([again?.count, again?.id === suspicion.id]).toEqual([1, false]);
    expect(await ground.suspicions(name, 'DECIDED')).toEqual([closed]);
  });

  it('finds one only while it is open', async () => {
    const { suspicion } = await suspect();
    await ground.decide(suspicion.id, 'CLEAR');
    for (const verdict of ['CLEAR', 'QUARANTINE'])
      expect(await ground.decide(suspicion.id, verdict)).toEqual({
        __typename: 'SuspicionDecidedError',
        code: 'SUSPICION_DECIDED',
      });
    expect(await ground.decide(ABSENT, 'CLEAR')).toEqual({
      __typename: 'SuspicionNotFoundError',
      code: 'SUSPICION_NOT_FOUND',
    });
    const { id } = await suspect();
    for (const input of [
      { id, verdict: 'CLEAR' },
      { id: 'nonsense', verdict: 'CLEAR' },
      { id: ABSENT, verdict: 'CLEAR', note: 'x'.repeat(501) },
      { id: ABSENT, verdict: 'CLEAR', note: 'a\u0000b' },
    ]) {
      const { errors } = await ask(
        'mutation ($input: DecideSuspicionInput!) { decideSuspicion(input: $input) { __typename } }',
        { input },
      );
      expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    }
  });

  it('puts a user in quarantine, with the note as its reason', async () => {
    const { name, id, suspicion } = await suspect();
    expect(await ground.board()).toContain(name);
    await ground.decide(suspicion.id, 'QUARANTINE', 'seen it');
    expect(await ground.quarantineOf(name)).toEqual({ since: new Date(NOW).toISOString(), reason: 'seen it' });
    expect(await ground.board()).not.toContain(name);
    expect(await writtenOf(id)).toMatchObject([
      { actor: 'admin', action: 'USER_QUARANTINED', after: { reason: 'seen it' } },
    ]);
    const other = await suspect();
    await ground.decide(other.suspicion.id, 'QUARANTINE');
    expect((await ground.quarantineOf(other.name))?.reason).toBe('doubted: TRUST of sure, confirmed');
  });

  it('keeps a quarantine that was confirmed, whatever else the user is cleared of', async () => {
    const { name, suspicion } = await suspect('cheat');
    expect((await ground.quarantineOf(name))?.reason).toBe('doubted: TRUST of cheat');
    await ground.record(name, 'rush', [{}, {}, {}]);
    const [rushed] = (await ground.suspicions(name)).filter(({ cause }) => cause === 'VELOCITY');
    await ground.decide(rushed?.id ?? '', 'QUARANTINE');
    await ground.decide(suspicion.id, 'CLEAR');
    expect((await ground.quarantineOf(name))?.reason).toBe('doubted: VELOCITY of rush, confirmed');
    await ground.record(name, 'rush', [{}]);
    const [next] = (await ground.suspicions(name)) as [Suspicion];
    await ground.decide(next.id, 'CLEAR');
    expect((await ground.quarantineOf(name))?.reason).toBe('doubted: VELOCITY of rush, confirmed');
  });

  it('leaves a quarantine for another reason as it is', async () => {
    const { name, suspicion } = await suspect();
    const quarantine = 'mutation ($input: QuarantineUserInput!) { quarantineUser(input: $input) { __typename } }';
    await ask(quarantine, { input: { user: { externalId: name }, reason: 'of old' } });
    await ground.decide(suspicion.id, 'QUARANTINE');
    expect((await ground.quarantineOf(name))?.reason).toBe('of old');
    await ground.record(name, 'sure', [{}], low);
    const [next] = (await ground.suspicions(name)) as [Suspicion];
    await ground.decide(next.id, 'CLEAR');
    expect((await ground.quarantineOf(name))?.reason).toBe('of old');
  });

  it('who clears ends the quarantine that came of it; for a day the same doubt is listed and does no more', async () => {
    const { name, suspicion } = await suspect('cheat');
    expect(await ground.quarantineOf(name)).not.toBeNull();
    await ground.decide(suspicion.id, 'CLEAR');
    expect(await ground.quarantineOf(name)).toBeNull();
    expect(await ground.board()).toContain(name);

    ground.now = NOW + 24 * HOUR - 1;
    await ground.record(name, 'cheat', [{}], low);
    expect((await ground.suspicions(name)).map(({ count }) => count)).toEqual([1]);
    expect(await ground.quarantineOf(name)).toBeNull();
    // Another cause or another type was not cleared.
    const { name: second, suspicion: rushed } = await suspect('cheat');
    await ground.decide(rushed.id, 'CLEAR');
    await ground.record(second, 'rush', [{}, {}, {}]);
    expect((await ground.quarantineOf(second))?.reason).toBe('doubted: VELOCITY of rush');

    ground.now = NOW + 24 * HOUR;
    await ground.record(name, 'cheat', [{}], low);
    expect((await ground.suspicions(name)).map(({ count }) => count)).toEqual([2]);
    expect((await ground.quarantineOf(name))?.reason).toBe('doubted: TRUST of cheat');
  });

  it('reads the list in pages, longest waiting first', async () => {
    // Ids rise with the clock.
    ground.now = NOW + 30 * 24 * HOUR;
    const made: string[] = [];
    for (let time = 0; time < 3; time += 1) made.push((await suspect()).suspicion.id);
    const list = async (args: object) => {
      const { data, errors } = await ask(LIST, args);
      expect(errors).toEqual([]);
      return data.suspicions;
    };
    const idsOf = ({ nodes }: { nodes: { id: string }[] }) => nodes.map(({ id }) => id);
    const all = idsOf(await list({ first: 100 }));
    expect(all.slice(-3)).toEqual(made);
    const first = await list({ first: 2 });
    expect([idsOf(first), first.pageInfo.hasNextPage]).toEqual([all.slice(0, 2), true]);
    expect(idsOf(await list({ first: 100, after: first.pageInfo.endCursor }))).toEqual(all.slice(2));
    const last = await list({ last: 2 });
    expect([idsOf(last), last.pageInfo.hasPreviousPage]).toEqual([made.slice(-2), true]);
    expect(idsOf(await list({ last: 1, before: last.pageInfo.startCursor }))).toEqual(made.slice(0, 1));
    await ground.decide(made[0] ?? '', 'CLEAR');
    expect(idsOf(await list({ first: 100, status: 'OPEN' }))).toEqual(all.filter((id) => id !== made[0]));
    expect(idsOf(await list({ last: 1, status: 'DECIDED' }))).toEqual([made[0]]);
    for (const place of ['nonsense', '\u0000']) {
      const { errors } = await ask(LIST, { after: Buffer.from(place).toString('base64url') });
      expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    }
  });

  it('reads a list with as many statements as a short one', async () => {
    for (let time = 0; time < 4; time += 1) await suspect();
    const query = `query ($first: Int!) { suspicions(first: $first) { nodes { ${SUSPICION} } } }`;
    const read = (first: number) =>
      statementsOf(async () => {
        const { data, errors } = await ask(query, { first });
        expect(errors).toEqual([]);
        expect(data.suspicions.nodes).toHaveLength(first);
      });
    expect([...new Set(await read(4))]).toEqual([...new Set(await read(1))]);
    expect((await read(4)).length).toBe((await read(1)).length);
  });

  it('finds nothing of who was reset or erased', async () => {
    const [reset, erased] = [await suspect(), await suspect()];
    await ask('mutation ($user: UserRef!) { resetUser(input: { user: $user }) { __typename } }', {
      user: { id: reset.id },
    });
    await ask('mutation ($user: UserRef!) { deleteUser(input: { user: $user }) { __typename } }', {
      user: { id: erased.id },
    });
    for (const { name, suspicion } of [reset, erased]) {
      expect(await ground.suspicions(name)).toEqual([]);
      expect((await ground.decide(suspicion.id, 'CLEAR')).code).toBe('SUSPICION_NOT_FOUND');
    }
    const left = await ground.laurel.database.query(sql`
      select 1 from suspicions where user_id = any(${[reset.id, erased.id].map((id) => id.slice(5))}::uuid[])`);
    expect(left).toEqual([]);
  });

  it('is told on by no export, to the user not even that there is a quarantine', async () => {
    const { id, suspicion } = await suspect('cheat');
    const token = await ground.laurel.app.auth.createToken(id.slice('user_'.length));
    const query = `mutation ($user: UserRef!) { exportUser(input: { user: $user }) { ... on ExportUserSuccess { data } } }`;
    const exported = async (credential: string | null) => {
      const { data, errors } = await ask(query, { user: { id } }, credential);
      expect(errors).toEqual([]);
      const { data: stored } = data.exportUser;
      expect(JSON.stringify(stored)).not.toMatch(
        new RegExp(`TRUST|doubt|suspic|suspect_|${suspicion.id.slice(10)}`, 'i'),
      );
      return stored;
    };
    const whole = await exported(null);
    expect(whole.user[0].quarantined_at).toBeTruthy();
    expect(whole.announced.map(({ kind, payload }: { kind: string; payload: object }) => [kind, payload])).toEqual([
      ['USER_QUARANTINED', { actor: 'laurel' }],
    ]);
    const own = await exported(token);
    expect(own.announced).toEqual([]);
    expect(JSON.stringify(own)).not.toMatch(/quarantin/i);
    const { errors: refused } = await ask('{ suspicions { nodes { id } } }', {}, token);
    expect(refused[0]?.extensions['code']).toBe('FORBIDDEN');
  });

  it('is not to be seen by the user on a board: it stands there as before, and to others no more', async () => {
    const { name, id } = await suspect();
    const token = await ground.laurel.app.auth.createToken(id.slice('user_'.length));
    const names = async (credential: string | null): Promise<string[]> => {
      const { data } = await ask(
        '{ leaderboard(key: "score") { entries(first: 100) { nodes { user { displayName } } } } }',
        {},
        credential,
      );
      return data.leaderboard.entries.nodes.map(({ user }: { user: { displayName: string } }) => user.displayName);
    };
    expect(await names(token)).toEqual(await names(null));
    // The quarantine begins with this very event.
    await ground.record(name, 'cheat', [{}], low);
    expect(await names(token)).toContain(name);
    expect(await names(null)).not.toContain(name);
    for (const { id: open } of await ground.suspicions(name)) await ground.decide(open, 'CLEAR');
    expect(await names(null)).toContain(name);
    expect(await names(token)).toEqual(await names(null));
  });

  it('keeps what was decided as long as the audit log, and what is open for good', async () => {
    const [open, decided] = [await suspect(), await suspect()];
    await ground.decide(decided.suspicion.id, 'CLEAR');
    const parts = { database: ground.laurel.database, clock: { now: () => ground.now } };
    ground.now = NOW + 10 * 24 * HOUR;
    expect([await pruneSuspicions(parts, null), await pruneSuspicions(parts, 10)]).toEqual([0, 0]);
    ground.now += 1;
    expect(await pruneSuspicions(parts, 10)).toBeGreaterThan(0);
    expect([await ground.suspicions(decided.name, 'DECIDED'), await ground.suspicions(open.name)]).toEqual([
      [],
      [open.suspicion],
    ]);
  });

  it('lists nothing of who was erased by a server that knows no suspicions, and deletes it', async () => {
    const { suspicion } = await suspect();
    const id = suspicion.id.replace('suspicion_', '');
    const { database } = ground.laurel;
    await database.query(sql`insert into suspicions (id, user_id, cause, event_type, first_at, last_at, count, first_event_id, last_event_id)
      select '018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002', cause, event_type, first_at, last_at, count,
        first_event_id, last_event_id
      from suspicions where id = ${id}::uuid`);
    const { data } = await ask(LIST, { first: 1 });
    expect(data.suspicions.nodes).toHaveLength(1);
    const parts = { database, clock: { now: () => ground.now } };
    expect([await pruneSuspicions(parts, null), await pruneSuspicions(parts, null)]).toEqual([1, 0]);
    expect(await database.query(sql`select id from suspicions where id = ${id}::uuid`)).toEqual([{ id }]);
  });
});
