import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRedis } from '../../src/platform/redis.ts';
import type { LoadedEntry, RankIndex } from '../../src/ranking/rank-index.ts';
import { createRedisRankIndex } from '../../src/ranking/redis-rank-index.ts';
import { createQuietLog } from '../realtime/quiet-log.ts';
import { quickFigures, seeded } from '../realtime/redis-ground.ts';
import { eventually } from '../support/eventually.ts';
import { hasRedis } from '../support/redis.ts';
import { canStartRedis, startRedisServer } from '../support/redis-server.ts';
import {
  bookOf,
  changeOf,
  entriesOf,
  openRankGround,
  pagesOf,
  type RankGround,
  rankingOf,
  rowsOf,
} from './rank-ground.ts';

const ranking = rankingOf();
const rows = rowsOf(50, seeded(1));
const place = { userId: 'user-000001', value: 1, achievedAt: 1 };

/** What every method does, with rejections as text. */
async function everything(index: RankIndex): Promise<Record<string, unknown>> {
  const asked = {
    count: index.count(ranking),
    page: index.page(ranking, 0, 10),
    places: index.places(ranking, ['user-000001']),
    before: index.before(ranking, place),
    keys: index.keys(ranking),
    isLoaded: index.isLoaded(ranking),
    apply: index.apply([changeOf(ranking, 'user-000001', 9, [1, 1])]),
    load: index.load(ranking, pagesOf(rows)),
    drop: index.drop(ranking),
  };
  const settled = await Promise.all(
    Object.entries(asked).map(async ([name, answer]) => {
      const [outcome] = await Promise.allSettled([answer as Promise<unknown>]);
      return [name, outcome?.status === 'fulfilled' ? outcome.value : 'rejected'] as const;
    }),
  );
  return Object.fromEntries(settled);
}

const away = {
  count: null,
  page: null,
  places: null,
  before: null,
  keys: null,
  isLoaded: false,
  apply: 'rejected',
  load: 'rejected',
  drop: 'rejected',
};

describe.runIf(await hasRedis())('ranks while Redis is away', () => {
  let ground: RankGround;

  beforeEach(() => {
    ground = openRankGround();
  });
  afterEach(() => ground.close());

  test('absent at the start: nothing is read, nothing is queued, and all is well after it came', async () => {
    const { index, redis, proxy } = await ground.start({ refused: true });
    expect(await everything(index)).toEqual(away);
    await proxy.forward();
    await eventually('it is up', () => redis.commands.up);
    expect(await ground.keys()).toEqual([]);
    expect(await index.load(ranking, pagesOf(rows))).toBe(true);
    expect(await bookOf(index, ranking)).toEqual(entriesOf(ranking, rows));
  });

  test('silent: every method is answered within the command timeout, and it is logged once', async () => {
    const { index, redis, proxy, log } = await ground.start({
      figures: { commandTimeoutMs: 300, heartbeatMs: 60_000 },
    });
    await index.load(ranking, pagesOf(rows));
    proxy.freeze();
    const began = performance.now();
    expect(await everything(index)).toEqual(away);
    // The load is given up after two: its own, and that which would have freed the span.
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(log.warnings.filter((message) => message === 'ranks are not read')).toHaveLength(1);
    await proxy.forward();
    await eventually('it is up', () => redis.commands.up);
    await eventually('it answers', async () => (await index.count(ranking)) === rows.length);
    expect(await bookOf(index, ranking)).toEqual(entriesOf(ranking, rows));
  });

  test('cut in the middle of a load: it rejects, the span does not answer, and the lease runs out', async () => {
    const [near, far] = await Promise.all([ground.start({ leaseMs: 200 }), ground.start({ leaseMs: 200 })]);
    async function* cutting(): AsyncGenerator<LoadedEntry[]> {
      yield rows.slice(0, 20);
      near.proxy.cut();
      await eventually('it is down', () => !near.redis.commands.up);
      yield rows.slice(20);
    }
    await expect(near.index.load(ranking, cutting())).rejects.toThrow();
    expect(await far.index.page(ranking, 0, 10)).toBe(null);
    await eventually('the lease ran out', () => far.index.load(ranking, pagesOf(rows)));
    await eventually('it is back', () => near.redis.commands.up);
    expect(await bookOf(near.index, ranking)).toEqual(entriesOf(ranking, rows));
  });

  test('what a cut took is made good by applying it again', async () => {
    const { index, redis, proxy } = await ground.start();
    await index.load(ranking, pagesOf([]));
    const changes = rowsOf(3_000, seeded(2)).map((row) =>
      changeOf(ranking, row.userId, row.version, [row.value, row.achievedAt]),
    );
    const applied = index.apply(changes);
    proxy.cut();
    await expect(applied).rejects.toThrow();
    await eventually('it is down', () => !redis.commands.up);
    await eventually('it is back', () => redis.commands.up);
    await index.apply(changes);
    expect(await bookOf(index, ranking)).toEqual(entriesOf(ranking, rowsOf(3_000, seeded(2))));
  });
});

describe.runIf(canStartRedis())('ranks in a Redis that loses what it knew', () => {
  test('back from an older snapshot after kill -9: nothing of it is answered, and it is loaded anew', async () => {
    const server = await startRedisServer();
    const log = createQuietLog();
    const redis = openRedis(server.url, { logger: log, figures: { ...quickFigures, commandTimeoutMs: 2_000 } });
    try {
      const index = createRedisRankIndex({ redis: redis.commands, installationId: 'own', logger: log });
      await eventually('it is up', () => redis.commands.up);
      await index.load(ranking, pagesOf(rows));
      await server.run((client) => client.save());
      await index.apply([changeOf(ranking, 'user-000001', 9, [1_000, 1])]);
      expect((await index.page(ranking, 0, 1))?.[0]).toMatchObject({ userId: 'user-000001', value: 1_000 });
      await server.crash();
      expect(await server.run((client) => client.dbsize())).toBe(3);
      await eventually('it is up', () => redis.commands.up);
      expect(await bookOf(index, ranking)).toBe(null);
      expect(await index.isLoaded(ranking)).toBe(false);
      expect(await index.keys(ranking)).toBe(null);
      await index.apply([changeOf(ranking, 'user-000002', 9, [2_000, 1])]);
      expect(await index.load(ranking, pagesOf(rows.slice(0, 1)))).toBe(true);
      expect(await bookOf(index, ranking)).toEqual(entriesOf(ranking, rows.slice(0, 1)));
    } finally {
      await redis.close();
      await server.close();
    }
  });

  test('FLUSHALL and SCRIPT FLUSH between any two calls: null, then loaded anew', async () => {
    const server = await startRedisServer();
    const log = createQuietLog();
    const redis = openRedis(server.url, { logger: log, figures: { ...quickFigures, commandTimeoutMs: 2_000 } });
    try {
      const index = createRedisRankIndex({ redis: redis.commands, installationId: 'own', logger: log });
      await eventually('it is up', () => redis.commands.up);
      for (let round = 0; round < 3; round += 1) {
        expect(await index.load(ranking, pagesOf(rows))).toBe(true);
        await server.run((client) => client.script('FLUSH'));
        expect(await bookOf(index, ranking)).toEqual(entriesOf(ranking, rows));
        await server.run((client) => client.flushall());
        expect(await bookOf(index, ranking)).toBe(null);
        await index.apply([changeOf(ranking, 'user-000001', 9, [1_000, 1])]);
        expect(await server.run((client) => client.dbsize())).toBe(0);
      }
      expect(log.warnings).toEqual([]);
    } finally {
      await redis.close();
      await server.close();
    }
  });
});
