import { Cluster, type Redis } from 'ioredis';
import { addListener } from './listeners.ts';
import {
  connectionSchedule,
  defaultRedisFigures,
  type RedisCommands,
  type RedisFigures,
  type RedisLog,
  type RedisSurroundings,
  reconnectDelayMs,
} from './redis-connection.ts';
import { RedisShards } from './redis-shards.ts';
import { Owners } from './redis-slots.ts';

/** What a process holds of a Redis Cluster. */
export interface RedisCluster {
  readonly commands: RedisCommands;
  /** What listens: a connection to each node that holds slots. */
  readonly shards: Pick<RedisShards, 'nodes' | 'up' | 'onLooked'>;
  /** The address of the node that holds a key or channel, as of the last look; null while nobody knows. */
  nodeOf(name: string): string | null;
  /** Everything is up. */
  readonly healthy: boolean;
  /** Closes everything. Closing twice does nothing. */
  close(): Promise<void>;
}

/**
 * Opens a cluster, known by some of its nodes, without waiting for it: it may come later. It counts as up while every node that holds
 * slots answers and says that the cluster is whole: a part that is away is Redis that is away. It is looked at every `heartbeatMs`, and
 * at once where a slot was elsewhere or a connection broke. Never throws for absent nodes.
 */
export function openRedisCluster(urls: readonly [string, ...string[]], surroundings: RedisSurroundings): RedisCluster {
  const owners = new Owners();
  const shards = new RedisShards(urls[0], surroundings, () => commands.hurry());
  const commands = new ClusterCommands(urls, surroundings, owners, shards);
  return {
    commands,
    shards,
    nodeOf: (name) => owners.of(name),
    get healthy() {
      return commands.up && shards.up;
    },
    close: async () => {
      await Promise.all([commands.close(), shards.close()]);
    },
  };
}

class ClusterCommands implements RedisCommands {
  readonly client: Cluster;
  readonly #owners: Owners;
  readonly #shards: RedisShards;
  readonly #logger: RedisLog;
  readonly #figures: RedisFigures;
  readonly #schedule: NonNullable<RedisSurroundings['schedule']>;
  readonly #random: () => number;
  readonly #ups = new Set<() => void>();
  readonly #downs = new Set<() => void>();
  #isWhole = false;
  #isLooking = false;
  #isReported = false;
  #failures = 0;
  #closing: Promise<void> | null = null;
  #cancel: () => void;

