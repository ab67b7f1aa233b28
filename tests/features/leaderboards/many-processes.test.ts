import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditRanks } from '../../../src/features/leaderboards/audit-ranks.ts';
import { backends, openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { forgetRanks } from '../../support/forget-ranks.ts';
import { hasRedis, redisUrl } from '../../support/redis.ts';
import { type BoardGround, ENTRY, rows, startBoards } from './ground.ts';

const TOP = `entries(first: 5) { nodes { ${ENTRY} } }`;
const UPDATES = `subscription { leaderboardUpdated(key: "late", first: 3) { entries { ${ENTRY} } } }`;

const withRedis = await hasRedis();
const modes = backends().includes('postgres') ? ['without Redis', ...(withRedis ? ['with Redis'] : [])] : [];

describe.each(modes)('boards of two processes on one PostgreSQL, %s', (mode) => {
  const isShared = mode === 'with Redis';
  let opened: TestDatabase;
  let one: BoardGround;
  let other: BoardGround;
  beforeEach(async () => {
    opened = await openTestDatabase('postgres');
    const options = { database: opened.db, ...(isShared && { redisUrl }) };
    one = await startBoards('postgres', { ...options, environment: { LAUREL_JOBS: 'on' } });
    other = await startBoards('postgres', options);
  });
  afterEach(async () => {
    await Promise.all([one.close(), other.close()]);
    await opened.dispose();
  });

  const top = async (ground: BoardGround, key = 'late') => rows((await ground.board(key, TOP)).entries.nodes);
  const shows = (ground: BoardGround, expected: string[]) =>
    eventually(`${expected}`, async () => JSON.stringify(await top(ground)) === JSON.stringify(expected));

  async function differences(): Promise<unknown[]> {
    const { database, app } = one.laurel;
    const parts = { database, catalog: app.services.catalog, clock: { now: () => one.now } };
    const found: unknown[] = [];
    for await (const span of auditRanks({ ...parts, index: app.live.ranks })) found.push(...span.differences);
    return found;
  }

  it('show on either what was recorded on either, to readers and to followers', async () => {
    await one.create('anna', 'bert');
    await one.record('anna', 'drop', { coins: 10 });
    await shows(other, ['1 anna 10']);
    const listening = await other.laurel.subscribe(UPDATES);
    await listening.take(1);
    await one.record('bert', 'drop', { coins: 20 });
    await eventually('the follower of the other process hears of it', () => listening.items.length >= 2);
    expect(rows(listening.items.at(-1).data.leaderboardUpdated.entries)).toEqual(['1 bert 20', '2 anna 10']);
    await other.record('anna', 'drop', { coins: 15 });
    await shows(one, ['1 anna 25', '2 bert 20']);
    await one.laurel.query('mutation { resetUser(input: { user: { externalId: "anna" } }) { __typename } }');
    await shows(other, ['1 bert 20']);
    await listening.stop();
    expect(await differences()).toEqual([]);
  });

  it('show who is in quarantine to itself on either, and to nobody else', async () => {
    await one.create('anna', 'bert');
    await one.record('anna', 'drop', { coins: 10 });
    await one.record('bert', 'drop', { coins: 20 });
    await shows(other, ['1 bert 20', '2 anna 10']);
    const { data } = await one.laurel.query('{ user(by: { externalId: "bert" }) { id } }');
    const authorization = `Bearer ${await one.laurel.app.auth.createToken(data.user.id.slice('user_'.length))}`;
    const asBert = async (ground: BoardGround) => {
      const answer = await ground.laurel.query(`{ leaderboard(key: "late") { ${TOP} } }`, {}, { authorization });
      return rows(answer.data.leaderboard.entries.nodes);
    };
    expect(await asBert(other)).toEqual(['1 bert 20', '2 anna 10']);
    const decide = (field: string) =>
      one.laurel.query(`mutation { ${field}(input: { user: { externalId: "bert" } }) { __typename } }`);
    const sees = (ground: BoardGround, expected: string[]) =>
      eventually(`bert sees ${expected}`, async () => {
        // What is remembered of a player is believed for a moment alone.
        ground.now += 1_000;
        return JSON.stringify(await asBert(ground)) === JSON.stringify(expected);
      });
    await decide('quarantineUser');
    expect(await asBert(one)).toEqual(['1 bert 20', '2 anna 10']);
    await shows(other, ['1 anna 10']);
    await sees(other, ['1 bert 20', '2 anna 10']);
    await other.record('bert', 'drop', { coins: 5 });
    for (const ground of [one, other]) {
      await sees(ground, ['1 bert 25', '2 anna 10']);
      expect(await top(ground)).toEqual(['1 anna 10']);
    }
    await decide('releaseUser');
    await shows(other, ['1 bert 25', '2 anna 10']);
    for (const ground of [one, other]) await sees(ground, ['1 bert 25', '2 anna 10']);
  });

  it('keep ranks true while many write on both', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    await one.create(...names);
    await Promise.all(
      Array.from({ length: 400 }, (_, index) =>
        (index % 2 === 0 ? one : other).record(names[(index * 7) % 20] ?? '', 'drop', { coins: 1 + (index % 13) }),
      ),
    );
    const expected = await eventuallySame();
    expect(expected).toHaveLength(5);
    expect(await differences()).toEqual([]);
  });

  async function eventuallySame(): Promise<string[]> {
    let [mine, theirs] = [await top(one), await top(other)];
    await eventually('both show the same', async () => {
      [mine, theirs] = [await top(one), await top(other)];
      return JSON.stringify(mine) === JSON.stringify(theirs);
    });
    return mine;
  }

  it.runIf(isShared)('answer right while Redis has forgotten everything, which comes back by itself', async () => {
    await one.create('anna', 'bert');
    await one.record('anna', 'drop', { coins: 10 });
    await shows(other, ['1 anna 10']);
    const [board] = [...one.laurel.app.services.catalog.live().catalog.leaderboards.values()].filter(
      ({ key }) => key === 'late',
    );
    if (board === undefined) throw new Error('the board is gone');
    for (let coins = 11; coins < 15; coins += 1) {
      await forgetRanks(opened.db);
      expect(await top(one)).toEqual([`1 anna ${coins - 1}`]);
      await one.record('anna', 'drop', { coins: 1 });
      expect(await top(one)).toEqual([`1 anna ${coins}`]);
      await shows(other, [`1 anna ${coins}`]);
    }
    await eventually('it is there again', () => one.laurel.app.live.ranks.isLoaded({ board, period: '' }), 10_000);
    await one.record('bert', 'drop', { coins: 50 });
    await shows(other, ['1 bert 50', '2 anna 14']);
    expect(await differences()).toEqual([]);
  });
});
