/**
 * The load generator: a process of its own, on loopback, bounded in count and time; it ends by itself. Its job is its argument,
 * what it saw is the one line it prints. Run by the figures, through support/generator.ts.
 */
import { checkKeys } from './check-keys.ts';
import { drive } from './drive.ts';
import { openHttp } from './http.ts';
import type { Job, Loaded } from './job.ts';
import { openSocket } from './socket.ts';

/** A server has so long for its last answers, seconds. */
const LATE_S = 60;

const job = JSON.parse(process.argv[2] ?? '') as Job;
const strangers = job.urls.filter((url) => new URL(url).hostname !== '127.0.0.1');
if (strangers.length > 0) throw new Error(`only loopback is loaded, not ${strangers.join(', ')}`);

const late = setTimeout(
  () => {
    throw new Error(`not over ${LATE_S} s after the last call was sent`);
  },
  (job.seconds + LATE_S) * 1_000,
);
const transport = await (job.kind === 'socket' ? openSocket(job) : openHttp(job));
const { loaded, acknowledged } = await drive(job, transport);
transport.close();
clearTimeout(late);
const check = job.databaseUrl === null ? null : await checkKeys(job.databaseUrl, job.run, acknowledged);
process.stdout.write(`${JSON.stringify({ ...loaded, check } satisfies Loaded)}\n`);
