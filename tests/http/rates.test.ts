import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { signIn, signInMutation, type Tokens } from '../features/auth/support.ts';
import { type Answer, startLaurel, TEST_SECRET, type TestLaurel, unique } from '../support/laurel.ts';
import { openSocket, type RawSocket } from './raw-socket.ts';

const RECORD = `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded results { __typename } } }`;
const RATE = '{ rateLimit { limit remaining resetAt } }';
const LIMITED = (limit: number) => ({ code: 'RATE_LIMITED', limit, retryAfterMs: expect.any(Number) });

describe('rates', () => {
  let laurel: TestLaurel;
  let key: string;
  let open: RawSocket[] = [];
  let addresses = 0;
  beforeAll(async () => {
    laurel = await startLaurel('embedded', {
      environment: {
        LAUREL_AUTH: 'on',
        LAUREL_JWT_SECRET: TEST_SECRET,
        LAUREL_TRUST_PROXY: '1',
        LAUREL_RATE_API: '4',
        LAUREL_RATE_EVENTS: '3',
        LAUREL_RATE_CONNECTS: '2',
        LAUREL_RATE_SIGN_IN: '2',
        LAUREL_RATE_REFRESH: '1',
      },
    });
    key = await laurel.app.auth.createKey({ name: 'all', scopes: ['admin'], days: null });
  });
  afterEach(async () => {
    for (const { socket } of open) socket.close();
    open = [];
    await laurel.check();
  });
  afterAll(() => laurel.close());

  /** Each test comes from elsewhere. */
  const elsewhere = () => {
    addresses += 1;
    return { 'x-forwarded-for': `10.0.0.${addresses}` };
  };
  const codesOf = (answers: readonly Answer[]) => answers.map(({ errors }) => errors[0]?.extensions['code'] ?? 'ok');
  const times = async (count: number, ask: () => Promise<Answer>) => {
    const answers: Answer[] = [];
    for (let time = 0; time < count; time += 1) answers.push(await ask());
    return answers;
  };
  const newPlayer = async (): Promise<{ id: string; tokens: Tokens }> => {
    const { data } = await laurel.query(signInMutation('signInAsGuest'), { input: {} }, elsewhere());
    return { id: data.signInAsGuest.user.id, tokens: data.signInAsGuest.tokens };
  };
  const connect = async (headers: Record<string, string>, payload?: object): Promise<RawSocket> => {
    const socket = await openSocket(laurel.url, { headers });
    open.push(socket);
    socket.send({ type: 'connection_init', ...(payload && { payload }) });
    return socket;
  };

  it('bound operations by POST, whatever comes of them, with 429 for who takes it', async () => {
    const from = elsewhere();
    const answers = [
      await laurel.query('{ __typename }', {}, from),
      await laurel.query('{ no such field }', {}, from),
      await laurel.query('{ users { totalCount } }', {}, from),
      await laurel.query('{ __typename }', {}, { ...from, authorization: 'Bearer nonsense' }),
      await laurel.query('{ __typename }', {}, from),
      await laurel.query('not GraphQL', {}, { ...from, accept: 'application/graphql-response+json' }),
      await laurel.query('{ __typename }', {}, { ...from, authorization: 'Bearer nonsense' }),
    ];
    expect(codesOf(answers)).toEqual([
      'ok',
      'BAD_USER_INPUT',
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
      'RATE_LIMITED',
      'RATE_LIMITED',
      'RATE_LIMITED',
    ]);
    expect(answers[4]?.errors[0]?.extensions).toEqual({ ...LIMITED(4), requestId: expect.any(String) });
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429, 200]);
    expect(codesOf([await laurel.query('{ __typename }', {}, elsewhere())])).toEqual(['ok']);
  });

  it('bound operations by GET and event streams', async () => {
    const from = elsewhere();
    await times(4, () => laurel.query('{ __typename }', {}, from));
    const got = await fetch(`${laurel.url}/graphql?query={__typename}`, {
      headers: { ...from, accept: 'application/json', connection: 'close' },
    });
    expect(await got.json()).toMatchObject({ errors: [{ extensions: LIMITED(4) }] });
    const streamed = await fetch(`${laurel.url}/graphql`, {
      method: 'POST',
      headers: { ...from, accept: 'text/event-stream', 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ query: 'subscription { leaderboardUpdated(key: "score") { at } }' }),
    });
    const [, data = ''] = /event: next\ndata:(.*)\n/.exec(await streamed.text()) ?? [];
    expect(JSON.parse(data)).toMatchObject({ errors: [{ extensions: LIMITED(4) }] });
  });

  it('bound operations over WebSocket, which live on', async () => {
    const socket = await connect(elsewhere());
    expect((await socket.next()).type).toBe('connection_ack');
    const ask = async (id: string, query: string) => {
      socket.send({ type: 'subscribe', id, payload: { query } });
      const { type, payload } = await socket.next();
      if (type === 'next') await socket.next();
      return payload;
    };
    for (const id of ['a', 'b', 'c'])
      expect(await ask(id, '{ __typename }')).toEqual({ data: { __typename: 'Query' } });
    expect(await ask('d', '{ rateLimit { limit remaining } }')).toEqual({
      data: { rateLimit: { limit: 4, remaining: 0 } },
    });
    expect(await ask('e', '{ __typename }')).toMatchObject([{ extensions: LIMITED(4) }]);
    expect(socket.isClosed()).toBe(false);
  });

  it('count a subscription once, however many events it brings, also one that is shared', async () => {
    const { id, tokens } = await newPlayer();
    const authorization = `Bearer ${tokens.accessToken}`;
    const listening = await laurel.subscribe(
      'subscription { leaderboardUpdated(key: "score", first: 3) { entries { rank score } } }',
      {},
      { authorization },
    );
    const progress = await laurel.subscribe('subscription { userProgressed { score } }', {}, { authorization });
    for (let count = 1; count <= 5; count += 1) {
      await laurel.query(
        RECORD,
        { input: { events: [{ user: { id }, type: 'login' }] } },
        { authorization: `Bearer ${key}` },
      );
      await progress.take(count);
    }
    await listening.take(2);
    const { data } = await laurel.query(RATE, {}, { authorization });
    expect(data.rateLimit).toEqual({ limit: 4, remaining: 1, resetAt: expect.stringMatching(/Z$/) });
  });

  it('bound events that a player reports itself, all of a batch or none', async () => {
    const { id, tokens } = await newPlayer();
    const record = (count: number) =>
      laurel.query(
        RECORD,
        { input: { events: Array.from({ length: count }, () => ({ user: { id }, type: 'login' })) } },
        { authorization: `Bearer ${tokens.accessToken}` },
      );
    expect((await record(2)).data.recordEvents.results).toHaveLength(2);
    const refused = await record(2);
    expect(refused).toMatchObject({ data: null, errors: [{ extensions: LIMITED(3) }] });
    expect(codesOf([await record(1), await record(1)])).toEqual(['ok', 'RATE_LIMITED']);
  });

  it('bound sockets that connect: closed with 1013, and for how long', async () => {
    const from = elsewhere();
    for (let count = 0; count < 2; count += 1) {
      expect((await (await connect(from)).next()).type).toBe('connection_ack');
    }
    const { code, reason } = await (await connect(from)).closed;
    expect([code, JSON.parse(reason)]).toEqual([1013, LIMITED(2)]);
    const { tokens } = await newPlayer();
    const payload = { authorization: `Bearer ${tokens.accessToken}` };
    expect((await (await connect(from, payload)).next()).type).toBe('connection_ack');
    for (let count = 0; count < 4; count += 1) {
      const trusted = await connect(from, { authorization: `Bearer ${key}` });
      expect((await trusted.next()).type).toBe('connection_ack');
    }
    const guessing = elsewhere();
    const codes: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      codes.push((await (await connect(guessing, { authorization: 'Bearer nonsense' })).closed).code);
    }
    expect(codes).toEqual([4403, 4403, 1013]);
  });

  it('bound who signs in and who refreshes, by the address', async () => {
    const from = elsewhere();
    const guest = () => laurel.query(signInMutation('signInAsGuest'), { input: {} }, from);
    const [first, , third] = await times(3, guest);
    expect(third?.errors[0]?.extensions).toMatchObject(LIMITED(2));
    const input = { login: 'nobody', password: 'a long password' };
    expect(codesOf([await laurel.query(signInMutation('signIn'), { input }, from)])).toEqual(['RATE_LIMITED']);
    const at = elsewhere();
    const refresh = ({ refreshToken }: Tokens) =>
      laurel.query(signInMutation('refreshTokens'), { input: { refreshToken } }, at);
    const again = await refresh(first?.data.signInAsGuest.tokens);
    expect(again.data.refreshTokens.__typename).toBe('RefreshTokensSuccess');
    expect((await refresh(again.data.refreshTokens.tokens)).errors[0]?.extensions).toMatchObject(LIMITED(1));
  });

  it('do not touch server keys, /health and /ready', async () => {
    const from = { ...elsewhere(), authorization: `Bearer ${key}` };
    const events = Array.from({ length: 10 }, () => ({ user: { externalId: unique() }, type: 'login' }));
    const answers = await times(6, () => laurel.query(RECORD, { input: { events } }, from));
    expect(answers.map(({ data }) => data.recordEvents.recorded)).toEqual(Array(6).fill(10));
    expect((await laurel.query(RATE, {}, from)).data).toEqual({ rateLimit: null });
    const at = elsewhere();
    for (const path of ['/health', '/ready', '/health', '/ready', '/health', '/ready']) {
      const { status, body } = await fetch(`${laurel.url}${path}`, { headers: { ...at, connection: 'close' } });
      await body?.cancel();
      expect(status).toBe(200);
    }
    expect((await laurel.query(RATE, {}, at)).data.rateLimit).toMatchObject({ limit: 4, remaining: 3 });
  });
});

it('rates do not apply where the developer is at home', async () => {
  const laurel = await startLaurel('embedded', { environment: { LAUREL_RATE_API: '1', LAUREL_RATE_SIGN_IN: '1' } });
  for (let time = 0; time < 3; time += 1) {
    expect((await laurel.query(RATE)).data).toEqual({ rateLimit: null });
    expect((await signIn(laurel, 'signInAsGuest', {})).__typename).toBe('SignInAsGuestSuccess');
  }
  await laurel.check();
  await laurel.close();
});
