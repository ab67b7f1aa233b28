import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Database } from '../../src/platform/database.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { openTestDatabase } from '../support/databases.ts';
import { TEST_SECRET } from '../support/laurel.ts';
import { NO_RATES } from '../support/no-rates.ts';
import { type Reply, type Sending, send } from './request.ts';

/** One of two Laurels that differ in nothing but the way an operation takes. */
export interface Path {
  readonly url: string;
  readonly app: App;
  readonly database: Database;
  /** Authorization of a game server. */
  readonly game: string;
  /** Warnings and errors it logged, taken off. */
  logged(): unknown[];
  /** Whether Yoga was asked since the last call. */
  askedYoga(): boolean;
}

/** What came back, the same from both. */
export interface Compared extends Reply {
  /** The way it took in the Laurel that has both. */
  readonly took: 'lean' | 'yoga';
  readonly logged: readonly unknown[];
}

/** Two Laurels with the same ids, clock and secrets, each on a database of its own. */
export interface TwoPaths {
  readonly lean: Path;
  readonly yoga: Path;
  /** Sends the same to both, fails when status, headers, body or logs differ, and answers what came. */
  compare(sending: Sending | ((path: Path) => Sending)): Promise<Compared>;
  /** Posts an operation as JSON to both. */
  operate(parameters: unknown, headers?: Readonly<Record<string, string>>): Promise<Compared>;
  /** Does the same with both, fails when it comes to something else, and answers it. */
  both<Result>(work: (path: Path) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export const JSON_TYPE = { 'content-type': 'application/json' } as const;
const NOW = Date.UTC(2026, 10, 20, 12);

/** Starts the two, the lean one first. `wrap` may put something before their databases. */
export async function startTwoPaths(
  environment: Readonly<Record<string, string>> = {},
  wrap: (database: Database) => Database = (database) => database,
): Promise<TwoPaths> {
  const lean = await startPath(true, environment, wrap);
  const yoga = await startPath(false, environment, wrap);
  const both = async <Result>(work: (path: Path) => Promise<Result>): Promise<Result> => {
    const [first, second] = [await work(lean), await work(yoga)];
    expect(first).toEqual(second);
    return first;
  };
  const compare = async (sending: Sending | ((path: Path) => Sending)): Promise<Compared> => {
    for (const path of [lean, yoga]) path.askedYoga();
    const reply = await both(async (path) => {
      const { headers, ...rest } = typeof sending === 'function' ? sending(path) : sending;
      const answer = await send(path.url, { ...rest, headers: { 'x-request-id': 'r-1', ...headers } });
      const { date: _, ...answered } = answer.headers;
      return { ...answer, headers: answered, logged: path.logged() };
    });
    return { ...reply, took: lean.askedYoga() ? 'yoga' : 'lean' };
  };
  return {
    lean,
    yoga,
    both,
    compare,
    operate: (parameters, headers) =>
      compare({ method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(parameters) }),
    async close() {
      await Promise.all([lean.close(), yoga.close()]);
    },
  };
}

async function startPath(
  lean: boolean,
  environment: Readonly<Record<string, string>>,
  wrap: (database: Database) => Database,
): Promise<Path & { close(): Promise<void> }> {
  const opened = await openTestDatabase('embedded');
  const config = readConfig({ LAUREL_JOBS: 'off', ...NO_RATES, ...environment });
  let asked = false;
  let lines: unknown[] = [];
  const logger = createLogger(
    { level: 'debug' },
    {
      write(line) {
        const { level, msg, requestId, err } = JSON.parse(line);
        if (msg === 'yoga') asked = true;
        if (level >= 40) lines.push({ msg, requestId, err: err?.message });
      },
    },
  );
  let last = 0;
  const app = await createApp({
    config,
    database: wrap(opened.db),
    logger,
    jwtSecret: new TextEncoder().encode(config.jwtSecret ?? TEST_SECRET),
    startKey: null,
    clock: { now: () => NOW },
    ids: { next: () => `0190a0a0-a0a0-7000-8000-${String(++last).padStart(12, '0')}` },
    names: { next: (length) => String(++last).padStart(length, 'x') },
    lean,
  });
  const { url } = await app.http.listen(0, '127.0.0.1');
  const game = `Bearer ${await app.auth.createKey({ name: 'game', scopes: ['admin'], days: null })}`;
  return {
    url,
    app,
    database: opened.db,
    game,
    logged: () => lines.splice(0),
    askedYoga() {
      const was = asked;
      asked = false;
      return was;
    },
    async close() {
      lines = [];
      await app.close();
      await opened.dispose();
    },
  };
}

/** Speaks raw HTTP: writes one step after the other, a turn of the loop between, and answers all that came until the end. */
export async function talk(url: string, steps: Iterable<string | Uint8Array>): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  for (const step of steps) {
    socket.write(step);
    await nextTurn();
  }
  await closed;
  return answer.replace(/^Date: .*\r\n/gm, '').replace(/^content-length/gim, 'Content-Length');
}

/** The bytes of a request by POST. */
export function rawPost(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Buffer {
  const bytes = Buffer.from(body);
  const lines = { Host: '127.0.0.1', ...JSON_TYPE, 'X-Request-ID': 'r-1', ...headers };
  const head = Object.entries({ 'Content-Length': String(bytes.length), ...lines }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.concat([Buffer.from(`POST /graphql HTTP/1.1\r\n${head.join('')}\r\n`), bytes]);
}
