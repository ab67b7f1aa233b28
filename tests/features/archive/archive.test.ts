import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/sql.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';
import { command, DAY_MS, daysAgo, EVENT, type PastEvent, pictureOf, placesOf, recordPast } from './support.ts';

const RECORD = `mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename
  ... on RecordEventSuccess { replayed pointsAwarded event { ${EVENT} } unlocked { achievement { key } } }
  ... on IdempotencyConflictError { code event { ${EVENT} } } ... on Error { code } } }`;
const PAGE = `query ($user: UserRef!, $type: String, $first: Int, $after: String, $last: Int, $before: String) { user(by: $user) {
  events(type: $type, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`;

/** So many events, one each `hours`, the last so many days ago, all with keys of their own and details of some kinds. */
function past(events: number, hours: number, lastDaysAgo: number): PastEvent[] {
  const end = Date.now() - lastDaysAgo * DAY_MS;
  return Array.from({ length: events }, (_, index) => {
    const [type, details] = (
      [
        ['login', undefined],
        [
          'lap_finished',
          { track: ['north', 'süd "1"'][index % 2], seconds: 50 + (index % 17), assists: index % 5 === 0 },
        ],
        ['race_won', undefined],
        ['drive', { km: 1.5 }],
        ['race_lost', undefined],
      ] as const
    )[index % 5] ?? ['login', undefined];
    const occurredAt = new Date(end - (events - index - 1) * hours * 3_600_000).toISOString();
    const event = { type, occurredAt, ...(details === undefined ? {} : { details }) };
    return index % 3 === 0 ? event : { ...event, idempotencyKey: `key-${index}` };
  });
}

