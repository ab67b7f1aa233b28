import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readInstallation } from '../../src/platform/installation.ts';
import { openRedisCluster, type RedisCluster } from '../../src/platform/redis-cluster.ts';
import { slotOf } from '../../src/platform/redis-slots.ts';
import { createRedisRankIndex } from '../../src/ranking/redis-rank-index.ts';
import { createRedisBus } from '../../src/realtime/redis-bus.ts';
import { bookOf, entriesOf, pagesOf, rankingOf, rowsOf } from '../ranking/rank-ground.ts';
import { rankIndexContract } from '../ranking/rank-index.contract.ts';
import { type CatalogFile, writeCatalog } from '../support/catalog-file.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { eventually } from '../support/eventually.ts';
import { type Listening, startLaurel, TEST_SECRET, type TestLaurel, unique } from '../support/laurel.ts';
import { freshInstallation } from '../support/redis.ts';
import { AGREED_WITHIN_MS, masterOf, type RedisClusterServers, startRedisCluster } from '../support/redis-cluster.ts';
import { canStartCluster } from '../support/redis-server.ts';
import { busContract, openRedisBuses } from './bus.contract.ts';
import { createQuietLog, type QuietLog } from './quiet-log.ts';
import { printedSeed, quickFigures, seeded } from './redis-ground.ts';

const SLOW = { timeout: 120_000 };
/** Quick to notice, patient with a loaded machine. */
const figures = {
  ...quickFigures,
  heartbeatMs: 200,
  deadlineMs: 2_000,
  connectTimeoutMs: 2_000,
  commandTimeoutMs: 2_000,
};

