import { type Command, InvalidArgumentError } from 'commander';
import { archiveEvents } from '../features/archive/service.ts';
import { addCommand } from './operations.ts';
import type { ProgramParts } from './program-parts.ts';
import { progressTo } from './progress.ts';

const HELP = `
The archive is part of the log, in the same database: nothing changes for players, for the rules or for repeats of old events. It takes
less room, and the table that every event is written to stays small. Interrupted, run it again: it goes on where it was.`;

/** Adds `laurel events archive` to the commands of the log of events. */
export function addArchiveCommand(events: Command, parts: ProgramParts): void {
  const { output, withWorkbench } = parts;
  addCommand(events, output, 'archive', 'move old events into the archive, while the server runs')
    .requiredOption('--before <date>', 'events that happened before it: 2026-01-01 (UTC), or an instant', instant)
    .option('--dry-run', 'say what would be archived; writes nothing')
    .addHelpText('after', HELP)
    .action(({ before, dryRun = false }: { before: Date; dryRun?: boolean }) =>
      withWorkbench(async ({ database, clock, serving }) => {
        if (before.getTime() > clock.now()) throw new Error(`--before ${before.toISOString()} is in the future.`);
        const tell = progressTo(parts, 'users looked at');
        let sums = { events: 0, users: 0 };
        for await (const step of archiveEvents(database, { before, dryRun, gently: serving })) {
          tell(step.progress);
          sums = step;
        }
        const what = `${sums.events} events of ${sums.users} users`;
        output.stdout(
          sums.events === 0
            ? 'Nothing to archive.\n'
            : `${dryRun ? 'Would archive' : 'Archived'} ${what} from before ${before.toISOString()}.\n`,
        );
      }),
    );
}

/** A date, which is its first moment in UTC, or an instant with its offset. */
function instant(text: string): Date {
  const [, day = ''] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
  const [date, midnight] = [new Date(text), new Date(`${day}T00:00Z`)];
  const isInstant = [date, midnight].every((one) => one.getUTCFullYear() >= 1);
  // JavaScript takes the 30th of February for the 2nd of March.
  if (!isInstant || !midnight.toISOString().startsWith(day))
    throw new InvalidArgumentError('a date such as 2026-01-01, or an instant such as 2026-01-01T12:00:00Z, is wanted');
  return date;
}
