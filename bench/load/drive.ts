import { performance } from 'node:perf_hooks';
import { planOf } from './events.ts';
import { type Job, type Loaded, quantile } from './job.ts';
import { operationOf } from './operations.ts';
import type { Transport } from './transport.ts';

/** What a run acknowledged: for each event number 1 or 0. */
export interface Driven {
  readonly loaded: Omit<Loaded, 'check'>;
  readonly acknowledged: Uint8Array;
}

/** Keeps `inFlight` calls under way until `most` events are sent or the time is over, then waits for the last answer. */
export async function drive(job: Job, transport: Transport): Promise<Driven> {
  const operation = operationOf(job);
  const plan = planOf(job.run, job.users);
  const acknowledged = new Uint8Array(job.most);
  const latencies = new Float64Array(Math.ceil(job.most / job.perCall));
  const refused: Record<string, number> = {};
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const keep = (from: number, verdicts: readonly (string | null)[]): void => {
    for (const [place, verdict] of verdicts.entries()) {
      if (verdict === null) acknowledged[from + place] = 1;
      else refused[verdict] = (refused[verdict] ?? 0) + 1;
    }
  };
  let sent = 0;
  let calls = 0;
  let working = job.inFlight;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const stopAt = startedAt + job.seconds * 1_000;

  const step = (caller: number): void => {
    const from = sent;
    const count = Math.min(job.perCall, job.most - from);
    const at = performance.now();
    if (count <= 0 || at > stopAt) {
      working -= 1;
      if (working === 0) end();
      return;
    }
    sent += count;
    const body = operation.body(Array.from({ length: count }, (_, place) => plan(from + place)));
    transport.send(caller, body, (answer) => {
      latencies[calls] = performance.now() - at;
      calls += 1;
      keep(from, operation.read(answer, count));
      step(caller);
    });
  };
  for (let caller = 0; caller < job.inFlight; caller += 1) step(caller);
  await ended;
  const elapsedMs = performance.now() - startedAt;
  const cpuShare = cpuMs(cpuBefore) / elapsedMs;
  const times = timesOf(latencies.subarray(0, calls), elapsedMs);
  const count = acknowledged.reduce((sum, one) => sum + one, 0);
  return { acknowledged, loaded: { acknowledged: count, ...times, cpuShare, databaseShare: null, refused } };
}

function timesOf(latencies: Float64Array, elapsedMs: number): Pick<Loaded, 'seconds' | 'p50Ms' | 'p99Ms'> {
  return { seconds: elapsedMs / 1_000, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
}

/** Processor milliseconds of this process since then. */
export function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}
