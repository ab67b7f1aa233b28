import type { PlannedEvent } from './events.ts';
import type { Job } from './job.ts';

/** What a game asks back: whether it counted, for how much, and what it unlocked. */
const ANSWER = `__typename
  ... on RecordEventSuccess { replayed pointsAwarded unlocked { achievement { key } } }
  ... on Error { code }`;

const SINGLE = `mutation ($input: RecordEventInput!) { recordEvent(input: $input) { ${ANSWER} } }`;
const BATCH = `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded results { ${ANSWER} } } }`;

const SINGLE_HEAD = `{"query":${JSON.stringify(SINGLE)},"variables":{"input":`;
const BATCH_HEAD = `{"query":${JSON.stringify(BATCH)},"variables":{"input":{"events":[`;
const ACKNOWLEDGED = '{"data":{"recordEvent":{"__typename":"RecordEventSuccess","replayed":false';

/** How a kind of call is written and its answer read. */
export interface Operation {
  body(events: readonly PlannedEvent[]): string;
  /** For each event null when it was recorded now, else what was answered instead. */
  read(answer: string, events: number): (string | null)[];
}

/** The operation of a job. */
export function operationOf({ kind }: Pick<Job, 'kind'>): Operation {
  const board = boardFields[kind];
  if (board !== undefined) return { body: ([event]) => bodyOfBoard(board, event), read: readBoard };
  if (kind === 'empty') return { body: () => '{"query":"mutation { nothing }"}', read: readEmpty };
  if (kind === 'batch')
    return { body: (events) => `${BATCH_HEAD}${events.map(inputOf).join(',')}]}}}`, read: readBatch };
  return { body: ([event]) => `${SINGLE_HEAD}${event === undefined ? '' : inputOf(event)}}}`, read: readSingle };
}

const ENTRY = 'rank score';
/** What is asked of a board, by kind; `$user` is who. */
const boardFields: Readonly<Record<string, string>> = {
  boardTop: `entries(first: 10) { nodes { ${ENTRY} } }`,
  boardNames: `entries(first: 10) { nodes { ${ENTRY} user { displayName } } }`,
  boardAround: `around(user: $user, radius: 5) { ${ENTRY} }`,
  boardEntry: `entry(user: $user) { ${ENTRY} }`,
};

function bodyOfBoard(field: string, event: PlannedEvent | undefined): string {
  const query = `query ${field.includes('$user') ? '($user: UserRef!) ' : ''}{ leaderboard(key: "score") { ${field} } }`;
  const user = field.includes('$user') ? { user: { externalId: `player-${event?.user}` } } : {};
  return JSON.stringify({ query, variables: user });
}

function readBoard(answer: string): (string | null)[] {
  // The usual answer is told without parsing it.
  return [answer.startsWith('{"data":{"leaderboard":') && answer.includes('"rank":') ? null : answer.slice(0, 200)];
}

function inputOf({ user, type, idempotencyKey }: PlannedEvent): string {
  const details = type === 'find_secret' ? '"details":{"location":"cave"},' : '';
  return `{"user":{"externalId":"player-${user}"},"type":"${type}",${details}"idempotencyKey":"${idempotencyKey}"}`;
}

interface Result {
  readonly __typename: string;
  readonly replayed?: boolean;
  readonly code?: string;
}

interface Answer {
  readonly data?: {
    readonly recordEvent?: Result;
    readonly recordEvents?: { readonly results: readonly Result[] };
  } | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

function readEmpty(answer: string): (string | null)[] {
  return [answer.includes('"nothing":true') ? null : answer.slice(0, 200)];
}

function readSingle(answer: string): (string | null)[] {
  // The usual answer is told without parsing it: the generator shares the processor with what it measures.
  if (answer.startsWith(ACKNOWLEDGED)) return [null];
  const parsed = JSON.parse(answer) as Answer;
  const result = parsed.data?.recordEvent;
  return [result === undefined ? failureOf(parsed) : verdictOf(result)];
}

function readBatch(answer: string, events: number): (string | null)[] {
  const parsed = JSON.parse(answer) as Answer;
  const results = parsed.data?.recordEvents?.results;
  if (results === undefined) return Array<string>(events).fill(failureOf(parsed));
  return results.map(verdictOf);
}

function verdictOf({ __typename, replayed, code }: Result): string | null {
  if (__typename !== 'RecordEventSuccess') return code ?? __typename;
  return replayed === true ? 'replayed' : null;
}

function failureOf({ errors }: Answer): string {
  const texts = errors?.map(({ message, extensions }) => extensions?.code ?? message.replaceAll(/\s+/g, ' '));
  return texts?.join(', ').slice(0, 200) ?? 'neither data nor errors';
}
