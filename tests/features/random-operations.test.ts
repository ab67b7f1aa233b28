import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/databases.ts';
import { type Answer, startLaurel, TEST_SECRET, type TestLaurel, unique } from '../support/laurel.ts';
import { operationsOf, type RandomOperation, seeded } from './support/random-operations.ts';

const SEED = Number(process.env['LAUREL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** On each backend, by all roles together; by hand 20,000. */
const OPERATIONS = Number(process.env['LAUREL_FUZZ'] ?? 1_000);
const AT_ONCE = 8;
const SLOW_MS = 60_000 + OPERATIONS * 100;
/** The administrator last: it may delete what the others are about. */
const ROLES = ['nobody', 'player', 'events:write', 'events:read', 'users:write', 'catalog:write', 'admin'] as const;
type Role = (typeof ROLES)[number];
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
  const credentials = new Map<Role, string>();
  beforeAll(async () => {
    laurel = await startLaurel(backend, { environment: { LAUREL_AUTH: 'on', LAUREL_JWT_SECRET: TEST_SECRET } });
    for (const scope of ROLES.slice(2)) {
      credentials.set(scope, await laurel.app.auth.createKey({ name: scope, scopes: [scope], days: null }));
    }
    const events = ['hero', 'rival'].flatMap((externalId) =>
      ['login', 'find_secret', 'find_secret', 'find_secret'].map((type) => ({ user: { externalId }, type })),
    );
    const { data } = await send('admin', { query: SETUP, variables: { input: { events } } });
    remember(data, words);
    await becomePlayer(data.recordEvents.results[0].user.id);
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const send = (role: Role, { query, variables }: RandomOperation): Promise<Answer> => {
    const credential = credentials.get(role);
    return laurel.query(query, variables, credential === undefined ? {} : { authorization: `Bearer ${credential}` });
  };
  const becomePlayer = async (id: string): Promise<void> => {
    credentials.set('player', await laurel.app.auth.createToken(id.slice('user_'.length)));
  };
  /** Who deleted itself goes on as somebody else. */
  const comeBack = async (): Promise<void> => {
    if ((await send('player', { query: '{ viewer { id } }', variables: {} })).errors.length === 0) return;
    const input = { events: [{ user: { externalId: unique('hero') }, type: 'login' }] };
    const { data } = await send('admin', { query: SETUP, variables: { input } });
    await becomePlayer(data.recordEvents.results[0].user.id);
  };

  it.each(ROLES)(
    'are answered with data or a foreseen error to a caller who is %s',
    { timeout: SLOW_MS },
    async (role) => {
      const own = [...words];
      const random = seeded(SEED);
      const maker = operationsOf(laurel.app.schema, random, own);
      for (let done = 0; done < OPERATIONS / ROLES.length; done += AT_ONCE) {
        const operations = Array.from({ length: AT_ONCE }, () => (random() < 0.7 ? maker.query() : maker.mutation()));
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
        if (role === 'player') await comeBack();
      }
    },
  );
});

/** Keeps what an answer shows of ids, cursors and names, for later operations. */
function remember(value: unknown, words: string[]): void {
  if (typeof value === 'string' && value.length > 2 && value.length < 300 && !words.includes(value)) words.push(value);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) if (name !== '__typename') remember(part, words);
}
