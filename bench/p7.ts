import type { FannedOut, FanOutJob } from './load/fan-out-job.ts';
import { BOARD_USERS } from './load/moving-board.ts';
import { type Bench, sized } from './support/bench.ts';
import { query } from './support/databases.ts';
import { boardLoaded } from './support/laurel.ts';
import { checkOpenFiles, launch, run } from './support/processes.ts';
import type { Outcome, Row, Verdict } from './support/results.ts';
import { processorOf } from './support/rounds.ts';
import { rankByScore } from './support/seed.ts';
import { openStage, type Stage } from './support/stage.ts';
import { median, quantileOf, ratios } from './support/statistics.ts';

const WARM_UPS = 5;
/** A round counts no further update after so long. */
const SECONDS = 30;

/** A server under fan-out, started anew for each round: memory that an earlier round left behind would hide that of the sockets. */
interface Fanned extends Pick<FanOutJob, 'key' | 'databaseUrl'> {
  readonly name: string;
  /** Starts it as one of the parts, with the board as it is before that update. */
  start(parts: AsyncDisposableStack, firstUpdate: number): Promise<Running>;
}

interface Running {
  readonly url: string;
  readonly pid: number;
}

/** P7: one update of a board to thousands of subscribers of one operation. */
export async function p7(bench: Bench): Promise<Outcome> {
  const sizes = bench.quick ? [200] : [5_000, 10_000];
  await checkOpenFiles(Math.max(...sizes));
  await using stage = await openStage(bench, { users: BOARD_USERS, seed: seedBoard, servers: 0 });
  const laurel = laurelOf(bench, stage);
  const [stock, raw] = [baselineOf('graphql-ws', 'stock graphql-ws'), baselineOf('ws', 'raw ws broadcast')];
  const contenders = [laurel, stock, raw];
  const updates = sized(bench, 30, 5);
  const seen = new Map(sizes.flatMap((size) => contenders.map(({ name }) => [keyOf(name, size), [] as FannedOut[]])));
  let firstUpdate = 0;
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const size of sizes) {
      for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
        const job = { run: `p7.r${round}`, sockets: size, firstUpdate, warmUps: WARM_UPS, updates, seconds: SECONDS };
        const fanned = await fanOut(bench, contender, job);
        seen.get(keyOf(contender.name, size))?.push(fanned);
        const shown = `${Math.round(rateOf(fanned, size)).toLocaleString('en')} deliveries/s; ${detailsOf([fanned])}`;
        bench.print(`  r${round} ${contender.name}, ${size} subscribers: ${shown}`);
        // Only the board of Laurel stays where it was moved to.
        if (contender === laurel) firstUpdate += WARM_UPS + fanned.fromSendMs.length;
      }
    }
  }
  const rounds = (contender: Fanned, size: number): FannedOut[] => seen.get(keyOf(contender.name, size)) ?? [];
  return {
    rows: sizes.flatMap((size) => [
      ...contenders.map((contender) => rateRow(contender.name, size, rounds(contender, size))),
      ...contenders.flatMap((contender) => memoryRow(contender.name, size, rounds(contender, size))),
    ]),
    verdicts: sizes.flatMap((size) =>
      verdictsOf(size, rounds(laurel, size), { stock: rounds(stock, size), raw: rounds(raw, size) }),
    ),
    notes: notesOf(updates, [...seen.values()].flat()),
  };
}

/** Everybody has the score of his number, and none is folded anew when the server starts. */
async function seedBoard(url: string): Promise<void> {
  await query(url, 'update users set catalog_version = 1, score = substr(external_id, 8)::int');
  await rankByScore(url);
}

function laurelOf(bench: Bench, stage: Stage): Fanned {
  const { databaseUrl, key } = stage;
  return {
    name: 'Laurel',
    key,
    databaseUrl,
    async start(parts) {
      const server = parts.use(await stage.another());
      await boardLoaded(server.url, key, bench.signal);
      return server;
    },
  };
}

function baselineOf(kind: string, name: string): Fanned {
  return {
    name,
    key: null,
    databaseUrl: null,
    async start(parts, firstUpdate) {
      const argv = ['bench/baselines/fan-out.ts', kind, String(firstUpdate - 1)];
      const child = parts.use(launch(argv, { NODE_ENV: 'production' }));
      const [, url = ''] = await child.says(/serves (http:\S+)\/graphql/, 30_000);
      return { url, pid: child.pid };
    },
  };
}

