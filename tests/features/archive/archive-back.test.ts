import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { migrateDown } from '../../../src/platform/migrate.ts';
import { loadMigrations } from '../../../src/platform/migration-files.ts';
import { sql } from '../../../src/platform/sql.ts';
import { backends, openTestDatabase } from '../../support/databases.ts';
import { startLaurel, unique } from '../../support/laurel.ts';
import { command, daysAgo, placesOf, recordPast } from './support.ts';

const LOG = sql`select * from events order by user_id, id`;

describe.each(backends())('the way back from the archive on %s', (backend) => {
  it('moves every event back as it was, to the last column', async () => {
    await using opened = await openTestDatabase(backend);
    const laurel = await startLaurel(backend, {
      database: opened.db,
      environment: { LAUREL_CATALOG: 'catalogs/racing.yaml' },
    });
    const user = unique();
    await laurel.query('mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { __typename } }', {
      input: { user: { externalId: user }, timezone: 'Asia/Kolkata', attributes: { class: 'a "b" {c}, NULL' } },
    });
    const events = [
      { type: 'login', occurredAt: daysAgo(800), idempotencyKey: 'NULL' },
      {
        type: 'lap_finished',
        occurredAt: daysAgo(799),
        details: { track: 'x"y\\z, {}', seconds: 1.25, assists: true },
      },
      { type: 'find_secret', occurredAt: daysAgo(420), details: {}, idempotencyKey: 'ключ "1", 2' },
      { type: 'drive', occurredAt: daysAgo(30), details: { km: 0.1 } },
      { type: 'race_won', occurredAt: daysAgo(1) },
    ];
    await recordPast(laurel, user, events);
    const before = await opened.db.query(LOG);
    expect(before).toHaveLength(5);
    await command(laurel, 'events', 'archive', '--before', daysAgo(400));
    await command(laurel, 'events', 'archive', '--before', daysAgo(20));
    expect(await placesOf(laurel, user)).toEqual({ kept: 1, archived: 4 });
    await laurel.check();
    await laurel.close();
    const names = (await loadMigrations()).map(({ name }) => name);
    const steps = names.length - names.findIndex((name) => name.endsWith('_event_archives'));
    await migrateDown(opened.db, systemClock, steps);
    expect(await opened.db.query(LOG)).toEqual(before);
  });
});
