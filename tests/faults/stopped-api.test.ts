import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { upgrade } from '../http/raw-upgrade.ts';
import { checkBooks } from '../support/books-balance.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { EventBooks } from '../support/event-books.ts';
import { type EventResult, RECORD, readyStatus, sendEvents, toInput } from '../support/event-caller.ts';
import { forgetRanks } from '../support/forget-ranks.ts';
import { listen, unique } from '../support/laurel.ts';
import { endProcesses, type Folder, type LaurelProcess, makeFolder, startProcess } from '../support/processes.ts';
import { hasRedis, redisUrl } from '../support/redis.ts';
import { type SentAgain, sendAgain, startLoad } from './load.ts';
import { below, isFull, rounds, SEED, SLOW, tell, times, until } from './rounds.ts';

const WRITERS = 8;
const SOCKET_WRITERS = 4;
const FOLLOWERS = times(60, 400);
const STREAMS = 10;
const LOOK_MS = 20;
/** The gates of a full run; a run among other tests has a share of the processor only. */
const [DRAINED_WITHIN_MS, SPREAD_OVER_MS] = isFull ? [10_000, 3_000] : [30_000, 2_000];
/** So long a server that stops waits for what is under way on a socket. */
const ANSWERED_WITHIN_MS = 6_000;
const TOASTS = 'subscription ($user: UserRef!) { notificationReceived(user: $user) { cursor } }';

/** What a server that is told to stop does, as those see it who use it. */
interface Figures {
  /** From the signal to the end of the process. */
  readonly drainedMs: number;
  /** From the first socket or stream that was ended to the last. */
  readonly spreadMs: number;
  readonly events: number;
  readonly again: SentAgain;
}

const redis = await hasRedis();

describe.runIf(backends().includes('postgres'))(`a server that is told to stop under load (seed ${SEED})`, () => {
  const random = below(30);
  let opened: TestDatabase;
  let folder: Folder;
  let server: LaurelProcess;
  const start = (): Promise<LaurelProcess> =>
    startProcess({
      DATABASE_URL: opened.url ?? '',
      ...(redis ? { REDIS_URL: redisUrl } : {}),
      LAUREL_DATA: folder.path,
      LOG_LEVEL: 'error',
    });
  beforeAll(async () => {
    opened = await openTestDatabase('postgres');
    folder = await makeFolder();
    server = await start();
  }, 120_000);
  afterAll(async () => {
    await endProcesses();
    if (redis) await forgetRanks(opened.db);
    await opened.dispose();
    await folder.remove();
  });

  /** Stops the server under load, with sockets and streams open, and starts the next one. */
  async function runRound(): Promise<Figures> {
    const { url, pid, ended } = server;
    const books = new EventBooks();
    const players = Array.from({ length: 6 }, () => unique('hot'));
    for (const player of players) {
      const first = books.add({ player, key: unique('key'), type: 'login', details: null });
      const reply = await sendEvents(url, [first]);
      books.acknowledge(first, reply.kind === 'results' ? (reply.results[0]?.event?.id ?? '') : '');
    }
    const followed = await followAll(url, players);
    const urlOf = () => url;
    const load = startLoad({ books, below: random, urlOf, writers: WRITERS, players, againAfterMs: null });
    const overSockets = Array.from({ length: SOCKET_WRITERS }, () => writeOverSocket(url, books, players, random));
    const enough = books.acknowledged + 40 + random(100);
    await until('the load runs', () => books.acknowledged >= enough);
    const stoppedAt = performance.now();
    process.kill(pid, 'SIGTERM');
    const looks = watchReadiness(url, ended);
    await until('the first is let go', () => followed.endedAt.length > 0);
    const [firstAt = 0] = followed.endedAt;
    expect(await upgrade(url)).toBe(503);
    expect(await ended, server.output()).toBe(0);
    const drainedMs = performance.now() - stoppedAt;
    await Promise.all([load.stop(), ...overSockets]);
    await until('all are let go', () => followed.endedAt.length === FOLLOWERS + STREAMS);
    expect([...followed.codes]).toEqual([1012]);
    expect([...load.codes]).toEqual([]);
    const seen = await looks;
    expect(seen.filter(({ sentAt, status }) => status === 200 && sentAt > firstAt)).toEqual([]);
    expect(seen.some(({ status }) => status === 503)).toBe(true);
    server = await start();
    const open = books.open().map(({ key }) => key);
    const again = await sendAgain(server.url, books);
    // What was recorded was answered, but for what takes longer than a server that stops waits for.
    const replayed = isFull || drainedMs < ANSWERED_WITHIN_MS ? again.replayed : 0;
    expect(replayed, `drained after ${drainedMs} ms, not answered ${open.join()}`).toBe(0);
    await books.compare(opened.db);
    return { drainedMs, spreadMs: (followed.endedAt.at(-1) ?? 0) - firstAt, events: books.acknowledged, again };
  }

  it('is not ready first, answers what it took, lets its sockets go evenly, and ends with 0', SLOW, async () => {
    const all: Figures[] = [];
    while (all.length < rounds(1, 20)) {
      const figures = await runRound();
      expect(figures.drainedMs).toBeLessThan(DRAINED_WITHIN_MS);
      expect(figures.spreadMs).toBeGreaterThan(SPREAD_OVER_MS);
      all.push(figures);
    }
    expect(await server.end()).toBe(0);
    await checkBooks(opened.db);
    const most = Math.round(Math.max(...all.map(({ drainedMs }) => drainedMs)));
    const least = Math.round(Math.min(...all.map(({ spreadMs }) => spreadMs)));
    const sum = (pick: (figures: Figures) => number): number => all.reduce((total, own) => total + pick(own), 0);
    tell(
      `R5 SIGTERM: ${all.length} rounds, ${FOLLOWERS} sockets and ${STREAMS} streams, ${sum(({ events }) => events)} events, ` +
        `${sum(({ again }) => again.recorded)} not taken any more, 0 recorded and not answered; exit 0 after at most ${most} ms, ` +
        `all closed with 1012 over at least ${least} ms`,
    );
  });
});

