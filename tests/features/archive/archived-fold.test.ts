import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { archiveEvents, retentionBoundary } from '../../../src/features/archive/service.ts';
import { sql } from '../../../src/platform/sql.ts';
import { backends } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';
import { command, daysAgo, pictureOf, placesOf, recordPast } from './support.ts';

const HOUR_MS = 3_600_000;
const RUNS = Number(process.env['LAUREL_PROPERTY_RUNS'] ?? 0) > 100 ? 200 : 10;

/** A batch of events of the racing catalog, some hours ago, or an archiving of what is so many hours old. */
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(
      fc.record({
        hoursAgo: fc.integer({ min: 0, max: 300 }),
        body: fc.oneof(
          fc.constant({ type: 'login' }),
          fc.record({
            type: fc.constant('lap_finished'),
            details: fc.record({
              track: fc.constantFrom('north', 'south', 'west'),
              seconds: fc.constantFrom(55.5, 58.25, 61, 70.125),
              assists: fc.boolean(),
            }),
          }),
          fc.constantFrom({ type: 'race_won' }, { type: 'race_lost' }),
          fc.record({ type: fc.constant('overtake'), details: fc.record({ match_id: fc.constantFrom('m1', 'm2') }) }),
          fc.record({ type: fc.constant('drive'), details: fc.record({ km: fc.constantFrom(0.25, 12.04, 100) }) }),
        ),
      }),
      { minLength: 1, maxLength: 8 },
    ),
  },
  { weight: 2, arbitrary: fc.record({ archiveHoursAgo: fc.integer({ min: 1, max: 250 }) }) },
);

const RECORD = 'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded refused } }';

describe.each(backends())('the fold of an archived log on %s', (backend) => {
  let laurel: TestLaurel;
  /** Takes the same events and archives none. */
  let twin: TestLaurel;
  beforeAll(async () => {
    [laurel, twin] = (await Promise.all(
      [1, 2].map(() => startLaurel(backend, { environment: { LAUREL_CATALOG: 'catalogs/racing.yaml' } })),
    )) as [TestLaurel, TestLaurel];
  });
  afterEach(() => laurel.check());
  afterAll(async () => {
    await laurel.close();
    await twin.close();
  });

  const archive = async (before: Date): Promise<void> => {
    for await (const _ of archiveEvents(laurel.database, { before, dryRun: false, gently: false }));
  };
  /** Two databases give the same events other ids. */
  const comparable = (picture: object): unknown =>
    JSON.parse(JSON.stringify(picture, (key, value) => (key === 'id' || key === 'recordedAt' ? undefined : value)));

  it('is that of the whole log, whatever is archived between events in order and late ones', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const user = { externalId: unique() };
        const now = Date.now();
        for (const one of steps) {
          if ('archiveHoursAgo' in one) {
            await archive(new Date(now - one.archiveHoursAgo * HOUR_MS));
            continue;
          }
          const events = one.map(({ hoursAgo, body }) => ({
            user,
            ...body,
            occurredAt: new Date(now - hoursAgo * HOUR_MS).toISOString(),
          }));
          for (const each of [laurel, twin]) {
            const { data } = await each.query(RECORD, { input: { events } });
            expect(data.recordEvents).toEqual({ recorded: events.length, refused: 0 });
          }
        }
        if (steps.every((one) => 'archiveHoursAgo' in one)) return;
        const [own, whole] = [await pictureOf(laurel, user.externalId), await pictureOf(twin, user.externalId)];
        expect(comparable(own)).toEqual(comparable(whole));
      }),
      { numRuns: RUNS },
    );
    expect(await command(laurel, 'rebuild')).toMatchObject({ stdout: 'The state is what the log comes to.\n' });
    expect(await command(laurel, 'audit')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^The state is what the log comes to\.\n/),
    });
  }, 120_000);

  it('puts a late event into an archived month in its place: run, streak, week, evidence', async () => {
    const user = unique();
    const send = async (type: string, days: number) => {
      const input = { events: [{ user: { externalId: user }, type, occurredAt: daysAgo(days) }] };
      for (const each of [laurel, twin]) await each.query(RECORD, { input });
    };
    for (const days of [9, 8, 6, 5]) await send('race_won', days);
    for (const days of [9, 8, 6, 5]) await send('login', days);
    await archive(new Date(daysAgo(4)));
    await send('race_lost', 7.5);
    await send('login', 7);
    expect(await placesOf(laurel, user)).toEqual({ kept: 2, archived: 8 });
    const picture = await pictureOf(laurel, user);
    expect(comparable(picture)).toEqual(comparable(await pictureOf(twin, user)));
    expect(picture.streaks.find(({ key }: { key: string }) => key === 'daily')).toMatchObject({ longest: 5 });
    await archive(new Date(daysAgo(4)));
    expect(await pictureOf(laurel, user)).toEqual(picture);
  });

  it('repairs a state that was lost from the archive alone', async () => {
    const user = unique();
    await recordPast(
      laurel,
      user,
      Array.from({ length: 40 }, (_, index) => ({ type: 'race_won', occurredAt: daysAgo(200 - index) })),
    );
    const picture = await pictureOf(laurel, user);
    await archive(new Date(daysAgo(100)));
    await laurel.database.script(
      'delete from metric_values; delete from streak_days; delete from event_type_totals; update users set score = 0, xp = 0',
    );
    expect((await command(laurel, 'rebuild')).stdout).toMatch(/^Repaired \d+ users\.\n$/);
    expect(await pictureOf(laurel, user)).toEqual(picture);
  });

  it('is kept in whole months', () => {
    const now = Date.UTC(2026, 10, 21, 12);
    expect(retentionBoundary(now, 400).toISOString()).toBe('2025-10-01T00:00:00.000Z');
    expect(retentionBoundary(now, 20).toISOString()).toBe('2026-11-01T00:00:00.000Z');
    expect(retentionBoundary(now, 1).toISOString()).toBe('2026-11-01T00:00:00.000Z');
  });
});

