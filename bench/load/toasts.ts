/**
 * The generator of events and toasts: a process of its own that follows players on a socket each, sends events at a steady rate, whether or
 * not earlier ones are answered, and takes the time from the moment each was to be sent to its toast. Its job is its argument, what it saw is
 * the one line it prints. Every event of a player unlocks his next achievement. Run by p8.ts.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { backendSeconds } from '../support/databases.ts';
import { cpuSeconds, usedBetween } from '../support/processes.ts';
import { cpuMs } from './drive.ts';
import { openHttp } from './http.ts';
import { quantile } from './job.ts';
import { operationOf } from './operations.ts';
import { closeSockets, openSockets, readPlayers, tokenOf } from './player-sockets.ts';
import { KEY, type Spread, type Toasted, type ToastsJob } from './toasts-job.ts';

/** Subscriptions that were sent have so long to be taken, milliseconds. */
const SETTLE_MS = 1_000;
/** Without another toast for so long, milliseconds, those that are missing count as missing. */
const STUCK_MS = 15_000;
const LOOK_MS = 50;
const MARK = Buffer.from(`"key":"${KEY}`);
const QUERY = `subscription ($after: String) {
  achievementUnlocked(after: $after) { achievement { key rarity points } cursor title }
}`;

const job = JSON.parse(process.argv[2] ?? '') as ToastsJob;
if (new URL(job.url).hostname !== '127.0.0.1') throw new Error(`only loopback is loaded, not ${job.url}`);
const uncounted = job.warmUpSeconds * job.perSecond;
const total = uncounted + job.seconds * job.perSecond;

/** By number of the event; NaN: not yet. */
const times = (): Float64Array => new Float64Array(total).fill(Number.NaN);
const [toastMs, answerMs, lagMs] = [times(), times(), times()];
let startedAt = 0;
let arrived = 0;
let doubled = 0;
let lastAt = 0;

/** Events are dealt out to the players in turn: the nth achievement of a player is that of his nth event. */
function arrive(player: number, payload: Buffer): void {
  const at = payload.indexOf(MARK);
  if (at < 0) throw new Error(`not a toast: ${payload.toString('utf8').slice(0, 500)}`);
  const nth = Number.parseInt(payload.toString('latin1', at + MARK.length, at + MARK.length + 9), 10);
  const event = (nth - 1) * job.sockets + player;
  lastAt = performance.now();
  if (Number.isNaN(toastMs[event])) arrived += 1;
  else doubled += 1;
  toastMs[event] = lastAt - dueAt(event);
}

function dueAt(event: number): number {
  return startedAt + (event * 1_000) / job.perSecond;
}

const players = await readPlayers(job.url, job.key, job.firstPlayer, job.sockets);
const tokens = await Promise.all(players.map(({ userId }) => tokenOf(job.secret, userId)));
const sockets = await openSockets(
  new URL(job.url),
  players.map(({ cursor }, player) => ({
    token: tokens[player] ?? '',
    subscriptions: [{ query: QUERY, variables: { after: cursor } }],
    onMessage: (payload) => arrive(player, payload),
  })),
);
const transport = await openHttp({ urls: [job.url], key: job.key, inFlight: job.connections });
await wait(SETTLE_MS);

const operation = operationOf({ kind: 'single' });
const free = Array.from({ length: job.connections }, (_, caller) => caller);
let sent = 0;
let due = 0;

/** Sends what is due while a connection is free. */
function pump(): void {
  // In turn: a server closes a connection that idles for 5 s.
  while (sent < due && free.length > 0) send(sent++, free.shift() ?? 0);
}

function send(event: number, caller: number): void {
  const user = job.firstPlayer + (event % job.sockets);
  lagMs[event] = performance.now() - dueAt(event);
  const body = operation.body([{ user, type: 'login', idempotencyKey: `${job.run}-${event}` }]);
  transport.send(caller, body, (answer) => {
    answerMs[event] = performance.now() - dueAt(event);
    const [refusal] = operation.read(answer, 1);
    if (refusal != null) throw new Error(`event ${event} is answered with ${refusal}`);
    free.push(caller);
    pump();
  });
}

/** Processor seconds so far. */
interface Used {
  readonly server: number | null;
  readonly database: ReadonlyMap<number, number>;
  readonly own: NodeJS.CpuUsage;
}

async function used(): Promise<Used> {
  const [server, database] = await Promise.all([cpuSeconds(job.pid), backendSeconds(job.databaseUrl)]);
  return { server, database, own: process.cpuUsage() };
}

startedAt = performance.now();
let before: Promise<Used> | null = null;
while (due < total) {
  due = Math.min(total, 1 + Math.floor(((performance.now() - startedAt) * job.perSecond) / 1_000));
  pump();
  if (due >= uncounted) before ??= used();
  await wait(1);
}
for (lastAt = performance.now(); arrived < total && performance.now() - lastAt < STUCK_MS; ) await wait(LOOK_MS);
const [from, to] = [await before, await used()];
transport.close();
await closeSockets(sockets);

function spreadOf(all: Float64Array): Spread {
  const known = all.subarray(uncounted).filter((ms) => !Number.isNaN(ms));
  return { p50Ms: quantile(known, 0.5), p99Ms: quantile(known, 0.99) };
}

const elapsedSeconds = (lastAt - dueAt(uncounted)) / 1_000;
const delivered = toastMs.subarray(uncounted).filter((ms) => !Number.isNaN(ms)).length;
const server = from?.server == null || to.server === null ? null : to.server - from.server;
const database = usedBetween(from?.database ?? new Map(), to.database);
const seen: Toasted = {
  sent: total - uncounted,
  delivered,
  doubled,
  elapsedSeconds,
  toast: spreadOf(toastMs),
  answer: spreadOf(answerMs),
  lag: spreadOf(lagMs),
  serverShare: server === null ? null : server / elapsedSeconds,
  databaseShare: database / elapsedSeconds,
  generatorShare: cpuMs(from?.own ?? process.cpuUsage()) / 1_000 / elapsedSeconds,
  perCoreSecond: server === null ? null : delivered / (server + database),
};
process.stdout.write(`${JSON.stringify(seen)}\n`);
