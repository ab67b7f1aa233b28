import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { beginEpoch } from '../../../src/platform/installation.ts';
import { sql } from '../../../src/platform/sql.ts';
import { backends } from '../../support/databases.ts';
import { type Listening, startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';

const FEED = `query ($after: String, $before: String, $first: Int, $last: Int, $types: [String!]) {
  domainEvents(after: $after, before: $before, first: $first, last: $last, types: $types) {
    cursor
    pageInfo { hasNextPage hasPreviousPage }
    nodes { id cursor type at user { externalId } data }
  }
}`;
const PUBLISHED = `subscription ($after: String, $types: [String!]) {
  domainEventPublished(after: $after, types: $types) { id cursor type user { externalId } data }
}`;
const RECORD = `mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }`;

interface Node {
  readonly id: string;
  readonly cursor: string;
  readonly type: string;
  readonly user: { readonly externalId: string } | null;
  readonly data: Record<string, unknown>;
}

describe.each(backends())('the feed of domain events on the %s database', (backend) => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel(backend, { environment: { LAUREL_JOBS: 'on' } });
    await laurel.app.jobs?.ready;
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const record = (externalId: string, ...types: string[]) =>
    laurel.query(RECORD, { input: { events: types.map((type) => ({ user: { externalId }, type })) } });
  const feed = async (variables: object = {}) => (await laurel.query(FEED, variables)).data.domainEvents;
  /** The cursor of now, once nothing waits. */
  const relayed = async (): Promise<string> => {
    await expect
      .poll(() => laurel.database.query(sql`select count(*) as count from outbox where state = 0`), { timeout: 8_000 })
      .toEqual([{ count: 0 }]);
    return (await feed({ first: 0 })).cursor;
  };

  it('lists what happened in order, by type, forwards and backwards, each event once', async () => {
    const from = await relayed();
    const [ann, bob] = [unique('ann'), unique('bob')];
    await record(ann, 'login', 'find_secret', 'find_secret', 'find_secret');
    await record(bob, 'login');
    const to = await relayed();
    const all = await feed({ after: from });
    const told = (nodes: readonly Node[]) =>
      nodes.map(({ type, user, data }) => [type, user?.externalId, data['achievement']]);
    expect(told(all.nodes)).toEqual([
      ['ACHIEVEMENT_UNLOCKED', ann, 'newcomer'],
      ['ACHIEVEMENT_UNLOCKED', ann, 'explorer'],
      ['ACHIEVEMENT_UNLOCKED', bob, 'newcomer'],
    ]);
    expect(all.nodes[0].data).toMatchObject({ tier: 0, period: '', points: expect.any(Number) });
    expect(all).toMatchObject({ cursor: to, pageInfo: { hasNextPage: false, hasPreviousPage: true } });
    const first = await feed({ after: from, first: 2 });
    expect(first).toMatchObject({ cursor: first.nodes[1].cursor, pageInfo: { hasNextPage: true } });
    const rest = await feed({ after: first.cursor, first: 2 });
    expect([...first.nodes, ...rest.nodes]).toEqual(all.nodes);
    expect((await feed({ before: rest.nodes[0].cursor, last: 1 })).nodes).toEqual([first.nodes[1]]);
    expect((await feed({ after: from, types: ['LEVEL_UP'] })).nodes).toEqual([]);
    expect((await feed({ after: from, types: ['ACHIEVEMENT_UNLOCKED', 'NOTHING'] })).nodes).toEqual(all.nodes);
    expect(await feed({ after: to })).toMatchObject({ nodes: [], cursor: to, pageInfo: { hasNextPage: false } });
  });

  it('is pushed: what was stored after a cursor, then what comes, without a gap and without a repeat', async () => {
    const from = await relayed();
    const player = unique();
    await record(player, 'login');
    await relayed();
    const resumed = await laurel.subscribe(PUBLISHED, { after: from });
    const live = await laurel.subscribe(PUBLISHED, { types: ['ACHIEVEMENT_UNLOCKED'] });
    const other = await laurel.subscribe(PUBLISHED, { types: ['LEVEL_UP'] });
    await resumed.take(1);
    await record(player, 'find_secret', 'find_secret', 'find_secret');
    await Promise.all([resumed.take(2), live.take(1)]);
    const nodes: Node[] = (await feed({ after: from })).nodes;
    const pushed = ({ items }: { items: { data: { domainEventPublished: Node } }[] }) =>
      items.map(({ data }) => data.domainEventPublished);
    expect(pushed(resumed)).toMatchObject(nodes.map(({ id, cursor, type }) => ({ id, cursor, type })));
    expect(pushed(live).map(({ id }) => id)).toEqual([nodes[1]?.id]);
    expect(other.items).toEqual([]);
  });

  it('refuses a cursor that is none, one of another log, and one from which events are gone', async () => {
    const from = await relayed();
    const codes = async (variables: object): Promise<unknown[]> => {
      const read = (await laurel.query(FEED, variables)).errors.map(({ extensions }) => extensions['code']);
      const listening = await laurel.subscribe(PUBLISHED, variables);
      return [...read, (await refusalOf(listening))?.extensions.code];
    };
    expect(await codes({ after: 'nonsense' })).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT']);
    const [, epoch = '', position = ''] = Buffer.from(from, 'base64url').toString().split('.');
    const forged = (...parts: unknown[]): string => Buffer.from(['d1', ...parts].join('.')).toString('base64url');
    expect(await codes({ after: forged(epoch, position, 1) })).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT']);
    expect(await codes({ after: forged(randomUUID(), position) })).toEqual(['CURSOR_EXPIRED', 'CURSOR_EXPIRED']);
    expect(await codes({ after: forged(epoch, Number(position) + 1) })).toEqual(['CURSOR_EXPIRED', 'CURSOR_EXPIRED']);
    await laurel.database.query(sql`update outbox_feed set pruned_to = 1`);
    expect(await codes({ after: forged(epoch, 0) })).toEqual(['CURSOR_EXPIRED', 'CURSOR_EXPIRED']);
    expect((await laurel.query(FEED, { after: forged(epoch, 1) })).errors).toEqual([]);
    await laurel.database.query(sql`update outbox_feed set pruned_to = 0`);
  });

  it('tells an open stream at once when what it had yet to read is gone', async () => {
    const { cursor } = await feed({ first: 0 });
    const listening = await laurel.subscribe(PUBLISHED, { after: cursor });
    const { position } = (
      await laurel.database.query<{ position: number }>(sql`select position from outbox_feed`)
    )[0] ?? { position: 0 };
    await laurel.database.query(sql`update outbox_feed set pruned_to = ${position + 1}::bigint`);
    await record(unique(), 'login');
    expect((await refusalOf(listening))?.extensions.code).toBe('CURSOR_EXPIRED');
    await laurel.database.query(sql`update outbox_feed set pruned_to = 0`);
  });
});

it('cursors of the feed end with the epoch of their log', async () => {
  const laurel = await startLaurel('embedded');
  const { cursor } = (await laurel.query(FEED)).data.domainEvents;
  await beginEpoch(laurel.database, randomUUID());
  const restored = await startLaurel('embedded', { database: laurel.database });
  expect((await restored.query(FEED, { after: cursor })).errors[0]?.extensions['code']).toBe('CURSOR_EXPIRED');
  await restored.close();
  await laurel.close();
});

/** What a subscription was refused or ended with. */
async function refusalOf(listening: Listening): Promise<{ extensions: { code: string } } | undefined> {
  const ended = await listening.ended;
  const errors = Array.isArray(ended) ? ended : (listening.items[0]?.errors ?? []);
  return errors[0];
}