/** Sockets and streams that follow players: when each was ended, in order, and the codes of the sockets. */
interface Followed {
  readonly endedAt: readonly number[];
  readonly codes: ReadonlySet<unknown>;
}

async function followAll(url: string, players: readonly string[]): Promise<Followed> {
  const endedAt: number[] = [];
  const codes = new Set<unknown>();
  const variablesOf = (place: number) => ({ user: { externalId: players[place % players.length] } });
  for (let place = 0; place < FOLLOWERS; place += 1) {
    const { ended } = await listen(url, TOASTS, variablesOf(place));
    void ended.then((how) => {
      endedAt.push(performance.now());
      codes.add((how as { code?: unknown } | null)?.code);
    });
  }
  for (let place = 0; place < STREAMS; place += 1) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', connection: 'close' },
      body: JSON.stringify({ query: TOASTS, variables: variablesOf(place) }),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    void response
      .text()
      .catch(() => undefined)
      .then(() => endedAt.push(performance.now()));
  }
  return { endedAt, codes };
}

/** Records one event after the other over a socket of its own, until that is closed. */
async function writeOverSocket(
  url: string,
  books: EventBooks,
  players: readonly string[],
  random: (limit: number) => number,
): Promise<void> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    // One socket, kept between two events.
    lazyCloseTimeout: 60_000,
  });
  const record = (variables: Record<string, unknown>): Promise<EventResult | null> =>
    new Promise((resolve) => {
      let result: EventResult | null = null;
      client.subscribe<{ recordEvent: EventResult }>(
        { query: RECORD, variables },
        {
          next: ({ data }) => {
            result = data?.recordEvent ?? null;
          },
          error: () => resolve(null),
          complete: () => resolve(result),
        },
      );
    });
  for (;;) {
    const player = players[random(players.length)] ?? '';
    const event = books.add({ player, key: unique('over-socket'), type: 'login', details: null });
    const result = await record({ input: toInput(event) });
    if (result?.event === undefined) return;
    books.acknowledge(event, result.event.id);
  }
}

/** Asks /ready again and again until the process has ended. */
async function watchReadiness(
  url: string,
  ended: Promise<unknown>,
): Promise<readonly { readonly sentAt: number; readonly status: number | null }[]> {
  const looks: { sentAt: number; status: number | null }[] = [];
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    const sentAt = performance.now();
    looks.push({ sentAt, status: await readyStatus(url) });
    await pause(LOOK_MS);
  }
  return looks;
}
