import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { NO_RATES } from './no-rates.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(ROOT, 'src', 'main.ts');
/** A start may take this long on a busy machine; the first one makes a database. */
const START_WITHIN_MS = 40_000;

/** Variables of a process, beside what every process needs. */
export type Environment = Readonly<Record<string, string>>;

/** How a process ended: the exit code, or the signal that killed it. */
export type Ending = number | NodeJS.Signals;

/** A Laurel in a process of its own. */
export interface LaurelProcess {
  readonly url: string;
  readonly pid: number;
  /** Everything it wrote so far. */
  output(): string;
  readonly ended: Promise<Ending>;
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Ending>;
}

/** What a command did. */
export interface Outcome {
  readonly ending: Ending;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder that is removed by `remove`. */
export interface Folder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Makes an empty folder, for the data of a process. */
export async function makeFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'laurel-process-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

const living = new Set<ChildProcess>();

/** Starts a server on a free port and waits until it is ready. Fails with what it wrote when it ends before. */
export async function startProcess(environment: Environment): Promise<LaurelProcess> {
  const launched = launch(['serve'], environment);
  const url = await addressOf(launched);
  await eventually('the server is ready', () => isReady(url), START_WITHIN_MS);
  return { url, ...processOf(launched) };
}

/** A worker, or a command under way, in a process of its own. */
export type WorkerProcess = Omit<LaurelProcess, 'url'>;

/** Starts a worker and waits until it works. Fails with what it wrote when it ends before. */
export async function startWorker(environment: Environment): Promise<WorkerProcess> {
  const launched = launch(['worker'], environment);
  await said(launched, / works\n/);
  return processOf(launched);
}

/** Starts a command without waiting for its end. */
export function startCommand(argv: readonly string[], environment: Environment): WorkerProcess {
  return processOf(launch(argv, environment));
}

/** Starts a program of the tests. */
export function startProgram(path: string, argv: readonly string[]): WorkerProcess {
  return processOf(launch(argv, {}, path));
}

function processOf({ child, ended, output }: ReturnType<typeof launch>): WorkerProcess {
  return {
    pid: child.pid ?? 0,
    output,
    ended,
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs one command to its end. */
export async function runLaurel(argv: readonly string[], environment: Environment): Promise<Outcome> {
  const { child, ended } = launch(argv, environment);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.on('data', (text: string) => {
    stderr += text;
  });
  return { ending: await ended, stdout, stderr };
}

/** Kills what a failed test left running. */
export async function endProcesses(): Promise<void> {
  await Promise.all(
    [...living].map(async (child) => {
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
    }),
  );
}

function launch(argv: readonly string[], environment: Environment, program = MAIN) {
  const child = spawn(process.execPath, [program, ...argv], {
    cwd: ROOT,
    // Nothing of the surroundings of the tests but what finds programs.
    env: { PATH: process.env['PATH'], PORT: '0', ...NO_RATES, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  living.add(child);
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text;
    });
  }
  const ended = once(child, 'close').then(([code, signal]): Ending => {
    living.delete(child);
    return (code ?? signal) as Ending;
  });
  return { child, ended, output: () => written };
}

/** Where a server says that it listens. */
async function addressOf(launched: ReturnType<typeof launch>): Promise<string> {
  return (await said(launched, /serves (http:\S+)\/graphql/))[1] ?? '';
}

/** Waits for words of a process, without taking its processor. */
async function said({ child, ended, output }: ReturnType<typeof launch>, words: RegExp): Promise<RegExpExecArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  const look = (): void => {
    const match = words.exec(output());
    if (match !== null) resolve(match);
  };
  child.stdout.on('data', look);
  const late = setTimeout(
    () => reject(new Error(`no ${words} within ${START_WITHIN_MS} ms:\n${output()}`)),
    START_WITHIN_MS,
  );
  void ended.then((ending) => reject(new Error(`the process ended with ${ending}:\n${output()}`)));
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    child.stdout.off('data', look);
  }
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/ready`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(5_000),
  }).catch(() => null);
  await response?.body?.cancel();
  return response?.status === 200;
}

/** Ids of the domain events that a process has logged, in order. */
export function logged({ output }: Pick<WorkerProcess, 'output'>): string[] {
  return [...output().matchAll(/"operation":"domain-event","id":"([^"]+)"/g)].map((match) => match[1] ?? '');
}
