import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../../support/databases.ts';
import { type Answer, unique } from '../../support/laurel.ts';
import { type BoardGround, ENTRY, HOUR, NOW, rows, startBoards } from './ground.ts';

const codesOf = ({ errors }: Answer) => errors.map(({ extensions }) => extensions['code']);
const TOP = `entries(first: 10) { nodes { ${ENTRY} } }`;

describe.each(backends())('boards on %s', (backend) => {
  let ground: BoardGround;
  beforeAll(async () => {
    ground = await startBoards(backend);
  });
  afterEach(() => ground.laurel.check());
  afterAll(() => ground.close());

  // biome-ignore lint/suspicious/noExplicitAny: what a query answered.
  const top = async (key: string, by?: string): Promise<any> => rows((await ground.board(key, TOP, by)).entries.nodes);

  it('rank who has more first, and of equals who got there first', async () => {
    await ground.create('anna', 'bert', 'cleo');
    await ground.record('anna', 'hit', { points: 10 });
    await ground.record('bert', 'hit', { points: 30 }, NOW - 1_000);
    await ground.record('cleo', 'hit', { points: 30 }, NOW - 2_000);
    expect(await top('score')).toEqual(['1 cleo 30', '2 bert 30', '3 anna 10']);
    await ground.record('anna', 'hit', { points: 25 });
    expect(await top('score')).toEqual(['1 anna 35', '2 cleo 30', '3 bert 30']);
  });

  it('give one place with its neighbours, of friends, and in a profile', async () => {
    const board = await ground.board(
      'score',
      `entryCount
       entry(user: { externalId: "bert" }) { ${ENTRY} topPercent achievedAt scoreText }
       nobody: entry(user: { externalId: "nobody" }) { rank }
       around(user: { externalId: "cleo" }, radius: 1) { ${ENTRY} }
       edge: around(user: { externalId: "anna" }, radius: 1) { ${ENTRY} }
       entriesFor(users: [{ externalId: "bert" }, { externalId: "nobody" }, { externalId: "anna" }]) { ${ENTRY} }`,
    );
    expect(board.entryCount).toBe(3);
    expect(board.entry).toMatchObject({ rank: 3, topPercent: 100, achievedAt: '2026-11-20T11:59:59.000Z' });
    expect(board.nobody).toBeNull();
    expect(rows(board.around)).toEqual(['1 anna 35', '2 cleo 30', '3 bert 30']);
    expect(rows(board.edge)).toEqual(['1 anna 35', '2 cleo 30']);
    expect(rows(board.entriesFor)).toEqual(['1 anna 35', '3 bert 30']);
    const { data } = await ground.laurel.query(
      `{ usersBy(refs: [{ externalId: "anna" }, { externalId: "cleo" }]) {
           all: leaderboardEntry(leaderboard: "score") { rank }
           week: leaderboardEntry(leaderboard: "weekly", period: "2026-W47") { rank }
           before: leaderboardEntry(leaderboard: "weekly", period: "previous") { rank }
           none: leaderboardEntry(leaderboard: "no_board") { rank } } }`,
    );
    expect(data.usersBy).toEqual([
      { all: { rank: 1 }, week: { rank: 1 }, before: null, none: null },
      { all: { rank: 2 }, week: { rank: 2 }, before: null, none: null },
    ]);
  });

  it('go on from any entry while scores move, forwards and backwards', async () => {
    const names = Array.from({ length: 9 }, (_, index) => `page-${index}`);
    await ground.create(...names);
    for (const [index, name] of names.entries()) await ground.record(name, 'drop', { coins: 100 - index });
    const page = async (args: string) =>
      (
        await ground.board(
          'late',
          `entries(${args}) { nodes { cursor ${ENTRY} } pageInfo { hasNextPage hasPreviousPage } }`,
        )
      ).entries;
    const first = await page('first: 3');
    expect(rows(first.nodes)).toEqual(['1 page-0 100', '2 page-1 99', '3 page-2 98']);
    expect(first.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: false });
    const cursor = first.nodes[2].cursor;
    // The last of the page rises, somebody passes from below: the next page still begins where this one ended.
    await ground.record('page-2', 'drop', { coins: 500 });
    await ground.record('page-8', 'drop', { coins: 300 });
    const second = await page(`first: 3, after: "${cursor}"`);
    expect(rows(second.nodes)).toEqual(['5 page-3 97', '6 page-4 96', '7 page-5 95']);
    const back = await page(`last: 2, before: "${second.nodes[1].cursor}"`);
    expect(rows(back.nodes)).toEqual(['4 page-1 99', '5 page-3 97']);
    expect(back.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: true });
    const end = await page(`first: 5, after: "${second.nodes[2].cursor}"`);
    expect(rows(end.nodes)).toEqual(['8 page-6 94', '9 page-7 93']);
    expect(end.pageInfo.hasNextPage).toBe(false);
  });

  it('rank equals as declared', async () => {
    await ground.create('tie-a', 'tie-b', 'tie-c');
    for (const [index, name] of ['tie-a', 'tie-b', 'tie-c'].entries())
      await ground.record(name, 'drop', { coins: 7_000 }, NOW - 9_000 + index * 1_000);
    expect((await top('shared')).slice(0, 4)).toEqual(['1 tie-a 7000', '1 tie-b 7000', '1 tie-c 7000', '4 page-2 598']);
    expect((await top('late')).slice(0, 3)).toEqual(['1 tie-c 7000', '2 tie-b 7000', '3 tie-a 7000']);
  });

  it('have one ranking a key, with decimals in the language of the caller', async () => {
    await ground.create('racer-1', 'racer-2');
    await ground.record('racer-1', 'lap', { track: 'north', seconds: 61.5 });
    await ground.record('racer-2', 'lap', { track: 'north', seconds: 58.25 });
    await ground.record('racer-2', 'lap', { track: 'süd/1', seconds: 1_234.5 });
    expect(await top('fastest', 'north')).toEqual(['1 racer-2 58.25', '2 racer-1 61.5']);
    expect(await top('fastest', 'nowhere')).toEqual([]);
    // Without a key, the best of all keys.
    expect(await top('fastest')).toEqual(['1 racer-2 58.25', '2 racer-1 61.5']);
    expect(await ground.board('fastest', 'keys order', 'north')).toEqual({ keys: ['north', 'süd/1'], order: 'ASC' });
    const ask = async (locale: string) =>
      (
        await ground.laurel.query(
          '{ leaderboard(key: "fastest", by: "süd/1") { id by name entries(first: 1) { nodes { scoreText } } } }',
          {},
          { 'accept-language': locale },
        )
      ).data.leaderboard;
    const german = await ask('de-DE');
    expect(german).toMatchObject({ by: 'süd/1', entries: { nodes: [{ scoreText: '1.234,500 s' }] } });
    expect((await ask('no-such-language-at-all-xx')).entries.nodes).toEqual([{ scoreText: '1,234.500 s' }]);
    const { data } = await ground.laurel.query('query ($id: ID!) { node(id: $id) { ... on Leaderboard { key by } } }', {
      id: german.id,
    });
    expect(data.node).toEqual({ key: 'fastest', by: 'süd/1' });
  });

  it('name their periods in their own zone', async () => {
    const [daily, weekly, seasonal, score] = await Promise.all(
      ['daily', 'weekly', 'seasonal', 'score'].map((key) =>
        ground.board(key, 'period { key startsAt endsAt status finalAt }'),
      ),
    );
    expect(daily.period).toEqual({
      key: '2026-11-20',
      startsAt: '2026-11-19T15:00:00.000Z',
      endsAt: '2026-11-20T15:00:00.000Z',
      status: 'OPEN',
      finalAt: '2026-11-20T17:00:00.000Z',
    });
    expect(weekly.period.key).toBe('2026-W47');
    expect(seasonal.period).toMatchObject({ key: 'second', startsAt: '2026-11-18T00:00:00.000Z' });
    expect(score.period).toEqual({ key: 'all', startsAt: null, endsAt: null, status: 'OPEN', finalAt: null });
  });

  it('move on when a period is over, and late events still count for it', async () => {
    await ground.create('night', 'day');
    await ground.record('night', 'hit', { points: 900 });
    await ground.record('day', 'hit', { points: 800 });
    expect((await top('daily')).slice(0, 2)).toEqual(['1 night 900', '2 day 800']);
    ground.now = NOW + 4 * HOUR;
    expect(await top('daily')).toEqual([]);
    await ground.record('day', 'hit', { points: 200 }, NOW + 2 * HOUR);
    const previous = await ground.board('daily', `entries(first: 2, period: "previous") { nodes { ${ENTRY} } }`);
    expect(rows(previous.entries.nodes)).toEqual(['1 day 1000', '2 night 900']);
    expect(
      await ground.board('daily', 'around(user: { externalId: "day" }, period: "2026-11-20") { rank }'),
    ).toMatchObject({
      around: expect.arrayContaining([{ rank: 1 }]),
    });
    ground.now = NOW;
  });

  it('do not show who does not want it, whom a moderator took off, and test users', async () => {
    const [shy, bad, robot] = [unique('shy'), unique('bad'), unique('robot')];
    await ground.create(shy, bad, robot);
    for (const name of [shy, bad, robot]) await ground.record(name, 'drop', { coins: 90_000 });
    const names = async () =>
      (await ground.board('shared', 'entries(first: 3) { nodes { user { displayName } } }')).entries.nodes.map(
        // biome-ignore lint/suspicious/noExplicitAny: what a query answered.
        ({ user }: any) => user.displayName,
      );
    expect((await names()).toSorted()).toEqual([bad, robot, shy].toSorted());
    const upsert = (name: string, input: object) =>
      ground.laurel.query('mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }', {
        input: { user: { externalId: name }, ...input },
      });
    const hide = (name: string, hidden: boolean) =>
      ground.laurel.query(
        `mutation ($input: HideFromLeaderboardsInput!) { hideFromLeaderboards(input: $input) {
           __typename ... on HideFromLeaderboardsSuccess { user { hiddenOnLeaderboards } } ... on Error { code } } }`,
        { input: { user: { externalId: name }, hidden, reason: 'speed hack' } },
      );
    await upsert(shy, { showOnLeaderboards: false });
    expect((await names()).toSorted()).toEqual([bad, robot, 'tie-a'].toSorted());
    await upsert(robot, { test: true });
    expect((await hide(bad, true)).data.hideFromLeaderboards).toEqual({
      __typename: 'HideFromLeaderboardsSuccess',
      user: { hiddenOnLeaderboards: true },
    });
    expect((await names())[0]).toBe('tie-a');
    // What they do meanwhile does not bring them back.
    await ground.record(bad, 'drop', { coins: 1 });
    await ground.record(shy, 'drop', { coins: 2 });
    expect((await names())[0]).toBe('tie-a');
    await hide(bad, false);
    await upsert(shy, { showOnLeaderboards: true });
    expect(await names()).toEqual([shy, bad, 'tie-a']);
    expect((await hide('nobody', true)).data.hideFromLeaderboards).toEqual({
      __typename: 'UserNotFoundError',
      code: 'USER_NOT_FOUND',
    });
    await hide(bad, true);
    await upsert(shy, { showOnLeaderboards: false });
  });

  it('forget who starts anew, on every key', async () => {
    const name = unique('again');
    await ground.create(name);
    await ground.record(name, 'hit', { points: 100_000 });
    await ground.record(name, 'lap', { track: 'north', seconds: 1 });
    expect((await top('score'))[0]).toBe(`1 ${name} 100000`);
    expect((await top('fastest', 'north'))[0]).toBe(`1 ${name} 1`);
    await ground.laurel.query('mutation ($input: ResetUserInput!) { resetUser(input: $input) { __typename } }', {
      input: { user: { externalId: name } },
    });
    expect((await top('score'))[0]).not.toContain(name);
    expect(await top('fastest', 'north')).toEqual(['1 racer-2 58.25', '2 racer-1 61.5']);
  });

  it('answer what is not there with null or a typed error', async () => {
    const { laurel } = ground;
    expect((await laurel.query('{ leaderboard(key: "no") { key } }')).data.leaderboard).toBeNull();
    const faulty = [
      'entries(period: "2026-W99") { totalCount }',
      'entries(period: "nonsense") { totalCount }',
      'entries(first: -1) { totalCount }',
      'entries(first: 101) { totalCount }',
      'entries(first: 1, after: "bm9uc2Vuc2U") { totalCount }',
      'around(user: { externalId: "anna" }, radius: 51) { rank }',
      'around(user: { externalId: "anna" }, radius: -1) { rank }',
      'around(user: {}, radius: 1) { rank }',
      'periods(last: 0) { key }',
      `entriesFor(users: [${'{ externalId: "x" } '.repeat(101)}]) { rank }`,
    ];
    for (const field of faulty) {
      const answer = await laurel.query(`{ leaderboard(key: "weekly") { ${field} } }`);
      expect([field.slice(0, 50), codesOf(answer)]).toEqual([field.slice(0, 50), ['BAD_USER_INPUT']]);
    }
    const { entries } = await ground.board('score', 'entries(first: 1) { nodes { cursor } }');
    const foreign = await laurel.query(
      'query ($after: String) { leaderboard(key: "weekly") { entries(after: $after) { totalCount } } }',
      {
        after: entries.nodes[0].cursor,
      },
    );
    expect(codesOf(foreign)).toEqual(['BAD_USER_INPUT']);
    const far = await ground.board('weekly', 'entries(period: "2019-W01") { totalCount nodes { rank } }');
    expect(far.entries).toEqual({ totalCount: 0, nodes: [] });
    expect(await ground.board('weekly', 'entries(period: "2026-W50") { totalCount }')).toEqual({
      entries: { totalCount: 0 },
    });
  });
});
