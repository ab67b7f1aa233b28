import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../support/laurel.ts';

const RECORD = `mutation ($input: RecordEventInput!) {
  recordEvent(input: $input) {
    __typename
    ... on RecordEventSuccess {
      replayed pointsAwarded xpAwarded cursor
      event { id details type { key } unlocked { achievement { key } } }
      unlocked { achievement { key } unlocks { pointsAwarded evidence { id } } }
      progressed { userAchievement { achievement { key } } previous current target milestone }
      user { score achievementPoints totalPoints level }
    }
    ... on Error { code message }
  }
}`;

const TOASTS = `subscription ($user: UserRef, $after: String) {
  achievementUnlocked(user: $user, after: $after) {
    cursor replayed title message levelUp { from to }
    achievement { key points rarity } unlock { tier period version pointsAwarded evidence { type { key } } } user { score }
  }
}`;

describe.each(backends())('first light on %s', (backend) => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel(backend);
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const record = async (externalId: string, type: string, more: object = {}) =>
    (await laurel.query(RECORD, { input: { user: { externalId }, type, ...more } })).data.recordEvent;

  it('gives a new user 5 points for a login, unlocks newcomer and tells the subscriber at once', async () => {
    const username = unique();
    await laurel.query('mutation ($input: CreateUserInput!) { createUser(input: $input) { __typename } }', {
      input: { username, externalId: username },
    });
    const toasts = await laurel.subscribe(TOASTS, { user: { username } });
    const answer = await record(username, 'login');
    expect(answer).toMatchObject({
      __typename: 'RecordEventSuccess',
      replayed: false,
      pointsAwarded: 5,
      xpAwarded: 5,
      unlocked: [
        { achievement: { key: 'newcomer' }, unlocks: [{ pointsAwarded: 5, evidence: { id: answer.event.id } }] },
      ],
      event: { type: { key: 'login' }, unlocked: [{ achievement: { key: 'newcomer' } }] },
      progressed: [
        { userAchievement: { achievement: { key: 'regular' } }, previous: 0, current: 1, target: 5, milestone: false },
        { userAchievement: { achievement: { key: 'veteran' } }, previous: 0, current: 1, target: 10, milestone: false },
      ],
      user: { score: 5, achievementPoints: 5, totalPoints: 10, level: 1 },
    });
    const [toast] = await toasts.take(1);
    expect(toast.data.achievementUnlocked).toEqual({
      cursor: answer.cursor,
      replayed: false,
      title: 'Newcomer',
      message: 'Congratulations! You unlocked: Newcomer',
      levelUp: null,
      achievement: { key: 'newcomer', points: 5, rarity: 'COMMON' },
      unlock: { tier: 0, period: null, version: 1, pointsAwarded: 5, evidence: { type: { key: 'login' } } },
      user: { score: 5 },
    });
  });

  it('unlocks explorer with the third secret, at a score of 155', async () => {
    const player = unique();
    await record(player, 'login');
    await record(player, 'find_secret', { details: { location: 'cave' } });
    await record(player, 'find_secret', { details: { item_id: 'lamp' } });
    const third = await record(player, 'find_secret');
    expect(third).toMatchObject({
      unlocked: [{ achievement: { key: 'explorer' } }],
      user: { score: 155, achievementPoints: 35 },
    });
  });

  it('shows each event of a subscription with fresh data, never what an earlier one read', async () => {
    const player = unique();
    await record(player, 'find_secret');
    const progress = await laurel.subscribe(
      'subscription ($user: UserRef!) { userProgressed(user: $user) { score user { score } } }',
      { user: { externalId: player } },
    );
    for (let index = 0; index < 3; index += 1) await record(player, 'login');
    const items = await progress.take(3);
    expect(items.map((item) => item.data.userProgressed.score)).toEqual([55, 60, 65]);
    expect(items.map((item) => item.data.userProgressed.user.score)).toEqual([55, 60, 65]);
  });

  it('answers each mutation of one document as the one before it left things', async () => {
    const player = unique();
    const one = (alias: string, type: string) =>
      `${alias}: recordEvent(input: { user: { externalId: "${player}" }, type: "${type}" }) {
         ... on RecordEventSuccess { user { score } unlocked { achievement { key } } } }`;
    const document = `mutation { ${one('a', 'login')} ${one('b', 'find_secret')} ${one('c', 'find_secret')} ${one('d', 'find_secret')} }`;
    const expected = {
      a: { user: { score: 5 }, unlocked: [{ achievement: { key: 'newcomer' } }] },
      b: { user: { score: 55 }, unlocked: [] },
      c: { user: { score: 105 }, unlocked: [] },
      d: { user: { score: 155 }, unlocked: [{ achievement: { key: 'explorer' } }] },
    };
    expect((await laurel.query(document)).data).toEqual(expected);
    const overSocket = await laurel.subscribe(document.replaceAll(player, unique()));
    expect((await overSocket.take(1))[0].data).toEqual(expected);
  });

  it('changes nothing when an event is sent again with its key, and answers the same', async () => {
    const player = unique();
    const first = await record(player, 'login', { idempotencyKey: 'once' });
    const again = await record(player, 'login', { idempotencyKey: 'once' });
    expect(again).toEqual({ ...first, replayed: true, progressed: [] });
    const other = await laurel.query(
      `mutation ($input: RecordEventInput!) { recordEvent(input: $input) { ... on IdempotencyConflictError { code event { id } } } }`,
      { input: { user: { externalId: player }, type: 'find_secret', idempotencyKey: 'once' } },
    );
    expect(other.data.recordEvent).toEqual({ code: 'IDEMPOTENCY_CONFLICT', event: { id: first.event.id } });
  });

  it('takes the same key for the same payload whatever the order of its details', async () => {
    const player = unique();
    const first = await record(player, 'find_secret', {
      idempotencyKey: 'k',
      details: { item_id: 'a', location: 'b' },
    });
    const again = await record(player, 'find_secret', {
      idempotencyKey: 'k',
      details: { location: 'b', item_id: 'a' },
    });
    expect(again).toMatchObject({ replayed: true, event: { id: first.event.id } });
  });

  it('records the good events of a batch in order and names each bad one', async () => {
    const user = { externalId: unique() };
    const { data } = await laurel.query(
      `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded replayed refused results {
        __typename ... on RecordEventSuccess { replayed user { score } event { id } } ... on Error { code } } } }`,
      {
        input: {
          events: [
            { user, type: 'login', idempotencyKey: 'a' },
            { user, type: 'logn' },
            { user, type: 'login', idempotencyKey: 'a' },
            { user, type: 'find_secret', idempotencyKey: 'a' },
            { user, type: 'find_secret', details: { depth: 3 } },
            { user: { username: unique('nobody') }, type: 'login' },
            { user, type: 'find_secret', idempotencyKey: 'b' },
          ],
        },
      },
    );
    expect(data.recordEvents).toMatchObject({ recorded: 2, replayed: 1, refused: 4 });
    const results = data.recordEvents.results;
    expect(results.map((result: { code?: string; __typename: string }) => result.code ?? result.__typename)).toEqual([
      'RecordEventSuccess',
      'UNKNOWN_EVENT_TYPE',
      'RecordEventSuccess',
      'IDEMPOTENCY_CONFLICT',
      'INVALID_EVENT_DETAILS',
      'USER_NOT_FOUND',
      'RecordEventSuccess',
    ]);
    expect(results[2]).toMatchObject({ replayed: true, event: { id: results[0].event.id } });
    expect(results[6].user.score).toBe(55);
  });

  it('grants each achievement once when 64 logins of one user come at once', async () => {
    const player = unique();
    const toasts = await startToasts(laurel, player);
    const answers = await Promise.all(Array.from({ length: 64 }, () => record(player, 'login')));
    expect(answers.every((answer) => answer.__typename === 'RecordEventSuccess')).toBe(true);
    const { data } = await laurel.query(
      '{ user(by: { externalId: "' +
        player +
        '" }) { score achievements(status: UNLOCKED) { nodes { achievement { key } timesUnlocked } } } }',
    );
    expect(data.user).toEqual({
      score: 320,
      achievements: {
        nodes: ['newcomer', 'regular', 'veteran'].map((key) => ({ achievement: { key }, timesUnlocked: 1 })),
      },
    });
    const items = await toasts.take(3);
    expect(items.map((item) => item.data.achievementUnlocked.achievement.key)).toEqual([
      'newcomer',
      'regular',
      'veteran',
    ]);
  });
});

async function startToasts(laurel: TestLaurel, externalId: string) {
  await laurel.query('mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }', {
    input: { user: { externalId } },
  });
  return laurel.subscribe(TOASTS, { user: { externalId } });
}
