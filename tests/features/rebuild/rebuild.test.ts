import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit, type RebuildParts, rebuildAll } from '../../../src/features/rebuild/service.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { createIds } from '../../../src/platform/ids.ts';
import { audit as auditBooks } from '../../support/auditor.ts';
import { backends } from '../../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';

const HOUR_MS = 3_600_000;
const RUNS = Number(process.env['LAUREL_PROPERTY_RUNS'] ?? 0) > 100 ? 200 : 12;

/** An event of the racing catalog, some hours ago: most come late, for an older one follows a newer. */
const event = fc.record({
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
    fc.constant({ type: 'race_won' }),
    fc.constant({ type: 'race_lost' }),
    fc.record({ type: fc.constant('overtake'), details: fc.record({ match_id: fc.constantFrom('m1', 'm2') }) }),
    fc.record({ type: fc.constant('drive'), details: fc.record({ km: fc.constantFrom(0.25, 12.04, 100) }) }),
    fc.record({ type: fc.constant('telemetry'), details: fc.record({ speed: fc.integer({ min: 0, max: 300 }) }) }),
  ),
});

const RECORD = 'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded refused } }';

describe.each(backends())('the fold of the log on %s', (backend) => {
  let laurel: TestLaurel;
  let parts: RebuildParts;
  beforeAll(async () => {
    laurel = await startLaurel(backend, { environment: { LAUREL_CATALOG: 'catalogs/racing.yaml' } });
    parts = {
      database: laurel.database,
      catalog: laurel.app.services.catalog,
      clock: systemClock,
      ids: createIds(),
      bus: laurel.app.services.bus,
    };
  });
  afterAll(() => laurel.close());

  const differences = async () => {
    const found = [];
    for await (const step of audit(parts)) found.push(...step.found.flatMap((user) => user.differences));
    return found;
  };

  it('is the live state, whatever the order in which events arrive and the batches in which they come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 25 }), fc.integer({ min: 1, max: 8 }), async (events, size) => {
        const user = { externalId: unique() };
        const now = Date.now();
        for (let from = 0; from < events.length; from += size) {
          const batch = events.slice(from, from + size).map(({ hoursAgo, body }) => ({
            user,
            ...body,
            occurredAt: new Date(now - hoursAgo * HOUR_MS).toISOString(),
          }));
          const { data } = await laurel.query(RECORD, { input: { events: batch } });
          expect(data.recordEvents).toEqual({ recorded: batch.length, refused: 0 });
        }
        expect(await differences()).toEqual([]);
        await auditBooks(laurel.database);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  it('finds what was tampered with, prints it, and mends it', async () => {
    const externalId = unique();
    await laurel.query(RECORD, {
      input: {
        events: [
          { user: { externalId }, type: 'login' },
          { user: { externalId }, type: 'race_won' },
        ],
      },
    });
    const user = 'user_id = (select id from users where external_id = $1)';
    await laurel.database.query({
      text: `update metric_values set value = value + 5 where metric = 'logins' and period = '' and ${user}`,
      values: [externalId],
    });
    await laurel.database.query({
      text: `delete from event_type_totals where type = 'race_won' and ${user}`,
      values: [externalId],
    });
    await laurel.database.query({
      text: `insert into streak_days select id, 'daily', '2020-02-29' from users where external_id = $1`,
      values: [externalId],
    });
    await laurel.database.query({ text: 'update users set score = 1 where external_id = $1', values: [externalId] });
    const found = await differences();
    expect(found.map(({ what }) => what).sort()).toEqual([
      'metric logins',
      'score',
      'streak day daily / 18321',
      'total race_won',
    ]);
    expect(found.find(({ what }) => what === 'score')).toEqual({ what: 'score', live: 1, folded: 35 });
    let repaired = 0;
    for await (const step of rebuildAll(parts)) repaired = step.repaired;
    expect(repaired).toBe(1);
    expect(await differences()).toEqual([]);
    await auditBooks(laurel.database);
  });
});
