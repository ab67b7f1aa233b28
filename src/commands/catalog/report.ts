import { EXIT, type ProgramParts } from '../program-parts.ts';
import { faultsJson, faultsText, type LoadedCatalog } from './load.ts';

/** What a command needs to say how it went. */
export interface Reporter {
  readonly parts: ProgramParts;
  readonly exit: (code: number) => void;
}

/** JSON for machines, with a line end. */
export function printJson(parts: ProgramParts, value: unknown): void {
  parts.output.stdout(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints the faults of a catalog, for people on standard error, for machines on standard output; the status is 1. */
export function reportFaults(
  { parts, exit }: Reporter,
  loaded: LoadedCatalog & { readonly ok: false },
  json: boolean,
): void {
  if (json) printJson(parts, { valid: false, faults: faultsJson(loaded, loaded.faults) });
  else parts.output.stderr(`${faultsText(loaded, loaded.faults)}\n`);
  exit(EXIT.faults);
}
