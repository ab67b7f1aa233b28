import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RebuildParts, rebuildAll } from '../../../src/features/rebuild/service.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import type { Database, Queryable } from '../../../src/platform/database.ts';
import { createIds } from '../../../src/platform/ids.ts';
import { sql } from '../../../src/platform/sql.ts';
import { type CatalogFile, writeCatalog } from '../../support/catalog-file.ts';
import { backends, openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';
import { DECISIONS_CATALOG, GRANT, RESET, REVOKE } from '../decisions/catalog.ts';

const RECORD = `mutation ($input: RecordEventInput!) { recordEvent(input: $input) { __typename
  ... on RecordEventSuccess { replayed event { id } user { score } } ... on Error { code } } }`;
const VALUES = 'query ($user: UserRef!) { user(by: $user) { metrics { key period value } } }';
const CATALOG = DECISIONS_CATALOG.replace(
  'login: { points: 0, xp: 5 }',
  'login: { points: 0, xp: 5, limit: { per: day, count: 2 } }',
);
const HOUR_MS = 3_600_000;

/** A database that keeps the names of the statements of its transactions. */
function listeningTo(db: Database) {
  const names: string[] = [];
  const listened = <Inner extends Queryable>(inner: Inner): Inner => ({
    ...inner,
    query: (statement: Parameters<Queryable['query']>[0]) => {
      names.push(/^\/\* ([\w.]+) \*\//.exec(statement.text)?.[1] ?? statement.text);
      return inner.query(statement);
    },
  });
  const database = new Proxy(db, {
    get(target, name) {
      if (name === 'transaction')
        return (work: Parameters<Database['transaction']>[0]) => target.transaction((own) => work(listened(own)));
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { database, names, reads: () => names.filter((name) => name.includes('.read_')) };
}

describe.each(backends())('what a process remembers of users on %s', (backend) => {
  let test: TestDatabase;
  let catalog: CatalogFile;
  let sent: ReturnType<typeof listeningTo>;
  let one: TestLaurel;
  let other: TestLaurel;
  beforeAll(async () => {
    test = await openTestDatabase(backend);
    catalog = await writeCatalog(CATALOG);
    sent = listeningTo(test.db);
    const environment = { LAUREL_CATALOG: catalog.path };
    one = await startLaurel(backend, { database: sent.database, environment });
    other = await startLaurel(backend, { database: test.db, environment });
  });
  beforeEach(() => {
    sent.names.length = 0;
  });
  afterEach(() => one.check());
  afterAll(async () => {
    await one.close();
    await other.close();
    await test.dispose();
    await catalog.remove();
  });

  const record = async (laurel: TestLaurel, user: object, type: string, more: object = {}) =>
    (await laurel.query(RECORD, { input: { user, type, ...more } })).data.recordEvent;
  /** A user who has won often enough that the next win reaches nothing new, with what was sent so far forgotten. */
  const winner = async () => {
    const user = { externalId: unique() };
    for (let event = 0; event < 8; event += 1) await record(one, user, 'win');
    expect(sent.reads()).not.toEqual([]);
    sent.names.length = 0;
    return user;
  };
  const wins = async (user: object) => {
    const { data } = await one.query(VALUES, { user });
    return data.user.metrics.find((own: { key: string; period: unknown }) => own.key === 'wins')?.value;
  };

  it("reads a user's state once, as long as nobody else writes it", async () => {
    const user = await winner();
    await record(one, user, 'win');
    expect(sent.reads()).toEqual([]);
    await record(other, user, 'win');
    await record(one, user, 'win');
    expect(sent.reads()).not.toEqual([]);
    expect(await wins(user)).toBe(11);
  });

  it('answers a repeat by what was recorded, and looks for repeats first for a while', async () => {
    const user = await winner();
    const first = await record(one, user, 'win', { idempotencyKey: 'a' });
    sent.names.length = 0;
    const again = await record(one, user, 'win', { idempotencyKey: 'a' });
    expect(again).toEqual({ ...first, replayed: true });
    const inserts = () => sent.names.filter((name) => name === 'state.insert_events').length;
    // Found by the insert, in a transaction that was rolled back; the next is known before.
    expect([inserts(), sent.reads()]).toEqual([1, ['ingest.read_recorded']]);
    sent.names.length = 0;
    expect(await record(one, user, 'win', { idempotencyKey: 'a' })).toEqual({ ...first, replayed: true });
    expect([inserts(), sent.reads()]).toEqual([0, ['ingest.read_recorded']]);
    expect(await wins(user)).toBe(9);
    for (let event = 0; event < 32; event += 1) await record(one, user, 'win', { idempotencyKey: `b${event}` });
    sent.names.length = 0;
    await record(one, user, 'win', { idempotencyKey: 'c' });
    expect(sent.reads()).toEqual([]);
    expect(await wins(user)).toBe(42);
  });

  it('answers a repeat of an event that would be refused now', async () => {
    const user = { externalId: unique() };
    for (let event = 0; event < 33; event += 1) await record(one, user, 'win', { idempotencyKey: `b${event}` });
    const first = await record(one, user, 'login', { idempotencyKey: 'a' });
    await record(one, user, 'login');
    expect(await record(one, user, 'login')).toMatchObject({ code: 'EVENT_LIMIT' });
    expect(await record(one, user, 'login', { idempotencyKey: 'a' })).toMatchObject({ ...first, replayed: true });
    expect(await record(one, user, 'login', { idempotencyKey: 'z' })).toMatchObject({ code: 'EVENT_LIMIT' });
  });

  it('is not believed after a repair', async () => {
    const user = await winner();
    await record(other, user, 'win');
    const { data } = await one.query('query ($user: UserRef!) { user(by: $user) { id } }', { user });
    const id = data.user.id.replace('user_', '');
    await test.db.query(sql`update metric_values set value = 70 where user_id = ${id}::uuid and metric = 'wins'`);
    await record(one, user, 'win');
    expect(await wins(user)).toBe(71);
    const parts: RebuildParts = { ...other.app.services, database: test.db, clock: systemClock, ids: createIds() };
    for await (const _ of rebuildAll(parts));
    await record(one, user, 'win');
    expect(await wins(user)).toBe(11);
  });

  it('is the fold of the log whoever writes in between: events, late events, grants, revokes, resets', async () => {
    const laurels = fc.constantFrom('one', 'other');
    const step = fc.oneof(
      fc.record({ by: laurels, type: fc.constantFrom('login', 'win'), hoursAgo: fc.integer({ min: 0, max: 200 }) }),
      fc.record({ by: laurels, grant: fc.constantFrom('helper', 'first', 'trio') }),
      fc.record({ by: laurels, revoke: fc.constantFrom('helper', 'first', 'winner', 'weekly') }),
      fc.record({ by: laurels, reset: fc.constant(true) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const user = { externalId: unique() };
        for (const what of steps) {
          const laurel = what.by === 'one' ? one : other;
          if ('type' in what) {
            const occurredAt = new Date(Date.now() - what.hoursAgo * HOUR_MS).toISOString();
            await record(laurel, user, what.type, { occurredAt });
          } else if ('grant' in what) await laurel.query(GRANT, { input: { user, achievement: what.grant } });
          else if ('revoke' in what) await laurel.query(REVOKE, { input: { user, achievement: what.revoke } });
          else await laurel.query(RESET, { input: { user } });
        }
      }),
      { numRuns: 25 },
    );
  });
});
