import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { lockDirectory } from '../../src/platform/data-directory.ts';
import { openEmbedded } from '../../src/platform/embedded-database.ts';
import { checkBooks } from '../support/books-balance.ts';
import { backends, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { EventBooks } from '../support/event-books.ts';
import { unique } from '../support/laurel.ts';
import { FAILPOINTS, openPostgresLine, type PostgresLine } from '../support/postgres-line.ts';
import {
  type Environment,
  endProcesses,
  type Folder,
  type LaurelProcess,
  makeFolder,
  startProcess,
} from '../support/processes.ts';
import { type SentAgain, sendAgain, startLoad } from './load.ts';
import { below, isFull, rounds, SEED, SLOW, tell, until } from './rounds.ts';

const WRITERS = 12;

/** A server that is killed once, and what its callers know. */
interface Round {
  readonly books: EventBooks;
  readonly unheard: number;
  readonly again: SentAgain;
}

/** Loads the server until `kill` has ended it, starts the next one, and sends again what was not acknowledged. */
async function runRound(
  server: LaurelProcess,
  start: () => Promise<LaurelProcess>,
  random: (limit: number) => number,
  kill: (books: EventBooks) => Promise<void>,
): Promise<{ next: LaurelProcess; round: Round }> {
  const books = new EventBooks();
  const players = Array.from({ length: 6 }, () => unique('hot'));
  const urlOf = () => server.url;
  const load = startLoad({ books, below: random, urlOf, writers: WRITERS, players, againAfterMs: null });
  await kill(books);
  expect(await server.ended).toBe('SIGKILL');
  await load.stop();
  expect([...load.codes]).toEqual([]);
  const unheard = books.open().length;
  const next = await start();
  return { next, round: { books, unheard, again: await sendAgain(next.url, books) } };
}

function tellRounds(what: string, done: readonly Round[]): void {
  const sum = (pick: (round: Round) => number): number => done.reduce((total, round) => total + pick(round), 0);
  tell(
    `R1 kill -9, ${what}: ${done.length} rounds, ${sum(({ books }) => books.acknowledged)} events, ${sum(({ unheard }) => unheard)} not ` +
      `acknowledged, of which ${sum(({ again }) => again.replayed)} had been committed; 0 lost, 0 doubled`,
  );
}

describe.runIf(backends().includes('postgres'))(`a server on PostgreSQL killed under load (seed ${SEED})`, () => {
  let opened: TestDatabase;
  let folder: Folder;
  let line: PostgresLine;
  let server: LaurelProcess;
  let start: () => Promise<LaurelProcess>;
  beforeAll(async () => {
    opened = await openTestDatabase('postgres');
    folder = await makeFolder();
    const url = new URL(opened.url ?? '');
    line = await openPostgresLine({ host: url.hostname, port: Number(url.port || 5432) });
    url.host = `127.0.0.1:${line.port}`;
    const environment: Environment = { DATABASE_URL: url.href, LAUREL_DATA: folder.path, LOG_LEVEL: 'warn' };
    start = () => startProcess(environment);
    server = await start();
  }, 120_000);
  afterAll(async () => {
    await endProcesses();
    await line.close();
    await opened.dispose();
    await folder.remove();
  });

  it.each(FAILPOINTS)('%s: every event counts once, acknowledged or sent again', SLOW, async (point) => {
    const random = below(FAILPOINTS.indexOf(point));
    const done: Round[] = [];
    while (done.length < rounds(1, 50)) {
      const { next, round } = await runRound(server, start, random, async () => {
        const reached = Promise.withResolvers<void>();
        line.arm(point, 2 + random(60), () => {
          process.kill(server.pid, 'SIGKILL');
          reached.resolve();
        });
        await reached.promise;
      });
      server = next;
      done.push(round);
      await round.books.compare(opened.db);
      // The point is where it says: of the transaction that stood there nothing is stored, or all of it.
      const isStored = point === 'after commit' || point === 'before answer';
      expect(isStored ? round.again.replayed : round.again.recorded).toBeGreaterThan(0);
    }
    await checkBooks(opened.db);
    tellRounds(point, done);
  });
});

describe.runIf(isFull)(`an embedded server killed under load, in full runs (seed ${SEED})`, () => {
  let folder: Folder;
  afterEach(async () => {
    await endProcesses();
    await folder.remove();
  });

  it('at any moment: every event counts once, acknowledged or sent again', SLOW, async () => {
    const random = below(FAILPOINTS.length);
    folder = await makeFolder();
    const start = () => startProcess({ LAUREL_DATA: folder.path, LOG_LEVEL: 'warn' });
    const done: Round[] = [];
    let server = await start();
    while (done.length < rounds(1, 50)) {
      const { next, round } = await runRound(server, start, random, async (books) => {
        const enough = 20 + random(100);
        await until('the load runs', () => books.acknowledged >= enough);
        process.kill(server.pid, 'SIGKILL');
      });
      server = next;
      done.push(round);
    }
    expect(await server.end()).toBe(0);
    const lock = await lockDirectory(folder.path, systemClock);
    const db = await openEmbedded({ directory: lock });
    for (const { books } of done) await books.compare(db);
    await checkBooks(db);
    await db.close();
    await lock.release();
    tellRounds('embedded, any moment', done);
  });
});
