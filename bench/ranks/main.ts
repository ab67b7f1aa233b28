/**
 * Measures a structure of ranks in a process of its own: nothing else is in its memory. Its job is its argument, what it saw is the one
 * line it prints. Wants --expose-gc. Run by P6.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { uuidv7 } from 'uuidv7';
import type { Standing } from '../../src/engine/ranking.ts';
import type { LoadedEntry } from '../../src/ranking/rank-index.ts';
import { laurelRanks, type RanksContender, sortedArray } from './contenders.ts';
import type { OrderSeen, RanksJob, RanksSeen } from './job.ts';
import { measuredOrder } from './order.ts';

const PAGE = 5_000;
const VALUES = 1_000_000;
const START = Date.UTC(2026, 0, 5);
const MEGA = 1_000_000;
/** Of a call that asks for many, and of one that brings many. */
const MANY_READS = 50;
const MANY_UPDATES = 500;

const job = JSON.parse(process.argv[2] ?? '') as RanksJob;
/** As they come from the wire: flat, and not in pieces that the first reader would join. */
const userIds = Array.from({ length: job.users }, () => Buffer.from(uuidv7()).toString('latin1'));
const random = (below: number): number => Math.floor(Math.random() * below);
const randomUser = (): string => userIds[random(job.users)] ?? '';
const standingOf = (userId: string): Standing => ({
  userId,
  value: random(VALUES),
  achievedAt: START + random(VALUES),
});

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MEGA;
}

async function memory(): Promise<{ buffers: number; heap: number }> {
  if (globalThis.gc === undefined) throw new Error('memory is measured with --expose-gc');
  // Buffers are freed beside, after the collection that found them.
  for (let times = 0; times < 3; times += 1) {
    globalThis.gc();
    await wait(100);
  }
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return { buffers: arrayBuffers / MEGA, heap: heapUsed / MEGA };
}

async function* pages(): AsyncGenerator<LoadedEntry[]> {
  for (let from = 0; from < userIds.length; from += PAGE) {
    yield userIds.slice(from, from + PAGE).map((userId) => ({ ...standingOf(userId), by: '', version: 1 }));
  }
}

/** Loads, and looks meanwhile how long others wait for a turn. */
async function load(ranks: RanksContender): Promise<Pick<RanksSeen, 'loadSeconds' | 'longestTurnMs'>> {
  let longestTurnMs = 0;
  let isOver = false;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    longestTurnMs = Math.max(longestTurnMs, now - last);
    last = now;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  const before = processorSeconds();
  await ranks.load(pages());
  const loadSeconds = processorSeconds() - before;
  look();
  isOver = true;
  return { loadSeconds, longestTurnMs };
}

/** Operations a second; `perCall` of them in each call. */
async function rate(count: number, perCall: number, call: () => Promise<unknown>): Promise<number> {
  const calls = Math.ceil(count / perCall);
  for (let at = 0; at < calls / 4; at += 1) await call();
  const before = processorSeconds();
  for (let at = 0; at < calls; at += 1) await call();
  return (calls * perCall) / (processorSeconds() - before);
}

async function measure(): Promise<RanksSeen> {
  const before = await memory();
  const ranks = job.structure === 'laurel' ? laurelRanks() : sortedArray();
  const loaded = await load(ranks);
  const many = <Item>(length: number, item: () => Item): Item[] => Array.from({ length }, item);
  const ranksPerSecond = await rate(job.reads, 1, () => ranks.positions([randomUser()]));
  const manyRanksPerSecond = await rate(job.reads, MANY_READS, () => ranks.positions(many(MANY_READS, randomUser)));
  const pagesPerSecond = await rate(job.reads / 10, 1, () => ranks.page(random(job.users - 10), 10));
  let version = 1;
  const updatesPerSecond = await rate(job.updates, MANY_UPDATES, () => {
    version += 1;
    return ranks.update(
      version,
      many(MANY_UPDATES, () => standingOf(randomUser())),
    );
  });
  const after = await memory();
  const [only] = await ranks.positions([randomUser()]);
  if (only == null) throw new Error('a user has no place');
  return {
    ...loaded,
    ranksPerSecond,
    manyRanksPerSecond,
    pagesPerSecond,
    updatesPerSecond,
    buffersMb: after.buffers - before.buffers,
    heapMb: after.heap - before.heap,
  };
}

/** The order alone, without looking for users by their ids. */
function measureOrder(): OrderSeen {
  const moment = (): number => START + random(VALUES);
  const order = measuredOrder(job.users, () => random(VALUES), moment);
  let sum = 0;
  const each = (count: number, work: () => void): number => {
    for (let at = 0; at < count / 4; at += 1) work();
    const before = processorSeconds();
    for (let at = 0; at < count; at += 1) work();
    return count / (processorSeconds() - before);
  };
  const positionsPerSecond = each(job.reads, () => {
    sum += order.position(random(job.users));
  });
  const movesPerSecond = each(job.updates, () => order.move(random(job.users), random(VALUES), moment()));
  // A compiler leaves out what goes nowhere.
  if (sum < 0) throw new Error('a position is negative');
  return { positionsPerSecond, movesPerSecond };
}

const seen = job.structure === 'order' ? measureOrder() : await measure();
process.stdout.write(`${JSON.stringify(seen)}\n`);
