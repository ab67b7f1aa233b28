import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from './processes.ts';
import { isReached, type Machine, type Result, type Results, type Verdict } from './results.ts';
import { median } from './statistics.ts';

const FILE = path.join(ROOT, 'bench', 'RESULTS.md');
const BEGIN = '<!-- made by npm run bench from results.json: begin -->';
const END = '<!-- made by npm run bench: end -->';

const EMPTY = `# Results

What \`npm run bench\` measured, and below it what was measured by hand.

${BEGIN}
${END}
`;

/**
 * Writes the figures between the markers of bench/RESULTS.md; what stands before and after them is left as it is.
 * @throws when the file is there and has no markers
 */
export async function writeReport(results: Results): Promise<void> {
  const text = await readFile(FILE, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return EMPTY;
    throw error;
  });
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from)
    throw new Error(`${FILE} has no markers; put these lines where the figures go:\n${BEGIN}\n${END}`);
  await writeFile(FILE, `${text.slice(0, from + BEGIN.length)}\n${reportOf(results)}\n${text.slice(to)}`);
}

/** The figures as Markdown: a table of what was to be reached, then each figure with all it measured. */
export function reportOf(results: Results): string {
  const numberOf = (id: string): number => Number(/\d+/.exec(id)?.[0] ?? Number.POSITIVE_INFINITY);
  const figures = Object.entries(results).toSorted(([a], [b]) => numberOf(a) - numberOf(b));
  const summary = figures.flatMap(([id, { verdicts }]) => verdicts.map((verdict) => summaryLine(id, verdict)));
  return [
    '',
    '| figure | ratio or value | median | lowest to highest | to reach | reached |',
    '|---|---|---|---|---|---|',
    ...summary,
    ...figures.flatMap(([id, result]) => ['', ...sectionOf(id, result)]),
    '',
  ].join('\n');
}

function summaryLine(id: string, verdict: Verdict): string {
  const { name, unit, values, reach } = verdict;
  const wanted = 'atLeast' in reach ? `>= ${reach.atLeast}` : `<= ${reach.atMost}`;
  const cells = [id, name, amount(median(values), unit), spread(values, unit), `${wanted} ${unit}`];
  return `| ${cells.join(' | ')} | ${isReached(verdict) ? 'yes' : 'no'} |`;
}

function sectionOf(id: string, { title, at, commit, rounds, machine, rows, notes, profile }: Result): string[] {
  return [
    `## ${id} ${title}`,
    '',
    `${at.slice(0, 10)}, commit ${commit}, ${rounds} round${rounds === 1 ? '' : 's'}. ${machineText(machine)}`,
    '',
    '| what | median | lowest to highest | |',
    '|---|---|---|---|',
    ...rows.map(
      ({ name, unit, values, details }) =>
        `| ${name} | ${amount(median(values), unit)} | ${spread(values, unit)} | ${details} |`,
    ),
    '',
    ...notes.map((note) => `- ${note}`),
    ...(profile === undefined ? [] : ['', 'Where the server spent its processor time:', '', '```', profile, '```']),
  ];
}

function machineText(machine: Machine): string {
  const { cpu, cores, memoryGb, kernel, node, postgres, postgresSettings, loadAverage } = machine;
  return (
    `${cpu}, ${cores} cores, ${memoryGb} GB; ${kernel}; Node ${node}; PostgreSQL ${postgres} (${postgresSettings}); ` +
    `load average before: ${loadAverage}.`
  );
}

function spread(values: readonly number[], unit: string): string {
  return `${number(Math.min(...values))} to ${amount(Math.max(...values), unit)}`;
}

function amount(value: number, unit: string): string {
  return `${number(value)} ${unit}`;
}

function number(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
}
