/**
 * The generator of quiet sockets: a process of its own that opens sockets, each with two subscriptions, of a player's toasts and of a board,
 * prints `held` once each board has come, and holds them until it is ended. Its job is its argument. Run by p9.ts.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { SUBSCRIPTION } from './moving-board.ts';
import { closeSockets, openSockets, readPlayers, tokenOf } from './player-sockets.ts';
import type { QuietJob } from './quiet-job.ts';

/** What subscribing leaves behind has so long, milliseconds. */
const SETTLE_MS = 3_000;
const STUCK_MS = 60_000;
const LOOK_MS = 50;
const TOASTS = 'subscription ($after: String) { achievementUnlocked(after: $after) { cursor title } }';
const NEXT = Buffer.from('"next"');

const job = JSON.parse(process.argv[2] ?? '') as QuietJob;
if (new URL(job.url).hostname !== '127.0.0.1') throw new Error(`only loopback is loaded, not ${job.url}`);
const { credentials, sockets: count } = job;

/** Credential and newest message of each player. */
async function signIn(): Promise<{ token: string | null; cursor: string | null }[]> {
  if (credentials === null) return Array.from({ length: count }, () => ({ token: null, cursor: null }));
  const players = await readPlayers(job.url, credentials.key, 0, count);
  return Promise.all(
    players.map(async ({ userId, cursor }) => ({ token: await tokenOf(credentials.secret, userId), cursor })),
  );
}

let boards = 0;
const opening = (await signIn()).map(({ token, cursor }) => ({
  token,
  subscriptions: [{ query: TOASTS, variables: { after: cursor } }, SUBSCRIPTION],
  onMessage: (payload: Buffer) => {
    if (!payload.includes(NEXT)) throw new Error(`not subscribed: ${payload.toString('utf8').slice(0, 500)}`);
    boards += 1;
  },
}));
const sockets = await openSockets(new URL(job.url), opening);
for (const from = performance.now(); boards < count; await wait(LOOK_MS)) {
  if (performance.now() - from > STUCK_MS) throw new Error(`${boards} of ${count} boards came`);
}
await wait(SETTLE_MS);
process.stdout.write('held\n');
process.once('SIGTERM', () => {
  void closeSockets(sockets).then(() => process.exit(0));
});
