import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { systemClock } from '../../src/platform/clock.ts';
import { openEmbedded } from '../../src/platform/embedded-database.ts';
import { migrateUp } from '../../src/platform/migrate.ts';
import { MIGRATIONS_DIRECTORY } from '../../src/platform/migration-files.ts';
import { openPostgres } from '../../src/platform/postgres-database.ts';
import { hasRedis } from './redis.ts';

/** What the setup leaves for `openTestDatabase`. */
export interface DatabaseSupplies {
  /** Directory with dumps of the embedded database: `empty.tar` and `migrated.tar`. */
  readonly dumps: string;
  readonly postgres: {
    /** A database one may create others from. */
    readonly url: string;
    /** A migrated database to copy. */
    readonly template: string;
  } | null;
}

declare module 'vitest' {
  interface ProvidedContext {
    databases: DatabaseSupplies;
  }
}

const postgresUrl = process.env['LAUREL_TEST_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test';

/** Runs once before all tests: says which services they run against and prepares what a fresh database is copied from. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, redis] = await Promise.all([hasPostgres(), hasRedis()]);
  const dumps = await ensureDumps();
  const template = `laurel_test_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  if (postgres) await makeTemplate(template);
  project.provide('databases', { dumps, postgres: postgres ? { url: postgresUrl, template } : null });
  const services = ['embedded', ...(postgres ? ['postgres'] : []), ...(redis ? ['redis'] : [])];
  process.stdout.write(`Services under test: ${services.join(', ')}\n`);
  return async () => {
    if (postgres) await dropAll(template);
  };
}

async function hasPostgres(): Promise<boolean> {
  const client = new pg.Client({ connectionString: postgresUrl, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    return true;
  } catch (error) {
    if (process.env['LAUREL_TEST_REQUIRE'] !== 'services') return false;
    throw new Error(`LAUREL_TEST_REQUIRE=services, and no PostgreSQL answers at ${postgresUrl}`, { cause: error });
  } finally {
    await client.end();
  }
}

async function makeTemplate(template: string): Promise<void> {
  await asAdmin(`create database ${template}`);
  const url = new URL(postgresUrl);
  url.pathname = template;
  const db = await openPostgres({ url: url.href, poolSize: 1 });
  await migrateUp(db, systemClock);
  await db.close();
}

/** The template and what a test that died left of its own. */
async function dropAll(template: string): Promise<void> {
  const rows = await asAdmin(`select datname from pg_database where starts_with(datname, '${template}')`);
  for (const row of rows) await asAdmin(`drop database if exists ${String(row['datname'])} with (force)`);
}

async function asAdmin(statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Makes the dumps when anything they depend on has changed since they were made: initdb alone takes seconds. */
async function ensureDumps(): Promise<string> {
  const cache = fileURLToPath(new URL('../../node_modules/.cache/laurel-tests', import.meta.url));
  const directory = join(cache, await fingerprint());
  if (existsSync(directory)) return directory;
  await dropOldDumps(cache);
  const draft = `${directory}.${randomUUID()}`;
  await mkdir(draft, { recursive: true });
  const db = await openEmbedded({ memory: true });
  await writeFile(join(draft, 'empty.tar'), await bytesOf(await db.dump()));
  await migrateUp(db, systemClock);
  await writeFile(join(draft, 'migrated.tar'), await bytesOf(await db.dump()));
  await db.close();
  // Another run may have been faster; its dumps are as good.
  await rename(draft, directory).catch(() => rm(draft, { recursive: true }));
  return directory;
}

async function fingerprint(): Promise<string> {
  const platform = fileURLToPath(new URL('../../src/platform', import.meta.url));
  const makers = [
    'embedded-database.ts',
    'migrate.ts',
    'migration-files.ts',
    'migration-status.ts',
    'schema-objects.ts',
  ];
  const migrations = (await readdir(MIGRATIONS_DIRECTORY, { recursive: true }))
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const engine = createRequire(import.meta.url)
    .resolve('@electric-sql/pglite')
    .replace(/dist.*$/, 'package.json');
  const files = [
    engine,
    fileURLToPath(import.meta.url),
    ...makers.map((name) => join(platform, name)),
    ...migrations.map((name) => join(MIGRATIONS_DIRECTORY, name)),
  ];
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

const DAY_MS = 86_400_000;

async function dropOldDumps(cache: string): Promise<void> {
  const names = await readdir(cache).catch(() => []);
  for (const name of names) {
    const path = join(cache, name);
    const age = systemClock.now() - (await stat(path)).mtimeMs;
    if (age > DAY_MS) await rm(path, { recursive: true, force: true });
  }
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}
