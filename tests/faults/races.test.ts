import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../src/platform/sql.ts';
import { checkBooks } from '../support/books-balance.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { EventBooks, type SentEvent, TYPES } from '../support/event-books.ts';
import { ask, type EventResult, type Reply, sendEvents } from '../support/event-caller.ts';
import { forgetRanks } from '../support/forget-ranks.ts';
import { unique } from '../support/laurel.ts';
import { endProcesses, type Folder, type LaurelProcess, makeFolder, startProcess } from '../support/processes.ts';
import { hasRedis, redisUrl } from '../support/redis.ts';
import { sendAgain, sendInCalls, shuffled, startLoad } from './load.ts';
import { below, isFull, rounds, SEED, SLOW, tell, times, until } from './rounds.ts';

const withRedis = await hasRedis();

describe.runIf(backends().includes('postgres'))(`two processes on one PostgreSQL (seed ${SEED})`, () => {
  let opened: TestDatabase;
  let folder: Folder;
  let both: readonly LaurelProcess[];
  beforeAll(async () => {
    opened = await openTestDatabase('postgres');
    folder = await makeFolder();
    const shared = { DATABASE_URL: opened.url ?? '', LAUREL_DATA: folder.path, LOG_LEVEL: 'warn' };
    const environment = withRedis ? { ...shared, REDIS_URL: redisUrl } : shared;
    both = await Promise.all([startProcess(environment), startProcess(environment)]);
  }, 120_000);
  afterAll(async () => {
    await endProcesses();
    if (withRedis) await forgetRanks(opened.db);
    await opened.dispose();
    await folder.remove();
  });

  const urlOf = (caller: number): string => both[caller % both.length]?.url ?? '';

  async function deadlocks(): Promise<number> {
    const [row] = await opened.db.query<{ deadlocks: number }>(
      sql`select deadlocks from pg_stat_database where datname = current_database()`,
    );
    return row?.deadlocks ?? 0;
  }

  it('64 callers race for each unlock: one of them gets it, and one row of each kind says so', SLOW, async () => {
    const callers = 64;
    const books = new EventBooks();
    const races = rounds(8, 500);
    for (let round = 0; round < races; round += 1) {
      const player = unique('racer');
      // Every other round all callers send the same event.
      const one = unique('key');
      const send = async (caller: number): Promise<EventResult | undefined> => {
        const key = round % 2 === 0 ? one : unique('key');
        const event = books.add({ player, key, type: 'login', details: null });
        const reply = await sendEvents(urlOf(caller), [event]);
        const result = reply.kind === 'results' ? reply.results[0] : undefined;
        if (result?.event !== undefined) books.acknowledge(event, result.event.id);
        return result;
      };
      const results = await Promise.all(Array.from({ length: callers }, (_, caller) => send(caller)));
      expect(results.map((result) => result?.__typename)).toEqual(results.map(() => 'RecordEventSuccess'));
      const first = results.filter((result) => result?.replayed === false);
      const unlocked = first.flatMap((result) => result?.unlocked ?? []).map(({ achievement }) => achievement.key);
      expect(first).toHaveLength(round % 2 === 0 ? 1 : callers);
      expect(unlocked.toSorted()).toEqual(round % 2 === 0 ? ['newcomer'] : ['newcomer', 'regular', 'veteran']);
    }
    await books.compare(opened.db);
    await checkBooks(opened.db);
    tell(
      `R8 unlock race: ${callers} callers x ${races} rounds x 2 processes: 1 unlock, ledger row, notification and outbox row each`,
    );
  });

  it(
    'shuffled events sent one to five times have the effects of the set; another payload is a conflict',
    SLOW,
    async () => {
      const random = below(20);
      const count = times(1_500, 100_000);
      const books = new EventBooks();
      const players = Array.from({ length: times(20, 1_000) }, () => unique('often'));
      const events = Array.from({ length: count }, (): SentEvent => {
        const type = TYPES[random(TYPES.length)] ?? 'login';
        const player = players[random(players.length)] ?? '';
        return books.add({ player, key: unique('key'), type, details: type === 'login' ? null : {} });
      });
      const sends = shuffled(
        events.flatMap((event) => Array.from({ length: 1 + random(5) }, () => event)),
        random,
      );
      let recorded = 0;
      await sendInCalls(urlOf, sends, (event, { replayed, event: own }) => {
        books.acknowledge(event, own?.id ?? `not recorded: ${event.key}`);
        if (replayed === false) recorded += 1;
      });
      expect(recorded).toBe(count);
      await books.compare(opened.db);
      let conflicts = 0;
      const others = events.map((event): SentEvent => ({ ...event, ...otherPayload(event) }));
      await sendInCalls(urlOf, shuffled(others, random), ({ key }, { __typename, code, event }) => {
        expect({ __typename, code, id: event?.id }).toEqual({
          __typename: 'IdempotencyConflictError',
          code: 'IDEMPOTENCY_CONFLICT',
          id: books.idOf(key),
        });
        conflicts += 1;
      });
      expect(conflicts).toBe(count);
      await books.compare(opened.db);
      await checkBooks(opened.db);
      tell(
        `R9 ${count} events sent ${sends.length} times, shuffled, over 2 processes: ${recorded} recorded; other payload: ${conflicts} of ${count} conflicts`,
      );
    },
  );

  it('two payloads that race for one key: one is recorded, every other is a conflict with it', SLOW, async () => {
    const random = below(21);
    const count = times(200, 5_000);
    const books = new EventBooks();
    const players = Array.from({ length: 10 }, () => unique('two'));
    const pairs = Array.from({ length: count }, () => {
      const details = { level_id: random(10) };
      const one: SentEvent = {
        player: players[random(10)] ?? '',
        key: unique('key'),
        type: 'complete_level',
        details,
      };
      return [one, { ...one, details: { level_id: details.level_id + 10 } }] as const;
    });
    const sends = shuffled(
      pairs.flatMap(([one, other]) => [one, other, one, other]),
      random,
    );
    const won = new Map<string, SentEvent>();
    const lost: SentEvent[] = [];
    await sendInCalls(urlOf, sends, (event, { __typename, event: own }) => {
      if (__typename !== 'RecordEventSuccess') return void lost.push(event);
      expect(won.get(event.key)?.details ?? event.details).toEqual(event.details);
      won.set(event.key, books.add(event));
      books.acknowledge(event, own?.id ?? '');
    });
    expect(won.size).toBe(count);
    expect(lost).toHaveLength(2 * count);
    expect(lost.filter(({ key, details }) => won.get(key)?.details === details)).toEqual([]);
    await books.compare(opened.db);
    await checkBooks(opened.db);
  });

  it('holds no user while it waits for somebody else to make one, who may want that user next', SLOW, async () => {
    // So many that some go through the same lane as the new one.
    const known = Array.from({ length: 30 }, () => unique('known'));
    const coming = unique('coming');
    const books = new EventBooks();
    const logins = (players: readonly string[]): SentEvent[] =>
      players.map((player) => books.add({ player, key: unique('key'), type: 'login', details: null }));
    await sendEvents(urlOf(0), logins(known));
    let answering: Promise<Reply> | undefined;
    // What another process does that met the known users as new ones a moment ago.
    await opened.db.transaction(async (other) => {
      await other.query(sql`
        insert into users (id, external_id, username, display_name, created_at, updated_at, catalog_version)
        values (gen_random_uuid(), ${coming}, ${coming}, ${coming}, now(), now(), 1)`);
      answering = sendEvents(urlOf(1), logins([...known, coming]));
      await until('the call waits for the new user', async () => {
        const waiting = sql`select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))`;
        return (await other.query(waiting)).length > 0;
      });
      // Less than PostgreSQL takes to see a deadlock.
      await other.query(sql`set local lock_timeout = '500ms'`);
      await other.query(sql`select from users where external_id = any(${known}::text[]) order by id for update`);
    });
    expect(await answering).toMatchObject({
      kind: 'results',
      results: [...known, coming].map(() => ({ replayed: false })),
    });
    await sendAgain(urlOf(0), books);
    await books.compare(opened.db);
    await checkBooks(opened.db);
  });

  it.runIf(isFull)(
    'makes each new user once when callers bring the same ones in many orders, without a deadlock',
    SLOW,
    async () => {
      const random = below(23);
      const before = await deadlocks();
      for (let round = 0; round < rounds(1, 200); round += 1) {
        const books = new EventBooks();
        const players = Array.from({ length: 20 }, () => unique('new'));
        const call = async (caller: number): Promise<void> => {
          const own = shuffled(players, random).slice(0, 1 + random(8));
          const events = own.map((player) => books.add({ player, key: unique('key'), type: 'login', details: null }));
          const reply = await sendEvents(urlOf(caller), events);
          for (const [place, event] of events.entries())
            books.acknowledge(event, (reply.kind === 'results' && reply.results[place]?.event?.id) || 'not recorded');
        };
        await Promise.all(Array.from({ length: 32 }, (_, caller) => call(caller)));
        await books.compare(opened.db);
      }
      await checkBooks(opened.db);
      expect(await deadlocks()).toBe(before);
      tell('R12 200 rounds of 32 calls that name 20 new users in any order, over 2 processes: 0 deadlocks, 0 lost');
    },
  );

  it('32 writers on 50 hot users, with decisions among the events: no deadlock, nothing lost', SLOW, async () => {
    const random = below(22);
    const seconds = times(3, 60);
    const before = await deadlocks();
    const books = new EventBooks();
    const players = Array.from({ length: 50 }, () => unique('hot'));
    const load = startLoad({
      books,
      below: random,
      urlOf,
      writers: 32,
      players,
      onlyThese: true,
      againAfterMs: 60_000,
    });
    const end = performance.now() + seconds * 1_000;
    const deciders = Array.from({ length: 4 }, (_, decider) =>
      decide(urlOf(decider), players, random, () => performance.now() < end),
    );
    await until('the time is over', () => performance.now() > end, 2 * seconds * 1_000);
    await load.stop();
    const decisions = (await Promise.all(deciders)).reduce((sum, own) => sum + own, 0);
    expect(decisions).toBeGreaterThan(0);
    expect([...load.codes]).toEqual([]);
    expect(books.open()).toEqual([]);
    expect(load.replays).toBe(0);
    await books.compareEvents(opened.db);
    await checkBooks(opened.db);
    // The server counts when a connection is idle or closed; the processes are asked to end for it.
    expect(await Promise.all(both.map((process) => process.end()))).toEqual([0, 0]);
    expect(await deadlocks()).toBe(before);
    for (const { output } of both) expect(output()).not.toContain('40P01');
    tell(
      `R12 32 writers, 50 users, ${seconds} s: ${books.acknowledged} events, ${decisions} decisions, 0 deadlocks, 0 lost`,
    );
  });
});

