import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { PrismaClient } from '../generated/prisma/client.ts';
import type { Database, Statement, Transaction } from './database.ts';
import { CommitUnknownError, isConnectionLost, TransactionAbortedError } from './database-errors.ts';
import { createPool, markSpoiled, type PostgresOptions, sendTogether } from './postgres-pool.ts';
import { statementName } from './statement-name.ts';
import { TransactionScopes } from './transaction-scope.ts';
import { encodeParameter } from './wire-values.ts';

/** PostgreSQL 15, as the server counts. */
const OLDEST_SERVER = 150_000;

/** A server that is silent for so long is unreachable: its connection is given up. Scripts may take longer. */
const ANSWER_WITHIN_MS = 60_000;

/** Opens a pool and proves it with one connection. @throws what the server or the network says, or that it is too old. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const database = new PostgresDatabase(options);
  try {
    await database.check();
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

class PostgresDatabase implements Database {
  readonly kind = 'postgres';
  readonly prisma: PrismaClient;
  readonly #pool: pg.Pool;
  readonly #scopes = new TransactionScopes();
  #closed: Promise<void> | undefined;

  constructor(options: PostgresOptions) {
    this.#pool = createPool(options, () => this.#scopes.assertOutside());
    this.prisma = new PrismaClient({ adapter: new PrismaPg(this.#pool), errorFormat: 'minimal' });
  }

  async check(): Promise<void> {
    const [server] = await this.query<{ version: number; encoding: string }>({
      text: `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding`,
      values: [],
    });
    if (server === undefined || server.version < OLDEST_SERVER) throw new Error('Laurel needs PostgreSQL 15 or newer.');
    if (server.encoding !== 'UTF8') throw new Error(`The database must be UTF8; it is ${server.encoding}.`);
  }

  async query<Row extends object>(statement: Statement): Promise<Row[]> {
    return this.#lease((client) => run<Row>(client, statement));
  }

  async script(text: string): Promise<void> {
    await this.#lease((client) => client.query(text));
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#lease(async (client) => {
      await client.query('begin isolation level read committed read write');
      try {
        const result = await this.#scopes.run(transactionOn(client), work);
        await commit(client);
        return result;
      } catch (error) {
        await rollBack(client);
        throw error;
      }
    });
  }

  busy(): number {
    return this.#pool.totalCount - this.#pool.idleCount;
  }

  async close(): Promise<void> {
    this.#closed ??= this.prisma.$disconnect().then(() => this.#pool.end());
    await this.#closed;
  }

  async #lease<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      // The pool keeps the connection unless the error is of a kind that spoils it.
      client.release(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }
}

/** A connection whose ROLLBACK fails is of no more use; the server ends its transaction when it is closed. */
async function rollBack(client: pg.PoolClient): Promise<void> {
  try {
    await client.query('rollback');
  } catch {
    markSpoiled(client);
  }
}

/** @throws CommitUnknownError when the way to the server broke before its answer came */
async function commit(client: pg.PoolClient): Promise<void> {
  const { command } = await client.query('commit').catch((error: unknown) => {
    throw isConnectionLost(error) ? new CommitUnknownError(error) : error;
  });
  if (command === 'ROLLBACK') throw new TransactionAbortedError();
}

/** Statements sent together go out at once and run in the order they were sent (the pool's connections pipeline). */
function transactionOn(client: pg.PoolClient): Transaction {
  return {
    query: (statement) => run(client, statement),
    script: async (text) => {
      await client.query(text);
    },
  };
}

async function run<Row extends object>(client: pg.PoolClient, { text, values }: Statement): Promise<Row[]> {
  const name = statementName(text);
  const parameters = values.map(encodeParameter);
  sendTogether(client);
  const query = { text, values: parameters, query_timeout: ANSWER_WITHIN_MS };
  const result = await client.query<Row>(name === undefined ? query : { ...query, name });
  return result.rows;
}