describe.runIf(canStartCluster())('a Redis Cluster', () => {
  let servers: RedisClusterServers;
  beforeAll(async () => {
    servers = await startRedisCluster();
  }, SLOW.timeout);
  afterAll(() => servers.close(), SLOW.timeout);

  const urls = () => servers.url.split(',') as [string, ...string[]];
  const connect = (logger: QuietLog, heartbeatMs = figures.heartbeatMs): RedisCluster =>
    openRedisCluster(urls(), { logger, figures: { ...figures, heartbeatMs } });

  /** Runs `test` with two processes of one installation. */
  async function onTwo(test: (ends: BusEnds) => Promise<void>, heartbeatMs?: number): Promise<void> {
    const installationId = freshInstallation();
    const log = createQuietLog();
    const open = () => {
      const cluster = connect(log, heartbeatMs);
      return { cluster, bus: createRedisBus({ redis: cluster, installationId, logger: log }) };
    };
    const [near, far] = [open(), open()];
    try {
      await eventually('both are there', () => [near, far].every(({ cluster, bus }) => cluster.healthy && bus.healthy));
      await test({ near, far, installationId });
      expect(near.bus.size()).toBe(0);
    } finally {
      await Promise.all([near.bus.close(), far.bus.close()]);
    }
  }

  busContract('redis cluster bus', (logger) => openRedisBuses(() => connect(logger), logger));

  rankIndexContract('redis cluster', async () => {
    const cluster = connect(createQuietLog());
    await eventually('the cluster is there', () => cluster.commands.up);
    const index = createRedisRankIndex({
      redis: cluster.commands,
      installationId: freshInstallation(),
      logger: createQuietLog(),
    });
    return { index, close: () => cluster.close() };
  });

  it.each(['', 'foo', '{foo}bar', 'a{}b', 'a{b', 'a}b{c}d{e}', '{}{x}', 'ключ', '{ключ}x', '😀'])(
    'has %j in the slot we think',
    async (name) => {
      expect(slotOf(name)).toBe(await servers.masters[0].admin.cluster('KEYSLOT', name));
    },
  );

  it('has each channel where its slot is', async () => {
    const users = Array.from({ length: 60 }, (_, index) => `user-${index}`);
    await onTwo(async ({ near: { bus }, far, installationId }) => {
      const heard: string[] = [];
      const offs = await Promise.all(users.map((user) => bus.subscribe('notification', user, () => heard.push(user))));
      for (const user of users) far.bus.publish('notification', user, { seq: 1 });
      await eventually('every channel is heard', () => heard.length === users.length);
      expect(heard.sort()).toEqual([...users].sort());
      const counts = await Promise.all(
        servers.masters.map(async ({ admin }) => (await channelsAt(admin, installationId)).length),
      );
      const masters = users.map((user) => masterOf(`laurel:${installationId}:notification:${user}`));
      expect(counts).toEqual([0, 1, 2].map((index) => masters.filter((master) => master === index).length));
      expect(Math.min(...counts)).toBeGreaterThan(0);
      for (const off of offs) off();
      await eventually('none is left', async () => {
        const left = await Promise.all(servers.masters.map(({ admin }) => channelsAt(admin, installationId)));
        return left.flat().length === 0;
      });
    });
  });

  it('hears again what moves with its slot to another node, and says that something may be missed', SLOW, async () => {
    await onTwo(async ({ near, far, installationId }) => {
      const user = keyOn(0, (key) => `laurel:${installationId}:notification:${key}`);
      const channel = `laurel:${installationId}:notification:${user}`;
      const heard: number[] = [];
      let recovered = 0;
      const off = await near.bus.subscribe('notification', user, ({ seq }) => heard.push(seq));
      near.bus.onRecovered(() => {
        recovered += 1;
      });
      await servers.move(channel, servers.masters[2]);
      await eventually('it is heard there', () => recovered > 0 && near.bus.healthy, AGREED_WITHIN_MS);
      await eventually(
        'a message comes',
        () => {
          far.bus.publish('notification', user, { seq: 7 });
          return heard.includes(7);
        },
        AGREED_WITHIN_MS,
      );
      expect(near.cluster.nodeOf(channel)).toBe(new URL(servers.masters[2].url).host);
      off();
      await servers.move(channel, servers.masters[0]);
      await servers.whole();
      // No look is due: the node itself says that the slot left.
    }, 60_000);
  });

  it('counts as away while one node says nothing, and is back with it', SLOW, async () => {
    await onTwo(async ({ near, far }) => {
      const heard: number[] = [];
      const off = await near.bus.subscribe('notification', 'ada', ({ seq }) => heard.push(seq));
      const [, second] = servers.masters;
      second.freeze();
      await eventually('it is noticed', () => !near.bus.healthy && !near.cluster.commands.up, AGREED_WITHIN_MS);
      near.bus.publish('notification', 'ada', { seq: 1 });
      await eventually('a process hears itself', () => heard.includes(1));
      second.thaw();
      await eventually('it is back', () => near.cluster.healthy && near.bus.healthy, AGREED_WITHIN_MS);
      await eventually(
        'messages come',
        () => {
          far.bus.publish('notification', 'ada', { seq: 2 });
          return heard.includes(2);
        },
        AGREED_WITHIN_MS,
      );
      off();
      await servers.whole();
    });
  });

  it('closes in a moment also where no node was ever there', async () => {
    const log = createQuietLog();
    const cluster = openRedisCluster(['redis://127.0.0.1:1'], { logger: log, figures: { ...figures, deadlineMs: 50 } });
    await eventually('it is said', () => log.warnings.length > 0);
    expect({ up: cluster.commands.up, healthy: cluster.healthy, warnings: log.warnings }).toEqual({
      up: false,
      healthy: false,
      warnings: ['redis is away'],
    });
    await cluster.close();
  });

  it.each<[string, boolean]>([
    ['without them', false],
    ['with old ones', true],
  ])('has ranks loaded anew by a node that came back %s', SLOW, async (_name, isSaved) => {
    const cluster = connect(createQuietLog());
    await eventually('the cluster is there', () => cluster.commands.up);
    const parts = { redis: cluster.commands, installationId: freshInstallation(), logger: createQuietLog() };
    const index = createRedisRankIndex(parts);
    // Boards on all nodes, so that one of them is on the node that goes.
    const rankings = Array.from({ length: 12 }, (_, board) => rankingOf({ key: `board-${board}` }));
    const rows = rowsOf(50, seeded(printedSeed('cluster ranks')));
    for (const ranking of rankings) expect(await index.load(ranking, pagesOf(rows))).toBe(true);
    const [, second] = servers.masters;
    if (isSaved) await second.admin.save();
    await second.kill();
    await eventually('it is noticed', () => !cluster.commands.up, AGREED_WITHIN_MS);
    expect(await index.count(rankings[0] ?? rankingOf())).toBeNull();
    await second.start();
    await eventually('it is back', () => cluster.commands.up, AGREED_WITHIN_MS);
    const there = await Promise.all(rankings.map((ranking) => index.isLoaded(ranking)));
    expect(there).toContain(false);
    expect(there).toContain(true);
    for (const ranking of rankings) {
      expect(await index.load(ranking, pagesOf(rows))).toBe(true);
      expect(await bookOf(index, ranking)).toEqual(entriesOf(ranking, rows));
    }
    await cluster.close();
    await servers.whole();
  });

  describe.runIf(backends().includes('postgres'))('between two Laurels', () => {
    let opened: TestDatabase;
    let file: CatalogFile;
    let one: TestLaurel;
    let other: TestLaurel;
    let installationId: string;
    beforeAll(async () => {
      opened = await openTestDatabase('postgres');
      file = await writeCatalog(CATALOG);
      installationId = (await readInstallation(opened.db)).id;
      const environment = { REDIS_URL: servers.url, LAUREL_REDIS_CLUSTER: 'on', LAUREL_CATALOG: file.path };
      one = await startLaurel('postgres', { database: opened.db, environment: { ...environment, LAUREL_JOBS: 'on' } });
      other = await startLaurel('postgres', { database: opened.db, environment });
      await areBack();
    }, SLOW.timeout);
    afterEach(async () => {
      await other.check();
      await one.check();
    });
    afterAll(async () => {
      await Promise.all([one.close(), other.close()]);
      await file.remove();
      await opened.dispose();
    }, SLOW.timeout);

    const areBack = () =>
      eventually(
        'both hear',
        async () => {
          const answers = await Promise.all([one, other].map(({ url }) => fetch(`${url}/ready`)));
          const states = await Promise.all(answers.map((answer) => answer.json() as Promise<{ redis?: string }>));
          return (
            states.every(({ redis }) => redis === 'up') && [one, other].every(({ app }) => app.services.bus.healthy)
          );
        },
        AGREED_WITHIN_MS,
      );

    async function step(player: string, times: number): Promise<void> {
      for (let time = 0; time < times; time += 1) {
        const { data } = await one.query(RECORD, { input: { user: { externalId: player }, type: 'step' } });
        expect(data.recordEvent).toEqual({ __typename: 'RecordEventSuccess' });
      }
    }

    /** A new player whose toasts are announced on this master. */
    async function playerOn(master: 0 | 1 | 2): Promise<string> {
      for (;;) {
        const player = unique();
        const { data } = await one.query(CREATE, { input: { externalId: player, displayName: player } });
        const userId = (data.createUser.user.id as string).replace('user_', '');
        if (masterOf(`laurel:${installationId}:notification:${userId}`) === master) return player;
      }
    }

    const keysOf = ({ items }: Listening) => items.map((item) => item.data.achievementUnlocked.achievement.key);
    const steps = (count: number) => Array.from({ length: count }, (_, index) => `step_${index + 1}`);

    it('brings toasts and boards of either to the followers of the other', SLOW, async () => {
      const player = await playerOn(2);
      const toasts = await other.subscribe(TOASTS, { user: { externalId: player } });
      const board = await other.subscribe(BOARD);
      await board.take(1);
      await step(player, 3);
      await toasts.take(3);
      expect(keysOf(toasts)).toEqual(steps(3));
      await eventually('the board is there', () => {
        const [first] = board.items.at(-1).data.leaderboardUpdated.entries;
        return first?.score === 3 && first.user.displayName === player;
      });
      expect(one.app.services.bus.healthy && other.app.services.bus.healthy).toBe(true);
    });

    it.each<['is started again' | 'is replaced by its replica', 0 | 1]>([
      ['is started again', 1],
      ['is replaced by its replica', 0],
    ])('loses no toast while a node is killed and %s', SLOW, async (how, master) => {
      const player = await playerOn(master);
      const node = servers.masters[master];
      const toasts = await other.subscribe(TOASTS, { user: { externalId: player } });
      await step(player, 2);
      await toasts.take(2);
      await node.kill();
      await step(player, 3);
      await eventually('they come meanwhile', () => toasts.items.length >= 5, AGREED_WITHIN_MS);
      if (how === 'is started again') await node.start();
      await areBack();
      await step(player, 3);
      await eventually('they come after', () => toasts.items.length >= 8, AGREED_WITHIN_MS);
      expect(keysOf(toasts)).toEqual(steps(8));
      if (how === 'is started again') return;
      expect(await servers.replica.admin.info('replication')).toContain('role:master');
      await node.start();
      await servers.whole();
    });
  });

  describe.runIf(backends().includes('postgres'))('counts rates of two Laurels', () => {
    const LIMIT = 20;
    let opened: TestDatabase;
    let laurels: [TestLaurel, TestLaurel];
    let installationId: string;
    let seen = 0;
    beforeAll(async () => {
      opened = await openTestDatabase('postgres');
      installationId = (await readInstallation(opened.db)).id;
      const environment = {
        REDIS_URL: servers.url,
        LAUREL_REDIS_CLUSTER: 'on',
        LAUREL_AUTH: 'on',
        LAUREL_JWT_SECRET: TEST_SECRET,
        LAUREL_TRUST_PROXY: '1',
        LAUREL_RATE_API: `${LIMIT}`,
      };
      const start = () => startLaurel('postgres', { database: opened.db, environment });
      laurels = [await start(), await start()];
      await areUp();
    }, SLOW.timeout);
    afterEach(async () => {
      for (const laurel of laurels) await laurel.check();
    });
    afterAll(async () => {
      await Promise.all(laurels.map((laurel) => laurel.close()));
      await opened.dispose();
    }, SLOW.timeout);

    const redisOf = async ({ url }: TestLaurel) =>
      ((await (await fetch(`${url}/ready`, { headers: { connection: 'close' } })).json()) as { redis: string }).redis;
    const areUp = () =>
      eventually(
        'both have the cluster',
        async () => (await Promise.all(laurels.map(redisOf))).every((redis) => redis === 'up'),
        AGREED_WITHIN_MS,
      );
    /** Somebody new, whose operations are counted on this master. */
    const callerOn = (master: 0 | 1 | 2): string => {
      for (;;) {
        seen += 1;
        const address = `10.0.${seen >> 8}.${seen & 255}`;
        if (masterOf(`laurel:${installationId}:rate:api:address:${address}`) === master) return address;
      }
    };
    /** As many operations at each as the limit is, all at once: what became of them. */
    const call = async (address: string) => {
      const headers = { 'x-forwarded-for': address };
      const asked = laurels.flatMap((laurel) =>
        Array.from({ length: LIMIT }, () => laurel.query('{ __typename }', {}, headers)),
      );
      const counts = { answered: 0, limited: 0, else: 0 };
      for (const { data, errors } of await Promise.all(asked)) {
        if (data?.__typename === 'Query') counts.answered += 1;
        else if (errors[0]?.extensions['code'] === 'RATE_LIMITED') counts.limited += 1;
        else counts.else += 1;
      }
      return counts;
    };
    /** What is left after an operation at one, then at the other. */
    const left = async (address: string) => {
      const remaining: number[] = [];
      for (const laurel of laurels) {
        const { data } = await laurel.query('{ rateLimit { remaining } }', {}, { 'x-forwarded-for': address });
        remaining.push(data.rateLimit.remaining);
      }
      return remaining;
    };

    it('together, on whatever node the count is', SLOW, async () => {
      for (const master of [0, 1, 2] as const) {
        const address = callerOn(master);
        expect(await call(address)).toEqual({ answered: LIMIT, limited: LIMIT, else: 0 });
        expect(await left(callerOn(master))).toEqual([LIMIT - 1, LIMIT - 2]);
      }
    });

    it('each by itself while a node is away, without an error, and together again', SLOW, async () => {
      const [, node] = servers.masters;
      await node.kill();
      // From the first moment on, when no process knows yet.
      expect((await call(callerOn(1))).else).toBe(0);
      await eventually(
        'it is noticed',
        async () => (await Promise.all(laurels.map(redisOf))).every((redis) => redis === 'down'),
        AGREED_WITHIN_MS,
      );
      for (const master of [0, 1, 2] as const) {
        expect(await call(callerOn(master))).toEqual({ answered: 2 * LIMIT, limited: 0, else: 0 });
      }
      await node.start();
      await servers.whole();
      await areUp();
      expect(await call(callerOn(1))).toEqual({ answered: LIMIT, limited: LIMIT, else: 0 });
    });
  });
});

