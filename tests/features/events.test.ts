import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/databases.ts';
import { type Answer, startLaurel, TEST_SECRET, type TestLaurel, unique } from '../support/laurel.ts';

const RECORD = `mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename
  ... on RecordEventSuccess { event { id details occurredAt recordedAt idempotencyKey points xp type { key } user { id score } } }
  ... on UnknownEventTypeError { suggestion }
  ... on InvalidEventDetailsError { issues { path message } }
  ... on EventTimeError { earliest latest }
  ... on Error { code message } } }`;
const EVENTS = `query ($by: UserRef!, $type: String, $first: Int, $last: Int, $after: String, $before: String) { user(by: $by) {
  score events(type: $type, first: $first, last: $last, after: $after, before: $before) {
    nodes { id type { key } details } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`;
const NOW = Date.parse('2026-11-20T12:00:00.000Z');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ABSENT = '01890a5d-ac96-774b-bcce-b302099a8057';

const codesOf = ({ errors }: Answer) => errors.map(({ extensions }) => extensions['code']);
const at = (ms: number) => new Date(NOW + ms).toISOString();

describe.each(backends())('events on %s', (backend) => {
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

  const send = (input: object, headers?: Record<string, string>) => laurel.query(RECORD, { input }, headers);
  const record = async (externalId: string, type: string, more: object = {}) =>
    (await send({ user: { externalId }, type, ...more })).data.recordEvent;
  const events = async (externalId: string, args: object = {}) => {
    const answer = await laurel.query(EVENTS, { by: { externalId }, ...args });
    expect(answer.errors).toEqual([]);
    return answer.data.user.events;
  };
  const placesOf = (page: { nodes: { details: { level_id: number } }[] }) =>
    page.nodes.map(({ details }) => details.level_id);
  const levels = async (externalId: string, count: number) => {
    for (let level_id = 1; level_id <= count; level_id += 1) {
      await record(externalId, 'complete_level', { details: { level_id }, occurredAt: at((level_id - 100) * MINUTE) });
    }
  };

  describe('the list', () => {
    it('is newest first by the time at which it happened, and filters by type', async () => {
      const player = unique();
      await record(player, 'login', { occurredAt: at(-2 * DAY) });
      await record(player, 'find_secret', { occurredAt: at(-1 * DAY) });
      await record(player, 'complete_level', { occurredAt: at(-3 * DAY) });
      await record(player, 'login');
      const keys = async (args: object) =>
        (await events(player, args)).nodes.map((event: { type: { key: string } }) => event.type.key);
      expect(await keys({})).toEqual(['login', 'find_secret', 'login', 'complete_level']);
      expect(await keys({ type: 'login' })).toEqual(['login', 'login']);
      expect(await keys({ type: 'dance' })).toEqual([]);
      expect(await keys({ last: 1 })).toEqual(['complete_level']);
    });

    it('pages forwards and backwards without a gap or a repeat while new events arrive', async () => {
      const player = unique();
      await levels(player, 7);
      const first = await events(player, { first: 3 });
      await record(player, 'complete_level', { details: { level_id: 8 } });
      const second = await events(player, { first: 3, after: first.pageInfo.endCursor });
      await record(player, 'complete_level', { details: { level_id: 9 } });
      const third = await events(player, { first: 3, after: second.pageInfo.endCursor });
      expect([first, second, third].map(placesOf)).toEqual([[7, 6, 5], [4, 3, 2], [1]]);
      expect(third.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
      const back = await events(player, { last: 3, before: third.pageInfo.startCursor });
      expect([placesOf(back), back.pageInfo]).toEqual([[4, 3, 2], second.pageInfo]);
      const newer = await events(player, { before: first.pageInfo.startCursor });
      expect(placesOf(newer)).toEqual([9, 8]);
      const between = { after: first.pageInfo.startCursor, before: third.pageInfo.startCursor };
      expect(placesOf(await events(player, { ...between, first: 2 }))).toEqual([6, 5]);
      expect(placesOf(await events(player, { ...between, last: 2 }))).toEqual([3, 2]);
    });

    it('keeps events of one instant in the order in which they were recorded', async () => {
      const player = unique();
      for (let level_id = 1; level_id <= 4; level_id += 1)
        await record(player, 'complete_level', { details: { level_id }, occurredAt: at(0) });
      const first = await events(player, { first: 2 });
      const rest = await events(player, { after: first.pageInfo.endCursor });
      expect([first, rest].map(placesOf)).toEqual([
        [4, 3],
        [2, 1],
      ]);
    });

    it.each([
      [{ first: 101 }],
      [{ first: -1 }],
      [{ first: 1, last: 1 }],
      [{ after: 'nonsense' }],
      [{ before: Buffer.from(`0.\u0000`).toString('base64url') }],
      [{ type: 'login\u0000' }],
    ])('refuses %j', async (args) => {
      const player = unique();
      await record(player, 'login');
      expect(codesOf(await laurel.query(EVENTS, { by: { externalId: player }, ...args }))).toEqual(['BAD_USER_INPUT']);
    });
  });

  describe('by id', () => {
    const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';

    it('finds an object of every type that has an id, and null for what is absent', async () => {
      const player = unique();
      const { event } = await record(player, 'login');
      const { data } = await laurel.query(
        '{ user(by: { externalId: "' +
          player +
          '" }) { id notifications { nodes { id } } achievements(first: 2) { nodes { id } } } achievement(key: "newcomer") { id } }',
      );
      const ids = [
        event.id,
        data.user.id,
        data.user.notifications.nodes[0].id,
        ...data.user.achievements.nodes.map(({ id }: { id: string }) => id),
        data.achievement.id,
      ];
      const types = ['Event', 'User', 'Notification', 'UserAchievement', 'UserAchievement', 'Achievement'];
      const absent = [
        `user_${ABSENT}`,
        `event_${ABSENT}.${ABSENT}`,
        `event_${data.user.id.slice(5)}.${ABSENT}`,
        `notification_${ABSENT}.1`,
        `notification_${data.user.id.slice(5)}.99`,
        `userAchievement_${ABSENT}.newcomer`,
        `userAchievement_${data.user.id.slice(5)}.nothing`,
        'achievement_nothing',
      ];
      const found = ids.map((id, index) => ({ __typename: types[index], id }));
      expect((await laurel.query(NODES, { ids: [...ids, ...absent, ids[0]] })).data.nodes).toEqual([
        ...found,
        ...absent.map(() => null),
        found[0],
      ]);
      for (const [index, id] of [...ids, ...absent].entries()) {
        const one = await laurel.query('query ($id: ID!) { node(id: $id) { __typename id } }', { id });
        expect([one.data, one.errors], id).toEqual([{ node: found[index] ?? null }, []]);
      }
      const read = await laurel.query(`query ($id: ID!) { event(id: $id) { id points type { key } user { id } } }`, {
        id: event.id,
      });
      expect(read.data.event).toEqual({ id: event.id, points: 5, type: { key: 'login' }, user: { id: data.user.id } });
    });

    it.each([
      '',
      '_',
      'user',
      'user_',
      '_x',
      'user_1',
      `page_${ABSENT}`,
      `query_${ABSENT}`,
      `eventType_login`,
      `__proto___${ABSENT}`,
      `event_${ABSENT}`,
      `event_${ABSENT}.1`,
      `event_${ABSENT}.${ABSENT}.${ABSENT}`,
      'userAchievement_newcomer',
      `user_${ABSENT}\u0000`,
      `user_${'x'.repeat(400)}`,
    ])('refuses the malformed id %j', async (id) => {
      expect(codesOf(await laurel.query('query ($id: ID!) { node(id: $id) { id } }', { id }))).toEqual([
        'BAD_USER_INPUT',
      ]);
    });

    it.each(['', `user_${ABSENT}`, ABSENT, `event_${ABSENT}`, `event_${ABSENT}.x`])(
      'refuses %j as the id of an event',
      async (id) => {
        expect(codesOf(await laurel.query('query ($id: ID!) { event(id: $id) { id } }', { id }))).toEqual([
          'BAD_USER_INPUT',
        ]);
      },
    );

    it('answers null for a notification id of no such form', async () => {
      const { data, errors } = await laurel.query(NODES, {
        ids: [`notification_${'-'.repeat(36)}.1`, `notification_${ABSENT}.9999999999999999`],
      });
      expect([data, errors]).toEqual([{ nodes: [null, null] }, []]);
    });

    it('refuses more than 100 ids', async () => {
      const ids = Array.from({ length: 101 }, () => 'achievement_newcomer');
      expect(codesOf(await laurel.query(NODES, { ids }))).toEqual(['BAD_USER_INPUT']);
      expect((await laurel.query(NODES, { ids: ids.slice(1) })).data.nodes).toHaveLength(100);
    });
  });

  describe('refusals', () => {
    it.each([
      ['logn', 'login'],
      ['LOGIN', 'login'],
      ['complete-level', 'complete_level'],
      ['teleport', null],
      ['', null],
      ['log\u0000in', 'login'],
      ['x'.repeat(5_000), null],
    ])('of the unknown type %.20j suggest %j', async (type, suggestion) => {
      const answer = await record(unique(), type);
      expect(answer).toMatchObject({ __typename: 'UnknownEventTypeError', code: 'UNKNOWN_EVENT_TYPE', suggestion });
      expect(answer.message.length).toBeLessThan(200);
    });

    it.each([
      ['an unknown key', 'login', { mood: 'good' }, [{ path: '/mood', message: 'is not declared' }]],
      ['a wrong type', 'complete_level', { level_id: '7' }, [{ path: '/level_id', message: 'must be integer' }]],
      ['a fraction', 'complete_level', { level_id: 1.5 }, [{ path: '/level_id', message: 'must be integer' }]],
      ['a list', 'login', [], [{ path: '', message: 'must be an object' }]],
      ['a text', 'login', 'x', [{ path: '', message: 'must be an object' }]],
      [
        'two faults',
        'find_secret',
        { item_id: 1, location: {} },
        [
          { path: '/item_id', message: 'must be string' },
          { path: '/location', message: 'must be string' },
        ],
      ],
      [
        '__proto__',
        'find_secret',
        JSON.parse('{"__proto__":{"item_id":"a"}}'),
        [{ path: '/__proto__', message: 'is not declared' }],
      ],
      ['constructor', 'find_secret', { constructor: 1 }, [{ path: '/constructor', message: 'is not declared' }]],
      [
        'a NUL character',
        'find_secret',
        { item_id: 'a\u0000' },
        [{ path: '', message: 'holds a NUL character, which the database cannot keep' }],
      ],
    ])('of details with %s name every fault', async (_what, type, details, issues) => {
      const player = unique();
      expect(await record(player, type, { details })).toMatchObject({ code: 'INVALID_EVENT_DETAILS', issues });
      const { data } = await laurel.query(EVENTS, { by: { externalId: player } });
      expect(data.user).toBeNull();
    });

    it('begin at 1,025 bytes of details; 1,024 are kept as they are', async () => {
      const longest = { location: 'x'.repeat(1_024 - '{"location":""}'.length) };
      expect((await record(unique(), 'find_secret', { details: longest })).event.details).toEqual(longest);
      const longer = { location: `${longest.location}x` };
      expect(await record(unique(), 'find_secret', { details: longer })).toMatchObject({
        code: 'INVALID_EVENT_DETAILS',
        issues: [{ path: '', message: 'has 1025 bytes of JSON; at most 1024 are taken' }],
      });
      const cyrillic = { location: 'я'.repeat(505) };
      expect(await record(unique(), 'find_secret', { details: cyrillic })).toMatchObject({
        code: 'INVALID_EVENT_DETAILS',
      });
    });

    it.each([
      ['1e400', '{"level_id":1e400}'],
      ['deep nesting', `{"level_id":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
    ])('of %s are a malformed request', async (_what, details) => {
      const response = await fetch(`${laurel.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', connection: 'close' },
        body: `{"query":${JSON.stringify(RECORD)},"variables":{"input":{"user":{"externalId":"deep"},"type":"complete_level","details":${details}}}}`,
      });
      const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
    });

    it('keep details as they were written in the operation itself', async () => {
      const player = unique();
      const { data } = await laurel.query(
        `mutation ($place: JSON) { recordEvent(input: { user: { externalId: "${player}" }, type: "find_secret", details: { location: $place, item_id: "ring" } })
          { ... on RecordEventSuccess { event { details } } } }`,
        { place: 'cave' },
      );
      expect(data.recordEvent).toEqual({ event: { details: { location: 'cave', item_id: 'ring' } } });
    });
  });

  describe('time', () => {
    it.each([
      ['now without a time', {}, at(0)],
      ['when it happened', { occurredAt: '2026-11-20T13:30:00.5+03:00' }, '2026-11-20T10:30:00.500Z'],
      ['4 minutes ahead, as now', { occurredAt: at(4 * MINUTE) }, at(0)],
      ['5 minutes ahead, as now', { occurredAt: at(5 * MINUTE) }, at(0)],
      ['14 days back', { occurredAt: at(-14 * DAY) }, at(-14 * DAY)],
      [
        'the time of a clock that is an hour slow',
        { occurredAt: at(-65 * MINUTE), sentAt: at(-60 * MINUTE) },
        at(-5 * MINUTE),
      ],
      [
        'the time of a clock that is a year fast',
        { occurredAt: at(365 * DAY - MINUTE), sentAt: at(365 * DAY) },
        at(-MINUTE),
      ],
    ])('takes %s', async (_what, times, occurredAt) => {
      expect((await record(unique(), 'login', times)).event).toMatchObject({ occurredAt, recordedAt: at(0) });
    });

    it.each([
      ['6 minutes ahead', { occurredAt: at(6 * MINUTE) }],
      ['15 days back', { occurredAt: at(-15 * DAY) }],
      ['6 minutes ahead of its own clock', { occurredAt: at(-54 * MINUTE), sentAt: at(-60 * MINUTE) }],
      ['the year 1', { occurredAt: '0001-01-01T00:00:00Z' }],
      ['the year 9999', { occurredAt: '9999-12-31T23:59:59Z' }],
      ['sent in the year 0', { occurredAt: at(0), sentAt: '0000-01-01T00:00:00Z' }],
    ])('refuses %s and says what is taken', async (_what, times) => {
      expect(await record(unique(), 'login', times)).toEqual({
        __typename: 'EventTimeError',
        code: 'EVENT_TIME',
        message: `occurredAt must lie between ${at(-14 * DAY)} and ${at(5 * MINUTE)}`,
        earliest: at(-14 * DAY),
        latest: at(5 * MINUTE),
      });
    });

    it.each(['yesterday', '2026-11-20', '2026-02-30T00:00:00Z', '2026-11-20T12:00:00', '2026-11-20T24:00:00Z', ''])(
      'refuses %j as no time',
      async (occurredAt) => {
        expect(codesOf(await send({ user: { externalId: 'x' }, type: 'login', occurredAt }))).toEqual([
          'BAD_USER_INPUT',
        ]);
      },
    );
  });

  describe('idempotency keys', () => {
    it.each([
      ['of one character', 'k'],
      ['of 200 characters', 'я'.repeat(200)],
    ])('are taken %s', async (_what, key) => {
      const player = unique();
      const first = await record(player, 'login', { idempotencyKey: key });
      const again = await record(player, 'login', { idempotencyKey: key });
      expect([first.__typename, again.event.id]).toEqual(['RecordEventSuccess', first.event.id]);
    });

    it.each([
      ['empty', ''],
      ['of 201 characters', 'x'.repeat(201)],
      ['with a NUL character', 'a\u0000'],
      ['of a lone surrogate', '\ud800'],
    ])('are refused %s', async (_what, key) => {
      expect(codesOf(await send({ user: { externalId: unique() }, type: 'login', idempotencyKey: key }))).toEqual([
        'BAD_USER_INPUT',
      ]);
    });

    it('of two users are two keys', async () => {
      const [one, other] = [
        await record(unique(), 'login', { idempotencyKey: 'k' }),
        await record(unique(), 'login', { idempotencyKey: 'k' }),
      ];
      expect(one.event.id).not.toBe(other.event.id);
    });

    it('are not used up by a refusal', async () => {
      const player = unique();
      await record(player, 'login', { idempotencyKey: 'k', details: { mood: 1 } });
      expect(await record(player, 'login', { idempotencyKey: 'k' })).toMatchObject({
        __typename: 'RecordEventSuccess',
      });
    });

    it('conflict when the payload differs in type, details or time, and not in sentAt', async () => {
      const player = unique();
      const sent = { idempotencyKey: 'k', details: { location: 'cave' }, occurredAt: at(-MINUTE) };
      const { event } = await record(player, 'find_secret', sent);
      expect(await record(player, 'find_secret', { ...sent, sentAt: at(0) })).toMatchObject({
        event: { id: event.id },
      });
      const others = [{ details: {} }, { details: null }, { occurredAt: at(-2 * MINUTE) }, { occurredAt: null }];
      for (const other of others)
        expect(await record(player, 'find_secret', { ...sent, ...other })).toMatchObject({
          code: 'IDEMPOTENCY_CONFLICT',
        });
    });
  });

  describe('hostile input', () => {
    it.each([`-99999999999999.${ABSENT}`, `999999999999999.${ABSENT}`])(
      'a cursor of an instant that no database holds, %s, is refused',
      async (place) => {
        const player = unique();
        await record(player, 'login');
        const answer = await laurel.query(EVENTS, {
          by: { externalId: player },
          after: Buffer.from(place).toString('base64url'),
        });
        expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
      },
    );

    it('details with a lone surrogate are refused as data', async () => {
      expect(await record(unique(), 'find_secret', { details: { item_id: 'a\ud800' } })).toMatchObject({
        code: 'INVALID_EVENT_DETAILS',
      });
    });

    it('a malformed key in the second transaction of a batch does not fail the first after its commit', async () => {
      const player = unique();
      const events = Array.from({ length: 501 }, (_, index) => ({
        user: { externalId: player },
        type: 'login',
        idempotencyKey: index === 500 ? '' : String(index),
      }));
      const { errors } = await laurel.query(
        'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }',
        { input: { events } },
      );
      const { data } = await laurel.query(EVENTS, { by: { externalId: player } });
      expect([errors.length > 0, data.user === null]).toEqual([true, true]);
    });
  });

  it.each(['id', 'username'])('of a user nobody has by %s are refused and create nobody', async (by) => {
    const value = by === 'id' ? ABSENT : unique();
    const { data } = await send({ user: { [by]: value }, type: 'login' });
    expect(data.recordEvent).toEqual({
      __typename: 'UserNotFoundError',
      code: 'USER_NOT_FOUND',
      message: `User with ${by === 'id' ? 'ID' : by} ${value} not found`,
    });
  });
});

describe.each(backends())('events of callers on %s', (backend) => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel(backend, { environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET } });
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
  const exists = async (key: string, externalId: string) =>
    (await laurel.query('query ($by: UserRef!) { user(by: $by) { externalId } }', { by: { externalId } }, bearer(key)))
      .data.user !== null;

  it('create the user of an unknown externalId for a key, never for a player', async () => {
    const key = await laurel.app.auth.createKey({ name: 'game', scopes: ['events:write'], days: null });
    const [known, unknown] = [unique(), unique()];
    const first = await laurel.query(RECORD, { input: { user: { externalId: known }, type: 'login' } }, bearer(key));
    expect(first.data.recordEvent.event.user).toMatchObject({ score: 5 });
    const token = await laurel.app.auth.createToken(first.data.recordEvent.event.user.id.slice(5));
    const answer = await laurel.query(
      RECORD,
      { input: { user: { externalId: unknown }, type: 'login' } },
      bearer(token),
    );
    expect(answer.data.recordEvent).toMatchObject({ code: 'EVENT_NOT_ALLOWED' });
    expect([await exists(key, known), await exists(key, unknown)]).toEqual([true, false]);
  });
});
