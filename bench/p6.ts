import { boards } from './p6-boards.ts';
import type { OrderSeen, RanksJob, RanksSeen } from './ranks/job.ts';
import { type Bench, sized } from './support/bench.ts';
import { run } from './support/processes.ts';
import type { Outcome, Row, Verdict } from './support/results.ts';
import { median } from './support/statistics.ts';

/** P6: ranks on a large board. */
export async function p6(bench: Bench): Promise<Outcome> {
  const parts = [await structure(bench), await boards(bench)];
  return {
    rows: parts.flatMap(({ rows }) => rows),
    verdicts: parts.flatMap(({ verdicts }) => verdicts),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

/** The ranking structure itself, in a process of its own each round, and the plainest one beside it. */
async function structure(bench: Bench): Promise<Outcome> {
  const laurel: RanksJob = {
    structure: 'laurel',
    users: sized(bench, 1_000_000, 100_000),
    reads: sized(bench, 2_000_000, 200_000),
    updates: sized(bench, 2_000_000, 200_000),
  };
  // Larger, and its updates, which move half of it, would take minutes.
  const array: RanksJob = { structure: 'array', users: sized(bench, 100_000, 10_000), reads: 500_000, updates: 10_000 };
  const seen = { laurel: [] as RanksSeen[], array: [] as RanksSeen[] };
  const order: OrderSeen[] = [];
  for (let round = 1; round <= bench.rounds; round += 1) {
    order.push(await measure<OrderSeen>(bench, { ...laurel, structure: 'order' }));
    for (const job of round % 2 === 1 ? [laurel, array] : [array, laurel]) {
      const one = await measure<RanksSeen>(bench, job);
      seen[job === laurel ? 'laurel' : 'array'].push(one);
      bench.print(
        `  r${round} ${nameOf(job)}: ${Math.round(one.ranksPerSecond)} ranks/s, ${Math.round(one.updatesPerSecond)} updates/s`,
      );
    }
  }
  return {
    rows: [...rowsOf(laurel, seen.laurel), ...rowsOf(array, seen.array)],
    verdicts: verdictsOf(laurel, seen.laurel, order),
    notes: [
      'The structure in memory through its port, one awaited call after the other, by user id: ranks of random users, pages of 10 at random ' +
        'positions, random users with random new values, 500 a call. Rates are a second of processor, garbage collection and the making of ' +
        'the questions included; memory is that of all that a board of so many users needs, their ids too, after the updates. Beside it a ' +
        'sorted array with binary search and splice. The verdicts on reads and updates are of the order of entries alone, by entry number, ' +
        'as a map of user ids in front of any structure costs the same: random entries get random new values.',
    ],
  };
}

async function measure<Seen>(bench: Bench, job: RanksJob): Promise<Seen> {
  return JSON.parse(await run(['--expose-gc', 'bench/ranks/main.ts', JSON.stringify(job)], {}, bench.signal)) as Seen;
}

function nameOf({ structure: name, users }: RanksJob): string {
  return `${name === 'laurel' ? 'Laurel' : 'sorted array'}, ${users.toLocaleString('en')} users`;
}

/** Of a million users. */
const megabytes = ({ users }: RanksJob, { buffersMb, heapMb }: RanksSeen): number =>
  ((buffersMb + heapMb) / users) * 1_000_000;

function rowsOf(job: RanksJob, seen: readonly RanksSeen[]): Row[] {
  const name = nameOf(job);
  const row = (what: string, unit: string, pick: (one: RanksSeen) => number, details = ''): Row => ({
    name: `${name}: ${what}`,
    unit,
    values: seen.map(pick),
    details,
  });
  const longest = median(seen.map(({ longestTurnMs }) => longestTurnMs));
  return [
    row('load', 's', ({ loadSeconds }) => loadSeconds, `others wait at most ${longest.toFixed(0)} ms for a turn`),
    row('rank of a user', 'reads/s', ({ ranksPerSecond }) => ranksPerSecond),
    row('ranks of 50 users a call', 'reads/s', ({ manyRanksPerSecond }) => manyRanksPerSecond),
    row('page of 10', 'pages/s', ({ pagesPerSecond }) => pagesPerSecond),
    row('new value of a user', 'updates/s', ({ updatesPerSecond }) => updatesPerSecond),
    row('memory of a million', 'MB', (one) => megabytes(job, one)),
  ];
}

function verdictsOf(job: RanksJob, seen: readonly RanksSeen[], order: readonly OrderSeen[]): Verdict[] {
  return [
    {
      name: 'the structure: ranks read',
      unit: 'reads/s',
      values: order.map(({ positionsPerSecond }) => positionsPerSecond),
      reach: { atLeast: 1_000_000 },
    },
    {
      name: 'the structure: values changed',
      unit: 'updates/s',
      values: order.map(({ movesPerSecond }) => movesPerSecond),
      reach: { atLeast: 1_000_000 },
    },
    {
      name: 'the structure: memory of a million users',
      unit: 'MB',
      values: seen.map((one) => megabytes(job, one)),
      reach: { atMost: 60 },
    },
  ];
}
