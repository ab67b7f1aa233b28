import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import type { Database } from '../../src/platform/database.ts';
import { openEmbedded } from '../../src/platform/embedded-database.ts';
import { openPostgres } from '../../src/platform/postgres-database.ts';

/** The two PostgreSQLs everything is tested over. */
export type Backend = Database['kind'];

/** A database of one test's own. */
export interface TestDatabase extends AsyncDisposable {
  readonly db: Database;
  /** Where it is; null for the embedded one. */
  readonly url: string | null;
  /** Fails when a connection is still checked out; then closes the database and removes it. */
  dispose(): Promise<void>;
}

/** The backends present on this machine: always 'embedded', and 'postgres' when it answers. For `describe.each`. */
export function backends(): Backend[] {
  return inject('databases').postgres === null ? ['embedded'] : ['embedded', 'postgres'];
}

/** A fresh database with all migrations applied, or without any. About 0.4 s embedded, 0.1 s on a server. */
export async function openTestDatabase(
  backend: Backend,
  options: { readonly migrated?: boolean; readonly poolSize?: number } = {},
): Promise<TestDatabase> {
  const { migrated = true, poolSize = 4 } = options;
  return backend === 'embedded' ? openInMemory(migrated) : openOnServer(migrated, poolSize);
}

/** Empties every table of a test's database; about ten times as fast as another database. Ids of the installation stay. */
export async function emptyTables(db: Database): Promise<void> {
  const tables = await db.query<{ name: string }>({
    text: `select c.oid::regclass::text as name from pg_class c
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
             and c.relname not in ('installation', 'schema_objects', '_prisma_migrations')`,
    values: [],
  });
  const statements = tables.map(({ name }) => `delete from ${name}`);
  await db.script([...statements, 'update installation set live_version = null'].join(';\n'));
}

async function openInMemory(migrated: boolean): Promise<TestDatabase> {
  const dump = await readFile(join(inject('databases').dumps, migrated ? 'migrated.tar' : 'empty.tar'));
  const db = await openEmbedded({ memory: true, loadDataDir: new Blob([new Uint8Array(dump)]) });
  return disposable(db, null, async () => undefined);
}

async function openOnServer(migrated: boolean, poolSize: number): Promise<TestDatabase> {
  const { postgres } = inject('databases');
  if (postgres === null) throw new Error('No PostgreSQL answers; ask backends() first.');
  const name = `${postgres.template}_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await asAdmin(postgres.url, `create database ${name} template ${migrated ? postgres.template : 'template0'}`);
  const url = new URL(postgres.url);
  url.pathname = name;
  const db = await openPostgres({ url: url.href, poolSize });
  // A copy would share channels and keys of Redis with every other.
  if (migrated) await db.script('update installation set id = gen_random_uuid()');
  return disposable(db, url.href, () => asAdmin(postgres.url, `drop database ${name} with (force)`));
}

function disposable(db: Database, url: string | null, remove: () => Promise<void>): TestDatabase {
  const dispose = async (): Promise<void> => {
    const busy = db.busy();
    if (busy > 0) throw new Error(`The test leaves ${busy} database connection(s) checked out.`);
    await db.close();
    await remove();
  };
  return { db, url, dispose, [Symbol.asyncDispose]: dispose };
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
