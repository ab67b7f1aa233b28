import { type Bench, sized, USERS } from './support/bench.ts';
import { checkBooks } from './support/books.ts';
import { type Child, launch } from './support/processes.ts';
import { profileServer } from './support/profile.ts';
import type { Outcome, Verdict } from './support/results.ts';
import { type Contender, checkedOf, interleave, ratesOf, rowOf } from './support/rounds.ts';
import { openStage, type Stage } from './support/stage.ts';
import { ratios } from './support/statistics.ts';

/** Connections, each with a call under way. */
const CONNECTIONS = 64;
/** No contender answers more in a round. */
const MOST = 500_000;

/** P2: recordEvent, one event a request, against servers that do nothing and one that does it the usual way. */
export async function p2(bench: Bench): Promise<Outcome> {
  await using stage = await openStage(bench);
  await using prismaStage = await openStage(bench);
  await using parts = new AsyncDisposableStack();
  const laurel = singleContender(bench, stage, 'Laurel');
  const bare = await emptyContender(bench, parts, 'graphql-js', 'node:http + graphql-js, empty mutation');
  const yoga = await emptyContender(bench, parts, 'yoga', 'stock Yoga, empty mutation');
  const prisma = await prismaContender(bench, parts, prismaStage);
  const contenders = [laurel, bare, yoga, prisma];
  const rounds = await interleave(bench, contenders);
  const books = await checkBooks(stage.databaseUrl);
  const against = (other: Contender, atLeast: number): Verdict => ({
    name: `Laurel / ${other.name}`,
    unit: 'x',
    values: ratios(ratesOf(rounds, laurel.name), ratesOf(rounds, other.name)),
    reach: { atLeast },
  });
  return {
    rows: contenders.map((contender) => rowOf(contender, rounds.get(contender.name) ?? [])),
    verdicts: [against(bare, 0.35), against(yoga, 2), against(prisma, 10)],
    notes: [
      `${CONNECTIONS} keep-alive connections, each with one request under way, rounds of ${laurel.job.seconds} s; ` +
        `${USERS.toLocaleString('en')} users, the default catalog. The Prisma transaction stands behind node:http + graphql-js.`,
      checkedOf(rounds.values()),
      books,
    ],
    ...(bench.profile ? { profile: await profileServer(bench, stage, laurel) } : {}),
  };
}

/** A Laurel under recordEvent: over keep-alive connections, or over one WebSocket. */
export function singleContender(
  bench: Bench,
  { databaseUrl, key, servers }: Stage,
  name: string,
  kind: 'single' | 'socket' = 'single',
): Contender {
  return {
    name,
    unit: 'events/s',
    pids: servers.map(({ pid }) => pid),
    databaseUrl,
    job: {
      kind,
      urls: servers.map(({ url }) => url),
      key,
      users: USERS,
      inFlight: CONNECTIONS,
      perCall: 1,
      most: MOST,
      seconds: sized(bench, 5, 2),
      databaseUrl,
    },
  };
}

async function emptyContender(
  bench: Bench,
  parts: AsyncDisposableStack,
  server: string,
  name: string,
): Promise<Contender> {
  const { child, url } = await startBaseline(parts, server, {});
  return {
    name,
    unit: 'requests/s',
    pids: [child.pid],
    databaseUrl: null,
    job: {
      kind: 'empty',
      urls: [url],
      key: null,
      users: USERS,
      inFlight: CONNECTIONS,
      perCall: 1,
      most: MOST,
      seconds: sized(bench, 5, 2),
      databaseUrl: null,
    },
  };
}

async function prismaContender(bench: Bench, parts: AsyncDisposableStack, stage: Stage): Promise<Contender> {
  const { child, url } = await startBaseline(parts, 'prisma', { DATABASE_URL: stage.databaseUrl });
  const name = 'one interactive Prisma transaction an event';
  const own = singleContender(bench, stage, name);
  return { ...own, pids: [child.pid], job: { ...own.job, urls: [url], key: null } };
}

async function startBaseline(
  parts: AsyncDisposableStack,
  server: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ child: Child; url: string }> {
  const argv = ['bench/baselines/server.ts', server];
  const child = parts.use(launch(argv, { NODE_ENV: 'production', ...environment }));
  const [, url = ''] = await child.says(/serves (http:\S+)\/graphql/, 30_000);
  return { child, url };
}
