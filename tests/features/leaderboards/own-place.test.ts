import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RankingsWithOwn } from '../../../src/features/leaderboards/own-place.ts';
import { sql } from '../../../src/platform/sql.ts';
import { createMemoryRankIndex } from '../../../src/ranking/memory-rank-index.ts';
import type { RankReader } from '../../../src/ranking/rank-index.ts';
import { openSocket } from '../../http/raw-socket.ts';
import { BOARDS, pagesOf, rankingOf, row, user } from '../../ranking/standings.ts';
import { printedSeed, seeded } from '../../realtime/redis-ground.ts';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { closer } from './closing-support.ts';
import { type BoardGround, CATALOG, HOUR, NOW, startBoards } from './ground.ts';

describe('rankings with one who is not in them', () => {
  const random = seeded(printedSeed('own place'));
  const below = (most: number): number => Math.floor(random() * most);

  it.each(BOARDS)('are those in which it is: order $order, ties $ties', async (board) => {
    for (let round = 0; round < 25; round += 1) {
      // Few values, so that equals are many.
      const rows = Array.from({ length: 1 + below(12) }, (_, at) => row(user(at), 1, below(4), '', below(3)));
      const [own = row(user(0), 1, 0)] = rows.splice(below(rows.length), 1);
      const [without, whole] = [createMemoryRankIndex(), createMemoryRankIndex()];
      const ranking = rankingOf(board);
      await without.load(ranking, pagesOf(rows));
      await whole.load(ranking, pagesOf([...rows, own]));
      const { userId, value, achievedAt } = own;
      const place = { standing: { userId, value, achievedAt }, keys: [''] };
      const seen = new RankingsWithOwn(without, place);
      const asks: ((reader: RankReader) => Promise<unknown>)[] = [
        (reader) => reader.count(ranking),
        (reader) =>
          reader.places(
            ranking,
            [...rows, own, row(user(99), 1, 0)].map(({ userId }) => userId),
          ),
        (reader) => reader.keys(ranking),
        ...[...rows, own, row(user(99), 1, below(5), '', below(3))].map(
          (standing) => (reader: RankReader) => reader.before(ranking, standing),
        ),
      ];
      for (let from = 0; from <= rows.length + 2; from += 1) {
        for (let limit = 0; limit <= rows.length + 2; limit += 1)
          asks.push((reader) => reader.page(ranking, from, limit));
      }
      for (const ask of asks) expect(await ask(seen)).toEqual(await ask(whole));
      // Where it is known already it is not doubled.
      const known = new RankingsWithOwn(whole, place);
      for (const ask of asks) expect(await ask(known)).toEqual(await ask(whole));
    }
  });

  it('are not known where those without it are not', async () => {
    const ranking = rankingOf();
    const seen = new RankingsWithOwn(createMemoryRankIndex(), { standing: row(user(1), 1, 1), keys: [''] });
    expect([
      await seen.count(ranking),
      await seen.page(ranking, 0, 5),
      await seen.places(ranking, [user(1)]),
      await seen.before(ranking, row(user(2), 1, 1)),
      await seen.keys(ranking),
    ]).toEqual([null, null, null, null, null]);
  });
});

const BOARD = `query ($me: UserRef!, $id: ID!, $all: [UserRef!]!, $key: String!, $by: String, $period: String, $after: String) {
  node(id: $id) { ... on User { leaderboardEntry(leaderboard: $key, by: $by, period: $period) { ...place } } }
  leaderboard(key: $key, by: $by) {
    entryCount
    keys(period: $period)
    entry(user: $me, period: $period) { ...place topPercent }
    around(user: $me, radius: 1, period: $period) { ...place }
    entriesFor(users: $all, period: $period) { ...place }
    all: entries(first: 100, period: $period) { totalCount nodes { ...place } }
    page: entries(first: 2, after: $after, period: $period) { nodes { ...place } pageInfo { hasNextPage endCursor } }
    tail: entries(last: 2, period: $period) { nodes { ...place } pageInfo { hasPreviousPage } }
  }
}
fragment place on LeaderboardEntry { id cursor rank score scoreText achievedAt user { id displayName } }`;
const FOLLOWED = `subscription ($me: UserRef!, $all: [UserRef!]!) {
  leaderboardUpdated(key: "shared", first: 3, around: $me, users: $all) {
    entries { rank score user { displayName } } around { rank user { displayName } } users { rank user { displayName } } } }`;
const EXPORT =
  'mutation ($user: UserRef!) { exportUser(input: { user: $user }) { ... on ExportUserSuccess { data } } }';

