import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

/** Where packages put the programs of a PostgreSQL server, by major version. */
const HOMES = '/usr/lib/postgresql';
const START_WITHIN_MS = 60_000;
const CONNECTIONS = 30;

/** Folder of `initdb` and `postgres` 15 or newer; null where this machine has none. Throws then when LAUREL_TEST_REQUIRE=services. */
export function findServerPrograms(): string | null {
  const versions = existsSync(HOMES) ? readdirSync(HOMES).map(Number) : [];
  const newest = Math.max(...versions.filter((version) => existsSync(join(HOMES, `${version}`, 'bin', 'initdb'))));
  if (newest >= 15) return join(HOMES, `${newest}`, 'bin');
  if (process.env['LAUREL_TEST_REQUIRE'] === 'services') throw new Error(`no initdb of PostgreSQL 15 under ${HOMES}`);
  return null;
}

/** A PostgreSQL server of one test's own, which may be hurt. */
export interface PostgresCluster {
  /** Of the database `postgres`, empty at first. */
  readonly url: string;
  /** Connections it takes. */
  readonly connections: number;
  /** Starts it, after a kill on what it left; resolves once it answers. */
  start(): Promise<void>;
  /** kill -9 of all its processes. */
  kill(): Promise<void>;
  /** Stops all its processes where they are: connections stay, nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Kills it and deletes its data. */
  remove(): Promise<void>;
}

/** Makes a cluster in a temporary folder, on a free port of the loopback; it does not run yet. PostgreSQL refuses to run as root. */
export async function makeCluster(programs: string): Promise<PostgresCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-cluster-'));
  const owner = process.getuid?.() === 0 ? ordinaryUser() : null;
  if (owner !== null) await chown(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-instructions'];
  await run(join(programs, 'initdb'), initdb, { ...owner, cwd: folder });
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    `max_connections=${CONNECTIONS}`,
    'shared_buffers=32MB',
  ].flatMap((setting) => ['-c', setting]);
  let postmaster: ChildProcess | null = null;

  const signal = (name: NodeJS.Signals): void => {
    if (!runs(postmaster) || postmaster.pid === undefined) return;
    const { pid } = postmaster;
    // The postmaster first: it would start again what dies.
    for (const own of [pid, ...childrenOf(pid)]) sendSignal(own, name);
  };
  // It would outlive a test that is cut off.
  const killAtExit = (): void => signal('SIGKILL');
  process.on('exit', killAtExit);
  const kill = async (): Promise<void> => {
    if (!runs(postmaster)) return;
    const gone = once(postmaster, 'close');
    signal('SIGKILL');
    await gone;
    postmaster = null;
  };
  return {
    url,
    connections: CONNECTIONS,
    async start() {
      const end = performance.now() + START_WITHIN_MS;
      while (!runs(postmaster) || !(await answers(url))) {
        if (performance.now() > end) throw new Error(`no PostgreSQL within ${START_WITHIN_MS} ms at ${url}`);
        // One that was killed leaves memory that the next waits for by ending. A process group of its own: the kernel hangs up a whole
        // group that loses its leader while one of it is stopped.
        if (!runs(postmaster))
          postmaster = spawn(join(programs, 'postgres'), ['-D', data, ...settings], {
            ...owner,
            stdio: 'ignore',
            detached: true,
          });
        await pause(50);
      }
    },
    kill,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async remove() {
      await kill();
      process.off('exit', killAtExit);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function runs(child: ChildProcess | null): child is ChildProcess {
  return child !== null && child.exitCode === null && child.signalCode === null;
}

function ordinaryUser(): { uid: number; gid: number } {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = ['postgres', 'nobody'].flatMap((name) => lines.find((text) => text.startsWith(`${name}:`)) ?? [])[0];
  if (line === undefined) throw new Error('no user but root to run PostgreSQL as');
  const [, , uid, gid] = line.split(':').map(Number);
  return { uid: uid ?? 0, gid: gid ?? 0 };
}

/** Processes whose parent this is, as the kernel lists them. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid)) return false;
      try {
        // pid (name) state parent ...
        return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]) === parent;
      } catch {
        return false;
      }
    });
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
