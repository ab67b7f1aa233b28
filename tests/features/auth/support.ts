import type { Answer, TestLaurel } from '../../support/laurel.ts';

const TOKENS = 'tokens { accessToken accessExpiresAt refreshToken refreshExpiresAt }';
const REFUSAL = '... on Error { code message }';

/** A pair of tokens as it came. */
export interface Tokens {
  readonly accessToken: string;
  readonly accessExpiresAt: string;
  readonly refreshToken: string;
  readonly refreshExpiresAt: string;
}

/** A mutation that signs in; `Name` of its success type, further fields of it. */
export function signInMutation(field: string, fields = ''): string {
  const name = field.charAt(0).toUpperCase() + field.slice(1);
  return `mutation ($input: ${name}Input!) { ${field}(input: $input) {
    __typename ... on ${name}Success { user { id displayName } ${TOKENS} ${fields} } ${REFUSAL} } }`;
}

/** What a sign-in mutation answered, of a caller without a credential. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape its own query asked for.
export async function signIn(laurel: TestLaurel, field: string, input: object, fields = ''): Promise<any> {
  const { data, errors } = await laurel.query(signInMutation(field, fields), { input });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data[field];
}

/** A new guest. */
export async function newGuest(
  laurel: TestLaurel,
): Promise<{ readonly userId: string; readonly deviceToken: string; readonly tokens: Tokens }> {
  const { user, tokens, deviceToken } = await signIn(laurel, 'signInAsGuest', {}, 'deviceToken');
  return { userId: user.id, deviceToken, tokens };
}

/** The header of an access token. */
export function bearer({ accessToken }: Pick<Tokens, 'accessToken'>): { authorization: string } {
  return { authorization: `Bearer ${accessToken}` };
}

/** Runs an operation with an access token. */
export function as(laurel: TestLaurel, tokens: Tokens, query: string, variables: object = {}): Promise<Answer> {
  return laurel.query(query, variables, bearer(tokens));
}

/** The id of the viewer of an access token, or the code and reason with which it is refused. */
export async function viewerOf(laurel: TestLaurel, tokens: Tokens): Promise<string> {
  const { data, errors } = await as(laurel, tokens, '{ viewer { id } }');
  const { code, reason } = errors[0]?.extensions ?? {};
  return data?.viewer?.id ?? [code, reason].filter(Boolean).join(' ');
}

/** Everything that is stored, as one text: what must not be in it is searched there. */
export async function dumped({ database }: Pick<TestLaurel, 'database'>): Promise<string> {
  const tables = await database.query<{ name: string }>({
    text: `select c.relname as name from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`,
    values: [],
  });
  const texts = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await database.query<{ row: string }>({
        text: `select t::text as row from "${name}" t`,
        values: [],
      });
      return rows.map(({ row }) => row).join('\n');
    }),
  );
  return texts.join('\n');
}
