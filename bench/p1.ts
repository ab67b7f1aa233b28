import { BATCH, statementTables } from './baselines/statement-sql.ts';
import { type Bench, sized, USERS } from './support/bench.ts';
import { checkBooks } from './support/books.ts';
import { makeDatabase, type OwnDatabase, query } from './support/databases.ts';
import { profileServer } from './support/profile.ts';
import type { Outcome } from './support/results.ts';
import { type Contender, checkedOf, interleave, ratesOf, rowOf } from './support/rounds.ts';
import { openStage, type Stage } from './support/stage.ts';

/** Events of a call. */
const PER_CALL = 500;
/** Calls under way; the figure allows 4 to 16. */
const CALLS = 8;

/** P1: recordEvents, 500 a call, against one SQL statement a batch. */
export async function p1(bench: Bench): Promise<Outcome> {
  await using stage = await openStage(bench);
  await using prototype = await openPrototype(bench);
  const laurel = batchContender(bench, stage, 'Laurel');
  const statement = statementContender(bench, prototype.url);
  const rounds = await interleave(bench, [statement, laurel]);
  const books = await checkBooks(stage.databaseUrl);
  const { seconds, most } = laurel.job;
  return {
    rows: [laurel, statement].map((contender) => rowOf(contender, rounds.get(contender.name) ?? [])),
    verdicts: [
      {
        name: 'Laurel / one SQL statement a batch',
        unit: 'x',
        values: ratesOf(rounds, laurel.name).map(
          (rate, round) => rate / (ratesOf(rounds, statement.name)[round] ?? Number.NaN),
        ),
        reach: { atLeast: 0.6 },
      },
    ],
    notes: [
      `Laurel: ${CALLS} calls of ${PER_CALL} under way; the statement: ${BATCH} callers of one event under way, one connection. ` +
        `${USERS.toLocaleString('en')} users, the default catalog, rounds of ${most.toLocaleString('en')} events or ${seconds} s.`,
      checkedOf(rounds.values()),
      books,
    ],
    ...(bench.profile ? { profile: await profileServer(bench, stage, laurel) } : {}),
  };
}

/** A Laurel under recordEvents, on one server of the stage or on several. */
export function batchContender(
  bench: Bench,
  { databaseUrl, key, servers }: Stage,
  name: string,
  count = servers.length,
): Contender {
  const used = servers.slice(0, count);
  return {
    name,
    unit: 'events/s',
    pids: used.map(({ pid }) => pid),
    databaseUrl,
    job: {
      kind: 'batch',
      urls: used.map(({ url }) => url),
      key,
      users: USERS,
      inFlight: CALLS,
      perCall: PER_CALL,
      most: sized(bench, 100_000, 10_000),
      seconds: 30,
      databaseUrl,
    },
  };
}

async function openPrototype(bench: Bench): Promise<OwnDatabase> {
  const database = await makeDatabase(bench.postgresUrl);
  await query(database.url, statementTables(USERS));
  await query(database.url, 'vacuum analyze');
  return database;
}

function statementContender(bench: Bench, databaseUrl: string): Contender {
  return {
    name: 'one SQL statement a batch',
    unit: 'events/s',
    program: 'bench/baselines/statement.ts',
    pids: [],
    databaseUrl: null,
    job: {
      kind: 'batch',
      urls: [],
      key: null,
      users: USERS,
      inFlight: BATCH,
      perCall: 1,
      most: sized(bench, 100_000, 10_000),
      seconds: 30,
      databaseUrl,
    },
  };
}
