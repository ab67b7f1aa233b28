import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MOST_SOCKETS } from '../../src/http/socket-limits.ts';
import { sql } from '../../src/platform/sql.ts';
import { eventually } from '../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../support/laurel.ts';

const TOASTS =
  'subscription ($user: UserRef!) { achievementUnlocked(user: $user) { achievement { key } user { score } } }';
const RESUMED = `subscription ($user: UserRef!, $after: String) {
  achievementUnlocked(user: $user, after: $after) { cursor replayed achievement { key } }
}`;
const PROGRESS = 'subscription ($user: UserRef!) { userProgressed(user: $user) { score } }';
const RECORD = 'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename } }';

let laurel: TestLaurel;
beforeAll(async () => {
  laurel = await startLaurel('embedded');
});
afterEach(() => laurel.check());
afterAll(() => laurel.close());

const login = (externalId: string) => laurel.query(RECORD, { input: { user: { externalId }, type: 'login' } });

/** Subscribes by POST and collects the events of the stream. */
async function openStream(
  on: TestLaurel,
  query: string,
  externalId: string,
  headers: Readonly<Record<string, string>> = {},
  after: string | null = null,
) {
  const before = on.app.held().listeners;
  const cancel = new AbortController();
  const response = await fetch(`${on.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', connection: 'close', ...headers },
    body: JSON.stringify({ query, variables: { user: { externalId }, ...(after !== null && { after }) } }),
    signal: cancel.signal,
  });
  const events: { event: string; data: unknown }[] = [];
  let isOver = false;
  const reading = (async () => {
    let rest = '';
    const lines = response.body?.pipeThrough(new TextDecoderStream());
    if (lines)
      for await (const text of lines) {
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const [, event = '', data = ''] = /^event: (\w+)\ndata:(.*)$/s.exec(block) ?? [];
          if (event !== '') events.push({ event, data: data === '' ? null : JSON.parse(data) });
        }
      }
  })()
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
    });
  await eventually('the stream is attached', () => isOver || on.app.held().listeners > before);
  return { response, events, cancel: () => cancel.abort(), ended: reading };
}

it('streams toasts as server-sent events, and lets go when the client does', async () => {
  const player = unique();
  await login(player);
  const stream = await openStream(laurel, TOASTS, player);
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
  for (let count = 0; count < 4; count += 1) await login(player);
  await eventually('the toast is there', () => stream.events.length > 0);
  expect(stream.events).toEqual([
    {
      event: 'next',
      data: { data: { achievementUnlocked: { achievement: { key: 'regular' }, user: { score: 25 } } } },
    },
  ]);
  stream.cancel();
  await stream.ended;
  await eventually('nothing is held', () => laurel.app.held().listeners === 0);
});

it('ends with an error at the first event after its key was revoked', async () => {
  const player = unique();
  await login(player);
  const clock = { now: () => Date.now() + ahead };
  let ahead = 0;
  const own = await startLaurel('embedded', { database: laurel.database, clock, environment: { LAUREL_AUTH: 'on' } });
  const key = await own.app.auth.createKey({ name: 'stream', scopes: ['events:write'], days: null });
  const authorization = `Bearer ${key}`;
  const record = () =>
    own.query(RECORD, { input: { user: { externalId: player }, type: 'login' } }, { authorization: `Bearer ${other}` });
  const other = await own.app.auth.createKey({ name: 'game', scopes: ['events:write'], days: null });
  const stream = await openStream(own, PROGRESS, player, { authorization });
  await record();
  await eventually('an event came', () => stream.events.length === 1);
  await own.database.query(sql`update api_keys set revoked_at = now() where name = 'stream'`);
  ahead = 2_000;
  await record();
  await stream.ended;
  expect(stream.events).toEqual([
    { event: 'next', data: { data: { userProgressed: { score: 10 } } } },
    {
      event: 'next',
      data: {
        errors: [
          {
            message: 'This key was revoked',
            extensions: { code: 'UNAUTHENTICATED', reason: 'REVOKED', requestId: expect.any(String) },
          },
        ],
      },
    },
    { event: 'complete', data: null },
  ]);
  expect(own.app.held().listeners).toBe(0);
  await own.close();
});

it('ends at once when the server closes, so that closing does not wait for it', async () => {
  const own = await startLaurel('embedded', { database: laurel.database });
  const player = unique();
  await login(player);
  const stream = await openStream(own, PROGRESS, player);
  const startedAt = performance.now();
  await own.close();
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  await stream.ended;
});

describe('recovery', () => {
  const START =
    'mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { ... on UpsertUserSuccess { user { cursor } } } }';
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape its own query asked for.
  const toasts = ({ events }: { events: { event: string; data: any }[] }) =>
    events
      .filter(({ event }) => event === 'next')
      .map(({ data }) => {
        const { achievement, replayed, cursor } = data.data.achievementUnlocked;
        return { key: achievement.key as string, replayed: replayed as boolean, cursor: cursor as string };
      });

  it('brings what was stored after the cursor first, then what comes, without a gap or a repeat', async () => {
    const player = unique();
    const { data } = await laurel.query(START, { input: { user: { externalId: player } } });
    const start: string = data.upsertUser.user.cursor;
    for (let count = 0; count < 5; count += 1) await login(player);
    const stream = await openStream(laurel, RESUMED, player, {}, start);
    await eventually('what was stored is there', () => toasts(stream).length >= 2);
    const record = (type: string) => laurel.query(RECORD, { input: { user: { externalId: player }, type } });
    for (let count = 0; count < 3; count += 1) await record('find_secret');
    await eventually('what is new is there', () => toasts(stream).length >= 3);
    const seen = toasts(stream);
    expect(seen.map(({ key, replayed }) => [key, replayed])).toEqual([
      ['newcomer', true],
      ['regular', true],
      ['explorer', false],
    ]);
    stream.cancel();
    await eventually('it is let go', () => laurel.app.held().listeners === 0);
    const again = await openStream(laurel, RESUMED, player, {}, seen[0]?.cursor);
    await eventually('the rest is there', () => toasts(again).length >= 2);
    expect(toasts(again).map(({ key, replayed }) => [key, replayed])).toEqual([
      ['regular', true],
      ['explorer', true],
    ]);
    again.cancel();
    await again.ended;
  });

  it('ends at once with CURSOR_EXPIRED where the cursor is no longer kept', async () => {
    // A database of its own, for its books are not whole after.
    const own = await startLaurel('embedded');
    const player = unique();
    const { data } = await own.query(START, { input: { user: { externalId: player } } });
    for (let count = 0; count < 5; count += 1)
      await own.query(RECORD, { input: { user: { externalId: player }, type: 'login' } });
    await own.database.query(sql`delete from notifications where seq = 1`);
    const stream = await openStream(own, RESUMED, player, {}, data.upsertUser.user.cursor);
    await stream.ended;
    expect(stream.events).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'CURSOR_EXPIRED', oldest: expect.any(String) } }] } },
      { event: 'complete', data: null },
    ]);
    expect(own.app.held()).toMatchObject({ listeners: 0, streams: 0, watched: 0 });
    await own.close();
  });
});

it('leaves no listener, stream or timer behind, however its client goes and whatever was under way', async () => {
  const player = unique();
  await login(player);
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const settled = async () => {
    await eventually('nothing is held', () => Object.values(laurel.app.held()).every((count) => count === 0));
  };
  await settled();
  const before = timers();
  const streams = await Promise.all(Array.from({ length: 10 }, () => openStream(laurel, TOASTS, player)));
  for (const stream of streams.slice(0, 5)) stream.cancel();
  await Promise.all([...Array.from({ length: 4 }, () => login(player))]);
  for (const stream of streams) stream.cancel();
  await Promise.all(streams.map(({ ended }) => ended));
  await settled();
  await eventually('the timers are gone', () => timers() <= before);
});

describe('the stream of a credential', () => {
  let own: TestLaurel;
  let key: string;
  let ahead = 0;
  beforeAll(async () => {
    // It stands still: nothing expires before its time on a slow machine.
    const startedAt = Date.now();
    const clock = { now: () => startedAt + ahead };
    // With a database of its own: the other Laurel would not know what happened to its boards.
    own = await startLaurel('embedded', { clock, environment: { LAUREL_AUTH: 'on' } });
    key = `Bearer ${await own.app.auth.createKey({ name: 'game', scopes: ['admin'], days: null })}`;
  });
  afterEach(async () => {
    await own.check();
    ahead = 0;
  });
  afterAll(() => own.close());

  const record = (externalId: string) =>
    own.query(RECORD, { input: { user: { externalId }, type: 'login' } }, { authorization: key });
  /** A new player, and a token that expires in a moment when `soon`. */
  async function player(soon = false): Promise<{ externalId: string; authorization: string }> {
    const externalId = unique();
    await record(externalId);
    const { data } = await own.query(
      'query ($by: UserRef!) { user(by: $by) { id } }',
      { by: { externalId } },
      { authorization: key },
    );
    if (soon) ahead = -(15 * 60_000 - 1_500);
    const token = await own.app.auth.createToken(data.user.id.replace('user_', ''));
    ahead = 0;
    return { externalId, authorization: `Bearer ${token}` };
  }
  const ending = (message: string, more: object = {}) => [
    {
      event: 'next',
      data: { errors: [{ message, extensions: { code: 'UNAUTHENTICATED', requestId: expect.any(String), ...more } }] },
    },
    { event: 'complete', data: null },
  ];

  it('ends when the token expires, also where nothing happens', async () => {
    const { externalId, authorization } = await player(true);
    const stream = await openStream(own, PROGRESS, externalId, { authorization });
    expect(stream.events).toEqual([]);
    await stream.ended;
    expect(stream.events).toEqual(ending('This token has expired'));
    expect(own.app.held().listeners).toBe(0);
  });

  it('gives no event to a token that has expired', async () => {
    const { externalId, authorization } = await player();
    const stream = await openStream(own, PROGRESS, externalId, { authorization });
    await record(externalId);
    await eventually('an event came', () => stream.events.length === 1);
    ahead = 16 * 60_000;
    await record(externalId);
    await stream.ended;
    expect(stream.events.slice(1)).toEqual(ending('This token is not valid, or has expired'));
  });

  it('ends soon after its key is revoked, also where nothing happens', async () => {
    const { externalId } = await player();
    const game = await own.app.auth.createKey({ name: 'revoked', scopes: ['events:write'], days: null });
    const stream = await openStream(own, PROGRESS, externalId, { authorization: `Bearer ${game}` });
    await own.database.query(sql`update api_keys set revoked_at = now() where name = 'revoked'`);
    ahead = 2_000;
    await stream.ended;
    expect(stream.events).toEqual(ending('This key was revoked', { reason: 'REVOKED' }));
  });

  it(`is one of at most ${MOST_SOCKETS} of its player; those of a key are not counted`, async () => {
    const { externalId, authorization } = await player();
    const streams: Awaited<ReturnType<typeof openStream>>[] = [];
    for (let count = 0; count < MOST_SOCKETS; count += 1)
      streams.push(await openStream(own, PROGRESS, externalId, { authorization }));
    const more = await openStream(own, PROGRESS, externalId, { authorization });
    await more.ended;
    expect(more.events).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'RATE_LIMITED', limit: MOST_SOCKETS } }] } },
      { event: 'complete' },
    ]);
    for (let count = 0; count <= MOST_SOCKETS; count += 1)
      streams.push(await openStream(own, PROGRESS, externalId, { authorization: key }));
    streams[0]?.cancel();
    await streams[0]?.ended;
    await eventually('it is let go', () => own.app.held().listeners === 2 * MOST_SOCKETS);
    streams.push(await openStream(own, PROGRESS, externalId, { authorization }));
    await record(externalId);
    await eventually('every one is told', () => streams.slice(1).every(({ events }) => events.length === 1));
    for (const stream of streams) stream.cancel();
    await Promise.all(streams.map(({ ended }) => ended));
  });

  it('has operations of at most 256 KiB, as any by POST', async () => {
    const { externalId } = await player();
    const query = `${PROGRESS} #${'x'.repeat(256 * 1_024)}`;
    const stream = await openStream(own, query, externalId, { authorization: key });
    await stream.ended;
    expect(stream.events).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] } },
      { event: 'complete' },
    ]);
  });
});
