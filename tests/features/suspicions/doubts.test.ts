import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/sql.ts';
import { backends } from '../../support/databases.ts';
import { unique } from '../../support/laurel.ts';
import { statementsOf } from '../support/statements.ts';
import { CATALOG, type DoubtGround, MINUTE, NOW, type Suspicion, startDoubts } from './ground.ts';

const ISSUER = 'https://game.example';
const SECRET = 'the secret of the game, longer than 32 bytes';
/** Least trust of the types of the catalog. */
const TYPES = ['said', 'seen', 'likely', 'sure'] as const;
/** What comes of a report: it is taken (t), taken and doubted (d), or not this source's (n). */
const SOURCES: readonly (readonly [who: string, letters: string])[] = [
  ['a player', 'tndd'],
  ['a token of the game', 'tndd'],
  ['a moderator', 'tndd'],
  ['a key of low trust', 'tddd'],
  ['a key', 'tttd'],
  ['a key of normal trust', 'tttd'],
  ['a key of high trust', 'tttt'],
  ['a key of low trust that may do all', 'tddd'],
  ['a person who is admin', 'tttt'],
  ['the admin', 'tttt'],
];

const brief = ({ cause, eventType, count, verdict }: Suspicion) => `${cause} ${eventType.key} ${count} ${verdict}`;

