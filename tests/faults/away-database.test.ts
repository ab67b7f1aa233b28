import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/platform/database.ts';
import { openPostgres } from '../../src/platform/postgres-database.ts';
import { checkBooks } from '../support/books-balance.ts';
import { EventBooks } from '../support/event-books.ts';
import { type AnswerBody, ask, readyStatus, sendEvents } from '../support/event-caller.ts';
import { unique } from '../support/laurel.ts';
import { findServerPrograms, makeCluster, type PostgresCluster } from '../support/postgres-cluster.ts';
import { endProcesses, type Folder, type LaurelProcess, makeFolder, startProcess } from '../support/processes.ts';
import { type Load, sendAgain, startLoad } from './load.ts';
import { below, isFull, rounds, SEED, SLOW, tell, times, until } from './rounds.ts';

const WRITERS = 8;
/** The gates of a full run; a run among other tests has a share of the processor only. */
const [DOWN_WITHIN_MS, BACK_WITHIN_MS] = isFull ? [2_000, 10_000] : [6_000, 30_000];
/** What may be told to a caller: to try again. */
const AGAIN = ['NOT_READY', 'TEMPORARILY_UNAVAILABLE'];
const READ = { query: '{ user(by: { externalId: "nobody" }) { score } }' };
/** How the server under test calls itself at its database. */
const SERVER = 'under_test';
/** Callers give up after this and send again. */
const PATIENCE_MS = 3_000;

const programs = findServerPrograms();
const skipped = programs === null ? ' - skipped: no initdb on this machine' : '';

