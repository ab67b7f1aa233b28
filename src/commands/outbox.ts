import { type Command, InvalidArgumentError } from 'commander';
import { type OutboxRow, readOutbox, readOutboxDepth, requeueEvents } from '../features/domain-events/service.ts';
import { isUuid } from '../platform/ids.ts';
import { addCommand, ageText, printFacts, printTable, rowLimit } from './operations.ts';
import type { ProgramParts } from './program-parts.ts';

/** Adds `laurel outbox`: what waits to be told, and what was told. */
export function addOutboxCommands(program: Command, { output, withWorkbench }: ProgramParts): void {
  const outbox = addCommand(
    program,
    output,
    'outbox',
    'domain events on their way out: how many wait, how old, how far',
  );
  // An option after a subcommand is the subcommand's.
  outbox
    .enablePositionalOptions()
    .option('--json', 'for machines')
    .action(({ json = false }: { json?: boolean }) =>
      withWorkbench(async ({ database }) => {
        const depth = await readOutboxDepth(database);
        if (json) output.stdout(`${JSON.stringify(depth)}\n`);
        else
          printFacts(output, {
            waiting: depth.waiting,
            oldest: ageText(depth.oldestSeconds),
            'in the feed': depth.kept,
            position: depth.position,
          });
      }),
    );

  addCommand(
    outbox,
    output,
    'list',
    'the rows: those that wait, oldest first, or with --relayed the feed, newest first',
  )
    .option('--relayed', 'what was relayed')
    .option('--limit <n>', 'how many', rowLimit, 20)
    .option('--json', 'a line of JSON a row')
    .action(({ relayed, limit, json }: { relayed?: boolean; limit: number; json?: boolean }) =>
      withWorkbench(async ({ database }) => {
        const rows = await readOutbox(database, relayed ? 'relayed' : 'waiting', limit);
        if (json) for (const row of rows) output.stdout(`${JSON.stringify(row)}\n`);
        else printTable(output, ['id', 'type', 'user', 'at', 'position'], rows.map(cellsOf), 'Nothing waits.');
      }),
    );

  addCommand(outbox, output, 'requeue', 'tell domain events once more, with the same ids, at the end of the feed')
    .argument('[ids...]', 'their ids')
    .option('--since <time>', 'all that were stored since then, e.g. 2026-11-21T10:00:00Z', instant)
    .action((given: string[], { since }: { since?: Date }) =>
      withWorkbench(async ({ database }) => {
        const ids = given.map((id) => id.replace(/^domainEvent_/, ''));
        const wrong = ids.find((id) => !isUuid(id));
        if (wrong !== undefined) throw new Error(`'${wrong}' is no id of a domain event.`);
        if ((since === undefined) === (ids.length === 0)) throw new Error('Name either ids or --since.');
        const count = await requeueEvents(database, since === undefined ? { ids } : { since });
        output.stdout(`Will be told once more: ${count}\n`);
      }),
    );
}

function cellsOf({ id, kind, userId, createdAt, position }: OutboxRow): string[] {
  return [id, kind, userId ?? '', createdAt.toISOString(), String(position ?? '')];
}

function instant(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError('a time is wanted, e.g. 2026-11-21T10:00:00Z');
  return at;
}
