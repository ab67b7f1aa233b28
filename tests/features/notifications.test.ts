import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/databases.ts';
import { type Answer, startLaurel, type TestLaurel, unique } from '../support/laurel.ts';

const LIST = `query ($by: UserRef!, $unseenOnly: Boolean, $first: Int, $last: Int, $after: String, $before: String) { user(by: $by) {
  cursor notifications(unseenOnly: $unseenOnly, first: $first, last: $last, after: $after, before: $before) {
    unseenCount edges { cursor } nodes { id cursor kind title body seenAt createdAt data levelUp { from to } userAchievement { achievement { key } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`;
const MARK = `mutation ($input: MarkNotificationsSeenInput!) { markNotificationsSeen(input: $input) { __typename
  ... on MarkNotificationsSeenSuccess { marked unseenCount } ... on Error { code message } } }`;
const NOW = Date.parse('2026-11-20T12:00:00.000Z');
const ABSENT = '01890a5d-ac96-774b-bcce-b302099a8057';
const codesOf = ({ errors }: Answer) => errors.map(({ extensions }) => extensions['code']);

describe.each(backends())('notifications on %s', (backend) => {
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

  /** A player with five messages: newcomer, explorer, beginner, treasure_hunter, regular (the newest). */
  const player = async () => {
    const externalId = unique();
    const types = [
      'login',
      ...Array(3).fill('find_secret'),
      'complete_level',
      ...Array(7).fill('find_secret'),
      ...Array(4).fill('login'),
    ];
    const { data } = await laurel.query(
      'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }',
      {
        input: { events: types.map((type) => ({ user: { externalId }, type })) },
      },
    );
    expect(data.recordEvents.recorded).toBe(types.length);
    return externalId;
  };
  const list = async (externalId: string, args: object = {}) => {
    const answer = await laurel.query(LIST, { by: { externalId }, ...args });
    expect(answer.errors).toEqual([]);
    return answer.data.user.notifications;
  };
  const mark = async (externalId: string, input: object) =>
    (await laurel.query(MARK, { input: { user: { externalId }, ...input } })).data.markNotificationsSeen;
  const titles = (page: { nodes: { title: string }[] }) => page.nodes.map(({ title }) => title);
  const NEWEST_FIRST = ['Regular', 'Treasure hunter', 'Beginner', 'Explorer', 'Newcomer'];

  it('are stored with each unlock and level, newest first, with what they tell of', async () => {
    const externalId = unique();
    const events = Array.from({ length: 20 }, () => ({ user: { externalId }, type: 'find_secret' }));
    await laurel.query('mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }', {
      input: { events },
    });
    const { nodes, edges, unseenCount, pageInfo } = await list(externalId);
    const { data } = await laurel.query('query ($by: UserRef!) { user(by: $by) { id cursor } }', {
      by: { externalId },
    });
    const own = data.user.id.slice(5);
    const common = { seenAt: null, createdAt: '2026-11-20T12:00:00.000Z', cursor: expect.any(String) };
    expect(nodes).toEqual([
      {
        ...common,
        id: `notification_${own}.3`,
        kind: 'LEVEL_UP',
        title: 'Level 2',
        body: 'Congratulations! You reached level 2',
        data: { from: 1, to: 2, eventId: expect.any(String) },
        levelUp: { from: 1, to: 2 },
        userAchievement: null,
      },
      ...[
        ['Treasure hunter', 'treasure_hunter', 2, 100],
        ['Explorer', 'explorer', 1, 30],
      ].map(([title, key, place, points]) => ({
        ...common,
        id: `notification_${own}.${place}`,
        kind: 'ACHIEVEMENT_UNLOCKED',
        title,
        body: `Congratulations! You unlocked: ${title}`,
        data: {
          achievement: key,
          tier: 0,
          period: '',
          points,
          xp: 0,
          version: 1,
          unlockedAt: NOW,
          eventId: expect.any(String),
        },
        levelUp: null,
        userAchievement: { achievement: { key } },
      })),
    ]);
    expect(edges.map(({ cursor }: { cursor: string }) => cursor)).toEqual(
      nodes.map(({ cursor }: { cursor: string }) => cursor),
    );
    expect([unseenCount, nodes[0].cursor, pageInfo.startCursor]).toEqual([3, data.user.cursor, data.user.cursor]);
  });

  it('page forwards and backwards, unseen ones alone too', async () => {
    const externalId = await player();
    const first = await list(externalId, { first: 2 });
    const second = await list(externalId, { first: 2, after: first.pageInfo.endCursor });
    const third = await list(externalId, { first: 2, after: second.pageInfo.endCursor });
    expect([first, second, third].map(titles)).toEqual([
      NEWEST_FIRST.slice(0, 2),
      NEWEST_FIRST.slice(2, 4),
      NEWEST_FIRST.slice(4),
    ]);
    expect([first, second, third].map(({ pageInfo }) => [pageInfo.hasPreviousPage, pageInfo.hasNextPage])).toEqual([
      [false, true],
      [true, true],
      [true, false],
    ]);
    const back = await list(externalId, { last: 2, before: third.pageInfo.startCursor });
    expect([titles(back), back.pageInfo]).toEqual([NEWEST_FIRST.slice(2, 4), second.pageInfo]);
    expect(titles(await list(externalId, { last: 2 }))).toEqual(NEWEST_FIRST.slice(3));
    await mark(externalId, { ids: [first.nodes[1].id, third.nodes[0].id] });
    const unseen = await list(externalId, { unseenOnly: true, first: 2 });
    expect([titles(unseen), unseen.unseenCount]).toEqual([['Regular', 'Beginner'], 3]);
    expect(titles(await list(externalId, { unseenOnly: true, after: unseen.pageInfo.endCursor }))).toEqual([
      'Explorer',
    ]);
  });

  it('of a user without any are an empty page, with a cursor to subscribe from', async () => {
    const externalId = unique();
    await laurel.query('mutation ($input: CreateUserInput!) { createUser(input: $input) { __typename } }', {
      input: { externalId },
    });
    const { data } = await laurel.query(LIST, { by: { externalId } });
    expect(data.user).toEqual({
      cursor: expect.any(String),
      notifications: {
        unseenCount: 0,
        edges: [],
        nodes: [],
        pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
      },
    });
    const stream = await laurel.subscribe(
      'subscription ($user: UserRef!, $after: String) { notificationReceived(user: $user, after: $after) { cursor replayed notification { id } } }',
      { user: { externalId }, after: data.user.cursor },
    );
    await laurel.query('mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename } }', {
      input: { user: { externalId }, type: 'login' },
    });
    const [item] = await stream.take(1);
    const [node] = (await list(externalId)).nodes;
    expect(item.data.notificationReceived).toEqual({
      cursor: node.cursor,
      replayed: false,
      notification: { id: node.id },
    });
  });

  it('come again, in order, to whoever subscribes after a cursor', async () => {
    const externalId = await player();
    const { nodes } = await list(externalId);
    const stream = await laurel.subscribe(
      'subscription ($user: UserRef!, $after: String) { notificationReceived(user: $user, after: $after) { cursor replayed } }',
      { user: { externalId }, after: nodes[3].cursor },
    );
    const items = await stream.take(3);
    expect(items.map(({ data }) => data.notificationReceived)).toEqual(
      [nodes[2], nodes[1], nodes[0]].map(({ cursor }) => ({ cursor, replayed: true })),
    );
  });

  describe('markNotificationsSeen', () => {
    it('marks up to a cursor, once, and keeps the time of the first', async () => {
      const externalId = await player();
      const { nodes } = await list(externalId);
      expect(await mark(externalId, { upTo: nodes[2].cursor })).toEqual({
        __typename: 'MarkNotificationsSeenSuccess',
        marked: 3,
        unseenCount: 2,
      });
      now += 60_000;
      expect(await mark(externalId, { upTo: nodes[2].cursor })).toMatchObject({ marked: 0, unseenCount: 2 });
      expect(await mark(externalId, { upTo: nodes[0].cursor })).toMatchObject({ marked: 2, unseenCount: 0 });
      const seen = (await list(externalId)).nodes.map(({ seenAt }: { seenAt: string }) => seenAt);
      const [first, second] = ['2026-11-20T12:00:00.000Z', '2026-11-20T12:01:00.000Z'];
      expect(seen).toEqual([second, second, first, first, first]);
    });

    it('marks by id, whatever comes twice, and leaves those who have no such message', async () => {
      const externalId = await player();
      const { nodes } = await list(externalId);
      const ids = [nodes[1].id, nodes[3].id, nodes[1].id, nodes[1].id.replace(/\d+$/, '99')];
      expect(await mark(externalId, { ids })).toMatchObject({ marked: 2, unseenCount: 3 });
      expect(await mark(externalId, { ids })).toMatchObject({ marked: 0, unseenCount: 3 });
      expect(await mark(externalId, { ids: [] })).toMatchObject({ marked: 0, unseenCount: 3 });
    });

    it("refuses another user's cursor or id, and marks nothing", async () => {
      const [mine, theirs] = [await player(), await player()];
      const [own, foreign] = [(await list(mine)).nodes, (await list(theirs)).nodes];
      const send = async (input: object) =>
        codesOf(await laurel.query(MARK, { input: { user: { externalId: mine }, ...input } }));
      expect(await send({ upTo: foreign[0].cursor })).toEqual(['BAD_USER_INPUT']);
      expect(await send({ ids: [own[0].id, foreign[0].id] })).toEqual(['BAD_USER_INPUT']);
      expect([await list(mine), await list(theirs)].map(({ unseenCount }) => unseenCount)).toEqual([5, 5]);
    });

    it.each([
      ['neither', {}],
      ['both', { upTo: 'x', ids: [] }],
      ['a malformed cursor', { upTo: 'x' }],
      ['an empty cursor', { upTo: '' }],
      ['a NUL character', { upTo: '\u0000' }],
      ['an id of another type', { ids: [`user_${ABSENT}`] }],
      ['a bare UUID', { ids: [ABSENT] }],
      ['place 0', { ids: [`notification_${ABSENT}.0`] }],
    ])('refuses %s', async (_what, input) => {
      const externalId = await player();
      expect(codesOf(await laurel.query(MARK, { input: { user: { externalId }, ...input } }))).toEqual([
        'BAD_USER_INPUT',
      ]);
      expect((await list(externalId)).unseenCount).toBe(5);
    });

    it('refuses a user nobody has as data', async () => {
      expect(await mark('nobody', { ids: [] })).toEqual({
        __typename: 'UserNotFoundError',
        code: 'USER_NOT_FOUND',
        message: 'User with externalId nobody not found',
      });
    });
  });

  it.each([
    [{ after: 'x' }],
    [{ before: 'x' }],
    [{ first: 101 }],
    [{ first: -1 }],
    [{ first: 1, last: 1 }],
    [{ after: '\u0000' }],
  ])('refuse %j', async (args) => {
    const externalId = await player();
    expect(codesOf(await laurel.query(LIST, { by: { externalId }, ...args }))).toEqual(['BAD_USER_INPUT']);
  });

  it("refuse another user's cursor, and say so for one of another log", async () => {
    const [mine, theirs] = [await player(), await player()];
    const [{ nodes }, foreign] = [await list(mine), await list(theirs)];
    expect(codesOf(await laurel.query(LIST, { by: { externalId: mine }, after: foreign.nodes[0].cursor }))).toEqual([
      'BAD_USER_INPUT',
    ]);
    const restored = Buffer.from(
      Buffer.from(nodes[0].cursor, 'base64url')
        .toString()
        .replace(/^1\.[^.]+/, `1.${ABSENT}`),
    ).toString('base64url');
    expect(codesOf(await laurel.query(LIST, { by: { externalId: mine }, after: restored }))).toEqual([
      'CURSOR_EXPIRED',
    ]);
  });
});
