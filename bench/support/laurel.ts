import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { collect, type Memory } from './collect.ts';
import { type Child, launch, run } from './processes.ts';

/** A start may take this long on a busy machine. */
const START_WITHIN_MS = 60_000;

/** A Laurel in a process of its own. Disposing kills it. */
export interface LaurelServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** All it wrote: warnings and errors. */
  output(): string;
  /** Ends it in order. @throws when it does not exit with 0 */
  stop(): Promise<void>;
  /** Makes it free what it no longer uses; answers its memory. Wants the flags COLLECTABLE. */
  collect(): Promise<Memory>;
}

/** What a server is started with, beside what production demands. */
export interface LaurelOptions {
  /** DATABASE_URL or LAUREL_DATA, and what else differs from the defaults. */
  readonly environment: Readonly<Record<string, string>>;
  /** Writes a CPU profile into this folder when it ends. */
  readonly profileFolder?: string;
  /** More flags of Node. */
  readonly flags?: readonly string[];
}

/** Signs the access tokens that the servers of this run take. */
export const jwtSecret = randomBytes(32).toString('base64');

/** The load of a bench comes from one address. */
const NO_RATES = { LAUREL_RATE_API: '0', LAUREL_RATE_EVENTS: '0', LAUREL_RATE_CONNECTS: '0' };

/** What every Laurel of the bench runs with: production, so authentication is on; loopback; any free port. */
function productionWith(environment: Readonly<Record<string, string>>): Record<string, string> {
  return {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: '0',
    LAUREL_JWT_SECRET: jwtSecret,
    LOG_LEVEL: 'warn',
    ...NO_RATES,
    ...environment,
  };
}

/** Starts a server and waits until it is ready. */
export async function startLaurel({ environment, profileFolder, flags = [] }: LaurelOptions): Promise<LaurelServer> {
  const profiling = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const child = launch([...profiling, ...flags, 'src/main.ts', 'serve'], productionWith(environment));
  try {
    const [, url = ''] = await child.says(/serves (http:\S+)\/graphql/, START_WITHIN_MS);
    await isReady(url);
    return serverOf(child, url);
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}

function serverOf(child: Child, url: string): LaurelServer {
  return {
    url,
    pid: child.pid,
    output: child.output,
    async stop() {
      const ending = await child.end();
      if (ending !== 0) throw new Error(`the server ended with ${ending}:\n${child.output()}`);
    },
    collect: () => collect(child),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

async function isReady(url: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(`${url}/ready`, { headers: { connection: 'close' } }).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.status === 200) return;
    if (tries > 2_000) throw new Error(`${url}/ready answers ${answer?.status ?? 'nothing'}`);
    await wait(5);
  }
}

/** Runs a command of `laurel` to its end; answers what it printed. */
export async function laurel(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<string> {
  return run(['src/main.ts', ...argv], productionWith(environment), signal);
}

/** Starts a command of `laurel` without waiting for its end. */
export function launchLaurel(argv: readonly string[], environment: Readonly<Record<string, string>>): Child {
  return launch(['src/main.ts', ...argv], productionWith(environment));
}

/** Waits until the board `score` is loaded. */
export async function boardLoaded(url: string, key: string, signal: AbortSignal): Promise<void> {
  for (let entries = 0; entries === 0; ) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: '{ leaderboard(key: "score") { entryCount } }' }),
      signal,
    });
    const answer = (await response.json()) as { data?: { leaderboard: { entryCount: number } | null } };
    entries = answer.data?.leaderboard?.entryCount ?? 0;
  }
}
