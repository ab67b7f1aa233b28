import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/sql.ts';
import { backends, openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { type DoubtGround, NOW, startDoubts } from './ground.ts';

describe.each(backends())('many events of one user at once on %s', (backend) => {
  let opened: TestDatabase;
  let grounds: readonly DoubtGround[];
  beforeEach(async () => {
    opened = await openTestDatabase(backend);
    const options = { database: opened.db };
    // The embedded database belongs to one process.
    const count = backend === 'postgres' ? 2 : 1;
    const started: DoubtGround[] = [];
    while (started.length < count) started.push(await startDoubts(backend, options));
    grounds = started;
  });
  afterEach(async () => {
    await Promise.all(grounds.map((ground) => ground.laurel.check()));
    await Promise.all(grounds.map((ground) => ground.close()));
    await opened.dispose();
  });

  const groundAt = (place: number): DoubtGround => grounds[place % grounds.length] as DoubtGround;
  const parallel = (type: string, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) => groundAt(index).record('hero', type, [{ at: NOW - index }])),
    );
  const ROWS = sql`select cause, event_type as type, count, first_event_id <> last_event_id as "differ",
    first_event_id in (select id from events) and last_event_id in (select id from events) as "logged" from suspicions`;

  it('are counted exactly, in one suspicion', async () => {
    await groundAt(0).create('hero');
    const answers = await parallel('burst', 64);
    expect(answers.flat().map(({ __typename: name }) => name)).toEqual(Array(64).fill('RecordEventSuccess'));
    // All but the first ten of the two windows that they share; those of the older one are the late ones.
    const [{ older = 0, newer = 0 } = {}] = await opened.db.query<{ older: number; newer: number }>(sql`
      select count(*) filter (where occurred_at < ${new Date(NOW)}::timestamptz) as older,
        count(*) filter (where occurred_at >= ${new Date(NOW)}::timestamptz) as newer from events`);
    expect([older, newer]).toEqual([63, 1]);
    expect(await opened.db.query(ROWS)).toEqual([
      { cause: 'VELOCITY', type: 'burst', count: 53, differ: true, logged: true },
    ]);
    const told = await opened.db.query(sql`select 1 from outbox where kind = 'USER_SUSPECTED'`);
    expect(told).toHaveLength(1);
  });

  it('put the user in quarantine once', async () => {
    await groundAt(0).create('hero');
    await parallel('rush', 32);
    expect(await opened.db.query(ROWS)).toEqual([
      { cause: 'VELOCITY', type: 'rush', count: 29, differ: true, logged: true },
    ]);
    const told = await opened.db.query<{ kind: string }>(sql`
      select kind from outbox where kind in ('USER_SUSPECTED', 'USER_QUARANTINED') order by id`);
    expect(told.map(({ kind }) => kind)).toEqual(['USER_SUSPECTED', 'USER_QUARANTINED']);
    expect(await opened.db.query(sql`select action from audit_log where actor = 'laurel'`)).toEqual([
      { action: 'USER_QUARANTINED' },
    ]);
  });
});
