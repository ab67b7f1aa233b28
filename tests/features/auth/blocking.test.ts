import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { backends } from '../../support/databases.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../../support/laurel.ts';
import { as, newGuest, signIn, viewerOf } from './support.ts';

const DAY_MS = 86_400_000;
const OUTCOME = `__typename ... on RecordEventSuccess { replayed event { id } user { score } }
  ... on UserBlockedError { code message until } ... on IdempotencyConflictError { code }`;
const RECORD = `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded replayed refused results { ${OUTCOME} } } }`;
const BLOCK = `mutation ($input: BlockUserInput!) { blockUser(input: $input) {
  __typename ... on BlockUserSuccess { user { block { until reason } } } ... on Error { code message } } }`;
const UNBLOCK = `mutation ($input: UnblockUserInput!) { unblockUser(input: $input) {
  __typename ... on UnblockUserSuccess { user { block { until } } } ... on Error { code } } }`;

describe.each(backends())('blocked users on %s', (backend) => {
  let laurel: TestLaurel;
  let game: { authorization: string };
  let aheadMs = 0;

  beforeAll(async () => {
    laurel = await startLaurel(backend, {
      environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET },
      clock: { now: () => Date.now() + aheadMs },
    });
    const scopes = ['events:write', 'users:write', 'events:read'];
    game = { authorization: `Bearer ${await laurel.app.auth.createKey({ name: 'game', scopes, days: null })}` };
  });
  beforeEach(() => {
    aheadMs = 0;
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const block = async (id: string, input: object = {}) =>
    (await laurel.query(BLOCK, { input: { user: { id }, ...input } }, game)).data.blockUser;
  const unblock = async (id: string) =>
    (await laurel.query(UNBLOCK, { input: { user: { id } } }, game)).data.unblockUser;
  const record = async (...events: { id: string; key?: string; type?: string }[]) => {
    const input = {
      events: events.map(({ id, key = unique('key'), type = 'login' }) => ({
        user: { id },
        type,
        idempotencyKey: key,
      })),
    };
    return (await laurel.query(RECORD, { input }, game)).data.recordEvents;
  };

  // First of all: once repeats were seen they are looked for, also where nobody is blocked.
  it('have a repeat answered as the first was, and a conflict told', async () => {
    const { userId: id } = await newGuest(laurel);
    const first = (await record({ id, key: 'a' })).results[0];
    await block(id);
    const { results } = await record({ id, key: 'a' }, { id, key: 'b' }, { id, key: 'a', type: 'find_secret' });
    expect(results).toMatchObject([
      { replayed: true, event: first.event },
      { code: 'USER_BLOCKED', until: null },
      { code: 'IDEMPOTENCY_CONFLICT' },
    ]);
  });

  it('are refused at once, and let in again with the same session once the block is over', async () => {
    const { userId, deviceToken, tokens } = await newGuest(laurel);
    expect(await viewerOf(laurel, tokens)).toBe(userId);
    const until = new Date(Date.now() + DAY_MS).toISOString();
    expect(await block(userId, { until, reason: 'cheating' })).toEqual({
      __typename: 'BlockUserSuccess',
      user: { block: { until, reason: 'cheating' } },
    });
    expect(await viewerOf(laurel, tokens)).toBe('UNAUTHENTICATED BLOCKED');
    const blocked = { code: 'USER_BLOCKED', message: `This user is blocked until ${until}` };
    expect(await signIn(laurel, 'signInAsGuest', { deviceToken })).toMatchObject(blocked);
    expect(await signIn(laurel, 'refreshTokens', { refreshToken: tokens.refreshToken })).toMatchObject(blocked);
    expect(await unblock(userId)).toEqual({ __typename: 'UnblockUserSuccess', user: { block: null } });
    expect(await viewerOf(laurel, tokens)).toBe(userId);
    await block(userId, { until });
    aheadMs = DAY_MS + 1_000;
    const { tokens: next } = await signIn(laurel, 'refreshTokens', { refreshToken: tokens.refreshToken });
    expect(await viewerOf(laurel, next)).toBe(userId);
  });

  it('have a token without a session refused too', async () => {
    const { userId } = await newGuest(laurel);
    const accessToken = await laurel.app.auth.createToken(userId.slice(5));
    const tokens = { accessToken, accessExpiresAt: '', refreshToken: '', refreshExpiresAt: '' };
    await block(userId);
    expect(await viewerOf(laurel, tokens)).toBe('UNAUTHENTICATED BLOCKED');
  });

  it('are told so only once the password was right', async () => {
    const username = unique('ann');
    const { user } = await signIn(laurel, 'signUp', { username, password: 'correct horse' });
    await block(user.id);
    expect(await signIn(laurel, 'signIn', { login: username, password: 'another one' })).toMatchObject({
      code: 'INVALID_CREDENTIALS',
    });
    expect(await signIn(laurel, 'signIn', { login: username, password: 'correct horse' })).toMatchObject({
      code: 'USER_BLOCKED',
      message: 'This user is blocked',
    });
  });

  it('have their events refused, their neighbours theirs recorded', async () => {
    const [{ userId: bad }, { userId: good }] = [await newGuest(laurel), await newGuest(laurel)];
    const until = new Date(Date.now() + DAY_MS).toISOString();
    await block(bad, { until });
    const refusal = { __typename: 'UserBlockedError', code: 'USER_BLOCKED', message: expect.any(String), until };
    expect(await record({ id: bad }, { id: good }, { id: bad, key: 'twice' }, { id: bad, key: 'twice' })).toEqual({
      recorded: 1,
      replayed: 0,
      refused: 3,
      results: [
        refusal,
        { __typename: 'RecordEventSuccess', replayed: false, event: { id: expect.any(String) }, user: { score: 5 } },
        refusal,
        refusal,
      ],
    });
    await unblock(bad);
    expect(await record({ id: bad, key: 'twice' }, { id: bad, key: 'twice' })).toMatchObject({
      recorded: 1,
      replayed: 1,
    });
  });

  it('are announced to other systems, once', async () => {
    const { userId: id } = await newGuest(laurel);
    await block(id, { reason: 'cheating' });
    await block(id, { reason: 'cheating' });
    await unblock(id);
    await unblock(id);
    const rows = await laurel.database.query<{ kind: string; payload: { reason?: string; actor: string } }>({
      text: `select kind, payload from outbox where user_id = $1::uuid and kind like '%BLOCKED' order by id`,
      values: [id.slice(5)],
    });
    expect(rows).toEqual([
      { kind: 'USER_BLOCKED', payload: { until: null, reason: 'cheating', actor: expect.stringMatching(/^key /) } },
      { kind: 'USER_UNBLOCKED', payload: { actor: expect.stringMatching(/^key /) } },
    ]);
  });

  it('must be known, and the end must be to come', async () => {
    const { userId, tokens } = await newGuest(laurel);
    expect(await block(userId, { until: '2020-01-01T00:00:00Z' })).toMatchObject({
      code: 'INVALID_USER',
      message: 'The user is not valid: until: has passed',
    });
    expect(await block('user_01890a5d-ac96-774b-bcce-b302099a8057')).toMatchObject({ code: 'USER_NOT_FOUND' });
    const { errors } = await as(laurel, tokens, BLOCK, { input: { user: { id: userId } } });
    expect(errors[0]?.extensions['code']).toBe('FORBIDDEN');
  });
});
