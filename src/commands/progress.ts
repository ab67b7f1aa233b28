import type { WalkProgress } from '../features/rebuild/service.ts';
import type { CommandOutput } from '../platform/command-socket.ts';

/**
 * Prints how far a walk is to the error stream, so that what a command answers can be piped: a line each full tenth, and the last.
 * What it returns throws when the command is interrupted, which ends the walk after its step.
 */
export function progressTo(
  { output, signal }: { readonly output: CommandOutput; readonly signal: AbortSignal },
  what: string,
): (progress: WalkProgress) => void {
  let printed = -1;
  return ({ done, total }) => {
    if (signal.aborted) throw new Error(`Interrupted after ${done} of ${total} ${what}.`);
    const tenth = total === 0 ? 10 : Math.floor((done * 10) / total);
    if (tenth === printed) return;
    printed = tenth;
    output.stderr(`${String(Math.min(100, tenth * 10)).padStart(3)} %  ${done} of ${total} ${what}\n`);
  };
}
