import type { SentEvent } from './event-books.ts';

const RESULT = `__typename
  ... on RecordEventSuccess { replayed event { id } unlocked { achievement { key } } }
  ... on IdempotencyConflictError { event { id } }
  ... on Error { code }`;
const RECORD = `mutation ($input: RecordEventInput!) { recordEvent(input: $input) { ${RESULT} } }`;
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
  const inputs = events.map(({ player, key, type, details }) => ({
    user: { externalId: player },
    type,
    details,
    idempotencyKey: key,
  }));
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

/** A GraphQL answer as it came. */
export interface AnswerBody {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape its own query asked for.
  readonly data: any;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Posts one operation over a connection that is kept; null when no whole answer comes in time. */
export async function ask(url: string, operation: object, withinMs = 60_000): Promise<AnswerBody | null> {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(operation),
      signal: AbortSignal.timeout(withinMs),
    });
    return (await response.json()) as AnswerBody;
  } catch {
    return null;
  }
}

/** Status of /ready; null when nobody answers in time. */
export async function readyStatus(url: string, withinMs = 5_000): Promise<number | null> {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(withinMs) });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}