/** Other details, or where the type takes none another type. */
function otherPayload({ type }: SentEvent): Pick<SentEvent, 'type' | 'details'> {
  if (type === 'login') return { type: 'find_secret', details: null };
  return { type, details: type === 'complete_level' ? { level_id: 7 } : { location: 'cave' } };
}

const DECISIONS = [
  `mutation ($user: UserRef!) { grantAchievement(input: { user: $user, achievement: "champion" }) { __typename } }`,
  `mutation ($user: UserRef!) { revokeAchievement(input: { user: $user, achievement: "champion" }) { __typename } }`,
  `mutation ($user: UserRef!) { revokeAchievement(input: { user: $user, achievement: "newcomer" }) { __typename } }`,
];

/** Gives and takes achievements of the same users while `isOn`; answers how many calls it made. Fails on any error. */
async function decide(
  url: string,
  players: readonly string[],
  random: (limit: number) => number,
  isOn: () => boolean,
): Promise<number> {
  let done = 0;
  while (isOn()) {
    const user = { externalId: players[random(players.length)] };
    const answer = await ask(url, { query: DECISIONS[random(DECISIONS.length)], variables: { user } });
    expect(answer?.errors ?? []).toEqual([]);
    expect(answer).not.toBe(null);
    done += 1;
  }
  return done;
}