describe.each(backends())('events archive on %s', (backend) => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel(backend, { environment: { LAUREL_CATALOG: 'catalogs/racing.yaml' } });
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const archive = (...argv: string[]) => command(laurel, 'events', 'archive', ...argv);
  const picture = (externalId: string) => pictureOf(laurel, externalId);
  const record = async (externalId: string, event: object) =>
    (await laurel.query(RECORD, { input: { user: { externalId }, ...event } })).data.recordEvent;
  const places = (externalId: string) => placesOf(laurel, externalId);

  it('moves what is older, and nothing that anybody sees changes; again it finds nothing', async () => {
    const user = unique();
    await recordPast(laurel, user, past(130, 36, 5));
    const before = await picture(user);
    const border = daysAgo(100);
    const said = await archive('--before', border);
    const archived = past(130, 36, 5).filter(({ occurredAt }) => occurredAt < border).length;
    expect(said).toMatchObject({
      status: 0,
      stdout: `Archived ${archived} events of 1 users from before ${border}.\n`,
    });
    expect(await places(user)).toEqual({ kept: 130 - archived, archived });
    expect(await picture(user)).toEqual(before);
    expect(await archive('--before', border)).toMatchObject({ status: 0, stdout: 'Nothing to archive.\n' });
  });

  it('adds to the years that are there', async () => {
    const user = unique();
    await recordPast(laurel, user, past(60, 20, 20));
    const before = await picture(user);
    for (const days of [60, 45, 44, 21]) await archive('--before', daysAgo(days));
    await recordPast(
      laurel,
      user,
      past(7, 11, 50).map(({ idempotencyKey: _, ...event }) => event),
    );
    const between = await picture(user);
    await archive('--before', daysAgo(19));
    expect(await places(user)).toEqual({ kept: 0, archived: 67 });
    expect(await picture(user)).toEqual(between);
    expect(between.stats.daily).not.toEqual(before.stats.daily);
    const rows = await laurel.database.query<{ year: number }>(sql`
      select year, part, count from event_archives a join users u on u.id = a.user_id where u.external_id = ${user}`);
    expect(new Set(rows.map(({ year }) => year)).size).toBe(rows.length);
  });

  it('says with --dry-run what it would move, and writes nothing', async () => {
    const user = unique();
    await recordPast(laurel, user, past(10, 24, 200));
    const said = await archive('--before', '2026-07-01', '--dry-run');
    expect(said).toMatchObject({
      status: 0,
      stdout: 'Would archive 10 events of 1 users from before 2026-07-01T00:00:00.000Z.\n',
    });
    expect(await places(user)).toEqual({ kept: 10, archived: 0 });
    expect(await archive('--before', '2026-07-01')).toMatchObject({
      stdout: 'Archived 10 events of 1 users from before 2026-07-01T00:00:00.000Z.\n',
    });
  });

  it.each(['yesterday', '2026-13-01', '2026-02-30', '0000-01-01', '01.01.2026', '2026-01-01T25:00Z', ''])(
    'refuses %j as a date',
    async (text) => {
      const said = await archive('--before', text);
      expect(said).toMatchObject({ status: 2, stdout: '' });
      expect(said.stderr).toContain('a date such as 2026-01-01');
    },
  );

  it('refuses the future, and wants a date', async () => {
    expect(await archive('--before', '2999-01-01')).toEqual({
      status: 1,
      stdout: '',
      stderr: '--before 2999-01-01T00:00:00.000Z is in the future.\n',
    });
    expect(await archive()).toMatchObject({ status: 2 });
  });

  it('remembers the keys of archived events: a repeat gets the first answer, another payload conflicts', async () => {
    const user = unique();
    const events = ['login', 'race_won', 'drive'].map((type, index) => ({
      type,
      occurredAt: daysAgo(3 + index),
      idempotencyKey: `${user}-${index}`,
      ...(type === 'drive' ? { details: { km: 3 } } : {}),
    }));
    const first = [];
    for (const event of events) first.push(await record(user, event));
    await archive('--before', daysAgo(2));
    expect(await places(user)).toEqual({ kept: 0, archived: 3 });
    for (const [index, event] of events.entries()) {
      const again = await record(user, event);
      expect(again).toEqual({ ...first[index], replayed: true });
      expect(await record(user, { ...event, occurredAt: daysAgo(1) })).toEqual({
        __typename: 'IdempotencyConflictError',
        code: 'IDEMPOTENCY_CONFLICT',
        event: first[index].event,
      });
    }
    // Old and new keys in one batch, the new one twice, beside a user who has no archive.
    const fresh = { user: { externalId: user }, type: 'login', idempotencyKey: `${user}-new` };
    const { data } = await laurel.query(
      'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded replayed refused } }',
      {
        input: {
          events: [
            ...events.map((event) => ({ user: { externalId: user }, ...event })),
            fresh,
            fresh,
            { ...fresh, user: { externalId: unique() } },
          ],
        },
      },
    );
    expect(data.recordEvents).toEqual({ recorded: 2, replayed: 4, refused: 0 });
    expect(await places(user)).toEqual({ kept: 1, archived: 3 });
  });

  it('lists events across the border, in both directions, also of one type', async () => {
    const user = unique();
    await recordPast(laurel, user, past(90, 24, 3));
    const page = async (args: object) =>
      (await laurel.query(PAGE, { user: { externalId: user }, ...args })).data.user.events;
    const walk = async (type: string | null, size: number) => {
      const forward: string[] = [];
      for (let after: string | null = null; ; ) {
        const { nodes, pageInfo } = await page({ type, first: size, after });
        forward.push(...nodes.map(({ id }: { id: string }) => id));
        if (!pageInfo.hasNextPage) break;
        after = pageInfo.endCursor;
      }
      const backward: string[] = [];
      for (let before: string | null = null; ; ) {
        const { nodes, pageInfo } = await page({ type, last: size, before });
        backward.unshift(...nodes.map(({ id }: { id: string }) => id));
        if (!pageInfo.hasPreviousPage) break;
        before = pageInfo.startCursor;
      }
      return { forward, backward };
    };
    const [all, wins] = [await walk(null, 100), await walk('race_won', 100)];
    expect([all.forward.length, wins.forward.length]).toEqual([90, 18]);
    await archive('--before', daysAgo(40));
    // An event that comes late lies before what is archived, and stands in `events`.
    await record(user, { type: 'race_won', occurredAt: daysAgo(10) });
    await archive('--before', daysAgo(9.5));
    for (const days of [12.3, 13.3, 13.4]) await record(user, { type: 'race_won', occurredAt: daysAgo(days) });
    const [afterAll_, afterWins] = [await walk(null, 100), await walk('race_won', 100)];
    expect(afterAll_.forward).toHaveLength(94);
    expect(afterAll_.forward.filter((id) => all.forward.includes(id))).toEqual(all.forward);
    for (const size of [1, 7, 20]) {
      expect(await walk(null, size)).toEqual({ forward: afterAll_.forward, backward: afterAll_.forward });
      expect(await walk('race_won', size)).toEqual({ forward: afterWins.forward, backward: afterWins.forward });
    }
  });

  it('finds an archived event by its id, and shows it to nobody else', async () => {
    const user = unique();
    const { event } = await record(user, { type: 'drive', details: { km: 2 }, occurredAt: daysAgo(3) });
    await archive('--before', daysAgo(1));
    const query = `query ($id: ID!) { event(id: $id) { ${EVENT} } node(id: $id) { ... on Event { ${EVENT} } } }`;
    expect((await laurel.query(query, { id: event.id })).data).toEqual({ event, node: event });
    const other = `${event.id.slice(0, -4)}0000`;
    expect((await laurel.query(query, { id: other })).data).toEqual({ event: null, node: null });
  });

  it('cuts a year of many events into parts, and one of many transactions into pieces', async () => {
    const user = unique();
    const month = (index: number) => new Date(Date.UTC(2026, 4, 1) + index * 500_000).toISOString();
    const events = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => ({
        type: 'login',
        occurredAt: month(from + index),
        idempotencyKey: `${from + index}`,
      }));
    const first = await recordPast(laurel, user, events(0, 1_700));
    await archive('--before', '2026-06-01');
    const second = await recordPast(laurel, user, events(1_700, 4_100));
    const recorded = [...first, ...second] as { event: { id: string } }[];
    const before = await picture(user);
    await archive('--before', '2026-06-01');
    const parts = await laurel.database.query(sql`
      select year, part, a.count, cardinality(ids) as ids, cardinality(catalog_versions) as versions
      from event_archives a join users u on u.id = a.user_id where u.external_id = ${user} order by year, part`);
    expect(parts).toEqual([
      { year: 2026, part: 0, count: 1_000, ids: 1_000, versions: 1_000 },
      { year: 2026, part: 1, count: 1_000, ids: 1_000, versions: 1_000 },
      { year: 2026, part: 2, count: 1_000, ids: 1_000, versions: 1_000 },
      { year: 2026, part: 3, count: 1_000, ids: 1_000, versions: 1_000 },
      { year: 2026, part: 4, count: 100, ids: 100, versions: 100 },
    ]);
    expect(await picture(user)).toEqual(before);
    for (const index of [0, 999, 1_000, 1_699, 1_700, 4_000, 4_099]) {
      const again = await recordPast(laurel, user, events(index, index + 1));
      expect(again).toMatchObject([
        {
          kind: 'replayed',
          event: { id: recorded[index]?.event.id, occurredAt: new Date(month(index)), idempotencyKey: `${index}` },
        },
      ]);
    }
  });
});
