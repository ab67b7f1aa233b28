import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';

/** The checkout that is measured. */
export const ROOT = path.join(import.meta.dirname, '..', '..');

/** How a process ended: its exit status, or the signal that killed it. */
export type Ending = number | NodeJS.Signals;

/** A Node process that the bench started. Disposing kills it if it still lives. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  readonly stdout: () => string;
  /** All it wrote, both streams. */
  readonly output: () => string;
  readonly ended: Promise<Ending>;
  /** Sends a signal (SIGTERM) and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Ending>;
  /** Waits until standard output matches. Rejects when it does not in time, or the process ends before. */
  says(pattern: RegExp, withinMs: number): Promise<RegExpExecArray>;
}

/** Starts this Node with arguments, in the checkout, and with nothing of the environment but what finds programs. */
export function launch(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Child {
  const child = spawn(process.execPath, argv, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as Ending);
  const end = (signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return ended;
  };
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    output: () => output,
    ended,
    end,
    says: (pattern, withinMs) => {
      const late = new Promise<Error>((resolve) => {
        setTimeout(() => resolve(new Error(`not within ${withinMs} ms: ${pattern}\n${output}`)), withinMs).unref();
      });
      const over = ended.then((ending) => new Error(`${argv.join(' ')} ended with ${ending}:\n${output}`));
      return matchOf(child.stdout, () => pattern.exec(stdout), Promise.race([late, over]));
    },
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
    },
  };
}

/** Looks again whenever the stream brings something, until there is a match; throws what comes out of `fails` before. */
async function matchOf(
  stream: Readable,
  look: () => RegExpExecArray | null,
  fails: Promise<Error>,
): Promise<RegExpExecArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  const onData = (): void => {
    const match = look();
    if (match !== null) resolve(match);
  };
  stream.on('data', onData);
  void fails.then(reject);
  onData();
  try {
    return await promise;
  } finally {
    stream.off('data', onData);
  }
}

/** Runs a process to its end and answers its standard output. @throws when it fails, with all it wrote. */
export async function run(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<string> {
  await using child = launch(argv, environment);
  const stop = (): void => void child.end();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const ending = await child.ended;
    if (ending !== 0) throw new Error(`${argv.join(' ')} ended with ${ending}:\n${child.output()}`);
    return child.stdout();
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Clock ticks a second in /proc; 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Seconds of processor a process has used, its own and the kernel's for it; null where there is no /proc, or no such process. */
export async function cpuSeconds(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  // The name in brackets may hold spaces; what follows it is the third field.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Processor seconds between two looks at some processes, by id; of those that are there at the second. */
export function usedBetween(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number {
  return [...after].reduce((sum, [pid, used]) => sum + used - (before.get(pid) ?? 0), 0);
}

/** Resident memory of a process in MB; null where there is no /proc, or no such process. */
export async function residentMb(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1];
  return kb === undefined ? null : Number(kb) / 1024;
}

/** Files that a process has open beside its sockets. */
const OTHER_FILES = 200;

/** A generator and a server have a file open for each socket. @throws when so many are not allowed */
export async function checkOpenFiles(sockets: number): Promise<void> {
  const [most, wanted] = [await mostOpenFiles(), sockets + OTHER_FILES];
  if (most !== null && most < wanted) {
    throw new Error(`${sockets} sockets want ${wanted} open files, and ${most} are allowed: raise that with ulimit -n`);
  }
}

/** Files that this process may have open, and so each that it starts; null where there is no /proc, or no bound. */
async function mostOpenFiles(): Promise<number | null> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const most = /^Max open files +(\d+)/m.exec(text)?.[1];
  return most === undefined ? null : Number(most);
}
