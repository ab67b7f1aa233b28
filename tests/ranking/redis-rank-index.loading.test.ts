import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LoadedEntry, Ranking } from '../../src/ranking/rank-index.ts';
import { keysOf } from '../../src/ranking/redis-rank-keys.ts';
import { printedSeed, seeded } from '../realtime/redis-ground.ts';
import { eventually } from '../support/eventually.ts';
import { hasRedis } from '../support/redis.ts';
import {
  bookOf,
  changeOf,
  entriesOf,
  openRankGround,
  pagesOf,
  type RankGround,
  rankingOf,
  rowsOf,
  watched,
} from './rank-ground.ts';

const available = await hasRedis();

/** Pages that come when they are given; null ends them. */
function pagesByHand(): { pages: AsyncGenerator<LoadedEntry[]>; give: (...more: (LoadedEntry[] | null)[]) => void } {
  const given: (LoadedEntry[] | null)[] = [];
  let wake = () => {};
  async function* pages(): AsyncGenerator<LoadedEntry[]> {
    for (;;) {
      while (given.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const page = given.shift() ?? null;
      if (page === null) return;
      yield page;
    }
  }
  const give = (...more: (LoadedEntry[] | null)[]) => {
    given.push(...more);
    wake();
  };
  return { pages: pages(), give };
}

describe.runIf(available)('loading ranks into Redis', () => {
  const ranking = rankingOf();
  let ground: RankGround;

  beforeEach(() => {
    ground = openRankGround();
  });
  afterEach(() => ground.close());

  const isLoading = async (of: Ranking = ranking) => {
    const { state } = keysOf(ground.installationId, of);
    return (await ground.admin.hget(state, 'is'))?.startsWith('loading') ?? false;
  };

  const hasLeaseRunOut = async () => {
    const until = Number(await ground.admin.hget(keysOf(ground.installationId, ranking).state, 'until'));
    const [seconds = 0, micros = 0] = await ground.admin.time();
    return until < seconds * 1_000 + micros / 1_000;
  };

  test('one process loads, the others answer', async () => {
    const rows = rowsOf(300, seeded(1));
    const [near, far] = await Promise.all([ground.start(), ground.start()]);
    expect(await bookOf(far.index, ranking)).toBe(null);
    expect(await near.index.load(ranking, pagesOf(rows))).toBe(true);
    expect(await far.index.isLoaded(ranking)).toBe(true);
    expect(await bookOf(far.index, ranking)).toEqual(entriesOf(ranking, rows));
    expect(await far.index.load(ranking, pagesOf([{ by: '', userId: 'x', value: 1, achievedAt: 1, version: 1 }]))).toBe(
      true,
    );
    expect(await bookOf(far.index, ranking)).toEqual(entriesOf(ranking, rows));
  });

  test('both load at once: one does, the other reads nothing', async () => {
    const rows = rowsOf(300, seeded(2));
    const processes = await Promise.all([ground.start(), ground.start()]);
    const gate = Promise.withResolvers<void>();
    let reads = 0;
    async function* counted(): AsyncGenerator<LoadedEntry[]> {
      reads += 1;
      await gate.promise;
      yield* pagesOf(rows);
    }
    const loads = processes.map(({ index }) => index.load(ranking, counted()));
    expect(await Promise.race(loads)).toBe(false);
    gate.resolve();
    expect((await Promise.all(loads)).toSorted()).toEqual([false, true]);
    expect(reads).toBe(1);
    for (const { index } of processes) expect(await bookOf(index, ranking)).toEqual(entriesOf(ranking, rows));
  });

  test('changes of other processes are taken in meanwhile, and the newer one of row and change stays', async () => {
    const [near, far] = await Promise.all([ground.start(), ground.start()]);
    const { pages, give } = pagesByHand();
    const load = near.index.load(ranking, pages);
    await eventually('it loads', () => isLoading());
    await far.index.apply([
      changeOf(ranking, 'ada', 7, [70, 7]),
      changeOf(ranking, 'bob', 2, [20, 2]),
      changeOf(ranking, 'cy', 9, null),
      changeOf(ranking, 'dan', 1, null),
    ]);
    expect(await far.index.page(ranking, 0, 10)).toBe(null);
    expect(await far.index.count(ranking)).toBe(null);
    const row = (userId: string, version: number) => ({
      by: '',
      userId,
      value: version * 10,
      achievedAt: version,
      version,
    });
    give([row('ada', 5), row('bob', 5), row('cy', 5), row('dan', 5)], null);
    expect(await load).toBe(true);
    expect((await bookOf(far.index, ranking))?.map(({ userId, value }) => [userId, value])).toEqual([
      ['ada', 70],
      ['bob', 50],
      ['dan', 50],
    ]);
    await far.index.apply([changeOf(ranking, 'cy', 8, [80, 8]), changeOf(ranking, 'ada', 7, [1, 1])]);
    expect((await bookOf(near.index, ranking))?.map(({ userId }) => userId)).toEqual(['ada', 'bob', 'dan']);
    await far.index.apply([changeOf(ranking, 'cy', 10, [80, 8])]);
    expect((await bookOf(near.index, ranking))?.map(({ userId }) => userId)).toEqual(['cy', 'ada', 'bob', 'dan']);
  });

  test('a writer that comes late loses, also against a removal', async () => {
    const [near, far] = await Promise.all([ground.start(), ground.start()]);
    await near.index.load(ranking, pagesOf([]));
    const changes = [
      changeOf(ranking, 'ada', 1, [10, 1]),
      changeOf(ranking, 'ada', 2, [20, 2]),
      changeOf(ranking, 'ada', 3, null),
    ];
    await far.index.apply([changes[2], changes[0]].flatMap((change) => change ?? []));
    await near.index.apply(changes.slice(0, 2));
    expect(await bookOf(far.index, ranking)).toEqual([]);
    expect(await far.index.places(ranking, ['ada'])).toEqual([null]);
    expect(await far.index.keys(ranking)).toEqual([]);
  });

  test('the lease of a loader that died runs out, and what it left is cleared', async () => {
    const [near, far] = await Promise.all([ground.start({ leaseMs: 60 }), ground.start({ leaseMs: 60 })]);
    const { pages, give } = pagesByHand();
    const dead = near.index.load(ranking, pages);
    await eventually('it loads', () => isLoading());
    give([{ by: 'gone', userId: 'gone', value: 1, achievedAt: 1, version: 99 }]);
    await eventually('its page is there', async () => (await ground.keys()).length === 3);
    const rows = rowsOf(20, seeded(3));
    await eventually('the lease ran out', () => far.index.load(ranking, pagesOf(rows)));
    expect(await far.index.keys(ranking)).toEqual(['']);
    give([{ by: '', userId: 'late', value: 1, achievedAt: 1, version: 99 }], null);
    expect(await dead).toBe(false);
    expect(await bookOf(near.index, ranking)).toEqual(entriesOf(ranking, rows));
    expect((await ground.keys()).filter((key) => key.includes('gone'))).toEqual([]);
  });

  test('who lost the lease neither writes into the load of the other one nor ends it', async () => {
    const [near, far] = await Promise.all([ground.start({ leaseMs: 20 }), ground.start()]);
    const gate = Promise.withResolvers<void>();
    async function* late(): AsyncGenerator<LoadedEntry[]> {
      await gate.promise;
      yield [{ by: '', userId: 'late', value: 1, achievedAt: 1, version: 99 }];
      throw new Error('too late');
    }
    const lost = near.index.load(ranking, late());
    await eventually('it loads', () => isLoading());
    await eventually('the lease ran out', hasLeaseRunOut);
    const rows = rowsOf(20, seeded(9));
    const { pages, give } = pagesByHand();
    const load = far.index.load(ranking, pages);
    await eventually('the other one loads', async () => !(await hasLeaseRunOut()));
    gate.resolve();
    await expect(lost).rejects.toThrow('too late');
    give(rows, null);
    expect(await load).toBe(true);
    expect(await bookOf(near.index, ranking)).toEqual(entriesOf(ranking, rows));
  });

  test('a loader slower than its lease ends well when nobody took over', async () => {
    const rows = rowsOf(20, seeded(4));
    const near = await ground.start({ leaseMs: 1 });
    async function* slow(): AsyncGenerator<LoadedEntry[]> {
      for await (const page of pagesOf(rows, 5)) {
        await eventually('the lease ran out', hasLeaseRunOut);
        yield page;
      }
    }
    expect(await near.index.load(ranking, slow())).toBe(true);
    expect(await bookOf(near.index, ranking)).toEqual(entriesOf(ranking, rows));
  });

  test('pages that fail fail the load, and the next one need not wait', async () => {
    const rows = rowsOf(20, seeded(5));
    const [near, far] = await Promise.all([ground.start(), ground.start()]);
    async function* failing(): AsyncGenerator<LoadedEntry[]> {
      yield rows;
      throw new Error('the database went');
    }
    await expect(near.index.load(ranking, failing())).rejects.toThrow('the database went');
    expect(await ground.keys()).toEqual([]);
    expect(await far.index.load(ranking, pagesOf(rows))).toBe(true);
  });

  test('a span that is dropped meanwhile is not loaded', async () => {
    const [near, far] = await Promise.all([ground.start(), ground.start()]);
    const { pages, give } = pagesByHand();
    const load = near.index.load(ranking, pages);
    await eventually('it loads', () => isLoading());
    await far.index.drop(ranking);
    give(null);
    expect(await load).toBe(false);
    expect(await near.index.isLoaded(ranking)).toBe(false);
    expect(await ground.keys()).toEqual([]);
  });

  test.each(['before', 'after'] as const)(
    'FLUSHALL %s any command: what answers is right, and the next load is',
    async (when) => {
      const rows = [...rowsOf(40, seeded(6)), ...rowsOf(5, seeded(7), 'fire')];
      const changes = [changeOf(ranking, 'user-000003', 50, [999, 1]), changeOf(ranking, 'user-000004', 50, null)];
      const changed = rows
        .filter(({ userId, by }) => userId !== 'user-000004' || by !== '')
        .map((row) =>
          row.userId === 'user-000003' && row.by === '' ? { ...row, value: 999, achievedAt: 1, version: 50 } : row,
        );
      let commands = 0;
      for (let stage = 0; stage <= commands; stage += 1) {
        let isOver = false;
        const strike = async (command: number) => {
          if (isOver) return;
          commands = Math.max(commands, command);
          if (command === stage) await ground.flush();
        };
        const { index, redis } = await ground.start({ wrap: (connection) => watched(connection, { [when]: strike }) });
        const loaded = await index.load(ranking, pagesOf(rows, 10));
        const first = await index.page(ranking, 0, 1_000);
        expect([null, loaded ? entriesOf(ranking, rows) : null]).toContainEqual(first);
        await index.apply(changes);
        for (const read of [await index.page(ranking, 0, 1_000), await bookOf(index, ranking)]) {
          expect([null, entriesOf(ranking, changed)]).toContainEqual(read);
        }
        expect([null, ['', 'fire']]).toContainEqual(await index.keys(ranking));
        expect([null, 0]).toContainEqual(await index.before(ranking, { userId: 'x', value: 1_000, achievedAt: 0 }));
        isOver = true;
        await index.drop(ranking);
        expect(await index.load(ranking, pagesOf(rows))).toBe(true);
        expect(await bookOf(index, ranking)).toEqual(entriesOf(ranking, rows));
        await index.drop(ranking);
        await redis.close();
      }
      expect(commands).toBeGreaterThan(12);
    },
  );

  test('a key that went alone is noticed, by readers and by writers', async () => {
    const rows = rowsOf(20, seeded(8));
    const { index } = await ground.start();
    const keys = keysOf(ground.installationId, ranking);
    const checks: (() => Promise<unknown>)[] = [
      () => index.page(ranking, 0, 10),
      () => index.count(ranking),
      () => index.places(ranking, ['user-000001']),
      () => index.before(ranking, { userId: 'x', value: 0, achievedAt: 0 }),
      () => index.apply([changeOf(ranking, 'user-000001', 9, [1, 1])]).then(() => null),
    ];
    for (const key of [keys.sorted(''), keys.users(''), keys.state]) {
      for (const check of checks) {
        expect(await index.load(ranking, pagesOf(rows))).toBe(true);
        await ground.admin.del(key);
        expect(await check()).toBe(null);
        expect(await index.isLoaded(ranking)).toBe(false);
      }
    }
    expect(await index.load(ranking, pagesOf(rows.slice(0, 3)))).toBe(true);
    expect(await bookOf(index, ranking)).toEqual(entriesOf(ranking, rows.slice(0, 3)));
  });

  test('any order of changes and pages, from two processes, ends where the versions say', async () => {
    const random = seeded(printedSeed('ranks in redis'));
    for (let round = 0; round < 10; round += 1) {
      const versions = Array.from({ length: 6 }, (_, version) =>
        rowsOf(30, random).map((row) => ({ ...row, version, isGone: random() < 0.2 })),
      );
      const of = rankingOf(
        { order: round % 2 ? 'asc' : 'desc', ties: round % 3 ? 'shared' : 'latest' },
        '',
        `${round}`,
      );
      const processes = await Promise.all([ground.start(), ground.start()]);
      const { pages, give } = pagesByHand();
      const load = processes[round % 2]?.index.load(of, pages);
      await eventually('it loads', () => isLoading(of));
      const changes = versions
        .flat()
        .flatMap((row) => [row, row])
        .map((row) => ({ row, place: random() }))
        .sort((one, two) => one.place - two.place)
        .map(({ row }) => changeOf(of, row.userId, row.version, row.isGone ? null : [row.value, row.achievedAt]));
      const [early, late] = [changes.slice(0, 150), changes.slice(150)];
      const send = (some: typeof changes) =>
        Promise.all(processes.map(({ index }, at) => index.apply(some.filter((_, place) => place % 2 === at))));
      await send(early);
      give(
        (versions[3] ?? []).filter(({ isGone }) => !isGone),
        null,
      );
      await send(late);
      expect(await load).toBe(true);
      const last = (versions[5] ?? []).filter(({ isGone }) => !isGone);
      for (const { index } of processes) expect(await bookOf(index, of)).toEqual(entriesOf(of, last));
    }
  });
});
