import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RecordRequest } from '../../../src/features/ingest/service.ts';
import type { Database } from '../../../src/platform/database.ts';
import { backends, openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';

const RECORD = `mutation ($input: RecordEventsInput!) {
  recordEvents(input: $input) {
    recorded replayed refused
    results { __typename ... on RecordEventSuccess { event { id } user { score } } ... on Error { code } }
  }
}`;

/** A login as the use case takes it. */
function requestOf(value: string): RecordRequest {
  const bare = { details: null, occurredAt: null, sentAt: null, idempotencyKey: null };
  return { user: { by: 'externalId', value }, type: 'login', ...bare };
}

/** A database whose transactions are counted and can be held at their door. */
function doorOf(db: Database) {
  let opened = Promise.resolve();
  let open = (): void => undefined;
  let transactions = 0;
  const database = new Proxy(db, {
    get(target, name) {
      if (name === 'transaction') {
        return async (work: Parameters<Database['transaction']>[0]) => {
          transactions += 1;
          await opened;
          return target.transaction(work);
        };
      }
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return {
    database,
    transactions: () => transactions,
    shut() {
      const { promise, resolve } = Promise.withResolvers<void>();
      opened = promise;
      open = resolve;
    },
    open: () => open(),
  };
}

describe.each(backends())('batches of events on %s', (backend) => {
  let test: TestDatabase;
  let door: ReturnType<typeof doorOf>;
  let laurel: TestLaurel;
  beforeAll(async () => {
    test = await openTestDatabase(backend);
    door = doorOf(test.db);
    laurel = await startLaurel(backend, { database: door.database });
  });
  afterEach(async () => {
    door.open();
    await laurel.check();
  });
  afterAll(async () => {
    await laurel.close();
    await test.dispose();
  });

  const send = (events: readonly object[]) => laurel.query(RECORD, { input: { events } });

  it('shares transactions among concurrent calls', async () => {
    const names = Array.from({ length: 64 }, () => unique());
    await Promise.all(names.map((externalId) => send([{ user: { externalId }, type: 'login' }])));
    const before = door.transactions();
    const answers = await Promise.all(
      names.map((value) => laurel.app.services.ingest.record({ kind: 'admin' }, [requestOf(value)])),
    );
    expect(answers.flat().map((outcome) => 'kind' in outcome && outcome.kind)).toEqual(names.map(() => 'recorded'));
    // One a lane.
    expect(door.transactions() - before).toBe(backend === 'embedded' ? 1 : 3);
  });

  it('records the neighbours of events that the database refuses for good, and names those', async () => {
    await test.db.script(`
      create function refuse_poison() returns trigger language plpgsql as
        $$ begin if new.details ->> 'item_id' = 'poison' then raise exception 'poison'; end if; return new; end $$;
      create trigger refuse_poison before insert on events for each row execute function refuse_poison()`);
    try {
      const names = Array.from({ length: 40 }, () => unique());
      const answer = await send(
        names.map((externalId, index) => ({
          user: { externalId },
          type: 'find_secret',
          details: { item_id: index === 7 || index === 31 ? 'poison' : 'lamp' },
        })),
      );
      const { results, recorded } = answer.data.recordEvents;
      expect(recorded).toBe(38);
      const refused = results.flatMap(({ __typename }: { __typename: string }, index: number) =>
        __typename === 'RecordEventSuccess' ? [] : [index],
      );
      expect(refused).toEqual([7, 31]);
      expect(results[7]).toEqual({ __typename: 'TemporarilyUnavailableError', code: 'TEMPORARILY_UNAVAILABLE' });
      // A call of its own shares no fate with its neighbours: two callers, one transaction.
      const [bad, good] = await Promise.all([
        send([{ user: { externalId: names[0] }, type: 'find_secret', details: { item_id: 'poison' } }]),
        send([{ user: { externalId: names[0] }, type: 'find_secret' }]),
      ]);
      expect(bad?.errors[0]?.extensions['code']).toBe('INTERNAL_SERVER_ERROR');
      expect(good?.data.recordEvents.results[0].user.score).toBe(100);
    } finally {
      await test.db.script('drop trigger refuse_poison on events; drop function refuse_poison()');
    }
  });

  it('refuses a call, and writes nothing of it, when too much waits', async () => {
    const externalId = unique();
    const thousand = Array.from({ length: 1_000 }, () => ({ user: { externalId }, type: 'login' }));
    await send(thousand.slice(0, 1));
    door.shut();
    const requests = Array.from({ length: 1_000 }, () => requestOf(externalId));
    const calls: Promise<number>[] = [];
    let isFull = false;
    // What lanes have taken already no longer waits, so a few more than twenty thousand are let in.
    while (!isFull && calls.length < 30) {
      const recording = laurel.app.services.ingest.record({ kind: 'admin' }, requests);
      const refused = recording.then(
        () => false,
        () => true,
      );
      isFull = await Promise.race([refused, nextTurn(false)]);
      if (!isFull) calls.push(recording.then((outcomes) => outcomes.length));
    }
    expect(isFull).toBe(true);
    expect(calls.length).toBeGreaterThanOrEqual(20);
    const { status, errors } = await send(thousand);
    expect(status).toBe(200);
    expect(errors[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', limit: 20_000 });
    expect(errors[0]?.extensions['retryAfterMs']).toBeGreaterThanOrEqual(100);
    door.open();
    expect(await Promise.all(calls)).toEqual(calls.map(() => 1_000));
    const [row] = await test.db.query<{ count: number }>({
      text: 'select count(*) from events join users u on u.id = user_id where u.external_id = $1',
      values: [externalId],
    });
    expect(row?.count).toBe(1 + 1_000 * calls.length);
  }, 60_000);
});
