import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT, run } from './processes.ts';
import { median } from './statistics.ts';

/** Where a run took place; absolute numbers mean nothing without it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly postgres: string;
  /** Settings of PostgreSQL that decide what a commit costs. */
  readonly postgresSettings: string;
  /** Of the last minute, before the run: what else was going on. */
  readonly loadAverage: number;
}

/** What one contender did, a value a round. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** Latencies, shares of processors and the like; in words. */
  readonly details: string;
}

/** A figure of quality.md against what it is to reach, a value a round. */
export interface Verdict {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  readonly reach: { readonly atLeast: number } | { readonly atMost: number };
}

/** What a figure saw. */
export interface Outcome {
  readonly rows: readonly Row[];
  readonly verdicts: readonly Verdict[];
  /** How it was set, and what the checks of the books said. */
  readonly notes: readonly string[];
  /** Where the server's processor time went, as text. */
  readonly profile?: string;
}

/** A figure as it is kept. */
export interface Result extends Outcome {
  readonly title: string;
  /** ISO 8601. */
  readonly at: string;
  readonly commit: string;
  readonly rounds: number;
  readonly machine: Machine;
}

/** All figures by id. */
export type Results = Readonly<Record<string, Result>>;

const FILE = path.join(ROOT, 'bench', 'results.json');

/** What earlier runs saw. */
export async function readResults(): Promise<Results> {
  const text = await readFile(FILE, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  return JSON.parse(text) as Results;
}

const FORMATTER = 'node_modules/@biomejs/biome/bin/biome';
/** Digits of a number that mean something. */
const DIGITS = 5;

/** Keeps all figures, in the form that `npm run lint` wants of every file. */
export async function writeResults(results: Results): Promise<void> {
  const rounded = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(DIGITS)) : value;
  await writeFile(FILE, JSON.stringify(results, rounded, 2));
  await run([FORMATTER, 'format', '--write', FILE], {});
}

/** Whether the median reaches what it is to reach. */
export function isReached({ values, reach }: Verdict): boolean {
  const value = median(values);
  return 'atLeast' in reach ? value >= reach.atLeast : value <= reach.atMost;
}