describe.each(backends())('an archived log on %s', (backend) => {
  let laurel: TestLaurel;
  beforeAll(async () => {
    laurel = await startLaurel(backend);
  });
  afterEach(() => laurel.check());
  afterAll(() => laurel.close());

  const archive = (before: string) => command(laurel, 'events', 'archive', '--before', before);

  it('fills a metric that came later, and gives what was earned at its date', async () => {
    const user = unique();
    await recordPast(
      laurel,
      user,
      ['north', 'south', 'north', 'west'].map((location, index) => ({
        type: 'find_secret',
        occurredAt: daysAgo(300 - 30 * index),
        details: { location },
      })),
    );
    await archive(daysAgo(220));
    expect(await placesOf(laurel, user)).toEqual({ kept: 1, archived: 3 });
    const game = await readFile('catalogs/game.yaml', 'utf8');
    const source = game
      .replace(/^metrics:\n/m, 'metrics:\n  caves: { distinct: details.location, of: find_secret }\n')
      .replace(
        /^achievements:\n/m,
        'achievements:\n  caver: { name: { en: Caver, ru: Спелеолог }, points: 40, when: { metric: caves, atLeast: 2 } }\n',
      );
    const { data } = await laurel.query(
      'mutation ($input: ApplyCatalogInput!) { applyCatalog(input: $input) { __typename } }',
      { input: { source } },
    );
    expect(data.applyCatalog.__typename).toBe('ApplyCatalogSuccess');
    await eventually('everybody is brought up', async () => {
      const rows = await laurel.database.query(sql`select id from users where catalog_version < 2`);
      return rows.length === 0;
    });
    const answer = await laurel.query(
      `query ($by: UserRef!) { user(by: $by) { metrics(keys: ["caves"]) { value }
        achievements(status: UNLOCKED) { nodes { achievement { key } unlockedAt unlocks { evidence { details } } } } } }`,
      { by: { externalId: user } },
    );
    expect(answer.data.user.metrics).toEqual([{ value: 3 }]);
    const caver = answer.data.user.achievements.nodes.find(
      ({ achievement }: { achievement: { key: string } }) => achievement.key === 'caver',
    );
    expect(caver.unlocks).toEqual([{ evidence: { details: { location: 'south' } } }]);
    expect(Math.round((Date.now() - Date.parse(caver.unlockedAt)) / 86_400_000)).toBe(270);
  });

  it('goes with a reset: keys may be used again', async () => {
    const user = unique();
    const event = { type: 'login', occurredAt: daysAgo(3), idempotencyKey: 'once' };
    await recordPast(laurel, user, [
      event,
      { type: 'login', occurredAt: daysAgo(2) },
      { type: 'login', occurredAt: daysAgo(1) },
    ]);
    await archive(daysAgo(1.5));
    const { data } = await laurel.query(
      'mutation ($input: ResetUserInput!) { resetUser(input: $input) { ... on ResetUserSuccess { eventsDeleted } } }',
      { input: { user: { externalId: user } } },
    );
    expect(data.resetUser).toEqual({ eventsDeleted: 3 });
    expect(await placesOf(laurel, user)).toEqual({ kept: 0, archived: 0 });
    expect(
      await laurel.database.query(sql`select archived_to is null as "noArchive",
        (select count(*) from archived_keys where user_id = u.id)::int as keys from users u where external_id = ${user}`),
    ).toEqual([{ noArchive: true, keys: 0 }]);
    expect(await recordPast(laurel, user, [event])).toMatchObject([{ kind: 'recorded' }]);
  });

  it('leaves an opening entry where an import looks for it', async () => {
    const user = unique();
    const { importPlayers } = await import('../../../src/features/moving/players.ts');
    const { systemRandomNames } = await import('../../../src/platform/random.ts');
    const text = JSON.stringify({ externalId: user, createdAt: daysAgo(500), xp: 100, metrics: { logins: 7 } });
    const importAgain = () =>
      importPlayers({ ...laurel.app.live.rebuild, names: systemRandomNames }, [{ number: 1, text }], { dryRun: false });
    expect(await importAgain()).toMatchObject({ imported: 1 });
    await recordPast(laurel, user, [{ type: 'login', occurredAt: daysAgo(450) }]);
    await archive(daysAgo(400));
    expect(await placesOf(laurel, user)).toEqual({ kept: 1, archived: 1 });
    expect(await importAgain()).toMatchObject({ imported: 0, unchanged: 1 });
  });

  it.runIf(backend === 'postgres')('waits for whoever holds the user before it touches an event', async () => {
    const user = unique();
    await recordPast(laurel, user, [{ type: 'login', occurredAt: daysAgo(10) }]);
    const [held, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const holding = laurel.database.transaction(async (transaction) => {
      await transaction.query(sql`select id from users where external_id = ${user} for update`);
      held.resolve();
      await release.promise;
    });
    await held.promise;
    const archiving = archive(daysAgo(5));
    await expect
      .poll(() =>
        laurel.database.query(sql`select count(*)::int as waiting from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query like '%state.lock_users%'`),
      )
      .toEqual([{ waiting: 1 }]);
    release.resolve();
    await holding;
    expect((await archiving).status).toBe(0);
    expect(await placesOf(laurel, user)).toEqual({ kept: 0, archived: 1 });
  });

  it('grows while events are recorded: nothing is lost, doubled or out of its place', async () => {
    const users = Array.from({ length: 6 }, () => unique());
    let archiving = true;
    const rounds = (async () => {
      let found = 0;
      while (archiving) {
        const { stdout } = await archive(daysAgo(2));
        found += Number(/^Archived (\d+)/.exec(stdout)?.[1] ?? 0);
      }
      return found;
    })();
    const sending = Promise.all(
      users.map(async (user) => {
        let replayed = 0;
        for (let index = 0; index < 40; index += 1) {
          const input = {
            user: { externalId: user },
            type: ['login', 'find_secret'][index % 2],
            occurredAt: daysAgo(index % 4),
            idempotencyKey: `${index}`,
          };
          // The answer to what was sent first may be in either place by now.
          for (let times = 0; times < 2; times += 1) {
            const { data } = await laurel.query(
              'mutation ($input: RecordEventInput!) { recordEvent(input: $input) { ... on RecordEventSuccess { replayed } } }',
              { input },
            );
            if (data.recordEvent.replayed) replayed += 1;
          }
        }
        return replayed;
      }),
    );
    const sent = await sending.finally(() => {
      archiving = false;
    });
    const moved = await rounds;
    expect(sent).toEqual(users.map(() => 40));
    expect(moved).toBeGreaterThan(0);
    await archive(daysAgo(2));
    for (const user of users) expect(await placesOf(laurel, user)).toEqual({ kept: 20, archived: 20 });
  });
});
