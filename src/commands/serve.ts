import { type App, createApp } from '../app.ts';
import type { Config } from '../config.ts';
import { makeKey } from '../features/auth/keys.ts';
import type { Clock } from '../platform/clock.ts';
import { serveCommands } from '../platform/command-socket.ts';
import { createIds } from '../platform/ids.ts';
import type { Logger } from '../platform/logger.ts';
import { inviteText } from './admin.ts';
import { runProgram } from './program.ts';
import { jwtSecretOf, type OpenedDatabase, openDatabase, prepareSchema } from './workbench.ts';

/** What the server is started with. */
export interface ServeParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** For people: where it listens, the start key. */
  readonly print: (text: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Serves until the signal comes, then drains and closes all in order. */
export async function serve(parts: ServeParts): Promise<void> {
  const { config, clock, logger } = parts;
  const opened = await openDatabase(config, clock);
  try {
    await prepareSchema(config, opened.database, clock, logger);
    const startKey = config.auth === 'key' ? makeKey(config.environment, createIds(clock).next()).key : null;
    const jwtSecret = await jwtSecretOf(config);
    const app = await createApp({ config, database: opened.database, logger, clock, jwtSecret, startKey });
    try {
      await serveApp(parts, opened, app, startKey);
    } finally {
      await app.close();
    }
  } finally {
    await opened.close();
  }
}

async function serveApp(parts: ServeParts, opened: OpenedDatabase, app: App, startKey: string | null): Promise<void> {
  const { config, clock, logger, version, signal } = parts;
  /** Where it listens; with PORT=0 that is known late. */
  let { port } = config;
  const commands =
    opened.lock === null
      ? null
      : await serveCommands(opened.lock, ({ argv, cwd }, output, stopped) =>
          runProgram(argv, {
            withWorkbench: (work) =>
              work({
                config: { ...config, port },
                database: opened.database,
                clock,
                auth: app.auth,
                live: async () => app.live,
                serving: true,
              }),
            serve: null,
            cwd,
            output,
            version,
            remote: { url: undefined, key: undefined },
            signal: stopped,
          }),
        );
  try {
    const { url, port: bound } = await app.http.listen(config.port, config.host);
    port = bound;
    const store = config.databaseUrl === null ? `embedded database in ${config.dataDirectory}` : 'PostgreSQL';
    const bus = busOf(config);
    logger.info({ operation: 'serve', url, store, bus, auth: config.auth, version }, 'Laurel serves');
    parts.print(`Laurel ${version} serves ${url}/graphql (${store}, ${bus}, auth ${config.auth})`);
    if (startKey !== null) parts.print(`Key of this start (Authorization: Bearer ...): ${startKey}`);
    const invite = config.auth === 'on' ? await app.services.people.inviteFirst() : null;
    if (invite !== null) parts.print(inviteText(invite, url));
    await aborted(signal);
    logger.info({ operation: 'serve' }, 'stopping');
  } finally {
    // Draining first: /ready says so at once, and a command that waits for a walk is let go by the walk's end.
    await Promise.all([app.close(), commands?.close()]);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function busOf({ redis, databaseUrl }: Config): string {
  if (redis !== null) return redis.cluster ? 'Redis Cluster' : 'Redis';
  return databaseUrl === null ? 'in-process bus' : 'no Redis: polling';
}
