import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../../src/platform/sql.ts';
import { STEPS, stepKey, writeStepsCatalog } from '../http/steps-catalog.ts';
import { audit } from '../support/auditor.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { forgetRanks } from '../support/forget-ranks.ts';
import { type Listening, listen, post, unique } from '../support/laurel.ts';
import { endProcesses, type Folder, type LaurelProcess, makeFolder, startProcess } from '../support/processes.ts';
import { hasRedis, redisAddress, redisUrl } from '../support/redis.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const RECORD = `mutation ($input: RecordEventInput!) {
  recordEvent(input: $input) { __typename ... on RecordEventSuccess { unlocked { achievement { key } } } ... on Error { code } }
}`;
const TOASTS = `subscription ($user: UserRef!, $after: String) {
  achievementUnlocked(user: $user, after: $after) { achievement { key } }
}`;
const SLOW = { timeout: 180_000 };

// Asked for first: both say no by throwing when LAUREL_TEST_REQUIRE=services.
const services = (await hasRedis()) && backends().includes('postgres');

describe.runIf(services)('two processes on one PostgreSQL and one Redis', () => {
  let opened: TestDatabase;
  let folder: Folder;
  let line: TcpProxy;
  beforeEach(async () => {
    folder = await makeFolder();
    line = await openTcpProxy(redisAddress());
  });
  afterEach(async () => {
    await endProcesses();
    await line.close();
    await forgetRanks(opened.db);
    await opened.dispose();
    await folder.remove();
  });

  /** Both started at the same moment. */
  async function startBoth(
    environment: Readonly<Record<string, string>> = {},
  ): Promise<[LaurelProcess, LaurelProcess]> {
    const url = new URL(redisUrl);
    url.host = `127.0.0.1:${line.port}`;
    const shared = {
      DATABASE_URL: opened.url ?? '',
      REDIS_URL: url.href,
      LAUREL_DATA: folder.path,
      LOG_LEVEL: 'warn',
      ...environment,
    };
    return Promise.all([startProcess(shared), startProcess(shared)]);
  }

  const record = async ({ url }: LaurelProcess, externalId: string, type: string) =>
    (await post(url, RECORD, { input: { user: { externalId }, type } })).data.recordEvent;

  /** Makes a player and subscribes from the beginning on every process. */
  async function follow(processes: readonly LaurelProcess[]): Promise<{ player: string; streams: Listening[] }> {
    const player = unique();
    const { data } = await post(
      processes[0]?.url ?? '',
      'mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { ... on UpsertUserSuccess { user { cursor } } } }',
      { input: { user: { externalId: player } } },
    );
    const variables = { user: { externalId: player }, after: data.upsertUser.user.cursor };
    return { player, streams: await Promise.all(processes.map(({ url }) => listen(url, TOASTS, variables))) };
  }

  const keysOf = ({ items }: Listening): string[] => items.map((item) => item.data.achievementUnlocked.achievement.key);

  it('come up at the same moment on an empty database, with catalog version 1', SLOW, async () => {
    opened = await openTestDatabase('postgres', { migrated: false });
    const both = await startBoth();
    for (const { url } of both)
      expect((await post(url, '{ catalog { version } }')).data).toEqual({ catalog: { version: 1 } });
    expect(await opened.db.query(sql`select version from catalog_versions`)).toEqual([{ version: 1 }]);
    expect(await opened.db.query(sql`select count(*)::int as count from installation`)).toEqual([{ count: 1 }]);
    expect(await Promise.all(both.map((process) => process.end()))).toEqual([0, 0]);
  });

  it(
    'grant each achievement once for 64 logins split over both, and tell subscribers of either once',
    SLOW,
    async () => {
      opened = await openTestDatabase('postgres');
      const both = await startBoth();
      const [one, other] = both;
      const { player, streams } = await follow(both);
      const answers = await Promise.all(
        Array.from({ length: 64 }, (_, index) => record(index % 2 === 0 ? one : other, player, 'login')),
      );
      expect(answers.filter(({ __typename }) => __typename !== 'RecordEventSuccess')).toEqual([]);
      const unlocked = answers.flatMap((answer) => answer.unlocked).map(({ achievement }) => achievement.key);
      expect(unlocked.toSorted()).toEqual(['newcomer', 'regular', 'veteran']);
      for (const { url } of both) {
        const { data } = await post(
          url,
          'query ($by: UserRef!) { user(by: $by) { score achievements(status: UNLOCKED) { nodes { achievement { key } timesUnlocked } } } }',
          { by: { externalId: player } },
        );
        expect(data.user).toEqual({
          score: 320,
          achievements: {
            nodes: ['newcomer', 'regular', 'veteran'].map((key) => ({ achievement: { key }, timesUnlocked: 1 })),
          },
        });
      }
      for (const stream of streams) await stream.take(3);
      // What came twice would have come by the time the socket is closed.
      expect(await Promise.all(both.map((process) => process.end()))).toEqual([0, 0]);
      for (const stream of streams) {
        await stream.ended;
        expect(keysOf(stream)).toEqual(['newcomer', 'regular', 'veteran']);
      }
      await audit(opened.db);
    },
  );

  it('live on and lose no toast when Redis goes away and comes back under load', SLOW, async () => {
    opened = await openTestDatabase('postgres');
    const catalog = await writeStepsCatalog();
    const both = await startBoth({ LAUREL_CATALOG: catalog.path });
    const players = await Promise.all(Array.from({ length: 4 }, () => follow(both)));
    const steps = async (times: number): Promise<void> => {
      const load = async (player: string, at: number): Promise<void> => {
        for (let time = 0; time < times; time += 1) {
          const answer = await record(both[(at + time) % 2] as LaurelProcess, player, 'step');
          expect(answer).toMatchObject({ __typename: 'RecordEventSuccess', unlocked: [expect.anything()] });
        }
      };
      await Promise.all(players.map(({ player }, at) => load(player, at)));
    };
    const under = steps(12);
    line.cut();
    await line.refuse();
    await under;
    const after = steps(12);
    await line.forward();
    await after;
    const expected = Array.from({ length: STEPS }, (_, index) => stepKey(index + 1));
    for (const stream of players.flatMap(({ streams }) => streams)) {
      await came(stream, STEPS);
      expect(keysOf(stream)).toEqual(expected);
      await stream.stop();
    }
    expect(await Promise.all(both.map((process) => process.end()))).toEqual([0, 0]);
    await audit(opened.db);
    await catalog.remove();
  });
});

/** Waits longer than `take`: the look at the database that repairs a lost wake-up comes every 5 s. */
async function came(stream: Listening, count: number): Promise<void> {
  const end = performance.now() + 20_000;
  while (stream.items.length < count && !stream.isOver() && performance.now() < end) {
    await stream.take(count).catch(() => undefined);
  }
}
