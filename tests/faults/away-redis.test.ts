import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../src/platform/sql.ts';
import { checkBooks } from '../support/books-balance.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { EventBooks } from '../support/event-books.ts';
import { ask, readyRedis } from '../support/event-caller.ts';
import { type Listening, listen, unique } from '../support/laurel.ts';
import { endProcesses, type Folder, type LaurelProcess, makeFolder, startProcess } from '../support/processes.ts';
import { canStartRedis, type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { sendAgain, startLoad } from './load.ts';
import { below, isFull, p99Of, rounds, SEED, SLOW, tell, times, until } from './rounds.ts';

const WRITERS = 6;
const PLAYERS = 6;
/** Callers give up after this and send again. */
const PATIENCE_MS = 20_000;
/** The gates of a full run; a run among other tests has a share of the processor only. */
const [BACK_WITHIN_MS, NOTICED_WITHIN_MS] = isFull ? [10_000, 8_000] : [30_000, 30_000];
const TOASTS =
  'subscription ($user: UserRef!, $after: String) { notificationReceived(user: $user, after: $after) { cursor } }';
const BOARD = '{ leaderboard(key: "score") { entryCount entries(first: 100) { nodes { rank score user { id } } } } }';

/** What a fault does. */
interface Fault {
  /** The servers it meets; those that always run by default. */
  readonly servers?: () => Promise<LaurelProcess[]>;
  begin(follow: (times: number) => Promise<void>): Promise<void> | void;
  hold(): Promise<unknown> | null;
  end(): Promise<void> | void;
}

/** What a round saw, times in milliseconds. */
interface Figures {
  readonly events: number;
  readonly toasts: number;
  /** From the end of the fault until all followers had what was stored then, and the servers had Redis again. */
  readonly backMs: number;
  /** From the end of the load until the servers' ranks were those of the rows. */
  readonly ranksMs: number;
  /** Of calls that record events: without the fault, and from its begin until all was back. */
  readonly calm: readonly number[];
  readonly harmed: readonly number[];
}

/** One who follows a player on one server. */
interface Follower {
  readonly player: string;
  readonly listening: Listening;
}

const services = backends().includes('postgres') && canStartRedis();

describe.runIf(services)(`servers whose Redis goes away under load (seed ${SEED})`, () => {
  const random = below(40);
  let opened: TestDatabase;
  let folder: Folder;
  let redis: RedisServer;
  let line: TcpProxy;
  let both: LaurelProcess[];
  const endings: unknown[] = [];
  beforeAll(async () => {
    opened = await openTestDatabase('postgres');
    folder = await makeFolder();
    redis = await startRedisServer();
    line = await openTcpProxy({ host: '127.0.0.1', port: Number(new URL(redis.url).port) });
    both = [await start(), await start()];
  }, 120_000);
  afterAll(async () => {
    await endProcesses();
    await line.close();
    await redis.close();
    await opened.dispose();
    await folder.remove();
  });

  async function start(): Promise<LaurelProcess> {
    const started = await startProcess({
      DATABASE_URL: opened.url ?? '',
      REDIS_URL: `redis://127.0.0.1:${line.port}`,
      LAUREL_DATA: folder.path,
      LOG_LEVEL: 'fatal',
    });
    void started.ended.then((how) => endings.push(how));
    return started;
  }

  /** One fault under load. Everything that was sent counts once, every follower has every toast once, and ranks are those of the rows. */
  async function runRound(fault: Fault): Promise<Figures> {
    const books = new EventBooks();
    const players = Array.from({ length: PLAYERS }, () => unique('hot'));
    const [calm, harmed]: [number[], number[]] = [[], []];
    const followers: Follower[] = [];
    let into = calm;
    if (fault.servers !== undefined) into = harmed;
    const servers = (await fault.servers?.()) ?? both;
    const endedBefore = endings.length;
    const urlOf = (writer: number) => servers[writer % servers.length]?.url ?? '';
    const starts = await Promise.all(players.map((player) => makePlayer(urlOf(0), player)));
    const follow = async (count: number): Promise<void> => {
      const follows = Array.from({ length: count }, async (_, place) => {
        const player = players[place % PLAYERS] ?? '';
        const variables = { user: { externalId: player }, after: starts[place % PLAYERS] };
        followers.push({ player, listening: await listen(urlOf(followers.length + place), TOASTS, variables) });
      });
      await Promise.all(follows);
    };
    await follow(PLAYERS * servers.length);
    const answered = (ms: number) => void into.push(ms);
    const options = { books, below: random, urlOf, writers: WRITERS, players, againAfterMs: PATIENCE_MS, answered };
    const load = startLoad(options);
    const more = (count: number) => untilMore(books, count);
    await more(times(60, 200));
    into = harmed;
    await fault.begin(follow);
    await fault.hold();
    await fault.end();
    const stored = await placesOf(players);
    const hasAll = () => followers.every(({ player, listening }) => newest(listening) >= (stored.get(player) ?? 0));
    const backMs = await until('all is back', async () => hasAll() && (await haveRedis(servers)));
    into = calm;
    await more(times(60, 200));
    await load.stop();
    expect([...load.codes]).toEqual([]);
    await sendAgain(urlOf(0), books);
    await books.compare(opened.db);
    const all = await placesOf(players);
    const isTold = ({ player, listening }: Follower) => newest(listening) >= (all.get(player) ?? 0);
    const ranksMs = await until('ranks are those of the rows', () => areRanksRight(servers));
    await until('all toasts came', () => followers.every(isTold));
    for (const { player, listening } of followers) {
      expect(listening.items.map(seqOf)).toEqual(Array.from({ length: all.get(player) ?? 0 }, (_, at) => at + 1));
      await listening.stop();
    }
    expect(endings.slice(endedBefore)).toEqual([]);
    const toasts = followers.reduce((sum, { listening }) => sum + listening.items.length, 0);
    return { events: books.acknowledged, toasts, backMs, ranksMs, calm, harmed };
  }

  async function runRounds(what: string, fault: Fault, told: () => string = () => ''): Promise<void> {
    const done: Figures[] = [];
    while (done.length < rounds(1, 30)) {
      const figures = await runRound(fault);
      expect(figures.backMs).toBeLessThan(BACK_WITHIN_MS);
      expect(figures.ranksMs).toBeLessThan(BACK_WITHIN_MS);
      done.push(figures);
    }
    await checkBooks(opened.db);
    const most = (pick: (figures: Figures) => number): number => Math.round(Math.max(...done.map(pick)));
    const sum = (pick: (figures: Figures) => number): number => done.reduce((total, own) => total + pick(own), 0);
    const [calm, harmed] = [p99Of(done.flatMap((own) => own.calm)), p99Of(done.flatMap((own) => own.harmed))];
    tell(
      `R4 Redis ${what}: ${done.length} rounds, ${sum(({ events }) => events)} events, ${sum(({ toasts }) => toasts)} toasts, 0 lost; all back ` +
        `after at most ${most(({ backMs }) => backMs)} ms, ranks right after at most ${most(({ ranksMs }) => ranksMs)} ms${told()}; ingest p99 ` +
        `${calm.toFixed(0)} ms without, ${harmed.toFixed(0)} ms with the fault (${(harmed / calm).toFixed(2)} x)`,
    );
  }

  /** The newest stored place of each player. */
  async function placesOf(players: readonly string[]): Promise<Map<string, number>> {
    const rows = await opened.db.query<{ player: string; seq: number }>(sql`
      select external_id as player, last_seq::int as seq from users where external_id = any(${players}::text[])`);
    return new Map(rows.map(({ player, seq }) => [player, seq]));
  }

  /** Every server answers what the rows come to. */
  async function areRanksRight(servers: readonly LaurelProcess[]): Promise<boolean> {
    const rows = await opened.db.query<{ id: string; score: number }>(sql`
      select 'user_' || user_id as id, value::float8 as score from metric_values
      where metric = 'score' and by_key = '' and period = '' order by value desc, achieved_at, user_id`);
    const nodes = rows.slice(0, 100).map(({ id, score }, place) => ({ rank: place + 1, score, user: { id } }));
    const expected = JSON.stringify({ entryCount: rows.length, entries: { nodes } });
    const boards = await Promise.all(servers.map(({ url }) => ask(url, { query: BOARD })));
    return boards.every((board) => JSON.stringify(board?.data?.leaderboard) === expected);
  }

  it('killed: toasts and ranks come all the same', SLOW, async () => {
    await runRounds('killed', {
      begin: () => redis.kill(),
      hold: () => pause(random(times(1_000, 3_000))),
      end: () => redis.start(),
    });
  });

  it('killed while subscribing: each subscription is taken', SLOW, async () => {
    await runRounds('killed while subscribing', {
      begin: async (follow) => {
        const following = follow(PLAYERS * 4);
        await pause(random(40));
        await redis.kill();
        await following;
      },
      hold: () => pause(random(times(500, 1_500))),
      end: () => redis.start(),
    });
  });

  it('that forgets everything: ranks are right again', SLOW, async () => {
    await runRounds('FLUSHALL', {
      begin: () => redis.run(async (client) => void (await client.flushall())),
      hold: () => null,
      end: () => undefined,
    });
  });

  it('half-open towards the subscribers: noticed, and nothing is missed', SLOW, async () => {
    const noticed: number[] = [];
    let connections = 0;
    await runRounds(
      'half-open',
      {
        begin: () => {
          connections = line.accepted;
          line.mute('laurel-subscriber');
        },
        hold: async () => {
          // Whoever notices opens another.
          noticed.push(await until('all have noticed', () => line.accepted >= connections + both.length));
          expect(noticed.at(-1)).toBeLessThan(NOTICED_WITHIN_MS);
        },
        end: () => undefined,
      },
      () => `, noticed after at most ${Math.round(Math.max(...noticed))} ms`,
    );
  });

  it('absent when a server starts: it serves all the same, and uses Redis once it is there', SLOW, async () => {
    let late: LaurelProcess | null = null;
    await runRounds('absent at the start', {
      servers: async () => {
        await late?.end();
        await line.refuse();
        late = await start();
        return [late, ...both];
      },
      begin: () => undefined,
      hold: () => null,
      end: () => line.forward(),
    });
  });
});

/** Makes a player; answers the cursor before anything happened. */
async function makePlayer(url: string, externalId: string): Promise<string> {
  const query =
    'mutation ($input: UpsertUserInput!) { upsertUser(input: $input) { ... on UpsertUserSuccess { user { cursor } } } }';
  const answer = await ask(url, { query, variables: { input: { user: { externalId } } } });
  return answer?.data.upsertUser.user.cursor;
}

async function untilMore(books: EventBooks, count: number): Promise<void> {
  const enough = books.acknowledged + count;
  await until('the load runs', () => books.acknowledged >= enough);
}

// biome-ignore lint/suspicious/noExplicitAny: what came is looked into.
function seqOf(item: any): number {
  const { cursor } = item.data.notificationReceived;
  return Number(Buffer.from(cursor, 'base64url').toString().split('.').at(-1));
}

function newest({ items }: Listening): number {
  return items.length === 0 ? 0 : seqOf(items.at(-1));
}

async function haveRedis(servers: readonly LaurelProcess[]): Promise<boolean> {
  const said = await Promise.all(servers.map(({ url }) => readyRedis(url)));
  return said.every((redis) => redis === 'up');
}
