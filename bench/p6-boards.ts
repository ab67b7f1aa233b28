import type { Job } from './load/job.ts';
import { type Bench, sized } from './support/bench.ts';
import { query } from './support/databases.ts';
import { boardLoaded } from './support/laurel.ts';
import { loadRawBoard } from './support/raw-board.ts';
import type { Outcome } from './support/results.ts';
import { type Contender, interleave, ratesOf, rowOf } from './support/rounds.ts';
import { rankByScore } from './support/seed.ts';
import { openStage, type Stage } from './support/stage.ts';
import { ratios } from './support/statistics.ts';

/** Calls under way. */
const IN_FLIGHT = 64;
const KINDS = { boardTop: 'entries(first: 10)', boardAround: 'around(radius: 5)', boardEntry: 'entry' } as const;
const NAMES = { ...KINDS, boardNames: 'entries(first: 10) with names' } as const;
type Kind = keyof typeof KINDS;
const RAW_COMMANDS: Record<Kind, string> = {
  boardTop: 'ZRANGE 0 9 REV WITHSCORES',
  boardAround: 'ZREVRANK, ZRANGE of 11',
  boardEntry: 'ZREVRANK, ZSCORE',
};

/** P6 through GraphQL: reads of a large board, against the same commands through ioredis. */
export async function boards(bench: Bench): Promise<Outcome> {
  const users = sized(bench, 1_000_000, 20_000);
  bench.print(`  seeding a board of ${users.toLocaleString('en')} users`);
  const seed = (url: string): Promise<void> => seedBoard(url);
  await using memory = await openStage(bench, { users, seed });
  await using redis = await openStage(bench, { users, seed, redis: true });
  await using raw = await loadRawBoard(bench.redisUrl, users);
  await Promise.all([memory, redis].map((stage) => answered(bench, stage)));
  const kinds = Object.keys(KINDS) as Kind[];
  const contenders = kinds.map((kind) => ({
    kind,
    own: contender(bench, memory, kind, users, 'in memory'),
    shared: contender(bench, redis, kind, users, 'in Redis'),
    raw: rawContender(bench, raw.url, kind, users),
  }));
  const names = contender(bench, memory, 'boardNames', users, 'in memory');
  const all = [...contenders.flatMap(({ own, shared, raw: baseline }) => [own, shared, baseline]), names];
  const rounds = await interleave(bench, all);
  const p99 = (name: string): number[] => (rounds.get(name) ?? []).map(({ p99Ms }) => p99Ms);
  return {
    rows: all.map((one) => rowOf(one, rounds.get(one.name) ?? [])),
    verdicts: contenders.flatMap(({ kind, own, raw: baseline }) => [
      {
        name: `${KINDS[kind]} / the same commands through ioredis`,
        unit: 'x',
        values: ratios(ratesOf(rounds, own.name), ratesOf(rounds, baseline.name)),
        reach: { atLeast: 0.4 },
      },
      { name: `${KINDS[kind]}: p99`, unit: 'ms', values: p99(own.name), reach: { atMost: 10 } },
    ]),
    notes: [
      `A board of ${users.toLocaleString('en')} users, ${IN_FLIGHT} calls under way, authentication on; rank and score of each entry, ` +
        'names are read from PostgreSQL. ioredis: one connection, the bare commands.',
    ],
  };
}

/** Everybody has a score, and none is folded anew when the server starts. */
async function seedBoard(url: string): Promise<void> {
  await query(url, 'update users set catalog_version = 1, score = floor(random() * 1000000)');
  await rankByScore(url);
}

/** Waits until the board is loaded. */
async function answered(bench: Bench, { servers, key }: Stage): Promise<void> {
  const startedAt = performance.now();
  await boardLoaded(servers[0]?.url ?? '', key, bench.signal);
  bench.print(`  a board was loaded after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
}

function contender(bench: Bench, stage: Stage, kind: keyof typeof NAMES, users: number, where: string): Contender {
  const { databaseUrl, key, servers } = stage;
  return {
    name: `${NAMES[kind]}, ranks ${where}`,
    unit: 'requests/s',
    pids: servers.map(({ pid }) => pid),
    databaseUrl,
    job: {
      ...jobOf(bench, kind, users),
      urls: servers.map(({ url }) => url),
      key,
    },
  };
}

function rawContender(bench: Bench, url: string, kind: Kind, users: number): Contender {
  return {
    name: `ioredis: ${RAW_COMMANDS[kind]}`,
    unit: 'requests/s',
    program: 'bench/baselines/redis-reads.ts',
    pids: [],
    databaseUrl: null,
    job: { ...jobOf(bench, kind, users), urls: [url], key: null },
  };
}

function jobOf(bench: Bench, kind: keyof typeof NAMES, users: number): Omit<Job, 'run' | 'urls' | 'key'> {
  const seconds = sized(bench, 4, 1);
  return { kind, users, inFlight: IN_FLIGHT, perCall: 1, most: 600_000, seconds, databaseUrl: null };
}
