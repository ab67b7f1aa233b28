import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { importPlayers } from '../../../src/features/moving/players.ts';
import { type RandomNames, systemRandomNames } from '../../../src/platform/random.ts';
import { sql } from '../../../src/platform/sql.ts';
import { type CatalogFile, writeCatalog } from '../../support/catalog-file.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';
import { statementsOf } from '../support/statements.ts';

const CATALOG = `
laurel: 1
name: Moving
eventTypes:
  login: { name: Login, points: 1 }
  lap: { name: Lap, points: 0, details: { track: string, seconds: number } }
metrics:
  laps: { name: Laps, count: lap }
  best: { name: Best, min: details.seconds, of: lap, by: details.track, decimals: 1 }
  newest: { name: Newest, latest: details.seconds, of: lap, by: details.track }
streaks:
  daily: { name: Daily, of: [login], per: day, freezes: { start: 1, earnEvery: 7, max: 3 } }
leaderboards:
  weekly: { name: Weekly, metric: totalPoints, per: week }
achievements:
  lapper: { name: Lapper, description: Laps, tiers: [ { at: 5, points: 10, xp: 3 }, { at: 50, points: 20 } ], when: { metric: laps } }
  quick: { name: Quick, description: Quick, points: 7, when: { metric: best, key: north, atMost: 40 } }
  steady: { name: Steady, description: Days in a row, points: 5, requires: [lapper], when: { streak: daily, atLeast: 4 } }
  rich: { name: Rich, description: Rich, points: 1, when: { points: 60 } }
  given: { name: Given, description: By hand, points: 9, when: manual }
  later: { name: Later, description: Not over a log, points: 2, retroactive: none, when: { metric: laps, atLeast: 1 } }
  both: { name: Both, description: Two, points: 4, when: { achievements: all, atLeast: 2 } }
`;

const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

