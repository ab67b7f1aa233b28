import { type Command, InvalidArgumentError } from 'commander';
import type { CommandOutput } from '../platform/command-socket.ts';
import { tableLines } from './catalog/table.ts';

/** Adds a subcommand that writes where its caller reads. */
export function addCommand(parent: Command, output: CommandOutput, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .exitOverride()
    .configureOutput({ writeOut: output.stdout, writeErr: output.stderr });
}

/** Prints facts under their names. */
export function printFacts(output: CommandOutput, facts: Readonly<Record<string, string | number>>): void {
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  for (const [name, value] of Object.entries(facts)) output.stdout(`${name.padEnd(width)}  ${value}\n`);
}

/** Prints a table, or a sentence where there is nothing to show. */
export function printTable(
  output: CommandOutput,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  nothing: string,
): void {
  const lines =
    rows.length === 0
      ? [nothing]
      : tableLines(
          titles.map((title) => ({ title })),
          rows,
        );
  output.stdout(`${lines.join('\n')}\n`);
}

/** An age in words: `12 s`, `3 min`, `5 h`, `2 d`; `-` for none. */
export function ageText(seconds: number | null): string {
  if (seconds === null) return '-';
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ] as const;
  const [size, unit] = units.find(([least]) => seconds >= 2 * least) ?? [1, 's'];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit}`;
}

/** A number of rows on the command line: 1 to 1,000. */
export function rowLimit(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 1_000)
    throw new InvalidArgumentError('a whole number from 1 to 1000 is wanted');
  return number;
}

/** A count on the command line, from 1 on. */
export function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a whole number from 1 on is wanted');
  return number;
}
