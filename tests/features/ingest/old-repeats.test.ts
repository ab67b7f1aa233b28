import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../../support/databases.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../../support/laurel.ts';

const RECORD = `mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename
  ... on RecordEventSuccess { replayed event { id points } unlocked { achievement { key } } } ... on Error { code } } }`;
const DAY = 86_400_000;

describe.each(backends())('a repeat that comes late on %s', (backend) => {
  let laurel: TestLaurel;
  const start = Date.parse('2026-05-01T12:00:00Z');
  let now = start;
  beforeAll(async () => {
    laurel = await startLaurel(backend, {
      clock: { now: () => now },
      environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET },
    });
  });
  afterEach(async () => {
    now = start;
    await laurel.check();
  });
  afterAll(() => laurel.close());

  const record = async (headers: Record<string, string>, input: object) =>
    (await laurel.query(RECORD, { input }, headers)).data.recordEvent;
  const key = async (scopes = ['events:write']) => ({
    authorization: `Bearer ${await laurel.app.auth.createKey({ name: unique('key'), scopes, days: null })}`,
  });

  it('is answered as the first was, older than events may be; another payload conflicts, another key is refused', async () => {
    const headers = await key();
    const sent = {
      user: { externalId: unique() },
      type: 'login',
      occurredAt: new Date(start).toISOString(),
      idempotencyKey: 'a',
    };
    const first = await record(headers, sent);
    now = start + 30 * DAY;
    expect(await record(headers, sent)).toEqual({ ...first, replayed: true });
    expect(await record(headers, { ...sent, type: 'find_secret' })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await record(headers, { ...sent, type: 'gone' })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await record(headers, { ...sent, details: { level: 1 } })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await record(headers, { ...sent, idempotencyKey: 'b' })).toMatchObject({ code: 'EVENT_TIME' });
    expect(await record(headers, { ...sent, user: { externalId: unique() } })).toMatchObject({ code: 'EVENT_TIME' });
  });

  it('tells no player what somebody else reported', async () => {
    const names = [unique(), unique()];
    const headers = await key();
    const ids = [];
    for (const externalId of names) {
      const { event } = await record(headers, { user: { externalId }, type: 'login', idempotencyKey: 'a' });
      ids.push(event.id.replace('event_', '').split('.')[0] as string);
    }
    const [own = '', other = ''] = ids;
    const sent = { type: 'gone', details: null, occurredAt: null, sentAt: null, idempotencyKey: 'a' };
    const answerTo = async (userId: string) => {
      const player = { kind: 'player', userId, sessionId: null, role: null, expiresAt: now + DAY } as const;
      const [outcome] = await laurel.app.services.ingest.record(player, [{ ...sent, user: { by: 'id', value: own } }]);
      return outcome?.constructor.name;
    };
    expect([await answerTo(own), await answerTo(other)]).toEqual(['IdempotencyConflictError', 'UnknownEventTypeError']);
  });
});
