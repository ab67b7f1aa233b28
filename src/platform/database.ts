import type { PrismaClient } from '../generated/prisma/client.ts';

/** A statement with its bound parameters. Made by the `sql` tag only, so nothing is ever concatenated. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What one may run statements on: the database itself (each statement on its own) or an open transaction. */
export interface Queryable {
  /**
   * Runs one statement and answers its rows. A statement that starts with a name, `/* feature.statement *\/`, is prepared once
   * a connection under that name.
   *
   * Column values arrive alike from both backends: `bigint` as number (values are within 2^53-1), `timestamptz` as Date, `date` as
   * 'YYYY-MM-DD', `jsonb` parsed, `uuid` and `numeric` as string, `bytea` as Uint8Array, arrays as arrays of these.
   * Parameters: string, number, bigint, boolean, null, Date, Uint8Array, and arrays of these (for `$1::uuid[]` and the like);
   * JSON goes in as text (`JSON.stringify`) with a cast to jsonb.
   */
  query<Row extends object>(statement: Statement): Promise<Row[]>;
}

/**
 * An open READ COMMITTED transaction. While it is open, nothing but the transaction itself is used from within `work`: a call to
 * the database, or to Prisma, would wait for ever on the embedded backend, so both backends refuse it at once.
 */
export interface Transaction extends Queryable {
  /** Runs a script of several statements without parameters (a migration) inside this transaction. */
  script(text: string): Promise<void>;
}

/** One PostgreSQL, embedded or a server, used the same way. */
export interface Database extends Queryable {
  readonly kind: 'embedded' | 'postgres';
  /** For the ordinary reads and CRUD. */
  readonly prisma: PrismaClient;
  /** Runs `work` in a transaction: commits what it resolves to, rolls back and rethrows what it throws. Retries nothing. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Runs a script of several statements without parameters (a migration), not in a transaction of its own. */
  script(text: string): Promise<void>;
  /** Connections checked out at this moment; for the leak check of the tests. */
  busy(): number;
  /** Waits for what runs, then closes. Closing twice does nothing. */
  close(): Promise<void>;
}
