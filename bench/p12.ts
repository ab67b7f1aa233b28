import { batchContender } from './p1.ts';
import type { Bench } from './support/bench.ts';
import { checkBooks } from './support/books.ts';
import type { Outcome } from './support/results.ts';
import { checkedOf, interleave, ratesOf, rowOf } from './support/rounds.ts';
import { openStage } from './support/stage.ts';
import { ratios } from './support/statistics.ts';

/** P12: two API processes on one PostgreSQL and Redis against one of them, everybody's events on both. */
export async function p12(bench: Bench): Promise<Outcome> {
  await using stage = await openStage(bench, { servers: 2, redis: true });
  const one = batchContender(bench, stage, 'one process', 1);
  const two = batchContender(bench, stage, 'two processes');
  const rounds = await interleave(bench, [one, two]);
  return {
    rows: [one, two].map((contender) => rowOf(contender, rounds.get(contender.name) ?? [])),
    verdicts: [
      {
        name: 'two processes / one',
        unit: 'x',
        values: ratios(ratesOf(rounds, two.name), ratesOf(rounds, one.name)),
        reach: { atLeast: 1 },
      },
    ],
    notes: [
      `As P1, with Redis; calls are dealt out in turn, so that both processes write the same users. Both run all the time.`,
      checkedOf(rounds.values()),
      await checkBooks(stage.databaseUrl),
    ],
  };
}
