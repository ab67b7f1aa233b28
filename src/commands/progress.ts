import type { WalkProgress } from '../features/rebuild/service.ts';
import type { CommandOutput } from '../platform/command-socket.ts';

/**
 * Prints how far a walk is to the error stream, so that what a command answers can be piped: a line each full tenth, and the last.
 */
export function progressTo(output: CommandOutput, what: string): (progress: WalkProgress) => void {
  let printed = -1;
  return ({ done, total }) => {
    const tenth = total === 0 ? 10 : Math.floor((done * 10) / total);
    if (tenth === printed) return;
    printed = tenth;
    output.stderr(`${String(Math.min(100, tenth * 10)).padStart(3)} %  ${done} of ${total} ${what}\n`);
  };
}
