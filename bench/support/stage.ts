import { setTimeout as wait } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { USERS } from './bench.ts';
import { forgetInstallation, makeDatabase, query } from './databases.ts';
import { type LaurelOptions, type LaurelServer, laurel, startLaurel } from './laurel.ts';

/** A database with users, and the servers on it. Disposing ends them and drops it. */
export interface Stage extends AsyncDisposable {
  readonly databaseUrl: string;
  readonly servers: readonly LaurelServer[];
  /** Authorization of a game server, made by `laurel keys create`. */
  readonly key: string;
  /** Starts one more server on the same database; the caller's to dispose. */
  another(options?: Omit<LaurelOptions, 'environment'>): Promise<LaurelServer>;
}

/** What a stage is made of. */
export interface StageOptions {
  /** One by default. With none, `seed` must leave no user to be brought up. */
  readonly servers?: number;
  /** With Redis between the servers. */
  readonly redis?: boolean;
  readonly catalogPath?: string;
  /** USERS by default. */
  readonly users?: number;
  /** Done after the migrations and the users, before the first server. */
  readonly seed?: (databaseUrl: string) => Promise<void>;
}

/** Makes a database of its own, migrates it, makes the users `player-0`, `player-1`, ... and a key, and starts the servers. */
export async function openStage(bench: Bench, options: StageOptions = {}): Promise<Stage> {
  await using parts = new AsyncDisposableStack();
  const database = parts.use(await makeDatabase(bench.postgresUrl));
  const environment = {
    DATABASE_URL: database.url,
    ...(options.redis ? { REDIS_URL: bench.redisUrl } : {}),
    ...(options.catalogPath === undefined ? {} : { LAUREL_CATALOG: options.catalogPath }),
  };
  await laurel(['migrate', 'up'], environment, bench.signal);
  if (options.redis) {
    const [installation] = await query<{ id: string }>(database.url, 'select id from installation');
    parts.defer(() => forgetInstallation(bench.redisUrl, installation?.id ?? ''));
  }
  await makeUsers(database.url, options.users ?? USERS);
  await options.seed?.(database.url);
  const key = (await laurel(['keys', 'create', '--name', 'bench'], environment, bench.signal)).trim();
  const servers: LaurelServer[] = [];
  for (let count = 0; count < (options.servers ?? 1); count += 1) {
    servers.push(parts.use(await startLaurel({ environment })));
  }
  await broughtUp(database.url, servers, bench.signal);
  await query(database.url, 'vacuum analyze');
  const kept = parts.move();
  return {
    databaseUrl: database.url,
    servers,
    key,
    another: (options) => startLaurel({ ...options, environment }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Users as nobody has seen them yet: of no catalog version, so that the first server folds what their log may hold already. */
async function makeUsers(databaseUrl: string, users: number): Promise<void> {
  await query(
    databaseUrl,
    `insert into users (id, external_id, username, display_name, created_at, updated_at, catalog_version)
     select gen_random_uuid(), 'player-' || n, 'player_' || n, 'Player ' || n, now(), now(), 0
     from generate_series(0, ${users - 1}) as n`,
  );
}

/** Users who do not become fewer for so long are not brought up at all. */
const STUCK_MS = 120_000;
const LOOK_MS = 500;

/** Waits until the servers have brought every user up to the first catalog version. @throws what they wrote when they get stuck */
async function broughtUp(databaseUrl: string, servers: readonly LaurelServer[], signal: AbortSignal): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  for (let since = performance.now(); performance.now() - since < STUCK_MS; ) {
    const [row] = await query<{ behind: number }>(
      databaseUrl,
      'select count(*)::int as behind from users where catalog_version < 1',
    );
    const behind = row?.behind ?? 0;
    if (behind === 0) return;
    if (behind < least) since = performance.now();
    least = Math.min(least, behind);
    await wait(LOOK_MS, undefined, { signal });
  }
  throw new Error(`${least} users are not brought up:\n${servers.map((server) => server.output()).join('\n')}`);
}
