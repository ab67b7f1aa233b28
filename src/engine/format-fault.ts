import type { Fault } from './source.ts';

const MAX_LINE = 200;

/**
 * A fault as a designer reads it: `file:line:column`, the message, the line with a caret under the place, and what was probably
 * meant. `sourceText` is the text of the fault's file; without it the line is left out.
 */
export function formatFault(fault: Fault, sourceText?: string): string {
  const lines = [`${fault.file}:${fault.line}:${fault.column}: ${fault.message}`];
  const source = sourceText?.split('\n')[fault.line - 1]?.trimEnd();
  if (source !== undefined && source !== '' && fault.column <= MAX_LINE) {
    const number = String(fault.line);
    const shown = source.slice(0, MAX_LINE).replaceAll('\t', ' ');
    lines.push(`  ${number} | ${shown}`, `  ${' '.repeat(number.length)} | ${' '.repeat(fault.column - 1)}^`);
  }
  if (fault.suggestion !== undefined) lines.push(`  did you mean "${fault.suggestion}"?`);
  return lines.join('\n');
}

/** The nearest of some names by edits (a swap counts as one), or undefined when none is near. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = Math.min(name.length, Math.ceil(name.length / 3) + 1);
  const wanted = name.toLowerCase();
  let looked = 0;
  for (const candidate of candidates) {
    looked += 1;
    if (looked > 2000) break;
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Optimal string alignment distance. */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[to.length] ?? 0;
}
