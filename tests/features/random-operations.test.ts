import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/databases.ts';
import { type Answer, startLaurel, TEST_SECRET, type TestLaurel } from '../support/laurel.ts';
import { operationsOf, type RandomOperation, seeded } from './support/random-operations.ts';

const SEED = Number(process.env['LAUREL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const OPERATIONS = Number(process.env['LAUREL_TEST_OPERATIONS'] ?? 500);
const CODES = ['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_USER_INPUT', 'RATE_LIMITED', 'NOT_READY', 'CURSOR_EXPIRED'];

const SETUP = `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { results { ... on RecordEventSuccess {
  cursor event { id } unlocked { id } user { id username notifications { nodes { id } edges { cursor } } events { edges { cursor } } } } } } }`;

describe.each(backends())(`random operations on %s (LAUREL_TEST_SEED=${SEED})`, (backend) => {
  let laurel: TestLaurel;
  const words = [
    'login',
    'complete_level',
    'find_secret',
    'newcomer',
    'regular',
    'loyalty',
    'hero',
    'rival',
    'ru',
    'en',
    'Europe/Moscow',
    'a@example.com',
  ];
  const credentials = new Map<string, string>();
  beforeAll(async () => {
    laurel = await startLaurel(backend, { environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET } });
    const key = await laurel.app.auth.createKey({ name: 'all', scopes: ['admin'], days: null });
    credentials.set('admin', key);
    const events = ['hero', 'rival'].flatMap((externalId) =>
      ['login', 'find_secret', 'find_secret', 'find_secret'].map((type) => ({ user: { externalId }, type })),
    );
    const { data } = await send('admin', { query: SETUP, variables: { input: { events } } });
    remember(data, words);
    const { user } = data.recordEvents.results[0];
    credentials.set('player', await laurel.app.auth.createToken(user.id.slice('user_'.length)));
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const send = (role: string, { query, variables }: RandomOperation): Promise<Answer> =>
    laurel.query(query, variables, { authorization: `Bearer ${credentials.get(role)}` });

  it.each(['admin', 'player'])('are answered with data or a foreseen error to a caller who is %s', async (role) => {
    const own = [...words];
    const random = seeded(SEED);
    const maker = operationsOf(laurel.app.schema, random, own);
    for (let done = 0; done < OPERATIONS; done += 8) {
      const operations = Array.from({ length: 8 }, () => (random() < 0.7 ? maker.query() : maker.mutation()));
      const answers = await Promise.all(operations.map((operation) => send(role, operation)));
      for (const [index, answer] of answers.entries()) {
        const wrong = answer.errors.filter(
          ({ extensions }) =>
            !CODES.includes(String(extensions['code'])) ||
            extensions['requestId'] !== answer.headers.get('x-request-id'),
        );
        expect(wrong, JSON.stringify(operations[index])).toEqual([]);
        if (own.length < 400) remember(answer.data, own);
      }
    }
  });
});

/** Keeps what an answer shows of ids, cursors and names, for later operations. */
function remember(value: unknown, words: string[]): void {
  if (typeof value === 'string' && value.length > 2 && value.length < 300 && !words.includes(value)) words.push(value);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) if (name !== '__typename') remember(part, words);
}
