/**
 * The baseline of P1: a bare prototype, one SQL statement a batch, on one connection. Callers hand in an event each; whenever the
 * connection is free it takes all that wait. No HTTP, no GraphQL, no authentication. A process of its own; its job is its argument,
 * what it saw is the one line it prints. Run by p1.ts.
 */
import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { checkKeys } from '../load/check-keys.ts';
import { cpuMs } from '../load/drive.ts';
import { type PlannedEvent, planOf } from '../load/events.ts';
import { type Job, type Loaded, quantile } from '../load/job.ts';
import { cpuSeconds } from '../support/processes.ts';
import { BATCH, RECORD } from './statement-sql.ts';

interface Waiting {
  readonly event: PlannedEvent;
  readonly done: (isRecorded: boolean) => void;
}

const job = JSON.parse(process.argv[2] ?? '') as Job;
const client = new pg.Client({ connectionString: job.databaseUrl ?? '', application_name: 'laurel-bench' });
await client.connect();
const users = (await client.query<{ id: string }>('select id from bench_users order by number')).rows.map(
  ({ id }) => id,
);

const waiting: Waiting[] = [];
let isBusy = false;

/** Takes what waits as one statement; answers each caller after the commit. */
async function take(): Promise<void> {
  isBusy = true;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, BATCH);
    const ids = batch.map(() => uuidv7());
    const { rows } = await client.query<{ id: string; unlocked: string[] | null }>({
      name: 'record',
      text: RECORD,
      values: [
        batch.map(({ event }) => users[event.user]),
        ids,
        batch.map(({ event }) => createHash('sha256').update(event.idempotencyKey).digest('hex').slice(0, 32)),
        batch.map(({ event }) => event.idempotencyKey),
        batch.map(({ event }) => event.type),
      ],
    });
    const recorded = new Set(rows.map(({ id }) => id));
    for (const [place, { done }] of batch.entries()) done(recorded.has(ids[place] ?? ''));
  }
  isBusy = false;
}

const plan = planOf(job.run, job.users);
const acknowledged = new Uint8Array(job.most);
const latencies = new Float64Array(job.most);
let sent = 0;
let answered = 0;

async function caller(stopAt: number): Promise<void> {
  while (sent < job.most && performance.now() < stopAt) {
    const index = sent;
    sent += 1;
    const at = performance.now();
    const isRecorded = await new Promise<boolean>((done) => {
      waiting.push({ event: plan(index), done });
      if (!isBusy) queueMicrotask(() => !isBusy && void take());
    });
    latencies[answered] = performance.now() - at;
    answered += 1;
    if (isRecorded) acknowledged[index] = 1;
  }
}

const backend = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
const databaseBefore = await cpuSeconds(backend);
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
await Promise.all(Array.from({ length: job.inFlight }, () => caller(startedAt + job.seconds * 1_000)));
const elapsed = performance.now() - startedAt;
const cpuShare = cpuMs(cpuBefore) / elapsed;
const databaseAfter = await cpuSeconds(backend);
await client.end();
const recorded = acknowledged.reduce((sum, one) => sum + one, 0);
const loaded: Loaded = {
  acknowledged: recorded,
  seconds: elapsed / 1_000,
  p50Ms: quantile(latencies.subarray(0, answered), 0.5),
  p99Ms: quantile(latencies.subarray(0, answered), 0.99),
  cpuShare,
  databaseShare:
    databaseBefore === null || databaseAfter === null ? null : ((databaseAfter - databaseBefore) * 1_000) / elapsed,
  refused: recorded === answered ? {} : { replayed: answered - recorded },
  check: await checkKeys(job.databaseUrl ?? '', job.run, acknowledged),
};
process.stdout.write(`${JSON.stringify(loaded)}\n`);
