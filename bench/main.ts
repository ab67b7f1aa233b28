/**
 * Measures the figures of the performance table, each with its baselines in the same run, and writes bench/results.json and
 * bench/RESULTS.md. Never a timed test: exit status 0 says that all was measured, whatever was reached. Run: npm run bench -- --help
 */
import { parseArgs } from 'node:util';
import { p1 } from './p1.ts';
import { p2 } from './p2.ts';
import { p3 } from './p3.ts';
import { p4 } from './p4.ts';
import { p6 } from './p6.ts';
import { p7 } from './p7.ts';
import { p8 } from './p8.ts';
import { p9 } from './p9.ts';
import { p10 } from './p10.ts';
import { p11 } from './p11.ts';
import { p12 } from './p12.ts';
import { plan } from './plan.ts';
import { ranks } from './ranks.ts';
import type { Bench } from './support/bench.ts';
import { describeCommit, describeMachine } from './support/machine.ts';
import { reportOf, writeReport } from './support/report.ts';
import { type Outcome, type Result, readResults, writeResults } from './support/results.ts';

interface Figure {
  readonly title: string;
  readonly run: (bench: Bench) => Promise<Outcome>;
}

const FIGURES: Readonly<Record<string, Figure>> = {
  P1: { title: 'recordEvents, 500 events a call', run: p1 },
  P2: { title: 'recordEvent, one event a request', run: p2 },
  P3: { title: 'recordEvent over one WebSocket', run: p3 },
  P4: { title: 'the cost of an event in a long catalog and a long log', run: p4 },
  P6: { title: 'ranks on a board of 1,000,000', run: p6 },
  P7: { title: 'fan-out of board updates', run: p7 },
  P8: { title: 'from an event to its toast, at a steady rate', run: p8 },
  P9: { title: 'memory of a socket with two subscriptions', run: p9 },
  P10: { title: 'starts of the embedded server', run: p10 },
  P11: { title: 'rebuild of all state from the log', run: p11 },
  P12: { title: 'two processes instead of one', run: p12 },
  RANKS: { title: 'ranks under a steady load, two processes', run: ranks },
  PLAN: { title: 'a new version over a long log while the game goes on', run: plan },
};

const HELP = `npm run bench -- [options]
  --only P1,P2     these figures; all of ${Object.keys(FIGURES).join(', ')} by default
  --rounds 5       rounds of each contender
  --log 1000000    events of the long log of P4 (10000000 by hand: seeding and folding it takes long, and several GB)
  --profile        after P1, P2, P3, P8: one more round under V8's profiler, and where the server's time went
  --quick          a check of the bench itself: one short round, printed and not written
PostgreSQL at LAUREL_BENCH_DATABASE_URL (postgres://postgres@127.0.0.1:5432/postgres), where it makes and drops its own databases;
Redis at LAUREL_BENCH_REDIS_URL (redis://127.0.0.1:6379), for P8, P12 and RANKS.
`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      log: { type: 'string', default: '1000000' },
      profile: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return print(HELP);
  const ids = values.only?.toUpperCase().split(',') ?? Object.keys(FIGURES);
  const unknown = ids.filter((id) => !(id in FIGURES));
  if (unknown.length > 0) throw new Error(`no figure ${unknown.join(', ')}\n\n${HELP}`);
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
  const { quick } = values;
  await measureAll(ids, {
    rounds: wholeNumber('rounds', values.rounds ?? (quick ? '1' : '5')),
    quick,
    profile: values.profile,
    logEvents: quick ? 50_000 : wholeNumber('log', values.log),
    postgresUrl: process.env['LAUREL_BENCH_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres',
    redisUrl: process.env['LAUREL_BENCH_REDIS_URL'] ?? 'redis://127.0.0.1:6379',
    signal: interrupted.signal,
    print,
  });
}

/** Each figure is kept as soon as it is measured, so that an interrupted run loses only the one under way. */
async function measureAll(ids: readonly string[], bench: Bench): Promise<void> {
  const commit = await describeCommit();
  const measured: Record<string, Result> = {};
  for (const id of ids) {
    const figure = FIGURES[id];
    if (figure === undefined) continue;
    const machine = await describeMachine(bench.postgresUrl);
    print(`${id} ${figure.title} (load average ${machine.loadAverage})`);
    const outcome = await figure.run(bench);
    const { title } = figure;
    measured[id] = { title, at: new Date().toISOString(), commit, rounds: bench.rounds, machine, ...outcome };
    if (bench.quick) continue;
    const results = { ...(await readResults()), [id]: measured[id] };
    await writeResults(results);
    await writeReport(results);
  }
  print(reportOf(measured));
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} wants a whole number from 1 on, not ${text}`);
  return value;
}

await main();
