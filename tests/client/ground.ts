import { WebSocket } from 'ws';
import type { LaurelError, Refusal } from '../../src/client/errors.ts';
import type { QueuedEvent } from '../../src/client/event.ts';
import type { FeedItem } from '../../src/client/feed.ts';
import { createLaurel, type LaurelClient, type LaurelFetch, type LaurelOptions } from '../../src/client/index.ts';
import { startLaurel, type TestLaurel, unique } from '../support/laurel.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

/** A real server behind a line that can be cut. */
export interface Ground {
  readonly laurel: TestLaurel;
  readonly line: TcpProxy;
  /** The endpoint, through the line. */
  readonly url: string;
  close(): Promise<void>;
}

export async function openGround(environment: Readonly<Record<string, string>> = {}): Promise<Ground> {
  const laurel = await startLaurel('embedded', { environment });
  const { hostname, port } = new URL(laurel.url);
  const line = await openTcpProxy({ host: hostname, port: Number(port) });
  return {
    laurel,
    line,
    url: `http://127.0.0.1:${line.port}/graphql`,
    async close() {
      await line.close();
      await laurel.close();
    },
  };
}

/** A run of a game: what its client told it, and the timers it has set. */
export interface Run {
  readonly client: LaurelClient;
  readonly errors: LaurelError[];
  readonly refused: { readonly event: QueuedEvent; readonly refusal: Refusal }[];
  /** Idempotency keys of what was recorded. */
  readonly recorded: string[];
  /** Timers that are set now. */
  timers(): number;
}

/** How long a wait between two attempts takes here, milliseconds. */
const SHORT_MS = 5;
/** What guards something (an answer, a pong) keeps its time, and so does a window of toasts that a test makes long. */
const isGuard = (ms: number): boolean => ms === 5_000 || ms >= 30_000;

/** Starts one whose waits between attempts are short. */
export function startRun(options: Pick<LaurelOptions, 'url' | 'user'> & Partial<LaurelOptions>): Run {
  const errors: LaurelError[] = [];
  const refused: { event: QueuedEvent; refusal: Refusal }[] = [];
  const recorded: string[] = [];
  let timers = 0;
  const client = createLaurel({
    webSocketImpl: WebSocket,
    fetchImpl: closingFetch,
    random: () => 0.5,
    schedule: (run, ms) => {
      timers += 1;
      let isSet = true;
      const end = (): void => {
        if (isSet) timers -= 1;
        isSet = false;
      };
      const timer = setTimeout(
        () => {
          end();
          run();
        },
        isGuard(ms) ? ms : SHORT_MS,
      );
      return () => {
        end();
        clearTimeout(timer);
      };
    },
    onError: (error) => errors.push(error),
    onRefused: (event, refusal) => refused.push({ event, refusal }),
    onRecorded: ({ idempotencyKey }) => recorded.push(idempotencyKey),
    ...options,
  });
  return { client, errors, refused, recorded, timers: () => timers };
}

/** As fetch, with a connection of its own for each request, so that none outlives the test. */
export const closingFetch: LaurelFetch = (url, init) =>
  fetch(url, { ...init, headers: { ...init.headers, connection: 'close' } });

/** A fetch that answers so, as often as there are answers, and passes on what comes after them. */
export function answering(answers: readonly object[]): LaurelFetch {
  const left = [...answers];
  return async (url, init) => {
    const answer = left.shift();
    return answer === undefined ? closingFetch(url, init) : { status: 200, json: async () => answer };
  };
}

/** A GraphQL error with this code, as an answer. */
export function failing(code: string, extensions: object = {}): object {
  return { data: null, errors: [{ message: code, path: ['recordEvents'], extensions: { code, ...extensions } }] };
}

/** A player that the server knows. */
export async function newPlayer({ laurel }: Pick<Ground, 'laurel'>): Promise<{ externalId: string }> {
  const externalId = unique();
  await laurel.query('mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { ... on Error { code } } }', {
    input: { user: { externalId } },
  });
  return { externalId };
}

/** What the server has of a player: events in the order they were recorded, and the score. */
export async function logOf(
  { laurel }: Pick<Ground, 'laurel'>,
  user: object,
): Promise<{ readonly keys: string[]; readonly score: number }> {
  const { data } = await laurel.query(
    'query ($by: UserRef!) { user(by: $by) { score events(first: 100) { nodes { id idempotencyKey } } } }',
    { by: user },
  );
  // By their ids, which are made in the order of recording: occurredAt is shifted by what each request took.
  const events: { readonly id: string; readonly idempotencyKey: string }[] = data.user.events.nodes;
  const keys = events.sort((one, other) => (one.id < other.id ? -1 : 1)).map(({ idempotencyKey }) => idempotencyKey);
  return { keys, score: data.user.score };
}

/** Records so many events of a type at the server, without a client. */
export async function happen({ laurel }: Pick<Ground, 'laurel'>, user: object, type: string, times = 1): Promise<void> {
  const events = Array.from({ length: times }, () => ({ user, type }));
  const { data } = await laurel.query(
    'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }',
    { input: { events } },
  );
  if (data.recordEvents.recorded !== times) throw new Error('not all were recorded');
}

/** A follower's items as a test compares them. */
export function named(item: FeedItem): string {
  return item.kind === 'reset'
    ? 'reset'
    : (item.notification.userAchievement?.achievement.key ?? item.notification.kind);
}