type Round = Omit<FanOutJob, 'url' | 'pid' | 'key' | 'databaseUrl'>;

async function fanOut(bench: Bench, contender: Fanned, round: Round): Promise<FannedOut> {
  bench.signal.throwIfAborted();
  const { key, databaseUrl } = contender;
  await using parts = new AsyncDisposableStack();
  const server = await contender.start(parts, round.firstUpdate);
  const job: FanOutJob = { ...round, key, databaseUrl, url: server.url, pid: server.pid };
  const printed = await run(['bench/load/fan-out.ts', JSON.stringify(job)], { NODE_ENV: 'production' }, bench.signal);
  return JSON.parse(printed) as FannedOut;
}

function keyOf(name: string, size: number): string {
  return `${name}/${size}`;
}

/** Deliveries a second while updates fan out. */
function rateOf({ fromAnswerMs }: FannedOut, size: number): number {
  return (size * fromAnswerMs.length * 1_000) / fromAnswerMs.reduce((sum, ms) => sum + ms, 0);
}

function rateRow(name: string, size: number, rounds: readonly FannedOut[]): Row {
  return {
    name: `${name}, ${size.toLocaleString('en')} subscribers`,
    unit: 'deliveries/s',
    values: rounds.map((fanned) => rateOf(fanned, size)),
    details: detailsOf(rounds),
  };
}

function detailsOf(rounds: readonly FannedOut[]): string {
  const of = (pick: (fanned: FannedOut) => readonly number[], share: number): string =>
    median(rounds.map((fanned) => quantileOf(pick(fanned), share))).toFixed(1);
  const [answered, sent] = [(fanned: FannedOut) => fanned.fromAnswerMs, (fanned: FannedOut) => fanned.fromSendMs];
  return (
    `last client p50 ${of(answered, 0.5)} ms, p99 ${of(answered, 0.99)} ms (from the request: ${of(sent, 0.5)}, ${of(sent, 0.99)} ms); ` +
    processorOf(rounds)
  );
}

function memoryRow(name: string, size: number, rounds: readonly FannedOut[]): Row[] {
  const values = rounds.flatMap(({ kbPerSocket }) => kbPerSocket ?? []);
  if (values.length === 0) return [];
  const seconds = median(rounds.map(({ subscribeSeconds }) => subscribeSeconds)).toFixed(1);
  const details = `all subscribed within ${seconds} s`;
  return [{ name: `${name}, memory of ${size.toLocaleString('en')} sockets`, unit: 'KB a socket', values, details }];
}

function verdictsOf(
  size: number,
  laurel: readonly FannedOut[],
  { stock, raw }: { readonly stock: readonly FannedOut[]; readonly raw: readonly FannedOut[] },
): Verdict[] {
  const to = `${size.toLocaleString('en')} subscribers`;
  const rates = (rounds: readonly FannedOut[]): number[] => rounds.map((fanned) => rateOf(fanned, size));
  const against = (name: string, other: readonly FannedOut[], atLeast: number): Verdict => ({
    name: `${to}: Laurel / ${name}`,
    unit: 'x',
    values: ratios(rates(laurel), rates(other)),
    reach: { atLeast },
  });
  const lastMs = laurel.map(({ fromSendMs }) => quantileOf(fromSendMs, 0.99));
  return [
    against('stock graphql-ws', stock, 4),
    against('raw ws broadcast', raw, 0.8),
    { name: `${to}: last client p99, from the request`, unit: 'ms', values: lastMs, reach: { atMost: 150 } },
  ];
}

function notesOf(updates: number, seen: readonly FannedOut[]): string[] {
  const sizes = [...new Set(seen.map(({ messageBytes }) => messageBytes))].toSorted((a, b) => a - b);
  const others = seen.reduce((sum, { otherFrames }) => sum + otherFrames, 0);
  return [
    `${updates} updates a round, fewer where they take longer than ${SECONDS} s, after ${WARM_UPS} uncounted ones, on a server started for the round, at least 350 ms from the last arrival to the next. ` +
      'Each brings another user to the top: through recordEvent at Laurel, with a bare request at the others. Deliveries/s: subscribers / ' +
      'time from the answer to that request (or the first arrival, where that is earlier) to the arrival at the last.',
    'Shares are of the time from the request to the last arrival.',
    `The best 10 with rank, score and name, ${sizes.join(' to ')} bytes a message, each client on a socket of its own; ` +
      `each update was looked for in what each client got, ${others} other frames came.`,
  ];
}