  constructor(urls: readonly [string, ...string[]], given: RedisSurroundings, owners: Owners, shards: RedisShards) {
    this.#owners = owners;
    this.#shards = shards;
    this.#logger = given.logger;
    this.#figures = { ...defaultRedisFigures, ...given.figures };
    this.#schedule = given.schedule ?? connectionSchedule;
    this.#random = given.random ?? Math.random;
    this.client = openClient(urls, this.#figures, this.#random);
    this.client.on('ready', () => void this.#look());
    // After a MOVED, and where a connection broke.
    this.client.on('refresh', () => this.hurry());
    this.client.on('-node', () => this.hurry());
    // What is wrong is found by looking; without a listener an error would end the process.
    this.client.on('error', () => this.hurry());
    this.#cancel = this.#schedule(() => void this.#look(), this.#figures.deadlineMs);
  }

  get up(): boolean {
    return this.#isWhole && this.client.status === 'ready';
  }

  /** Something may have changed: looks now, unless the next look comes soon by itself. */
  hurry(): void {
    if (this.#isWhole) void this.#look();
  }

  serverOf(key: string): Redis {
    const owner = this.#owners.of(key);
    const server = this.client.nodes('master').find((node) => addressOf(node) === owner);
    if (server === undefined) throw new Error('redis is away');
    return server;
  }

  onUp(listener: () => void): () => void {
    return addListener(this.#ups, listener);
  }

  onDown(listener: () => void): () => void {
    return addListener(this.#downs, listener);
  }

  close(): Promise<void> {
    this.#closing ??= Promise.resolve().then(() => {
      this.#cancel();
      this.#tell(false);
      return ended(this.client, this.#schedule, this.#figures.closeMs);
    });
    return this.#closing;
  }

  /** Looks where the slots are and who answers. One at a time: who asks meanwhile is answered by the one under way. */
  async #look(): Promise<void> {
    if (this.#isLooking || this.#closing) return;
    this.#isLooking = true;
    this.#cancel();
    const fault = await faultOf(this.client, () => this.#shards.settle(this.#owners.learn(this.client.slots)));
    this.#isLooking = false;
    if (this.#closing) return;
    this.#report(fault);
    this.#tell(fault === null);
    const { heartbeatMs, maxRetryMs } = this.#figures;
    const pauseMs = fault === null ? heartbeatMs : reconnectDelayMs(this.#failures, maxRetryMs, this.#random);
    this.#cancel = this.#schedule(() => void this.#look(), pauseMs);
  }

  #report(fault: string | null): void {
    this.#failures = fault === null ? 0 : this.#failures + 1;
    if (fault !== null && !this.#isReported) this.#logger.warn({ role: 'cluster', reason: fault }, 'redis is away');
    if (fault === null && this.#isReported) this.#logger.info({ role: 'cluster' }, 'redis is back');
    this.#isReported = fault !== null;
  }

  #tell(isWhole: boolean): void {
    if (this.#isWhole === isWhole) return;
    this.#isWhole = isWhole;
    for (const listener of [...(isWhole ? this.#ups : this.#downs)]) listener();
  }
}

function openClient(urls: readonly [string, ...string[]], figures: RedisFigures, random: () => number): Cluster {
  const first = new URL(urls[0]);
  return new Cluster([...urls], {
    // Hosts are called by the names the cluster gives them: certificates are made out to those.
    dnsLookup: (host, answer) => answer(null, host),
    enableOfflineQueue: false,
    clusterRetryStrategy: (attempt) => reconnectDelayMs(attempt, figures.maxRetryMs, random),
    slotsRefreshInterval: 0,
    slotsRefreshTimeout: figures.deadlineMs,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    maxRedirections: 5,
    redisOptions: {
      username: decodeURIComponent(first.username),
      password: decodeURIComponent(first.password),
      ...(first.protocol === 'rediss:' && { tls: {} }),
      connectionName: 'laurel-commands',
      connectTimeout: figures.connectTimeoutMs,
      commandTimeout: figures.commandTimeoutMs,
      disconnectTimeout: figures.closeMs,
      maxRetriesPerRequest: 0,
    },
  });
}

/** What keeps the cluster from being whole, or null. `learnt` is called once it is known where the slots are. */
async function faultOf(client: Cluster, learnt: () => void): Promise<string | null> {
  if (client.status !== 'ready') return 'no node answers';
  const isKnown = await new Promise<boolean>((resolve) => client.refreshSlotsCache((error) => resolve(!error)));
  if (!isKnown) return 'no node tells the slots';
  learnt();
  const servers = new Map(client.nodes('master').map((server) => [addressOf(server), server]));
  const holders = new Set(client.slots.map(([owner]) => owner ?? ''));
  const faults = await Promise.all([...holders].map((owner) => faultOfNode(owner, servers.get(owner))));
  return faults.find((fault) => fault !== null) ?? null;
}

async function faultOfNode(address: string, server: Redis | undefined): Promise<string | null> {
  if (server === undefined) return `${address} is away`;
  try {
    const info = (await server.cluster('INFO')) as string;
    return info.includes('cluster_state:ok') ? null : `${address} says that the cluster is not whole`;
  } catch {
    // The next look connects anew.
    server.disconnect();
    return `${address} does not answer`;
  }
}

function addressOf({ options }: Redis): string {
  return `${options.host}:${options.port}`;
}

/** Ends a client; resolves when it ended, or after `closeMs` or so where it says nothing. */
async function ended(
  client: Cluster,
  schedule: NonNullable<RedisSurroundings['schedule']>,
  closeMs: number,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const giveUpWaiting = schedule(resolve, closeMs + 50);
    client.once('end', () => {
      giveUpWaiting();
      resolve();
    });
    client.disconnect();
  });
}
