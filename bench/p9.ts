import type { QuietJob } from './load/quiet-job.ts';
import { type Bench, sized } from './support/bench.ts';
import { COLLECTABLE, collect, type Memory } from './support/collect.ts';
import { query } from './support/databases.ts';
import { jwtSecret } from './support/laurel.ts';
import { checkOpenFiles, launch } from './support/processes.ts';
import type { Outcome } from './support/results.ts';
import { rankByScore } from './support/seed.ts';
import { openStage, type Stage } from './support/stage.ts';
import { median, ratios } from './support/statistics.ts';

const SUBSCRIBED_WITHIN_MS = 180_000;

/** A server whose memory is looked at, started anew for each round. */
interface Held {
  readonly name: string;
  readonly credentials: QuietJob['credentials'];
  /** Starts it as one of the parts. */
  start(parts: AsyncDisposableStack): Promise<{ readonly url: string; collect(): Promise<Memory> }>;
}

/** P9: what a socket with two subscriptions takes of the server's memory. */
export async function p9(bench: Bench): Promise<Outcome> {
  const sockets = sized(bench, 5_000, 300);
  await checkOpenFiles(sockets);
  await using stage = await openStage(bench, { redis: true, users: sockets, servers: 0, seed: bringUp });
  const contenders = [laurelOf(stage), bareServer()];
  const seen = new Map(contenders.map(({ name }) => [name, [] as Memory[]]));
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
      const kb = await kbPerSocket(bench, contender, sockets);
      seen.get(contender.name)?.push(kb);
      bench.print(
        `  r${round} ${contender.name}: ${kb.resident.toFixed(1)} KB a socket, used ${kb.used.toFixed(1)} KB`,
      );
    }
  }
  const kb = (name: string, pick: keyof Memory): number[] => (seen.get(name) ?? []).map((memory) => memory[pick]);
  const [laurel = '', bare = ''] = [...seen.keys()];
  return {
    rows: [laurel, bare].map((name) => ({
      name,
      unit: 'KB a socket',
      values: kb(name, 'resident'),
      details: `of the heap and what it holds ${median(kb(name, 'used')).toFixed(1)} KB`,
    })),
    verdicts: (['resident', 'used'] as const).map((pick) => ({
      name: `Laurel / bare graphql-ws, ${pick} memory`,
      unit: 'x',
      values: ratios(kb(laurel, pick), kb(bare, pick)),
      reach: { atMost: 1 },
    })),
    notes: [
      `${sockets.toLocaleString('en')} sockets, each of a player of its own with his toasts and the best ten of a board; resident memory after ` +
        'forced collections, with all of them less before, on a server started for the round that has held a tenth of them already.',
    ],
  };
}

/** Nobody is folded anew when the server starts. */
async function bringUp(url: string): Promise<void> {
  await query(url, 'update users set catalog_version = 1, score = substr(external_id, 8)::int');
  await rankByScore(url);
}

function laurelOf({ another, key }: Stage): Held {
  return {
    name: 'Laurel',
    credentials: { key, secret: jwtSecret },
    start: async (parts) => parts.use(await another({ flags: COLLECTABLE })),
  };
}

function bareServer(): Held {
  return {
    name: 'bare graphql-ws',
    credentials: null,
    async start(parts) {
      const argv = [...COLLECTABLE, 'bench/baselines/fan-out.ts', 'graphql-ws', '-1'];
      const child = parts.use(launch(argv, { NODE_ENV: 'production' }));
      const [, url = ''] = await child.says(/serves (http:\S+)\/graphql/, 30_000);
      return { url, collect: () => collect(child) };
    },
  };
}

async function kbPerSocket(bench: Bench, { credentials, start }: Held, sockets: number): Promise<Memory> {
  bench.signal.throwIfAborted();
  await using parts = new AsyncDisposableStack();
  const server = await start(parts);
  const warm = await hold({ url: server.url, credentials, sockets: Math.ceil(sockets / 10) });
  await warm.end();
  const empty = await server.collect();
  await using clients = await hold({ url: server.url, credentials, sockets });
  const full = await server.collect();
  await clients.end();
  return { resident: (full.resident - empty.resident) / sockets, used: (full.used - empty.used) / sockets };
}

/** Opens sockets in a process of their own. */
async function hold(job: QuietJob): Promise<ReturnType<typeof launch>> {
  const clients = launch(['bench/load/quiet.ts', JSON.stringify(job)], { NODE_ENV: 'production' });
  await clients.says(/^held$/m, SUBSCRIBED_WITHIN_MS);
  return clients;
}
