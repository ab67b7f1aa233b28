import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.ts';

/** A Redis server of the test's own, which keeps nothing on disk but what SAVE is asked to. */
export interface RedisServer {
  readonly url: string;
  /** Runs a command on a connection that is closed again. */
  run<Answer>(ask: (client: Redis) => Promise<Answer>): Promise<Answer>;
  /** Ends it as kill -9 does. */
  kill(): Promise<void>;
  /** Starts it again on the same port with what was saved last. */
  start(): Promise<void>;
  /** `kill`, then `start`. */
  crash(): Promise<void>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

/**
 * Whether a server can be started on this machine. Throws instead of saying no when LAUREL_TEST_REQUIRE=services: a suite that was
 * meant to run must not skip itself.
 */
export function canStartRedis(): boolean {
  if (spawnSync('redis-server', ['--version']).status === 0) return true;
  if (process.env['LAUREL_TEST_REQUIRE'] === 'services')
    throw new Error('LAUREL_TEST_REQUIRE=services, and there is no redis-server');
  return false;
}

/**
 * Whether a cluster can be started on this machine, which takes Redis 7 for its sharded channels; says why not. Throws instead as
 * `canStartRedis` does.
 */
export function canStartCluster(): boolean {
  const found = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  const version = Number(/v=(\d+)/.exec(found.stdout ?? '')?.[1] ?? 0);
  if (version >= 7) return true;
  const reason = version === 0 ? 'there is no redis-server' : `redis-server is of version ${version}, and 7 is needed`;
  if (process.env['LAUREL_TEST_REQUIRE'] === 'services') throw new Error(`LAUREL_TEST_REQUIRE=services, and ${reason}`);
  process.stdout.write(`Redis Cluster is not tested: ${reason}\n`);
  return false;
}

/** Starts one on a free port of the loopback. */
export async function startRedisServer(): Promise<RedisServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'laurel-redis-'));
  const url = `redis://127.0.0.1:${port}`;
  const run = async <Answer>(ask: (client: Redis) => Promise<Answer>): Promise<Answer> => {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => {});
    try {
      await client.connect();
      return await ask(client);
    } finally {
      client.disconnect();
    }
  };
  const launch = async (): Promise<ChildProcess> => {
    const options = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
    ];
    const child = spawn('redis-server', options, { stdio: 'ignore' });
    await eventually('redis answers', () => run(async (client) => (await client.ping()) === 'PONG').catch(() => false));
    return child;
  };
  const end = async (child: ChildProcess) => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  let server = await launch();
  const kill = () => end(server);
  const start = async () => {
    server = await launch();
  };
  return {
    url,
    run,
    kill,
    start,
    crash: async () => {
      await kill();
      await start();
    },
    close: async () => {
      await end(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port of the loopback that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
