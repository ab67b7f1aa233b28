import { Agent, request } from 'node:http';
import type { SentEvent } from './event-books.ts';

const RESULT = `__typename
  ... on RecordEventSuccess { replayed event { id } unlocked { achievement { key } } user { achievements(first: 1) { nodes { unlocked } } } }
  ... on IdempotencyConflictError { event { id } }
  ... on Error { code }`;
/** Records one event and asks what became of it. */
export const RECORD = `mutation ($input: RecordEventInput!) { recordEvent(input: $input) { ${RESULT} } }`;
const RECORD_ALL = `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { results { ${RESULT} } } }`;

/** What became of one event. */
export interface EventResult {
  readonly __typename: string;
  /** Of a refusal. */
  readonly code?: string;
  readonly replayed?: boolean;
  /** The event that was recorded, or that stands in the way. */
  readonly event?: { readonly id: string };
  readonly unlocked?: readonly { readonly achievement: { readonly key: string } }[];
}

/** What a call came to: an answer for each event; an error for all of them; or nobody knows. */
export type Reply =
  | { readonly kind: 'results'; readonly results: readonly EventResult[] }
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'silence' };

/** Sends events to a server, one as recordEvent, several as recordEvents. Gives up after `withinMs`. */
export async function sendEvents(url: string, events: readonly SentEvent[], withinMs = 60_000): Promise<Reply> {
  const inputs = events.map(toInput);
  const isOne = inputs.length === 1;
  const body = await ask(
    url,
    { query: isOne ? RECORD : RECORD_ALL, variables: { input: isOne ? inputs[0] : { events: inputs } } },
    withinMs,
  );
  if (body === null) return { kind: 'silence' };
  const [error] = body.errors ?? [];
  if (error !== undefined) return { kind: 'error', code: String(error.extensions?.code) };
  return { kind: 'results', results: isOne ? [body.data.recordEvent] : body.data.recordEvents.results };
}

/** An event as the API takes it. */
export function toInput({ player, key, type, details }: SentEvent): object {
  return { user: { externalId: player }, type, details, idempotencyKey: key };
}

/** A GraphQL answer as it came. */
export interface AnswerBody {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape its own query asked for.
  readonly data: any;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Posts one operation over a connection that is kept; null when no whole answer comes in time. */
export async function ask(url: string, operation: object, withinMs = 60_000): Promise<AnswerBody | null> {
  const answer = await exchange(`${url}/graphql`, JSON.stringify(operation), withinMs);
  return answer === null ? null : (JSON.parse(answer.text) as AnswerBody);
}

/** Status of /ready; null when nobody answers in time. */
export async function readyStatus(url: string, withinMs = 5_000): Promise<number | null> {
  const answer = await exchange(`${url}/ready`, null, withinMs);
  return answer?.status ?? null;
}

/** What /ready says of Redis; null when nobody answers in time. */
export async function readyRedis(url: string, withinMs = 5_000): Promise<'up' | 'down' | 'none' | null> {
  const answer = await exchange(`${url}/ready`, null, withinMs);
  return answer === null ? null : JSON.parse(answer.text).redis;
}

const agent = new Agent({ keepAlive: true });

/** One request, by POST when it has a body. Null when the connection fails, breaks, or is silent for too long: whatever happens, it ends. */
function exchange(
  url: string,
  body: string | null,
  withinMs: number,
): Promise<{ readonly status: number; readonly text: string } | null> {
  return new Promise((resolve) => {
    const headers =
      body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sending = request(url, { agent, method: body === null ? 'GET' : 'POST', headers });
    const end = (answer: { status: number; text: string } | null): void => {
      clearTimeout(late);
      resolve(answer);
    };
    const late = setTimeout(() => {
      sending.destroy();
      end(null);
    }, withinMs);
    sending.on('error', () => end(null));
    sending.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => end(response.complete ? { status: response.statusCode ?? 0, text } : null));
      response.on('error', () => end(null)).on('close', () => end(null));
    });
    sending.end(body);
  });
}