interface BusEnds {
  readonly near: { readonly cluster: RedisCluster; readonly bus: ReturnType<typeof createRedisBus> };
  readonly far: { readonly cluster: RedisCluster; readonly bus: ReturnType<typeof createRedisBus> };
  readonly installationId: string;
}

const CATALOG = `
laurel: 1
name: Steps
locales: [en]
eventTypes:
  step: { name: Step, points: 1 }
metrics:
  steps: { name: Steps, count: step }
achievements:
${Array.from({ length: 8 }, (_, index) => `  step_${index + 1}: { name: Step ${index + 1}, description: A step, rarity: common, points: 1, when: { metric: steps, atLeast: ${index + 1} } }`).join('\n')}
leaderboards:
  steps: { name: Steps, metric: steps }
`;
const TOASTS = 'subscription ($user: UserRef!) { achievementUnlocked(user: $user) { achievement { key } } }';
const BOARD = 'subscription { leaderboardUpdated(key: "steps", first: 3) { entries { score user { displayName } } } }';
const RECORD = 'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename } }';
const CREATE =
  'mutation ($input: CreateUserInput!) { createUser(input: $input) { ... on CreateUserSuccess { user { id } } } }';

/** A key whose name falls to a master. */
function keyOn(master: 0 | 1 | 2, nameOf: (key: string) => string): string {
  for (let at = 0; ; at += 1) if (masterOf(nameOf(`key-${at}`)) === master) return `key-${at}`;
}

async function channelsAt(admin: RedisClusterServers['replica']['admin'], installationId: string): Promise<string[]> {
  return (await admin.call('PUBSUB', 'SHARDCHANNELS', `laurel:${installationId}:*`)) as string[];
}
