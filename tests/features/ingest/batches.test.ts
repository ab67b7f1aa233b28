import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/platform/database.ts';
import { backends, openTestDatabase, type TestDatabase } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startLaurel, type TestLaurel, unique } from '../../support/laurel.ts';

const RECORD = `mutation ($input: RecordEventsInput!) {
  recordEvents(input: $input) {
    recorded replayed refused
    results { __typename ... on RecordEventSuccess { event { id } user { score } } ... on Error { code } }
  }
}`;

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
      names.map((value) =>
        laurel.app.services.ingest.record({ kind: 'admin' }, [
          {
            user: { by: 'externalId', value },
            type: 'login',
            details: null,
            occurredAt: null,
            sentAt: null,
            idempotencyKey: null,
          },
        ]),
      ),
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
    const waiting = Array.from({ length: 20 }, () => send(thousand));
    await eventually('all calls wait', async () => {
      const answer = await Promise.race([send(thousand), new Promise((resolve) => setTimeout(resolve, 200))]);
      if (answer === undefined) return false;
      const { status, errors } = answer as Awaited<ReturnType<typeof send>>;
      expect(status).toBe(200);
      expect(errors[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', limit: 20_000 });
      expect(errors[0]?.extensions['retryAfterMs']).toBeGreaterThanOrEqual(100);
      return true;
    });
    door.open();
    const answers = await Promise.all(waiting);
    const recorded = answers.map(({ data }) => data?.recordEvents.recorded ?? 0);
    const [{ count = -1 } = {}] = await test.db.query<{ count: number }>({
      text: `select count(*) from events join users u on u.id = user_id where u.external_id = $1`,
      values: [externalId],
    });
    expect(count % 1_000).toBe(1);
    expect(recorded.every((own) => own === 1_000 || own === 0)).toBe(true);
    expect(count).toBeGreaterThanOrEqual(20_001 - 1_000);
  }, 60_000);
});