/** What a line may say of a player. */
const lines = fc.record(
  {
    createdAt: fc.integer({ min: 20, max: 400 }).map(daysAgo),
    displayName: fc.constantFrom('Ann', 'Zoë'),
    timezone: fc.constantFrom('Asia/Tokyo', 'America/New_York'),
    locale: fc.constant('de'),
    attributes: fc.record({ class: fc.constantFrom('gt', 'f1') }),
    xp: fc.nat(5_000),
    metrics: fc.record(
      {
        score: fc.nat(80),
        laps: fc.nat(60),
        best: fc.dictionary(
          fc.constantFrom('north', 'south', 'a', 'ü', '7'),
          fc.integer({ min: 300, max: 500 }).map((n) => n / 10),
        ),
        newest: fc.dictionary(fc.constantFrom('north', 'south', 'bb', 'a', 'ü'), fc.nat(90)),
      },
      { requiredKeys: [] },
    ),
    unlocked: fc.array(
      fc.record({
        achievement: fc.constantFrom('lapper', 'quick', 'given', 'steady'),
        at: fc.integer({ min: 1, max: 19 }).map(daysAgo),
      }),
      { maxLength: 3 },
    ),
    streaks: fc.record(
      {
        daily: fc.record({
          current: fc.nat(6),
          longest: fc.integer({ min: 6, max: 12 }),
          lastActiveOn: fc.integer({ min: 0, max: 9 }).map((days) => daysAgo(days).slice(0, 10)),
        }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['createdAt'] },
);

describe.each(backends())('players whom an import makes, on %s', (backend) => {
  let laurel: TestLaurel;
  let catalog: CatalogFile;
  beforeAll(async () => {
    catalog = await writeCatalog(CATALOG);
    laurel = await startLaurel(backend, { environment: { LAUREL_CATALOG: catalog.path } });
  });
  afterEach(() => laurel.check());
  afterAll(async () => {
    await laurel.close();
    await catalog.remove();
  });

  const run = (players: readonly object[], names: RandomNames = systemRandomNames, dryRun = false) =>
    importPlayers(
      { ...laurel.app.live.rebuild, names },
      players.map((player, index) => ({ number: index + 1, text: JSON.stringify(player) })),
      { dryRun },
    );

  /** All that the tables hold of a user, but ids and the times of writing. */
  async function booksOf(externalId: string): Promise<object> {
    const [row] = await laurel.database.query<{ id: string; books: string }>(sql`
      select u.id, jsonb_build_object(
        'user', (select jsonb_build_array(u.display_name, u.timezone, u.locale, u.attributes, u.created_at, u.score,
          u.achievement_points, u.xp, u.last_activity_at, u.last_seq, u.catalog_version)),
        'events', (select jsonb_agg(to_jsonb(e) - 'user_id' - 'payload_hash' - 'recorded_at') from events e where e.user_id = u.id),
        'values', (select jsonb_agg(to_jsonb(v) - 'user_id' - 'updated_at' order by metric, by_key, period) from metric_values v where v.user_id = u.id),
        'days', (select jsonb_agg(to_jsonb(d) - 'user_id' order by streak, day) from streak_days d where d.user_id = u.id),
        'totals', (select jsonb_agg(to_jsonb(t) - 'user_id' order by type) from event_type_totals t where t.user_id = u.id),
        'unlocks', (select jsonb_agg(to_jsonb(a) - 'user_id' - 'recorded_at' order by achievement, tier) from user_achievements a where a.user_id = u.id),
        'ledger', (select jsonb_agg(to_jsonb(l) - 'user_id' - 'id' - 'recorded_at' order by achievement, tier) from ledger l where l.user_id = u.id),
        'told', (select jsonb_agg(o.payload order by o.payload ->> 'achievement', o.payload ->> 'tier') from outbox o where o.user_id = u.id)
      )::text as books
      from users u where u.external_id = ${externalId}`);
    const [event] = await laurel.database.query<{ id: string }>(
      sql`select e.id from events e join users u on u.id = e.user_id where u.external_id = ${externalId}`,
    );
    const books = row?.books.replaceAll(event?.id ?? 'none', 'the opening').replaceAll(externalId, 'the player');
    return JSON.parse(books ?? 'null') as object;
  }

  it('hold what those hold who were there before', async () => {
    const seed = Date.now() % 1_000_000;
    const players = fc.sample(lines, { seed, numRuns: 60 }).map((line) => ({ ...line, displayName: 'Ann' }));
    const known = players.map((line) => ({ externalId: unique(), ...line }));
    const fresh = players.map((line) => ({ externalId: unique(), ...line }));
    await run(known.map(({ externalId }) => ({ externalId, displayName: 'Ann', createdAt: daysAgo(0.001) })));
    const { imported, refused } = await run([...known, ...fresh]);
    expect({ imported, refused, seed }).toEqual({ imported: 120, refused: [], seed });
    for (const [index, { externalId }] of fresh.entries()) {
      const [made, there] = await Promise.all([booksOf(externalId), booksOf(known[index]?.externalId ?? '')]);
      expect({ seed, index, books: made }).toEqual({ seed, index, books: there });
    }
  });

  it('are read by one look for their names, and each of their rows is written by one statement, however many they are', async () => {
    const line = { displayName: 'Ann', metrics: { laps: 70 }, unlocked: [{ achievement: 'given', at: daysAgo(2) }] };
    const streaks = { daily: { current: 1, longest: 3, lastActiveOn: daysAgo(1).slice(0, 10) } };
    const importing = (count: number) =>
      statementsOf(() => run(Array.from({ length: count }, () => ({ ...line, streaks, externalId: unique() }))));
    const statements = [
      'catalog.lock_shared',
      'moving.read_openings',
      'state.insert_events',
      'state.insert_ledger',
      'state.insert_outbox',
      'state.insert_streak_days',
      'state.insert_unlocks',
      'state.upsert_cells',
      'state.use_indexes',
      'users.insert_imported',
    ];
    expect(await importing(1)).toEqual(statements);
    expect(await importing(40)).toEqual(statements);
  });

  it('are made once by two imports at the same moment', async () => {
    const players = Array.from({ length: 30 }, () => ({ externalId: unique(), metrics: { laps: 6 } }));
    const both = await Promise.all([run(players), run(players.toReversed())]);
    const counts = both
      .map(({ imported, unchanged }) => [imported, unchanged])
      .toSorted((one, two) => Number(one[0]) - Number(two[0]));
    expect(counts).toEqual([
      [0, 30],
      [30, 0],
    ]);
  });

  it('get another made name where theirs is taken', async () => {
    const [taken, free] = [systemRandomNames.next(8), systemRandomNames.next(8)];
    const coming = [taken, taken, free];
    const names: RandomNames = { next: () => coming.shift() ?? systemRandomNames.next(8) };
    await run([{ externalId: unique() }], names);
    const externalId = unique();
    expect(await run([{ externalId, metrics: { laps: 5 } }], names)).toMatchObject({ imported: 1 });
    expect(await laurel.database.query(sql`select username from users where external_id = ${externalId}`)).toEqual([
      { username: `player_${free}` },
    ]);
  });

  it('are not there after a dry run, which says what the rules would give', async () => {
    const externalId = unique();
    const { imported, unlocked } = await run([{ externalId, metrics: { laps: 6 } }], systemRandomNames, true);
    expect(imported).toBe(1);
    expect(unlocked.map(({ achievement, tier }) => `${achievement} ${tier}`)).toEqual(['lapper 1']);
    expect(await laurel.database.query(sql`select 1 from users where external_id = ${externalId}`)).toEqual([]);
  });
});
