import type { Job, Loaded } from '../load/job.ts';
import type { Bench } from './bench.ts';
import { backendSeconds } from './databases.ts';
import { cpuSeconds, run, usedBetween } from './processes.ts';
import type { Row } from './results.ts';
import { median } from './statistics.ts';

/** What takes part in a measurement. */
export interface Contender {
  readonly name: string;
  readonly unit: string;
  /** The program that runs the job and prints what it saw; the load generator by default. */
  readonly program?: string;
  readonly job: Omit<Job, 'run'>;
  /** The processes under load; their processor time is told. */
  readonly pids: readonly number[];
  /** Whose PostgreSQL processes' time is told; null: it has no database, or tells nothing of it. */
  readonly databaseUrl: string | null;
}

/** What a round took. Shares are of one core; null: there is none, or it cannot be read. */
export interface Shares {
  /** Of the servers, all together; of the program itself where it does the work. */
  readonly serverShare: number | null;
  readonly databaseShare: number | null;
  readonly generatorShare: number | null;
  /** Events, requests or deliveries a second of processor of the servers and PostgreSQL: the same on a busy machine. */
  readonly perCoreSecond: number | null;
}

/** A round of one contender. */
export interface Round extends Loaded, Shares {
  readonly perSecond: number;
}

const GENERATOR = 'bench/load/main.ts';
/** Part of a round's size that is run before the first round, and not counted. */
const WARM_UP = 0.5;
/** Share of other answers beyond which a round measures something else. */
const MOST_REFUSED = 0.01;

/**
 * Runs the contenders in turn, round by round, every second round in reverse, so that what drifts meets all alike; once before
 * that without counting. Each round's acknowledgements are checked where the contender has a log.
 * @throws when an acknowledged event is lost or doubled, or more than a few are answered otherwise
 */
export async function interleave(bench: Bench, contenders: readonly Contender[]): Promise<Map<string, Round[]>> {
  for (const contender of contenders) await warmUp(bench, contender);
  const rounds = new Map(contenders.map(({ name }) => [name, [] as Round[]]));
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
      rounds.get(contender.name)?.push(await measure(bench, contender, `r${round}`));
    }
  }
  return rounds;
}

/** Runs a contender for a part of a round, unmeasured: programs and caches are warm after it. */
export async function warmUp(bench: Bench, contender: Contender): Promise<void> {
  const { most, seconds, perCall } = contender.job;
  const part = Math.ceil((most * WARM_UP) / perCall) * perCall;
  await load(bench, contender, {
    ...contender.job,
    run: runName(contender, 'warm'),
    most: part,
    seconds: seconds * WARM_UP,
  });
}

/** Runs a contender once. `label` names the round within the run. */
export async function measure(bench: Bench, contender: Contender, label: string): Promise<Round> {
  bench.signal.throwIfAborted();
  const before = await usedBy(contender);
  const loaded = await load(bench, contender, { ...contender.job, run: runName(contender, label) });
  const after = await usedBy(contender);
  const { seconds, acknowledged, check, cpuShare } = loaded;
  if (check !== null && check.lost + check.doubled > 0) {
    throw new Error(`${contender.name}: of ${check.checked} acknowledged ${check.lost} lost, ${check.doubled} doubled`);
  }
  const others = Object.values(loaded.refused).reduce((sum, times) => sum + times, 0);
  if (acknowledged === 0 || others > acknowledged * MOST_REFUSED) {
    throw new Error(
      `${contender.name} acknowledged ${acknowledged}, and answered else: ${JSON.stringify(loaded.refused)}`,
    );
  }
  const worksItself = contender.pids.length === 0;
  const serverShare = worksItself ? cpuShare : shareOf(before.servers, after.servers, seconds);
  const databaseShare = loaded.databaseShare ?? shareOf(before.database, after.database, seconds);
  const round: Round = {
    ...loaded,
    perSecond: acknowledged / seconds,
    serverShare,
    databaseShare,
    generatorShare: worksItself ? null : cpuShare,
    perCoreSecond: serverShare === null ? null : acknowledged / seconds / (serverShare + (databaseShare ?? 0)),
  };
  bench.print(
    `  ${label} ${contender.name}: ${Math.round(round.perSecond)} ${contender.unit}; ${processorOf([round])}`,
  );
  return round;
}

