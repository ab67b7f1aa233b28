import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { type BoardGround, HOUR, NOW, rows, startBoards } from './ground.ts';

const UPDATES = `subscription ($key: String!, $by: String, $first: Int!, $around: UserRef, $users: [UserRef!]) {
  leaderboardUpdated(key: $key, by: $by, first: $first, around: $around, users: $users) {
    at leaderboard { key by entryCount }
    entries { rank previousRank score user { displayName } }
    around { rank score user { displayName } } users { rank previousRank score user { displayName } } } }`;

describe.each(backends())('updates of boards on %s', (backend) => {
  let ground: BoardGround;
  beforeAll(async () => {
    ground = await startBoards(backend);
    await ground.create('anna', 'bert', 'cleo', 'dora');
    await ground.record('anna', 'drop', { coins: 40 });
    await ground.record('bert', 'drop', { coins: 30 });
    await ground.record('cleo', 'drop', { coins: 20 });
  });
  afterEach(() => ground.laurel.check());
  afterAll(() => ground.close());
  const update = (item: { data: { leaderboardUpdated: object } }) => item.data.leaderboardUpdated as never;

  it('begin with the board as it is, then tell who moved from where', async () => {
    const listening = await ground.laurel.subscribe(UPDATES, { key: 'late', first: 2 });
    const [first] = (await listening.take(1)).map(update);
    expect(first).toMatchObject({
      at: '2026-11-20T12:00:00.000Z',
      leaderboard: { key: 'late', by: null, entryCount: 3 },
      entries: [
        { rank: 1, previousRank: null },
        { rank: 2, previousRank: null },
      ],
      around: null,
      users: null,
    });
    await ground.record('bert', 'drop', { coins: 11 });
    const [, second] = (await listening.take(2)).map(update);
    expect(second).toMatchObject({
      entries: [
        { rank: 1, previousRank: 2, score: 41, user: { displayName: 'bert' } },
        { rank: 2, previousRank: 1, score: 40, user: { displayName: 'anna' } },
      ],
    });
  });

  it('tell of the user and the friends that were named, wherever they stand', async () => {
    const listening = await ground.laurel.subscribe(UPDATES, {
      key: 'late',
      first: 1,
      around: { externalId: 'cleo' },
      users: [{ externalId: 'dora' }, { externalId: 'cleo' }, { externalId: 'nobody' }],
    });
    await listening.take(1);
    await ground.record('dora', 'drop', { coins: 25 });
    // biome-ignore lint/suspicious/noExplicitAny: what a subscription sent.
    const [, second] = (await listening.take(2)).map(update) as any[];
    expect(rows(second.entries)).toEqual(['1 bert 41']);
    expect(rows(second.around)).toEqual(['1 bert 41', '2 anna 40', '3 dora 25', '4 cleo 20']);
    expect(
      second.users.map(({ rank, previousRank }: { rank: number; previousRank: number }) => [rank, previousRank]),
    ).toEqual([
      [3, null],
      [4, 3],
    ]);
  });

  it('say nothing while nothing that is shown changes, and little of much', async () => {
    const listening = await ground.laurel.subscribe(UPDATES, { key: 'late', first: 1 });
    await listening.take(1);
    const startedAt = performance.now();
    await ground.record('cleo', 'drop', { coins: 1 });
    for (let count = 0; count < 30; count += 1) await ground.record('bert', 'drop', { coins: 1 });
    await eventually(
      'the last state came',
      () => listening.items.at(-1).data.leaderboardUpdated.entries[0].score === 71,
    );
    const most = 2 + Math.ceil((performance.now() - startedAt) / 250);
    expect(listening.items.length).toBeLessThanOrEqual(most);
    expect(listening.items.length).toBeGreaterThan(1);
  });

  it('tell of one key of a board only', async () => {
    const listening = await ground.laurel.subscribe(UPDATES, { key: 'fastest', by: 'north', first: 3 });
    await listening.take(1);
    await ground.record('anna', 'lap', { track: 'south', seconds: 50 });
    await ground.record('anna', 'lap', { track: 'north', seconds: 60 });
    const [, second] = (await listening.take(2)).map(update);
    expect(second).toMatchObject({ leaderboard: { by: 'north' }, entries: [{ rank: 1, score: 60 }] });
  });

  it('begin anew when the period does', async () => {
    await ground.record('anna', 'hit', { points: 5 });
    const listening = await ground.laurel.subscribe(UPDATES, { key: 'daily', first: 1 });
    expect((await listening.take(1)).map(update)).toMatchObject([{ entries: [{ rank: 1 }] }]);
    ground.now = NOW + 4 * HOUR;
    expect((await listening.take(2)).map(update)).toMatchObject([{}, { entries: [] }]);
    ground.now = NOW;
  });

  it('refuse what cannot be followed', async () => {
    const { laurel } = ground;
    for (const variables of [
      { key: 'no', first: 1 },
      { key: 'late', first: -1 },
      { key: 'late', first: 101 },
      { key: 'late', first: 1, around: {} },
      { key: 'late', first: 1, users: Array.from({ length: 101 }, () => ({ externalId: 'x' })) },
    ]) {
      const listening = await laurel.subscribe(UPDATES, variables);
      await listening.ended;
      expect(listening.items).toMatchObject([{ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] }]);
    }
  });
});
