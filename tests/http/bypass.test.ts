import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { signInMutation } from '../features/auth/support.ts';
import { startLaurel, TEST_SECRET, type TestLaurel, unique } from '../support/laurel.ts';
import { openSocket } from './raw-socket.ts';

/** An answer of whatever transport. */
interface Outcome {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}
type Ask = (payload: object, headers: Record<string, string>) => Promise<Outcome>;

const PASSWORD = 'the right password';
const RECORD = `mutation ($input: RecordEventsInput!) {
  a: recordEvents(input: $input) { recorded } b: recordEvents(input: $input) { recorded } c: recordEvents(input: $input) { recorded } }`;

let laurel: TestLaurel;
let addresses = 0;
beforeAll(async () => {
  laurel = await startLaurel('embedded', {
    environment: {
      LAUREL_AUTH: 'on',
      LAUREL_JWT_SECRET: TEST_SECRET,
      LAUREL_TRUST_PROXY: '1',
      LAUREL_RATE_EVENTS: '5',
      LAUREL_RATE_SIGN_IN: '3',
    },
  });
});
afterEach(() => laurel.check());
afterAll(() => laurel.close());

/** Each test comes from elsewhere. */
const elsewhere = (): Record<string, string> => {
  addresses += 1;
  return { 'x-forwarded-for': `10.1.0.${addresses}` };
};
const post = (accept: string, body: unknown, headers: Record<string, string>) =>
  fetch(`${laurel.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, connection: 'close', ...headers },
    body: JSON.stringify(body),
  });
const transports: readonly (readonly [string, Ask])[] = [
  [
    'by POST',
    async (payload, headers) => (await post('application/json', payload, headers)).json() as Promise<Outcome>,
  ],
  [
    'as an event stream',
    async (payload, headers) => {
      const text = await (await post('text/event-stream', payload, headers)).text();
      return read(text);
    },
  ],
  [
    'over a socket',
    async (payload, headers) => {
      const line = await openSocket(laurel.url, { headers });
      await line.init();
      line.send({ type: 'subscribe', id: '1', payload });
      const { type, payload: answer } = await line.next();
      line.socket.close();
      await line.closed;
      return type === 'error' ? { errors: answer } : answer;
    },
  ],
];
/** An answer by POST, or the first of an event stream. */
const read = (text: string): Outcome => JSON.parse(/event: next\ndata:(.*)\n/.exec(text)?.[1] ?? text);
const codeOf = ({ errors }: Outcome): string => errors?.[0]?.extensions.code ?? 'ok';

describe.each(transports)('what goes round a limit by aliases, %s', (_name, ask) => {
  /** Guesses at a password, each under an alias of its own. */
  const guess = (login: string, passwords: readonly string[], headers: Record<string, string>) => {
    const fields = passwords.map(
      (_, at) => `a${at}: signIn(input: { login: $login, password: $p${at} }) { __typename }`,
    );
    const types = passwords.map((_, at) => `$p${at}: String!`).join(', ');
    const query = `mutation ($login: String!, ${types}) { ${fields.join(' ')} }`;
    const variables = Object.fromEntries(passwords.map((password, at) => [`p${at}`, password]));
    return ask({ query, variables: { login, ...variables } }, headers);
  };

  it('is no second guess at a password: each alias counts', async () => {
    const login = unique('ann');
    const signedUp = await laurel.query(
      signInMutation('signUp'),
      { input: { username: login, password: PASSWORD } },
      elsewhere(),
    );
    expect(signedUp.errors).toEqual([]);
    const from = elsewhere();
    expect(await guess(login, ['wrong one', 'wrong two'], from)).toMatchObject({
      data: { a0: { __typename: 'InvalidCredentialsError' }, a1: { __typename: 'InvalidCredentialsError' } },
    });
    const fourth = await guess(login, ['wrong three', PASSWORD], from);
    expect([fourth.data ?? null, codeOf(fourth)]).toEqual([null, 'RATE_LIMITED']);
    expect(codeOf(await guess(login, [PASSWORD], from))).toBe('RATE_LIMITED');
  });

  it('is no second batch of events', async () => {
    const guest = await laurel.query(signInMutation('signInAsGuest'), { input: {} }, elsewhere());
    const { user, tokens } = guest.data.signInAsGuest;
    const headers = { ...elsewhere(), authorization: `Bearer ${tokens.accessToken}` };
    const record = (query: string, count: number) => {
      const events = Array.from({ length: count }, () => ({ user: { id: user.id }, type: 'login' }));
      return ask({ query, variables: { input: { events } } }, headers);
    };
    // Two, two more, and then there is one left of five.
    expect(codeOf(await record(RECORD, 2))).toBe('RATE_LIMITED');
    const single = RECORD.replace(/ b: .* }$/, ' }');
    expect([codeOf(await record(single, 1)), codeOf(await record(single, 1))]).toEqual(['ok', 'RATE_LIMITED']);
  });

  it.each([
    ['fields', (name: string) => `${name}: catalog { version }`],
    ['__typename', (name: string) => `${name}: __typename`],
    ['fragments', (name: string) => `... on Query { ${name}: __typename }`],
  ])('is refused beyond 15 of them: %s', async (_what, field) => {
    const query = `{ ${Array.from({ length: 16 }, (_, at) => field(`a${at}`)).join(' ')} }`;
    const { data, errors } = await ask({ query }, elsewhere());
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([{ message: 'The operation has 16 aliases; at most 15 are answered' }]);
  });
});

describe('operations in one array', () => {
  const batch = Array.from({ length: 20 }, () => ({ query: '{ __typename }' }));

  it.each(['application/json', 'application/graphql-response+json', 'text/event-stream', '*/*'])(
    'are not answered by POST, to who takes %s',
    async (accept) => {
      for (const body of [batch, [batch], []]) {
        const response = await post(accept, body, elsewhere());
        const text = await response.text();
        expect(response.status).toBe(400);
        expect(text).not.toContain('"Query"');
        expect(read(text).errors).toHaveLength(1);
      }
    },
  );

  it('are not answered over a socket: neither as messages nor as a payload or a query', async () => {
    const subscribe = { type: 'subscribe', id: '1', payload: { query: '{ __typename }' } };
    for (const message of [
      [subscribe, { ...subscribe, id: '2' }],
      { ...subscribe, payload: batch },
      { ...subscribe, payload: { query: ['{ __typename }'] } },
    ]) {
      const line = await openSocket(laurel.url, { headers: elsewhere() });
      await line.init();
      line.send(message);
      expect((await line.closed).code).toBe(4400);
      expect(line.received.filter(({ type }) => type === 'next')).toEqual([]);
    }
  });
});
