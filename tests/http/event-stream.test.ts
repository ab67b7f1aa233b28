import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { sql } from '../../src/platform/sql.ts';
import { eventually } from '../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../support/laurel.ts';

const TOASTS =
  'subscription ($user: UserRef!) { achievementUnlocked(user: $user) { achievement { key } user { score } } }';
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
) {
  const before = on.app.held().listeners;
  const cancel = new AbortController();
  const response = await fetch(`${on.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', connection: 'close', ...headers },
    body: JSON.stringify({ query, variables: { user: { externalId } } }),
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
