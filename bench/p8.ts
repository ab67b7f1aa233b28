import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KEY, type Spread, type Toasted, type ToastsJob } from './load/toasts-job.ts';
import { type Bench, sized } from './support/bench.ts';
import { checkBooks } from './support/books.ts';
import { jwtSecret, type LaurelServer } from './support/laurel.ts';
import { run } from './support/processes.ts';
import { profileWork } from './support/profile.ts';
import type { Outcome, Row, Verdict } from './support/results.ts';
import { processorOf } from './support/rounds.ts';
import { openStage, type Stage } from './support/stage.ts';
import { median } from './support/statistics.ts';

const RATES = [1_000, 3_000];
const SOCKETS = 500;
const CONNECTIONS = 256;
const WARM_UP_SECONDS = 2;
/** Of a rate that is not kept up with, what comes late is waited for; this share of it counts as sustained. */
const SUSTAINED = 0.98;

/** P8: from the moment an event is to be sent to its toast at the player. */
export async function p8(bench: Bench): Promise<Outcome> {
  const seconds = sized(bench, 10, 2);
  const most = Math.ceil(((seconds + WARM_UP_SECONDS) * Math.max(...RATES)) / SOCKETS);
  const runs = RATES.length * bench.rounds + (bench.profile ? 1 : 0);
  await using catalog = await writeCatalog(most);
  await using stage = await openStage(bench, { redis: true, catalogPath: catalog.path, users: runs * SOCKETS });
  const [server] = stage.servers;
  if (server === undefined) throw new Error('no server');
  const seen = new Map(RATES.map((perSecond) => [perSecond, [] as Toasted[]]));
  let firstPlayer = 0;
  const play = async (on: LaurelServer, perSecond: number, name: string): Promise<Toasted> => {
    const toasted = await toast(bench, stage, on, { perSecond, firstPlayer, seconds, run: `p8.${name}.${perSecond}` });
    firstPlayer += SOCKETS;
    bench.print(`  ${name} ${perSecond.toLocaleString('en')}/s: ${detailsOf([toasted])}`);
    return toasted;
  };
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const perSecond of RATES) seen.get(perSecond)?.push(await play(server, perSecond, `r${round}`));
  }
  const profiled = (on: LaurelServer): Promise<unknown> => play(on, RATES[0] ?? 0, 'profile');
  const profile = bench.profile ? await profileWork(stage, profiled) : undefined;
  const rounds = (perSecond: number): Toasted[] => seen.get(perSecond) ?? [];
  return {
    rows: RATES.flatMap((perSecond) => rowsOf(perSecond, rounds(perSecond))),
    verdicts: verdictsOf(rounds),
    notes: [
      `${SOCKETS} players with a token and a socket each; the game server sends recordEvent over at most ${CONNECTIONS} keep-alive connections, ` +
        `${seconds} s after ${WARM_UP_SECONDS} s uncounted; every event unlocks the next achievement of its player. Times run from the moment an event ` +
        'was to be sent, also while it waits for a connection.',
      `${[...seen.values()]
        .flat()
        .reduce((sum, { sent }) => sum + sent, 0)
        .toLocaleString('en')} counted events, each toast looked for: none missing, none twice.`,
      await checkBooks(stage.databaseUrl),
    ],
    ...(profile === undefined ? {} : { profile }),
  };
}

/** A catalog in which each of a player's first so many events unlocks something. */
async function writeCatalog(events: number): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), 'laurel-bench-'));
  const file = path.join(folder, 'toasts.yaml');
  const achievements = Array.from({ length: events }, (_, index) => {
    const nth = index + 1;
    const texts = `name: { en: Login ${nth} }, description: { en: Log in ${nth} times }`;
    return `  ${KEY}${nth}: { ${texts}, rarity: common, points: 1, when: { metric: logins, atLeast: ${nth} } }`;
  });
  const lines = [
    'laurel: 1',
    'name: Toasts',
    'locales: [en]',
    'eventTypes:',
    '  login: { name: { en: Login }, points: 1 }',
    'metrics:',
    '  logins: { name: { en: Logins }, count: login }',
    'achievements:',
    ...achievements,
    'leaderboards:',
    '  score: { name: { en: Score }, metric: score }',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return { path: file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

/** @throws when a toast is missing, or came twice */
async function toast(
  bench: Bench,
  { key, databaseUrl }: Stage,
  { url, pid }: LaurelServer,
  own: Pick<ToastsJob, 'perSecond' | 'firstPlayer' | 'seconds' | 'run'>,
): Promise<Toasted> {
  bench.signal.throwIfAborted();
  const job: ToastsJob = {
    ...own,
    url,
    pid,
    key,
    databaseUrl,
    secret: jwtSecret,
    sockets: SOCKETS,
    connections: CONNECTIONS,
    warmUpSeconds: WARM_UP_SECONDS,
  };
  const printed = await run(['bench/load/toasts.ts', JSON.stringify(job)], { NODE_ENV: 'production' }, bench.signal);
  const toasted = JSON.parse(printed) as Toasted;
  const { sent, delivered, doubled } = toasted;
  if (delivered !== sent || doubled > 0) {
    throw new Error(`of ${sent} toasts ${sent - delivered} are missing, ${doubled} came twice`);
  }
  return toasted;
}

const rateOf = ({ delivered, elapsedSeconds }: Toasted): number => delivered / elapsedSeconds;

function rowsOf(perSecond: number, rounds: readonly Toasted[]): Row[] {
  const name = `${perSecond.toLocaleString('en')} events/s`;
  return [
    {
      name: `${name}, to the toast`,
      unit: 'ms p99',
      values: rounds.map(({ toast: { p99Ms } }) => p99Ms),
      details: detailsOf(rounds),
    },
    { name: `${name}, toasts`, unit: 'toasts/s', values: rounds.map(rateOf), details: '' },
  ];
}

function detailsOf(rounds: readonly Toasted[]): string {
  const of = (pick: (toasted: Toasted) => number): string => median(rounds.map(pick)).toFixed(1);
  const spread = (pick: (toasted: Toasted) => Spread): string =>
    `p50 ${of((toasted) => pick(toasted).p50Ms)} ms, p99 ${of((toasted) => pick(toasted).p99Ms)} ms`;
  return (
    `toast ${spread(({ toast: own }) => own)}; answer ${spread(({ answer }) => answer)}; sent late by ${spread(({ lag }) => lag)}; ` +
    `${Math.round(median(rounds.map(rateOf))).toLocaleString('en')} toasts/s; ${processorOf(rounds)}`
  );
}

function verdictsOf(rounds: (perSecond: number) => readonly Toasted[]): Verdict[] {
  const [slow = 0, fast = 0] = RATES;
  const to = (perSecond: number, what: string): string => `${perSecond.toLocaleString('en')} events/s: ${what}`;
  const p50s = rounds(slow).map((toasted) => toasted.toast.p50Ms);
  const p99s = (perSecond: number): number[] => rounds(perSecond).map((toasted) => toasted.toast.p99Ms);
  return [
    { name: to(slow, 'toast p50'), unit: 'ms', values: p50s, reach: { atMost: 2 } },
    { name: to(slow, 'toast p99'), unit: 'ms', values: p99s(slow), reach: { atMost: 15 } },
    { name: to(fast, 'toast p99'), unit: 'ms', values: p99s(fast), reach: { atMost: 25 } },
    {
      name: to(fast, 'toasts sustained'),
      unit: 'toasts/s',
      values: rounds(fast).map(rateOf),
      reach: { atLeast: fast * SUSTAINED },
    },
  ];
}
