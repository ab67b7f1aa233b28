/**
 * Reads a sorted set through ioredis as a board is read, so many calls under way; prints what it saw. The set is named by the hash of
 * the one url of its job. Run by P6.
 */
import { Redis } from 'ioredis';
import { cpuMs } from '../load/drive.ts';
import { planOf } from '../load/events.ts';
import { type Job, type Loaded, quantile } from '../load/job.ts';

const job = JSON.parse(process.argv[2] ?? '') as Job;
const { href, hash } = new URL(job.urls[0] ?? '');
const redis = new Redis(href.slice(0, href.length - hash.length));
const key = hash.slice(1);
const plan = planOf(job.run, job.users);

const reads: Record<string, (member: string) => Promise<unknown>> = {
  boardTop: () => redis.zrange(key, 0, 9, 'REV', 'WITHSCORES'),
  boardAround: async (member) => {
    const rank = (await redis.zrevrank(key, member)) ?? 0;
    return redis.zrange(key, Math.max(0, rank - 5), rank + 5, 'REV', 'WITHSCORES');
  },
  boardEntry: (member) => Promise.all([redis.zrevrank(key, member), redis.zscore(key, member)]),
};
const read = reads[job.kind];
if (read === undefined) throw new Error(`no reading of ${job.kind}`);

const latencies = new Float64Array(job.most);
let calls = 0;
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
const stopAt = startedAt + job.seconds * 1_000;
await Promise.all(
  Array.from({ length: job.inFlight }, async () => {
    for (let at = performance.now(); at < stopAt && calls < job.most; at = performance.now()) {
      await read(`player-${plan(calls).user}`);
      latencies[calls] = performance.now() - at;
      calls += 1;
    }
  }),
);
const elapsedMs = performance.now() - startedAt;
const cpuShare = cpuMs(cpuBefore) / elapsedMs;
redis.disconnect();
const times = latencies.subarray(0, calls);
const seen: Loaded = {
  acknowledged: calls,
  seconds: elapsedMs / 1_000,
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
  cpuShare,
  databaseShare: null,
  refused: {},
  check: null,
};
process.stdout.write(`${JSON.stringify(seen)}\n`);
