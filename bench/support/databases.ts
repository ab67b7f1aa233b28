import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';
import { cpuSeconds } from './processes.ts';

/** What the bench's own connections are called in pg_stat_activity. */
const APPLICATION = 'laurel-bench';

/** A database of one run. Disposing drops it, whoever is connected. */
export interface OwnDatabase extends AsyncDisposable {
  readonly url: string;
}

/** Makes an empty database on the server of `serverUrl`. */
export async function makeDatabase(serverUrl: string): Promise<OwnDatabase> {
  const name = `laurel_bench_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await query(serverUrl, `create database ${name} template template0`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      await query(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

/** Runs one statement, or several without parameters, on a connection of its own. */
export async function query<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, application_name: APPLICATION });
  await client.connect();
  try {
    return (await client.query<Row>(text, values.length === 0 ? undefined : [...values])).rows;
  } finally {
    await client.end();
  }
}

/** Processor seconds of each PostgreSQL process that serves a database, by its id; the bench's own are left out. */
export async function backendSeconds(url: string): Promise<Map<number, number>> {
  const rows = await query<{ pid: number }>(
    url,
    'select pid from pg_stat_activity where datname = current_database() and application_name <> $1',
    [APPLICATION],
  );
  const seconds = await Promise.all(rows.map(async ({ pid }) => [pid, await cpuSeconds(pid)] as const));
  return new Map(seconds.flatMap(([pid, used]) => (used === null ? [] : [[pid, used] as const])));
}

/** Deletes every key of an installation from Redis. */
export async function forgetInstallation(redisUrl: string, installationId: string): Promise<void> {
  const redis = new Redis(redisUrl);
  try {
    for await (const keys of redis.scanStream({ match: `laurel:${installationId}:*`, count: 1_000 })) {
      if ((keys as string[]).length > 0) await redis.unlink(keys as string[]);
    }
  } finally {
    redis.disconnect();
  }
}