describe.each(backends())('a user in quarantine on %s', (backend) => {
  const NAMES = ['anna', 'boris', 'clara', 'dmitri', 'eva'] as const;
  type Name = (typeof NAMES)[number];
  let ground: BoardGround;
  const ids = new Map<Name, string>();
  beforeAll(async () => {
    ground = await startBoards(backend);
    await ground.create(...NAMES);
    for (const [index, name] of NAMES.entries()) {
      // clara and dmitri are equals.
      await ground.record(name, 'drop', { coins: [10, 20, 40, 40, 50][index] });
      await ground.record(name, 'hit', { points: (index + 1) * 100 });
      await ground.record(name, 'lap', { track: name === 'dmitri' ? 'secret' : 'north', seconds: 60 - index });
      const { data } = await ground.laurel.query(`{ user(by: { externalId: "${name}" }) { id } }`);
      ids.set(name, data.user.id);
    }
  });
  afterEach(async () => {
    ground.now = NOW;
    await decide('releaseUser', 'dmitri');
    await ground.laurel.check();
  });
  afterAll(() => ground.close());

  const decide = async (field: 'quarantineUser' | 'releaseUser', externalId: Name): Promise<void> => {
    const { errors } = await ground.laurel.query(
      `mutation ($user: UserRef!) { ${field}(input: { user: $user }) { __typename } }`,
      { user: { externalId } },
    );
    expect(errors).toEqual([]);
  };
  const tokenOf = async (name: Name): Promise<string> =>
    `Bearer ${await ground.laurel.app.auth.createToken((ids.get(name) ?? '').slice('user_'.length))}`;
  const refs = NAMES.map((externalId) => ({ externalId }));
  /** All that a board says to somebody about somebody, page after page. */
  const sees = async (viewer: Name, of: Name, asked: { key: string; by?: string; period?: string }) => {
    const headers = { authorization: await tokenOf(viewer) };
    const variables = { ...asked, me: { externalId: of }, id: ids.get(of), all: refs };
    const pages: unknown[] = [];
    let first: { readonly node: unknown; readonly leaderboard: Record<string, unknown> } | null = null;
    for (let after: string | null = null; ; ) {
      const { data, errors } = await ground.laurel.query(BOARD, { ...variables, after }, headers);
      expect(errors).toEqual([]);
      first ??= data;
      const { nodes, pageInfo } = data.leaderboard.page;
      pages.push(...nodes);
      if (!pageInfo.hasNextPage) return { ...(first as NonNullable<typeof first>), pages };
      after = pageInfo.endCursor;
    }
  };
  const RANKINGS = [
    { key: 'score' },
    { key: 'shared' },
    { key: 'late' },
    { key: 'fastest' },
    { key: 'fastest', by: 'secret' },
    { key: 'fastest', by: 'north' },
    { key: 'daily' },
    { key: 'seasonal' },
    { key: 'seasonal', period: 'first' },
  ];

  it.each(RANKINGS)('sees in no field of a board that it is in one: $key $by $period', async (ranking) => {
    const before = await sees('dmitri', 'dmitri', ranking);
    const ofAnna = await sees('dmitri', 'anna', ranking);
    await decide('quarantineUser', 'dmitri');
    expect(await sees('dmitri', 'dmitri', ranking)).toEqual(before);
    expect(await sees('dmitri', 'anna', ranking)).toEqual(ofAnna);
    await decide('releaseUser', 'dmitri');
    expect(await sees('dmitri', 'dmitri', ranking)).toEqual(before);
  });

  it('sees what it scores meanwhile as it will stand when it is released', async () => {
    await decide('quarantineUser', 'dmitri');
    await ground.record('dmitri', 'drop', { coins: 5 });
    await ground.record('dmitri', 'lap', { track: 'moon', seconds: 41 });
    const seen = await Promise.all(RANKINGS.map((ranking) => sees('dmitri', 'dmitri', ranking)));
    const own = seen[1]?.leaderboard as { entry: { rank: number; score: number } };
    expect(own.entry).toMatchObject({ rank: 2, score: 45 });
    await decide('releaseUser', 'dmitri');
    expect(await Promise.all(RANKINGS.map((ranking) => sees('dmitri', 'dmitri', ranking)))).toEqual(seen);
  });

  it('is in no field of a board to anybody else', async () => {
    await decide('quarantineUser', 'dmitri');
    for (const ranking of RANKINGS) {
      const { node, leaderboard, pages } = await sees('anna', 'dmitri', ranking);
      expect(JSON.stringify([leaderboard, pages])).not.toMatch(/dmitri|secret/);
      expect(node).toEqual({ leaderboardEntry: null });
      expect(leaderboard).toMatchObject({ entry: null, around: [] });
      const all = leaderboard['all'] as { totalCount: number; nodes: { rank: number }[] };
      expect(all.totalCount).toBe(all.nodes.length);
      if (ranking.period === undefined) expect(leaderboard['entryCount']).toBe(all.nodes.length);
    }
    const shared = (await sees('anna', 'clara', { key: 'shared' })).leaderboard;
    const ranks = (shared['all'] as { nodes: { rank: number; user: { displayName: string } }[] }).nodes;
    expect(ranks.map(({ rank, user: { displayName } }) => `${rank} ${displayName}`)).toEqual([
      '1 eva',
      '2 clara',
      '3 boris',
      '4 anna',
    ]);
  });

  it('sees itself in a period that is over', async () => {
    ground.now = NOW + 4 * HOUR;
    const yesterday = { key: 'daily', period: 'previous' };
    const before = await sees('dmitri', 'dmitri', yesterday);
    expect(before.leaderboard['entry']).not.toBeNull();
    await decide('quarantineUser', 'dmitri');
    expect(await sees('dmitri', 'dmitri', yesterday)).toEqual(before);
  });

  it('stands where it would in standings that are final, also when values have other decimals since', async () => {
    const { laurel } = ground;
    const catalogWith = async (coins: string) => {
      const { data } = await laurel.query(
        'mutation ($input: ApplyCatalogInput!) { applyCatalog(input: $input) { __typename } }',
        { input: { source: CATALOG.replace('of: drop }', `of: drop${coins} }`) } },
      );
      expect(data.applyCatalog).toEqual({ __typename: 'ApplyCatalogSuccess' });
      await eventually('everybody is brought up', async () => {
        const [row] = await laurel.database.query<{ behind: number }>(sql`
          select count(*)::int as behind from users where catalog_version < (select live_version from installation)`);
        return row?.behind === 0;
      });
    };
    const clock = { now: () => ground.now };
    await closer(laurel, clock)();
    await decide('quarantineUser', 'clara');
    // The second season is over and closed while clara is in quarantine.
    ground.now = Date.parse('2026-12-02T00:00:00Z');
    await closer(laurel, clock)();
    const second = { key: 'seasonal', period: 'second' };
    const before = await sees('clara', 'clara', second);
    for (const coins of [', decimals: 2', '']) {
      await catalogWith(coins);
      expect(await sees('clara', 'clara', second)).toEqual(before);
    }
    await decide('releaseUser', 'clara');
  });

  it('follows boards as before: its line restarts, and then it sees itself and what it scores', async () => {
    const follow = async (name: Name) => {
      const line = await openSocket(ground.laurel.url);
      await line.init({ authorization: await tokenOf(name) });
      line.send({
        type: 'subscribe',
        id: '1',
        payload: { query: FOLLOWED, variables: { me: { externalId: 'dmitri' }, all: refs } },
      });
      return line;
    };
    const updates = (line: Awaited<ReturnType<typeof follow>>) =>
      line.received.flatMap(({ type, payload }) => (type === 'next' ? [payload.data.leaderboardUpdated] : []));
    const lists = ['entries', 'around', 'users'] as const;
    const rankIn = (update: Record<(typeof lists)[number], { rank: number; user: { displayName: string } }[]>) =>
      lists.map((list) => update[list].find(({ user: { displayName } }) => displayName === 'dmitri')?.rank ?? null);
    const [own, other] = [await follow('dmitri'), await follow('anna')];
    await eventually('both see it', () => updates(own).length > 0 && updates(other).length > 0);
    const [before] = updates(own);
    expect(rankIn(updates(other)[0])).toEqual(rankIn(before));

    await decide('quarantineUser', 'dmitri');
    expect(await own.closed).toEqual({ code: 1012, reason: 'Restarting, connect again' });
    expect(updates(own).map(rankIn)).toEqual(updates(own).map(() => rankIn(before)));
    await eventually('others do not see it', () => rankIn(updates(other).at(-1)).every((rank) => rank === null));
    const again = await follow('dmitri');
    await eventually('it sees itself', () => updates(again).length > 0);
    expect(updates(again)[0]).toEqual(before);

    await ground.record('dmitri', 'drop', { coins: 1_000 });
    await eventually('it sees what it scored', () => rankIn(updates(again).at(-1)).every((rank) => rank === 1));
    await ground.record('eva', 'drop', { coins: 1 });
    await eventually('others go on', () => updates(other).at(-1).entries[0].score === 51);
    const afterwards = updates(other).slice(updates(other).findIndex((update) => rankIn(update)[0] === null));
    expect(JSON.stringify(afterwards)).not.toContain('dmitri');
    await decide('releaseUser', 'dmitri');
    await eventually('others see it', () => rankIn(updates(other).at(-1)).every((rank) => rank === 1));
    expect(again.isClosed()).toBe(false);
    for (const { socket } of [again, other]) socket.close();
    await Promise.all([again.closed, other.closed]);
  });

  it('is told of it by no export of its own; reviewers are', async () => {
    await decide('quarantineUser', 'dmitri');
    const variables = { user: { externalId: 'dmitri' } };
    const own = await ground.laurel.query(EXPORT, variables, { authorization: await tokenOf('dmitri') });
    expect(own.data.exportUser.data.user).toHaveLength(1);
    expect(JSON.stringify(own.data)).not.toMatch(/quarantin|released/i);
    const whole = JSON.stringify((await ground.laurel.query(EXPORT, variables)).data);
    expect(whole).toMatch(/"quarantined_at":"/);
    expect(whole).toContain('USER_QUARANTINED');
  });
});
