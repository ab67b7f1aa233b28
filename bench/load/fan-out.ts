/**
 * The generator of fan-out: a process of its own that opens its sockets, has each subscribe to the same board, makes one update after the other
 * and waits until each client has it. Its job is its argument, what it saw is the one line it prints. Run by p7.ts.
 */
import { deepStrictEqual } from 'node:assert';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { backendSeconds } from '../support/databases.ts';
import { cpuSeconds, residentMb, usedBetween } from '../support/processes.ts';
import { cpuMs } from './drive.ts';
import type { FannedOut, FanOutJob } from './fan-out-job.ts';
import { openFollowers } from './followers.ts';
import { openHttp } from './http.ts';
import { entriesAfter, moverOf } from './moving-board.ts';
import { operationOf } from './operations.ts';
import type { Transport } from './transport.ts';

/** Between the arrival at the last client and the next update, milliseconds: longer than a board waits between two frames. */
const PAUSE_MS = 350;
/** What subscribing leaves behind, garbage and memory freed late, has so long, milliseconds. */
const SETTLE_MS = 1_000;
/** Updates that are counted however long they take. */
const LEAST = 3;

const job = JSON.parse(process.argv[2] ?? '') as FanOutJob;
if (new URL(job.url).hostname !== '127.0.0.1') throw new Error(`only loopback is loaded, not ${job.url}`);

const emptyMb = await residentMb(job.pid);
const openedAt = performance.now();
const followers = await openFollowers(new URL(job.url), job.sockets);
const subscribeSeconds = (performance.now() - openedAt) / 1_000;
await wait(SETTLE_MS);
const fullMb = await residentMb(job.pid);

const record = operationOf({ kind: 'single' });

/** Makes an update; resolves at the answer. @throws when it is not what was asked for */
async function trigger(control: Transport, update: number): Promise<number> {
  const body = job.key === null ? JSON.stringify({ update }) : record.body([moverOf(update, job.run)]);
  const { promise, resolve } = Promise.withResolvers<string>();
  let answeredAt = 0;
  control.send(0, body, (answer) => {
    answeredAt = performance.now();
    resolve(answer);
  });
  const answer = await promise;
  const [refusal] = job.key === null ? [] : record.read(answer, 1);
  if (refusal != null) throw new Error(`update ${update} is answered with ${refusal}`);
  return answeredAt;
}

const fromAnswerMs: number[] = [];
const fromSendMs: number[] = [];
let generatorMs = 0;
let serverSeconds = 0;
let isServerKnown = true;

/** Makes an update and waits until all have it. */
async function spread(update: number, isCounted: boolean): Promise<void> {
  // A connection an update: one that is kept would be closed by a server whose updates take long.
  const control = await openHttp({ urls: [job.url], key: job.key, inFlight: 1 });
  const arrived = followers.expect(update);
  const serverBefore = await cpuSeconds(job.pid);
  const ownBefore = process.cpuUsage();
  const sentAt = performance.now();
  const [answeredAt, { firstAt, lastAt, message }] = await Promise.all([trigger(control, update), arrived]);
  const ownMs = cpuMs(ownBefore);
  control.close();
  const serverAfter = await cpuSeconds(job.pid);
  const { payload } = JSON.parse(message) as { payload: { data: { leaderboardUpdated: { entries: unknown } } } };
  deepStrictEqual(payload.data.leaderboardUpdated.entries, entriesAfter(update), `the board of update ${update}`);
  if (isCounted) {
    fromAnswerMs.push(lastAt - Math.min(answeredAt, firstAt));
    fromSendMs.push(lastAt - sentAt);
    generatorMs += ownMs;
    serverSeconds += (serverAfter ?? 0) - (serverBefore ?? 0);
    isServerKnown &&= serverBefore !== null && serverAfter !== null;
  }
  await wait(PAUSE_MS);
}

let update = job.firstUpdate;
for (let count = 0; count < job.warmUps; count += 1, update += 1) await spread(update, false);
const databaseBefore = await databaseSeconds();
const stopAt = performance.now() + job.seconds * 1_000;
for (let count = 0; count < job.updates; count += 1, update += 1) {
  if (count >= LEAST && performance.now() > stopAt) break;
  await spread(update, true);
}
const databaseAfter = await databaseSeconds();
await followers.close();

/** Of the database's processes, by id. */
async function databaseSeconds(): Promise<ReadonlyMap<number, number>> {
  return job.databaseUrl === null ? new Map() : backendSeconds(job.databaseUrl);
}

const seconds = fromSendMs.reduce((sum, ms) => sum + ms, 0) / 1_000;
const databaseUsed = usedBetween(databaseBefore, databaseAfter);
const seen: FannedOut = {
  subscribeSeconds,
  fromAnswerMs,
  fromSendMs,
  messageBytes: followers.messageBytes(),
  otherFrames: followers.otherFrames(),
  serverShare: isServerKnown ? serverSeconds / seconds : null,
  databaseShare: job.databaseUrl === null ? null : databaseUsed / seconds,
  generatorShare: generatorMs / 1_000 / seconds,
  perCoreSecond: isServerKnown ? (job.sockets * fromSendMs.length) / (serverSeconds + databaseUsed) : null,
  kbPerSocket: emptyMb === null || fullMb === null ? null : ((fullMb - emptyMb) * 1_024) / job.sockets,
};
process.stdout.write(`${JSON.stringify(seen)}\n`);
