import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../src/platform/sql.ts';
import { STEPS, stepKey, writeStepsCatalog } from '../http/steps-catalog.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { type Listening, listen, startLaurel, type TestLaurel, unique } from '../support/laurel.ts';
import { hasRedis, redisUrl } from '../support/redis.ts';
import { below, rounds, SEED, SLOW, tell, times, until } from './rounds.ts';

/** Rounds that run side by side: most of a round is waiting. */
const SIDE_BY_SIDE = times(10, 25);
/** Of the 1 s to 10 min that a client is away: a hundredth, in a run among other tests less. */
const [LEAST_AWAY_MS, MOST_AWAY_MS] = [10, times(600, 6_000)];
const TOASTS = `subscription ($user: UserRef!, $after: String) {
  achievementUnlocked(user: $user, after: $after) { cursor achievement { key } }
}`;
const RECORD = 'mutation ($input: RecordEventsInput!) { recordEvents(input: $input) { recorded } }';
const PLACE = 'query ($by: UserRef!) { user(by: $by) { cursor } }';
const CREATE = `mutation ($input: UpsertUserInput!) {
  upsertUser(input: $input) { ... on UpsertUserSuccess { user { cursor } } }
}`;

/** What a round was like. */
interface Round {
  readonly absences: number;
  /** Absences after which the cursor was of no more use. */
  readonly expired: number;
  /** Steps the client was told, and those that were deleted before it came back. */
  readonly told: number;
  readonly gone: number;
}

const redis = await hasRedis();

describe.runIf(backends().includes('postgres'))(`a client that is away for a while (seed ${SEED})`, () => {
  let opened: TestDatabase;
  let catalog: Awaited<ReturnType<typeof writeStepsCatalog>>;
  let both: TestLaurel[];
  beforeAll(async () => {
    opened = await openTestDatabase('postgres', { poolSize: 8 });
    catalog = await writeStepsCatalog();
    const environment = { LAUREL_CATALOG: catalog.path };
    const options = { database: opened.db, environment, ...(redis ? { redisUrl } : {}) };
    await opened.db.script('create table forgotten as select * from notifications limit 0');
    both = [await startLaurel('postgres', options), await startLaurel('postgres', options)];
  }, 120_000);
  afterEach(async () => {
    // The books count every message.
    await opened.db.query(sql`insert into notifications select * from forgotten`);
    for (const laurel of both) await laurel.check();
  });
  afterAll(async () => {
    for (const laurel of both) await laurel.close();
    await catalog.remove();
    await opened.dispose();
  });

  /** Takes steps over either instance, one after the other. */
  async function step(random: (limit: number) => number, externalId: string, count: number): Promise<void> {
    for (let taken = 0; taken < count; ) {
      const size = Math.min(count - taken, 1 + random(3));
      const events = Array.from({ length: size }, () => ({ user: { externalId }, type: 'step' }));
      const answer = await anyOf(random).query(RECORD, { input: { events } });
      expect(answer.data.recordEvents.recorded).toBe(size);
      taken += size;
    }
  }

  const anyOf = (random: (limit: number) => number): TestLaurel => both[random(2)] as TestLaurel;

  /** Deletes the messages up to a place, as retention does; they are kept for the books. */
  const forget = (externalId: string, upTo: number) =>
    opened.db.query(sql`with gone as (
        delete from notifications n using users u
        where u.id = n.user_id and u.external_id = ${externalId} and n.seq <= ${upTo}::bigint returning n.*)
      insert into forgotten select * from gone`);

  /** A player takes all steps while a client comes and goes. It is told each in order, or that its cursor is of no more use. */
  async function runRound(random: (limit: number) => number): Promise<Round> {
    const player = unique();
    const created = await anyOf(random).query(CREATE, { input: { user: { externalId: player } } });
    let cursor: string = created.data.upsertUser.user.cursor;
    let [taken, told, gone, absences, expired] = [0, 0, 0, 0, 0];
    while (taken < STEPS) {
      absences += 1;
      const away = pause(LEAST_AWAY_MS + random(MOST_AWAY_MS - LEAST_AWAY_MS));
      const missed = Math.min(STEPS - taken, random(5));
      await step(random, player, missed);
      taken += missed;
      await away;
      // Retention: now and then what is gone is more than the client has seen.
      const forgotten = random(4) === 0 ? random(taken + 1) : 0;
      await forget(player, forgotten);
      const listening = await follow(random, player, cursor);
      if (forgotten > told + gone) {
        await listening.ended;
        expect(listening.items).toMatchObject([{ errors: [{ extensions: { code: 'CURSOR_EXPIRED' } }] }]);
        expired += 1;
        gone = taken - told;
        cursor = (await anyOf(random).query(PLACE, { by: { externalId: player } })).data.user.cursor;
        continue;
      }
      const live = Math.min(STEPS - taken, random(3));
      await step(random, player, live);
      taken += live;
      const due = Array.from({ length: taken - told - gone }, (_, at) => stepKey(told + gone + 1 + at));
      await until('all that is due came', () => listening.isOver() || listening.items.length >= due.length);
      await listening.stop();
      expect(keysOf(listening)).toEqual(due);
      told += due.length;
      cursor = listening.items.at(-1)?.data.achievementUnlocked.cursor ?? cursor;
    }
    return { absences, expired, told, gone };
  }

  const follow = (random: (limit: number) => number, externalId: string, after: string): Promise<Listening> =>
    listen(anyOf(random).url, TOASTS, { user: { externalId }, after });

  it('goes on where it was on either instance, or is told at once that it cannot', SLOW, async () => {
    const wanted = rounds(10, 200);
    const done: Round[] = [];
    while (done.length < wanted) {
      const first = done.length;
      const count = Math.min(SIDE_BY_SIDE, wanted - first);
      done.push(...(await Promise.all(Array.from({ length: count }, (_, at) => runRound(below(1_000 + first + at))))));
    }
    const sum = (pick: (round: Round) => number): number => done.reduce((total, own) => total + pick(own), 0);
    expect(sum(({ told, gone }) => told + gone)).toBe(wanted * STEPS);
    expect(sum((round) => round.expired)).toBeGreaterThan(0);
    tell(
      `R7 clients away for ${LEAST_AWAY_MS} to ${MOST_AWAY_MS} ms: ${wanted} rounds, ${sum(({ absences }) => absences)} absences, ` +
        `${sum(({ told }) => told)} toasts in order without a gap, ${sum(({ expired }) => expired)} times CURSOR_EXPIRED at once`,
    );
  });
});

function keysOf({ items }: Listening): string[] {
  return items.map((item) => item.data.achievementUnlocked.achievement.key);
}
