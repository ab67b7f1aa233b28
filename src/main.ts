#!/usr/bin/env node
import { isLocal } from './commands/is-local.ts';
import type { Workbench } from './commands/workbench.ts';
import { type Config, readConfig } from './config.ts';
import { systemClock } from './platform/clock.ts';
import { runRemotely } from './platform/command-socket.ts';
import { createLogger } from './platform/logger.ts';
import { VERSION } from './platform/version.ts';

/** The command line: what one types after `laurel`. */
const argv = process.argv.slice(2);
const clock = systemClock;
const output = {
  stdout: (text: string) => void process.stdout.write(text),
  stderr: (text: string) => void process.stderr.write(text),
};

async function main(): Promise<number> {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
  const config = (): Config => readConfig(process.env);
  const local = isLocal(argv, process.env['LAUREL_URL']);
  if (!local && config().databaseUrl === null) {
    const request = { argv, cwd: process.cwd() };
    const code = await runRemotely(config().dataDirectory, request, output, { signal: interrupted.signal });
    if (code !== null) return code;
  }
  // Loaded only here: a command that runs inside the server needs none of it, and starts three times as fast.
  const { runProgram } = await import('./commands/program.ts');
  return runProgram(argv.length === 0 ? ['serve'] : argv, {
    withWorkbench: (work) => withOwnDatabase(config(), work),
    serve: async () => {
      const { serve } = await import('./commands/serve.ts');
      const { logLevel } = config();
      const logger = createLogger({ level: logLevel });
      const print = (text: string): void => output.stdout(`${text}\n`);
      return serve({ config: config(), clock, logger, version: VERSION, print, signal: interrupted.signal });
    },
    cwd: process.cwd(),
    output,
    version: VERSION,
    signal: interrupted.signal,
    remote: { url: process.env['LAUREL_URL'], key: process.env['LAUREL_KEY'] },
  });
}

async function withOwnDatabase<T>(config: Config, work: (bench: Workbench) => Promise<T>): Promise<T> {
  const { authFor, liveFor, openDatabase, prepareSchema } = await import('./commands/workbench.ts');
  const opened = await openDatabase(config, clock);
  try {
    if (argv[0] !== 'migrate') await prepareSchema(config, opened.database, clock, createLogger({ level: 'silent' }));
    const auth = await authFor(config, opened.database, clock);
    const live = () => liveFor(config, opened.database, clock, createLogger({ level: 'warn' }));
    return await work({ config, database: opened.database, clock, auth, live, serving: false });
  } finally {
    await opened.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  output.stderr(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