describe.each(backends())('what is doubted on %s', (backend) => {
  let ground: DoubtGround;
  beforeAll(async () => {
    const environment = { LAUREL_GAME_JWT_ISSUER: ISSUER, LAUREL_GAME_JWT_SECRET: SECRET };
    ground = await startDoubts(backend, { environment });
  });
  beforeEach(() => {
    ground.now = NOW;
  });
  afterEach(() => ground.laurel.check());
  afterAll(() => ground.close());

  const times = (count: number, at: number, step = 1) =>
    Array.from({ length: count }, (_, index) => ({ at: at + index * step }));
  const briefs = async (user: string) => (await ground.suspicions(user)).map(brief).sort();

  /** A credential of each source; players for this user. */
  const credentialOf = async (who: string, name: string): Promise<string | null> => {
    if (who === 'the admin') return null;
    if (who.startsWith('a key')) {
      const trust = / of (\w+) trust/.exec(who)?.[1]?.toUpperCase();
      return ground.key(trust, who.endsWith('all') ? ['admin'] : ['events:write']);
    }
    const id = await ground.create(name);
    if (who === 'a token of the game') {
      const now = Math.floor(NOW / 1_000);
      const token = new SignJWT({ iss: ISSUER, aud: 'laurel', sub: name, iat: now, exp: now + 300 });
      return token.setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(SECRET));
    }
    const role = { 'a moderator': 'MODERATOR', 'a person who is admin': 'ADMIN' }[who];
    if (role !== undefined) {
      await ground.laurel.query(
        'mutation ($input: SetRoleInput!) { setRole(input: $input) { __typename } }',
        { input: { user: { id }, role } },
        ground.as(null),
      );
    }
    return ground.laurel.app.auth.createToken(id.slice('user_'.length));
  };

  it.each(SOURCES)('of %s is what wants more trust, and it counts all the same', async (who, letters) => {
    const name = unique('source');
    const credential = await credentialOf(who, name);
    const found: string[] = [];
    for (const type of TYPES) {
      const [{ __typename: answer, pointsAwarded }] = await ground.record(name, type, [{}], credential);
      if (answer === 'RecordEventSuccess') expect(pointsAwarded).toBe(1);
      found.push(answer === 'EventNotAllowedError' ? 'n' : answer === 'RecordEventSuccess' ? 't' : answer);
    }
    const doubted = (await ground.suspicions(name)).map(brief);
    const expected = [...letters].map((letter) => (letter === 'd' ? 't' : letter));
    expect(found).toEqual(expected);
    expect(doubted).toEqual(TYPES.flatMap((type, at) => (letters[at] === 'd' ? [`TRUST ${type} 1 null`] : [])));
  });

  it('is each event past the velocity of its type, with all its effects, in one suspicion', async () => {
    const name = unique('fast');
    expect(await ground.record(name, 'click', times(3, NOW - MINUTE))).toHaveLength(3);
    expect(await briefs(name)).toEqual([]);
    const [fourth] = await ground.record(name, 'click', [{ at: NOW - MINUTE + 3 }]);
    expect(fourth).toMatchObject({ replayed: false, pointsAwarded: 1, unlocked: [{ achievement: { key: 'fast' } }] });
    const [opened] = await ground.suspicions(name);
    const at = new Date(NOW).toISOString();
    expect(opened).toMatchObject({
      cause: 'VELOCITY',
      eventType: { key: 'click' },
      count: 1,
      firstAt: at,
      lastAt: at,
      firstEvent: { id: fourth.event.id },
      newestEvent: { id: fourth.event.id },
      verdict: null,
      note: null,
      decidedAt: null,
      decidedBy: null,
    });
    ground.now = NOW + 5;
    const results = await ground.record(name, 'click', [...times(2, NOW - MINUTE + 4), ...times(3, NOW)]);
    expect(await ground.suspicions(name)).toEqual([
      {
        ...opened,
        count: 3,
        lastAt: new Date(NOW + 5).toISOString(),
        newestEvent: { id: results[1].event.id, occurredAt: new Date(NOW - MINUTE + 5).toISOString() },
      },
    ]);
  });

  it('is a late event too many for the older window it happened in', async () => {
    const name = unique('late');
    await ground.record(name, 'click', [...times(3, NOW - 3 * MINUTE), ...times(3, NOW)]);
    await ground.record(name, 'click', times(3, NOW - 2 * MINUTE));
    expect(await briefs(name)).toEqual([]);
    await ground.record(name, 'click', [{ at: NOW - 3 * MINUTE + 9 }]);
    expect(await briefs(name)).toEqual(['VELOCITY click 1 null']);
    await ground.record(name, 'click', [{ at: NOW - 2 * MINUTE + 9 }, { at: NOW - MINUTE }]);
    expect(await briefs(name)).toEqual(['VELOCITY click 2 null']);
  });

  it('is no event that is sent again, in its batch or later, nor one of a log that moves in', async () => {
    const name = unique('again');
    const low = await ground.key('LOW');
    const keyed = times(4, NOW).map(({ at }, index) => ({ at, key: `k${index}` }));
    await ground.record(name, 'click', [...keyed, ...keyed], low);
    const once = ['TRUST click 4 null', 'VELOCITY click 1 null'];
    expect(await briefs(name)).toEqual(once);
    const replays = await ground.record(name, 'click', keyed, low);
    expect(replays.map(({ replayed }) => replayed)).toEqual([true, true, true, true]);
    expect(await briefs(name)).toEqual(once);

    const moved = unique('moved');
    const { services } = ground.laurel.app;
    const request = { type: 'cheat', details: null, sentAt: null, user: { by: 'externalId', value: moved } } as const;
    const requests = times(5, NOW).map(({ at }, index) => ({
      ...request,
      type: index < 1 ? 'cheat' : 'rush',
      occurredAt: new Date(at),
      idempotencyKey: `moved-${index}`,
    }));
    const source = { kind: 'key', keyId: 'x', scopes: ['events:write'], expiresAt: null } as const;
    const principal = { ...source, eventsPerMinute: null, trust: 'low' } as const;
    const outcomes = await services.ingest.record(principal, requests, { isHistory: true });
    expect(outcomes.map((outcome) => 'kind' in outcome && outcome.kind)).toEqual(Array(5).fill('recorded'));
    expect([await briefs(moved), await ground.quarantineOf(moved)]).toEqual([[], null]);
    // It counts, though: what comes now is too much.
    await ground.record(moved, 'rush', [{ at: NOW + 20 }]);
    expect(await briefs(moved)).toEqual(['VELOCITY rush 1 null']);
  });

  it('puts its user in quarantine where the catalog says so: written down, announced, off the board at once', async () => {
    const [name, other] = [unique('cheat'), unique('other')];
    const [id] = [await ground.create(name), await ground.create(other)];
    const normal = await ground.key();
    await ground.record(other, 'seen');
    await ground.record(name, 'seen');
    expect(await ground.board()).toEqual(expect.arrayContaining([name, other]));
    const [result] = await ground.record(name, 'cheat', [{}], normal);
    expect(result).toMatchObject({ __typename: 'RecordEventSuccess', pointsAwarded: 5 });
    const board = await ground.board();
    expect([board.includes(name), board.includes(other)]).toEqual([false, true]);
    const reason = 'doubted: TRUST of cheat';
    expect(await ground.quarantineOf(name)).toEqual({ since: new Date(NOW).toISOString(), reason });
    // What is recorded after comes to no board either.
    await ground.record(name, 'cheat', [{}], normal);
    await ground.record(name, 'seen');
    expect((await ground.board()).includes(name)).toBe(false);
    expect(await briefs(name)).toEqual(['TRUST cheat 2 null']);

    const [{ id: suspicion }] = (await ground.suspicions(name)) as [Suspicion];
    const told = await ground.laurel.database.query(sql`
      select kind, payload from outbox
      where user_id = ${id.slice('user_'.length)}::uuid and kind in ('USER_SUSPECTED', 'USER_QUARANTINED') order by id`);
    expect(told).toEqual([
      {
        kind: 'USER_SUSPECTED',
        payload: { suspicion, cause: 'TRUST', eventType: 'cheat', eventId: expect.any(String) },
      },
      { kind: 'USER_QUARANTINED', payload: { reason, actor: 'laurel' } },
    ]);
    const log = await ground.laurel.query(
      '{ auditLog(actor: "laurel") { nodes { action subject person { id } after } } }',
      {},
      ground.as(null),
    );
    expect(log.data.auditLog.nodes.filter(({ subject }: { subject: string }) => subject === id)).toEqual([
      { action: 'USER_QUARANTINED', subject: id, person: null, after: { reason } },
    ]);
  });

  it('leaves who is in quarantine there as a reviewer put it', async () => {
    const name = unique('known');
    await ground.create(name);
    await ground.laurel.query(
      'mutation ($input: QuarantineUserInput!) { quarantineUser(input: $input) { __typename } }',
      { input: { user: { externalId: name }, reason: 'I know' } },
      ground.as(null),
    );
    await ground.record(name, 'rush', times(4, NOW));
    expect(await briefs(name)).toEqual(['VELOCITY rush 2 null']);
    expect(await ground.quarantineOf(name)).toEqual({ since: new Date(NOW).toISOString(), reason: 'I know' });
  });

  it('is written with the event or not at all', async () => {
    const name = unique('whole');
    await ground.create(name);
    await ground.laurel.database.script('alter table audit_log rename to audit_log_gone');
    try {
      const { data, errors } = await ground.laurel.query(
        'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }',
        { input: { events: times(3, NOW).map(() => ({ user: { externalId: name }, type: 'rush' })) } },
        ground.as(null),
      );
      // The batch is halved until the event that cannot be written down stands alone.
      expect([data.recordEvents, errors]).toEqual([{ recorded: 2 }, []]);
    } finally {
      await ground.laurel.database.script('alter table audit_log_gone rename to audit_log');
    }
    expect([await briefs(name), await ground.quarantineOf(name)]).toEqual([[], null]);
    await ground.record(name, 'rush');
    expect([await briefs(name), (await ground.quarantineOf(name)) !== null]).toEqual([['VELOCITY rush 1 null'], true]);
  });

  it('takes as many statements of many users as of few, and none where nothing is doubted', async () => {
    const low = await ground.key('LOW');
    const record = (users: number, credential: string | null) => {
      const names = Array.from({ length: users }, () => unique('many'));
      return statementsOf(async () => {
        const { data, errors } = await ground.laurel.query(
          'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }',
          { input: { events: names.map((externalId) => ({ user: { externalId }, type: 'cheat' })) } },
          ground.as(credential),
        );
        expect(errors).toEqual([]);
        expect(data.recordEvents.recorded).toBe(users);
        return data;
      });
    };
    await record(1, low);
    const names = (all: readonly string[]) =>
      [...new Set(all)].filter((one) => /suspicions|quarantine|audit/.test(one));
    const [few, many] = [await record(3, low), await record(30, low)];
    expect(names(few).length).toBe(3);
    expect(names(many)).toEqual(names(few));
    const written = (all: readonly string[]) => all.filter((one) => /suspicions|quarantine|audit/.test(one)).length;
    // Three a transaction; a lane may begin with what came first, and take the rest after.
    expect(written(many)).toBeLessThanOrEqual(3 * 3 * 2);
    expect(names(await record(30, null))).toEqual([]);
  });

  it('is nothing of what was there before a version brings a velocity; what was there counts for it', async () => {
    const name = unique('before');
    await ground.record(name, 'seen', times(3, NOW));
    const source = CATALOG.replace('seen: { points: 1 }', 'seen: { points: 1, velocity: { per: minute, count: 3 } }');
    const { data, errors } = await ground.laurel.query(
      `mutation ($source: String!) {
        planCatalog(input: { source: $source }) { ... on PlanCatalogSuccess { definitions { key fields } } }
        applyCatalog(input: { source: $source }) { __typename } }`,
      { source },
      ground.as(null),
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      planCatalog: { definitions: [{ key: 'seen', fields: ['velocity'] }] },
      applyCatalog: { __typename: 'ApplyCatalogSuccess' },
    });
    expect(await briefs(name)).toEqual([]);
    await ground.record(name, 'seen', [{ at: NOW + 3 }]);
    expect(await briefs(name)).toEqual(['VELOCITY seen 1 null']);
  });
});
