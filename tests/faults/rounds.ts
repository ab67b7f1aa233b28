import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { seeded } from '../features/support/random-operations.ts';

/** True: every fault as often as quality.md asks. Otherwise a few rounds of each, for every run of the tests. */
export const isFull = process.env['LAUREL_FAULTS'] === 'full';

/** Printed with what fails: the same seed makes the same choices (not the same timing). */
export const SEED = Number(process.env['LAUREL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const most = Number(process.env['LAUREL_FAULTS_ROUNDS'] ?? Number.POSITIVE_INFINITY);

/** A number of rounds; LAUREL_FAULTS_ROUNDS bounds that of a full run. */
export function rounds(few: number, all: number): number {
  return isFull ? Math.min(all, most) : few;
}

/** A number of players, events, seconds. */
export function times(few: number, all: number): number {
  return isFull ? all : few;
}

/** Whole numbers in 0 .. limit - 1, of a stream of its own. */
export function below(stream: number): (limit: number) => number {
  const random = seeded(SEED + stream);
  return (limit) => Math.floor(random() * limit);
}

/** Says what a full run came to, for bench/RESULTS.md. */
export function tell(figures: string): void {
  if (isFull) process.stdout.write(`${figures} (LAUREL_TEST_SEED=${SEED})\n`);
}

/** The value below which 99 of 100 of them lie. NaN for none. */
export function p99Of(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
}

/** Long enough for any full run. */
export const SLOW = { timeout: isFull ? 3_600_000 : 180_000 };

/** Waits until `check` holds, without taking the processor from the servers under test. Answers how long it took, in milliseconds. */
export async function until(what: string, check: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<number> {
  const from = performance.now();
  while (!(await check())) {
    if (performance.now() - from > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(10);
  }
  return performance.now() - from;
}