describe.skipIf(programs === null)(`a server whose PostgreSQL goes away under load${skipped} (seed ${SEED})`, () => {
  const random = below(10);
  let cluster: PostgresCluster;
  let folder: Folder;
  let server: LaurelProcess;
  let db: Database;
  let ending: unknown = null;
  beforeAll(async () => {
    cluster = await makeCluster(programs ?? '');
    await cluster.start();
    folder = await makeFolder();
    server = await startProcess({
      DATABASE_URL: `${cluster.url}?application_name=${SERVER}`,
      LAUREL_DATA: folder.path,
      LOG_LEVEL: 'fatal',
    });
    void server.ended.then((how) => {
      ending = how;
    });
    db = await openPostgres({ url: cluster.url, poolSize: 2 });
  }, 120_000);
  afterAll(async () => {
    await endProcesses();
    await cluster.remove();
    await folder.remove();
    await db.close();
  });

  /** What a fault does, and how long /ready took to say so, and to take it back. */
  interface Figures {
    downMs: number;
    backMs: number;
    unheard: number;
    events: number;
    codes: ReadonlySet<string>;
  }

  /** One fault under load, from `begin` to `end`; the callers go on all the time, and everything they sent counts once. */
  async function runRound(fault: {
    begin: () => Promise<void> | void;
    hold: (load: Load) => Promise<unknown> | null;
    end: () => Promise<void> | void;
  }): Promise<Figures> {
    const books = new EventBooks();
    const players = Array.from({ length: 12 }, () => unique('hot'));
    const urlOf = () => server.url;
    const load = startLoad({ books, below: random, urlOf, writers: WRITERS, players, againAfterMs: PATIENCE_MS });
    await until('the load runs', () => books.acknowledged >= 40);
    await fault.begin();
    const downMs = await until('not ready', looks(503));
    await fault.hold(load);
    const unheard = books.open().length;
    await fault.end();
    const backMs = await until('ready again', looks(200));
    const before = books.acknowledged;
    await until('the load runs again', () => books.acknowledged >= before + 40);
    await load.stop();
    await sendAgain(server.url, books);
    await books.compare(db);
    expect(ending).toBe(null);
    return { downMs, backMs, unheard, events: books.acknowledged, codes: load.codes };
  }

  /** True once /ready answers so. Looks ten times a second, each on its own: one that waits holds up no other. */
  function looks(wanted: number): () => boolean {
    let isSeen = false;
    let looked = -Infinity;
    return () => {
      if (isSeen || performance.now() - looked < 100) return isSeen;
      looked = performance.now();
      void readyStatus(server.url).then((status) => {
        isSeen ||= status === wanted;
      });
      return false;
    };
  }

  async function runRounds(what: string, wanted: number, fault: Parameters<typeof runRound>[0]): Promise<Figures[]> {
    const all: Figures[] = [];
    while (all.length < wanted) {
      const figures = await runRound(fault);
      expect([...figures.codes].filter((code) => !AGAIN.includes(code))).toEqual([]);
      expect(figures.downMs).toBeLessThan(DOWN_WITHIN_MS);
      expect(figures.backMs).toBeLessThan(BACK_WITHIN_MS);
      all.push(figures);
    }
    await checkBooks(db);
    const most = (pick: (figures: Figures) => number): string => `${Math.round(Math.max(...all.map(pick)))} ms`;
    const sum = (pick: (figures: Figures) => number): number => all.reduce((total, own) => total + pick(own), 0);
    tell(
      `R3 PostgreSQL ${what}: ${all.length} rounds, ${sum(({ events }) => events)} events, 0 lost, 0 doubled; ${sum(({ unheard }) => unheard)} ` +
        `waited meanwhile; /ready 503 after at most ${most(({ downMs }) => downMs)}, 200 at most ${most(({ backMs }) => backMs)} after its ` +
        `end; codes ${[...new Set(all.flatMap(({ codes }) => [...codes]))].join(', ') || 'none'}`,
    );
    return all;
  }

  it('killed: callers hear NOT_READY, /ready says so, nothing is lost', SLOW, async () => {
    await runRounds('killed', rounds(1, 20), {
      begin: () => cluster.kill(),
      hold: async ({ codes }) => {
        await until('a caller hears NOT_READY', () => codes.has('NOT_READY'));
        await pause(random(times(500, 5_000)));
      },
      end: () => cluster.start(),
    });
  });

  it('frozen: /ready says so, and what waited is recorded once it thaws', SLOW, async () => {
    const all = await runRounds('frozen', rounds(1, 20), {
      begin: () => cluster.freeze(),
      hold: () => pause(times(3_500, 20_000)),
      end: () => cluster.thaw(),
    });
    expect(all.every(({ unheard }) => unheard > 0)).toBe(true);
  });

  it('with all connections of the pool taken: /ready says so, and all goes on once they are free', SLOW, async () => {
    const holder = new pg.Client({ connectionString: cluster.url });
    await holder.connect();
    const readers: Promise<string>[] = [];
    await runRounds('pool exhausted', rounds(1, 20), {
      begin: async () => {
        await holder.query('begin; lock table users in access exclusive mode');
        for (let reader = 0; reader < 20; reader += 1) readers.push(codeOf(ask(server.url, READ)));
      },
      // A caller waits 10 s for a connection before it is told.
      hold: () => (isFull ? Promise.any(readers.map(async (reader) => expect(await reader).toBe('NOT_READY'))) : null),
      end: async () => {
        await holder.query('commit');
        const codes = await Promise.all(readers.splice(0));
        expect(codes.filter((code) => code !== 'none' && code !== 'NOT_READY')).toEqual([]);
      },
    });
    await holder.end();
  });

  it('that takes no more connections: callers hear NOT_READY until it does', SLOW, async () => {
    const fillers = await fill(cluster);
    const books = new EventBooks();
    const event = books.add({ player: unique(), key: unique('key'), type: 'login', details: null });
    expect(await sendEvents(server.url, [event])).toEqual({ kind: 'error', code: 'NOT_READY' });
    expect(await codeOf(ask(server.url, READ))).toBe('NOT_READY');
    expect(await readyStatus(server.url)).toBe(503);
    for (const filler of fillers) await filler.end();
    await until('ready again', looks(200));
    expect(await sendAgain(server.url, books)).toEqual({ replayed: 0, recorded: 1 });
    await books.compare(db);
    expect(ending).toBe(null);
  });
});

async function codeOf(answering: Promise<AnswerBody | null>): Promise<string> {
  const answer = await answering;
  return answer === null ? 'silence' : String(answer.errors?.[0]?.extensions?.code ?? 'none');
}

/** Takes every connection that the cluster has, those of the server under test too. */
async function fill({ url, connections }: PostgresCluster): Promise<pg.Client[]> {
  const fillers: pg.Client[] = [];
  const isRefused = async (): Promise<boolean> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      fillers.push(client);
      return false;
    } catch {
      return true;
    }
  };
  await isRefused();
  const first = fillers[0] as pg.Client;
  for (let isFilled = false; !isFilled; ) {
    await first.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${SERVER}'`);
    for (let refused = false; !refused && fillers.length < connections; ) refused = await isRefused();
    const { rows } = await first.query(`select from pg_stat_activity where application_name = '${SERVER}'`);
    isFilled = rows.length === 0;
  }
  return fillers;
}