/** A contender's rounds as a row of the results. */
export function rowOf({ name, unit }: Contender, rounds: readonly Round[]): Row {
  const of = (pick: (round: Round) => number): string => median(rounds.map(pick)).toFixed(1);
  const refused = rounds.flatMap((round) => Object.entries(round.refused).map(([code, times]) => `${times} x ${code}`));
  const latencies = `p50 ${of(({ p50Ms }) => p50Ms)} ms, p99 ${of(({ p99Ms }) => p99Ms)} ms`;
  return {
    name,
    unit,
    values: rounds.map(({ perSecond }) => perSecond),
    details: [latencies, processorOf(rounds), ...(refused.length > 0 ? [`refused: ${refused.join(', ')}`] : [])].join(
      '; ',
    ),
  };
}

/** How many acknowledged keys were looked up, in words; none is lost or doubled, or the run would have ended. */
export function checkedOf(rounds: Iterable<readonly Round[]>): string {
  const checked = [...rounds].flat().reduce((sum, { check }) => sum + (check?.checked ?? 0), 0);
  return `${checked.toLocaleString('en')} acknowledged events looked up in the log: each there exactly once.`;
}

/** Of one contender the rates of its rounds. */
export function ratesOf(rounds: ReadonlyMap<string, readonly Round[]>, name: string): number[] {
  return (rounds.get(name) ?? []).map(({ perSecond }) => perSecond);
}

/** What the rounds took of the processors, in words. */
export function processorOf(rounds: readonly Shares[]): string {
  const middle = (pick: (round: Shares) => number | null): number | null => {
    const values = rounds.flatMap((round) => pick(round) ?? []);
    return values.length === 0 ? null : median(values);
  };
  const share = (name: string, value: number | null): string[] =>
    value === null ? [] : [`${name} ${Math.round(value * 100)} %`];
  const shares = [
    ...share(
      'server',
      middle((round) => round.serverShare),
    ),
    ...share(
      'PostgreSQL',
      middle((round) => round.databaseShare),
    ),
    ...share(
      'generator',
      middle((round) => round.generatorShare),
    ),
  ];
  const perCoreSecond = middle((round) => round.perCoreSecond);
  const rate = perCoreSecond === null ? '' : `; ${Math.round(perCoreSecond).toLocaleString('en')} a core-second`;
  return `of a core: ${shares.join(', ')}${rate}`;
}

/** Keys of different contenders on one database must differ. */
function runName({ name }: Contender, label: string): string {
  return `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.')}.${label}`;
}

async function load(bench: Bench, { program = GENERATOR }: Contender, job: Job): Promise<Loaded> {
  const printed = await run([program, JSON.stringify(job)], { NODE_ENV: 'production' }, bench.signal);
  return JSON.parse(printed) as Loaded;
}

/** Processor seconds so far. */
interface Used {
  /** By process id. */
  readonly servers: ReadonlyMap<number, number>;
  readonly database: ReadonlyMap<number, number>;
}

async function usedBy({ pids, databaseUrl }: Contender): Promise<Used> {
  const seconds = await Promise.all(pids.map(async (pid) => [pid, await cpuSeconds(pid)] as const));
  return {
    servers: new Map(seconds.flatMap(([pid, used]) => (used === null ? [] : [[pid, used] as const]))),
    database: databaseUrl === null ? new Map() : await backendSeconds(databaseUrl),
  };
}

/** Share of a core of the processes that are there after; null when none is. */
function shareOf(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
  seconds: number,
): number | null {
  if (after.size === 0) return null;
  return usedBetween(before, after) / seconds;
}
