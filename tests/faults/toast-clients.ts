/**
 * Games that follow their players, thousands of them in a process of its own, each with a socket. Its argument is the file of its job. It
 * prints `told <n>` once every one was told its nth message, and when it is ended what they were told.
 */
import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';
import type { FeedItem } from '../../src/client/feed.ts';
import { createLaurel, memoryStorage } from '../../src/client/index.ts';
import type { ClientsJob, ClientsTold } from './clients-job.ts';

/** Games that have not been told anything yet: a server is not to meet all at once for the first time. */
const MOST_STARTING = 64;

const job = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as ClientsJob;
if (new URL(job.url).hostname !== '127.0.0.1') throw new Error(`only loopback is loaded, not ${job.url}`);

const toldSeqs: number[][] = [];
const counts: number[] = [];
let resets = 0;
const errors: Record<string, number> = {};

function take(seqs: number[], item: FeedItem, first: () => void): void {
  if (item.kind === 'reset') {
    resets += 1;
    return;
  }
  seqs.push(Number(Buffer.from(item.cursor, 'base64url').toString().split('.').at(-1)));
  const nth = seqs.length;
  if (nth === 1) first();
  counts[nth] = (counts[nth] ?? 0) + 1;
  if (counts[nth] === job.players.length) process.stdout.write(`told ${nth}\n`);
}

async function play({ externalId, cursor }: ClientsJob['players'][number]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const seqs: number[] = [];
  toldSeqs.push(seqs);
  const storage = memoryStorage();
  storage.set(`laurel:${job.url}:externalId:${externalId}:cursor`, cursor);
  const onError = ({ code }: { readonly code: string }): void => {
    errors[code] = (errors[code] ?? 0) + 1;
  };
  const random = (): number => Math.random() * job.chance;
  const user = { externalId };
  const client = createLaurel({ url: job.url, user, storage, webSocketImpl: WebSocket, random, onError });
  client.follow((item) => take(seqs, item, resolve));
  await promise;
}

process.once('SIGTERM', () => {
  const report: ClientsTold = { told: toldSeqs.map((seqs) => seqs.join()), resets, errors };
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
});
const left = [...job.players];
const starter = async (): Promise<void> => {
  for (let player = left.pop(); player !== undefined; player = left.pop()) await play(player);
};
await Promise.all(Array.from({ length: MOST_STARTING }, starter));
