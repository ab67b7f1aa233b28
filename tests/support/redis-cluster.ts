import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { SLOTS, slotOf } from '../../src/platform/redis-slots.ts';
import { eventually } from './eventually.ts';
import { freePort } from './redis-server.ts';

/** How long a cluster may take to agree on anything: a loaded machine is slow to gossip. */
export const AGREED_WITHIN_MS = 40_000;

/** A server of the cluster. It keeps no keys on disk, and who it is. */
export interface ClusterNode {
  readonly url: string;
  /** A connection beside those under test. */
  readonly admin: Redis;
  /** Ends it as kill -9 does. */
  kill(): Promise<void>;
  /** Starts it again, without its keys. */
  start(): Promise<void>;
  /** Stops answering without a word until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** Three masters of a third of the slots each, and a replica of the first. */
export interface RedisClusterServers {
  readonly masters: readonly [ClusterNode, ClusterNode, ClusterNode];
  readonly replica: ClusterNode;
  /** The masters as REDIS_URL names them. */
  readonly url: string;
  /** Waits until every node that lives says that the cluster is whole. */
  whole(): Promise<void>;
  /** Gives the slot of a key or channel to another master. Keys it has are not carried over. */
  move(name: string, to: ClusterNode): Promise<void>;
  /** Ends all and removes their folders. */
  close(): Promise<void>;
}

/** The master that a key or channel falls to, as the slots are given out at the start. */
export function masterOf(name: string): 0 | 1 | 2 {
  return Math.floor((slotOf(name) * 3) / SLOTS) as 0 | 1 | 2;
}

/** Starts a cluster on free ports of the loopback; a master that is away for 3 s is replaced by its replica. */
export async function startRedisCluster(): Promise<RedisClusterServers> {
  const nodes = (await Promise.all(Array.from({ length: 4 }, startNode))) as [Node, Node, Node, Node];
  const [first, second, third, replica] = nodes;
  const masters = [first, second, third] as const;
  const whole = () => agree('the cluster is whole', nodes, 'cluster_state:ok');
  const close = async () => {
    await Promise.all(nodes.map((node) => node.close()));
  };
  try {
    await giveOutSlots(masters);
    await acquaint(nodes);
    await follow(first, replica);
    await whole();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    masters,
    replica,
    url: masters.map(({ url }) => url).join(','),
    whole,
    move: async (name, to) => {
      const id = await to.admin.cluster('MYID');
      // The new owner first: it spreads the word.
      for (const { admin } of [to, ...masters]) await admin.cluster('SETSLOT', slotOf(name), 'NODE', id);
    },
    close,
  };
}

/** Waits until every node that lives says this line. */
function agree(what: string, nodes: readonly Node[], line: string): Promise<void> {
  const says = async ({ admin }: Node) => isOf(await admin.cluster('INFO'), line);
  return eventually(
    what,
    async () => (await Promise.all(nodes.filter(({ isUp }) => isUp()).map(says))).every(Boolean),
    AGREED_WITHIN_MS,
  );
}

async function giveOutSlots(masters: readonly Node[]): Promise<void> {
  const firstOf = (master: number) => Math.ceil((master * SLOTS) / masters.length);
  for (const [index, { admin }] of masters.entries()) {
    await admin.cluster('ADDSLOTSRANGE', firstOf(index), firstOf(index + 1) - 1);
    await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
}

async function acquaint(nodes: readonly [Node, ...Node[]]): Promise<void> {
  const [{ admin }, ...others] = nodes;
  for (const { port, busPort } of others) await admin.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
  await agree('the nodes know each other', nodes, `cluster_known_nodes:${nodes.length}`);
}

async function follow(master: Node, replica: Node): Promise<void> {
  const id = await master.admin.cluster('MYID');
  const isTaken = () =>
    replica.admin.cluster('REPLICATE', id).then(
      () => true,
      () => false,
    );
  await eventually('the replica may follow', isTaken, AGREED_WITHIN_MS);
  await eventually(
    'the replica follows',
    async () => isOf(await replica.admin.info('replication'), 'master_link_status:up'),
    AGREED_WITHIN_MS,
  );
}

interface Node extends ClusterNode {
  readonly port: number;
  readonly busPort: number;
  isUp(): boolean;
  close(): Promise<void>;
}

async function startNode(): Promise<Node> {
  const [port, busPort] = [await freePort(), await freePort()];
  const folder = await mkdtemp(join(tmpdir(), 'laurel-redis-'));
  const url = `redis://127.0.0.1:${port}`;
  const admin = new Redis(url, { lazyConnect: true, retryStrategy: () => 50, maxRetriesPerRequest: null });
  admin.on('error', () => {});
  let child: ChildProcess | null = null;
  const start = async () => {
    child = spawn('redis-server', optionsOf(port, busPort, folder), { stdio: 'ignore' });
    await eventually('a node answers', async () => (await admin.ping()) === 'PONG', AGREED_WITHIN_MS);
  };
  const kill = async () => {
    const ended = child;
    child = null;
    ended?.kill('SIGKILL');
    if (ended && ended.exitCode === null && ended.signalCode === null) await once(ended, 'exit');
  };
  await start();
  return {
    url,
    admin,
    port,
    busPort,
    isUp: () => child !== null,
    kill,
    start,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    close: async () => {
      admin.disconnect();
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function optionsOf(port: number, busPort: number, folder: string): string[] {
  const options = {
    port,
    bind: '127.0.0.1',
    save: '',
    appendonly: 'no',
    dir: folder,
    'cluster-enabled': 'yes',
    'cluster-port': busPort,
    'cluster-config-file': 'nodes.conf',
    'cluster-node-timeout': 3_000,
    'cluster-replica-validity-factor': 0,
    'repl-diskless-sync-delay': 0,
  };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

const isOf = (info: unknown, line: string): boolean => String(info).split('\r\n').includes(line);
