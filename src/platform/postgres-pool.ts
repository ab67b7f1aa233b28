import type { Socket } from 'node:net';
import pg from 'pg';
import { sqlState } from './database-errors.ts';
import type { Logger } from './logger.ts';
import { decoderOf } from './wire-values.ts';

/** How to reach a PostgreSQL server. */
export interface PostgresOptions {
  /** postgres://user:password@host:port/database?... */
  readonly url: string;
  /** Connections at most; Prisma and the named SQL share them. */
  readonly poolSize: number;
  /** Told of connections lost while idle. */
  readonly logger?: Pick<Logger, 'warn'>;
  /** How long a caller waits for a connection, new or free, in milliseconds. */
  readonly connectTimeoutMs?: number;
}

/** Both backends read and write times in UTC and ISO; Prisma's adapter drops the zone it is sent without looking. */
const SESSION = `set time zone 'UTC'; set datestyle = 'ISO, YMD'; set bytea_output = 'hex'`;

const spoiled = new WeakSet<object>();

/** Has the pool close this connection when it is given back. */
export function markSpoiled(client: pg.PoolClient): void {
  spoiled.add(client);
}

const held = new WeakSet<object>();

/** What is sent over this connection in the same turn goes out as one write. */
export function sendTogether(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Socket } }).connection;
  if (held.has(stream)) return;
  held.add(stream);
  stream.cork();
  process.nextTick(() => {
    held.delete(stream);
    stream.uncork();
  });
}

/**
 * A pool whose connections read as wire-values.ts decodes. `guard` is called before anyone takes a connection, Prisma included; what
 * it throws is thrown to the taker. A lost connection never ends the process.
 */
export function createPool(options: PostgresOptions, guard: () => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    pipeline: true,
    fallback_application_name: 'laurel',
    types: { getTypeParser: (oid: number) => decoderOf(oid) ?? String } as unknown as pg.CustomTypesConfig,
    onConnect: async (client) => {
      await client.query(SESSION);
    },
  });
  // A connection may break while idle (the pool says so) or checked out between two statements (only the client says so).
  // Either would end the process without a listener; whoever uses the connection next gets the error.
  pool.on('error', (error) => options.logger?.warn({ err: error }, 'an idle database connection was lost'));
  pool.on('connect', (client) => client.on('error', () => spoiled.add(client)));
  guardConnections(pool, guard);
  keepAfterRefusals(pool);
  return pool;
}

/** Everything takes its connection through `connect`, Prisma included. */
function guardConnections(pool: pg.Pool, guard: () => void): void {
  const connect = pool.connect.bind(pool) as (...parameters: unknown[]) => unknown;
  pool.connect = ((...parameters: unknown[]) => {
    guard();
    return connect(...parameters);
  }) as typeof pool.connect;
}

/** pg-pool closes a connection after any failed statement, a mere duplicate key included; this pool keeps it then. */
function keepAfterRefusals(pool: pg.Pool): void {
  const inner = pool as unknown as { _release(client: object, idleListener: unknown, error?: unknown): void };
  const release = inner._release.bind(pool);
  inner._release = (client, idleListener, error) => {
    const spoils = spoiled.has(client) || (error instanceof Error && spoilsConnection(error));
    release(client, idleListener, spoils ? (error ?? new Error('The connection is spoiled.')) : undefined);
  };
}

/** 0A000: a prepared plan no longer fits its tables; 26000: a prepared statement is gone. A fresh connection has neither. */
function spoilsConnection(error: Error): boolean {
  const state = sqlState(error);
  const severity = 'severity' in error ? error.severity : undefined;
  if (severity === 'FATAL' || severity === 'PANIC') return true;
  return state === '0A000' || state === '26000' || isOfTheConnection(error, severity);
}

/** Errors of the server carry a severity; what carries none and is known to come from the driver is of the connection. */
function isOfTheConnection(error: Error, severity: unknown): boolean {
  if (severity !== undefined) return false;
  return 'syscall' in error || /^(Connection terminated|Client |Query read timeout)/.test(error.message);
}
