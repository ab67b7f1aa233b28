import http from 'node:http';
import https from 'node:https';
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { CatalogFiles } from '../../features/catalog/parse.ts';
import type { ProgramParts } from '../program-parts.ts';

/** A running Laurel that a command talks to instead of a database. */
export interface RemoteLaurel {
  /** Such as https://laurel.example */
  readonly url: string;
  /** A key with the scope catalog:write. */
  readonly key: string | undefined;
}

/** A plan takes as long as the log is; nothing else takes long. */
const WITHIN_MS = 60 * 60_000;

/**
 * Runs one operation on a running Laurel and answers its only field.
 * @throws Error in words: the address does not answer, the right is missing, or a refusal with its faults
 */
export async function callLaurel<Answer>(
  { url, key }: RemoteLaurel,
  query: string,
  input: object | null,
): Promise<Answer> {
  const headers = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  const body = JSON.stringify({ query, variables: input === null ? {} : { input } });
  const address = new URL('/graphql', url);
  const { status, text } = await send(address, headers, body).catch((error: unknown) => {
    throw new Error(`${address.href} does not answer: ${error instanceof Error ? error.message : String(error)}`);
  });
  const answer = readAnswer(text) as {
    data?: Record<string, Answer & Refused> | null;
    errors?: readonly { readonly message: string }[];
  };
  if (answer.errors !== undefined) throw new Error(answer.errors.map(({ message }) => message).join('\n'));
  const [result] = Object.values(answer.data ?? {});
  if (result === undefined) throw new Error(`${address.href} answered ${status}, and nothing that a Laurel says.`);
  if (result.code !== undefined) throw new Error([result.message, ...(result.faults ?? []).map(faultText)].join('\n'));
  return result;
}

/** Posts and waits for the whole answer. `fetch` gives up on an answer that has not begun after five minutes. */
function send(address: URL, headers: Record<string, string>, body: string): Promise<{ status: number; text: string }> {
  const request = address.protocol === 'https:' ? https.request : http.request;
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, signal: AbortSignal.timeout(WITHIN_MS) };
    const sent = request(address, options, (response) => {
      textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function readAnswer(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    return {};
  }
}

interface Refused {
  readonly code?: string;
  readonly message?: string;
  readonly faults?: readonly {
    file: string;
    line: number;
    column: number;
    message: string;
    suggestion: string | null;
  }[];
}

function faultText({ file, line, column, message, suggestion }: NonNullable<Refused['faults']>[number]): string {
  return `${file}:${line}:${column}: ${message}${suggestion === null ? '' : `; did you mean "${suggestion}"?`}`;
}

/** A catalog as the API takes it. */
export function toInput({ main, files }: CatalogFiles): object {
  const included = Object.entries(files).filter(([path]) => path !== main);
  return { source: files[main] ?? '', files: included.map(([path, text]) => ({ path, text })) };
}

const REFUSAL = `... on CatalogInvalidError { code message faults { file line column message suggestion } } ... on Error { code message }`;

/** The operations of the commands. */
export const OPERATIONS = {
  plan: `mutation ($input: PlanCatalogInput!) { planCatalog(input: $input) { ... on PlanCatalogSuccess {
    from metricsToFill users points xp definitions { section key kind formerly fields }
    losers pointsTaken xpTaken
    achievements { key unlocks points xp holdersWhoWouldNot revocable holdersWhoWouldLose pointsTaken xpTaken } } ${REFUSAL} } }`,
  apply: `mutation ($input: ApplyCatalogInput!) { applyCatalog(input: $input) {
    ... on ApplyCatalogSuccess { revokes kept catalog { version note } } ${REFUSAL} } }`,
  rollback: `mutation ($input: RollbackCatalogInput!) { rollbackCatalog(input: $input) {
    ... on ApplyCatalogSuccess { catalog { version note } } ${REFUSAL} } }`,
  export: '{ catalog { version files { path text } } }',
} as const;

/** The live catalog of a running Laurel; `files` is null without the right to read the source. */
export async function exportedFrom(
  remote: RemoteLaurel,
): Promise<{ readonly version: number; readonly files: CatalogFiles | null }> {
  const { version, files } = await callLaurel<{ version: number; files: { path: string; text: string }[] | null }>(
    remote,
    OPERATIONS.export,
    null,
  );
  const main = files?.[0]?.path;
  if (files === null || main === undefined) return { version, files: null };
  return { version, files: { main, files: Object.fromEntries(files.map(({ path, text }) => [path, text])) } };
}

/** Adds the options that name a running Laurel. */
export function withRemoteOptions(command: Command): Command {
  return command
    .option('--to <url>', 'a running Laurel instead of the database (LAUREL_URL)')
    .option('--key <key>', 'its key with the scope catalog:write (LAUREL_KEY)');
}

/**
 * The running Laurel that a command was told of, null for the data here.
 * @throws Error in words when that is no address
 */
export function remoteOf(
  { to, key }: { readonly to?: string; readonly key?: string },
  { remote }: ProgramParts,
): RemoteLaurel | null {
  const url = to ?? remote.url;
  if (url === undefined) return null;
  if (!URL.canParse(url)) throw new Error(`'${url}' is no address of a Laurel.`);
  return { url, key: key ?? remote.key };
}
