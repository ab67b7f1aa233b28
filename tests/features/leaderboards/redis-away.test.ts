import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditRanks } from '../../../src/features/leaderboards/audit-ranks.ts';
import { backends, openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { hasRedis, redisAddress, redisUrl } from '../../support/redis.ts';
import { openTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { type BoardGround, ENTRY, rows, startBoards } from './ground.ts';

const TOP = `entries(first: 3) { nodes { ${ENTRY} } }`;
const SLOW = { timeout: 60_000 };
const services = (await hasRedis()) && backends().includes('postgres');

describe.runIf(services)('boards while Redis is away', () => {
  let opened: TestDatabase;
  let line: TcpProxy;
  let grounds: BoardGround[];
  beforeEach(async () => {
    opened = await openTestDatabase('postgres');
    grounds = [];
  });
  afterEach(async () => {
    await Promise.all(grounds.map((ground) => ground.close()));
    await line.close();
    await opened.dispose();
  });

  /** Two processes, the first runs the jobs. */
  async function start(refused = false): Promise<[BoardGround, BoardGround]> {
    line = await openTcpProxy(redisAddress(), { refused });
    const url = new URL(redisUrl);
    url.host = `127.0.0.1:${line.port}`;
    const options = { database: opened.db, redisUrl: url.href };
    const one = await startBoards('postgres', { ...options, environment: { LAUREL_JOBS: 'on' } });
    const other = await startBoards('postgres', options);
    grounds = [one, other];
    return [one, other];
  }

  const top = async (ground: BoardGround) => rows((await ground.board('late', TOP)).entries.nodes);
  const shows = (ground: BoardGround, expected: string[]) =>
    eventually(`${expected}`, async () => JSON.stringify(await top(ground)) === JSON.stringify(expected), 20_000);

  async function isBack({ laurel, now }: BoardGround): Promise<void> {
    const { database, app } = laurel;
    await eventually(
      'the shared ranks are there, and true',
      async () => {
        let compared = 0;
        const parts = { database, catalog: app.services.catalog, clock: { now: () => now }, index: app.live.ranks };
        for await (const { entries, differences } of auditRanks(parts)) {
          if (differences.length > 0) return false;
          if (entries !== null) compared += 1;
        }
        return compared >= 8;
      },
      20_000,
    );
  }

  it.each(['refused', 'silent'] as const)(
    'answer right on every process while it is %s, and agree once it is back',
    SLOW,
    async (how) => {
      const [one, other] = await start();
      await one.create('anna', 'bert');
      await one.record('anna', 'drop', { coins: 10 });
      await shows(other, ['1 anna 10']);
      if (how === 'refused') await line.refuse();
      else line.freeze();
      await one.record('bert', 'drop', { coins: 20 });
      expect(await top(one)).toEqual(['1 bert 20', '2 anna 10']);
      await shows(other, ['1 bert 20', '2 anna 10']);
      await other.record('anna', 'drop', { coins: 15 });
      await shows(one, ['1 anna 25', '2 bert 20']);
      await line.forward();
      if (how === 'silent') line.cut();
      await one.record('bert', 'drop', { coins: 10 });
      await shows(other, ['1 bert 30', '2 anna 25']);
      await isBack(one);
      await shows(other, ['1 bert 30', '2 anna 25']);
    },
  );

  it('answer right from the first moment where it is not there at the start', SLOW, async () => {
    const [one, other] = await start(true);
    await one.create('anna');
    await one.record('anna', 'drop', { coins: 10 });
    expect(await top(one)).toEqual(['1 anna 10']);
    await shows(other, ['1 anna 10']);
    await line.forward();
    await isBack(other);
    await other.record('anna', 'drop', { coins: 1 });
    await shows(one, ['1 anna 11']);
  });
});
