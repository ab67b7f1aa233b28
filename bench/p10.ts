import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Bench } from './support/bench.ts';
import { startLaurel } from './support/laurel.ts';
import type { Outcome, Row, Verdict } from './support/results.ts';

/** P10: from the start of the process to a `/ready` that says yes, on an empty folder and on the folder that left. */
export async function p10(bench: Bench): Promise<Outcome> {
  const first: number[] = [];
  const later: number[] = [];
  for (let round = 1; round <= bench.rounds; round += 1) {
    bench.signal.throwIfAborted();
    const folder = await mkdtemp(path.join(tmpdir(), 'laurel-bench-'));
    try {
      first.push(await secondsToStart(folder));
      later.push(await secondsToStart(folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    bench.print(`  r${round} first ${first.at(-1)?.toFixed(2)} s, later ${later.at(-1)?.toFixed(2)} s`);
  }
  const row = (name: string, values: readonly number[]): Row => ({ name, unit: 's', values, details: '' });
  const verdict = (name: string, values: readonly number[], atMost: number): Verdict => ({
    name,
    unit: 's',
    values,
    reach: { atMost },
  });
  return {
    rows: [row('first start', first), row('later start', later)],
    verdicts: [verdict('first start of the embedded server', first, 6), verdict('later start', later, 2)],
    notes: [
      'node src/main.ts serve, an empty folder each round, to the first 200 of /ready; npm adds its own start to that. ' +
        'How long npm test takes is measured by hand.',
    ],
  };
}

async function secondsToStart(folder: string): Promise<number> {
  const startedAt = performance.now();
  await using server = await startLaurel({ environment: { LAUREL_DATA: folder } });
  const seconds = (performance.now() - startedAt) / 1_000;
  await server.stop();
  return seconds;
}
