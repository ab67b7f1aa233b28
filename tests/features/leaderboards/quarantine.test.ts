import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import type { Answer } from '../../support/laurel.ts';
import { type BoardGround, ENTRY, HOUR, NOW, rows, startBoards } from './ground.ts';

const DECIDED = (field: string, success: string) => `mutation ($input: ${success.replace('Success', 'Input')}!) {
  ${field}(input: $input) { __typename ... on ${success} { user { quarantine { since reason } } } ... on Error { code } } }`;
const OWN = `query ($me: ID!, $key: String!, $by: String) {
  node(id: $me) { ... on User { leaderboardEntry(leaderboard: $key, by: $by) { rank score } quarantine { since } } }
  leaderboard(key: $key, by: $by) { entry(user: { id: $me }) { rank score topPercent } entryCount } }`;
const LIST = `query ($first: Int, $last: Int, $after: String, $before: String) {
  quarantinedUsers(first: $first, last: $last, after: $after, before: $before) {
    nodes { displayName quarantine { reason } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

describe.each(backends())('users in quarantine on %s', (backend) => {
  let ground: BoardGround;
  const ids = new Map<string, string>();
  beforeAll(async () => {
    ground = await startBoards(backend);
    const names = ['anna', 'boris', 'clara', 'dmitri', 'eva'];
    await ground.create(...names);
    for (const [index, name] of names.entries()) {
      await ground.record(name, 'drop', { coins: (index + 1) * 10 });
      const { data } = await ground.laurel.query(`{ user(by: { externalId: "${name}" }) { id } }`);
      ids.set(name, data.user.id);
    }
  });
  afterEach(async () => {
    ground.now = NOW;
    for (const name of ids.keys()) await release(name);
    await ground.laurel.check();
  });
  afterAll(() => ground.close());

  const idOf = (name: string): string => ids.get(name) ?? '';
  const quarantine = (name: string, reason: string | null = null) =>
    ground.laurel.query(DECIDED('quarantineUser', 'QuarantineUserSuccess'), {
      input: { user: { externalId: name }, reason },
    });
  const release = (name: string) =>
    ground.laurel.query(DECIDED('releaseUser', 'ReleaseUserSuccess'), { input: { user: { externalId: name } } });
  const upsert = (name: string, input: { test?: boolean; showOnLeaderboards?: boolean }) =>
    ground.laurel.query('mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }', {
      input: { user: { externalId: name }, ...input },
    });
  const as = async (viewer: string, query: string, variables: object): Promise<Answer> => {
    const token = await ground.laurel.app.auth.createToken(idOf(viewer).slice('user_'.length));
    return ground.laurel.query(query, variables, { authorization: `Bearer ${token}` });
  };
  const seen = async (viewer: string, of: string, key: string, by: string | null = null) => {
    const { data, errors } = await as(viewer, OWN, { me: idOf(of), key, by });
    expect(errors).toEqual([]);
    return {
      entry: data.leaderboard.entry?.rank ?? null,
      userEntry: data.node.leaderboardEntry?.rank ?? null,
      quarantine: data.node.quarantine,
    };
  };
  const top = async (key: string, by?: string) =>
    rows((await ground.board(key, `entries(first: 10) { nodes { ${ENTRY} } }`, by)).entries.nodes);

  it('play and score on, and nobody but themselves sees them on boards', async () => {
    const at = new Date(NOW).toISOString();
    expect((await quarantine('dmitri', 'speed hack')).data.quarantineUser).toEqual({
      __typename: 'QuarantineUserSuccess',
      user: { quarantine: { since: at, reason: 'speed hack' } },
    });
    expect(await top('shared')).toEqual(['1 eva 50', '2 clara 30', '3 boris 20', '4 anna 10']);
    expect(await seen('anna', 'dmitri', 'shared')).toEqual({ entry: null, userEntry: null, quarantine: null });
    expect(await seen('dmitri', 'dmitri', 'shared')).toEqual({ entry: 2, userEntry: 2, quarantine: null });
    await ground.record('dmitri', 'drop', { coins: 100 });
    expect((await top('shared'))[0]).toBe('1 eva 50');
    expect((await seen('dmitri', 'dmitri', 'shared')).entry).toBe(1);
    expect((await seen('anna', 'dmitri', 'shared')).entry).toBeNull();
    expect((await ground.board('shared', `entry(user: { externalId: "dmitri" }) { rank }`)).entry).toBeNull();
    expect((await release('dmitri')).data.releaseUser).toEqual({
      __typename: 'ReleaseUserSuccess',
      user: { quarantine: null },
    });
    expect((await top('shared'))[0]).toBe('1 dmitri 140');
    expect((await seen('anna', 'dmitri', 'shared')).entry).toBe(1);
  });

  it('see the place they would have: among equals, on a key, from the low end, in a period that is over', async () => {
    await ground.record('boris', 'drop', { coins: 10 });
    await ground.record('anna', 'lap', { track: 'north', seconds: 60 });
    await ground.record('boris', 'lap', { track: 'north', seconds: 50 });
    await ground.record('clara', 'lap', { track: 'north', seconds: 55 });
    await ground.record('clara', 'hit', { points: 500 });
    await ground.record('anna', 'hit', { points: 900 });
    await quarantine('clara');
    // boris and clara have 30 each.
    expect((await seen('clara', 'clara', 'shared')).entry).toBe((await seen('boris', 'boris', 'shared')).entry);
    expect(await seen('clara', 'clara', 'fastest', 'north')).toMatchObject({ entry: 2, userEntry: 2 });
    expect(await seen('clara', 'clara', 'fastest')).toMatchObject({ entry: 2, userEntry: 2 });
    expect(await seen('clara', 'clara', 'fastest', 'south')).toMatchObject({ entry: null, userEntry: null });
    ground.now = NOW + 4 * HOUR;
    const yesterday =
      '{ leaderboard(key: "daily") { entry(user: { externalId: "clara" }, period: "previous") { rank } } }';
    expect((await as('clara', yesterday, {})).data.leaderboard.entry).toEqual({ rank: 2 });
    expect((await as('anna', yesterday, {})).data.leaderboard.entry).toBeNull();
    const never = yesterday.replace('previous', '2019-01-01');
    expect((await as('clara', never, {})).data.leaderboard.entry).toBeNull();
  });

  it('see nothing where they do not want to be seen themselves', async () => {
    await quarantine('eva');
    await upsert('eva', { showOnLeaderboards: false });
    expect((await seen('eva', 'eva', 'shared')).entry).toBeNull();
    await upsert('eva', { showOnLeaderboards: true });
    expect((await seen('eva', 'eva', 'shared')).entry).not.toBeNull();
  });

  it('wake who follows a board by what they score; users whom boards never show do not', async () => {
    const hide = (hidden: boolean) =>
      ground.laurel.query(
        'mutation ($input: HideFromLeaderboardsInput!) { hideFromLeaderboards(input: $input) { __typename } }',
        {
          input: { user: { externalId: 'clara' }, hidden },
        },
      );
    await upsert('tester', { test: true });
    await upsert('anna', { showOnLeaderboards: false });
    await hide(true);
    for (const name of ['dmitri', 'eva']) await quarantine(name);
    await upsert('dmitri', { showOnLeaderboards: false });
    // Each on a track of its own, which nothing else moves.
    const names = ['tester', 'anna', 'clara', 'dmitri', 'eva'];
    const woken: string[] = [];
    const { bus } = ground.laurel.app.services;
    const stops = await Promise.all(
      names.map((name) => bus.subscribe('leaderboard', `fastest/of ${name}`, () => void woken.push(name))),
    );
    for (const name of names) await ground.record(name, 'lap', { track: `of ${name}`, seconds: 30 });
    await eventually('eva wakes those of her track', () => woken.includes('eva'));
    expect(woken).toEqual(['eva']);
    for (const stop of stops) stop();
    await hide(false);
    for (const name of ['anna', 'dmitri']) await upsert(name, { showOnLeaderboards: true });
  });

  it('are listed for reviewers, longest first, page by page', async () => {
    for (const [index, name] of ['eva', 'anna', 'clara'].entries()) {
      ground.now = NOW + index * HOUR;
      await quarantine(name, `reason ${index}`);
    }
    // Another reason does not begin it anew.
    await quarantine('eva', 'a better reason');
    const list = async (args: object) => (await ground.laurel.query(LIST, args)).data.quarantinedUsers;
    const namesOf = ({ nodes }: { nodes: { displayName: string }[] }) => nodes.map(({ displayName }) => displayName);
    const all = await list({});
    expect(all.nodes).toEqual([
      { displayName: 'eva', quarantine: { reason: 'a better reason' } },
      { displayName: 'anna', quarantine: { reason: 'reason 1' } },
      { displayName: 'clara', quarantine: { reason: 'reason 2' } },
    ]);
    const first = await list({ first: 2 });
    expect([namesOf(first), first.pageInfo.hasNextPage]).toEqual([['eva', 'anna'], true]);
    expect(namesOf(await list({ first: 2, after: first.pageInfo.endCursor }))).toEqual(['clara']);
    const last = await list({ last: 2 });
    expect([namesOf(last), last.pageInfo.hasPreviousPage]).toEqual([['anna', 'clara'], true]);
    expect(namesOf(await list({ last: 2, before: last.pageInfo.startCursor }))).toEqual(['eva']);
    for (const place of ['nonsense', `9999999999999999/${idOf('eva').slice(5)}`, '1/x', '\u0000']) {
      const { errors } = await ground.laurel.query(LIST, { after: Buffer.from(place).toString('base64url') });
      expect([place, errors[0]?.extensions['code']]).toEqual([place, 'BAD_USER_INPUT']);
    }
    const { errors } = await as('anna', LIST, {});
    expect(errors[0]?.extensions['code']).toBe('FORBIDDEN');
  });

  it('are told to other systems once a decision, and nobody unknown is taken', async () => {
    for (let time = 0; time < 2; time += 1) await quarantine('boris', 'looks odd');
    for (let time = 0; time < 2; time += 1) await release('boris');
    const rows = await ground.laurel.database.query({
      text: `select kind, payload from outbox where user_id = $1::uuid and kind in ('USER_QUARANTINED', 'USER_RELEASED')
        order by id desc limit 3`,
      values: [idOf('boris').slice('user_'.length)],
    });
    expect(rows).toEqual([
      { kind: 'USER_RELEASED', payload: { actor: 'admin' } },
      { kind: 'USER_QUARANTINED', payload: { reason: 'looks odd', actor: 'admin' } },
    ]);
    expect((await quarantine('nobody')).data.quarantineUser).toEqual({
      __typename: 'UserNotFoundError',
      code: 'USER_NOT_FOUND',
    });
    expect((await release('nobody')).data.releaseUser.code).toBe('USER_NOT_FOUND');
  });
});
