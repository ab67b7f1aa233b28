import { setTimeout as wait } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { launchLaurel } from './laurel.ts';
import { residentMb } from './processes.ts';
import { median } from './statistics.ts';

const SAMPLE_MS = 250;

/** A command of `laurel` that ran to its end. */
export interface Watched {
  readonly seconds: number;
  /** Medians of resident memory in the second and in the last quarter. */
  readonly earlyMb: number;
  readonly lateMb: number;
  readonly mostMb: number;
}

/** Runs a command and looks at its memory meanwhile. @throws when it fails, with all it wrote */
export async function watch(
  bench: Bench,
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Watched> {
  const startedAt = performance.now();
  await using child = launchLaurel(argv, environment);
  let isOver = false;
  void child.ended.then(() => {
    isOver = true;
  });
  const samples: number[] = [];
  while (!isOver) {
    samples.push((await residentMb(child.pid)) ?? 0);
    await Promise.race([child.ended, wait(SAMPLE_MS, undefined, { signal: bench.signal })]);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  if ((await child.ended) !== 0) throw new Error(`${argv.join(' ')} failed:\n${child.output()}`);
  const quarter = (from: number, to: number): number =>
    median(samples.slice(Math.floor(samples.length * from), Math.max(1, Math.ceil(samples.length * to))));
  return { seconds, earlyMb: quarter(0.25, 0.5), lateMb: quarter(0.75, 1), mostMb: Math.max(...samples) };
}
