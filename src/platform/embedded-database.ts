import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { PrismaClient } from '../generated/prisma/client.ts';
import type { DirectoryLock } from './data-directory.ts';
import type { Database, Statement, Transaction } from './database.ts';
import { TransactionAbortedError } from './database-errors.ts';
import { EmbeddedSession } from './embedded-session.ts';
import { TransactionScopes } from './transaction-scope.ts';

/** Where the embedded PostgreSQL lives: under a directory this process holds the lock of, or in memory until it is closed. */
export type EmbeddedOptions = ({ readonly directory: DirectoryLock } | { readonly memory: true }) & {
  /** A dump to start from (`EmbeddedDatabase.dump`) where there is no database yet; much faster than making one. */
  readonly loadDataDir?: Blob;
};

/** The embedded database; it can be copied as a whole. */
export interface EmbeddedDatabase extends Database {
  readonly kind: 'embedded';
  /** A tar file of the data directory as it is on disk; dump only what is idle. */
  dump(): Promise<Blob>;
}

/** The data directory was written by another major version of PostgreSQL. */
export class DirectoryVersionError extends Error {
  override readonly name = 'DirectoryVersionError';

  constructor(path: string, found: string) {
    super(
      `${path} holds the data of PostgreSQL ${found}, this version of Laurel embeds PostgreSQL ${MAJOR}. ` +
        'Copy the data with the version of Laurel that wrote it.',
    );
  }
}

/** The major version inside PGlite 0.5. */
const MAJOR = '18';

/**
 * Opens the embedded PostgreSQL. It has one connection: statements outside an open transaction wait for its end.
 * It survives the death of the process, not of the machine: it never waits for the disk.
 * The lock stays with the caller, who releases it after `close`.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const dump = options.loadDataDir === undefined ? {} : { loadDataDir: options.loadDataDir };
  const place = 'directory' in options ? await prepare(options.directory.path) : 'memory://';
  const session = new EmbeddedSession(place, dump);
  await session.waitReady;
  if ('directory' in options) await writeFile(join(options.directory.path, MADE), '');
  return new PGliteDatabase(session);
}

/** Stands beside the data once it was made whole; without it the data is the rest of a first start that was killed. */
const MADE = 'made';

async function prepare(path: string): Promise<string> {
  const data = join(path, 'postgres');
  if (existsSync(data) && !existsSync(join(path, MADE))) await rm(data, { recursive: true });
  if (existsSync(data)) {
    const found = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
    if (found !== MAJOR) throw new DirectoryVersionError(data, found);
  }
  return data;
}

class PGliteDatabase implements EmbeddedDatabase {
  readonly kind = 'embedded';
  readonly prisma: PrismaClient;
  readonly #session: EmbeddedSession;
  readonly #scopes = new TransactionScopes();
  #closed: Promise<void> | undefined;

  constructor(session: EmbeddedSession) {
    this.#session = session;
    session.guardWith(() => this.#scopes.assertOutside());
    this.prisma = new PrismaClient({ adapter: new PrismaPGlite(session), errorFormat: 'minimal' });
  }

  async query<Row extends object>(statement: Statement): Promise<Row[]> {
    return this.#session.exclusively(() => this.#session.run<Row>(statement));
  }

  async script(text: string): Promise<void> {
    await this.#session.exclusively(() => this.#session.runScript(text));
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#session.exclusively(async () => {
      await this.#session.runScript('begin isolation level read committed read write');
      try {
        const result = await this.#scopes.run(this.#inside(), work);
        if ((await this.#session.runScript('commit')) === 'ROLLBACK') throw new TransactionAbortedError();
        return result;
      } catch (error) {
        await this.#session.runScript('rollback');
        throw error;
      }
    });
  }

  busy(): number {
    return this.#session.running();
  }

  async dump(): Promise<Blob> {
    return this.#session.dumpDataDir('none');
  }

  async close(): Promise<void> {
    this.#closed ??= this.prisma.$disconnect().then(() => this.#session.close());
    await this.#closed;
  }

  #inside(): Transaction {
    return {
      query: (statement) => this.#session.run(statement),
      script: async (text) => {
        await this.#session.runScript(text);
      },
    };
  }
}
