import { randomUUID } from 'node:crypto';
import { createClient } from 'graphql-ws';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { type App, createApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { audit as auditFold } from '../../src/features/rebuild/service.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import type { Database } from '../../src/platform/database.ts';
import { createIds } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { audit } from './auditor.ts';
import { type Backend, openTestDatabase } from './databases.ts';
import { eventually } from './eventually.ts';
import { forgetRanks } from './forget-ranks.ts';
import { NO_RATES } from './no-rates.ts';
import { checkRanks } from './ranks-agree.ts';

/** A GraphQL answer, as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape its own query asked for.
  readonly data: any;
  readonly errors: readonly {
    readonly message: string;
    readonly path?: unknown;
    readonly extensions: Record<string, unknown>;
  }[];
}

/** A subscription under test: what came, in order. */
export interface Listening {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape its own query asked for.
  readonly items: any[];
  /** Resolves with the first `count` items; fails when they do not come. */
  // biome-ignore lint/suspicious/noExplicitAny: see items.
  take(count: number): Promise<any[]>;
  /** Why it ended, once it did. */
  readonly ended: Promise<unknown>;
  isOver(): boolean;
  stop(): Promise<void>;
}

/** A Laurel in this process, reached over real HTTP and WebSocket. */
export interface TestLaurel {
  readonly app: App;
  readonly database: Database;
  readonly url: string;
  query(query: string, variables?: object, headers?: Record<string, string>): Promise<Answer>;
  /** Over a socket of its own; resolves once the server has taken the subscription. */
  subscribe(query: string, variables?: object, connectionParams?: Record<string, unknown>): Promise<Listening>;
  /** Ends the test's subscriptions, then fails when anything is still held, the books do not balance, or the state is not the fold of the log. Call after each test. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** How a test's Laurel is set. */
export interface LaurelOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly redisUrl?: string;
  readonly database?: Database;
  readonly startKey?: string;
  /** Longest an operation takes, milliseconds; by default so long that a busy machine is no reason to fail. */
  readonly operationMs?: number;
}

export const TEST_SECRET = 'a test secret of more than thirty-two bytes';

/** Starts a Laurel on a fresh database of the backend, or on one that is given (and stays the giver's). */
export async function startLaurel(backend: Backend, options: LaurelOptions = {}): Promise<TestLaurel> {
  const opened = options.database === undefined ? await openTestDatabase(backend) : null;
  const database = options.database ?? opened?.db;
  if (database === undefined) throw new Error('no database');
  const config: Config = readConfig({
    LOG_LEVEL: 'silent',
    LAUREL_JOBS: 'off',
    ...NO_RATES,
    ...(options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }),
    ...options.environment,
  });
  const app = await createApp({
    config,
    database,
    logger: createLogger({ level: config.logLevel }),
    jwtSecret: new TextEncoder().encode(config.jwtSecret ?? TEST_SECRET),
    startKey: options.startKey ?? null,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    operationMs: options.operationMs ?? 60_000,
  });
  const { url } = await app.http.listen(0, '127.0.0.1');
  const open = new Set<Listening>();
  return {
    app,
    database,
    url,
    query: (query, variables, headers) => post(url, query, variables, headers),
    async subscribe(query, variables, connectionParams) {
      const before = app.held();
      const isStored = /achievementUnlocked|notificationReceived|domainEventPublished/.test(query);
      const listening = await listen(url, query, variables, connectionParams);
      open.add(listening);
      await eventually('the subscription is taken', () => {
        const { listeners, streams } = app.held();
        return listening.isOver() || (listeners > before.listeners && (!isStored || streams > before.streams));
      });
      return listening;
    },
    async check() {
      for (const listening of open) await listening.stop();
      open.clear();
      await eventually('nothing is held', () => Object.values(app.held()).every((count) => count === 0));
      await audit(database);
      const parts = {
        database,
        catalog: app.services.catalog,
        clock: systemClock,
        ids: createIds(),
        bus: app.services.bus,
      };
      for await (const { found } of auditFold(parts)) expect(found).toEqual([]);
      await checkRanks(app, database, options.clock ?? systemClock);
    },
    async close() {
      await app.close();
      if (options.redisUrl !== undefined) await forgetRanks(database);
      await opened?.dispose();
    },
  };
}

/** Posts one operation. The connection is closed after, so that no socket outlives the test. */
export async function post(
  url: string,
  query: string,
  variables: object = {},
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as { data?: unknown; errors?: Answer['errors'] };
  return { status: response.status, headers: response.headers, data: body.data ?? null, errors: body.errors ?? [] };
}

/** Subscribes with the client of the graphql-ws package, on a socket of its own. Resolves once the socket is open. */
export async function listen(
  url: string,
  query: string,
  variables: object = {},
  connectionParams: Record<string, unknown> = {},
): Promise<Listening> {
  const taken = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  const items: unknown[] = [];
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
    lazy: true,
    on: { connected: () => taken.resolve(), closed: (event) => ended.resolve(event) },
    onNonLazyError: () => undefined,
  });
  client.subscribe(
    { query, variables: variables as Record<string, unknown> },
    {
      next: (item) => items.push(item),
      error: (error) => {
        taken.resolve();
        ended.resolve(error);
      },
      complete: () => ended.resolve(null),
    },
  );
  let isOver = false;
  void ended.promise.then(() => {
    isOver = true;
  });
  await taken.promise;
  return {
    items,
    async take(count) {
      await eventually(`${count} items came, not ${items.length}`, () => items.length >= count || isOver);
      return items.slice(0, count);
    },
    ended: ended.promise,
    isOver: () => isOver,
    stop: async () => {
      await client.dispose();
    },
  };
}

/** A name that no other test uses. */
export function unique(prefix = 'user'): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}
