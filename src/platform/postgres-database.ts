import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { PrismaClient } from '../generated/prisma/client.ts';
import type { Database, Statement, Transaction } from './database.ts';
import { TransactionAbortedError } from './database-errors.ts';
import { createPool, markSpoiled, type PostgresOptions } from './postgres-pool.ts';
import { statementName } from './statement-name.ts';
import { TransactionScopes } from './transaction-scope.ts';
import { encodeParameter } from './wire-values.ts';

/** PostgreSQL 15, as the server counts. */
const OLDEST_SERVER = 150_000;

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
      const inTurn = takeTurns();
      await client.query('begin isolation level read committed read write');
      try {
        const result = await this.#scopes.run(transactionOn(client, inTurn), work);
        const { command } = await inTurn(() => client.query('commit'));
        if (command === 'ROLLBACK') throw new TransactionAbortedError();
        return result;
      } catch (error) {
        await inTurn(() => rollBack(client));
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

function transactionOn(client: pg.PoolClient, inTurn: InTurn): Transaction {
  return {
    query: (statement) => inTurn(() => run(client, statement)),
    script: async (text) => {
      await inTurn(() => client.query(text));
    },
  };
}

type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** One connection takes one statement at a time; those sent together wait in the order they were sent. */
function takeTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}

async function run<Row extends object>(client: pg.PoolClient, { text, values }: Statement): Promise<Row[]> {
  const name = statementName(text);
  const parameters = values.map(encodeParameter);
  const result = await client.query<Row>(
    name === undefined ? { text, values: parameters } : { name, text, values: parameters },
  );
  return result.rows;
}
