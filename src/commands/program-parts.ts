import type { CommandOutput } from '../platform/command-socket.ts';
import type { Workbench } from './workbench.ts';

/** Exit statuses: fine, faults, wrong usage. */
export const EXIT = { fine: 0, faults: 1, usage: 2 } as const;

/** How a command gets at its data, and where it writes. */
export interface ProgramParts {
  /** Gives the data to `work`, and lets go of it after. */
  readonly withWorkbench: <T>(work: (bench: Workbench) => Promise<T>) => Promise<T>;
  /** Serves until it is told to stop; null where a server runs already. */
  readonly serve: (() => Promise<void>) | null;
  /** Relative paths start here. */
  readonly cwd: string;
  readonly output: CommandOutput;
  readonly version: string;
  /** Ends what takes long: the caller has gone, or the process is told to stop. */
  readonly signal: AbortSignal;
  /** A running Laurel to talk to (LAUREL_URL, LAUREL_KEY), where a command has no `--to`. */
  readonly remote: { readonly url: string | undefined; readonly key: string | undefined };
}
