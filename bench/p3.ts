import { singleContender } from './p2.ts';
import type { Bench } from './support/bench.ts';
import { checkBooks } from './support/books.ts';
import { profileServer } from './support/profile.ts';
import type { Outcome } from './support/results.ts';
import { checkedOf, interleave, ratesOf, rowOf } from './support/rounds.ts';
import { openStage } from './support/stage.ts';
import { ratios } from './support/statistics.ts';

/** P3: recordEvent over one WebSocket, 64 under way, against the same over HTTP (P2, measured anew between its rounds). */
export async function p3(bench: Bench): Promise<Outcome> {
  await using stage = await openStage(bench);
  const socket = singleContender(bench, stage, 'one WebSocket', 'socket');
  const http = singleContender(bench, stage, 'HTTP, as P2');
  const rounds = await interleave(bench, [socket, http]);
  return {
    rows: [socket, http].map((contender) => rowOf(contender, rounds.get(contender.name) ?? [])),
    verdicts: [
      {
        name: 'one WebSocket / HTTP',
        unit: 'x',
        values: ratios(ratesOf(rounds, socket.name), ratesOf(rounds, http.name)),
        reach: { atLeast: 1.2 },
      },
    ],
    notes: [
      `graphql-transport-ws, ${socket.job.inFlight} operations under way on one socket, rounds of ${socket.job.seconds} s.`,
      checkedOf(rounds.values()),
      await checkBooks(stage.databaseUrl),
    ],
    ...(bench.profile ? { profile: await profileServer(bench, stage, socket) } : {}),
  };
}
